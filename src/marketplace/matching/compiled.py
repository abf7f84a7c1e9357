"""The solver of `paths` compiled by numba: it bids and searches over arrays, to the same optimum.

Imported only when the solver "numba" is asked for, since numba alone takes long to import. What it
compiles it keeps on disk, so that only the first program after an installation waits for it. Sums
are 64-bit integers; what could leave them is refused by `compiled_graph` before it begins.
"""

from __future__ import annotations

from typing import Any

import numpy

from marketplace.matching.compiled_graph import Held, turned
from marketplace.matching.compiled_ties import tradable
from marketplace.matching.compiling import compiled
from marketplace.matching.graph import Optimum
from marketplace.matching.ties import owners, trade

_FAR = 2**62
_BIDS_PER_ROW = 8
"""How often a row may bid on average before searching takes over. Bidding settles by itself after
four to six bids a row on city graphs; where two rows fight for one column it would go on by small
steps for as long as being unserved is dear, and a search ends such a fight at once."""


def optimum(held: Held, price: int) -> Optimum:
    """The cheapest choice at `price` for each request left unserved."""
    requests, providers = len(held.rows[0]) - 1, held.providers
    if requests <= providers:
        mate, request_worth, provider_worth, _ = _solve(held.rows, providers, price)
    else:
        columns = turned(held.rows, providers, numpy.ones(requests, numpy.bool_))
        _, provider_worth, request_worth, mate = _solve(columns, requests, price)
    return Optimum(mate.tolist(), request_worth.tolist(), provider_worth.tolist())


def settle(held: Held, found: Optimum, price: int) -> Optimum:
    """As `ties.settle`."""
    arrays = (found.mate, found.request_worth, found.provider_worth)
    now = tuple(numpy.array(one, dtype=numpy.int64) for one in arrays)
    one, other, part, parts = tradable(held.rows, now, price)
    tight: dict[int, list[int]] = {}
    for i, j in zip(one.tolist(), other.tolist(), strict=True):
        tight.setdefault(i, []).append(j)
    return trade(tight, found, owners(found), part.tolist(), parts)


@compiled
def _crowd(side: Any, columns: int) -> Any:
    """As in `crowded`: of each row and of each column whether it is one of a crowd's."""
    start, other, _ = side
    rows = len(start) - 1
    owner = numpy.full(columns, -1, numpy.int64)
    mate = numpy.full(rows, -1, numpy.int64)
    for i in range(rows):
        for e in range(start[i], start[i + 1]):
            if owner[other[e]] < 0:
                owner[other[e]], mate[i] = i, other[e]
                break
    crowding = numpy.zeros(rows, numpy.bool_)
    scarce = numpy.zeros(columns, numpy.bool_)
    seen_by = numpy.full(columns, -1, numpy.int64)  # the search that has met it
    from_row = numpy.empty(columns, numpy.int64)
    queue = numpy.empty(rows, numpy.int64)
    for first in range(rows):
        if mate[first] >= 0:
            continue
        queue[0] = first
        head, tail, end = 0, 1, -1
        while head < tail and end < 0:
            row = queue[head]
            head += 1
            for e in range(start[row], start[row + 1]):
                j = other[e]
                if scarce[j] or seen_by[j] == first:
                    continue
                seen_by[j], from_row[j] = first, row
                if owner[j] < 0:
                    end = j
                    break
                queue[tail] = owner[j]
                tail += 1
        if end < 0:
            for k in range(tail):
                crowding[queue[k]] = True
                if k:
                    scarce[mate[queue[k]]] = True
        while end >= 0:
            row = from_row[end]
            owner[end] = row
            end, mate[row] = mate[row], end
    return crowding, scarce


@compiled
def _bid(side: Any, price: int, state: Any, members: Any) -> Any:
    """As in `paths`: rows take their cheapest column, raising its price to their second choice."""
    start, other, costs = side
    prices, owner, mate, paid = state
    left = _BIDS_PER_ROW * len(members)
    todo = members[::-1].copy()
    last = len(todo)
    later = numpy.empty(len(members), numpy.int64)
    waiting = 0
    while last:
        last -= 1
        i = todo[last]
        best, second = price, price
        j1, j2, c1, c2 = -1, -1, 0, 0
        for e in range(start[i], start[i + 1]):
            c, j = costs[e], other[e]
            if c >= second:
                break
            r = c - prices[j]
            if r < best:
                second, j2, c2 = best, j1, c1
                best, j1, c1 = r, j, c
            elif r < second:
                second, j2, c2 = r, j, c
        if j1 < 0:
            continue
        before = owner[j1]
        left -= 1
        if left < 0 or (best == second and before >= 0 and (j2 < 0 or owner[j2] >= 0)):
            later[waiting] = i
            waiting += 1
            continue
        if best < second:
            prices[j1] -= second - best
        elif before >= 0:
            j1, c1, before = j2, c2, -1
        owner[j1], mate[i], paid[i] = i, j1, c1
        if before >= 0:
            mate[before] = -1
            todo[last] = before
            last += 1
    return later[:waiting]


