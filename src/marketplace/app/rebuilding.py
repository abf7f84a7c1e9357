"""Making the search index anew, piece by piece, and telling where it is not as it should be.

A piece indexes some listings as any change of them would: it locks them, reads them and puts them
in place of what was indexed of them. So it does not matter who changes what meanwhile, nor whether
the rebuilding comes to its end. Pieces go over the map in the order in which the index is kept:
rows that lie side by side are written together, which is most of the speed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from heapq import merge
from itertools import islice
from tempfile import TemporaryFile
from typing import Any

from marketplace.app.context import Context
from marketplace.app.door import Act
from marketplace.app.indexing import entries_of
from marketplace.domain.evolving import evolve
from marketplace.domain.listing import Listing
from marketplace.domain.ports import Work
from marketplace.domain.search import Entry
from marketplace.errors import Forbidden

logger = logging.getLogger("marketplace")

A_PIECE = 2_000
"""How many listings are indexed in one unit of work, which others wait for."""
IN_MEMORY = 200_000
"""How many listings are sorted at once; more are sorted in files."""

Run = Callable[[Callable[[Act], int]], int]
"""Carries out a piece as a command."""


def admitted(act: Act) -> int:
    """Refuse whoever is not the operator."""
    if not act.actor.role:
        raise Forbidden("the operator rebuilds the index")
    return 0


def rebuilt(context: Context, vertical: str, run: Run) -> int:
    """Index a vertical's published listings anew, and forget all else; gives how many."""
    while rows := _orphans(context, vertical):
        run(partial(_forget, orphans=rows))
    after = ""
    while strays := _strays(context, vertical, after):
        after = strays[-1]
        run(partial(_piece, vertical=vertical, ids=strays))
    count = 0
    ordered = _by_cell(_places(context, vertical))
    while ids := [identity for _, identity in islice(ordered, A_PIECE)]:
        count += run(partial(_piece, vertical=vertical, ids=ids))
        logger.info("indexed %d listings of %s", count, vertical)
    return count


def _piece(act: Act, vertical: str, ids: Sequence[str]) -> int:
    """Index these as they are now; those that are not held out any more, no more."""
    admitted(act)
    act.about(vertical)
    # By their ids alone: a database may find a whole vertical to look for some ids in it.
    found = act.work.select(Listing, {"id": list(ids)}, limit=len(ids), lock=True)
    held_out = [one for one in found if one.vertical == vertical and one.state == "published"]
    entries = entries_of(act.context, act.work, held_out)
    act.work.search.remove(sorted(set(ids) - {one.listing_id for one in entries}))
    act.work.search.put(entries)
    return len(entries)


def _forget(act: Act, orphans: Sequence[tuple[str, tuple[Any, ...]]]) -> int:
    admitted(act)
    return act.work.search.forget(orphans)


def _orphans(context: Context, vertical: str) -> list[tuple[str, tuple[Any, ...]]]:
    with context.store.begin(write=False) as work:
        return work.search.orphans(vertical, A_PIECE)


def _strays(context: Context, vertical: str, after: str) -> list[str]:
    with context.store.begin(write=False) as work:
        return work.search.strays(vertical, after, A_PIECE)


def _places(context: Context, vertical: str) -> Iterator[tuple[int, str]]:
    """Cell and id of every listing that is held out."""
    after = ""
    while True:
        with context.store.begin(write=False) as work:
            some = work.search.held_out(vertical, after, A_PIECE)
        if not some:
            return
        after = some[-1][1]
        yield from some


def _by_cell(places: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The same in order, however many there are: sorted runs in files, then merged."""
    with ExitStack() as files:
        runs: list[Iterator[tuple[int, str]]] = []
        while some := sorted(islice(places, IN_MEMORY)):
            file = files.enter_context(TemporaryFile("w+", encoding="utf-8"))
            file.writelines(f"{cell} {identity}\n" for cell, identity in some)
            file.seek(0)
            runs.append(_read(file))
        yield from merge(*runs)


def _read(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for line in lines:
        cell, identity = line.rstrip("\n").split(" ", 1)
        yield int(cell), identity


def drift(context: Context, work: Work, vertical: str) -> list[str]:
    """What is indexed of listings, beside what would be indexed of them now."""
    faults: list[str] = []
    after: str | None = None
    # All listings in the order of their ids: a database that looks for a vertical's alone may
    # sort all of them for every page.
    while some := work.select(Listing, after=after, limit=A_PIECE):
        after = some[-1].id
        mine = [one for one in some if one.vertical == vertical]
        held_out = [one for one in mine if one.state == "published"]
        right = {one.listing_id: _ordered(one) for one in entries_of(context, work, held_out)}
        there = work.search.entries(vertical, [one.id for one in mine])
        indexed = {one.listing_id: _ordered(one) for one in there}
        faults += [
            f"what is indexed of {identity} is not the listing's"
            for identity in sorted(right.keys() | indexed.keys())
            if right.get(identity) != indexed.get(identity)
        ]
    return faults


def _ordered(entry: Entry) -> Entry:
    """The entry with what has no order in one order."""
    return evolve(
        entry,
        tags=tuple(sorted(entry.tags)),
        words=tuple(sorted(entry.words)),
        parts=dict(entry.parts),
    )
