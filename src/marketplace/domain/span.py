"""Spans of time: half-open, in UTC, possibly without an end."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.errors import InvalidInput

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)


def utc(value: datetime) -> datetime:
    """The same instant in UTC; refuses a naive datetime, whose instant nobody knows."""
    if not isinstance(value, datetime):
        raise InvalidInput(f"a time must be a datetime with a time zone, not {value!r}")
    if value.tzinfo is None:
        raise InvalidInput(f"a time must carry its time zone, {value!r} carries none")
    return value.astimezone(UTC)


def optional_utc(value: datetime | None) -> datetime | None:
    """The same instant in UTC, or None."""
    return None if value is None else utc(value)


@frozen
class Span:
    """From ``start`` (inside) to ``end`` (outside); ``end`` None means for ever.

    Half-open, so that back-to-back spans never overlap.
    """

    start: datetime = field(converter=utc)
    end: datetime | None = field(default=None, converter=optional_utc)

    @end.validator
    def _ends_after_it_starts(self, attribute: object, value: datetime | None) -> None:
        if value is not None and value <= self.start:
            raise InvalidInput(f"a span must end after it starts: {self.start} to {value}")

    @classmethod
    def of_days(cls, first: date, last: date, zone: str) -> Span:
        """From the beginning of one local day to the beginning of a later one, which is outside."""
        begins, ends = (datetime.combine(day, time(), zone_of(zone)) for day in (first, last))
        return cls(begins, ends)

    def overlaps(self, other: Span) -> bool:
        """Whether the two share an instant."""
        mine_first = self.end is None or other.start < self.end
        theirs_first = other.end is None or self.start < other.end
        return mine_first and theirs_first

    def holds(self, moment: datetime) -> bool:
        """Whether the moment lies inside."""
        return self.start <= moment and (self.end is None or moment < self.end)

    @property
    def length(self) -> timedelta | None:
        """How long it lasts; None if it has no end."""
        return None if self.end is None else self.end - self.start


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name; raises ``InvalidInput`` when the IANA database has none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise InvalidInput(
            f"a time zone has a name like 'Asia/Kathmandu', not {name!r}",
            code="unknown_zone",
            params={"zone": str(name)},
        ) from None


def local_days(start: datetime, end: datetime, zone: str) -> tuple[datetime, datetime]:
    """The nights between two instants: their local dates there, each written as midnight UTC.

    The first is inside, the last outside, so that who leaves at eleven makes room for who comes
    at three. Whether a night lasts 23 hours or 25 makes no difference. These are labels of days
    and no instants. Raises ``InvalidInput`` when both lie on one local day.
    """
    place = zone_of(zone)
    first, last = (moment.astimezone(place).date() for moment in (utc(start), utc(end)))
    if last <= first:
        raise InvalidInput(
            f"a stay has at least one night: {first.isoformat()} to {last.isoformat()} in {zone}",
            code="no_night",
            params={"first": first.isoformat(), "last": last.isoformat(), "zone": zone},
        )
    begins, ends = (datetime.combine(day, time(), UTC) for day in (first, last))
    return begins, ends
