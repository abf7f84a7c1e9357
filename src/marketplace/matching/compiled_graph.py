"""A graph as arrays for the compiled solver: the edges of each end together, the cheapest first."""

from __future__ import annotations

from typing import Any

import numpy
from attrs import frozen

from marketplace.errors import InvalidInput
from marketplace.matching.compiling import compiled
from marketplace.matching.graph import Graph

_EXACT = 2**60
"""Prices below this leave room for the few of them that are ever added up in 64 bits."""
_SHORT = 24
"""Rows up to this long are sorted by insertion: most come sorted, by distance."""
_COUNTED = 4
"""Costs up to so many times the number of edges are sorted by counting."""


@frozen(slots=True)
class Held:
    """A graph as arrays of 64 bits: where the edges of each request begin, the providers, what they
    cost, the cheapest first."""

    rows: Any
    providers: int


def held(graph: Graph, price: int) -> Held:
    """The edges of `graph` that cost at most `price`.

    Raises InvalidInput when a cost or the price could leave the exact integers of 64 bits.
    """
    dearest = graph.dearest
    if price >= _EXACT or dearest >= _EXACT:
        raise InvalidInput(
            f"numba is exact for costs and prices below 2**60, not for a price of {price}; "
            "the python solver takes any size"
        )
    request, provider, cost = (
        column.values if column.is_array else numpy.fromiter(column.values, numpy.int64)
        for column in map(graph.column, ("request", "provider", "cost"))
    )
    if dearest > price:
        kept = cost <= price
        request, provider, cost = request[kept], provider[kept], cost[kept]
    return held_arrays(graph.requests, graph.providers, request, provider, cost)


def held_arrays(requests: int, providers: int, request: Any, provider: Any, cost: Any) -> Held:
    """Edges that are arrays of 64 bits already, none dearer than the price to come."""
    start = _starts(request, cost, requests)
    if len(start):
        return Held((start, provider, cost), providers)
    return Held(_adjacency(request, provider, cost, requests), providers)


@compiled
def _starts(at: Any, cost: Any, size: int) -> Any:
    """Where the edges of each of `size` ends begin, if they stand end by end, the cheapest first,
    as they do when they were found so; else nothing."""
    start = numpy.zeros(size + 1, numpy.int64)
    for e in range(len(at)):
        if e and (at[e] < at[e - 1] or (at[e] == at[e - 1] and cost[e] < cost[e - 1])):
            return start[:0]
        start[at[e] + 1] += 1
    for k in range(size):
        start[k + 1] += start[k]
    return start


@compiled
def turned(side: Any, columns: int, chosen: Any) -> Any:
    """The adjacency of the columns: of each the chosen rows that have it."""
    start, other, costs = side
    most = 0
    for i in range(len(chosen)):
        if chosen[i]:
            most += start[i + 1] - start[i]
    edge = numpy.empty(most, numpy.int64)  # where it is in `side`
    row = numpy.empty(most, numpy.int64)
    k = dearest = 0
    for i in range(len(chosen)):
        if chosen[i]:
            for e in range(start[i], start[i + 1]):
                edge[k], row[k] = e, i
                k += 1
            if start[i + 1] > start[i]:
                dearest = max(dearest, costs[start[i + 1] - 1])
    if most > _SHORT * columns and dearest < _COUNTED * most:
        order = _counted(costs[edge], dearest)
        edge, row = edge[order], row[order]
    return _adjacency(other[edge], row, costs[edge], columns)


@compiled
def _counted(keys: Any, most: int) -> Any:
    """The order of `keys`, integers from 0 to `most`, by counting them."""
    free = numpy.zeros(most + 2, numpy.int64)
    for key in keys:
        free[key + 1] += 1
    for key in range(most):
        free[key + 1] += free[key]
    order = numpy.empty(len(keys), numpy.int64)
    for k in range(len(keys)):
        order[free[keys[k]]] = k
        free[keys[k]] += 1
    return order


@compiled
def _adjacency(at: Any, to: Any, cost: Any, size: int) -> Any:
    """Of each of `size` ends its others and their costs, the cheapest first: where each begins in
    the two arrays that follow."""
    start = numpy.zeros(size + 1, numpy.int64)
    for k in at:
        start[k + 1] += 1
    for k in range(size):
        start[k + 1] += start[k]
    free = start[:-1].copy()
    other = numpy.empty(len(at), numpy.int64)
    costs = numpy.empty(len(at), numpy.int64)
    for e in range(len(at)):
        k = free[at[e]]
        free[at[e]] += 1
        other[k] = to[e]
        costs[k] = cost[e]
    for k in range(size):
        a, b = start[k], start[k + 1]
        if b - a <= _SHORT:
            for x in range(a + 1, b):
                c, j, y = costs[x], other[x], x
                while y > a and costs[y - 1] > c:
                    costs[y] = costs[y - 1]
                    other[y] = other[y - 1]
                    y -= 1
                costs[y] = c
                other[y] = j
        elif (costs[a + 1 : b] < costs[a : b - 1]).any():
            order = numpy.argsort(costs[a:b], kind="mergesort")
            costs[a:b] = costs[a:b][order]
            other[a:b] = other[a:b][order]
    return start, other, costs
