"""Deals linked by rows: one process opens another beside it, and each takes rows of the other.

Each process is proved alone, and its proof rests on no link: the other may never come. What is
proved here is that a link can come at all: what is named is there and can be asked, no deal opens
itself, and no row comes back to itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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
                if effect.up:
                    yield from _told(process, row, effect, processes)
                elif other is None:
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


def openers(processes: Sequence[Table], name: str) -> list[Table]:
    """The processes with a row that opens this one."""
    opening = LinkEffect(name)
    return [one for one in processes if any(opening in row.effects for row in one.transitions)]


def _opened(process: Table, row: Transition, other: Table) -> Iterator[Fault]:
    first = entry(other)
    if first is None:
        sentence = (
            f"'{row.name}' of '{process.name}' opens '{other.name}', where the origin takes "
            f"no row from '{other.start}'"
        )
        yield Fault("unknown_link", sentence, row.name)
    for ask in () if first is None else first.asks:
        if ask.required:
            sentence = (
                f"'{row.name}' of '{process.name}' opens '{other.name}', whose first row asks "
                f"'{ask.name}', which nobody answers"
            )
            yield Fault("origin_waits", sentence, row.name)
    times = [when for one in other.transitions for when in (one.when, one.not_before)]
    needed = {when.moment for when in times if isinstance(when, At)} - {OPENED}
    for moment in sorted(needed - set(process.moments)):
        sentence = (
            f"'{row.name}' of '{process.name}' opens '{other.name}', which is timed by '{moment}'; "
            f"'{process.name}' has {', '.join(process.moments) or 'no moments'}"
        )
        yield Fault("unknown_link", sentence, row.name)


def _taken(process: Table, row: Transition, effect: LinkEffect, other: Table) -> Iterator[Fault]:
    yield from _reached(process, row, effect, other)
    if not _opened_before(process, other.name) & set(row.sources):
        sentence = (
            f"'{row.name}' of '{process.name}' takes '{effect.row}' of '{other.name}', which no "
            "row on the way there opens"
        )
        yield Fault("never_opened", sentence, row.name)


def _told(
    process: Table, row: Transition, effect: LinkEffect, processes: Sequence[Table]
) -> Iterator[Fault]:
    above = openers(processes, process.name)
    if not above:
        sentence = (
            f"'{row.name}' of '{process.name}' does '{effect}', and no process opens "
            f"'{process.name}'"
        )
        yield Fault("never_opened", sentence, row.name)
    for other in above:
        yield from _reached(process, row, effect, other)


def _reached(process: Table, row: Transition, effect: LinkEffect, other: Table) -> Iterator[Fault]:
    """The row is there for a linked deal, and is asked nothing that this one could not tell."""
    theirs = {one.name for one in other.transitions if ORIGIN in one.who}
    if effect.row not in theirs:
        sentence = (
            f"'{row.name}' of '{process.name}' takes '{effect.row}' of '{other.name}', which the "
            f"origin may not; may: {', '.join(sorted(theirs)) or 'nothing'}"
        )
        yield Fault("unknown_link", sentence, row.name)
    told = {(ask.name, ask.kind) for ask in row.asks if ask.required}
    told |= {(moment, "time") for moment in process.moments}
    reached = (one for one in other.transitions if one.name == effect.row and ORIGIN in one.who)
    asked = {(ask.name, ask.kind) for one in reached for ask in one.asks if ask.required}
    for name, _ in sorted(asked - told):
        may = " or ".join(sorted(one for one, _ in told)) or "nothing"
        sentence = (
            f"'{row.name}' of '{process.name}' takes '{effect.row}' of '{other.name}', which asks "
            f"'{name}'; told may be: {may}"
        )
        yield Fault("origin_waits", sentence, row.name)


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


def _circles(known: Mapping[str, Table]) -> Iterator[Fault]:
    opening: dict[str, list[str]] = {name: [] for name in known}
    taking: dict[str, list[str]] = {}
    for name, process in known.items():
        told = [one.name for one in openers(list(known.values()), name)]
        for row in process.transitions:
            for effect in row.links:
                whom = told if effect.up else [effect.process] * (effect.process in known)
                if effect.row is None:
                    opening[name] += whom
                else:
                    reached = [f"{effect.row} of {one}" for one in whom]
                    taking.setdefault(f"{row.name} of {name}", []).extend(reached)
    yield from _circle(opening, "opens")
    yield from _circle(taking, "takes")


def _circle(graph: Mapping[str, list[str]], does: str) -> Iterator[Fault]:
    for name in graph:
        way = _way_back(graph, name)
        if way and name == min(way):
            sentence = f" {does} ".join(f"'{one}'" for one in [*way, name])
            yield Fault("link_circle", sentence, name)


def _way_back(graph: Mapping[str, list[str]], name: str) -> list[str]:
    """A shortest way by which something comes back to itself; empty if there is none."""
    queue: list[list[str]] = [[name]]
    seen: set[str] = set()
    while queue:
        way = queue.pop(0)
        for other in sorted(set(graph.get(way[-1], ()))):
            if other == name:
                return way
            if other not in seen:
                seen.add(other)
                queue.append([*way, other])
    return []
