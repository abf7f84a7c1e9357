"""Claim effects of a row, and the lease that an offer takes on a listing's attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve

from marketplace.app.door import Act
from marketplace.domain.effect import ClaimEffect, ClaimKind
from marketplace.domain.listing import Listing
from marketplace.domain.offer import Offer
from marketplace.domain.party import CUSTOMER
from marketplace.domain.request import Request
from marketplace.domain.reservation import Cause, Reservation, ReservationState, Resource
from marketplace.domain.span import Span
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import InvalidInput, LimitExceeded, Refused


def carry_out(
    act: Act,
    transaction: Transaction,
    effect: ClaimEffect,
    offer: Offer | None,
    asks: Mapping[str, Any],
) -> None:
    """Do one claim effect; raises ``SoldOut`` when the capacity is taken.

    A move goes to the deal's moments as they are now, and to the ``quantity`` the row asked for.
    """
    mine = act.work.claims.of_cause("transaction", transaction.id)
    if transaction.items:
        _of_items(act, transaction, effect, mine, asks)
        return
    if effect.kind is ClaimKind.FREE:
        held = _resource_ids(act, transaction.listing_id, effect.resource)
        act.work.claims.free([one.id for one in mine if one.resource_id in held])
        return
    resource = resource_of(act, transaction.listing_id, effect.resource)
    already = [one for one in mine if one.resource_id == resource.id]
    if effect.kind is ClaimKind.MOVE:
        wish = _wish(act, transaction, resource, "confirmed")
        before = sum(one.quantity for one in already) or wish.quantity
        wish = evolve(wish, quantity=asks.get("quantity", before))
        act.work.claims.move([one.id for one in already], [wish], act.at)
        return
    leased = [] if offer is None else act.work.claims.of_cause("offer", offer.id)
    leased = [one for one in leased if one.resource_id == resource.id]
    if leased:
        ids = [one.id for one in leased]
        act.work.claims.hand_over(ids, "transaction", transaction.id)
        already = [*already, *leased]
    firm = effect.kind is ClaimKind.CONFIRM
    if already:
        if firm:
            act.work.claims.confirm([one.id for one in already])
        return
    wish = _wish(act, transaction, resource, "confirmed" if firm else "reserved")
    if not firm:
        _refuse_too_many(act, transaction, wish)
    act.work.claims.claim([wish], act.at)


def _of_items(
    act: Act,
    transaction: Transaction,
    effect: ClaimEffect,
    mine: Sequence[Reservation],
    asks: Mapping[str, Any],
) -> None:
    """The same for a basket: the named resource of each item's listing, all of them or none."""
    listings = sorted({one.item.listing_id for one in transaction.items})
    found = act.work.select(
        Resource, {"listing_id": listings, "name": effect.resource}, limit=len(listings)
    )
    resources = {one.listing_id: one for one in found}
    held = {one.id for one in found}
    already = [one.id for one in mine if one.resource_id in held]
    firm = effect.kind is ClaimKind.CONFIRM
    if effect.kind is ClaimKind.FREE:
        act.work.claims.free(already)
        return
    if already and effect.kind is not ClaimKind.MOVE:
        if firm:
            act.work.claims.confirm(already)
        return
    state: ReservationState = "reserved" if effect.kind is ClaimKind.RESERVE else "confirmed"
    wishes = []
    for one in transaction.items:
        resource = resources.get(one.item.listing_id)
        if resource is None:
            raise _no_such_resource(one.item.listing_id, effect.resource)
        wishes.append(_wish(act, transaction, resource, state, one.item.quantity))
    if effect.kind is ClaimKind.MOVE:
        if "quantity" in asks:
            raise InvalidInput("a basket has a quantity for each item, not one for all")
        act.work.claims.move(already, wishes, act.at)
        return
    if not firm:
        _refuse_too_many(act, transaction, wishes[0])
    act.work.claims.claim(wishes, act.at)


