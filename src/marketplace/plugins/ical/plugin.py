"""The plugin: its settings, its tables, and what the clock does when a calendar is due."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve, field, frozen

from marketplace import (
    Act,
    Bring,
    Errand,
    Listing,
    Marketplace,
    SetupError,
    TableBranch,
    Timer,
    hookimpl,
)
from marketplace.plugins.ical.feed import Feed, FeedAddress, Report
from marketplace.plugins.ical.feeds import Feeds
from marketplace.plugins.ical.refreshing import FEED, REFRESH
from marketplace.plugins.ical.settings import Settings
from marketplace.plugins.ical.tables import Shelf, make_metadata
from marketplace.plugins.ical.words import WORDS

MOST = 100_000
"""Listings that one host may have."""


@frozen
class ICal(Settings):
    """Calendars in and out, for every vertical whose listings have one.

    Its settings are those of ``Settings``; only ``domain`` must be said.
    """

    name: str = field(default="ical", init=False)

    @hookimpl
    def bring(self) -> Bring:
        """Tables, words, what its verbs answer, and its timer."""
        versions = Path(__file__).parent / "versions"
        return Bring(
            tables=(TableBranch("ical", versions, make_metadata),),
            words=WORDS,
            answers=(Feed, FeedAddress, Report),
            timers={FEED: self._due},
            erases=_erase,
        )

    def feeds(self, market: Marketplace) -> Feeds:
        """The verbs, on a marketplace that was opened with this plugin."""
        if market.context.hooks.plugins.get(self.name) is not self:
            raise SetupError(f"this marketplace was not opened with this plugin {self.name!r}")
        return Feeds(market, self)

    def _due(self, act: Act, timer: Timer) -> Errand | None:
        """Lease a calendar that is due, and fetch it once that is written."""
        shelf = Shelf(act.work)
        feed = shelf.feed(timer.subject_id, lock=True)
        if feed is None:
            return None
        act.about(feed.id)
        listing = act.work.find(Listing, id=feed.listing_id)
        if listing is None or listing.state == "withdrawn":
            shelf.save(evolve(feed, state="stopped", since=act.at))
            return None
        turn = shelf.save(evolve(feed, turn=feed.turn + 1)).turn
        act.work.timers.arm([Timer(FEED, feed.id, REFRESH, act.at + self.lease)])
        return lambda market: self.feeds(market).carry_out(feed.id, turn)


def _erase(act: Act, party_id: str) -> None:
    """A host's calendars elsewhere, what they said, and the addresses of his own are gone."""
    shelf = Shelf(act.work)
    for listing in act.work.select(Listing, {"provider_id": party_id}, limit=MOST):
        feeds = [feed.id for feed in shelf.feeds(listing_id=listing.id)]
        act.work.timers.clear(FEED, feeds)
        for feed_id in feeds:
            shelf.forget(feed_id)
        shelf.drop_addresses(listing.id)
