"""The processes of goods: an order, a sample, what has no weight, a contract in parts, a claim."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from attrs import evolve

from marketplace import (
    CHARGE,
    CLOCK,
    CUSTOMER,
    DAY,
    FREE,
    OPERATOR,
    ORIGIN,
    PROVIDER,
    REFUND,
    REVERSE,
    SETTLE,
    USE,
    Ask,
    At,
    Process,
    Purse,
    Transition,
)
from marketplace.plugins.goods.settings import GoodsTimes
from marketplace.plugins.goods.steps import (
    BACKORDER,
    FLASH,
    GROUP,
    REFUND_ASKED,
    SAMPLES,
    STOCK,
    complaint,
    delivery,
    paying,
)
from marketplace.plugins.goods.supply import SUPPLIED_ORDER, supplied

ADMITS = ("card", "wallet")


def order(
    times: GoodsTimes | None = None,
    admits: Collection[str] = ADMITS,
    *,
    name: str = "order",
    claim: str = STOCK,
    caps: Sequence[str] = (),
) -> Process:
    """Goods on stock: paid, confirmed, packed, sent, received; complained about and sent back.

    They are taken from the count ``claim``; ``caps`` are counts of sales, used up when the seller
    confirms.
    """
    times = times or GoodsTimes()
    undo: tuple[Any, ...] = (FREE(claim), *(FREE(one) for one in caps), REFUND, SETTLE)
    return Process(
        name,
        "basket",
        {"completed", "lapsed", "cancelled", "returned"},
        [
            *paying(times, "basket", "paid", claim, *caps),
            Transition("confirm", PROVIDER, "paid", "packing", *(USE(one) for one in caps)),
            Transition("withdraw", CUSTOMER, "paid", "cancelled", *undo, lines="cancellation",
                       fault=CUSTOMER),
            Transition("refuse", (PROVIDER, ORIGIN, OPERATOR), "paid", "cancelled", *undo,
                       lines="cancellation", fault=PROVIDER),
            Transition("not_confirmed", CLOCK, "paid", "cancelled", *undo, lines="cancellation",
                       fault=PROVIDER, at=At("ship_by")),
            *delivery(times, claim),
            *complaint(times, claim),
        ],
        admits=admits,
        paid=("packing", "shipped"),
        moments=("ship_by", "protected_until"),
        review_after=("completed", "returned", "cancelled"),
    )  # fmt: skip


def supplied_order(times: GoodsTimes | None = None, admits: Collection[str] = ADMITS) -> Process:
    """An order of what a supplier sends: its rows open his deal, and are taken by it."""
    usual = order(times, admits)
    return evolve(usual, name=SUPPLIED_ORDER, transitions=supplied(usual.transitions))


def backorder(times: GoodsTimes | None = None, admits: Collection[str] = ADMITS) -> Process:
    """An order of what is not there yet: promised up to a number, and sent later."""
    return order(times, admits, name="backorder", claim=BACKORDER)


def flash(times: GoodsTimes | None = None, admits: Collection[str] = ADMITS) -> Process:
    """An order at the price of a few hours, of which there are only so many."""
    return order(times, admits, name="flash", caps=(FLASH,))


def group(times: GoodsTimes | None = None, admits: Collection[str] = ADMITS) -> Process:
    """Bought together: sent if enough have joined when the group closes, else everybody's money
    back; there too where nobody has counted a day later."""
    times = times or GoodsTimes()
    undo: tuple[Any, ...] = (FREE(STOCK), FREE(GROUP), REFUND, SETTLE)
    closed = At("closes")
    return Process(
        "group",
        "basket",
        {"completed", "lapsed", "cancelled", "returned"},
        [
            *paying(times, "basket", "joined", STOCK, GROUP),
            Transition("leave", CUSTOMER, "joined", "cancelled", *undo, lines="cancellation",
                       fault=CUSTOMER),
            Transition("reached", OPERATOR, "joined", "packing", USE(GROUP), not_before=closed),
            Transition("missed", OPERATOR, "joined", "cancelled", *undo, lines="cancellation",
                       not_before=closed),
            Transition("not_counted", CLOCK, "joined", "cancelled", *undo, lines="cancellation",
                       fault=OPERATOR, at=At("closes", times.count)),
            *delivery(times, STOCK),
            *complaint(times, STOCK),
        ],
        admits=admits,
        paid=("packing", "shipped"),
        moments=("closes", "ship_by", "protected_until"),
        review_after=("completed", "returned"),
    )  # fmt: skip


def sample(times: GoodsTimes | None = None, admits: Collection[str] = ADMITS) -> Process:
    """A piece to look at before an order; it is not sent back."""
    times = times or GoodsTimes()
    return Process(
        "sample",
        "basket",
        {"completed", "lapsed", "cancelled"},
        [
            *paying(times, "basket", "paid", SAMPLES),
            Transition("call_off", (PROVIDER, CLOCK), "paid", "cancelled", FREE(SAMPLES), REFUND,
                       SETTLE, lines="cancellation", fault=PROVIDER, after=times.call_off),
            Transition("ship", PROVIDER, "paid", "shipped", USE(SAMPLES),
                       asks=[Ask("parcel", max_length=100)]),
            Transition("receive", CUSTOMER, "shipped", "completed", SETTLE),
            Transition("no_word", CLOCK, "shipped", "completed", SETTLE, after=times.sample),
            *_judged("shipped", times),
        ],
        admits=admits,
        paid=("shipped",),
    )  # fmt: skip


def digital(times: GoodsTimes | None = None, admits: Collection[str] = ADMITS) -> Process:
    """What has no weight: paid, handed over as a key that its buyer alone reads, opened."""
    times = times or GoodsTimes()
    return Process(
        "digital",
        "basket",
        {"completed", "lapsed", "cancelled"},
        [
            *paying(times, "basket", "paid"),
            Transition("hand_over", (PROVIDER, OPERATOR), "paid", "handed_over",
                       asks=[Ask("licence")]),
            Transition("not_handed", CLOCK, "paid", "cancelled", REFUND, SETTLE,
                       lines="cancellation", fault=PROVIDER, after=times.hand_over),
            Transition("open", CUSTOMER, "handed_over", "completed", SETTLE),
            Transition("unopened", CLOCK, "handed_over", "completed", SETTLE, after=times.open),
            *_judged("handed_over", times),
        ],
        admits=admits,
        paid=("handed_over",),
    )  # fmt: skip


def _judged(sent: str, times: GoodsTimes) -> list[Transition]:
    """A complaint that the operator alone decides; his silence gives what was wanted."""
    gives = (REFUND, SETTLE)
    return [
        Transition("complain", CUSTOMER, sent, "contested",
                   asks=[Ask("why"), Ask("refund", "money", required=False)]),
        Transition("decide", OPERATOR, "contested", "completed", *gives, lines="decision",
                   asks=[REFUND_ASKED]),
        Transition("no_decision", CLOCK, "contested", "completed", *gives, lines="wanted",
                   after=times.decision),
    ]  # fmt: skip


def contract(
    parts: int, times: GoodsTimes | None = None, admits: Collection[str] = ADMITS
) -> Process:
    """Goods made to order and paid in so many parts: 30 before, 70 when they are shown.

    Each part has its purse (``part1``); one alone is the price.
    """
    times = times or GoodsTimes()
    purses = [f"part{number}" for number in range(1, parts + 1)] if parts > 1 else ["price"]
    rows = [
        _pay(1, "agreed", purses[0]),
        Transition("lapse", (PROVIDER, CLOCK), "agreed", "lapsed", after=times.agree),
    ]
    for number in range(1, parts + 1):
        rows += _made(number, purses, times)
        if number < parts:
            due = f"due_{number + 1}"
            rows += [
                _pay(number + 1, due, purses[number]),
                Transition(f"forfeit_{number + 1}", CLOCK, due, "forfeited",
                           after=times.next_part, lines="forfeit", fault=CUSTOMER),
            ]  # fmt: skip
    return Process(
        f"contract_{parts}",
        "agreed",
        {"completed", "lapsed", "cancelled"} | ({"forfeited"} if parts > 1 else set()),
        rows,
        purses=[Purse(one) for one in purses],
        review_after=("completed",),
        admits=admits,
    )


def _pay(number: int, before: str, purse: str) -> Transition:
    no: dict[str, Any] = {"failed": before, "needs_customer": before}
    row, to = f"pay_{number}", f"making_{number}"
    return Transition(row, CUSTOMER, before, to, CHARGE(purse), **no)


def _made(number: int, purses: list[str], times: GoodsTimes) -> list[Transition]:
    """One part: made, shown, approved; what was not made is given back, spent parts too."""
    making, shown = f"making_{number}", f"shown_{number}"
    after = "completed" if number == len(purses) else f"due_{number + 1}"
    undo = [
        *(REVERSE(one) for one in purses[: number - 1]),
        *(REFUND(one) for one in purses[:number]),
        *(SETTLE(one) for one in purses[:number]),
    ]
    return [
        Transition(f"show_{number}", PROVIDER, making, shown, asks=[Ask("evidence")]),
        Transition(f"not_made_{number}", (PROVIDER, CLOCK), making, "cancelled", *undo,
                   lines="cancellation", fault=PROVIDER, after=times.make),
        Transition(f"reject_{number}", CUSTOMER, shown, making, asks=[Ask("why")]),
        Transition(f"approve_{number}", (CUSTOMER, CLOCK), shown, after,
                   SETTLE(purses[number - 1]), after=times.approve),
    ]  # fmt: skip


def claim(times: GoodsTimes | None = None) -> Process:
    """After the end a customer asks for money back: the seller gives it, or the operator says."""
    times = times or GoodsTimes()
    back = (REVERSE, REFUND, SETTLE)
    return Process(
        "claim",
        "asked",
        {"paid", "refused", "withdrawn"},
        [
            Transition("ask", CUSTOMER, "asked", "open",
                       asks=[Ask("why"), Ask("refund", "money", required=False)]),
            Transition("forget", CLOCK, "asked", "withdrawn", after=DAY),
            Transition("give_in", PROVIDER, "open", "paid", *back, lines="wanted"),
            Transition("refuse", PROVIDER, "open", "escalated", asks=[Ask("why")]),
            Transition("withdraw", CUSTOMER, ("open", "escalated"), "withdrawn"),
            Transition("no_answer", CLOCK, "open", "escalated", after=times.answer),
            Transition("decide", OPERATOR, "escalated", "paid", *back, lines="decision",
                       asks=[REFUND_ASKED]),
            Transition("dismiss", (OPERATOR, CLOCK), "escalated", "refused",
                       after=times.decision),
        ],
        purses=[Purse("price", starts_settled=True)],
        follows=("completed",),
        within=times.claim,
        opened_by=(CUSTOMER,),
    )  # fmt: skip


def every(times: GoodsTimes, admits: Collection[str] = ADMITS) -> tuple[Process, ...]:
    """All processes of the trade; the first is the usual."""
    contracts = [contract(parts, times, admits) for parts in range(1, 5)]
    return (
        order(times, admits),
        supplied_order(times, admits),
        sample(times, admits),
        digital(times, admits),
        backorder(times, admits),
        flash(times, admits),
        group(times, admits),
        *contracts,
    )
