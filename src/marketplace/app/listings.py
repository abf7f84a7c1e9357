"""Listings: drafted, published, paused, withdrawn; where they are; what of them can be claimed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from marketplace.app.capacities import Capacities, own_listing
from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door, looked_at
from marketplace.app.flagging import flag
from marketplace.app.indexing import follow
from marketplace.app.onboarding import refuse_unready
from marketplace.app.reading import Page, Reader
from marketplace.app.resources import make_resources, resize
from marketplace.app.searching import Searching
from marketplace.app.seating import named_seats
from marketplace.app.showing import listing_for
from marketplace.app.texts import check_size, checked_text
from marketplace.domain.currency import exponent
from marketplace.domain.evolving import evolve
from marketplace.domain.item import TransactionItem
from marketplace.domain.listing import Listing, ListingState, Presence
from marketplace.domain.offer import Offer
from marketplace.domain.party import OPERATOR, PROVIDER
from marketplace.domain.place import Place
from marketplace.domain.question import ListingQuestion
from marketplace.domain.span import MINUTE
from marketplace.domain.transaction import Transaction
from marketplace.errors import Forbidden, IllegalTransition, InvalidInput, NotFound, Refused

_WAYS: dict[ListingState, tuple[ListingState, ...]] = {
    "draft": ("published", "withdrawn"),
    "published": ("paused", "withdrawn"),
    "paused": ("published", "withdrawn"),
    "withdrawn": (),
    "removed": (),
}


class Listings(Searching, Capacities):
    """The verbs of listings."""

    def __init__(self, context: Context, door: Door, reader: Reader) -> None:
        self._context = context
        self._door = door
        self._reader = reader

    def draft(
        self,
        vertical: str,
        *,
        by: By,
        title: str,
        currency: str,
        place: Place | None = None,
        attributes: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Listing:
        """Write a listing that nobody else sees yet; its owner is the acting party."""

        def do(act: Act) -> Listing:
            fields = checked_attributes(self._context, vertical, "listing", attributes)
            exponent(currency)
            listing = Listing(
                id=act.context.ids.new("listing"),
                vertical=vertical,
                provider_id=act.me(),
                title=checked_text(title, "a title", 200, least=1),
                currency=currency,
                created_at=act.at,
                place=place,
                attributes=fields,
            )
            named_seats(act, listing, {listing.provider_id: PROVIDER.name})
            act.work.add(listing)
            act.work.add(*make_resources(act, listing))
            act.about(listing.id)
            act.emit("listing.drafted", listing.id, {"vertical": vertical}, [listing.provider_id])
            flag(act, listing)
            return listing

        body: dict[str, Any] = {
            "vertical": vertical,
            "title": title,
            "currency": currency,
            "place": place,
        }
        body["attributes"] = attributes
        return self._door.run("listings.draft", by, do, body=body, key=key)

    def publish(self, listing_id: str, *, by: By, key: str | None = None) -> Listing:
        """Hold it out to everybody; every plugin may refuse."""
        return self._move(listing_id, "published", by, key)

    def pause(self, listing_id: str, *, by: By, key: str | None = None) -> Listing:
        """Hold it back for a while; deals under way go on."""
        return self._move(listing_id, "paused", by, key)

    def withdraw(self, listing_id: str, *, by: By, key: str | None = None) -> Listing:
        """Take it back for good; deals under way go on."""
        return self._move(listing_id, "withdrawn", by, key)

    def _move(self, listing_id: str, to: ListingState, by: By, key: str | None) -> Listing:
        def do(act: Act) -> Listing:
            listing = own_listing(act, listing_id)
            act.about(listing_id, listing)
            if to not in _WAYS[listing.state]:
                may = ", ".join(_WAYS[listing.state]) or "nothing"
                raise IllegalTransition(f"a {listing.state} listing may become {may}, not {to}")
            if to == "published":
                refuse_unready(act, listing, "publish")
                _refuse(act, listing)
                if self._context.vertical(listing.vertical).approves_listings and (
                    act.actor.role != OPERATOR and listing.state == "draft"
                ):
                    raise Forbidden("the operator approves listings here", code="needs_approval")
            saved = act.work.save(evolve(listing, state=to))
            follow(act, saved)
            act.emit(f"listing.{to}", listing.id, {}, [listing.provider_id])
            return saved

        return self._door.run(
            "listings.move", by, do, body={"listing": listing_id, "to": to}, key=key
        )

    def change(
        self,
        listing_id: str,
        *,
        by: By,
        version: int | None = None,
        title: str | None = None,
        currency: str | None = None,
        place: Place | None = None,
        attributes: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Listing:
        """Change what is given; quotes already made keep their price.

        ``version`` guards against changing what somebody else changed meanwhile. The
        currency cannot change once anything was offered or dealt on the listing.
        """

        def do(act: Act) -> Listing:
            listing = own_listing(act, listing_id)
            act.about(listing_id, listing)
            if listing.state == "removed":
                raise IllegalTransition("what was taken down stays as it was judged")
            fields: dict[str, Any] = {} if version is None else {"version": version}
            if title is not None:
                fields["title"] = checked_text(title, "a title", 200, least=1)
            if place is not None:
                fields["place"] = place
            if attributes is not None:
                fields["attributes"] = checked_attributes(
                    self._context, listing.vertical, "listing", attributes
                )
            if currency is not None and currency != listing.currency:
                exponent(currency)
                _refuse_new_currency(act, listing)
                fields["currency"] = currency
            changed = evolve(listing, **fields)
            if attributes is not None:
                named_seats(act, changed, {changed.provider_id: PROVIDER.name})
            if changed.state == "published":
                _refuse(act, changed)
            saved = act.work.save(changed)
            if attributes is not None:
                resize(act, saved)
            follow(act, saved)
            act.emit("listing.changed", listing.id, {"fields": sorted(fields)}, [saved.provider_id])
            if title is not None or attributes is not None:
                flag(act, saved)
            return saved

        body: dict[str, Any] = {
            "listing": listing_id,
            "version": version,
            "title": title,
            "currency": currency,
        }
        body |= {"place": place, "attributes": attributes}
        return self._door.run("listings.change", by, do, body=body, key=key)

    def appear(
        self,
        listing_id: str,
        state: str,
        place: Place,
        *,
        by: By,
        lives: timedelta = 2 * MINUTE,
        heading: Place | None = None,
    ) -> Presence:
        """Say where a listing is and what it is doing; believed for ``lives``."""

        def do(act: Act) -> Presence:
            listing = own_listing(act, listing_id)
            presence = Presence(listing.id, state, place, act.at, act.at + lives, heading)
            act.work.put(presence)
            act.about(listing.id)
            return presence

        body = {"listing": listing_id, "state": state, "place": place, "heading": heading}
        first = [looked_at(Listing, listing_id)]
        return self._door.run("listings.appear", by, do, body=body, first=first)

    def presence(self, listing_id: str, *, by: By) -> Presence | None:
        """Where a listing was last seen; for its provider and the operator."""
        with self._reader.read(by) as view:
            listing = view.work.find(Listing, id=listing_id)
            if listing is None or not view.own(listing.provider_id):
                raise NotFound(f"no listing {listing_id!r}")
            return view.work.find(Presence, listing_id=listing_id)

    def get(self, listing_id: str, *, by: By) -> Listing:
        """A published listing, without what is private, for everybody; any of one's own, whole."""
        with self._reader.read(by) as view:
            listing = view.work.find(Listing, id=listing_id)
            if listing is None or not (
                listing.state == "published" or view.own(listing.provider_id)
            ):
                raise NotFound(f"no listing {listing_id!r}")
            return listing_for(view, listing)

    def list(
        self,
        *,
        by: By,
        vertical: str | None = None,
        provider: str | None = None,
        state: ListingState | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Listing]:
        """Published listings; with ``provider`` that party's, all states for itself."""
        with self._reader.read(by) as view:
            where: dict[str, Any] = {}
            if vertical is not None:
                where["vertical"] = vertical
            if provider is not None:
                where["provider_id"] = provider
            if state is not None:
                where["state"] = state
            if not (view.operator or provider == view.actor.party_id):
                if state not in (None, "published"):
                    return Page((), None)
                where["state"] = "published"
            page = view.page(Listing, where, after=after, limit=limit)
            return Page(tuple(listing_for(view, one) for one in page), page.after)


