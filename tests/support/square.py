"""A bazaar: sellers with counted stock, a shopper, and a bank; on the face alone.

Money is charged when an order is placed and lies in escrow until the shopper has what was sent.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import define, field, frozen

from marketplace import (
    CHARGE,
    CLOCK,
    CONFIRM,
    CUSTOMER,
    DAY,
    FREE,
    MINUTE,
    PROVIDER,
    REFUND,
    RESERVE,
    SETTLE,
    Answer,
    Bring,
    Item,
    Line,
    Listing,
    ManualClock,
    Marketplace,
    Money,
    Order,
    Party,
    Pay,
    PaymentProviderUnavailable,
    PricingQuestion,
    Process,
    Quote,
    Request,
    ResourcePlan,
    Transaction,
    Transition,
    Vertical,
    hookimpl,
)
from marketplace.plugins.commission import Commission
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet

OPENS = datetime(2026, 11, 23, 4, tzinfo=UTC)
CARD = Pay("card", means="tok_ok")
ORDER = Process(
    "order",
    start="basket",
    final={"completed", "lapsed", "cancelled"},
    transitions=[
        Transition("pay", CUSTOMER, ("basket", "unpaid"), "paid", RESERVE("stock"), CHARGE,
                   CONFIRM("stock"), failed="unpaid", needs_customer="unpaid"),
        Transition("give_up", CUSTOMER, "unpaid", "lapsed", FREE("stock")),
        Transition("lapse", CLOCK, ("basket", "unpaid"), "lapsed", FREE("stock"),
                   after=30 * MINUTE),
        Transition("refuse", PROVIDER, "paid", "cancelled", FREE("stock"), REFUND, SETTLE,
                   lines="cancellation"),
        Transition("call_off", CUSTOMER, "paid", "cancelled", FREE("stock"), REFUND, SETTLE,
                   lines="cancellation"),
        Transition("ship", PROVIDER, "paid", "shipped", FREE("stock")),
        Transition("receive", CUSTOMER, "shipped", "completed", SETTLE),
        Transition("keep_silent", CLOCK, "shipped", "completed", SETTLE, after=10 * DAY),
        Transition("too_late", CLOCK, "paid", "cancelled", FREE("stock"), REFUND, SETTLE,
                   lines="cancellation", after=3 * DAY),
    ],
)  # fmt: skip
LISTED = {
    "type": "object",
    "properties": {"price": {"type": "integer"}, "stock": {"type": "integer"}},
    "additionalProperties": False,
}

WANTED = {
    "type": "object",
    "properties": {"engraving": {"type": "string"}},
    "additionalProperties": False,
}


def each(inputs: Any) -> int:
    """So many at so much."""
    return int(inputs["price"]) * int(inputs["quantity"])


@frozen
class Bazaar:
    """The trade."""

    name: str = "bazaar"

    @hookimpl
    def bring(self) -> Bring:
        """The trade and the rule of its price."""
        vertical = Vertical(
            name="bazaar",
            processes=(ORDER,),
            listing_schema=LISTED,
            item_schema=WANTED,
            part=kept_apart,
            resources=(ResourcePlan("stock", kind="counted", capacity="stock"),),
        )
        return Bring(verticals=(vertical,), rules={"bazaar.each": each})

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> list[Line]:
        """The shelf price of what is wanted; nothing for an order that is undone."""
        if question.vertical != "bazaar" or question.occasion != "quote":
            return []
        if question.items:
            return [
                _line(question, one.listing, one.item.quantity, one.number)
                for one in question.items
            ]
        assert question.listing is not None
        assert question.request is not None
        return [_line(question, question.listing, question.request.quantity, 0)]


def _line(question: PricingQuestion, listing: Listing, quantity: int, number: int) -> Line:
    wanted = {"price": listing.attributes["price"], "quantity": quantity, "item": number}
    amount = Money(each(wanted), question.currency)
    return Line("goods", amount, "customer", "provider", "bazaar.each", inputs=wanted)


def kept_apart(item: Item, listing: Listing) -> str:
    """What is made to order is a deal of its own."""
    return "made" if item.attributes.get("engraving") else ""


@define
class Square:
    """A marketplace with a bazaar in it, and who is there."""

    market: Marketplace
    clock: ManualClock
    bank: Sandbox
    shopper: Party
    sellers: list[Party] = field(factory=list)

    def shelf(
        self, price: int, stock: int = 10, *, currency: str = "NPR", by: Party | None = None
    ) -> Listing:
        """Something that another seller holds out, or this one."""
        market = self.market
        seller = by or market.parties.join(f"Seller {len(self.sellers) + 1}")
        if by is None:
            self.sellers.append(seller)
        listing = market.listings.draft(
            "bazaar",
            by=seller,
            title="goods",
            currency=currency,
            attributes={"price": price, "stock": stock},
        )
        return market.listings.publish(listing.id, by=seller)

    def quote(self, listing: Listing, quantity: int = 1, *, by: Party | None = None) -> Quote:
        """What so many of it cost."""
        who = by or self.shopper
        request = self.market.requests.open(
            "bazaar", by=who, currency=listing.currency, listing=listing.id, quantity=quantity
        )
        return self.market.quotes.make(request.id, by=who)

    def basket(self, *prices: int, stock: int = 10) -> list[str]:
        """Quotes on one thing of each of so many sellers."""
        return [self.quote(self.shelf(price, stock)).id for price in prices]

    def wants(self, *items: Item, currency: str = "NPR") -> Request:
        """A basket of the shopper's."""
        return self.market.requests.open("bazaar", by=self.shopper, currency=currency, items=items)

    def deals(self, checkout_id: str) -> Sequence[Transaction]:
        """The deals of a checkout as they are now."""
        return self.market.checkouts.get(checkout_id, by=self.shopper).transactions

    def states(self, checkout_id: str) -> list[str]:
        """Their states."""
        return [one.state for one in self.deals(checkout_id)]


def open_square(url: Any = "sqlite://", *, more: Sequence[Any] = (), **given: Any) -> Square:
    """The bazaar on an empty database."""
    clock = ManualClock(OPENS)
    bank = given.pop("bank", None) or Sandbox(now=clock.now)
    plugins = [Bazaar(), Wallet(), Commission(bp=1_000), bank, *more]
    market = Marketplace.open(url, plugins, clock=clock, seed=7, create="missing", **given)
    return Square(market, clock, bank, market.parties.join("Maya"))


class Deaf(Sandbox):
    """A bank whose answers are lost until it is mended, though it does what it is asked."""

    deaf = True

    def carry_out(self, order: Order) -> Answer:
        answer = super().carry_out(order)
        if self.deaf:
            raise PaymentProviderUnavailable("the line is dead")
        return answer
