"""Where too many compete for too few: found by pairing as many as can be, whatever it costs.

A row that cannot be paired by any exchange stands in a crowd: all that it reaches by exchanges is
taken, by rows that reach nothing else either. In any choice with the most pairs, the columns of a
crowd go to its rows alone. So the assignment looks for partners there from the columns' side, the
scarce one, and everywhere else from the rows' side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen


def crowd(near: Sequence[Sequence[int]], columns: int) -> tuple[set[int], set[int]]:
    """The rows that compete for too few columns, and those columns; both empty where all find one.

    `near` lists the columns of each row. No row of the crowd has a column outside of it.
    """
    owner = [-1] * columns
    mate = [-1] * len(near)
    alone = []
    for i, some in enumerate(near):
        for j in some:
            if owner[j] < 0:
                owner[j], mate[i] = i, j
                break
        else:
            alone.append(i)
    # Who found nobody has seen that all are taken, and taken is taken for good.
    ahead: list[Iterator[int]] = [iter(some) for some in near]
    pairing = _Pairing(near, owner, mate, ahead)
    while True:
        met = bytearray(len(near))
        left = [i for i in alone if not pairing.placed(i, met)]
        if len(left) == len(alone):
            break
        alone = left
    rows = {i for i, seen in enumerate(met) if seen}
    return rows | set(alone), {mate[i] for i in rows}


@frozen(slots=True)
class _Pairing:
    near: Sequence[Sequence[int]]
    owner: list[int]
    mate: list[int]
    ahead: list[Iterator[int]]  # of a row the columns that it has not seen taken

    def placed(self, start: int, met: bytearray) -> bool:
        """Whether rows that nobody has met in this round of searches could make way for one more.

        Those that it looks at are met then. It goes into the depth, and each row first looks for a
        column that is free.
        """
        owner, ahead = self.owner, self.ahead
        path = [start]
        walk = [iter(self.near[start])]
        while path:
            for j in ahead[path[-1]]:
                if owner[j] < 0:
                    self._shift(path, j)
                    return True
            for j in walk[-1]:
                other = owner[j]
                if not met[other]:
                    met[other] = True
                    path.append(other)
                    walk.append(iter(self.near[other]))
                    break
            else:
                path.pop()
                walk.pop()
        return False

    def _shift(self, path: list[int], free: int) -> None:
        """The last of `path` takes the free column, each before it what the next one had."""
        for row in reversed(path):
            self.owner[free] = row
            self.mate[row], free = free, self.mate[row]
