"""The project's own assignment solver: successive shortest augmenting paths, in plain Python.

The shape of it: the larger side is what is chosen from; where too many compete for too few even so
(`crowded`), the few are placed first, by a search of their own: near equality a search is long,
from the scarce side it is short. Rows bid for their cheapest column until prices settle (row
reduction: it places nine in ten); each of the rest is placed by one Dijkstra search over reduced
costs. Every loop is bounded, nothing recurses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush

from attrs import define

from marketplace.matching.crowded import crowd
from marketplace.matching.graph import Lists, Optimum

_BIDS_PER_ROW = 8
"""How often a row may bid on average before searching takes over. Bidding settles by itself after
four to six bids a row on city graphs; where two rows fight for one column it would go on by small
steps for as long as being unserved is dear, and a search ends such a fight at once."""


_NOWHERE = 1 << 200
"""Farther than any search goes."""


@define(slots=True)
class _Side:
    """Rows looking for columns. Both are numbered as in the whole graph."""

    near: Sequence[Sequence[int]]  # of a row: its columns, the cheapest first
    costs: Sequence[Sequence[int]]  # of a row: what they cost
    price: int  # of a row that stays alone
    prices: list[int]  # of the columns: never above zero
    owner: list[int]  # the row a column is given to, or -1
    mate: list[int]  # the column a row is given, or -1
    paid: list[int]  # the cost of a row's pair, meaningless while mate is -1
    distance: list[int]  # of the columns, while one search lasts; beyond it out of reach
    from_row: list[int]  # of the columns that one search has reached


def optimum(lists: Lists, price: int) -> Optimum:
    """The cheapest choice: costs of pairs, plus `price` for each request left unserved.

    No cost in `lists` may be above `price`.
    """
    if len(lists.near) <= lists.providers:
        mate, worth, other_worth, _ = _solved(lists.near, lists.costs, lists.providers, price)
        return Optimum(mate, worth, other_worth)
    near, costs = turned(lists.near, lists.costs, lists.providers, range(len(lists.near)))
    _, other_worth, worth, mate = _solved(near, costs, len(lists.near), price)
    return Optimum(mate, worth, other_worth)


def turned(
    near: Sequence[Sequence[int]],
    costs: Sequence[Sequence[int]],
    columns: int,
    rows: Iterable[int],
) -> tuple[list[list[int]], list[list[int]]]:
    """The lists of the other side: of each column those of `rows` that it is near, the cheapest
    first, and what they cost."""
    size = len(near)
    # cost * size + row: one integer sorts faster than a pair
    met: defaultdict[int, list[int]] = defaultdict(list)
    for i in rows:
        for j, c in zip(near[i], costs[i]):  # noqa: B905 both have one length, and this is hot
            met[j].append(c * size + i)
    back: list[list[int]] = [[]] * columns
    paid = back[:]
    for j, some in met.items():
        some.sort()
        back[j] = [k % size for k in some]
        paid[j] = [k // size for k in some]
    return back, paid


def _solved(
    near: Sequence[Sequence[int]], costs: Sequence[Sequence[int]], columns: int, price: int
) -> tuple[list[int], list[int], list[int], list[int]]:
    """Of rows the columns, or -1, and worths; of columns the worths and the rows."""
    side = _side(near, costs, columns, price)
    crowding, scarce = crowd(near, columns)
    if scarce:
        # Elsewhere no price has been named yet, and each row hopes for all it could gain: so much
        # that no column of the crowd can think of it.
        back = _side(*turned(near, costs, columns, crowding), len(near), price)
        _place(back, sorted(scarce))
        for j in scarce:
            i = back.mate[j]
            if i >= 0:
                side.owner[j], side.mate[i], side.paid[i] = i, j, back.paid[j]
                side.prices[j] = back.paid[j] - price - back.prices[i]
    _place(side, [i for i in range(len(near)) if i not in crowding])
    prices, mate, paid = side.prices, side.mate, side.paid
    worth = [price - paid[i] + prices[j] if j >= 0 else 0 for i, j in enumerate(mate)]
    return mate, worth, [-p for p in prices], side.owner


def _side(
    near: Sequence[Sequence[int]], costs: Sequence[Sequence[int]], columns: int, price: int
) -> _Side:
    rows = len(near)
    return _Side(
        near, costs, price, [0] * columns, [-1] * columns, [-1] * rows, [0] * rows,
        [_NOWHERE] * columns, [-1] * columns,
    )  # fmt: skip


def _place(side: _Side, members: list[int]) -> None:
    for i in _bid(side, members):
        _search(side, i)


def _bid(side: _Side, members: list[int]) -> list[int]:
    """Let rows take their cheapest column, raising its price to their second choice.

    Returns the rows that still need a search: those whose two best were equally good and taken.
    """
    near, costs, prices, owner, mate, paid = (
        side.near, side.costs, side.prices, side.owner, side.mate, side.paid,
    )  # fmt: skip
    bids_left = _BIDS_PER_ROW * len(members)
    todo = members[::-1]
    later = []
    while todo:
        i = todo.pop()
        if not bids_left:
            later.append(i)
            continue
        bids_left -= 1
        best = second = side.price
        j1 = j2 = -1
        c1 = c2 = 0
        for c, j in zip(costs[i], near[i]):  # noqa: B905 both have one length, and this is hot
            if c >= second:  # the rest cost more still, for no price is above zero
                break
            r = c - prices[j]
            if r < best:
                second, j2, c2 = best, j1, c1
                best, j1, c1 = r, j, c
            elif r < second:
                second, j2, c2 = r, j, c
        if j1 < 0:
            continue  # prices only get worse for rows: this one stays alone for good
        before = owner[j1]
        if best < second:
            prices[j1] -= second - best
        elif before >= 0:
            if j2 < 0 or owner[j2] >= 0:
                later.append(i)
                continue
            j1, c1, before = j2, c2, -1
        owner[j1], mate[i], paid[i] = i, j1, c1
        if before >= 0:
            mate[before] = -1
            todo.append(before)
    return later


def _search(side: _Side, start: int) -> None:
    """Place one more row by the cheapest chain of changes (Dijkstra over reduced costs)."""
    near, costs, prices, owner, paid, alone = (
        side.near, side.costs, side.prices, side.owner, side.paid, side.price,
    )  # fmt: skip
    distance, from_row = side.distance, side.from_row
    width = len(owner)
    reached: list[int] = []
    heap: list[int] = []  # distance * width + column: one integer compares faster than a pair
    ready: list[int] = []  # columns no farther than the one in hand: they need not stand in line
    closed: list[int] = []
    shortest, end_column, end_row = alone, -1, start
    row, so_far, here = start, 0, -1
    while True:
        if so_far + alone < shortest:
            shortest, end_column, end_row = so_far + alone, -1, row
        left = shortest - so_far
        for c, j in zip(costs[row], near[row]):  # noqa: B905 both have one length, and this is hot
            if c >= left:
                break
            r = c - prices[j]
            if r < left and so_far + r < distance[j]:
                distance[j] = d = so_far + r
                from_row[j] = row
                reached.append(j)
                if owner[j] < 0:
                    shortest, end_column, end_row = d, j, row
                    left = r
                elif d == here:
                    ready.append(j)
                else:
                    heappush(heap, d * width + j)
        if here >= shortest:
            break
        if ready:
            column = ready.pop()
        else:
            column = -1
            while heap:
                here, j = divmod(heappop(heap), width)
                if here == distance[j]:
                    column = j
                    break
            if column < 0 or here >= shortest:
                break
        closed.append(column)
        row = owner[column]
        so_far = here - paid[row] + prices[column]
    for j in closed:
        prices[j] += distance[j] - shortest
    for j in reached:
        distance[j] = _NOWHERE
    _walk_back(side, start, end_column, end_row)


def _walk_back(side: _Side, start: int, end_column: int, end_row: int) -> None:
    """Hand each column of the chain to the row that reached it."""
    near, costs, owner, mate, paid = side.near, side.costs, side.owner, side.mate, side.paid
    if end_column < 0:
        if end_row == start:
            return
        end_column, mate[end_row] = mate[end_row], -1
    while True:
        row = side.from_row[end_column]
        owner[end_column] = row
        paid[row] = costs[row][near[row].index(end_column)]  # the cheapest, where it stands twice
        end_column, mate[row] = mate[row], end_column
        if row == start:
            return
