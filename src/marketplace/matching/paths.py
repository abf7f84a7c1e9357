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


@define(slots=True)
class _Side:
    """Rows looking for columns. Both are numbered as in the whole graph."""

    adjacency: Adjacency  # of a row: its (cost, column), the cheapest first
    price: int  # of a row that stays alone
    prices: list[int]  # of the columns: never above zero, zero while a column is free
    owner: list[int]  # the row a column is given to, or -1
    mate: list[int]  # the column a row is given, or -1
    paid: list[int]  # the cost of a row's pair, meaningless while mate is -1


def optimum(rows: Adjacency, providers: int, price: int) -> Optimum:
    """The cheapest choice: costs of pairs, plus `price` for each request left unserved.

    `rows` lists for each request its (cost, provider); no cost may be above `price`. Sorts the
    lists of `rows` in place.
    """
    columns: Adjacency = [[] for _ in range(providers)]
    for i, row in enumerate(rows):
        for c, j in row:
            columns[j].append((c, i))
    forward = _side(rows, providers, price)
    backward = _side(columns, len(rows), price)
    parts = components(rows, columns)
    for requests, offering in parts:
        if len(requests) <= len(offering):
            _place(forward, requests)
        else:
            _place(backward, offering)
    return _join(forward, backward, parts)


def _side(adjacency: Adjacency, columns: int, price: int) -> _Side:
    rows = len(adjacency)
    return _Side(adjacency, price, [0] * columns, [-1] * columns, [-1] * rows, [0] * rows)


def components(rows: Adjacency, columns: Adjacency) -> list[tuple[list[int], list[int]]]:
    """The connected parts that hold an edge, each as (requests, providers) in rising order."""
    seen_row = [False] * len(rows)
    seen_column = [False] * len(columns)
    parts = []
    for first, row in enumerate(rows):
        if seen_row[first] or not row:
            continue
        seen_row[first] = True
        part_rows, part_columns = [first], []
        for i in part_rows:  # grows while it is walked: a queue
            for _, j in rows[i]:
                if not seen_column[j]:
                    seen_column[j] = True
                    part_columns.append(j)
                    for _, k in columns[j]:
                        if not seen_row[k]:
                            seen_row[k] = True
                            part_rows.append(k)
        part_rows.sort()
        part_columns.sort()
        parts.append((part_rows, part_columns))
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
    width = len(owner)
    distance: dict[int, int] = {}
    reached_from: dict[int, tuple[int, int]] = {}
    heap: list[int] = []  # distance * width + column: one integer compares faster than a pair
    closed: list[int] = []
    shortest, end_column, end_row = alone, -1, start
    row, so_far = start, 0
    while True:
        if so_far + alone < shortest:
            shortest, end_column, end_row = so_far + alone, -1, row
        for c, j in adjacency[row]:
            if so_far + c >= shortest:
                break
            d = so_far + c - prices[j]
            if d < shortest:
                if owner[j] < 0:
                    shortest, end_column, end_row = d, j, row
                    reached_from[j] = (row, c)
                else:
                    known = distance.get(j)
                    if known is None or d < known:
                        distance[j] = d
                        reached_from[j] = (row, c)
                        heappush(heap, d * width + j)
        column = -1
        while heap:
            d, j = divmod(heappop(heap), width)
            if d == distance[j]:
                column = j
                break
        if column < 0 or d >= shortest:
            break
        closed.append(column)
        row = owner[column]
        so_far = d - paid[row] + prices[column]
    for j in closed:
        prices[j] += distance[j] - shortest
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
