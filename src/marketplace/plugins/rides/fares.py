"""What a ride costs: the lines of its quote, and of its end when something named has changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from marketplace import CUSTOMER, PROVIDER, Line, Reason, customer_owes
from marketplace.plugins.rides.bill import PLUGIN, Bill, own
from marketplace.plugins.rides.fare import Fare, Supplement
from marketplace.plugins.rides.regions import Ceiling
from marketplace.plugins.rides.ride import Changes, Ride
from marketplace.plugins.rides.rules import RULES

PASSED_ON = frozenset({"toll"})
"""Codes of lines that are no part of the price: they pass from the customer to who paid them."""


def quote(fare: Fare, ride: Ride, ceiling: Ceiling | None = None) -> list[Line]:
    """The price of a ride as it is estimated, line by line.

    Lines go from the customer to the driver, except supplements (to their payee), tolls (to who
    paid them), and what is given back: above a regulator's ceiling, and when a sum is rounded
    down to a coin. Lines of nothing are left out.
    """
    return _price(fare, ride, ceiling, quoted=None)


@frozen
class Finish:
    """The lines at the end of a ride, and the named reasons for which they differ."""

    lines: Sequence[Line]
    reasons: Sequence[Reason] = ()
    """Empty when the quote stands."""


def finish(
    fare: Fare,
    quoted: Sequence[Line],
    ride: Ride,
    changes: Changes,
    ceiling: Ceiling | None = None,
) -> Finish:
    """What the ride costs in the end, by the fare, ride and ceiling frozen with the quote.

    Only tolls, waiting, added stops and another route that the rider asked for change it, and
    the customer's sum rises no further than the fare's ``change_cap`` allows. With none of
    them the quote's lines stand as they are. Lines of other plugins are left to them.
    """
    ours = own(quoted)
    actual, reasons = _changed(fare, ride, changes)
    if not reasons:
        return Finish(ours)
    before = customer_owes(ours, fare.currency).amount
    lines = _price(fare, actual, ceiling, quoted=before)
    if any(x.code == "change_cap" for x in lines):
        reasons.append(Reason("ride_change_capped", {"quoted": _money(before, fare)}, PLUGIN))
    return Finish(tuple(lines), tuple(reasons))


def _changed(fare: Fare, ride: Ride, changes: Changes) -> tuple[Ride, list[Reason]]:
    reasons = []
    actual = ride
    if changes.tolls is not None and changes.tolls != ride.tolls:
        was, paid = (sum(toll.amount for toll in x) for x in (ride.tolls, changes.tolls))
        actual = evolve(actual, tolls=changes.tolls)
        sums = {"quoted": _money(was, fare), "paid": _money(paid, fare)}
        reasons.append(Reason("ride_toll", sums, PLUGIN))
    free = fare.waiting.free_s
    waited = ride.waited_s if changes.waited_s is None else changes.waited_s
    if max(waited, free) != max(ride.waited_s, free) and fare.waiting.per_minute:
        actual = evolve(actual, waited_s=waited)
        reasons.append(Reason("ride_waiting", {"waited_s": waited, "free_s": free}, PLUGIN))
    if changes.added_stops:
        actual = evolve(actual, stops=ride.stops + changes.added_stops)
        reasons.append(Reason("ride_added_stop", {"count": changes.added_stops}, PLUGIN))
    if changes.route is not None and changes.route != ride.route:
        actual = evolve(actual, route=changes.route)
        params = {"quoted_m": ride.route.metres, "driven_m": changes.route.metres}
        reasons.append(Reason("ride_route", params, PLUGIN))
    return actual, reasons


def _money(amount: int, fare: Fare) -> dict[str, Any]:
    return {"amount": amount, "currency": fare.currency}


def _price(fare: Fare, ride: Ride, ceiling: Ceiling | None, quoted: int | None) -> list[Line]:
    bill = Bill(fare.currency, fare.rounding)
    _ride_itself(bill, fare, ride)
    basis = bill.owed()
    local = ride.pickup_at.astimezone(ZoneInfo(fare.zone))
    for extra in fare.supplements:
        if extra.basis == "ride":
            _supplement(bill, extra, local, basis)
    if ride.surge is not None:
        bill.add(
            "surge",
            "surge",
            of=basis,
            multiplier_bps=ride.surge.multiplier_bps,
            cap_bps=fare.surge_cap_bps,
            zone=ride.surge.zone,
            starts_at=ride.surge.starts_at.isoformat(),
            seconds=ride.surge.seconds,
            why=dict(ride.surge.why),
        )
    wait = fare.waiting
    bill.add(
        "waiting",
        "waiting",
        seconds=ride.waited_s,
        free_s=wait.free_s,
        per_minute=wait.per_minute,
    )
    bill.add("stops", "each", count=ride.stops, rate=fare.per_stop)
    if ceiling is not None:
        _under_ceiling(bill, ceiling, ride)
    for toll in ride.tolls:
        bill.add("toll", "fixed", payee=fare.tolls_to, amount=toll.amount, name=toll.name)
    taxes = [extra for extra in fare.supplements if extra.basis == "price"]
    if quoted is not None:
        _under_change_cap(bill, fare, taxes, local, quoted)
    basis = max(0, bill.owed(without=PASSED_ON))
    for tax in taxes:
        _supplement(bill, tax, local, basis)
    bill.to_coin()
    return bill.lines


def _ride_itself(bill: Bill, fare: Fare, ride: Ride) -> None:
    bill.add("base_fare", "fixed", amount=fare.base)
    start = 0
    for band in fare.bands:
        bill.add(
            "distance",
            "distance",
            metres=ride.route.metres,
            from_m=start,
            to_m=band.up_to_m,
            rate=band.rate,
            unit=band.unit.name,
            unit_m=[band.unit.numerator, band.unit.denominator],
            started=band.started,
        )
        start = band.up_to_m or start
    bill.add("minutes", "minutes", seconds=ride.route.seconds, per_minute=fare.per_minute)
    bill.add("minimum_fare", "up_to_minimum", of=bill.owed(), minimum=fare.minimum)


def supplement_inputs(extra: Supplement, local: datetime, of: int) -> dict[str, Any]:
    """What decides about a supplement, as plain JSON."""
    return {
        "of": of,
        "fixed": extra.fixed,
        "bps": extra.bps,
        "local": local.replace(tzinfo=None).isoformat(),
        "zone": str(local.tzinfo),
        "window": extra.window and [extra.window.start.isoformat(), extra.window.end.isoformat()],
        "weekdays": list(extra.weekdays),
        "holiday": local.date() in extra.except_on,
        "since": extra.since and extra.since.isoformat(),
        "until": extra.until and extra.until.isoformat(),
    }


def _supplement(bill: Bill, extra: Supplement, local: datetime, of: int) -> None:
    inputs = supplement_inputs(extra, local, of)
    bill.add(extra.code, "supplement", payee=extra.payee, **inputs)


def _under_ceiling(bill: Bill, ceiling: Ceiling, ride: Ride) -> None:
    bill.add(
        "regulated_ceiling",
        "above_ceiling",
        payer=PROVIDER.name,
        payee=CUSTOMER.name,
        of=bill.owed(),
        fixed=ceiling.fixed,
        per_km=ceiling.per_km,
        metres=ride.route.metres,
        because=ceiling.because,
    )


def _under_change_cap(
    bill: Bill, fare: Fare, taxes: Sequence[Supplement], local: datetime, quoted: int
) -> None:
    cap = fare.change_cap
    if cap is None:
        return
    price, rule = bill.owed(without=PASSED_ON), RULES[f"{PLUGIN}.supplement"]
    shares, others = [], bill.owed() - price
    for tax in taxes:
        # On nothing a tax gives its fixed part; on 10,000 it gives its share besides.
        alone = rule(supplement_inputs(tax, local, 0))
        shares.append(rule(supplement_inputs(tax, local, 10_000)) - alone)
        others += alone
    bill.add(
        "change_cap",
        "above_change_cap",
        payer=cap.bearer,
        payee=CUSTOMER.name,
        price=price,
        others=others,
        tax_bps=shares,
        quoted=quoted,
        bps=cap.bps,
        amount=cap.amount,
        unit=fare.rounding,
    )
