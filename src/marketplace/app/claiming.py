"""Claim effects of a row, and the lease that an offer takes on a listing's attention."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import datetime

from marketplace.app.door import Act
from marketplace.app.hoarding import refuse_too_many
from marketplace.app.move import Move
from marketplace.app.resources import MOST
from marketplace.domain.effect import ClaimEffect, ClaimKind
from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import function_of
from marketplace.domain.item import Item, Numbered
from marketplace.domain.listing import Listing
from marketplace.domain.offer import Offer
from marketplace.domain.request import Request
from marketplace.domain.reservation import Cause, Reservation, ReservationState, Resource
from marketplace.domain.transaction import Transaction
from marketplace.domain.vertical import Taking, Vertical
from marketplace.errors import InvalidInput, PluginError, Refused

_reservation = function_of(Reservation)


def carry_out(move: Move, effect: ClaimEffect) -> None:
    """Do one claim effect for every item of the deal, all of them or none.

    Raises ``SoldOut`` when the capacity is taken. A move goes to the deal's moments as they are
    now, and to the ``quantity`` or the ``items`` that the row asked for.
    """
    act, transaction, offer = move.act, move.transaction, move.offer
    carried_out = (transaction.id, effect.resource)
    if carried_out in act.ahead:
        act.ahead.remove(carried_out)
        return
    wares = wares_of(transaction)
    new = is_new(act, transaction)
    if effect.kind is ClaimKind.CONFIRM and offer is None and not new:
        listings = [listing for listing, _ in wares if listing is not None]
        if act.work.claims.confirm_of([transaction.id], effect.resource, listings)():
            return
    # A deal that this command has opened has claimed what it has claimed in it, and nothing else.
    mine: Sequence[Reservation] = ()
    if not new:
        mine = act.work.claims.of_cause("transaction", transaction.id)
    act.claimed.add(transaction.id)
    resources = resources_of(act, wares, effect.resource)
    known = list(resources.values())
    held = {one.id for one in known}
    already = [one for one in mine if one.resource_id in held]
    ids = [one.id for one in already]
    if effect.kind is ClaimKind.FREE:
        act.work.claims.free(ids)
        return
    if effect.kind is ClaimKind.USE:
        act.work.claims.use(ids)
        return
    if effect.kind is ClaimKind.MOVE:
        amounts = _moved(move, effect.resource, wares, already)
        wishes = _wishes(move, effect.resource, resources, amounts, "confirmed")
        act.work.claims.move(ids, wishes, act.at, known)
        return
    leased = [] if offer is None else act.work.claims.of_cause("offer", offer.id)
    leased = [one for one in leased if one.resource_id in held]
    if leased:
        act.work.claims.hand_over([one.id for one in leased], transaction.id, move.customer)
        ids += [one.id for one in leased]
    firm = effect.kind is ClaimKind.CONFIRM
    if ids:
        if firm:
            act.work.claims.confirm(ids)
        return
    act.work.claims.claim(first_claims(move, effect, wares, resources), act.at, known)


def first_claims(
    move: Move, effect: ClaimEffect, wares: Wares, resources: Mapping[Place, Resource]
) -> list[Reservation]:
    """What a deal wants that has claimed nothing yet; raises as ``carry_out``."""
    firm = effect.kind is ClaimKind.CONFIRM
    amounts = _amounts(move, effect.resource, wares, ())
    wishes = _wishes(move, effect.resource, resources, amounts, "confirmed" if firm else "reserved")
    if not firm and wishes:
        refuse_too_many(move.act, move.customer, wishes)
    return wishes


def is_new(act: Act, transaction: Transaction) -> bool:
    """Whether it has claimed nothing yet: no row of it has come to its end, nor claimed here."""
    return transaction.version == 1 and transaction.id not in act.claimed


Place = tuple[str | None, str]
"""Whose capacity it is: a listing, and an option of it."""
Wares = Mapping[Place, Sequence[Numbered]]
"""What is taken of each place."""


def wares_of(transaction: Transaction) -> Wares:
    """The items of a deal by whose capacity they take; its listing, uncounted, without a basket."""
    items: Sequence[Numbered] = transaction.items
    if not items:
        items = [Numbered(1, Item(transaction.listing_id or "", 0))]
    found: dict[Place, list[Numbered]] = {}
    for one in items:
        found.setdefault((one.item.listing_id or None, one.item.option), []).append(one)
    return found


def resources_of(act: Act, places: Collection[Place], name: str) -> dict[Place, Resource]:
    """The named resource of each place that has one."""
    listings = sorted({listing for listing, _ in places if listing is not None})
    if not listings:
        return {}
    options = sorted({"", *(option for _, option in places)})
    where = {"listing_id": listings, "name": name, "option": options}
    # Never more than these, however many options a listing has beside them.
    most = len(listings) * len(options)
    every = {
        (one.listing_id, one.option): one for one in act.work.select(Resource, where, limit=most)
    }
    found: dict[Place, Resource] = {}
    for place in places:
        # A count that is of no option is every option's.
        listing = place[0] or ""
        one = every.get((listing, place[1])) or every.get((listing, ""))
        if one is not None:
            found[place] = one
    return found


def _amounts(
    move: Move, resource: str, wares: Wares, already: Sequence[Reservation]
) -> dict[Place, int]:
    """How much is taken in each place: what the trade says, what was claimed, what is wanted."""
    act, transaction = move.act, move.transaction
    vertical = act.context.vertical(transaction.vertical)
    if vertical.claims is None and already and len(wares) == 1:
        return dict.fromkeys(wares, sum(one.quantity for one in already))
    if not transaction.items:
        wares = {
            place: [_counted(act, transaction, one) for one in wares[place]] for place in wares
        }
    if vertical.claims is None:
        return {place: sum(one.item.quantity for one in items) for place, items in wares.items()}
    known = _listings(move, {listing for listing, _ in wares if listing is not None})
    return {
        place: sum(
            _said(
                vertical, Taking(one.number, one.item, known[one.item.listing_id], transaction)
            ).get(resource, 0)
            for one in items
            if one.item.listing_id in known
        )
        for place, items in wares.items()
    }


def _listings(move: Move, ids: Set[str]) -> dict[str, Listing]:
    """The listings of a deal: those that were looked at as it began, where these are they."""
    known = {one.id: one for one in move.wares or ()}
    if known.keys() >= ids:
        return known
    found = move.act.work.select(Listing, {"id": sorted(ids)}, limit=len(ids))
    return {one.id: one for one in found}


def _said(vertical: Vertical, taking: Taking) -> Mapping[str, int]:
    """What the trade says an item takes of its resources: nothing of those that it names not.

    Raises ``PluginError`` for a resource that it does not have: nothing would be claimed of it.
    """
    said = None if vertical.claims is None else vertical.claims(taking)
    names = {one.name for one in vertical.resources}
    fits = isinstance(said, (dict, Mapping)) and names.issuperset(said)
    if said is None or not fits or any(type(n) is not int or n < 0 for n in said.values()):
        known = ", ".join(one.name for one in vertical.resources)
        raise PluginError(
            f"claims of vertical {vertical.name!r} maps {known} to how many an item "
            f"takes, zero or more, not {said!r}"
        )
    return said


def _counted(act: Act, transaction: Transaction, one: Numbered) -> Numbered:
    """The item of a deal without a basket, with the quantity that its request says."""
    request_id = transaction.request_id
    quantity = 1 if request_id is None else act.work.get(Request, request_id).quantity
    return evolve(one, item=evolve(one.item, quantity=quantity))


def _moved(
    move: Move, resource: str, wares: Wares, already: Sequence[Reservation]
) -> dict[Place, int]:
    """The amounts that a row asks for; of what it does not name, as much as there is."""
    named: Mapping[str, int] = move.asks.get("items") or {}
    quantity = move.asks.get("quantity", None if move.transaction.items else named.get("1"))
    if quantity is not None:
        if len(wares) > 1:
            raise InvalidInput("a basket has a quantity for each item, not one for all")
        return dict.fromkeys(wares, quantity)
    if not named:
        return _amounts(move, resource, wares, already)
    said = {
        place: [
            evolve(one, item=evolve(one.item, quantity=named[str(one.number)]))
            if str(one.number) in named
            else one
            for one in items
        ]
        for place, items in wares.items()
    }
    return _amounts(move, resource, said, ())


def _wishes(
    move: Move,
    name: str,
    resources: Mapping[Place, Resource],
    amounts: Mapping[Place, int],
    state: ReservationState,
) -> list[Reservation]:
    """A claim for each place in which anything is taken."""
    act, transaction, customer = move.act, move.transaction, move.customer
    wishes: dict[str, Reservation] = {}
    for place, amount in amounts.items():
        if not amount:
            continue
        if place not in resources:
            raise _no_such_resource(act, place[0], name, place[1])
        resource = resources[place]
        before = wishes.get(resource.id)
        if before is not None:
            wishes[resource.id] = evolve(before, quantity=before.quantity + amount)
        else:
            wish = _wish(act, transaction, resource, state, amount, customer)
            wishes[resource.id] = wish
    return list(wishes.values())


def _wish(
    act: Act,
    transaction: Transaction,
    resource: Resource,
    state: ReservationState,
    quantity: int,
    customer: str | None,
) -> Reservation:
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
    return _reservation(
        id=act.context.ids.new("reservation"),
        resource_id=resource.id,
        cause="transaction",
        cause_id=transaction.id,
        quantity=quantity,
        state=state,
        created_at=act.at,
        start=start,
        end=end,
        customer_id=customer,
    )


def resource_of(act: Act, listing_id: str | None, name: str) -> Resource:
    """The named resource of a listing; raises ``Refused`` when there is none."""
    found = None
    if listing_id is not None:
        found = act.work.find(Resource, listing_id=listing_id, name=name)
    if found is None:
        raise _no_such_resource(act, listing_id, name)
    return found


def _no_such_resource(act: Act, listing_id: str | None, name: str, option: str = "") -> Refused:
    where = {"listing_id": listing_id, "name": name}
    others = [] if listing_id is None else act.work.select(Resource, where, limit=MOST)
    options = sorted(one.option for one in others)
    if options:
        what = f"option {option!r}" if option else "no option"
        told = f"listing {listing_id} counts {name} by {', '.join(options)}, and {what} is named"
    else:
        told = f"there is no {name} to claim: listing {listing_id} has no such resource"
    params = {"resource": name, "listing": listing_id, "option": option, "options": options}
    return Refused(told, code="no_such_resource", params=params)


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
