"""Where too many compete for too few: found by pairing as many as can be, whatever it costs.

A row that cannot be paired by any exchange stands in a crowd: all that it reaches by exchanges is
taken, by rows that reach nothing else either. In any choice with the most pairs, the columns of a
crowd go to its rows alone. So the assignment looks for partners there from the columns' side, the
scarce one, and everywhere else from the rows' side.
"""

from __future__ import annotations

from collections.abc import Sequence


def crowd(near: Sequence[Sequence[int]], columns: int) -> tuple[set[int], set[int]]:
    """The rows that compete for too few columns, and those columns; both empty where all find one.

    `near` lists the columns of each row. No row of the crowd has a column outside of it.
    """
    owner = [-1] * columns
    mate = [-1] * len(near)
    todo = []
    for i, some in enumerate(near):
        for j in some:
            if owner[j] < 0:
                owner[j], mate[i] = i, j
                break
        else:
            todo.append(i)
    todo = [i for i in todo if not _exchanged(near, owner, mate, i)]
    free = {j for j, i in enumerate(owner) if i < 0}
    rows: set[int] = set()
    taken: set[int] = set()
    for start in todo:
        _pair(near, (owner, mate), free, start, (rows, taken))
    return rows, taken


def _exchanged(near: Sequence[Sequence[int]], owner: list[int], mate: list[int], row: int) -> bool:
    """Whether somebody could make way for `row` at once: most searches end so, and this is soon."""
    for j in near[row]:
        other = owner[j]
        for k in near[other]:
            if owner[k] < 0:
                owner[k], mate[other] = other, k
                owner[j], mate[row] = row, j
                return True
    return False


def _pair(
    near: Sequence[Sequence[int]],
    pairs: tuple[list[int], list[int]],
    free: set[int],
    start: int,
    crowds: tuple[set[int], set[int]],
) -> None:
    """Pair one more row by the shortest chain of exchanges, or add what it reaches to the crowd."""
    owner, mate = pairs
    rows, taken = crowds
    levels = [[start]]
    seen: set[int] = set()
    while True:
        reached = set().union(*[near[i] for i in levels[-1]])
        found = reached & free
        if found:
            break
        reached = reached - seen - taken
        if not reached:
            rows.update(*levels)
            taken |= seen
            return
        seen |= reached
        levels.append([owner[j] for j in reached])
    end = min(found)
    free.discard(end)
    for level in reversed(levels):
        row = next(i for i in level if end in near[i])
        owner[end] = row
        end, mate[row] = mate[row], end
