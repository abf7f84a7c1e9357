"""What of a listing can be claimed: made with it, sized by its attributes, kept back by blocks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marketplace.app.door import Act
from marketplace.app.texts import checked_text
from marketplace.domain.evolving import evolve
from marketplace.domain.listing import Listing
from marketplace.domain.money import whole
from marketplace.domain.ports import Work
from marketplace.domain.reservation import Reservation, Resource, busiest
from marketplace.domain.span import Span, zone_of
from marketplace.domain.vertical import ResourcePlan, Supplied
from marketplace.errors import Conflict, IllegalTransition, InvalidInput, NotFound

MOST = 1_000
"""More resources than one listing can have."""

MOST_SUPPLIED = 1_000_000_000


def _sized(listing: Listing, plan: ResourcePlan, option: str) -> dict[str, Any]:
    """What the listing's attributes say about a resource of it; what is supplied they do not."""
    said = {**listing.attributes, **_options(listing, plan)[option]}
    sized = {
        "before": _count(said, plan.before, 0),
        "after": _count(said, plan.after, 0),
        "zone": _zone(listing, plan),
    }
    if not isinstance(plan.capacity, Supplied):
        sized["capacity"] = _count(said, plan.capacity, plan.unsaid)
    return sized


def _options(listing: Listing, plan: ResourcePlan) -> dict[str, Mapping[str, Any]]:
    """The options that a resource is counted by, each with its fields; one without a name where
    there are none."""
    said = None if plan.options is None else listing.attributes.get(plan.options)
    if not said:
        return {"": {}}
    found: dict[str, Mapping[str, Any]] = {}
    for one in said:
        key = one.get("key") if isinstance(one, Mapping) else None
        if not isinstance(key, str) or not key or key in found:
            raise InvalidInput(f"{plan.options} are objects with a key each, none twice: {one!r}")
        found[key] = one
    return found


def _count(said: Mapping[str, Any], named_or_fixed: int | str, unsaid: int) -> int:
    if isinstance(named_or_fixed, int):
        return named_or_fixed
    found: Any = said
    for name in named_or_fixed.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return whole(unsaid if found is None else found, named_or_fixed)


def _zone(listing: Listing, plan: ResourcePlan) -> str | None:
    if plan.zone is None:
        return None
    zone = listing.attributes.get(plan.zone)
    if zone is None:
        raise InvalidInput(
            f"{plan.name} are counted in local days: name the time zone in {plan.zone!r}",
            code="needs_zone",
            params={"attribute": plan.zone},
        )
    return zone_of(zone).key


def make_resources(act: Act, listing: Listing) -> list[Resource]:
    """The resources of a new listing, by its vertical's plans."""
    return [
        _made(act, listing, plan, option)
        for plan in act.context.vertical(listing.vertical).resources
        for option in _options(listing, plan)
    ]


def _made(act: Act, listing: Listing, plan: ResourcePlan, option: str) -> Resource:
    return Resource(
        id=act.context.ids.new("resource"),
        listing_id=listing.id,
        name=plan.name,
        option=option,
        kind=plan.kind,
        grain=plan.grain,
        **{"capacity": 0, **_sized(listing, plan, option)},
    )


def resize(act: Act, listing: Listing) -> None:
    """Follow changed attributes. Claims that stand keep what they took.

    An option that is named no more keeps its count, and nobody finds it. Raises
    ``IllegalTransition`` when the zone would change under live claims: their days are days of the
    old one; ``Conflict`` when more is taken at once than there would be.
    """
    for plan in act.context.vertical(listing.vertical).resources:
        mine = {"listing_id": listing.id, "name": plan.name}
        known = {one.option: one for one in act.work.select(Resource, mine, limit=MOST)}
        for option in _options(listing, plan):
            resource = known.get(option)
            if resource is None:
                act.work.add(_made(act, listing, plan, option))
                continue
            changed = evolve(resource, **_sized(listing, plan, option))
            if changed.zone != resource.zone and act.work.claims.live([resource.id], None, None):
                raise IllegalTransition(
                    f"the zone stays {resource.zone} while anything of {resource.name} is taken",
                    code="zone_fixed",
                    params={"zone": resource.zone, "resource": resource.name},
                )
            if changed.capacity < resource.capacity:
                _refuse_below_what_is_taken(act, resource, changed.capacity)
            if changed != resource:
                act.work.save(changed)


