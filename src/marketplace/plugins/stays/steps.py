"""Steps: a listing's time cut by its grain, into nights of its own zone or into hours and slots.

One step is one night, hour or slot. A night is a local date, whatever the clocks do in it; it is
written as claims write it, as midnight UTC of that date. A shorter step is an instant, and begins
where the clock on the wall there shows a multiple of the grain.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import field, frozen

from marketplace import DAY, HOUR, SECOND, InvalidInput, Span

NIGHTS = "nights"
FIRST_YEAR, LAST_YEAR = 1_900, 9_000


def noun(grain: timedelta) -> str:
    """What people call the steps: ``nights``, ``hours`` or ``slots``."""
    return {DAY: NIGHTS, HOUR: "hours"}.get(grain, "slots")


def check_year(day: date) -> None:
    """Raise ``InvalidInput`` for a date so far away that no calendar reaches it everywhere."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidInput(
            f"a stay lies in the years {FIRST_YEAR} to {LAST_YEAR}, not in {day.year}",
            code="stay_off_the_calendar",
            params={"year": day.year, "first": FIRST_YEAR, "last": LAST_YEAR},
        )


def fits_a_day(instance: object, attribute: object, grain: timedelta) -> None:
    """Refuse a grain that is neither a day nor so many equal parts of one."""
    if not SECOND <= grain <= DAY or DAY % grain:
        raise InvalidInput(f"a step is a day, or a whole part of one, not {grain}")


def zone_of(name: object) -> ZoneInfo | None:
    """The time zone of this name; None when the IANA database has none."""
    try:
        return ZoneInfo(name) if isinstance(name, str) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@frozen
class Step:
    """One night, hour or slot."""

    at: datetime
    """As claims write it: a local date as midnight UTC, or the instant at which it begins."""
    day: date
    """Its date there."""
    clock: time | None = None
    """What the clock there shows when it begins; None for a night."""

    @property
    def told(self) -> str:
        """As a price's inputs name it: the night's date, or the instant."""
        return self.day.isoformat() if self.clock is None else self.at.isoformat()


@frozen
class Grid:
    """How the time of one listing is cut."""

    grain: timedelta = field(validator=fits_a_day)
    zone: ZoneInfo

    @property
    def daily(self) -> bool:
        """Whether a step is a night."""
        return self.grain == DAY

    def local(self, moment: datetime) -> datetime:
        """What calendar and clock show there."""
        return moment.astimezone(self.zone)

    def instant(self, day: date, clock: time) -> datetime:
        """The instant at which the clock there shows this; one that is skipped, as if it were not.

        Of one that comes twice, the first.
        """
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def covers(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """From the first step to after the last one, as claims write it."""
        if not self.daily:
            return start.astimezone(UTC), end.astimezone(UTC)
        return midnight(self.local(start).date()), midnight(self.local(end).date())

    def count(self, start: datetime, end: datetime) -> int:
        """How many steps lie between two instants; raises ``InvalidInput`` unless they are whole.

        Nights are counted by their dates: one with 23 hours and one with 25 are one each.
        """
        return self.steps(start, end)[1]

    def steps(self, start: datetime, end: datetime) -> tuple[datetime, int]:
        """The first step between two instants, as claims write it, and how many there are."""
        first, after = self.covers(start, end)
        steps, rest = divmod(after - first, self.grain)
        if rest or (not self.daily and self._off(start)):
            raise InvalidInput(
                f"a time here is a multiple of {self.grain} by the clock in {self.zone}: "
                f"{self.local(start)} to {self.local(end)} is not",
                code="stay_off_the_grid",
                params={"zone": str(self.zone), "grain_s": self.grain // SECOND},
            )
        if steps < 1:
            raise InvalidInput(
                f"a stay has one night or more: {first.date()} to {after.date()} in {self.zone}",
                code="stay_no_night",
                params={"first": first.date().isoformat(), "last": after.date().isoformat()},
            )
        return first, steps

    def _off(self, moment: datetime) -> bool:
        there = self.local(moment)
        passed = timedelta(hours=there.hour, minutes=there.minute, seconds=there.second)
        return bool(there.microsecond or passed % self.grain)

    def walk(self, first: datetime, count: int) -> Sequence[Step]:
        """So many steps, from one on that is written as claims write it."""
        return [self.step(first + index * self.grain) for index in range(count)]

    def step(self, at: datetime) -> Step:
        """The step that begins there, as claims write it."""
        if self.daily:
            return Step(at, at.date())
        there = self.local(at)
        return Step(at, there.date(), there.time())

    def between(self, first: datetime, after: datetime) -> Span:
        """Two steps, as claims write them, as the instants that people name."""
        if not self.daily:
            return Span(first, after)
        begins, ends = (self.instant(step.date(), time()) for step in (first, after))
        return Span(begins, ends)

    def begins(self, step: Step, check_in: time) -> datetime:
        """The instant from which the step can be had: a night's is the check-in before it."""
        return step.at if step.clock is not None else self.instant(step.day, check_in)


def midnight(day: date) -> datetime:
    """A local date as claims write it."""
    return datetime.combine(day, time(), UTC)
