"""Open needs: what customers ask of anybody, as the providers of the trade read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marketplace.app.reading import Page, View
from marketplace.app.showing import own_deals, request_for, shown_place
from marketplace.domain.evolving import evolve
from marketplace.domain.listing import Listing
from marketplace.domain.party import PROVIDER
from marketplace.domain.ports import Condition
from marketplace.domain.request import Request
from marketplace.domain.vertical import Vertical
from marketplace.errors import Forbidden


def of_the_trade(view: View, vertical: Vertical, after: str | None, limit: int) -> Page[Request]:
    """Open requests that name no listing and no items, for whoever holds something out here.

    Raises ``Forbidden`` for everybody else.
    """
    if vertical.open_needs is None or not _provides(view, vertical):
        raise Forbidden(
            f"the needs of {vertical.name} are read by those who hold something out there",
            code="no_provider",
        )
    where = [
        Condition("vertical", "=", vertical.name),
        Condition("state", "=", "open"),
        Condition("listing_id", "is null"),
        Condition("items", "in", [()]),
    ]
    page = view.page(Request, where, after=after, limit=limit)
    return evolve(page, items=tuple(_shown(view, vertical, one) for one in page.items))


def for_a_provider(view: View, request: Request) -> Request | None:
    """A request of somebody else's as a provider reads it; None where it is none of his.

    He reads what was made to a listing of his, what he deals on, and an open need.
    """
    named = [request.listing_id] if request.listing_id else []
    asked = [*named, *(item.listing_id for item in request.items)]
    mine: dict[str, Any] = {"id": asked, "provider_id": view.actor.party_id}
    held_out = view.work.select(Listing, mine, limit=1) if asked else []
    if held_out:
        return request_for(view, request)
    vertical = view.context.verticals.get(request.vertical)
    if asked or vertical is None or vertical.open_needs is None:
        return None
    if own_deals(view, request, role=PROVIDER.name):
        return request_for(view, request)
    if request.state == "open" and _provides(view, vertical):
        return _shown(view, vertical, request)
    return None


def _provides(view: View, vertical: Vertical) -> bool:
    if view.operator:
        return True
    mine = {"provider_id": view.party_id, "vertical": vertical.name, "state": "published"}
    return bool(view.work.select(Listing, mine, limit=1))


def _shown(view: View, vertical: Vertical, request: Request) -> Request:
    """A need as a stranger reads it: what the trade shows of it, its places blurred."""
    if view.own(request.customer_id):
        return request
    shown: dict[str, Any] = {}
    for name in vertical.open_needs or ():
        _copy(request.attributes, shown, name.split("."))
    place = request.place and shown_place(vertical, request.place)
    to = request.to and shown_place(vertical, request.to)
    return request_for(view, evolve(request, attributes=shown, place=place, to=to))


def _copy(whole: Mapping[str, Any], part: dict[str, Any], way: Sequence[str]) -> None:
    """Copy one field, at the end of a way through others, if it is there."""
    first, *rest = way
    if first not in whole:
        return
    if not rest:
        part[first] = whole[first]
    elif isinstance(whole[first], Mapping):
        inside = part.setdefault(first, {})
        if isinstance(inside, dict):
            _copy(whole[first], inside, rest)
