"""A trade written from outside, with everything that a trade can have, and where it goes wrong."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import frozen

from marketplace import (
    OPERATOR,
    InvalidInput,
    Item,
    Line,
    Marketplace,
    Money,
    PluginError,
    PricingQuestion,
    Rate,
    Refused,
    SoldOut,
    hookimpl,
)
from marketplace.plugins.commission import Commission, CommissionRule
from marketplace.plugins.exchange import Exchange
from marketplace.plugins.invoices import InvoiceDesk, Invoices
from marketplace.testing.soundness import faults
from tests.support.nursery import CARD, SPRING, Garden, open_garden

HARDY = CommissionRule(500, "hardy", where={"hardy": True})


def bought(garden: Garden, *items: Item, pay: Any = CARD, currency: str | None = None) -> Any:
    """A basket, paid."""
    quote = garden.quote(*items, currency=currency)
    checkout = garden.market.checkouts.place([quote.id], by=garden.mia, pay=pay)
    (deal,) = garden.market.checkouts.get(checkout.id, by=garden.mia).transactions
    return deal


@pytest.mark.behaviour("G13", "G15")
def test_a_basket_of_plants_is_judged_billed_and_paid_out(database_url: str) -> None:
    """Paid in dollars, sent, argued about and judged: the commission of the rest is shared out by
    the rules as the sale was, though no line of it names an item; the invoices tell the rest, and
    the stock went with what was sent."""
    plugins = (
        Commission(bp=1_000, rules=(HARDY,)),
        Invoices("Gardens Ltd."),
        Exchange([Rate("EUR", "USD", 11, 10, SPRING)]),
    )
    garden = open_garden(database_url, *plugins)
    market, flo, mia = garden.market, garden.flo, garden.mia
    rose = Item(garden.rose.id, 2, "small")
    palm = Item(garden.palm.id, 1, attributes={"potted": True})
    deal = bought(garden, rose, palm, currency="USD")
    assert deal.state == "paid"
    asked = market.requests.get(str(deal.request_id), by=flo).attributes
    assert asked["garden"]["street"] == "Rosenweg 1"
    market.transactions.take(deal.id, "send", by=flo)
    left = {"Palm plants": 1, "Palm pots": 0, "Rose plants small": 3}
    assert left.items() <= garden.stock().items()

    market.transactions.take(deal.id, "wilt", by=mia, why="brown")
    (dispute,) = market.disputes.list(by=flo)
    market.transactions.take(deal.id, "judge", by=OPERATOR, refund=Money(10_00, "EUR"))
    assert market.disputes.get(dispute.id, by=mia).state == "decided"
    (payment,) = market.transactions.payments(deal.id, by=mia)
    assert (payment.captured, payment.refunded, payment.outside) == (79_00, 10_00, 75_90)

    terms = market.transactions.terms(deal.id, by=OPERATOR)
    fees = [
        [(x.inputs["basis"], x.inputs["bp"]) for x in one.lines if x.code == "commission"]
        for one in terms
    ]
    assert fees == [[(25_62, 1_000), (53_38, 500)], [(22_38, 1_000), (46_62, 500)]]
    billed = {one.kind: one.total for one in InvoiceDesk(market).list(by=flo)}
    assert billed == {"sale": Money(69_00, "EUR"), "commission": Money(4_57, "EUR")}
    market.payouts.run(by=OPERATOR)
    market.payments.work_off()
    assert faults(market) == []
    market.close()


@pytest.mark.invariant(38)
def test_a_no_says_what_there_is(database_url: str) -> None:
    """An option that is not there is told with those that are; what is sold out, with how many were
    wanted of how many; what is no payment, with one that is. Nothing of it is half done."""
    garden = open_garden(database_url)
    before = garden.stock()
    rose = garden.rose.id
    wrong: list[tuple[Item, Any, type[Exception], str]] = [
        (Item(rose, 1), CARD, Refused, "plants by large, small, and no option is named"),
        (Item(rose, 1, "huge"), CARD, Refused, "large, small, and option 'huge' is named"),
        (Item(rose, 6, "small"), CARD, SoldOut, "plants small of .* 6 wanted, and of 5 in all"),
        (Item(rose, 1, "small"), "card", InvalidInput, r"as Pay\('card'\), not 'card'"),
        (Item(rose, 1, "small"), [CARD, "cash"], InvalidInput, "not 'cash'"),
    ]
    for item, pay, kind, says in wrong:
        quote = garden.quote(item)
        with pytest.raises(kind, match=says):
            garden.market.transactions.open(quote.id, by=garden.mia, pay=pay)
    assert garden.stock() == before
    assert faults(garden.market) == []
    garden.market.close()


ANSWERS: list[tuple[str, Callable[..., Any], str]] = [
    ("claims", lambda taking: {"plantz": 1}, "claims of .* maps plants, pots .* not {'plantz': 1}"),
    ("claims", lambda taking: {"plants": -1}, "zero or more, not {'plants': -1}"),
    ("claims", lambda taking: {"plants": True}, "zero or more, not {'plants': True}"),
    ("claims", lambda taking: None, "zero or more, not None"),
    ("moments", lambda choice: {"send_by": "soon"}, "to datetimes, not {'send_by': 'soon'}"),
    ("moments", lambda choice: None, "to datetimes, not None"),
]


@pytest.mark.invariant(38)
@pytest.mark.parametrize(("asked", "answers", "says"), ANSWERS)
def test_what_a_trade_answers_is_looked_at(
    asked: str, answers: Callable[..., Any], says: str
) -> None:
    """A slip in the name of a resource sells nothing without end: the trade is told what it may
    answer, and nothing is opened."""
    garden = open_garden(**{asked: answers})
    quote = garden.quote(Item(garden.rose.id, 1, "small"))
    with pytest.raises(PluginError, match=says):
        garden.market.transactions.open(quote.id, by=garden.mia, pay=CARD)
    assert garden.stock()["Rose plants small"] == 5
    garden.market.close()


@frozen
class Adds:
    """Adds a line to every price."""

    line: Line
    name: str = "adds"

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Line:
        """It."""
        return self.line


@pytest.mark.invariant(38)
def test_a_line_is_by_a_rule_that_somebody_brings() -> None:
    """What could not be worked out again is not quoted: the plugin is told what to bring."""
    line = Line("tip", Money(1_00, "EUR"), "customer", "provider", "tips")
    garden = open_garden("sqlite://", Adds(line))
    says = "plugin 'adds': line 'tip' is by rule 'tips', which nobody brings"
    with pytest.raises(PluginError, match=says):
        garden.quote(Item(garden.palm.id))
    garden.market.close()


@pytest.mark.invariant(38)
def test_a_line_is_in_a_purse_that_somebody_collects() -> None:
    """What no process of the trade collects is not quoted: the plugin is told which purses it
    has."""
    line = Line("tip", Money(1_00, "EUR"), "customer", "provider", "any", purse="tips")
    garden = open_garden("sqlite://", Adds(line))
    says = "plugin 'adds': line 'tip' is in purse 'tips'; the processes of this trade have .*price"
    with pytest.raises(PluginError, match=says):
        garden.quote(Item(garden.palm.id))
    garden.market.close()


class Forgot:
    """Answers a question, as it thinks."""

    name = "forgot"

    def propose_lines(self, question: PricingQuestion) -> None:
        """Without a mark nobody asks."""


def test_a_method_named_for_a_question_bears_its_mark() -> None:
    """A plugin that nobody would ask does not open."""
    with pytest.raises(PluginError, match=r"'forgot': propose_lines bears no mark.* @hookimpl"):
        Marketplace.open(plugins=[Forgot()])
