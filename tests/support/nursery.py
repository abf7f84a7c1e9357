"""Plants from nurseries: a trade as somebody else would write it, on the face alone.

What is held out is supplied by hand, in sizes, and some of it wants a pot of which there are only
so many. Items are bought in baskets; what wilts is argued about in the deal's own states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import evolve, field, frozen

from marketplace import (
    CHARGE,
    CLOCK,
    CONFIRM,
    CUSTOMER,
    DAY,
    FREE,
    MINUTE,
    OPERATOR,
    PROVIDER,
    REFUND,
    RESERVE,
    SETTLE,
    SUPPLIED,
    USE,
    Ask,
    At,
    Bring,
    Item,
    Line,
    Listing,
    ManualClock,
    Marketplace,
    Money,
    Party,
    Pay,
    PayoutPlan,
    PricedItem,
    PricingQuestion,
    Process,
    Quote,
    Requirement,
    ResourcePlan,
    Transition,
    Vertical,
    adjustment,
    hookimpl,
)
from marketplace.plugins.sandbox import Sandbox

SPRING = datetime(2026, 4, 1, 9, tzinfo=UTC)
CARD = Pay("card", means="tok_ok")
WORDS = {
    "en": {
        "line.plant": "{money}: {name}, {quantity} at {each:money}",
        "line.delivery": "{money}: delivery",
        "line.kept": "{money}: what stays with the nursery",
    }
}


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    found = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(required)}


_WORD, _SUM = {"type": "string"}, {"type": "integer", "minimum": 0}
LISTING = _object(
    "price",
    price=_SUM,
    hardy={"type": "boolean"},
    sizes={"type": "array", "items": _object("key", key=_WORD, price=_SUM)},
)
REQUEST = _object("garden", garden=_object("country", country=_WORD, street=_WORD))
ITEM = _object(potted={"type": "boolean"})


def order() -> Process:
    """Paid at once, sent in three days, and argued about if it arrives brown."""
    free = (FREE("plants"), FREE("pots"))
    back = (REFUND, SETTLE)
    return Process(
        "plant_order",
        "basket",
        {"done", "lapsed", "cancelled"},
        [
            Transition("pay", CUSTOMER, ("basket", "unpaid"), "paid", RESERVE("plants"),
                       RESERVE("pots"), CHARGE, CONFIRM("plants"), CONFIRM("pots"),
                       failed="unpaid", needs_customer="unpaid"),
            Transition("lapse", CLOCK, ("basket", "unpaid"), "lapsed", *free, after=30 * MINUTE),
            Transition("send", PROVIDER, "paid", "sent", USE("plants"), USE("pots")),
            Transition("call_off", PROVIDER, "paid", "cancelled", *free, *back, lines="undone"),
            Transition("too_late", CLOCK, "paid", "cancelled", *free, *back, lines="undone",
                       at=At("send_by")),
            Transition("arrive", CUSTOMER, "sent", "done", SETTLE),
            Transition("silent", CLOCK, "sent", "done", SETTLE, after=10 * DAY),
            Transition("wilt", CUSTOMER, "sent", "wilting", asks=[Ask("why")]),
            Transition("judge", OPERATOR, "wilting", "done", *back, lines="judged",
                       asks=[Ask("refund", "money")]),
            Transition("no_word", CLOCK, "wilting", "done", *back, lines="undone", after=3 * DAY),
        ],
        moments=("send_by",),
        review_after=("done",),
    )  # fmt: skip


TRADE = Vertical(
    "nursery",
    (order(),),
    follow_ups=(adjustment("done"),),
    listing_schema=LISTING,
    request_schema=REQUEST,
    item_schema=ITEM,
    resources=(
        ResourcePlan("plants", kind="counted", capacity=SUPPLIED, options="sizes"),
        ResourcePlan("pots", kind="counted", capacity=SUPPLIED),
    ),
    claims=lambda taking: {
        "plants": taking.item.quantity,
        "pots": taking.item.quantity if taking.item.attributes.get("potted") else 0,
    },
    moments=lambda choice: {"send_by": choice.at + 3 * DAY},
    disputed_in=("wilting",),
    personal=("garden.street",),
    agreed_in=("paid", "sent", "wilting"),
    requirements=(Requirement("plant health", ("publish",), documents=("plant_passport",)),),
    words=WORDS,
)


def _each(one: PricedItem) -> int:
    said = one.listing.attributes
    sizes = {size["key"]: size for size in said.get("sizes", ())}
    return int(sizes.get(one.item.option, {}).get("price", said["price"]))


def _plants(inputs: Mapping[str, Any]) -> int:
    return int(inputs["each"]) * int(inputs["quantity"])


def _flat(inputs: Mapping[str, Any]) -> int:
    return int(inputs["amount"])


@frozen
class Nurseries:
    """The plugin."""

    trade: Mapping[str, Any] = field(factory=dict)
    """Fields of the vertical that are other than usual."""
    name: str = "nursery"

    @hookimpl
    def bring(self) -> Bring:
        """The trade and its rules."""
        rules = {"nursery.plants": _plants, "nursery.flat": _flat}
        return Bring(verticals=(evolve(TRADE, **self.trade),), rules=rules)

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Sequence[Line]:
        """Plants and their delivery; what stays of both when the operator has judged."""
        if question.vertical != self.name:
            return ()
        if question.occasion == "judged":
            assert question.terms is not None
            paid = sum(x.amount.amount for x in question.terms.lines if x.payer == "customer")
            return [self._flat("kept", paid - question.asks["refund"].amount, question.currency)]
        if question.occasion != "quote":
            return ()
        lines = [self._plants(one, question.currency) for one in question.items]
        return [*lines, self._flat("delivery", 500, question.currency)]

    def _plants(self, one: PricedItem, currency: str) -> Line:
        inputs = {
            "each": _each(one),
            "quantity": one.item.quantity,
            "name": one.listing.title,
            "item": one.number,
        }
        money = Money(_plants(inputs), currency)
        return Line("plant", money, "customer", "provider", "nursery.plants", inputs=inputs)

    def _flat(self, code: str, amount: int, currency: str) -> Line:
        money, inputs = Money(amount, currency), {"amount": amount}
        return Line(code, money, "customer", "provider", "nursery.flat", inputs=inputs)


@frozen
class Garden:
    """Flo sells roses in two sizes and a hardy palm; Mia has a garden."""

    market: Marketplace
    clock: ManualClock
    flo: Party
    mia: Party
    rose: Listing
    palm: Listing

    def quote(self, *items: Item, currency: str | None = None) -> Quote:
        """The price of a basket."""
        request = self.market.requests.open(
            "nursery",
            by=self.mia,
            currency="EUR",
            items=items,
            attributes={"garden": {"country": "DE", "street": "Rosenweg 1"}},
        )
        (quote,) = self.market.quotes.make_each(request.id, by=self.mia, currency=currency)
        return quote

    def stock(self) -> dict[str, int]:
        """What is left of everything, by what it is."""
        found = {}
        for listing in (self.rose, self.palm):
            for one in self.market.listings.stock(listing.id, by=self.mia):
                found[f"{listing.title} {one.resource} {one.option}".strip()] = one.left
        return found


def open_garden(target: str = "sqlite://", *plugins: object, **trade: Any) -> Garden:
    """A nursery that has shown what it must, with its shelves filled."""
    clock = ManualClock(SPRING)
    every = [Nurseries(trade), *plugins, Sandbox(now=clock.now)]
    plan = PayoutPlan(provider="sandbox", every=None)
    market = Marketplace.open(target, every, clock=clock, create="missing", payouts=plan)
    flo, mia = market.parties.join("Flo"), market.parties.join("Mia")
    paper = market.parties.submit_document("plant_passport", by=flo)
    market.parties.judge_document(paper.id, approve=True)
    sizes = [{"key": "small"}, {"key": "large", "price": 30_00}]
    rose = market.listings.draft(
        "nursery",
        by=flo,
        title="Rose",
        currency="EUR",
        attributes={"price": 12_00, "sizes": sizes},
    )
    palm = market.listings.draft(
        "nursery", by=flo, title="Palm", currency="EUR", attributes={"price": 50_00, "hardy": True}
    )
    for listing, option, count in ((rose, "small", 5), (rose, "large", 5), (palm, "", 2)):
        market.listings.supply(listing.id, by=flo, resource="plants", option=option, add=count)
    market.listings.supply(palm.id, by=flo, resource="pots", add=1)
    rose, palm = (market.listings.publish(one.id, by=flo) for one in (rose, palm))
    return Garden(market, clock, flo, mia, rose, palm)
