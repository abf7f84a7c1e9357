"""Cancellation schedules as data: how much of a stay its host keeps, by when the guest leaves it.

A schedule is rows, the longest notice first. The first that fits says how much is given back. When
none fits, the host keeps each night stayed and so many more, and a part of the rest; or all nights.
Deadlines are counted by calendar and clock of the property: five days before a check-in at three
in the afternoon is three in the afternoon there, whatever its clocks do meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import asdict, field, frozen

from marketplace import HOUR, InvalidInput, Reason
from marketplace.plugins.stays.fees import basis_points
from marketplace.plugins.stays.steps import Grid

ALL = 10_000
"""The whole of something, in basis points."""


def _count(instance: object, attribute: Any, value: object) -> None:
    if type(value) is not int or not 0 <= value <= 10_000:
        raise InvalidInput(f"{attribute.name} is a whole number from 0 to 10000, not {value!r}")


def _maybe_count(instance: object, attribute: Any, value: object) -> None:
    if value is not None:
        _count(instance, attribute, value)


@frozen
class Notice:
    """So long before check-in, so much is given back, in basis points."""

    days: int = field(default=0, validator=_count)
    hours: int = field(default=0, validator=_count)
    nights_bp: int = field(default=ALL, validator=basis_points)
    cleaning_bp: int = field(default=ALL, validator=basis_points)
    fee_bp: int = field(default=ALL, validator=basis_points)
    """Of what the marketplace took from the guest."""

    def until(self, grid: Grid, start: datetime) -> datetime:
        """The last instant of this notice."""
        there = grid.local(start)
        day, clock = there.date() - timedelta(days=self.days), there.time()
        return grid.instant(day, clock) - self.hours * HOUR


@frozen
class Grace:
    """Everything is given back so soon after booking, and so long before check-in."""

    hours: int = field(default=48, validator=_count)
    days: int = field(default=14, validator=_count)


def _notices(rows: Sequence[Notice]) -> tuple[Notice, ...]:
    return tuple(rows)


@frozen
class Schedule:
    """What is given back of a stay, by how long before check-in the guest cancels it."""

    rows: tuple[Notice, ...] = field(default=(), converter=_notices)
    grace: Grace | None = None
    more: int | None = field(default=None, validator=_maybe_count)
    """Too late for every row: the host keeps each night stayed and so many more; None: all."""
    rest_bp: int = field(default=0, validator=basis_points)
    """Of the nights after those, what is given back."""

    def __attrs_post_init__(self) -> None:
        lengths = [24 * row.days + row.hours for row in self.rows]
        if lengths != sorted(set(lengths), reverse=True):
            raise InvalidInput("the rows of a schedule stand from the longest notice to the least")

    def as_data(self) -> dict[str, Any]:
        """As plain JSON: what is frozen with a price, and what an operator edits."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Schedule:
        """The schedule that ``as_data`` wrote."""
        rows = [Notice(**row) for row in data["rows"]]
        grace = None if data["grace"] is None else Grace(**data["grace"])
        return cls(tuple(rows), grace, data["more"], data["rest_bp"])


FULL = Notice(nights_bp=ALL)
SCHEDULES: Mapping[str, Schedule] = {
    "flexible": Schedule([Notice(hours=24)], more=1, rest_bp=ALL),
    "moderate": Schedule([Notice(days=5)], more=1, rest_bp=5_000),
    "firm": Schedule([Notice(days=30), Notice(days=7, nights_bp=5_000, fee_bp=0)], Grace()),
    "strict": Schedule([Notice(days=7, nights_bp=5_000, fee_bp=0)], Grace()),
    "long_term": Schedule([Notice(days=30)], more=30, rest_bp=ALL),
    "non_refundable": Schedule(),
    "flexible_2016": Schedule([Notice(days=1)], more=1, rest_bp=ALL),
    "moderate_2016": Schedule([Notice(days=5)], more=1, rest_bp=5_000),
    "strict_2016": Schedule([Notice(days=7, nights_bp=5_000, fee_bp=0)]),
    "super_strict_30": Schedule([Notice(days=30, nights_bp=5_000, fee_bp=0)]),
    "super_strict_60": Schedule([Notice(days=60, nights_bp=5_000, fee_bp=0)]),
}
"""What a marketplace offers its hosts unless it says otherwise, by name."""


