"""A search held against a calendar and a clock: which grains, how long, how far ahead."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo

from marketplace.app.indexing import calendar_of, named
from marketplace.domain.cells import point_of
from marketplace.domain.freezing import frozen
from marketplace.domain.listing import Listing
from marketplace.domain.search import Hit, Look, Search, SearchPlan, coordinates
from marketplace.domain.span import DAY, HOUR, MINUTE
from marketplace.domain.vertical import ResourcePlan, Vertical
from marketplace.errors import InvalidInput

MOST_GRAINS = 10_000
"""How long a search may be: 27 years of nights."""

# A local date begins at the earliest so long before its midnight UTC, and ends so long after.
_EAST, _WEST = 14 * HOUR, 12 * HOUR


@frozen
class Frame:
    """A vertical's plan and calendar, and a search in them at a moment."""

    search: Search
    plan: SearchPlan
    calendar: ResourcePlan | None
    at: datetime

    @property
    def dated(self) -> bool:
        """Whether the search says when."""
        return self.search.start is not None

    @property
    def local(self) -> bool:
        """Whether it is said in local days."""
        return self.calendar is not None and self.calendar.zone is not None

    @property
    def asks_gates(self) -> bool:
        """Whether gates can judge it: not before a calendar knows when."""
        spanned = self.calendar is not None and self.calendar.grain is not None
        return self.dated or not spanned

    def span(self) -> tuple[datetime, datetime]:
        """Start and end as claims keep them."""
        start, end = self.search.start, self.search.end
        assert start is not None
        assert end is not None
        return coordinates(start), coordinates(end)

    def begins(self) -> tuple[datetime, datetime]:
        """The earliest and the latest instant at which it can begin, whatever the zone."""
        start, _ = self.span()
        return (start - _EAST, start + DAY + _WEST) if self.local else (start, start)

    def look(self, after: tuple[int, str] | None, limit: int) -> Look:
        """As the index is asked."""
        near = {"near": self.plan.near, "near_m": self.plan.near_m}
        slots = steps = lead = ahead = None
        if self.calendar is not None and self.calendar.grain is None:
            slots = (0, 0)
        elif self.dated:
            slots = self._slots()
            steps = slots[1] - slots[0] + 1
            earliest, latest = self.begins()
            lead = (latest - self.at) // MINUTE
            ahead = max((earliest - self.at) // MINUTE, 0)
        return Look(self.search, slots, steps, lead, ahead, after=after, limit=limit, **near)

    def _slots(self) -> tuple[int, int]:
        assert self.calendar is not None
        assert self.calendar.grain is not None
        grain = self.calendar.grain
        zero = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
        start, end = self.span()
        first, last = (start - zero) // grain, -((zero - end) // grain) - 1
        if last - first >= MOST_GRAINS:
            raise InvalidInput(
                f"a search covers {MOST_GRAINS} grains at most, not {last - first + 1}"
            )
        return first, last

    def in_time(self, hit: Hit) -> bool:
        """Whether notice and window surely hold, whatever the zone."""
        if not self.dated:
            return True
        lead, ahead = self._surely
        return hit.notice <= lead and ahead <= hit.window

    @cached_property
    def _surely(self) -> tuple[int, int]:
        """Minutes of notice at the very least, and until it begins at the very most."""
        earliest, latest = self.begins()
        return (earliest - self.at) // MINUTE, -((self.at - latest) // MINUTE)

    @cached_property
    def point(self) -> tuple[int, int, int]:
        """The place that the search names, as a point in space."""
        assert self.search.place is not None
        return point_of(self.search.place)

    def moments(self, listing: Listing) -> tuple[datetime, datetime] | tuple[None, None]:
        """When a deal on a listing would begin and end."""
        start, end = self.search.start, self.search.end
        if start is None or end is None:
            return None, None
        if isinstance(start, datetime) or isinstance(end, datetime) or not self.local:
            return self.span()
        if self.plan.moments is not None:
            return self.plan.moments(listing, start, end)
        zone = self.calendar and named(listing.attributes, self.calendar.zone)
        return _midnight(start, str(zone)), _midnight(end, str(zone))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def frame_of(vertical: Vertical, search: Search, at: datetime) -> Frame:
    """The search in its vertical; raises ``InvalidInput`` for what its listings cannot answer."""
    plan = vertical.search
    if plan is None:
        raise InvalidInput(f"listings of {vertical.name!r} are not searched")
    frame = Frame(search, plan, calendar_of(vertical), at)
    if frame.dated:
        if frame.calendar is None or frame.calendar.grain is None:
            raise InvalidInput(f"listings of {vertical.name!r} are not searched by time")
        if frame.local and isinstance(search.start, datetime):
            raise InvalidInput(f"{frame.calendar.name} are counted in local days: search by dates")
        if frame.begins()[1] <= at:
            raise InvalidInput("a search is for a time to come")
        frame.look(None, 1)
    missing = [
        what
        for what, given, needed in (
            ("price", plan.price, search.price is not None or search.order == "price"),
            ("fits", plan.fits, search.fits > 0),
            ("tags", plan.tags, bool(search.tags)),
            ("quantity", plan.calendar, search.quantity > 1),
        )
        if needed and not given
    ]
    if missing:
        raise InvalidInput(f"listings of {vertical.name!r} are not searched by {missing[0]}")
    return frame
