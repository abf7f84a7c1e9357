"""A wharf: three small trades that between them ask everything of whoever takes cards.

A *crossing* is held, raised, captured for less and settled, as a ride is. A *berth* keeps a card
and holds price and deposit a day later; a part is captured, a part of that refunded, the deposit
given up, as with a stay. A *crate* is charged in a checkout with others, and refunded in part when
something is missing, as goods are.
"""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from marketplace import (
    CAPTURE,
    CHARGE,
    CLOCK,
    CUSTOMER,
    DAY,
    HOLD,
    HOUR,
    MINUTE,
    PAYMENT_PROVIDER,
    PROVIDER,
    RAISE,
    REFUND,
    SAVE,
    SETTLE,
    VOID,
    Ask,
    Bring,
    Line,
    Money,
    PricingQuestion,
    Process,
    Purse,
    Transition,
    Vertical,
    adjustment,
    divide,
    hookimpl,
)

ABOARD = ("aboard", "loaded", "as_agreed")
CROSSING = Process(
    "crossing",
    start="asked",
    final={"done", "refused", "over"},
    transitions=[
        Transition("ask", CUSTOMER, "asked", "waiting", HOLD, failed="refused",
                   needs_customer="challenged"),
        Transition("confirm", CUSTOMER, "challenged", "waiting", HOLD, failed="refused",
                   needs_customer="challenged"),
        Transition("forget", CLOCK, "challenged", "refused", after=HOUR),
        Transition("take_on", PROVIDER, "waiting", "aboard"),
        Transition("lapse", CLOCK, "waiting", "over", VOID, after=6 * DAY),
        Transition("load_more", CUSTOMER, "aboard", "loaded", RAISE, lines="more",
                   failed="as_agreed", needs_customer="as_agreed"),
        Transition("land", PROVIDER, ABOARD, "landed", CAPTURE, lines="landing",
                   failed="unpaid"),
        Transition("call_off", CUSTOMER, ("waiting", *ABOARD), "over", CAPTURE, SETTLE,
                   lines="called_off", failed="unpaid"),
        Transition("sink", CLOCK, ABOARD, "over", VOID, after=8 * HOUR),
        Transition("hold_died", PAYMENT_PROVIDER, ("waiting", *ABOARD), "over",
                   on="hold_expired"),
        Transition("settle", CLOCK, "landed", "done", SETTLE, after=HOUR),
        Transition("give_up", CLOCK, "unpaid", "over", VOID, after=HOUR),
    ],
)  # fmt: skip
BERTH = Process(
    "berth",
    start="asked",
    final={"left", "refused", "over"},
    purses=(Purse("price"), Purse("deposit")),
    transitions=[
        Transition("book", CUSTOMER, "asked", "booked", SAVE, SAVE("deposit"), failed="refused",
                   needs_customer="challenged"),
        Transition("confirm", CUSTOMER, "challenged", "booked", SAVE, SAVE("deposit"),
                   failed="refused", needs_customer="challenged"),
        Transition("forget", CLOCK, "challenged", "refused", after=HOUR),
        Transition("secure", CLOCK, "booked", "secured", HOLD, HOLD("deposit"),
                   failed="unsecured", needs_customer="unsecured", after=DAY),
        Transition("pay_up", CUSTOMER, "unsecured", "secured", VOID, HOLD,
                   HOLD("deposit"),
                   failed="unsecured", needs_customer="unsecured"),
        Transition("drop", CLOCK, "unsecured", "over", VOID, VOID("deposit"), after=HOUR),
        Transition("moor", PROVIDER, "secured", "moored", CAPTURE, lines="moored",
                   failed="unpaid"),
        Transition("nobody", CLOCK, "secured", "over", VOID, VOID("deposit"), after=DAY),
        Transition("cast_off", (CUSTOMER, CLOCK), "moored", "left", REFUND, SETTLE,
                   VOID("deposit"), lines="cast_off", after=3 * DAY),
        Transition("give_up", CLOCK, "unpaid", "over", VOID, VOID("deposit"), after=HOUR),
    ],
)  # fmt: skip
CRATE = Process(
    "crate",
    start="basket",
    final={"done", "lapsed", "cancelled"},
    transitions=[
        Transition("pay", CUSTOMER, ("basket", "unpaid"), "paid", CHARGE, failed="unpaid",
                   needs_customer="unpaid"),
        Transition("lapse", CLOCK, ("basket", "unpaid"), "lapsed", after=30 * MINUTE),
        Transition("ship", PROVIDER, "paid", "sent"),
        Transition("ship_short", PROVIDER, "paid", "sent", REFUND, lines="short"),
        Transition("too_late", CLOCK, "paid", "cancelled", REFUND, SETTLE, lines="undone",
                   after=3 * DAY),
        Transition("receive", CUSTOMER, "sent", "done", SETTLE),
        Transition("silent", CLOCK, "sent", "done", SETTLE, after=10 * DAY),
    ],
)  # fmt: skip
GIFT = Process(
    "gift",
    start="basket",
    final={"done", "lapsed", "cancelled"},
    transitions=[
        Transition("order", CUSTOMER, "basket", "paid", CHARGE, failed="unpaid",
                   needs_customer="unpaid"),
        Transition("pay", CUSTOMER, "unpaid", "paid", CHARGE, failed="unpaid",
                   needs_customer="unpaid", asks=[Ask("greeting")]),
        Transition("lapse", CLOCK, "unpaid", "lapsed", after=30 * MINUTE),
        Transition("too_late", CLOCK, "paid", "cancelled", REFUND, SETTLE, lines="undone",
                   after=3 * DAY),
        Transition("give", PROVIDER, "paid", "done", SETTLE),
    ],
)  # fmt: skip

