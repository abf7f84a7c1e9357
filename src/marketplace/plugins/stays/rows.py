"""The rows that the processes of a stay share: into a booking, and from there to its end.

Whatever the way to a booking, from there it goes the same: either side may call it off, both
together may alter it, and a day after check-in the host is paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marketplace import (
    CHARGE,
    CLOCK,
    COLLECT,
    CONFIRM,
    CUSTOMER,
    FREE,
    MOVE,
    OPERATOR,
    PROVIDER,
    REFUND,
    RESERVE,
    REVERSE,
    SETTLE,
    VOID,
    Ask,
    At,
    Transition,
    opens,
    takes,
)
from marketplace.plugins.stays.times import USUAL, StayTimes

DEPOSIT, CALL_OFF = "deposit", takes("deposit", "call_off")
BALANCE = "balance"
AGREED = frozenset(
    {"booked", "unsecured", "secured", "paid", "staying", "hosted", "short", "unheld", "arrived"}
)
"""States in which a stay is agreed: the guest is told where it is."""
FINAL = ("completed", "expired", "declined", "cancelled", "owed")
GUESTS = ("adults", "children", "infants", "pets")
NEW_DATES = [
    Ask("start", "time", required=False),
    Ask("end", "time", required=False),
    *(Ask(name, "number", required=False) for name in GUESTS),
]
EXCUSE = [Ask("reason"), Ask("bearer", "choice", choices=("provider", "operator"))]
MONTH_DAYS = 30


def or_else(state: str) -> dict[str, Any]:
    """A refusal and a bank's challenge both lead there."""
    return {"failed": state, "needs_customer": state}


def entry(
    calendar: str, *pays: Any, to: str = "booked", times: StayTimes = USUAL
) -> list[Transition]:
    """Booked at once: the nights are kept for half an hour while a bank is asked."""
    return [
        Transition("book", CUSTOMER, ("asked", "unpaid"), to, RESERVE(calendar), *pays,
                   CONFIRM(calendar), opens(DEPOSIT), **or_else("unpaid")),
        Transition("lapse", CLOCK, ("asked", "unpaid"), "expired", FREE(calendar),
                   after=times.bank),
    ]  # fmt: skip


def asked_first(
    calendar: str,
    *pays: Any,
    takes_it: Sequence[Any] = (),
    to: str = "booked",
    times: StayTimes = USUAL,
) -> list[Transition]:
    """Asked of the host: nights and money are kept until he answers, or time is up."""
    gives_up = [VOID] if pays else []
    fails: dict[str, Any] = {"failed": "uncaptured"} if takes_it else {}
    rows = [
        Transition("ask", CUSTOMER, ("asked", "unpaid"), "waiting", RESERVE(calendar), *pays,
                   **or_else("unpaid")),
        Transition("accept", PROVIDER, "waiting", to, CONFIRM(calendar), *takes_it,
                   opens(DEPOSIT), **fails),
        Transition("decline", PROVIDER, "waiting", "declined", FREE(calendar), *gives_up),
        Transition("withdraw", CUSTOMER, "waiting", "cancelled", FREE(calendar), *gives_up),
        Transition("expire", CLOCK, "waiting", "expired", FREE(calendar), *gives_up,
                   after=times.answer),
    ]  # fmt: skip
    if takes_it:
        rows += [
            Transition("pay", CUSTOMER, "uncaptured", to, VOID, CHARGE, opens(DEPOSIT),
                       **or_else("uncaptured")),
            Transition("drop", CLOCK, "uncaptured", "expired", FREE(calendar), VOID,
                       after=times.capture, fault=CUSTOMER),
        ]  # fmt: skip
    return rows


def _back(*purses: str, reverse: bool = False) -> list[Any]:
    """What is owed to the guest goes back, and the rest to whom it belongs."""
    undone = [REVERSE(purse) for purse in purses] if reverse else []
    given, shared = [REFUND(purse) for purse in purses], [SETTLE(purse) for purse in purses]
    return [*undone, *given, *shared]


def booked(
    calendar: str, state: str = "booked", *purses: str, times: StayTimes = USUAL
) -> list[Transition]:
    """A stay whose price lies in escrow, until the host is paid a day after check-in."""
    purses = purses or ("price",)
    back = _back(*purses)
    return [
        Transition("cancel", CUSTOMER, state, "cancelled", FREE(calendar), *back, CALL_OFF,
                   lines="cancellation", fault=CUSTOMER),
        Transition("host_cancels", PROVIDER, state, "cancelled", FREE(calendar), *back, CALL_OFF,
                   lines="host_cancellation", fault=PROVIDER),
        Transition("excuse", OPERATOR, state, "cancelled", FREE(calendar), *back, CALL_OFF,
                   lines="excused", asks=EXCUSE),
        Transition("no_show", PROVIDER, state, "cancelled", FREE(calendar), *back, CALL_OFF,
                   lines="no_show", fault=CUSTOMER, not_before=At("start", times.late)),
        Transition("pay_host", CLOCK, state, "hosted", *(SETTLE(one) for one in purses),
                   at=At("start", times.pay_host)),
        *hosted(calendar, *purses),
    ]  # fmt: skip


def hosted(calendar: str, *purses: str) -> list[Transition]:
    """The host was paid; the guest is there, and may leave before the end."""
    again = _back(*purses, reverse=True)
    return [
        Transition("leave_early", CUSTOMER, "hosted", "completed", FREE(calendar), *again,
                   lines="cancellation", fault=CUSTOMER),
        Transition("excuse", OPERATOR, "hosted", "cancelled", FREE(calendar), *again,
                   lines="excused", asks=EXCUSE),
        Transition("leave", CLOCK, "hosted", "completed", FREE(calendar), at=At("end")),
    ]  # fmt: skip


def altered(calendar: str, times: StayTimes = USUAL) -> list[Transition]:
    """Other dates or guests, when both want them; what is short is paid within a day."""
    return [
        Transition("alter", (CUSTOMER, PROVIDER), "booked", "booked", MOVE(calendar), REFUND,
                   COLLECT, takes(DEPOSIT, "shift"), lines="alteration", asks=NEW_DATES,
                   agreed=True, **or_else("short")),
        Transition("pay_more", CUSTOMER, "short", "booked", COLLECT, takes(DEPOSIT, "shift"),
                   **or_else("short")),
        Transition("cancel", CUSTOMER, "short", "cancelled", FREE(calendar), REFUND, SETTLE,
                   CALL_OFF, lines="cancellation", fault=CUSTOMER),
        Transition("host_cancels", PROVIDER, "short", "cancelled", FREE(calendar), REFUND, SETTLE,
                   CALL_OFF, lines="host_cancellation", fault=PROVIDER),
        Transition("drop", CLOCK, "short", "cancelled", FREE(calendar), REFUND, SETTLE, CALL_OFF,
                   lines="cancellation", fault=CUSTOMER, after=times.short),
    ]  # fmt: skip
