"""The optimum over everybody within a radius, proven, without listing every pair.

Solved on the nearest few, an optimum comes with what each is worth. A pair outside that graph could
change it only if it gains at least what its two ends are worth: those pairs alone are looked for,
the best of them are added, and it is solved again, until there is none. What is then optimal on the
graph is optimal, also among equals by the rule for ties, on the graph of all pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from marketplace.errors import InvalidInput
from marketplace.matching import candidates_tree
from marketplace.matching.assignment import Assignment, assign
from marketplace.matching.candidates import Point, nearest
from marketplace.matching.candidates_tree import Search
from marketplace.matching.graph import Graph
from marketplace.matching.grid import Grid
from marketplace.matching.sphere import FARTHEST_M

_ADDED = 8
"""How many pairs a request may add in one round, those that gain most: it seldom needs more."""
_CLASSES = 6
"""Providers are looked through in classes of about equal worth: the more one is worth, the nearer
it must be. More classes mean smaller circles, and more of them."""

_EXACT = 2**60
"""Prices below this can be added up in 64 bits; above, Python's own integers are used."""

Edge = tuple[int, int, int]


@frozen(slots=True)
class Whole:
    """An optimum over all pairs within the radius, on a graph of the few that matter."""

    assignment: Assignment
    graph: Graph  # `verify(graph, assignment)` proves it here; that no other pair pays was seen
    rounds: int  # how often it was solved


def assign_whole(
    requests: Sequence[Point],
    providers: Sequence[Point],
    *,
    radius_m: int,
    unserved: int | None = None,
    k: int = 10,
    by: str | None = None,
) -> Whole:
    """The cheapest assignment in metres among all pairs within `radius_m`, with its proof.

    Points are (lat, lon) in degrees; `unserved` and `by` are those of `assign`. It begins with the
    `k` nearest of each request. The pairs are those of `assign` on the graph of all pairs. Raises
    what `nearest` and `assign` raise.
    """
    if unserved is not None and unserved < 0:
        raise InvalidInput(f"the price of leaving a request unserved is 0 or more, not {unserved}")
    near = nearest(requests, providers, radius_m=radius_m, k=k)
    # No pair costs more than the radius, so this price puts serving first on the whole graph too.
    price = min(radius_m, FARTHEST_M) * min(len(requests), len(providers)) + 1
    if unserved is not None:
        price = unserved
    edges = list(zip(near.request, near.provider, near.metres, strict=True))
    reach = min(radius_m, FARTHEST_M, price)
    tree = Search.of(requests, providers, reach) if candidates_tree.installed() else None
    search = _Outside(requests, providers, reach, [set() for _ in requests], tree)
    search.know(edges)
    rounds = 0
    while True:
        rounds += 1
        edges.sort()  # so that the edges of a request stand together
        columns = zip(*edges, strict=True) if edges else ((), (), ())
        graph = Graph(len(requests), len(providers), *columns)
        found = assign(graph, price, by=by)
        more = search.paying(found)
        if not more:
            return Whole(evolve(found, serving_first=unserved is None), graph, rounds)
        search.know(more)
        edges += more


@frozen(slots=True)
class _Outside:
    requests: Sequence[Point]
    providers: Sequence[Point]
    radius: int
    known: list[set[int]]  # of each request the providers it shares an edge with
    tree: Search | None  # where scipy is installed; else a grid is looked into

    def know(self, edges: list[Edge]) -> None:
        for i, j, _ in edges:
            self.known[i].add(j)

    def paying(self, found: Assignment) -> list[Edge]:
        """Pairs that are no edge and gain at least what their ends are worth: of each request the
        few that gain most beyond it."""
        if self.tree and found.price < _EXACT:
            return self._by_tree(self.tree, found)
        worth = found.provider_worth
        # What a provider may come to for a request: its metres and its worth.
        most = [found.price - own for own in found.request_worth]
        better: dict[int, list[tuple[int, int, int]]] = {}
        for members in _classes(worth):
            least = worth[members[0]]
            there = [self.providers[j] for j in members]
            # Cells that suit a few neighbours, and yet the whole circle is looked at.
            grid = evolve(Grid.of(there, self.radius, _ADDED), first_reach=self.radius)
            for i, bound in enumerate(most):
                if bound < least:
                    continue
                reach = min(self.radius, bound - least)
                for metres, k in grid.nearest(*self.requests[i], reach, None, ()):
                    j = members[k]
                    if metres + worth[j] <= bound and j not in self.known[i]:
                        better.setdefault(i, []).append((metres + worth[j], j, metres))
        return [
            (i, j, metres) for i, some in better.items() for _, j, metres in sorted(some)[:_ADDED]
        ]

    def _by_tree(self, tree: Search, found: Assignment) -> list[Edge]:
        """The same over arrays of 64-bit integers."""
        import numpy

        worth = numpy.array(found.provider_worth, dtype=numpy.int64)
        most = found.price - numpy.array(found.request_worth, dtype=numpy.int64)
        pieces = []
        for members in _classes(found.provider_worth):
            left = most - worth[members[0]]
            rows = numpy.flatnonzero(left >= 0)
            if len(rows):
                reach = numpy.minimum(left[rows], self.radius)
                i, j, metres = tree.within(rows, numpy.array(members), reach)
                kept = metres + worth[j] <= most[i]
                pieces.append((i[kept], j[kept], metres[kept]))
        if not pieces:
            return []
        i, j, metres = (numpy.concatenate(part) for part in zip(*pieces, strict=True))
        # The order of `sorted` above, request by request, and of each the first few.
        order = numpy.lexsort((j, metres + worth[j], i))
        added: list[Edge] = []
        taken: dict[int, int] = {}
        edges = (one[order].tolist() for one in (i, j, metres))
        for one, other, apart in zip(*edges, strict=True):
            if taken.get(one, 0) < _ADDED and other not in self.known[one]:
                taken[one] = taken.get(one, 0) + 1
                added.append((one, other, apart))
        return added


def _classes(worth: tuple[int, ...]) -> list[list[int]]:
    """Providers by rising worth: those worth nothing, then equally many in each class."""
    order = sorted(range(len(worth)), key=worth.__getitem__)
    free = sum(w == 0 for w in worth)
    classes = [order[:free]] if free else []
    size = max(1, -(-(len(order) - free) // _CLASSES))
    return classes + [order[at : at + size] for at in range(free, len(order), size)]