def _refuse_below_what_is_taken(act: Act, resource: Resource, wanted: int) -> None:
    """Raise ``Conflict`` for a capacity below what is taken at once, and say when that is."""
    taken, start, end = busiest(resource, act.work.claims.live([resource.id], None, None))
    if taken <= wanted:
        return
    told = [str(one.date() if resource.zone else one) for one in (start, end) if one]
    when = f" from {told[0]} to {told[1]}" if len(told) == 2 else ""
    raise Conflict(
        f"{taken} of {resource.name} are taken{when}; may: {taken} or more, not {wanted}",
        code="in_use",
        params={"resource": resource.name, "taken": taken, "wanted": wanted, "when": told},
    )


def named(work: Work, listing_id: str, name: str, option: str = "") -> Resource:
    """The resource of a listing by its name; raises ``NotFound`` saying which there are."""
    found = work.find(Resource, listing_id=listing_id, name=name, option=option)
    if found is None:
        mine = work.select(Resource, {"listing_id": listing_id}, limit=MOST)
        known = ", ".join(sorted(f"{one.name} {one.option}".strip() for one in mine)) or "nothing"
        wanted = f"{name} {option}".strip()
        raise NotFound(f"listing {listing_id} has no resource {wanted!r}; it has: {known}")
    return found


def supply(
    act: Act, listing: Listing, name: str, option: str, add: int | None, count: int | None
) -> Resource:
    """Change how much there is of a resource that its provider supplies.

    Raises ``Conflict`` below what is taken, ``InvalidInput`` for one that an attribute counts.
    """
    plans = act.context.vertical(listing.vertical).resources
    by_hand = sorted(one.name for one in plans if isinstance(one.capacity, Supplied))
    if name not in by_hand:
        raise InvalidInput(
            f"{name} is not supplied by hand; may: {', '.join(by_hand) or 'nothing'}",
            code="not_supplied",
        )
    if (add is None) == (count is None):
        raise InvalidInput("supply so many more (or fewer) by `add`, or as many as there are now")
    resource = named(act.work, listing.id, name, option)
    lock = {"id": resource.id}
    (resource,) = act.work.select(Resource, lock, limit=1, lock=True)
    wanted = whole(count, "a count") if add is None else resource.capacity + whole(add, "a supply")
    if not 0 <= wanted <= MOST_SUPPLIED:
        raise InvalidInput(
            f"there are {resource.capacity} of {resource.name}; may: 0 to {MOST_SUPPLIED}, "
            f"not {wanted}"
        )
    if wanted < resource.capacity:
        _refuse_below_what_is_taken(act, resource, wanted)
    saved = act.work.save(evolve(resource, capacity=wanted))
    told = {"resource": name, "option": option, "add": wanted - resource.capacity}
    act.emit("listing.supplied", listing.id, told | {"count": wanted}, [listing.provider_id])
    return saved


def bounds(resource: Resource, span: Span | None) -> tuple[datetime | None, datetime | None]:
    """A span as the resource's claims say it: days where it counts days."""
    if span is None:
        return None, None
    if span.end is None:
        if resource.zone is not None:
            raise InvalidInput(f"{resource.name} are counted in days: the span needs an end")
        return span.start, None
    return resource.covers(span.start, span.end)


def block(
    act: Act, listing: Listing, resource: Resource, span: Span | None, quantity: int, label: str
) -> Reservation:
    """Keep capacity back; raises ``SoldOut`` where a deal has it already."""
    start, end = bounds(resource, span)
    identity = act.context.ids.new("reservation")
    kept = Reservation(
        id=identity,
        resource_id=resource.id,
        cause="block",
        cause_id=identity,
        quantity=quantity,
        state="confirmed",
        created_at=act.at,
        start=start,
        end=end,
        label=checked_text(label, "a label", 200),
    )
    made = act.work.claims.claim([kept], act.at)[0]
    act.emit("listing.blocked", listing.id, _told(resource, made), [listing.provider_id])
    return made


def unblock(act: Act, listing: Listing, kept: Reservation) -> None:
    """Give a block back; one that is free already is left as it is."""
    if kept.state == "freed":
        return
    act.work.claims.free([kept.id])
    resource = act.work.get(Resource, kept.resource_id)
    act.emit("listing.unblocked", listing.id, _told(resource, kept), [listing.provider_id])


def _told(resource: Resource, kept: Reservation) -> Mapping[str, Any]:
    return {
        "reservation": kept.id,
        "resource": resource.name,
        "start": kept.start and kept.start.isoformat(),
        "end": kept.end and kept.end.isoformat(),
        "quantity": kept.quantity,
    }
