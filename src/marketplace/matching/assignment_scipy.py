"""The same optimum found by scipy, where it is installed: a second opinion, and a dense engine.

scipy's sparse matcher needs a perfect matching of its rows and runs without end on plain spatial
graphs that have none, so each row gets a column of its own, priced as staying alone. Its sums are
doubles: they are exact only while they stay below 2**53, and beyond that this solver refuses.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from marketplace.errors import InvalidInput
from marketplace.matching.duals import prove
from marketplace.matching.graph import Lists, Optimum

_EXACT = 2**53
_DENSE_CELLS = 4_000_000
_DENSE_SHARE = 4  # dense when at least one cell in four is an edge


def installed() -> bool:
    return find_spec("scipy") is not None


def fits(requests: int, providers: int, price: int) -> bool:
    """Whether every sum on the way stays an exact integer in a double."""
    return (price + 1) * (min(requests, providers) + 2) < _EXACT


def optimum(lists: Lists, price: int) -> Optimum:
    """The cheapest choice: costs of pairs, plus `price` for each request left unserved.

    No cost in `lists` may be above `price`. Raises InvalidInput when the sums could leave the exact
    integers of a double.
    """
    ends = zip(lists.costs, lists.near, strict=True)
    rows = [list(zip(costs, near, strict=True)) for costs, near in ends]
    providers = lists.providers
    if not fits(len(rows), providers, price):
        raise InvalidInput(
            f"scipy is exact for sums below 2**53, not for a price of {price} on "
            f"{min(len(rows), providers)} pairs; the python solver takes any size"
        )
    cheapest: list[dict[int, int]] = [{} for _ in rows]
    for row, best in zip(rows, cheapest, strict=True):
        for c, j in row:
            if c < best.get(j, c + 1):
                best[j] = c
    edges = sum(map(len, cheapest))
    cells = len(rows) * providers
    if not edges:
        mate = [-1] * len(rows)
    elif cells <= _DENSE_CELLS and edges * _DENSE_SHARE >= cells:
        mate = _dense(cheapest, providers, price)
    else:
        mate = _sparse(cheapest, providers, price)
    return prove(rows, providers, mate, price)


def _dense(cheapest: list[dict[int, int]], providers: int, price: int) -> list[int]:
    import numpy
    from scipy.optimize import linear_sum_assignment

    # A cell that is no edge costs the price: a row placed there is a row left alone.
    matrix = numpy.full((len(cheapest), providers), float(price))
    for i, best in enumerate(cheapest):
        if best:
            matrix[i, list(best.keys())] = list(best.values())
    chosen = zip(*linear_sum_assignment(matrix), strict=True)
    mate = [-1] * len(cheapest)
    for i, j in chosen:
        if int(j) in cheapest[i]:
            mate[i] = int(j)
    return mate


def _sparse(cheapest: list[dict[int, int]], providers: int, price: int) -> list[int]:
    import numpy
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    # The smaller side are the rows. A weight of zero would be no edge at all, so all are one more.
    ends = [(i, j, c + 1) for i, best in enumerate(cheapest) for j, c in best.items()]
    turned = providers < len(cheapest)
    rows, columns = (providers, len(cheapest)) if turned else (len(cheapest), providers)
    triples: Any = numpy.array(ends, dtype=numpy.int64)
    own = numpy.arange(rows)
    at = numpy.concatenate([triples[:, 1 if turned else 0], own])
    to = numpy.concatenate([triples[:, 0 if turned else 1], columns + own])
    weight = numpy.concatenate([triples[:, 2], numpy.full(rows, price + 1)]).astype(float)
    graph = csr_array((weight, (at, to)), shape=(rows, columns + rows))
    mate = [-1] * len(cheapest)
    for a, b in zip(*min_weight_full_bipartite_matching(graph), strict=True):
        if b < columns:
            i, j = (int(b), int(a)) if turned else (int(a), int(b))
            mate[i] = j
    return mate
