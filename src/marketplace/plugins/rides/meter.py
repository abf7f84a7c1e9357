"""The taximeter: fares by units of distance and time, flat fares and surcharges, as data.

``nyc_2012`` is the one that New York's Taxi and Limousine Commission prescribed from 2012-09-04
to 2022-12-18. A meter counts a unit of distance while the cab rolls and of time while it crawls.
Trip records hold neither, only the whole distance and time: so ``metered`` reckons with one
cruising speed, which is a guess, and ``bounds`` with none, which is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time

from attrs import field, frozen

from marketplace import InvalidInput, Line
from marketplace.plugins.rides.bill import Bill
from marketplace.plugins.rides.checks import not_negative, positive
from marketplace.plugins.rides.fare import TAX, Supplement, Window
from marketplace.plugins.rides.fares import supplement_inputs
from marketplace.plugins.rides.rules import RULES


@frozen
class Meter:
    """A taximeter's rates. Amounts are minor units of ``currency``."""

    currency: str
    entry: int = field(validator=not_negative)
    """On getting in; the first unit is part of it."""
    unit: int = field(validator=positive)
    """For each unit more."""
    units_per_mile: int = field(validator=positive)
    unit_seconds: int = field(validator=positive)
    """Seconds of crawling that are a unit as well."""
    flats: Mapping[int, int] = field(factory=dict)
    """Rate code to flat fare: the meter does not run."""
    surcharges: Mapping[int, int] = field(factory=dict)
    """Rate code to what comes on top of the meter."""
    metered: tuple[int, ...] = (1,)
    """Rate codes under which the meter runs."""
    doubled: tuple[int, ...] = ()
    """Rate codes under which the meter counts twice beyond the city line."""
    negotiated: tuple[int, ...] = ()
    """Rate codes under which the two agree on a fare."""
    extras: tuple[Supplement, ...] = ()
    """Night and peak, under ``extra_codes`` only."""
    extra_codes: tuple[int, ...] = (1,)
    """Rate codes under which the extras are due."""
    taxes: tuple[Supplement, ...] = ()
    """On every ride."""
    since: date | None = None
    until: date | None = None
    """First and last day of these rates."""


@frozen
class MeteredTrip:
    """What the meter and the clock say about one trip."""

    hundredth_miles: int = field(validator=not_negative)
    seconds: int = field(validator=not_negative)
    pickup_local: datetime
    """On the wall clock of the city, without a zone."""
    rate_code: int = 1
    tolls: int = field(default=0, validator=not_negative)
    agreed: int | None = None
    """The negotiated fare, where the rate code is one of those."""
    beyond_line: int = field(default=0, validator=not_negative)
    """Hundredths of a mile driven beyond the city line."""
    beyond_line_s: int = field(default=0, validator=not_negative)
    """Seconds driven beyond the city line."""


def nyc_2012(holidays: tuple[date, ...] = ()) -> Meter:
    """The meter of New York's yellow and green cabs, 2012-09-04 to 2022-12-18.

    ``holidays`` are the legal ones, on which there is no peak extra. The congestion surcharge
    of 2019 is not part of the meter and not in here.
    """
    night = Window(time(20), time(6))
    peak = Window(time(16), time(20))
    return Meter(
        "USD",
        entry=250,
        unit=50,
        units_per_mile=5,
        unit_seconds=60,
        flats={2: 5200},
        surcharges={3: 1750},
        metered=(1, 3),
        doubled=(4,),
        negotiated=(5,),
        extra_codes=(1, 3, 4),
        extras=(
            Supplement("night_extra", fixed=50, window=night),
            Supplement(
                "peak_extra", fixed=100, window=peak, weekdays=tuple(range(5)), except_on=holidays
            ),
        ),
        taxes=(
            Supplement("state_tax", fixed=50, payee=TAX),
            Supplement("improvement_surcharge", fixed=30, payee=TAX, since=date(2015, 1, 1)),
        ),
        since=date(2012, 9, 4),
        until=date(2022, 12, 18),
    )