def checked_attributes(
    context: Context, vertical: str, what: str, attributes: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Attributes that fit the vertical's schema and the limit; unknown fields are refused."""
    if attributes is not None and not isinstance(attributes, Mapping):
        raise InvalidInput(f"attributes are named fields, not {type(attributes).__name__}")
    given = dict(attributes or {})
    check_size(given, context.limits.attributes)
    context.check_attributes(vertical, what, given)
    return given


def _refuse(act: Act, listing: Listing) -> None:
    question = ListingQuestion(listing, act.actor, act.work, act.at)
    reasons = act.context.hooks.refuse_listing(question)
    if reasons:
        raise Refused(
            f"this listing is refused: {', '.join(reason.code for reason in reasons)}",
            reasons=tuple(reasons),
        )


def _refuse_new_currency(act: Act, listing: Listing) -> None:
    offered = bool(act.work.select(Offer, {"listing_id": listing.id}, limit=1))
    mine = {"listing_id": listing.id}
    dealt = bool(act.work.select(Transaction, mine, limit=1))
    in_baskets = act.work.select(TransactionItem, mine, order="transaction_id", limit=1)
    if offered or dealt or in_baskets:
        raise IllegalTransition(
            f"the currency stays {listing.currency} once something was offered; "
            "publish another listing",
            code="currency_fixed",
        )
