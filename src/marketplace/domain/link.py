"""Deals linked by rows: one process opens another beside it, and takes rows of what it opened.

Each process is proved alone, and its proof rests on no link: the origin may never come. What is
proved here is that a link can come at all: what is named is there, and no deal opens itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from marketplace.domain.effect import LinkEffect
from marketplace.domain.party import ORIGIN
from marketplace.domain.proof import Fault, Table
from marketplace.domain.transition import OPENED, At, Transition


def link_faults(processes: Sequence[Table]) -> Iterator[Fault]:
    """Every link among the processes of a trade that cannot come about."""
    known = {process.name: process for process in processes}
    for process in processes:
        for row in process.transitions:
            for effect in row.links:
                other = known.get(effect.process)
                if other is None:
                    may = ", ".join(sorted(set(known) - {process.name})) or "nothing"
                    sentence = (
                        f"'{row.name}' of '{process.name}' does '{effect}', and no process is "
                        f"called '{effect.process}'; may: {may}"
                    )
                    yield Fault("unknown_link", sentence, row.name)
                elif effect.row is None:
                    yield from _opened(process, row, other)
                else:
                    yield from _taken(process, row, effect, other)
    yield from _circles(known)


def entry(process: Table) -> Transition | None:
    """The row by which an origin enters what it opened: the first that it may take there."""
    return next((row for row in process.rows_from(process.start) if ORIGIN in row.who), None)


def _opened(process: Table, row: Transition, other: Table) -> Iterator[Fault]:
    if entry(other) is None:
        sentence = (
            f"'{row.name}' of '{process.name}' opens '{other.name}', where the origin takes "
            f"no row from '{other.start}'"
        )
        yield Fault("unknown_link", sentence, row.name)
    times = [when for one in other.transitions for when in (one.when, one.not_before)]
    needed = {when.moment for when in times if isinstance(when, At)} - {OPENED}
    for moment in sorted(needed - set(process.moments)):
        sentence = (
            f"'{row.name}' of '{process.name}' opens '{other.name}', which is timed by '{moment}'; "
            f"'{process.name}' has {', '.join(process.moments) or 'no moments'}"
        )
        yield Fault("unknown_link", sentence, row.name)


def _taken(process: Table, row: Transition, effect: LinkEffect, other: Table) -> Iterator[Fault]:
    theirs = {one.name for one in other.transitions if ORIGIN in one.who}
    if effect.row not in theirs:
        sentence = (
            f"'{row.name}' of '{process.name}' takes '{effect.row}' of '{other.name}', which the "
            f"origin may not; may: {', '.join(sorted(theirs)) or 'nothing'}"
        )
        yield Fault("unknown_link", sentence, row.name)
    if not _opened_before(process, other.name) & set(row.sources):
        sentence = (
            f"'{row.name}' of '{process.name}' takes '{effect.row}' of '{other.name}', which no "
            "row on the way there opens"
        )
        yield Fault("never_opened", sentence, row.name)


def _opened_before(process: Table, name: str) -> set[str]:
    """The states in which a follow-up may have been opened."""
    opening = LinkEffect(name)
    queue = [row.to for row in process.transitions if opening in row.effects]
    found: set[str] = set()
    while queue:
        state = queue.pop()
        if state not in found:
            found.add(state)
            queue += [target for row in process.rows_from(state) for target in row.targets]
    return found


def _circles(known: dict[str, Table]) -> Iterator[Fault]:
    opening = {
        name: sorted(
            {
                effect.process
                for row in process.transitions
                for effect in row.links
                if effect.row is None and effect.process in known
            }
        )
        for name, process in known.items()
    }
    for name in known:
        way = _way_back(opening, name)
        if way and name == min(way):
            sentence = " opens ".join(f"'{one}'" for one in [*way, name])
            yield Fault("link_circle", sentence, name)


def _way_back(opening: dict[str, list[str]], name: str) -> list[str]:
    """A shortest way by which a process comes to open itself; empty if there is none."""
    queue: list[list[str]] = [[name]]
    seen: set[str] = set()
    while queue:
        way = queue.pop(0)
        for other in opening[way[-1]]:
            if other == name:
                return way
            if other not in seen:
                seen.add(other)
                queue.append([*way, other])
    return []
