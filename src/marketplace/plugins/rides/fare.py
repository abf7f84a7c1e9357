"""Fares: what an operator charges for a ride, as data.

Amounts are minor units of the fare's currency, distances whole metres, durations whole seconds,
shares basis points (10,000 is the whole). Every value refuses nonsense when it is made.
"""

from __future__ import annotations

from datetime import date, time
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import field, frozen

from marketplace import CUSTOMER, OPERATOR, PROVIDER, InvalidInput, Money
from marketplace.plugins.rides.checks import (
    a_tuple,
    named,
    not_negative,
    one_of,
    positive,
    seconds,
    whole,
)

TAX = "tax"
"""The payee of what is owed to an authority."""
PAYEES = (PROVIDER.name, OPERATOR.name, TAX)
PARTIES = (CUSTOMER.name, PROVIDER.name, OPERATOR.name)


@frozen
class DistanceUnit:
    """What a distance is charged by: ``numerator / denominator`` metres, exactly."""

    name: str
    numerator: int = field(validator=positive)
    denominator: int = field(default=1, validator=positive)


KM = DistanceUnit("km", 1000)
MILE = DistanceUnit("mile", 1_609_344, 1000)
FIFTH_MILE = DistanceUnit("1/5 mile", 3_218_688, 10_000)


@frozen
class Band:
    """A stretch of the way with one rate: from where the band before ends, up to ``up_to_m``."""

    rate: int = field(validator=not_negative)
    """Minor units for one ``unit`` of distance."""
    up_to_m: int | None = None
    """Metres from the start of the ride; None for the rest of the way."""
    unit: DistanceUnit = KM
    started: bool = False
    """Whether a unit counts in full once it has begun; else in proportion."""

    def __attrs_post_init__(self) -> None:
        if self.up_to_m is not None and whole(self.up_to_m, "up_to_m") <= 0:
            raise InvalidInput(f"a band must end after 0 metres, not at {self.up_to_m}")


@frozen
class Waiting:
    """What the driver's waiting costs: nothing at first, then by the minute."""

    free_s: int = field(default=0, validator=seconds)
    per_minute: int = field(default=0, validator=not_negative)


@frozen
class Window:
    """A time of day on the wall clock, from ``start`` (inside) to ``end`` (outside).

    It may pass midnight: 20:00 to 06:00.
    """

    start: time
    end: time

    def __attrs_post_init__(self) -> None:
        for moment in (self.start, self.end):
            if not isinstance(moment, time) or moment.tzinfo is not None:
                raise InvalidInput(f"a window has wall-clock times without zone, not {moment!r}")
        if self.start == self.end:
            raise InvalidInput(f"a window must end at another time than it starts: {self.start}")


@frozen
class Supplement:
    """What comes on top: a night or peak extra, a tax, a surcharge; when, how much, for whom."""

    code: str = field(validator=named)
    fixed: int = field(default=0, validator=not_negative)
    bps: int = field(default=0, validator=not_negative)
    """A share of ``basis``, in basis points."""
    basis: Literal["ride", "price"] = field(default="ride", validator=one_of("ride", "price"))
    """``ride``: base, distance, minutes and the minimum. ``price``: all that comes before taxes,
    tolls left out. What is reckoned on the price is added last, so a tax is a share of it all."""
    payee: str = field(default=PROVIDER.name, validator=one_of(*PAYEES))
    window: Window | None = None
    weekdays: tuple[int, ...] = field(default=(), validator=a_tuple)
    """Days on which it holds, Monday 0; none named means every day. After midnight inside a
    window it is the new day that counts."""
    except_on: tuple[date, ...] = field(default=(), validator=a_tuple)
    """Days on which it does not hold: public holidays."""
    since: date | None = None
    """First local day on which it holds."""
    until: date | None = None
    """Last local day on which it holds."""

    def __attrs_post_init__(self) -> None:
        if not set(self.weekdays) <= set(range(7)):
            raise InvalidInput(f"weekdays are 0 (Monday) to 6 (Sunday), not {self.weekdays}")
        if self.since and self.until and self.until < self.since:
            raise InvalidInput(f"supplement {self.code!r} ends {self.until} before {self.since}")


@frozen
class ChangeCap:
    """How much more than quoted a ride may cost in the end: a share or a sum, the larger."""

    bps: int = field(default=0, validator=not_negative)
    amount: int = field(default=0, validator=not_negative)
    bearer: str = field(default=PROVIDER.name, validator=one_of(PROVIDER.name, OPERATOR.name))
    """Who goes without what lies above it."""