def _refuse_too_many(act: Act, transaction: Transaction, wish: Reservation) -> None:
    """One customer keeps only so much from others before anything is firm.

    Who reserves by his own act is refused; what others do for him (a provider who accepts) is
    bounded by his open requests.
    """
    customer = act.actor.party_id
    seat = {"transaction_id": transaction.id, "role": CUSTOMER.name, "party_id": customer}
    if customer is None or not act.work.select(Seat, seat, order="role", limit=1):
        return
    limits = act.context.limits
    held = act.work.claims.reserved_for(customer, act.at)
    beside = [one for one in held if _share_an_instant(one, wish)]
    for code, count, most, said in (
        ("too_many_holds", len(held), limits.open_holds, "at once"),
        ("overlapping_holds", len(beside), limits.overlapping_holds, "for the same time"),
    ):
        if count >= most:
            raise LimitExceeded(
                f"a party may have {most} reservations {said} that are not yet firm; "
                "confirm or cancel one first",
                code=code,
                params={"limit": most, "reserved": count},
            )


def _share_an_instant(one: Reservation, other: Reservation) -> bool:
    """Whether two claims with spans overlap; stock is of no time."""
    if one.start is None or other.start is None:
        return False
    return Span(one.start, one.end).overlaps(Span(other.start, other.end))


def _wish(
    act: Act,
    transaction: Transaction,
    resource: Resource,
    state: ReservationState,
    quantity: int | None = None,
) -> Reservation:
    if quantity is None and transaction.request_id is not None:
        quantity = act.work.get(Request, transaction.request_id).quantity
    spanned = resource.grain is not None
    missing = [name for name in ("start", "end") if spanned and name not in transaction.moments]
    if missing:
        # Without an end the claim would stand in everybody's way for ever.
        raise InvalidInput(
            f"a claim on {resource.name} has a start and an end; name {' and '.join(missing)} "
            "in the request",
            code="missing_moment",
            params={"missing": missing, "resource": resource.name},
        )
    start = end = None
    if spanned:
        moments = transaction.moments
        start, end = resource.covers(moments["start"], moments["end"], prepared=True)
    return Reservation(
        id=act.context.ids.new("reservation"),
        resource_id=resource.id,
        cause="transaction",
        cause_id=transaction.id,
        quantity=quantity or 1,
        state=state,
        created_at=act.at,
        start=start,
        end=end,
    )


def resource_of(act: Act, listing_id: str | None, name: str) -> Resource:
    """The named resource of a listing; raises ``Refused`` when there is none."""
    found = None
    if listing_id is not None:
        found = act.work.find(Resource, listing_id=listing_id, name=name)
    if found is None:
        raise _no_such_resource(listing_id, name)
    return found


def _no_such_resource(listing_id: str | None, name: str) -> Refused:
    return Refused(
        f"there is no {name} to claim: listing {listing_id} has no such resource",
        code="no_such_resource",
        params={"resource": name, "listing": listing_id},
    )


def _resource_ids(act: Act, listing_id: str | None, name: str) -> set[str]:
    if listing_id is None:
        return set()
    return {one.id for one in act.work.select(Resource, {"listing_id": listing_id, "name": name})}


def _attended(act: Act, offer: Offer) -> str | None:
    """The listing whose attention stands for its provider's: a person has one, however many it
    lists."""
    if offer.listing_id is None:
        return None
    listing = act.work.get(Listing, offer.listing_id)
    mine = {"provider_id": listing.provider_id, "vertical": listing.vertical}
    return act.work.select(Listing, mine, limit=1)[0].id


def lease(act: Act, offer: Offer, resource_name: str, until: datetime) -> None:
    """Claim a listing's attention for an offer; raises ``SoldOut`` when another has it."""
    resource = resource_of(act, _attended(act, offer), resource_name)
    act.work.claims.claim(
        [
            Reservation(
                id=act.context.ids.new("reservation"),
                resource_id=resource.id,
                cause="offer",
                cause_id=offer.id,
                quantity=1,
                state="reserved",
                created_at=act.at,
                until=until,
            )
        ],
        act.at,
    )


def free_all(act: Act, cause: Cause, cause_id: str) -> None:
    """Give back every claim of one cause."""
    mine = act.work.claims.of_cause(cause, cause_id)
    if mine:
        act.work.claims.free([one.id for one in mine])
