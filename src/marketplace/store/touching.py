"""Which live claims touch a span, found without reading through all that was ever claimed.

A claim touches a span if it begins inside, or began before and still stands. Those that began
before are looked for backwards from the span. Live claims of a single resource never overlap, so
there the first one back is the only one that can stand. Of a counted one its grain says how much
of it is taken where the span begins: the look goes back until it has found all of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from marketplace.domain.reservation import Reservation, Resource
from marketplace.errors import InvalidInput
from marketplace.store import claims_sql as sql
from marketplace.store.runner import Runner
from marketplace.store.shelf import Shelf
from marketplace.store.statement import Statement

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def touching(
    runner: Runner,
    shelf: Shelf,
    resources: Iterable[Resource],
    start: datetime,
    end: datetime | None,
) -> list[Reservation]:
    """Live claims on resources that touch a span, in any order."""
    groups: dict[timedelta | str, list[str]] = {}
    for one in resources:
        kind = "single" if one.kind == "single" else one.grain or "count"
        groups.setdefault(kind, []).append(one.id)
    asks = [_asked(shelf, ids, of, start, end) for of, ids in groups.items()]
    decode = shelf.ready[Reservation].codec.decode
    return [decode(row) for rows in runner.ask_all(asks) for row in rows]


def most_taken(
    runner: Runner, shelf: Shelf, resources: Iterable[Resource], start: datetime, end: datetime
) -> dict[str, int]:
    """How much of each counted calendar is taken at once in a span, at most; by its grains alone.

    What lapsed is among it: it is taken until somebody claims what it stands on.
    """
    groups: dict[timedelta, list[str]] = {}
    for one in resources:
        if one.kind == "single" or one.grain is None:
            raise InvalidInput(f"{one.name} has no grains: see which claims touch a span of it")
        groups.setdefault(one.grain, []).append(one.id)
    statement = shelf.sql(sql.MOST_TAKEN)
    array, whole = shelf.adapter.array, shelf.adapter.whole
    asks = []
    for grain, ids in groups.items():
        first, past = (start - EPOCH) // grain, -((EPOCH - end) // grain)
        values = {"ids": array(sorted(ids)), "first": whole(first), "last": whole(past - 1)}
        asks.append((statement, statement.fill(values)))
    found = {id: 0 for ids in groups.values() for id in ids}
    return found | {id: most for rows in runner.ask_all(asks) for id, most in rows}


def _asked(
    shelf: Shelf, ids: list[str], of: timedelta | str, start: datetime, end: datetime | None
) -> tuple[Statement, tuple[Any, ...]]:
    """The statement about resources of one kind, and its parameters."""
    put = shelf.adapter.put_moment
    values: dict[str, Any] = {"ids": shelf.adapter.array(sorted(ids)), "start": put(start)}
    if end is not None:
        values["end"] = put(end)
    columns = shelf.ready[Reservation].columns
    before_end = ' AND "start" < :end' if end is not None else ""
    if of == "count":
        where = "{any:resource_id:ids}" + span(start, end)
        statement = shelf.formed(sql.LIVE, columns=columns, where=where, lock="")
    elif isinstance(of, timedelta):
        words = {"columns": columns, "before_end": before_end}
        statement = shelf.formed(sql.TOUCHING_COUNTED, **words)
        values |= _grain(shelf, start, of)
    else:
        each = shelf.adapter.each("ids", "text")
        words = {"columns": columns, "before_end": before_end, "each": each}
        statement = shelf.formed(sql.TOUCHING_SINGLE, **words)
    return statement, statement.fill(values)


def _grain(shelf: Shelf, start: datetime, grain: timedelta) -> Mapping[str, Any]:
    """The grain in which a span begins."""
    put = shelf.adapter.put_moment
    slot = (start - EPOCH) // grain
    begins = EPOCH + slot * grain
    whole = shelf.adapter.whole(slot)
    return {"slot": whole, "grain_begins": put(begins), "grain_ends": put(begins + grain)}


def span(start: datetime | None, end: datetime | None) -> str:
    """The condition that a claim touches a span."""
    parts = ""
    if start is not None:
        parts += ' AND ("end" IS NULL OR "end" > :start)'
    if end is not None:
        parts += ' AND ("start" IS NULL OR "start" < :end)'
    return parts
