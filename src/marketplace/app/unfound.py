"""Why a listing is not among what a search found, or why it stands where it does."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.app.judging import found_of, metres_of, objections
from marketplace.app.looks import Frame
from marketplace.app.reading import View
from marketplace.domain.listing import Listing
from marketplace.domain.place import Place
from marketplace.domain.reason import Reason
from marketplace.domain.reservation import Resource
from marketplace.domain.search import Entry, Hit, Look


def verdict(view: View, frame: Frame, listing: Listing) -> list[Reason]:
    """All that speaks against a listing in a search, or else the parts of its score."""
    if listing.state != "published":
        return [Reason("search_not_published", {"state": listing.state})]
    if listing.vertical != frame.search.vertical:
        return [Reason("search_other_vertical", {"vertical": listing.vertical})]
    entries = view.work.search.entries(listing.vertical, [listing.id])
    if not entries:
        return [Reason("search_not_indexed")]
    (entry,) = entries
    look = frame.look(None, 1)
    hit = _hit(entry)
    against = [*_where(frame, hit), *_what(frame, entry), *_when(view, frame, entry, look)]
    against += objections(view, frame, [hit])[hit.listing_id]
    return against or list(found_of(frame, hit).reasons)


def _hit(entry: Entry) -> Hit:
    """The entry as the index would give it, unsure so that its claims are looked at."""
    return Hit(
        listing_id=entry.listing_id,
        provider_id=entry.provider_id,
        resource_id=entry.resource_id,
        title=entry.title,
        currency=entry.currency,
        price=entry.price,
        place=entry.place,
        order=0,
        parts=entry.parts,
        gated=entry.gated,
        sure=False,
        notice=entry.notice,
        window=entry.window,
    )


def _where(frame: Frame, hit: Hit) -> Iterator[Reason]:
    search, place = frame.search, hit.place
    if search.box is not None and not (isinstance(place, Place) and search.box.holds(place)):
        yield Reason("search_outside")
    if search.within_m is not None:
        if place is None:
            yield Reason("search_outside")
        elif (metres := metres_of(frame, hit)) > search.within_m:
            yield Reason("search_too_far", {"metres": metres, "limit": search.within_m})


def _what(frame: Frame, entry: Entry) -> Iterator[Reason]:
    search = frame.search
    if entry.fits < search.fits_each:
        yield Reason("search_fits_too_few", {"fits": entry.fits, "wanted": search.fits_each})
    if search.money not in (None, entry.currency):
        yield Reason("search_other_currency", {"currency": entry.currency})
    else:
        least, most = search.price or (None, None)
        low = 0 if search.price is not None or search.order == "price" else -1
        low = low if least is None else least.amount
        if entry.price < low or (most is not None and entry.price > most.amount):
            yield Reason("search_price", {"price": max(entry.price, 0), "currency": entry.currency})
    missing = sorted(set(search.tags) - set(entry.tags))
    if missing:
        yield Reason("search_tags", {"tags": ", ".join(missing)})
    unsaid = [
        word for word in search.words if not any(said.startswith(word) for said in entry.words)
    ]
    if unsaid:
        yield Reason("search_words", {"words": ", ".join(unsaid)})


def _when(view: View, frame: Frame, entry: Entry, look: Look) -> Iterator[Reason]:
    if entry.resource_id is not None:
        units = view.work.get(Resource, entry.resource_id).capacity
        if units < frame.search.quantity:
            yield Reason("search_units", {"units": units, "wanted": frame.search.quantity})
    if look.steps is None or look.lead is None or look.ahead is None:
        return
    if look.steps < entry.least:
        yield Reason("search_too_short", {"steps": look.steps, "least": entry.least})
    if look.steps > entry.most:
        yield Reason("search_too_long", {"steps": look.steps, "most": entry.most})
    if look.lead < entry.notice:
        yield Reason("search_too_soon", {"notice": entry.notice * 60})
    if look.ahead > entry.window:
        yield Reason("search_too_far_ahead", {"window": entry.window * 60})
