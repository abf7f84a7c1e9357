"""The processes of a stay: booked at once or asked of the host, paid now, later or in two parts.

Each is the shared rows of ``rows``, and what its way to pay asks for beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marketplace import (
    CAPTURE,
    CHARGE,
    CLOCK,
    CUSTOMER,
    DAY,
    FREE,
    HOLD,
    HOUR,
    MOVE,
    OPERATOR,
    PROVIDER,
    REFUND,
    SAVE,
    SETTLE,
    TRANSFER,
    VOID,
    Ask,
    At,
    Process,
    Purse,
    Transition,
    takes,
)
from marketplace.plugins.stays.rows import (
    BALANCE,
    CALL_OFF,
    DEPOSIT,
    EXCUSE,
    FINAL,
    MONTH_DAYS,
    NEW_DATES,
    altered,
    asked_first,
    booked,
    entry,
    or_else,
)
from marketplace.plugins.stays.steps import NIGHTS
from marketplace.plugins.stays.times import USUAL, StayTimes


def _stay(name: str, rows: Sequence[Transition], **more: Any) -> Process:
    named = {row.to for row in rows} | {row.failed for row in rows}
    given: dict[str, Any] = {"paid": ("booked", "hosted"), "review_after": ("completed",)}
    final = {state for state in FINAL if state in named}
    return Process(name, start="asked", final=final, transitions=rows, **{**given, **more})


def stay(calendar: str = NIGHTS, times: StayTimes = USUAL) -> Process:
    """Booked and paid at once."""
    return _stay(
        "stay",
        [
            *entry(calendar, CHARGE, times=times),
            *booked(calendar, times=times),
            *altered(calendar, times),
        ],
    )


def on_request(calendar: str = NIGHTS, times: StayTimes = USUAL) -> Process:
    """Held while the host thinks, taken when he says yes; what he offered himself is booked."""
    asking = asked_first(calendar, HOLD, takes_it=[CAPTURE], times=times)
    rows = [
        *entry(calendar, CHARGE, times=times),
        *asking,
        *booked(calendar, times=times),
        *altered(calendar, times),
    ]
    return _stay("stay_on_request", rows)


def _far_ahead(calendar: str, times: StayTimes) -> list[Transition]:
    """The means are kept; the money is held two days before, and taken at check-in."""
    return [
        Transition("secure", CLOCK, "booked", "secured", HOLD, at=At("start", -times.secure),
                   **or_else("unsecured")),
        Transition("pay", CUSTOMER, "unsecured", "secured", HOLD, **or_else("unsecured")),
        Transition("drop", CLOCK, "unsecured", "cancelled", FREE(calendar), VOID, TRANSFER,
                   CALL_OFF, lines="cancellation", fault=CUSTOMER, after=times.unsecured),
        # The deposit goes first: a stay that was given up has none, whatever becomes of its fee.
        Transition("cancel", CUSTOMER, ("booked", "unsecured"), "cancelled", FREE(calendar),
                   CALL_OFF, VOID, CHARGE, SETTLE, lines="cancellation", fault=CUSTOMER,
                   **or_else("uncollected")),
        Transition("cancel", CUSTOMER, "secured", "cancelled", FREE(calendar), CALL_OFF, CAPTURE,
                   SETTLE, lines="cancellation", fault=CUSTOMER, failed="uncollected"),
        Transition("host_cancels", PROVIDER, ("booked", "unsecured", "secured"), "cancelled",
                   FREE(calendar), VOID, TRANSFER, CALL_OFF, lines="host_cancellation",
                   fault=PROVIDER),
        Transition("excuse", OPERATOR, ("booked", "unsecured", "secured"), "cancelled",
                   FREE(calendar), VOID, TRANSFER, CALL_OFF, lines="excused", asks=EXCUSE),
        Transition("alter", (CUSTOMER, PROVIDER), ("booked", "unsecured", "secured"), "booked",
                   MOVE(calendar), VOID, takes(DEPOSIT, "shift"), lines="alteration",
                   asks=NEW_DATES, agreed=True),
        Transition("check_in", CLOCK, "secured", "staying", CAPTURE, at=At("start"),
                   failed="at_the_door"),
        Transition("pay_now", CUSTOMER, "at_the_door", "staying", VOID, CHARGE,
                   **or_else("at_the_door")),
        Transition("turn_away", CLOCK, "at_the_door", "cancelled", FREE(calendar), VOID, TRANSFER,
                   CALL_OFF, lines="cancellation", fault=CUSTOMER, after=times.door),
        Transition("pay_late", CUSTOMER, "uncollected", "owed", VOID, CHARGE, SETTLE,
                   CALL_OFF, **or_else("uncollected")),
        Transition("owe", CLOCK, "uncollected", "owed", VOID, TRANSFER, CALL_OFF,
                   after=times.dues),
        *booked(calendar, "staying", times=times),
    ]  # fmt: skip


def later(calendar: str = NIGHTS, times: StayTimes = USUAL) -> Process:
    """Booked far ahead: the means of payment now, the money near check-in."""
    rows = [*entry(calendar, SAVE, times=times), *_far_ahead(calendar, times)]
    return _stay("stay_later", rows, paid=("staying", "hosted"))


def later_on_request(calendar: str = NIGHTS, times: StayTimes = USUAL) -> Process:
    """The same, asked of the host first."""
    asking = asked_first(calendar, SAVE, times=times)
    rows = [*entry(calendar, SAVE, times=times), *asking, *_far_ahead(calendar, times)]
    name, paid = "stay_later_on_request", ("staying", "hosted")
    return _stay(name, rows, paid=paid)


def instalments(calendar: str = NIGHTS, times: StayTimes = USUAL) -> Process:
    """A part now, the rest so long before check-in; the first part is at stake until then."""
    both = ("price", BALANCE)
    rows = [
        *entry(calendar, SAVE(BALANCE), CHARGE, times=times),
        Transition("cancel", CUSTOMER, ("booked", "short"), "cancelled", FREE(calendar), REFUND,
                   SETTLE, CALL_OFF, lines="cancellation", fault=CUSTOMER),
        Transition("host_cancels", PROVIDER, ("booked", "short"), "cancelled", FREE(calendar),
                   REFUND, SETTLE, CALL_OFF, lines="host_cancellation", fault=PROVIDER),
        Transition("excuse", OPERATOR, ("booked", "short"), "cancelled", FREE(calendar), REFUND,
                   SETTLE, CALL_OFF, lines="excused", asks=EXCUSE),
        Transition("pay_rest", (CUSTOMER, CLOCK), "booked", "paid", CHARGE(BALANCE),
                   at=At("start", -times.rest), **or_else("short")),
        Transition("pay_late", CUSTOMER, "short", "paid", CHARGE(BALANCE), **or_else("short")),
        Transition("drop", CLOCK, "short", "cancelled", FREE(calendar), REFUND, SETTLE, CALL_OFF,
                   lines="cancellation", fault=CUSTOMER, after=times.rest_short),
        *booked(calendar, "paid", *both, times=times),
    ]  # fmt: skip
    purses = (Purse(), Purse(BALANCE))
    return _stay("stay_instalments", rows, purses=purses, paid=("booked", "paid", "hosted"))


def at_the_door(calendar: str = NIGHTS, times: StayTimes = USUAL) -> Process:
    """Paid to the host in cash (or out of a wallet) when the guest comes.

    A guest who says that she came owes nobody for not coming, whatever the host says or does not;
    the operator alone may judge otherwise.
    """
    collected = [Ask("cash_collected", "money", required=False)]
    rows = [
        *entry(calendar, HOLD, times=times),
        Transition("cancel", CUSTOMER, ("booked", "unheld"), "cancelled", FREE(calendar),
                   VOID, TRANSFER, CALL_OFF, lines="cancellation", fault=CUSTOMER),
        Transition("host_cancels", PROVIDER, ("booked", "unheld"), "cancelled", FREE(calendar),
                   VOID, TRANSFER, CALL_OFF, lines="host_cancellation", fault=PROVIDER),
        Transition("alter", (CUSTOMER, PROVIDER), "booked", "booked", MOVE(calendar), VOID,
                   HOLD, takes(DEPOSIT, "shift"), lines="alteration", asks=NEW_DATES, agreed=True,
                   **or_else("unheld")),
        Transition("hold_again", CUSTOMER, "unheld", "booked", VOID, HOLD, takes(DEPOSIT, "shift"),
                   **or_else("unheld")),
        Transition("drop", CLOCK, "unheld", "cancelled", FREE(calendar), VOID, TRANSFER, CALL_OFF,
                   lines="cancellation", fault=CUSTOMER, after=times.short),
        Transition("arrive", CUSTOMER, "booked", "arrived", not_before=At("start", -12 * HOUR)),
        Transition("nobody_came", OPERATOR, "arrived", "cancelled", FREE(calendar), VOID, TRANSFER,
                   CALL_OFF, lines="no_show", fault=CUSTOMER),
        Transition("leave", CLOCK, "arrived", "completed", FREE(calendar), VOID, at=At("end")),
        Transition("check_in", PROVIDER, ("booked", "arrived"), "hosted", CAPTURE, SETTLE,
                   asks=collected, not_before=At("start", -12 * HOUR), failed="not_paid"),
        Transition("pay_at_last", CUSTOMER, "not_paid", "hosted", VOID, CHARGE, SETTLE,
                   **or_else("not_paid")),
        Transition("put_out", CLOCK, "not_paid", "cancelled", FREE(calendar), VOID, TRANSFER,
                   CALL_OFF, lines="no_show", fault=CUSTOMER, after=times.door),
        Transition("nobody_came", CLOCK, "booked", "cancelled", FREE(calendar), VOID, TRANSFER,
                   CALL_OFF, lines="no_show", fault=CUSTOMER, at=At("start", times.pay_host)),
        Transition("leave", CLOCK, "hosted", "completed", FREE(calendar), at=At("end")),
    ]  # fmt: skip
    return _stay("stay_at_the_door", rows, admits=("cash", "wallet"))


def monthly(calendar: str = NIGHTS, months: int = 12, times: StayTimes = USUAL) -> Process:
    """A long stay paid month by month: each when it begins, and the host's a day after.

    As many states as months, since a proof wants an end to everything that keeps a calendar.
    A dispute stops none of its charges: each month is collected when it is due, and what is the
    host's of it waits in escrow. The operator may end it at any time, which moves no money.
    """
    rows = entry(calendar, CHARGE, times=times)
    rows[0] = rows[0].changed(lines="month")
    rows += [
        Transition("cancel", CUSTOMER, "booked", "cancelled", FREE(calendar), REFUND, SETTLE,
                   CALL_OFF, lines="cancellation", fault=CUSTOMER),
        Transition("host_cancels", PROVIDER, "booked", "cancelled", FREE(calendar), REFUND, SETTLE,
                   CALL_OFF, lines="host_cancellation", fault=PROVIDER),
        Transition("excuse", OPERATOR, "booked", "cancelled", FREE(calendar), REFUND, SETTLE,
                   CALL_OFF, lines="excused", asks=EXCUSE),
        Transition("pay_host", CLOCK, "booked", "month_1", SETTLE, at=At("start", times.pay_host)),
    ]  # fmt: skip
    for month in range(1, months + 1):
        here, late = f"month_{month}", f"month_{month}_unpaid"
        rows += [
            Transition("leave", CLOCK, here, "completed", FREE(calendar), at=At("end")),
            Transition("move_out", CUSTOMER, here, "completed", FREE(calendar), fault=CUSTOMER),
            Transition("excuse", OPERATOR, here if month == months else (here, late), "cancelled",
                       FREE(calendar), asks=EXCUSE[:1]),
        ]  # fmt: skip
        if month == months:
            break
        due = At("start", month * MONTH_DAYS * DAY)
        rows += [
            Transition("pay_month", CLOCK, here, f"month_{month + 1}", CHARGE, SETTLE,
                       lines="month", at=due, **or_else(late)),
            Transition("pay_late", CUSTOMER, late, f"month_{month + 1}", CHARGE, SETTLE,
                       lines="month", **or_else(late)),
            Transition("put_out", CLOCK, late, "cancelled", FREE(calendar), after=times.month_short,
                       fault=CUSTOMER),
        ]  # fmt: skip
    purses = (Purse(series=True),)
    return _stay("stay_monthly", rows, purses=purses, paid=("booked",))


def every(calendar: str = NIGHTS, times: StayTimes = USUAL) -> tuple[Process, ...]:
    """Those for card and wallet; a marketplace may take some, or make its own of their rows."""
    return (
        stay(calendar, times),
        on_request(calendar, times),
        later(calendar, times),
        later_on_request(calendar, times),
        instalments(calendar, times),
        monthly(calendar, times=times),
    )
