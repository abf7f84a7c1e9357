"""Claims of several deals that go on at once: in one statement, where they can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from marketplace.app.claiming import (
    Place,
    Wares,
    first_claims,
    is_new,
    resources_of,
    wares_of,
)
from marketplace.app.door import Act
from marketplace.app.move import Move
from marketplace.domain.effect import ClaimEffect, ClaimKind
from marketplace.domain.reservation import Reservation, Resource
from marketplace.domain.transaction import Transaction
from marketplace.domain.transition import Transition
from marketplace.errors import InvalidInput, Refused

FIRST = (ClaimKind.RESERVE, ClaimKind.CONFIRM)
"""Effects by which a deal that has claimed nothing claims."""


def claim_together(act: Act, setting_out: Sequence[tuple[Move, Transition]]) -> None:
    """Carry out what the rows of several new deals begin by claiming, if there is room for all.

    Else nothing is claimed here, and each claims when it is its turn: so it is known whose has no
    room, and what lapsed makes way for it. Claims of a time are left to each as well.
    """
    begun = [
        (move, wares_of(move.transaction), effect)
        for move, row in setting_out
        if row.lines is None and not row.moments and is_new(act, move.transaction)
        for effect in _claims_at(row, 0, FIRST)
    ]
    if len(begun) < 2:
        return
    holds = {customer: list(held) for customer, held in act.holds.items()}
    wishes: list[Reservation] = []
    known = _known(act, begun)
    try:
        for move, wares, effect in begun:
            wishes += first_claims(move, effect, wares, known[effect.resource])
        refused = False
    except (Refused, InvalidInput):
        refused = True
    resources = {one.id: one for found in known.values() for one in found.values()}
    if refused or not act.work.claims.claim_counts(wishes, list(resources.values())):
        act.holds.clear()
        act.holds.update(holds)
        return
    act.claimed.update(move.transaction.id for move, _, _ in begun)
    act.ahead.update((move.transaction.id, effect.resource) for move, _, effect in begun)


def _known(
    act: Act, begun: Sequence[tuple[Move, Wares, ClaimEffect]]
) -> dict[str, dict[Place, Resource]]:
    """By name, the resources of all places of which any of the deals takes."""
    places: dict[str, dict[Place, None]] = {}
    for _, wares, effect in begun:
        places.setdefault(effect.resource, {}).update(dict.fromkeys(wares))
    return {name: resources_of(act, wanted, name) for name, wanted in places.items()}


def confirm_together(
    act: Act, going_on: Sequence[tuple[Transaction, Transition, int]]
) -> Callable[[], None]:
    """Carry out what the rows of several deals make firm next, from a step of each on; what is
    given notes for which it is done, before they go on."""
    by_name: dict[str, list[Transaction]] = {}
    for deal, row, step in going_on:
        if is_new(act, deal):
            continue
        for effect in _claims_at(row, step, [ClaimKind.CONFIRM]):
            by_name.setdefault(effect.resource, []).append(deal)
    firm: list[tuple[str, Callable[[], set[str]]]] = []
    for name, deals in by_name.items():
        listings = {one for deal in deals for one, _ in wares_of(deal) if one is not None}
        ids = [deal.id for deal in deals]
        firm.append((name, act.work.claims.confirm_of(ids, name, sorted(listings))))

    def note() -> None:
        for name, confirmed in firm:
            act.ahead.update((deal, name) for deal in confirmed())

    return note


def _claims_at(row: Transition, step: int, kinds: Sequence[ClaimKind]) -> list[ClaimEffect]:
    """The claims of these kinds with which the row goes on, one of each resource."""
    found: dict[str, ClaimEffect] = {}
    for effect in row.effects[step:]:
        if not isinstance(effect, ClaimEffect) or effect.kind not in kinds:
            break
        if effect.resource in found:
            break
        found[effect.resource] = effect
    return list(found.values())
