"""What others read of a listing, a request and a deal: private things left out, places blurred,
contacts masked until the sides have agreed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marketplace.app.door import Act
from marketplace.app.reading import View
from marketplace.domain.contacts import masked
from marketplace.domain.evolving import evolve
from marketplace.domain.item import Item
from marketplace.domain.listing import Listing
from marketplace.domain.party import PROVIDER
from marketplace.domain.place import Place, blurred
from marketplace.domain.ports import Work
from marketplace.domain.request import Request
from marketplace.domain.transaction import Seat, Transaction
from marketplace.domain.vertical import PLACE, Vertical


def listing_for(view: View, listing: Listing) -> Listing:
    """The listing as the actor reads it: whole for its provider and the operator."""
    if view.own(listing.provider_id):
        return listing
    return shown_listing(view.context.verticals.get(listing.vertical), listing)


def shown_listing(vertical: Vertical | None, listing: Listing) -> Listing:
    """What everybody reads of a listing, and all that may be found by: a search looks at this.

    Of a trade that no plugin brings any more nobody knows what is private: so nothing is shown.
    """
    if vertical is None:
        return evolve(listing, place=None, attributes={})
    attributes = without(listing.attributes, vertical.private)
    title = masked(listing.title) if vertical.hides_contacts else listing.title
    place = listing.place and shown_place(vertical, listing.place)
    shown = _without_contacts(vertical, attributes)
    return evolve(listing, title=title, place=place, attributes=shown)


def shown_place(vertical: Vertical, place: Place) -> Place:
    """Where others are told that something is."""
    return place if vertical.blurs_m is None else blurred(place, vertical.blurs_m)


def request_for(view: View, request: Request) -> Request:
    """The request as the actor reads it: what a stranger wrote has no contacts in it."""
    vertical = view.context.verticals.get(request.vertical)
    if view.own(request.customer_id):
        return request
    if request.items:
        request = evolve(request, items=_own_items(view, request))
    if vertical is None:
        # Of a trade that no plugin brings any more nobody knows what is personal.
        return evolve(request, attributes={})
    if not (vertical.hides_contacts or vertical.personal):
        return request
    if any(is_agreed(vertical, view.work, deal) for deal in own_deals(view, request)):
        return request
    attributes = without(request.attributes, vertical.personal)
    return evolve(request, attributes=_without_contacts(vertical, attributes))


def own_deals(view: View, request: Request, **seat: str) -> Sequence[Transaction]:
    """The deals on a request in which the reader has such a seat: another seller's say nothing
    about him."""
    deals = view.work.select(Transaction, {"request_id": request.id})
    if not deals:
        return []
    where = {"transaction_id": [one.id for one in deals], "party_id": view.actor.party_id, **seat}
    mine = {one.transaction_id for one in view.work.select(Seat, where, order="role")}
    return [one for one in deals if one.id in mine]


def without(attributes: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Attributes without these; with dots, without fields inside them, of each in a list."""
    left: Any = attributes
    for name in names:
        left = _gone(left, name.split("."))
    return dict(left)


def _gone(value: Any, way: Sequence[str]) -> Any:
    if isinstance(value, list | tuple):
        return [_gone(one, way) for one in value]
    if not isinstance(value, Mapping) or way[0] not in value:
        return value
    rest = {name: one for name, one in value.items() if name != way[0]}
    return rest if len(way) == 1 else {**rest, way[0]: _gone(value[way[0]], way[1:])}


def _own_items(view: View, request: Request) -> tuple[Item, ...]:
    """What of a basket is of the reading provider's listings: nobody sees what others sell."""
    asked = sorted({item.listing_id for item in request.items})
    mine = {"id": asked, "provider_id": view.actor.party_id}
    known = {one.id for one in view.work.select(Listing, mine, limit=len(asked))}
    return tuple(item for item in request.items if item.listing_id in known)


def is_agreed(vertical: Vertical, work: Work, transaction: Transaction) -> bool:
    """Whether the sides of a deal have agreed, so that they may know how to reach each other."""
    if vertical.agreed_in:
        return transaction.state in vertical.agreed_in
    where = {"transaction_id": transaction.id, "role": PROVIDER.name}
    return bool(work.select(Seat, where, order="role", limit=1))


def revealed(act: Act, transaction: Transaction, state: str) -> dict[str, Any]:
    """The attributes of a deal that comes into a state: what is revealed there, and no longer."""
    reveals = act.context.vertical(transaction.vertical).reveals
    if not reveals:
        return dict(transaction.attributes)
    attributes = {
        name: value for name, value in transaction.attributes.items() if name not in reveals
    }
    due = [name for name, states in reveals.items() if state in states]
    if due and transaction.listing_id is not None:
        listing = act.work.find(Listing, id=transaction.listing_id)
        known = {} if listing is None else _exactly(listing)
        attributes |= {name: known[name] for name in due if name in known}
    return attributes


def _exactly(listing: Listing) -> dict[str, Any]:
    place = listing.place
    if place is None:
        return dict(listing.attributes)
    exact = {"lat": place.lat, "lon": place.lon, "label": place.label}
    return {PLACE: exact, **listing.attributes}


def _without_contacts(vertical: Vertical, attributes: Mapping[str, Any]) -> dict[str, Any]:
    if not vertical.hides_contacts:
        return dict(attributes)
    shown = dict(attributes)
    for text in vertical.texts:
        name, *inside = text.split(".")
        if name in shown:
            shown[name] = _masked(shown[name], inside)
    return shown


def _masked(value: Any, inside: Sequence[str] = ()) -> Any:
    """Every text in a value, however deep, or in the fields named inside, without its contacts."""
    if inside:
        if isinstance(value, Mapping):
            return {
                key: _masked(item, inside[1:]) if key == inside[0] else item
                for key, item in value.items()
            }
        return [_masked(item, inside) for item in value] if isinstance(value, list) else value
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return value
