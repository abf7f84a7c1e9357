"""The verbs: follow a calendar, look after it, let it go; hand one's own out."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from attrs import evolve, frozen

from marketplace import (
    CLOCK,
    OPERATOR,
    Act,
    Conflict,
    InvalidInput,
    LimitExceeded,
    Listing,
    Marketplace,
    NotFound,
    Outcome,
    Refused,
    Timer,
)
from marketplace.plugins.ical.exporting import written_calendar
from marketplace.plugins.ical.feed import Feed, FeedAddress, Report
from marketplace.plugins.ical.finding import owned, placed, resource_of, seen, tell, visible
from marketplace.plugins.ical.importing import make_report
from marketplace.plugins.ical.refreshing import FEED, REFRESH, Refreshing
from marketplace.plugins.ical.settings import Settings
from marketplace.plugins.ical.tables import Shelf

_TOKEN = re.compile(r"(ical-address_[0-9a-z]{26})-([0-9a-z]{32})")


@frozen
class Feeds:
    """What hosts do with calendars of other places, and with their own."""

    market: Marketplace
    settings: Settings

    def add(
        self,
        listing_id: str,
        url: str,
        name: str,
        *,
        by: Any,
        resource: str | None = None,
        unit: str | None = None,
        key: str | None = None,
    ) -> Feed:
        """Follow a calendar: its days become blocks, from the next tick on.

        ``unit`` says which of several units of a listing it is about; without it every calendar
        of a listing with several is about a unit of its own. Raises ``InvalidInput`` (code
        ``untrusted_url``) and ``Refused`` (code ``untrusted_address``, ``unresolvable``) for an
        address that is not followed.
        """
        self._refreshing.refuse_inside()
        faulty = self._checked(url)

        def do(act: Act) -> Feed:
            listing, place = placed(act, listing_id, resource)
            act.about(listing.id)
            if faulty is not None:
                raise faulty
            shelf = Shelf(act.work)
            if _own_address(shelf, url):
                raise Refused("this is a calendar of our own", code="own_calendar")
            there = shelf.feeds(listing_id=listing.id)
            if len(there) >= self.settings.most_feeds:
                raise LimitExceeded(
                    f"a listing follows {self.settings.most_feeds} calendars at most",
                    params={"limit": self.settings.most_feeds},
                )
            if any((one.url, one.resource) == (url, place.name) for one in there):
                raise Conflict("this calendar is followed already", code="already_followed")
            identity = act.new("ical-feed")
            alone = place.kind == "single" or place.capacity == 1
            feed = Feed(
                id=identity,
                listing_id=listing.id,
                resource=place.name,
                name=_checked_name(name),
                url=url,
                unit=unit if unit is not None else "" if alone else identity,
                state="new",
                since=act.at,
                added_at=act.at,
            )
            shelf.save(feed)
            act.work.timers.arm([Timer(FEED, feed.id, REFRESH, act.at)])
            tell(act, "ical.added", feed, listing)
            return feed

        body = {"listing": listing_id, "url": url, "name": name, "resource": resource, "unit": unit}
        return self.market.run("ical.add", by, do, body=body, key=key)

    def list(self, listing_id: str, *, by: Any) -> Sequence[Feed]:
        """The calendars that a listing follows; for its provider and the operator."""
        with self.market.read(by) as view:
            listing = seen(view, listing_id)
            return Shelf(view.work).feeds(listing_id=listing.id)

    def report(self, feed_id: str, *, by: Any) -> Report:
        """What a calendar says ahead, what that came to, and where a deal has the same days."""
        with self.market.read(by) as view:
            shelf = Shelf(view.work)
            feed = visible(view, feed_id)
            listing = view.work.get(Listing, feed.listing_id)
            ruler = self._refreshing.ruler(listing, resource_of(view.work, feed))
            return make_report(shelf, feed, ruler.edge(self.market.context.now()))

    def refresh(
        self, feed_id: str, *, by: Any, believe: bool = False, key: str | None = None
    ) -> Report:
        """Fetch a calendar now. ``believe``: let go what it does not say any more, however much.

        Never raises for what the calendar does: the feed's state and code say it. Raises
        ``Conflict`` when another refresh was written meanwhile.
        """
        self._refreshing.refuse_inside()
        with self.market.read(by) as view:
            feed = visible(view, feed_id)
            reading = self._refreshing.window(view.work, feed)
        found = self._refreshing.fetched(feed, *reading)

        def do(act: Act) -> Report:
            return self._refreshing.take_in(act, feed.id, feed.turn, found, believe=believe)

        body = {"feed": feed_id, "believe": believe}
        return self.market.run("ical.refresh", by, do, body=body, key=key)

    def carry_out(self, feed_id: str, turn: int) -> None:
        """Fetch a calendar that the clock has leased, unless somebody else did meanwhile."""
        self._refreshing.refuse_inside()
        with self.market.read(CLOCK) as view:
            feed = Shelf(view.work).feed(feed_id)
            if feed is None or feed.turn != turn:
                return
            reading = self._refreshing.window(view.work, feed)
        found = self._refreshing.fetched(feed, *reading)

        def do(act: Act) -> Report:
            return self._refreshing.take_in(act, feed_id, turn, found, believe=False)

        # Refused where the lease ran out meanwhile, or the host let it go.
        with suppress(Conflict, NotFound):
            self.market.run("ical.take_in", CLOCK, do, body={"feed": feed_id, "turn": turn})

    def remove(self, feed_id: str, *, by: Any, key: str | None = None) -> None:
        """Follow a calendar no more, and give its blocks back: only its own."""

        def do(act: Act) -> None:
            shelf = Shelf(act.work)
            feed = shelf.get(feed_id)
            listing = owned(act, feed.listing_id)
            act.about(feed.id)
            task = self._refreshing.importing(act, listing, feed)
            for one in shelf.said([feed.id]):
                shelf.unsay(one)
            task.settle(feed.unit)
            shelf.forget(feed.id)
            act.work.timers.clear(FEED, [feed.id])
            tell(act, "ical.removed", feed, listing)

        self.market.run("ical.remove", by, do, body={"feed": feed_id}, key=key)

    def publish(
        self,
        listing_id: str,
        *,
        by: Any,
        resource: str | None = None,
        imported: bool = False,
        key: str | None = None,
    ) -> FeedAddress:
        """Hand out the calendar of a listing: a token that nobody guesses; the one there is.

        ``imported`` shows days that other calendars took, too. Where those others read this one,
        a day that they gave up would come back to them from here, and never be free again.
        """

        def do(act: Act) -> FeedAddress:
            listing, place = placed(act, listing_id, resource)
            act.about(listing.id)
            shelf = Shelf(act.work)
            before = shelf.address(listing_id=listing.id, resource=place.name)
            if before is not None:
                return shelf.put_address(evolve(before, imported=imported))
            identity = act.new("ical-address")
            token = _token(act, identity)
            return shelf.put_address(
                FeedAddress(identity, listing.id, place.name, token, act.at, imported)
            )

        body = {"listing": listing_id, "resource": resource, "imported": imported}
        return self.market.run("ical.publish", by, do, body=body, key=key)

    def rotate(self, address_id: str, *, by: Any, key: str | None = None) -> FeedAddress:
        """Give the calendar a new token; the old one leads nowhere any more."""

        def do(act: Act) -> FeedAddress:
            before = self._address(act, address_id)
            turned = evolve(before, token=_token(act, before.id), since=act.at)
            return Shelf(act.work).put_address(turned)

        return self.market.run("ical.rotate", by, do, body={"address": address_id}, key=key)

    def retract(self, address_id: str, *, by: Any, key: str | None = None) -> None:
        """Hand the calendar out no more."""

        def do(act: Act) -> None:
            Shelf(act.work).drop_address(self._address(act, address_id).id)

        self.market.run("ical.retract", by, do, body={"address": address_id}, key=key)

    def export(self, token: str) -> bytes:
        """The calendar behind a token, as ``text/calendar``; raises ``NotFound`` for any other.

        Whoever has the token may read it, so it says when, and never who.
        """
        named = _TOKEN.fullmatch(token) if isinstance(token, str) else None
        with self.market.read(OPERATOR) as view:
            shelf = Shelf(view.work)
            address = None if named is None else shelf.address(id=named[1])
            right = "" if address is None else address.token
            same = hmac.compare_digest(right.encode(), str(token).encode("utf-8", "replace"))
            if address is None or not same:
                raise NotFound("no calendar is handed out by this token")
            listing = view.work.get(Listing, address.listing_id)
            place = resource_of(view.work, address)
            now = self.market.context.now()
            first = self._refreshing.ruler(listing, place).edge(now)
            claims = view.work.claims.live(
                [place.id], first, first + self.settings.horizon, [place]
            )
            hidden: set[str] = set()
            if not address.imported:
                feeds = shelf.feeds(listing_id=listing.id, resource=place.name)
                pieces = shelf.pieces([one.id for one in feeds])
                hidden = {one.reservation_id for one in pieces}
            shown = [
                one
                for one in claims
                if one.id not in hidden and (one.until is None or one.until > now)
            ]
        return written_calendar(place, shown, self.settings.domain)

    @property
    def _refreshing(self) -> Refreshing:
        return Refreshing(self.market, self.settings)

    def _checked(self, url: str) -> Outcome | None:
        """What is wrong with an address, to be raised inside the command that it came with."""
        try:
            self.settings.fetcher.check(url)
        except Outcome as fault:
            return fault
        return None

    def _address(self, act: Act, address_id: str) -> FeedAddress:
        address = Shelf(act.work).address(id=address_id)
        if address is None:
            raise NotFound(f"no calendar is handed out as {address_id!r}")
        act.about(owned(act, address.listing_id).id)
        return address


def _checked_name(name: str) -> str:
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= 100 or not name.isprintable():
        raise InvalidInput("a calendar's name is a line of 1 to 100 characters")
    return name.strip()


def _token(act: Act, identity: str) -> str:
    """Of each identifier the last sixteen characters are chance: 160 bits in the token."""
    return f"{identity}-{act.new('chance')[-16:]}{act.new('chance')[-16:]}"


def _own_address(shelf: Shelf, url: str) -> bool:
    """Whether the address is one that this marketplace hands out, or once handed out."""
    return any(shelf.address(id=found[1]) for found in _TOKEN.finditer(unquote(url)))
