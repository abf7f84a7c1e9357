"""One refresh of a calendar: fetched while nothing is open, then written in one unit of work."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from attrs import evolve, frozen

from marketplace import (
    Act,
    Conflict,
    Listing,
    Marketplace,
    Outcome,
    Refused,
    Resource,
    SetupError,
    Timer,
    Work,
)
from marketplace.plugins.ical.feed import Feed, FeedState, Report
from marketplace.plugins.ical.finding import owned, resource_of, tell
from marketplace.plugins.ical.importing import Changes, Import
from marketplace.plugins.ical.reading import Calendar, read_calendar
from marketplace.plugins.ical.settings import Settings
from marketplace.plugins.ical.stretches import Ruler
from marketplace.plugins.ical.tables import Shelf

logger = logging.getLogger("marketplace.ical")

FEED = "ical.feed"
"""The kind of a timer's subject."""
REFRESH = "refresh"


@frozen
class Refreshing:
    """How calendars come in, for one marketplace."""

    market: Marketplace
    settings: Settings

    def refuse_inside(self) -> None:
        """Nobody is asked anything while a unit of work is open."""
        store = self.market.context.store
        if store.in_work() or store.joined:
            raise SetupError("a calendar is fetched when no unit of work is open")

    def window(self, work: Work, feed: Feed) -> tuple[datetime, datetime]:
        """From where to where a calendar is read."""
        listing = work.get(Listing, feed.listing_id)
        first = self.ruler(listing, resource_of(work, feed)).edge(self.market.context.now())
        return first, first + self.settings.horizon

    def fetched(self, feed: Feed, first: datetime, last: datetime) -> Calendar | Outcome:
        """What the calendar says, or why it says nothing."""
        settings = self.settings
        try:
            return read_calendar(
                settings.fetcher.fetch(feed.url),
                first=(first - timedelta(days=1)).date(),
                last=(last + timedelta(days=1)).date(),
                own_domain=settings.domain,
                limits=settings.reading,
                monotonic=settings.fetcher.monotonic,
            )
        except Outcome as failure:
            return failure
        except Exception:
            # Whatever a stranger's calendar breaks here, it must not come again without a pause.
            logger.exception("the calendar of feed %s broke its reading", feed.id)
            return Refused("this calendar cannot be read", code="unreadable")

    def take_in(
        self, act: Act, feed_id: str, turn: int, found: Calendar | Outcome, *, believe: bool
    ) -> Report:
        """Write what was found, and when to look again."""
        feed = Shelf(act.work).get(feed_id)
        act.about(feed.id)
        if feed.turn != turn:
            raise Conflict("another refresh was written meanwhile", code="refreshed_meanwhile")
        listing = owned(act, feed.listing_id)
        task = self.importing(act, listing, feed)
        feed = evolve(feed, turn=turn + 1)
        if isinstance(found, Outcome):
            changes, kept, feed = None, 0, self._failed(act, feed, listing, found)
        else:
            changes, kept, feed = self._came(task, feed, found, believe=believe)
        wait = min(self.settings.every * 2 ** min(feed.tries, 16), self.settings.most_wait)
        act.work.timers.arm([Timer(FEED, feed.id, REFRESH, act.at + wait)])
        return task.report(feed, changes, kept)

    def _failed(self, act: Act, feed: Feed, listing: Listing, failure: Outcome) -> Feed:
        """Nothing came: everything stays as it was, and says since when."""
        tries = feed.tries + 1
        feed = self._turned(act, feed, "failing", failure.code, tries=tries)
        if tries == self.settings.tell_after:
            tell(act, "ical.failing", feed, listing, code=failure.code)
        return Shelf(act.work).save(feed)

    def _came(
        self, task: Import, feed: Feed, calendar: Calendar, *, believe: bool
    ) -> tuple[Changes, int, Feed]:
        act, before, shelf = task.act, feed, Shelf(task.act.work)
        doubtful = task.take_in(feed, calendar, self.settings.doubtful_below_bp, believe=believe)
        state: FeedState = "doubtful" if doubtful else "fine"
        code = "suddenly_less" if doubtful else None
        feed = self._turned(act, feed, state, code, tries=0)
        feed = evolve(
            feed,
            fetched_at=act.at,
            own=calendar.own,
            left_out=dict(calendar.left_out),
        )
        shelf.save(feed)
        changes = task.settle(feed.unit)
        now = {one.uid for one in calendar.taken}
        known = [one for one in shelf.said([feed.id]) if one.end > task.first]
        kept = sum(one.uid not in now for one in known)
        if state == "doubtful" and before.state != "doubtful":
            tell(act, "ical.doubtful", feed, task.listing, kept=kept)
        told = before.state == "doubtful" or before.tries >= self.settings.tell_after
        if state == "fine" and told:
            tell(act, "ical.mended", feed, task.listing)
        return changes, kept, feed

    def _turned(
        self, act: Act, feed: Feed, state: FeedState, code: str | None, *, tries: int
    ) -> Feed:
        since = feed.since if feed.state == state else act.at
        return evolve(feed, state=state, code=code, since=since, tries=tries)

    def importing(self, act: Act, listing: Listing, feed: Feed) -> Import:
        """A pass over the calendars of the feed's unit."""
        ruler = self.ruler(listing, resource_of(act.work, feed))
        return Import(self.market, act, listing, ruler, ruler.edge(act.at) + self.settings.horizon)

    def ruler(self, listing: Listing, place: Resource) -> Ruler:
        """How a listing's calendar measures."""
        return Ruler(place, place.zone or str(listing.attributes.get(self.settings.zone, "UTC")))