SHARES = {
    "quote": 100,
    "more": 150,
    "landing": 120,
    "called_off": 20,
    "moored": 80,
    "cast_off": 60,
    "short": 70,
}
"""What is paid on each occasion, in hundredths of the price; nothing on any other."""
DEPOSIT = 30
TRADES = {"crossings": CROSSING, "berths": BERTH, "crates": CRATE, "gifts": GIFT}
LISTED = {
    "type": "object",
    "properties": {"price": {"type": "integer", "minimum": 0}},
    "required": ["price"],
    "additionalProperties": False,
}


def share(inputs: Mapping[str, Any]) -> int:
    """So many hundredths of a price."""
    return divide(int(inputs["price"]) * int(inputs["hundredths"]), 100)


@frozen
class Wharf:
    """The plugin of all three."""

    name: str = "wharf"

    @hookimpl
    def bring(self) -> Bring:
        """The trades and the one rule of their prices."""
        verticals = tuple(
            Vertical(
                name=name,
                processes=(process,),
                follow_ups=(adjustment("done", "left"),),
                listing_schema=LISTED,
                quote_lives=6 * HOUR,
                words={"en": {"line.wharf": "{money}: the wharf", "line.deposit": "{money}: kept"}},
            )
            for name, process in TRADES.items()
        )
        return Bring(verticals=verticals, rules={"wharf.share": share})

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> list[Line]:
        """The share of the occasion; of a berth its deposit besides, which stays as agreed."""
        if question.vertical not in TRADES or question.listing is None:
            return []
        lines = [self._line(question, "wharf", SHARES.get(question.occasion, 0), "price")]
        if question.vertical == "berths":
            lines.append(self._line(question, "deposit", DEPOSIT, "deposit"))
        return [line for line in lines if line.amount.amount]

    def _line(self, question: PricingQuestion, code: str, hundredths: int, purse: str) -> Line:
        assert question.listing is not None
        inputs = {"price": question.listing.attributes["price"], "hundredths": hundredths}
        amount = Money(share(inputs), question.currency)
        return Line(code, amount, "customer", "provider", "wharf.share", inputs=inputs, purse=purse)
