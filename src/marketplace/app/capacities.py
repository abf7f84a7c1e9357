"""What of a listing is there to be claimed: kept back, given back, supplied, looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marketplace.app.door import Act, By, Door
from marketplace.app.reading import Reader, View
from marketplace.app.resources import MOST, block, bounds, named, supply, unblock
from marketplace.domain.evolving import evolve
from marketplace.domain.listing import Listing
from marketplace.domain.reservation import Reservation, Resource, Stock
from marketplace.domain.span import Span
from marketplace.errors import NotFound


class Capacities:
    """The verbs of listings that are about their capacity."""

    _door: Door
    _reader: Reader

    def block_out(
        self,
        listing_id: str,
        span: Span | None = None,
        *,
        by: By,
        resource: str = "capacity",
        option: str = "",
        quantity: int = 1,
        label: str = "",
        key: str | None = None,
    ) -> Reservation:
        """Keep capacity back for the provider's own reasons (a holiday, a repair).

        Where days are counted, it takes the local dates from the span's start to its end. Raises
        ``SoldOut`` where a deal has it already.
        """

        def do(act: Act) -> Reservation:
            listing = own_listing(act, listing_id)
            act.about(listing.id)
            of = named(act.work, listing.id, resource, option)
            return block(act, listing, of, span, quantity, label)

        body = {"listing": listing_id, "span": span, "resource": resource, "quantity": quantity}
        body |= {"option": option} if option else {}
        return self._door.run("listings.block_out", by, do, body=body, key=key)

    def unblock(self, block_id: str, *, by: By, key: str | None = None) -> None:
        """Give back what was kept back with ``block_out``; doing it twice is harmless."""

        def do(act: Act) -> None:
            kept = act.work.get(Reservation, block_id)
            listing = own_listing(act, act.work.get(Resource, kept.resource_id).listing_id)
            if kept.cause != "block":
                raise NotFound(f"no block {block_id!r}; a {kept.cause}'s claim is its own")
            act.about(listing.id)
            unblock(act, listing, kept)

        self._door.run("listings.unblock", by, do, body={"block": block_id}, key=key)

    def taken(
        self,
        listing_id: str,
        span: Span | None = None,
        *,
        by: By,
        resource: str = "capacity",
        option: str = "",
    ) -> Sequence[Reservation]:
        """Live claims on a resource that touch a span, by start: the calendar of a listing.

        Where days are counted, a claim's ``start`` and ``end`` are local dates. What each is
        for, and its label, are shown to the listing's provider alone.
        """
        with self._reader.read(by) as view:
            listing = held_out(view, listing_id)
            mine = bool(view.own(listing.provider_id))
            found = named(view.work, listing_id, resource, option)
            start, end = bounds(found, span)
            claims = view.work.claims.live([found.id], start, end, [found])
            return [one if mine else evolve(one, cause_id="", label="") for one in claims]

    def supply(
        self,
        listing_id: str,
        *,
        by: By,
        resource: str = "stock",
        option: str = "",
        add: int | None = None,
        count: int | None = None,
        key: str | None = None,
    ) -> Stock:
        """So many more of it, or fewer: what came in, broke, or was sold elsewhere.

        ``count`` says instead how many there are now, those included that deals have claimed and
        that did not leave yet. Raises ``Conflict`` below what is taken.
        """

        def do(act: Act) -> Stock:
            listing = own_listing(act, listing_id)
            act.about(listing.id)
            of = supply(act, listing, resource, option, add, count)
            return Stock(of.name, of.option, of.capacity, act.work.claims.used([of.id])[of.id])

        body: dict[str, Any] = {"listing": listing_id, "resource": resource, "option": option}
        body |= {"add": add, "count": count}
        return self._door.run("listings.supply", by, do, body=body, key=key)

    def stock(self, listing_id: str, *, by: By) -> Sequence[Stock]:
        """How much there is of what is counted without a calendar, and how much of it is taken.

        Of a published listing for everybody.
        """
        with self._reader.read(by) as view:
            held_out(view, listing_id)
            where = {"listing_id": listing_id, "kind": "counted"}
            found = view.work.select(Resource, where, limit=MOST)
            counts = [one for one in found if one.grain is None]
            used = view.work.claims.used([one.id for one in counts])
            stock = [Stock(one.name, one.option, one.capacity, used[one.id]) for one in counts]
            return sorted(stock, key=lambda one: (one.resource, one.option))


def held_out(view: View, listing_id: str) -> Listing:
    """A published listing, or one of the actor's own; raises ``NotFound``."""
    listing = view.work.find(Listing, id=listing_id)
    if listing is None or not (listing.state == "published" or view.own(listing.provider_id)):
        raise NotFound(f"no listing {listing_id!r}")
    return listing


def own_listing(act: Act, listing_id: str) -> Listing:
    """A listing of the actor's own; raises ``NotFound``."""
    listing = act.work.get(Listing, listing_id)
    if act.actor.party_id is not None and listing.provider_id != act.actor.party_id:
        raise NotFound(f"no listing {listing_id!r}")
    return listing
