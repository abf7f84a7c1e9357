"""Rides that are cancelled, and riders who do not come: whose fault, and who pays whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import field, frozen

from marketplace import CUSTOMER, PROVIDER, InvalidInput, Line, Reason, Refused, customer_owes
from marketplace.plugins.rides.bill import PLUGIN, Bill, line, own
from marketplace.plugins.rides.checks import instant, instant_or_none
from marketplace.plugins.rides.fare import CancellationRow, Fare

NOBODY = "nobody"


@frozen
class Cancelled:
    """The facts about a cancellation, as the marketplace knows them."""

    by: str
    """The role that cancelled: customer, provider, operator, clock."""
    state: str
    """The state of the ride in which it was cancelled."""
    at: datetime = field(converter=instant)
    accepted_at: datetime | None = field(default=None, converter=instant_or_none)
    """When a driver accepted; None when none had."""
    promised_at: datetime | None = field(default=None, converter=instant_or_none)
    """When the driver was to be at the pick-up, as the rider was told on acceptance."""
    nearer_at: datetime | None = field(default=None, converter=instant_or_none)
    """When the driver last came nearer to the pick-up; None when that is not followed."""
    arrived: bool = False
    """Whether the driver stands at the pick-up."""
    fault: str | None = None
    """The role that somebody decided to be at fault; None lets the facts decide."""


@frozen
class Ended:
    """Lines that replace the quote's, and why they are these."""

    lines: Sequence[Line]
    reasons: Sequence[Reason]


def fault_of(fare: Fare, facts: Cancelled) -> tuple[str, Reason]:
    """The role at fault, or ``nobody``, and why.

    A rider who cancels is at fault after the grace time, but not when the driver is late or has
    stopped coming nearer: then the driver is. A driver who cancels is at fault. Before a driver
    has accepted, and when the clock or the operator ends a ride, nobody is.
    """
    if facts.fault is not None:
        return facts.fault, _why("ride_fault_decided", fault=facts.fault)
    if facts.by == PROVIDER.name:
        return PROVIDER.name, _why("ride_driver_cancelled")
    if facts.by != CUSTOMER.name:
        return NOBODY, _why("ride_ended_by_others", by=facts.by)
    if facts.accepted_at is None:
        return NOBODY, _why("ride_no_driver_yet")
    terms = fare.cancellation
    since = _seconds(facts.accepted_at, facts.at)
    if since <= terms.grace_s:
        return NOBODY, _why("ride_within_grace", seconds=since, grace_s=terms.grace_s)
    if not facts.arrived:
        late = 0 if facts.promised_at is None else _seconds(facts.promised_at, facts.at)
        if late > terms.late_s:
            return PROVIDER.name, _why("ride_driver_late", late_s=late, allowed_s=terms.late_s)
        nearer = facts.nearer_at or facts.at
        stood = _seconds(max(nearer, facts.accepted_at), facts.at)
        if stood > terms.stalled_s:
            params = {"stalled_s": stood, "allowed_s": terms.stalled_s}
            return PROVIDER.name, _why("ride_driver_stalled", **params)
    return CUSTOMER.name, _why("ride_after_grace", seconds=since, grace_s=terms.grace_s)


def cancel(fare: Fare, facts: Cancelled, quoted: Sequence[Line]) -> Ended:
    """The lines of a cancelled ride: none, or one fee from the row's payer to its payee.

    The share of a fee is reckoned on what the customer would have paid by the ride's own lines.
    """
    fault, because = fault_of(fare, facts)
    numbered = enumerate(fare.cancellation.rows, start=1)
    number, row = next((x for x in numbered if _fits(x[1], facts, fault)), (0, None))
    if row is None:
        return Ended((), (because, _why("ride_cancelled_free", row=0)))
    inputs = {
        "quoted": max(0, customer_owes(own(quoted), fare.currency).amount),
        "fixed": row.fixed,
        "bps": row.bps,
        "most": row.most,
        "unit": fare.rounding,
        "row": number,
        "by": facts.by,
        "fault": fault,
        "state": facts.state,
    }
    fee = line(fare.currency, "cancellation_fee", "cancellation", inputs, row.payer, row.payee)
    if not fee.amount:
        return Ended((), (because, _why("ride_cancelled_free", row=number)))
    sums = {"amount": fee.amount.amount, "currency": fare.currency}
    charged = _why("ride_cancellation_fee", fee=sums, payer=row.payer, payee=row.payee, row=number)
    return Ended((fee,), (because, charged))


def no_show(fare: Fare, waited_s: int) -> Ended:
    """The lines when the driver leaves without the rider: the fee, and the waiting if it counts.

    ``waited_s`` is counted from the driver's arrival. Raises ``Refused`` while it is too early.
    """
    terms, wait = fare.no_show, fare.waiting
    if waited_s < 0:
        raise InvalidInput(f"waited_s must be zero or more, not {waited_s}")
    if waited_s < terms.after_s:
        raise Refused(
            f"a driver may leave after waiting {terms.after_s} s, not after {waited_s} s",
            code="no_show_too_early",
            params={"after_s": terms.after_s, "waited_s": waited_s},
            reasons=(_why("no_show_too_early", after_s=terms.after_s, waited_s=waited_s),),
        )
    bill = Bill(fare.currency, fare.rounding)
    bill.add("no_show_fee", "fixed", amount=terms.fee)
    if terms.waiting_too:
        free, rate = wait.free_s, wait.per_minute
        bill.add("waiting", "waiting", seconds=waited_s, free_s=free, per_minute=rate)
    bill.to_coin()
    params = {"waited_s": waited_s, "after_s": terms.after_s}
    return Ended(tuple(bill.lines), (_why("ride_no_show", **params),))


def _fits(row: CancellationRow, facts: Cancelled, fault: str) -> bool:
    by = row.by in ("", facts.by)
    state = not row.states or facts.state in row.states
    return by and state and row.fault in ("", fault)


def _seconds(start: datetime, end: datetime) -> int:
    return (end - start) // timedelta(seconds=1)


def _why(code: str, **params: Any) -> Reason:
    return Reason(code, params, PLUGIN)