@frozen
class Kept:
    """What the host and the marketplace keep of a stay that the guest gave up."""

    first: int
    """Nights from the first on that are kept whole."""
    rest_bp: int
    """Of the nights after them."""
    cleaning_bp: int
    fee_bp: int
    why: Reason


def kept(
    schedule: Schedule, grid: Grid, booked: datetime, span: tuple[datetime, datetime], now: datetime
) -> Kept:
    """What is kept of a stay given up now, and the rule that says so."""
    start, end = span
    nights = grid.count(start, end)
    if schedule.grace is not None and now < start:
        grace = schedule.grace
        early = now <= Notice(days=grace.days).until(grid, start)
        if early and now - booked <= grace.hours * HOUR:
            params = {"hours": grace.hours, "days": grace.days}
            return Kept(0, 0, 0, 0, Reason("stay_within_grace", params))
    for number, row in enumerate(schedule.rows, 1):
        until = row.until(grid, start)
        if now <= until:
            told: dict[str, Any] = {
                "row": number,
                "until": grid.local(until).isoformat(),
                "bp": row.nights_bp,
            }
            why = Reason("stay_cancelled_in_time", told)
            return Kept(0, ALL - row.nights_bp, ALL - row.cleaning_bp, ALL - row.fee_bp, why)
    stayed = min(nights, _stayed(grid, start, now))
    cleaning = ALL if now >= start else 0
    if schedule.more is None:
        why = Reason("stay_cancelled_late", {"stayed": stayed, "nights": nights})
        return Kept(nights, 0, cleaning, ALL, why)
    first = min(nights, stayed + schedule.more)
    params = {"stayed": stayed, "more": schedule.more, "rest_bp": ALL - schedule.rest_bp}
    why = Reason("stay_nights_stayed_and_more", params)
    return Kept(first, ALL - schedule.rest_bp, cleaning, ALL, why)


def _stayed(grid: Grid, start: datetime, now: datetime) -> int:
    """How many steps were begun and left: nights by their dates there, others by the clock."""
    if now <= start:
        return 0
    if grid.daily:
        return (grid.local(now).date() - grid.local(start).date()).days
    return -((start - now) // grid.grain)


# Pricing rules.


def keep_steps(inputs: Mapping[str, Any]) -> int:
    """The first steps whole and a share of the rest, each less its part of the discounts."""
    less, kept_steps = int(inputs["less"]), int(inputs["first"])
    if "runs" in inputs:
        prices = [int(each) for _, count, each in inputs["runs"] for _ in range(int(count))]
        units = int(inputs["units"])
        gross, begun = units * sum(prices), units * sum(prices[:kept_steps])
    else:
        gross, steps = int(inputs["of"]), int(inputs["steps"])
        begun = gross * min(kept_steps, steps) // steps
    whole = gross - less
    first = whole * begun // gross if gross else 0
    return first + (whole - first) * int(inputs["rest_bp"]) // ALL


def keep_part(inputs: Mapping[str, Any]) -> int:
    """An amount in the proportion in which something else was kept."""
    part, whole = int(inputs["part"]), int(inputs["whole"])
    return int(inputs["of"]) * part // whole if whole else 0


@frozen
class HostFee:
    """What a host pays who cancels, by how many hours before check-in, in basis points."""

    rows: tuple[tuple[int, int], ...] = ((30 * 24, 1_000), (48, 2_500), (0, 5_000))
    """At least so many hours before, so much of the nights; the longest notice first, and the
    last also for what is later than all."""
    least: Mapping[str, int] = field(factory=dict)
    """Currency to the least fee, in minor units."""

    def share(self, before: timedelta) -> tuple[int, int]:
        """The row's hours and its basis points."""
        fits = [row for row in self.rows if before >= row[0] * HOUR]
        return fits[0] if fits else self.rows[-1]


def host_fee(inputs: Mapping[str, Any]) -> int:
    """``bp`` of the nights, and no less than ``least``."""
    return max(int(inputs["of"]) * int(inputs["bp"]) // ALL, int(inputs["least"]))


KEPT_RULES = {"keep_steps": keep_steps, "keep_part": keep_part, "host_fee": host_fee}
