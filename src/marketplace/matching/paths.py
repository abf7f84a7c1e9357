"""The project's own assignment solver: successive shortest augmenting paths, in plain Python.

The shape of it: split the graph into its connected components; in each, let the smaller side look
for partners (near equality the search is long, from the scarce side it is short); let rows bid for
their cheapest column until prices settle (row reduction: it places nine in ten); place each of the
rest by one Dijkstra search over reduced costs. Every loop is bounded, nothing recurses.
"""

from __future__ import annotations

from heapq import heappop, heappush

from attrs import define

from marketplace.matching.graph import Optimum

Adjacency = list[list[tuple[int, int]]]

_BIDS_PER_ROW = 8
"""How often a row may bid on average before searching takes over. Bidding settles by itself after
four to six bids a row on city graphs; where two rows fight for one column it would go on by small
steps for as long as being unserved is dear, and a search ends such a fight at once."""


_NOWHERE = 1 << 200
"""Farther than any search goes."""


@define(slots=True)
class _Side:
    """Rows looking for columns. Both are numbered as in the whole graph."""

    adjacency: Adjacency  # of a row: its (cost, column), the cheapest first
    price: int  # of a row that stays alone
    prices: list[int]  # of the columns: never above zero, zero while a column is free
    owner: list[int]  # the row a column is given to, or -1
    mate: list[int]  # the column a row is given, or -1
    paid: list[int]  # the cost of a row's pair, meaningless while mate is -1
    distance: list[int]  # of the columns, while one search lasts; beyond it out of reach


def optimum(rows: Adjacency, providers: int, price: int) -> Optimum:
    """The cheapest choice: costs of pairs, plus `price` for each request left unserved.

    `rows` lists for each request its (cost, provider); no cost may be above `price`. Sorts the
    lists of `rows` in place.
    """
    parts = components(rows, providers)
    forward = _side(rows, providers, price)
    if all(len(requests) <= len(offering) for requests, offering in parts):
        backward = _side([[] for _ in range(providers)], len(rows), price)
    else:
        backward = _side(_turned(rows, providers), len(rows), price)
    for requests, offering in parts:
        if len(requests) <= len(offering):
            _place(forward, requests)
        else:
            _place(backward, offering)
    return _join(forward, backward, parts)


def _turned(rows: Adjacency, providers: int) -> Adjacency:
    columns: Adjacency = [[] for _ in range(providers)]
    for i, row in enumerate(rows):
        for c, j in row:
            columns[j].append((c, i))
    return columns


def _side(adjacency: Adjacency, columns: int, price: int) -> _Side:
    rows = len(adjacency)
    free = [-1] * columns
    return _Side(
        adjacency, price, [0] * columns, free, [-1] * rows, [0] * rows, [_NOWHERE] * columns
    )


def components(rows: Adjacency, providers: int) -> list[tuple[list[int], list[int]]]:
    """The connected parts that hold an edge, each as (requests, providers) in rising order."""
    near = [[j for _, j in row] for row in rows]
    met_by: list[list[int]] = [[] for _ in range(providers)]
    for i, some in enumerate(near):
        for j in some:
            met_by[j].append(i)
    seen = [False] * len(rows)
    parts = []
    for first, some in enumerate(near):
        if seen[first] or not some:
            continue
        requests, offering = {first}, set(some)
        edge = offering  # of what has been seen: it moves outwards a step at a time, as sets do
        while edge:
            arrived = set().union(*[met_by[j] for j in edge]) - requests
            requests |= arrived
            edge = set().union(*[near[i] for i in arrived]) - offering
            offering |= edge
        for i in requests:
            seen[i] = True
        parts.append((sorted(requests), sorted(offering)))
    return parts


def _place(side: _Side, members: list[int]) -> None:
    for i in members:
        side.adjacency[i].sort()
    for i in _bid(side, members):
        _search(side, i)


def _bid(side: _Side, members: list[int]) -> list[int]:
    """Let rows take their cheapest column, raising its price to their second choice.

    Returns the rows that still need a search: those whose two best were equally good and taken.
    """
    adjacency, prices, owner, mate, paid = (
        side.adjacency, side.prices, side.owner, side.mate, side.paid,
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
        for c, j in adjacency[i]:
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
    adjacency, prices, owner, mate, paid, alone = (
        side.adjacency, side.prices, side.owner, side.mate, side.paid, side.price,
    )  # fmt: skip
    width, distance = len(owner), side.distance
    reached_from: dict[int, tuple[int, int]] = {}
    heap: list[int] = []  # distance * width + column: one integer compares faster than a pair
    ready: list[int] = []  # columns no farther than the one in hand: they need not stand in line
    closed: list[int] = []
    shortest, end_column, end_row = alone, -1, start
    row, so_far, here = start, 0, -1
    while True:
        if so_far + alone < shortest:
            shortest, end_column, end_row = so_far + alone, -1, row
        left = shortest - so_far
        for c, j in adjacency[row]:
            if c >= left:
                break
            d = so_far + c - prices[j]
            if d < distance[j] and d < shortest:
                distance[j] = d
                reached_from[j] = (row, c)
                if owner[j] < 0:
                    shortest, end_column, end_row = d, j, row
                    left = d - so_far
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
    for j in reached_from:
        distance[j] = _NOWHERE
    if end_column < 0:
        if end_row == start:
            return
        end_column, mate[end_row] = mate[end_row], -1
    while True:  # walk back, handing each column to the row that reached it
        row, c = reached_from[end_column]
        owner[end_column] = row
        end_column, mate[row], paid[row] = mate[row], end_column, c
        if row == start:
            return


def _join(forward: _Side, backward: _Side, parts: list[tuple[list[int], list[int]]]) -> Optimum:
    """Both directions' findings as one: whoever bid is worth the price minus what it pays."""
    mate = [-1] * len(forward.adjacency)
    request_worth = [0] * len(forward.adjacency)
    provider_worth = [0] * len(backward.adjacency)
    for requests, providers in parts:
        if len(requests) <= len(providers):
            _worths(forward, requests, providers, request_worth, provider_worth)
            for i in requests:
                mate[i] = forward.mate[i]
        else:
            _worths(backward, providers, requests, provider_worth, request_worth)
            for i in requests:
                mate[i] = backward.owner[i]
    return Optimum(mate, request_worth, provider_worth, len(parts))


def _worths(
    side: _Side, rows: list[int], columns: list[int], row_worth: list[int], column_worth: list[int]
) -> None:
    for i in rows:
        j = side.mate[i]
        if j >= 0:
            row_worth[i] = side.price - side.paid[i] + side.prices[j]
    for j in columns:
        column_worth[j] = -side.prices[j]
