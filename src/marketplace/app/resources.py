"""What of a listing can be claimed: made with it, sized by its attributes, kept back by blocks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import evolve

from marketplace.app.door import Act
from marketplace.app.texts import checked_text
from marketplace.domain.listing import Listing
from marketplace.domain.money import whole
from marketplace.domain.ports import Work
from marketplace.domain.reservation import Reservation, Resource, busiest
from marketplace.domain.span import Span, zone_of
from marketplace.domain.vertical import ResourcePlan
from marketplace.errors import Conflict, IllegalTransition, InvalidInput, NotFound


def _sized(listing: Listing, plan: ResourcePlan) -> dict[str, Any]:
    """What the listing's attributes say about a resource of it."""
    return {
        "capacity": _count(listing, plan.capacity, 1),
        "before": _count(listing, plan.before, 0),
        "after": _count(listing, plan.after, 0),
        "zone": _zone(listing, plan),
    }


def _count(listing: Listing, named_or_fixed: int | str, unsaid: int) -> int:
    if isinstance(named_or_fixed, int):
        return named_or_fixed
    return whole(listing.attributes.get(named_or_fixed, unsaid), named_or_fixed)


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
        Resource(
            id=act.context.ids.new("resource"),
            listing_id=listing.id,
            name=plan.name,
            kind=plan.kind,
            grain=plan.grain,
            **_sized(listing, plan),
        )
        for plan in act.context.vertical(listing.vertical).resources
    ]


def resize(act: Act, listing: Listing) -> None:
    """Follow changed attributes. Claims that stand keep what they took.

    Raises ``IllegalTransition`` when the zone would change under live claims: their days are
    days of the old one; ``Conflict`` when more is taken at once than there would be.
    """
    for plan in act.context.vertical(listing.vertical).resources:
        resource = act.work.find(Resource, listing_id=listing.id, name=plan.name)
        if resource is None:
            continue
        sized = _sized(listing, plan)
        if sized["zone"] != resource.zone and act.work.claims.live([resource.id], None, None):
            raise IllegalTransition(
                f"the zone stays {resource.zone} while anything of {resource.name} is taken",
                code="zone_fixed",
                params={"zone": resource.zone, "resource": resource.name},
            )
        if sized["capacity"] < resource.capacity:
            _refuse_below_what_is_taken(act, resource, sized["capacity"])
        changed = evolve(resource, **sized)
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


def named(work: Work, listing_id: str, name: str) -> Resource:
    """The resource of a listing by its name; raises ``NotFound``."""
    found = work.find(Resource, listing_id=listing_id, name=name)
    if found is None:
        raise NotFound(f"listing {listing_id} has no resource {name!r}")
    return found


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
    act: Act, listing: Listing, name: str, span: Span | None, quantity: int, label: str
) -> Reservation:
    """Keep capacity back; raises ``SoldOut`` where a deal has it already."""
    resource = named(act.work, listing.id, name)
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