def metered(meter: Meter, trip: MeteredTrip, cruise_mph: int = 22) -> list[Line]:
    """The lines of a metered trip: its fare by the rate code, extras, taxes and tolls.

    ``cruise_mph`` is the speed at which it is taken to roll when it does not crawl; 22 gives
    the least error over a night of real trips. Raises ``InvalidInput`` outside the rates' days
    and for a rate code that the meter does not know.
    """
    _in_force(meter, trip)
    if cruise_mph <= 0:
        raise InvalidInput(f"cruise_mph must be more than zero, not {cruise_mph}")
    bill, code = Bill(meter.currency), trip.rate_code
    if code in meter.flats:
        bill.add("flat_fare", "fixed", amount=meter.flats[code], rate_code=code)
    elif code in meter.negotiated:
        if trip.agreed is None:
            raise InvalidInput(f"rate code {code} is a negotiated fare: give the agreed one")
        bill.add("agreed_fare", "fixed", amount=trip.agreed, rate_code=code)
    else:
        bill.add("entry", "fixed", amount=meter.entry)
        far, long = trip.hundredth_miles, trip.seconds
        _run(bill, meter, cruise_mph, "metered", far, long, included=1)
        if code in meter.doubled:
            far, long = trip.beyond_line, trip.beyond_line_s
            _run(bill, meter, cruise_mph, "beyond_city_line", far, long, included=0)
        surcharge = meter.surcharges.get(code, 0)
        bill.add("rate_surcharge", "fixed", amount=surcharge, rate_code=code)
    supplements = (*(meter.extras if code in meter.extra_codes else ()), *meter.taxes)
    basis = bill.owed()
    for extra in supplements:
        inputs = supplement_inputs(extra, trip.pickup_local, basis)
        bill.add(extra.code, "supplement", payee=extra.payee, **inputs)
    bill.add("toll", "fixed", amount=trip.tolls, name="on the way")
    return bill.lines


def bounds(meter: Meter, hundredth_miles: int, seconds: int) -> tuple[int, int]:
    """The least and the most that the running meter can show, whatever the speeds were.

    The least counts whole units of distance alone, less the one within the entry; the most
    counts every unit of distance and every unit of time begun.
    """
    far = hundredth_miles * meter.units_per_mile
    fewest = max(0, far // 100 - 1)
    most = -(-far // 100) + -(-seconds // meter.unit_seconds)
    return meter.entry + meter.unit * fewest, meter.entry + meter.unit * most


def _run(
    bill: Bill, meter: Meter, cruise_mph: int, code: str, far: int, long: int, included: int
) -> None:
    bill.add(
        code,
        "metered",
        hundredth_miles=far,
        seconds=long,
        cruise_mph=cruise_mph,
        units_per_mile=meter.units_per_mile,
        unit_seconds=meter.unit_seconds,
        included=included,
        rate=meter.unit,
    )


def _in_force(meter: Meter, trip: MeteredTrip) -> None:
    day = trip.pickup_local.date()
    if trip.pickup_local.tzinfo is not None:
        raise InvalidInput("pickup_local is on the city's wall clock and carries no zone")
    if (meter.since and day < meter.since) or (meter.until and day > meter.until):
        raise InvalidInput(f"these rates hold from {meter.since} to {meter.until}, not on {day}")
    known = {*meter.flats, *meter.metered, *meter.doubled, *meter.negotiated}
    if trip.rate_code not in known:
        codes = ", ".join(str(code) for code in sorted(known))
        raise InvalidInput(f"rate codes of this meter are {codes}, not {trip.rate_code}")


def extra_at(meter: Meter, pickup_local: datetime) -> int:
    """The night or peak extra of a ride in the city that starts at this wall-clock time."""
    rule = RULES["rides.supplement"]
    return sum(rule(supplement_inputs(extra, pickup_local, 0)) for extra in meter.extras)
