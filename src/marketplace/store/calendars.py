"""What is taken of a calendar, as bits: one number for each block of grains.

A bit says that nothing is left in its grain, preparation included: a deal that covered it would
need grains that others have. It never says so wrongly. Where bits cannot tell all (claims that may
lapse, claims on a single resource that end inside a grain), a calendar is not *sure*, and whoever
needs to know asks the claims themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from attrs import field, frozen

from marketplace.domain.reservation import Resource
from marketplace.store import search_sql as sql
from marketplace.store.runner import Runner
from marketplace.store.shelf import Shelf

BLOCK = 63
"""Grains in a block: the bits of a number that is never negative."""

LONGEST = 10_000
"""A longer claim, or one without an end, is no bits: it makes its calendar unsure."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST, _LAST = -(2**53), 2**53


@frozen
class Taken:
    """The bits of one calendar, and whether they tell all about a quantity of one."""

    masks: Mapping[int, int] = field(factory=dict)
    sure: bool = True


def slots_of(
    resource: Resource, start: datetime | None, end: datetime | None, *, whole: bool = False
) -> range | None:
    """The grains that a span touches, or those it covers wholly; None where it has no end."""
    if resource.grain is None:
        return range(1)
    if start is None or end is None:
        return None
    grain = resource.grain // _MICROSECOND
    low, high = ((moment - _EPOCH) // _MICROSECOND for moment in (start, end))
    first, past = (-(-low // grain), high // grain) if whole else (low // grain, -(-high // grain))
    return range(first, past) if past - first <= LONGEST else None


def widened(resource: Resource, slots: range) -> range:
    """The bits that grains have a say in: theirs, and those that would need them to prepare."""
    return range(slots.start - resource.after, slots.stop + resource.before)


def masks_of(resource: Resource, full: Iterable[int]) -> dict[int, int]:
    """The bits of full grains, by block."""
    masks: dict[int, int] = {}
    for slot in full:
        for bit in range(slot - resource.after, slot + resource.before + 1):
            block, place = divmod(bit, BLOCK)
            masks[block] = masks.get(block, 0) | 1 << place
    return masks


def taken(
    runner: Runner, shelf: Shelf, resources: Sequence[Resource], between: range | None = None
) -> dict[str, Taken]:
    """What is taken of these calendars, by resource; ``between`` are the grains to be looked at."""
    if not resources:
        return {}
    ids = shelf.adapter.array(sorted(one.id for one in resources))
    of = {one.id: one for one in resources}
    low, high = (_FIRST, _LAST) if between is None else (between.start, between.stop)
    grains = shelf.sql(sql.FULL_GRAINS)
    used, claims = runner.ask_all(
        [
            (grains, grains.fill({"ids": ids, "low": low, "high": high})),
            (shelf.sql(sql.CLAIMS), (ids,)),
        ]
    )
    lapsing: dict[tuple[str, int], int] = {}
    full: dict[str, set[int]] = {}
    unsure = {one.id for one in resources if one.kind == "single" and one.grain is not None}
    get = shelf.adapter.get_moment
    for resource_id, single, quantity, start, end, may_lapse in claims:
        resource = of[resource_id]
        moments = (start and get(start), end and get(end))
        slots = slots_of(resource, *moments, whole=bool(single))
        if may_lapse or slots is None:
            unsure.add(resource_id)
        if slots is None:
            continue
        if single and not may_lapse:
            full.setdefault(resource_id, set()).update(slots)
        elif not single:
            for slot in slots:
                lapsing[resource_id, slot] = lapsing.get((resource_id, slot), 0) + quantity
    for resource_id, slot, many, capacity in used:
        if many - lapsing.get((resource_id, slot), 0) >= capacity:
            full.setdefault(resource_id, set()).add(slot)
    return {
        one.id: Taken(masks_of(one, full.get(one.id, ())), one.id not in unsure)
        for one in resources
    }


def question(slots: tuple[int, int] | None) -> dict[str, int]:
    """The blocks and bits of grains that must be free, as a statement asks for them."""
    if slots is None:
        return {}
    first, last = slots
    first_block, last_block = first // BLOCK, last // BLOCK
    from_there, until_there = -1 << first % BLOCK, (1 << last % BLOCK + 1) - 1
    every = (1 << BLOCK) - 1
    if first_block == last_block:
        from_there = until_there = from_there & until_there
    return {
        "first_block": first_block,
        "last_block": last_block,
        "first_mask": from_there & every,
        "last_mask": until_there & every,
    }
