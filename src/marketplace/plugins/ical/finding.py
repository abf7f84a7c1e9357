"""Listings, their calendars and their feeds, as far as somebody may act on them."""

from __future__ import annotations

from typing import Any

from marketplace import Act, InvalidInput, Listing, NotFound, Resource, View, Work
from marketplace.plugins.ical.feed import Feed, FeedAddress
from marketplace.plugins.ical.tables import Shelf


def owned(act: Act, listing_id: str) -> Listing:
    """A listing of one's own, to act on; raises ``NotFound``.

    It stays locked to the end: two calendars of one listing look at the same days, so they come
    one after the other, and a block locks the listing before it locks anything else.
    """
    listing = act.work.get(Listing, listing_id)
    if act.actor.party_id not in (None, listing.provider_id):
        raise NotFound(f"no listing {listing_id!r}")
    return listing


def seen(view: View, listing_id: str) -> Listing:
    """A listing of one's own, to read of; raises ``NotFound``."""
    listing = view.work.find(Listing, id=listing_id)
    if listing is None or not view.own(listing.provider_id):
        raise NotFound(f"no listing {listing_id!r}")
    return listing


def resource_of(work: Work, of: Feed | FeedAddress) -> Resource:
    """The calendar that a feed or an address is about."""
    found = work.find(Resource, listing_id=of.listing_id, name=of.resource)
    if found is None:
        raise NotFound(f"listing {of.listing_id} has no calendar {of.resource!r}")
    return found


def placed(act: Act, listing_id: str, name: str | None) -> tuple[Listing, Resource]:
    """A listing of one's own, and the calendar that is meant."""
    listing = owned(act, listing_id)
    found = [
        one
        for one in act.work.select(Resource, {"listing_id": listing.id})
        if one.grain is not None and name in (None, one.name)
    ]
    if len(found) != 1:
        names = ", ".join(sorted(one.name for one in found)) or "none"
        raise InvalidInput(f"name the calendar of the listing that is meant; there are: {names}")
    return listing, found[0]


def visible(view: View, feed_id: str) -> Feed:
    """A feed of one's own; raises ``NotFound``."""
    feed = Shelf(view.work).feed(feed_id)
    listing = None if feed is None else view.work.find(Listing, id=feed.listing_id)
    if feed is None or listing is None or not view.own(listing.provider_id):
        raise NotFound(f"no feed {feed_id!r}")
    return feed


def tell(act: Act, kind: str, feed: Feed, listing: Listing, **more: Any) -> None:
    """Note an event about a feed, for the listing's provider."""
    told = {"feed": feed.name, "listing": listing.id, "title": listing.title, **more}
    act.emit(kind, feed.id, told, [listing.provider_id])