@frozen
class CancellationRow:
    """Who pays whom when a ride is cancelled like this; the first row that fits decides.

    An empty ``by``, ``fault`` or ``states`` fits all. The fee is ``fixed`` plus a share of the
    quoted price, at most ``most``; a row without a fee says that it is free.
    """

    by: str = ""
    """The role that cancelled: customer, provider, operator, clock."""
    fault: str = ""
    """The role whose fault it is; ``nobody`` when it is nobody's."""
    states: tuple[str, ...] = field(default=(), validator=a_tuple)
    fixed: int = field(default=0, validator=not_negative)
    bps: int = field(default=0, validator=not_negative)
    most: int | None = None
    payer: str = field(default=CUSTOMER.name, validator=one_of(*PARTIES))
    payee: str = field(default=PROVIDER.name, validator=one_of(*PARTIES))

    def __attrs_post_init__(self) -> None:
        if self.payer == self.payee:
            raise InvalidInput(f"a cancellation fee has {self.payer} pay itself; name two roles")
        if self.most is not None and whole(self.most, "most") < 0:
            raise InvalidInput(f"most must be zero or more, not {self.most}")


@frozen
class CancellationTerms:
    """When a cancelled ride costs something: fault by the facts, then a table of who pays whom."""

    grace_s: int = field(default=120, validator=seconds)
    """Seconds after the acceptance within which a cancellation is nobody's fault."""
    late_s: int = field(default=300, validator=seconds)
    """Seconds past the promised arrival after which the driver is late."""
    stalled_s: int = field(default=240, validator=seconds)
    """Seconds without coming nearer after which the driver makes no progress."""
    rows: tuple[CancellationRow, ...] = field(default=(), validator=a_tuple)


@frozen
class NoShow:
    """When a rider who does not come may be left, and what is then owed to the driver."""

    after_s: int = field(default=300, validator=seconds)
    """Seconds from the driver's arrival; earlier the driver may not leave."""
    fee: int = field(default=0, validator=not_negative)
    waiting_too: bool = True
    """Whether the waiting beyond the free time is owed as well."""


@frozen
class Fare:
    """What a ride costs in one class of vehicle: an operator's data, complete and validated."""

    currency: str
    base: int = field(default=0, validator=not_negative)
    bands: tuple[Band, ...] = field(default=(), validator=a_tuple)
    per_minute: int = field(default=0, validator=not_negative)
    waiting: Waiting = Waiting()
    per_stop: int = field(default=0, validator=not_negative)
    """For each stop between start and end."""
    minimum: int = field(default=0, validator=not_negative)
    """What base, distance and minutes are raised to."""
    supplements: tuple[Supplement, ...] = field(default=(), validator=a_tuple)
    zone: str = "UTC"
    """The IANA time zone whose wall clock the windows are read on."""
    tolls_to: str = field(default=PROVIDER.name, validator=one_of(*PAYEES))
    """Who gets the tolls: the driver who paid them, or the operator who did."""
    rounding: int = field(default=1, validator=positive)
    """The smallest coin in minor units; the customer's sum is a multiple of it."""
    surge_cap_bps: int = 10_000
    """The highest multiplier: 10,000 is none at all, 18,000 is 1.8 times."""
    change_cap: ChangeCap | None = None
    """How far the end may lie above the quote; None for no limit."""
    cancellation: CancellationTerms = CancellationTerms()
    no_show: NoShow = NoShow()

    def __attrs_post_init__(self) -> None:
        Money(0, self.currency)
        ends = [band.up_to_m for band in self.bands]
        closed = [end for end in ends if end is not None]
        if ends and (len(closed) != len(ends) - 1 or ends[-1] is not None):
            raise InvalidInput(f"the last band, and no other, is open (up_to_m None), not {ends}")
        if any(a >= b for a, b in pairwise(closed)):
            raise InvalidInput(f"each band must end further than the one before, not {ends}")
        if whole(self.surge_cap_bps, "surge_cap_bps") < 10_000:
            raise InvalidInput(f"surge_cap_bps must be 10000 or more, not {self.surge_cap_bps}")
        codes = [supplement.code for supplement in self.supplements]
        if len(set(codes)) < len(codes):
            raise InvalidInput(f"each supplement needs a code of its own: {', '.join(codes)}")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InvalidInput(
                f"{self.zone!r} is no time zone; allowed are IANA names such as Asia/Kathmandu"
            ) from None
