"""Where too many compete for too few: found by pairing as many as can be, whatever it costs.

A row that cannot be paired by any exchange stands in a crowd: all that it reaches by exchanges is
taken, by rows that reach nothing else either. In any choice with the most pairs, the columns of a
crowd go to its rows alone. So the assignment looks for partners there from the columns' side, the
scarce one, and everywhere else from the rows' side.

Costs play no part here, so each row looks at its last column first, which is its dearest: the
nearest ones its neighbours look for as well, and where there is room few have to make way.
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
        for j in reversed(some):
            if owner[j] < 0:
                owner[j], mate[i] = i, j
                break
        else:
            alone.append(i)
    pairing = _Pairing(near, owner, mate, [None] * len(near))
    while True:
        met = [False] * columns
        left = [i for i in alone if not pairing.placed(i, met)]
        if len(left) == len(alone):
            break
        alone = left
    scarce = {j for j, seen in enumerate(met) if seen}
    return {owner[j] for j in scarce}.union(alone), scarce


@frozen(slots=True)
class _Pairing:
    near: Sequence[Sequence[int]]
    owner: list[int]
    mate: list[int]
    ahead: list[Iterator[int] | None]
    """Of a row the columns that it has not seen taken, once it has looked: taken is for good."""

    def placed(self, start: int, met: list[bool]) -> bool:
        """Whether rows could make way for one more, by columns that nobody has met in this round of
        searches; those that it looks at are met then.

        It goes into the depth, and each row first looks for a column that is free.
        """
        near, owner, ahead = self.near, self.owner, self.ahead
        path: list[int] = []
        walk: list[Iterator[int]] = []
        row = start
        while row >= 0:
            unseen = ahead[row]
            if unseen is None:
                unseen = ahead[row] = reversed(near[row])
            path.append(row)
            walk.append(reversed(near[row]))
            for j in unseen:
                if owner[j] < 0:
                    self._shift(path, j)
                    return True
            row = -1
            while walk and row < 0:
                for j in walk[-1]:
                    if not met[j]:
                        met[j] = True
                        row = owner[j]
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
