"""A deal that is opened beside another one is paid in its own money."""

import pytest
from attrs import evolve, frozen

from marketplace import (
    CHARGE,
    CLOCK,
    CUSTOMER,
    DAY,
    OPERATOR,
    ORIGIN,
    PROVIDER,
    SETTLE,
    Bring,
    Item,
    Line,
    LinkPlan,
    LinkQuestion,
    ManualClock,
    Marketplace,
    Money,
    PricingQuestion,
    Process,
    Transition,
    hookimpl,
    opens,
)
from marketplace.plugins.sandbox import Sandbox
from marketplace.testing.soundness import faults
from tests.support.square import CARD, OPENS, ORDER, Bazaar, Square

FITTING = Process(
    "fitting",
    start="drawn_up",
    final={"done", "off"},
    transitions=[
        Transition("begin", ORIGIN, "drawn_up", "due"),
        Transition("pay", CUSTOMER, "due", "paid", CHARGE, failed="due", needs_customer="due"),
        Transition("lapse", CLOCK, ("drawn_up", "due"), "off", after=DAY),
        Transition("fit", PROVIDER, "paid", "done", SETTLE),
        Transition("forget", CLOCK, "paid", "done", SETTLE, after=10 * DAY),
    ],
)
FITTED = evolve(
    ORDER,
    transitions=[
        one.changed(effects=(*one.effects, opens("fitting"))) if one.name == "pay" else one
        for one in ORDER.transitions
    ],
)


def fitter(question: LinkQuestion) -> LinkPlan | None:
    """Whoever buys hires the one who holds a fitting out, in his money."""
    customer = next(one.party_id for one in question.seats if one.role == CUSTOMER.name)
    for said in question.listing.attributes.get("fitting", ()) if question.listing else ():
        provider = question.work.get(type(question.listing), said).provider_id
        return LinkPlan({CUSTOMER.name: customer, PROVIDER.name: provider}, [Item(said)])
    return None


@frozen
class Fitted(Bazaar):
    """A bazaar whose wares somebody else fits."""

    @hookimpl
    def bring(self) -> Bring:
        """The same trade, with a fitting beside each order."""
        brought = super().bring()
        (trade,) = brought.verticals
        listed = {"price": {"type": "integer"}, "stock": {"type": "integer"},
                  "fitting": {"type": "array", "items": {"type": "string"}}}  # fmt: skip
        schema = {**trade.listing_schema, "properties": listed}
        trade = evolve(
            trade, processes=(FITTED,), follow_ups=(FITTING,), listing_schema=schema,
            links={"fitting": fitter},
        )  # fmt: skip
        return evolve(brought, verticals=(trade,))

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> list[Line]:
        """A fitting costs what its listing says."""
        as_sold = question.occasion == "fitting"
        return super().propose_lines(evolve(question, occasion="quote") if as_sold else question)


@pytest.mark.behaviour("G14")
def test_what_is_opened_beside_is_charged_in_its_own_currency() -> None:
    """An order of 100 rupees opens a fitting for 20 euros: the same card is asked for rupees, and
    then for euros, not for 2000 paisa more."""
    clock = ManualClock(OPENS)
    bank = Sandbox(now=clock.now)
    market = Marketplace.open("sqlite://", [Fitted(), bank], clock=clock, seed=3)
    square = Square(market, clock, bank, market.parties.join("Maya"))
    fitting = square.shelf(20_00, currency="EUR")
    shelf = square.shelf(100_00)
    said = {**shelf.attributes, "fitting": [fitting.id]}
    market.listings.change(shelf.id, by=shelf.provider_id, attributes=said)
    deal = market.transactions.open(square.quote(shelf).id, by=square.shopper, pay=CARD)
    (beside,) = [one for one in market.transactions.list(by=OPERATOR) if one.id != deal.id]
    assert (beside.currency, beside.state) == ("EUR", "due")
    market.transactions.take(beside.id, "pay", by=square.shopper)
    (payment,) = market.transactions.payments(beside.id, by=OPERATOR)
    assert (payment.currency, payment.captured) == ("EUR", 20_00)
    assert bank.balance("NPR") == Money(100_00, "NPR")
    assert bank.balance("EUR") == Money(20_00, "EUR")
    market.transactions.take(beside.id, "fit", by=fitting.provider_id)
    assert faults(market) == []
    market.close()
