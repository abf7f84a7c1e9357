"""The project's own assignment solver: successive shortest augmenting paths, in plain Python.

The shape of it: the larger side is what is chosen from; where too many compete for too few even so
(`crowded`), the few are placed first, by a search of their own: near equality a search is long,
from the scarce side it is short. Each row takes its cheapest column, where nobody has it; the
others bid for theirs, and whom they push out bids on, until prices settle or a chain of bids grows
long: that places nine in ten. Each of the rest is placed by one Dijkstra search over reduced costs.
Every loop is bounded, nothing recurses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from heapq import heappop, heappush

from attrs import define

from marketplace.matching.crowded import crowd
from marketplace.matching.graph import Lists, Optimum, each_once

_BIDS_IN_A_CHAIN = 12
"""How many rows in a row may push each other out before searching takes over. A bid is cheap beside
a search; but where three rows fight for two columns bidding goes on by small steps for as long as
being unserved is dear, and a search ends such a fight at once."""


@define(slots=True)
class _Side:
    """Rows looking for columns. Both are numbered as in the whole graph."""

    near: Sequence[Sequence[int]]  # of a row: its columns, the cheapest first
    costs: Sequence[Sequence[int]]  # of a row: what they cost
    price: int  # of a row that stays alone
    prices: list[int]  # of the columns: never above zero
    owner: list[int]  # the row a column is given to, or -1
    mate: list[int]  # the column a row is given, or -1
    pays: list[int]  # of a row: its cost less its column's price; no column would be less

    @classmethod
    def of(
        cls,
        near: Sequence[Sequence[int]],
        costs: Sequence[Sequence[int]],
        columns: int,
        price: int,
    ) -> _Side:
        """Nobody placed yet."""
        mate, pays = [-1] * len(near), [price] * len(near)
        return cls(near, costs, price, [0] * columns, [-1] * columns, mate, pays)


def optimum(lists: Lists, price: int) -> Optimum:
    """The cheapest choice: costs of pairs, plus `price` for each request left unserved.

    No cost in `lists` may be above `price`.
    """
    near, costs, providers, numbers = lists.near, lists.costs, lists.providers, lists.numbers
    if len(near) <= providers:
        side = _solved(near, costs, providers, price, numbers)
        return Optimum(side.mate, *_worths(side))
    back, paid = turned(near, costs, providers, range(len(near)), numbers)
    side = _solved(back, paid, len(near), price, numbers)
    return Optimum(side.owner, *_worths(side)[::-1])


def turned(
    near: Sequence[Sequence[int]],
    costs: Sequence[Sequence[int]],
    columns: int,
    rows: Collection[int],
    numbers: Sequence[int],
) -> tuple[list[Sequence[int]], list[Sequence[int]]]:
    """The lists of the other side: of each column those of `rows` that it is near, the cheapest
    first, and what they cost; rows are called by `numbers`."""
    size = len(near)
    # cost * size + row: one integer sorts faster than a pair
    met: defaultdict[int, list[int]] = defaultdict(list)
    for i in rows:
        for j, c in zip(near[i], costs[i]):  # noqa: B905 both have one length, and this is hot
            met[j].append(c * size + i)
    dearest = max([costs[i][-1] for i in rows if costs[i]], default=0)
    cost_of = each_once(dearest + 1, sum(map(len, met.values())), numbers)
    back: list[Sequence[int]] = [()] * columns
    paid = back[:]
    for j, some in met.items():
        some.sort()
        back[j] = tuple([numbers[k % size] for k in some])
        paid[j] = tuple([cost_of[k // size] for k in some])
    return back, paid


def _solved(
    near: Sequence[Sequence[int]],
    costs: Sequence[Sequence[int]],
    columns: int,
    price: int,
    numbers: Sequence[int],
) -> _Side:
    side = _Side.of(near, costs, columns, price)
    crowding, scarce = crowd(near, columns)
    if scarce:
        # Elsewhere no price has been named yet, and each row hopes for all it could gain: so much
        # that no column of the crowd can think of it.
        back = _Side.of(*turned(near, costs, columns, crowding, numbers), len(near), price)
        _place(back, sorted(scarce))
        for j in scarce:
            i = back.mate[j]
            if i >= 0:
                side.owner[j], side.mate[i] = i, j
                side.prices[j], side.pays[i] = back.pays[j] - price, price + back.prices[i]
    _place(side, [i for i in numbers[: len(near)] if i not in crowding])
    return side


def _worths(side: _Side) -> tuple[list[int], list[int]]:
    """Of the rows and of the columns."""
    return [side.price - paid for paid in side.pays], [-p for p in side.prices]


def _place(side: _Side, members: Collection[int]) -> None:
    _search(side, _bid(side, _first_come(side, members)))


def _first_come(side: _Side, members: Collection[int]) -> list[int]:
    """Let each row take its cheapest column, where that is free; the rows that found it taken."""
    near, costs, owner, mate, pays = side.near, side.costs, side.owner, side.mate, side.pays
    late = []
    for i in members:
        row = near[i]
        if row:
            j = row[0]
            if owner[j] < 0:
                owner[j], mate[i], pays[i] = i, j, costs[i][0]
            else:
                late.append(i)
    return late


def _bid(side: _Side, members: list[int]) -> list[int]:
    """Let rows take their cheapest column, raising its price to their second choice.

    Returns the rows that still need a search: those whose two best were equally good and taken, and
    those at the end of a long chain.
    """
    near, costs, prices, owner, mate, pays, alone = (
        side.near, side.costs, side.prices, side.owner, side.mate, side.pays, side.price,
    )  # fmt: skip
    later = []
    for first in members:
        i = first
        for _ in range(_BIDS_IN_A_CHAIN):
            best = second = alone
            choice = -1
            for c, j in zip(costs[i], near[i]):  # noqa: B905 both have one length, and this is hot
                if c >= second:  # the rest cost more still, for no price is above zero
                    break
                r = c - prices[j]
                if r < second:
                    if r < best:
                        second = best
                        best = r
                        choice = j
                    else:
                        second = r
            if choice < 0:
                # Prices only get worse for rows: this one stays alone for good.
                mate[i], pays[i] = -1, alone
                break
            before = owner[choice]
            if best == second and before >= 0:
                # Nothing can be bid, but another column that is as good may be free.
                for c, j in zip(costs[i], near[i]):  # noqa: B905 as above
                    if owner[j] < 0 and c == best:  # whose price is still zero
                        choice, before = j, -1
                        break
                else:
                    mate[i] = -1
                    later.append(i)
                    break
            owner[choice], mate[i] = i, choice
            if before < 0:
                pays[i] = best
                break
            prices[choice] -= second - best
            pays[i] = second
            i = before
        else:
            mate[i] = -1
            later.append(i)
    return later


def _search(side: _Side, members: list[int]) -> None:
    """Place more rows, each by the cheapest chain of changes (Dijkstra over reduced costs)."""
    near, costs, prices, owner, pays, alone = (
        side.near, side.costs, side.prices, side.owner, side.pays, side.price,
    )  # fmt: skip
    size = len(owner)
    # Of the columns, while one search lasts: how far they are, as far as nobody goes where they are
    # free or out of reach, and the row that reached them.
    distance = [alone] * size
    from_row = [-1] * size
    for start in members:
        heap: list[int] = []  # distance * size + column: one integer compares faster than two
        ready: list[int] = []  # columns no farther than the one in hand need not stand in line
        closed: list[int] = []
        shortest, end_column, end_row = alone, -1, start
        row, so_far, here = start, 0, -1
        while True:
            left = shortest - so_far
            for c, j in zip(costs[row], near[row]):  # noqa: B905 as above
                r = c - prices[j]
                if r < left:
                    d = so_far + r
                    if d < distance[j]:
                        from_row[j] = row
                        if owner[j] < 0:
                            shortest, end_column, left = d, j, r
                        else:
                            distance[j] = d
                            if d == here:
                                ready.append(j)
                            else:
                                heappush(heap, d * size + j)
                elif c >= left:  # the rest cost more still, for no price is above zero
                    break
            if ready:
                column = ready.pop()
            else:
                column = -1
                while heap:
                    key = heappop(heap)
                    j = key % size
                    if distance[j] == key // size:
                        column, here = j, distance[j]
                        break
                if column < 0:
                    break
                if here >= shortest:
                    distance[column] = alone
                    break
            closed.append(column)
            row = owner[column]
            so_far = here - pays[row]
            if so_far + alone < shortest:
                shortest, end_column, end_row = so_far + alone, -1, row
        for j in closed:
            more = shortest - distance[j]
            prices[j] -= more
            pays[owner[j]] += more
            distance[j] = alone
        for key in heap:
            distance[key % size] = alone
        pays[start] = shortest
        _walk_back(side, from_row, start, end_column, end_row)


def _walk_back(side: _Side, from_row: list[int], start: int, end_column: int, end_row: int) -> None:
    """Hand each column of the chain to the row that reached it."""
    owner, mate = side.owner, side.mate
    if end_column < 0:
        if end_row == start:
            return
        end_column, mate[end_row] = mate[end_row], -1
    while True:
        row = from_row[end_column]
        owner[end_column] = row
        end_column, mate[row] = mate[row], end_column
        if row == start:
            return
