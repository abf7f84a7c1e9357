"""Stretches of a listing's calendar: what lies in them, what is left of them, what is full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen

from marketplace import DAY, Reservation, Resource, Span
from marketplace.plugins.ical.reading import Moment, Taken

MOST_GRAINS = 5_000
"""One block covers so many grains at most; a longer stretch is several blocks."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@frozen(order=True)
class Stretch:
    """From inside to outside, as the resource's reservations say it."""

    start: datetime
    end: datetime

    def within(self, first: datetime, last: datetime) -> Stretch | None:
        """What of it lies between two moments."""
        start, end = max(self.start, first), min(self.end, last)
        return Stretch(start, end) if start < end else None

    def less(self, others: Iterable[Stretch]) -> list[Stretch]:
        """What is left of it without the others, in order."""
        left, start = [], self.start
        for other in sorted(others):
            if other.end <= start or other.start >= self.end:
                continue
            if other.start > start:
                left.append(Stretch(start, other.start))
            start = max(start, other.end)
        if start < self.end:
            left.append(Stretch(start, self.end))
        return left


@frozen
class Ruler:
    """How a resource measures: local days, or instants with the clocks of a zone."""

    resource: Resource
    zone: str

    def stretch(self, taken: Taken) -> Stretch:
        """What an event takes: whole nights where days are counted, at least one."""
        if self.resource.zone is not None:
            first, last = self._day(taken.start), self._day(taken.end)
            begins, ends = (datetime.combine(day, time(), UTC) for day in (first, last))
            return Stretch(begins, max(ends, begins + DAY))
        start, end = self._instant(taken.start), self._instant(taken.end)
        grain = self.resource.grain
        if self.resource.kind == "counted" and grain is not None:
            start, end = start - (start - _EPOCH) % grain, end + (_EPOCH - end) % grain
        return Stretch(start, end)

    def edge(self, now: datetime) -> datetime:
        """Where the past ends: with yesterday, where days are counted."""
        if self.resource.zone is None:
            return now
        return datetime.combine(now.astimezone(ZoneInfo(self.resource.zone)).date(), time(), UTC)

    def span(self, stretch: Stretch) -> Span:
        """The same as instants, for a block."""
        if self.resource.zone is None:
            return Span(stretch.start, stretch.end)
        # Noon is there on every day of every zone; midnight is not.
        place = ZoneInfo(self.resource.zone)
        first, last = (
            datetime.combine(moment.date(), time(12), place)
            for moment in (stretch.start, stretch.end)
        )
        return Span(first, last)

    def parts(self, stretch: Stretch) -> list[Stretch]:
        """The same in parts that one block may cover."""
        grain = self.resource.grain
        if grain is None:
            return [stretch]
        most, parts, start = grain * MOST_GRAINS, [], stretch.start
        while start < stretch.end:
            parts.append(Stretch(start, min(start + most, stretch.end)))
            start = parts[-1].end
        return parts

    def _day(self, moment: Moment) -> date:
        if not isinstance(moment, datetime):
            return moment
        if moment.tzinfo is None:
            return moment.date()
        assert self.resource.zone is not None, "days are counted in a zone"
        return moment.astimezone(ZoneInfo(self.resource.zone)).date()

    def _instant(self, moment: Moment) -> datetime:
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, time())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(self.zone))
        return moment.astimezone(UTC)


def of(claim: Reservation, resource: Resource) -> Stretch:
    """What a claim has taken, in whole grains where they are counted."""
    assert claim.start is not None, "a calendar's claims have a start"
    start, end = claim.start, claim.end or claim.start + timedelta(days=36_500)
    if resource.kind == "counted" and resource.grain is not None:
        start -= (start - _EPOCH) % resource.grain
        end += (_EPOCH - end) % resource.grain
    return Stretch(start, end)


def full(
    claims: Sequence[Reservation], resource: Resource, room: int = 1
) -> list[tuple[Stretch, list[Reservation]]]:
    """The stretches in which ``room`` more cannot be claimed, each with those who have it."""
    capacity = 1 if resource.kind == "single" else resource.capacity
    turns: dict[datetime, list[tuple[bool, Reservation]]] = {}
    for one in claims:
        span = of(one, resource)
        turns.setdefault(span.start, []).append((True, one))
        turns.setdefault(span.end, []).append((False, one))
    found: list[tuple[Stretch, list[Reservation]]] = []
    here: dict[str, Reservation] = {}
    since: datetime | None = None
    for moment, changes in sorted(turns.items()):
        if since is not None and sum(one.quantity for one in here.values()) + room > capacity:
            found.append((Stretch(since, moment), list(here.values())))
        for comes, one in changes:
            if comes:
                here[one.id] = one
            else:
                here.pop(one.id, None)
        since = moment if here else None
    return found