@compiled
def _push(keys: Any, items: Any, size: int, key: int, item: int) -> None:
    at = size
    while at:
        up = (at - 1) >> 1
        if keys[up] <= key:
            break
        keys[at] = keys[up]
        items[at] = items[up]
        at = up
    keys[at] = key
    items[at] = item


@compiled
def _pop(keys: Any, items: Any, size: int) -> None:
    """Take the first away; `size` is how many there are afterwards."""
    key, item = keys[size], items[size]
    at = 0
    while True:
        down = 2 * at + 1
        if down >= size:
            break
        if down + 1 < size and keys[down + 1] < keys[down]:
            down += 1
        if keys[down] >= key:
            break
        keys[at] = keys[down]
        items[at] = items[down]
        at = down
    keys[at] = key
    items[at] = item


@compiled
def _search(side: Any, price: int, state: Any, room: Any, start_row: int) -> None:
    """As in `paths`: place one more row by the cheapest chain of changes."""
    start, other, costs = side
    prices, owner, _, paid = state
    distance, from_row, from_cost, touched, ready, closed, keys, items = room
    shortest, end_column, end_row = price, -1, start_row
    row, so_far, here = start_row, 0, -1
    size = many = done = waiting = 0
    while True:
        if so_far + price < shortest:
            shortest, end_column, end_row = so_far + price, -1, row
        for e in range(start[row], start[row + 1]):
            c = costs[e]
            if so_far + c >= shortest:
                break
            j = other[e]
            d = so_far + c - prices[j]
            if d < shortest and d < distance[j]:
                from_row[j], from_cost[j] = row, c
                if distance[j] == _FAR:
                    touched[many] = j
                    many += 1
                distance[j] = d
                if owner[j] < 0:
                    shortest, end_column, end_row = d, j, row
                elif d == here:  # nothing is nearer: no need to stand in line
                    ready[waiting] = j
                    waiting += 1
                else:
                    _push(keys, items, size, d, j)
                    size += 1
        if waiting:
            waiting -= 1
            column, d = ready[waiting], here
        else:
            column, d = -1, shortest
            while size:
                d, j = keys[0], items[0]
                size -= 1
                _pop(keys, items, size)
                if d == distance[j]:
                    column = j
                    break
        if column < 0 or d >= shortest:
            break
        closed[done] = column
        done += 1
        row, here = owner[column], d
        so_far = d - paid[row] + prices[column]
    for k in range(done):
        prices[closed[k]] += distance[closed[k]] - shortest
    for k in range(many):
        distance[touched[k]] = _FAR
    _walk_back(state, from_row, from_cost, start_row, end_column, end_row)


@compiled
def _walk_back(
    state: Any, from_row: Any, from_cost: Any, start_row: int, end_column: int, end_row: int
) -> None:
    """Hand each column of the chain to the row that reached it."""
    _, owner, mate, paid = state
    if end_column < 0:
        if end_row == start_row:
            return
        end_column = mate[end_row]
        mate[end_row] = -1
    while True:
        row = from_row[end_column]
        owner[end_column] = row
        end_column, mate[row], paid[row] = mate[row], end_column, from_cost[end_column]
        if row == start_row:
            return


@compiled
def _state(rows: int, columns: int) -> Any:
    """Nobody placed: of columns the price and the row, of rows the column and its cost."""
    return (
        numpy.zeros(columns, numpy.int64),
        numpy.full(columns, -1, numpy.int64),
        numpy.full(rows, -1, numpy.int64),
        numpy.zeros(rows, numpy.int64),
    )


@compiled
def _place(side: Any, columns: int, price: int, state: Any, members: Any) -> None:
    if len(members):
        later = _bid(side, price, state, members)
        edges = len(side[1])
        room = (
            numpy.full(columns, _FAR, numpy.int64),
            numpy.empty(columns, numpy.int64),
            numpy.empty(columns, numpy.int64),
            numpy.empty(columns, numpy.int64),
            numpy.empty(columns, numpy.int64),
            numpy.empty(columns, numpy.int64),
            numpy.empty(edges + 1, numpy.int64),
            numpy.empty(edges + 1, numpy.int64),
        )
        for i in later:
            _search(side, price, state, room, i)


@compiled
def _solve(rows: Any, m: int, price: int) -> Any:
    """As in `paths`: of each row its column or -1 and its worth, of each of the `m` columns its
    worth and its row."""
    n = len(rows[0]) - 1
    crowding, scarce = _crowd(rows, m)
    state = _state(n, m)
    prices, owner, mate, paid = state
    few = numpy.flatnonzero(scarce)
    if len(few):
        back = _state(m, n)
        back_prices, _, back_mate, back_paid = back
        _place(turned(rows, m, crowding), n, price, back, few)
        for j in few:
            i = back_mate[j]
            if i >= 0:
                owner[j], mate[i], paid[i] = i, j, back_paid[j]
                prices[j] = back_paid[j] - price - back_prices[i]
    _place(rows, m, price, state, numpy.flatnonzero(~crowding))
    worth = numpy.zeros(n, numpy.int64)
    for i in range(n):
        if mate[i] >= 0:
            worth[i] = price - paid[i] + prices[mate[i]]
    return mate, worth, -prices, owner
