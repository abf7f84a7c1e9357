"""What of listings goes into the search index, by the plan of their vertical."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

from marketplace.app.context import Context
from marketplace.app.door import Act
from marketplace.app.showing import shown_listing
from marketplace.domain.listing import Listing
from marketplace.domain.ports import Work
from marketplace.domain.reservation import Resource
from marketplace.domain.review import Reputation
from marketplace.domain.search import NO_LIMIT, Entry, SearchPlan
from marketplace.domain.search_words import folded_tag, words_of
from marketplace.domain.span import MINUTE
from marketplace.domain.vertical import ResourcePlan, Vertical
from marketplace.errors import InvalidInput, SetupError

MOST = 100_000
"""The most listings of one provider."""


def calendars(verticals: Iterable[Vertical]) -> frozenset[str]:
    """Names of the resources whose claims the index must follow."""
    found = [calendar_of(one) for one in verticals]
    return frozenset(one.name for one in found if one is not None)


def calendar_of(vertical: Vertical) -> ResourcePlan | None:
    """The resource that must be free where its listings are searched."""
    plan = vertical.search
    if plan is None or plan.calendar is None:
        return None
    for resource in vertical.resources:
        if resource.name == plan.calendar and resource.options is not None:
            raise SetupError(
                f"vertical {vertical.name!r} searches the calendar {plan.calendar!r}, and a "
                "listing has one of it: give it no options"
            )
        if resource.name == plan.calendar:
            return resource
    known = ", ".join(one.name for one in vertical.resources) or "none"
    raise SetupError(
        f"vertical {vertical.name!r} searches the calendar {plan.calendar!r}; "
        f"its resources are: {known}"
    )


def follow(act: Act, listing: Listing) -> None:
    """Index a listing as it is now; only what is published can be found."""
    if act.context.vertical(listing.vertical).search is None:
        return
    if listing.state == "published":
        act.work.search.put(entries_of(act.context, act.work, [listing]))
    else:
        act.work.search.remove([listing.id])


def follow_rating(act: Act, party_id: str, role: str) -> None:
    """Index a provider's listings anew where its rating has a say in their rank."""
    for vertical in act.context.verticals.values():
        plan = vertical.search
        if plan is None or plan.rating is None or plan.rating.role != role:
            continue
        mine = {"vertical": vertical.name, "provider_id": party_id, "state": "published"}
        found = act.work.select(Listing, mine, limit=MOST, lock=True)
        act.work.search.put(entries_of(act.context, act.work, found))


def entries_of(context: Context, work: Work, listings: Sequence[Listing]) -> list[Entry]:
    """What the index is to know of listings of one vertical."""
    if not listings:
        return []
    vertical = context.vertical(listings[0].vertical)
    plan = vertical.search
    if plan is None:
        raise InvalidInput(f"listings of {vertical.name!r} are not searched")
    calendar, resources = calendar_of(vertical), {}
    if calendar is not None:
        where = {"listing_id": [one.id for one in listings], "name": calendar.name}
        found = work.select(Resource, where, limit=len(listings))
        resources = {one.listing_id: one.id for one in found}
    ratings = _ratings(work, plan, listings)
    return [
        _entry(
            plan,
            shown_listing(vertical, one),
            resources.get(one.id),
            ratings.get(one.provider_id),
            gated=_gated(plan, one),
        )
        for one in listings
        if calendar is None or one.id in resources
    ]


def _ratings(work: Work, plan: SearchPlan, listings: Sequence[Listing]) -> Mapping[str, Reputation]:
    if plan.rating is None:
        return {}
    providers = sorted({one.provider_id for one in listings})
    where = {"party_id": providers, "role": plan.rating.role}
    found = work.select(Reputation, where, order="party_id", limit=len(providers))
    return {one.party_id: one for one in found}


def _entry(
    plan: SearchPlan,
    listing: Listing,
    resource_id: str | None,
    rating: Reputation | None,
    *,
    gated: bool,
) -> Entry:
    """Made of what everybody reads of the listing, and of nothing else.

    So what is found, filtered, sorted and told by distance leaks nothing that is not shown anyhow.
    """
    said, varies = listing.attributes, bool(named(listing.attributes, plan.varies))
    texts = [listing.title, *(text for name in plan.texts for text in _texts(said, name))]
    tags = {tag for name in plan.tags for text in _texts(said, name) if (tag := _tag(text))}
    parts = {one.code: one.of(named(said, one.attribute)) for one in plan.rank}
    if plan.rating is not None:
        given = (0, 0) if rating is None else (rating.counterparties, rating.weighted_total)
        parts["rating"] = plan.rating.of(*given)
    return Entry(
        listing_id=listing.id,
        vertical=listing.vertical,
        provider_id=listing.provider_id,
        title=listing.title,
        currency=listing.currency,
        place=listing.place,
        resource_id=resource_id,
        price=_count(said, plan.price, -1),
        fits=_count(said, plan.fits, NO_LIMIT),
        tags=tuple(sorted(tags)),
        words=tuple(sorted({word for text in texts for word in words_of(text)})),
        parts=parts,
        least=0 if varies else _count(said, plan.least, 0),
        most=NO_LIMIT if varies else _count(said, plan.most, NO_LIMIT),
        notice=_minutes(said, plan.notice, plan.notice_unit, 0),
        window=_minutes(said, plan.window, plan.window_unit, NO_LIMIT),
        gated=gated,
    )


def _gated(plan: SearchPlan, listing: Listing) -> bool:
    """Whether the gates must be asked, also for rules that nobody else may read."""
    if plan.gated is None:
        return True
    return any(bool(named(listing.attributes, name)) for name in plan.gated)


def named(attributes: Mapping[str, Any], name: str | None) -> Any:
    """An attribute by its dotted name, or None."""
    found: Any = None if name is None else attributes
    for step in _steps(name or ""):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


@lru_cache(maxsize=1_000)
def _steps(name: str) -> tuple[str, ...]:
    return tuple(name.split("."))


def _count(attributes: Mapping[str, Any], name: str | None, unsaid: int) -> int:
    found = named(attributes, name)
    return found if type(found) is int and 0 <= found <= NO_LIMIT else unsaid


def _minutes(attributes: Mapping[str, Any], name: str | None, unit: timedelta, unsaid: int) -> int:
    count = _count(attributes, name, -1)
    return unsaid if count < 0 else min(count * (unit // MINUTE), NO_LIMIT)


def _texts(attributes: Mapping[str, Any], name: str) -> list[str]:
    found = named(attributes, name)
    many = found if isinstance(found, list | tuple) else [found]
    return [one for one in many if isinstance(one, str)]


@lru_cache(maxsize=10_000)
def _tag(text: str) -> str:
    """The tag of a text; nothing where it has no letter or digit."""
    return folded_tag(text) if words_of(text) else ""
