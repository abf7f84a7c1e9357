"""How `whole` goes about it where numpy and scipy are installed: the edges stay arrays."""

from __future__ import annotations

from typing import Any

import numpy

from marketplace.matching.assignment import NamedSolver
from marketplace.matching.candidates_tree import Search
from marketplace.matching.columns import Column
from marketplace.matching.graph import Graph, Optimum
from marketplace.matching.outside import EXACT, Outside, Pairs

__all__ = ["EXACT", "optimum"]


_NEAR_THE_END = 10
"""Where fewer than one pair for so many requests was added, the next look is for equals too: it
is then the last one at the best. By a compiled tree: without one it takes too long to do twice."""


def optimum(search: Search, price: int, k: int, using: NamedSolver) -> tuple[Graph, Optimum, int]:
    """A graph of pairs that matter, the optimum on it, and how often it was solved.

    `search` must look no farther than `price` metres; nobody in it is missing on either side.
    """
    sides = len(search.here), len(search.there)
    outside = Outside.of(search, using.name == "numba")
    edges = outside.nearest(k)
    rounds, added = 0, len(edges[0])
    while True:
        rounds += 1
        found = using.find(_held(using, sides, edges, price), price)
        worths = [
            numpy.array(one, dtype=numpy.int64)
            for one in (found.request_worth, found.provider_worth)
        ]
        more = edges[0][:0], edges[1][:0], edges[2][:0]
        if outside.tree is None or added > sides[0] // _NEAR_THE_END:
            more = outside.gaining(price, *worths)
        if not len(more[0]):
            one, other, metres = outside.tight(price, *worths)
            gains = metres + worths[0][one] + worths[1][other] < price
            if not gains.any():
                more = _unknown((one, other, metres), edges, sides[1])
                break
            more = one[gains], other[gains], metres[gains]
        added = len(more[0])
        edges = _joined(edges, more)
    edges = _joined(edges, more)
    settled = using.settle(_held(using, sides, edges, price), found, price)
    return _graph(sides, edges), settled, rounds


def _held(using: NamedSolver, sides: tuple[int, int], edges: Pairs, price: int) -> Any:
    if using.name == "numba":
        from marketplace.matching import compiled_graph

        return compiled_graph.held_arrays(*sides, *edges)
    return using.hold(_graph(sides, edges), price)


def _graph(sides: tuple[int, int], edges: Pairs) -> Graph:
    """By request, the nearest first, as solvers like them."""
    request, _, metres = edges
    order = numpy.argsort(request * (metres.max(initial=0) + 1) + metres, kind="stable")
    return Graph(*sides, *(Column(one[order]) for one in edges))


def _unknown(pairs: Pairs, edges: Pairs, providers: int) -> Pairs:
    """Those of `pairs` that are no `edges`."""
    known = numpy.sort(edges[0] * providers + edges[1])
    keys = pairs[0] * providers + pairs[1]
    at = numpy.minimum(numpy.searchsorted(known, keys), max(0, len(known) - 1))
    new = known[at] != keys if len(known) else numpy.ones(len(keys), dtype=bool)
    return pairs[0][new], pairs[1][new], pairs[2][new]


def _joined(edges: Pairs, more: Pairs) -> Pairs:
    request, provider, metres = (numpy.concatenate(both) for both in zip(edges, more, strict=True))
    return request, provider, metres
