"""The optimum over everybody within a radius, proven, without listing every pair.

Solved on the nearest few, an optimum comes with what each is worth. A pair outside that graph could
change it only if it gains at least what its two ends are worth: those pairs alone are looked for,
the best of them are added, and it is solved again, until there is none that gains more. Those that
gain just as much are equals, and are there when ties are settled. What is then optimal on the graph
is optimal, also among equals by the rule for ties, on the graph of all pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from marketplace.errors import InvalidInput
from marketplace.matching import candidates_tree
from marketplace.matching.assignment import Assignment, assign, conclude, solver
from marketplace.matching.candidates import Point, check, nearest
from marketplace.matching.graph import Graph
from marketplace.matching.grid import Grid
from marketplace.matching.sphere import FARTHEST_M

_ADDED = 8
"""How many pairs a request may add in one round, those that gain most: it seldom needs more."""
_CLASSES = 6
"""Providers are looked through in classes of about equal worth: the more one is worth, the nearer
it must be. More classes mean smaller circles, and more of them."""

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
    `k` nearest of each request (of each provider, where they are fewer). The pairs are those of
    `assign` on the graph of all pairs; where all are equally far, all pairs are looked at. Raises
    what `nearest` and `assign` raise.
    """
    if unserved is not None and unserved < 0:
        raise InvalidInput(f"the price of leaving a request unserved is 0 or more, not {unserved}")
    # No pair costs more than the radius, so this price puts serving first on the whole graph too.
    price = min(radius_m, FARTHEST_M) * min(len(requests), len(providers)) + 1
    if unserved is not None:
        price = unserved
    reach = min(radius_m, FARTHEST_M, price)
    check(radius_m, k, None)
    if requests and providers and candidates_tree.installed():
        from marketplace.matching import whole_arrays

        if price < whole_arrays.EXACT:
            using = solver(by)
            search = candidates_tree.Search.bare(requests, providers, reach)
            graph, best, rounds = whole_arrays.optimum(search, price, k, using)
            found = conclude(graph, best, price, unserved is None, using.name)
            return Whole(found, graph, rounds)
    near = nearest(requests, providers, radius_m=reach, k=k)
    edges = list(zip(near.request, near.provider, near.metres, strict=True))
    search_ = _Outside(requests, providers, reach, [set() for _ in requests])
    search_.know(edges)
    rounds = 0
    while True:
        rounds += 1
        edges.sort()  # so that the edges of a request stand together
        columns = zip(*edges, strict=True) if edges else ((), (), ())
        graph = Graph(len(requests), len(providers), *columns)
        found = assign(graph, price, by=by)
        more = search_.paying(found)
        if not more:
            return Whole(evolve(found, serving_first=unserved is None), graph, rounds)
        search_.know(more)
        edges += more


@frozen(slots=True)
class _Outside:
    requests: Sequence[Point]
    providers: Sequence[Point]
    radius: int
    known: list[set[int]]  # of each request the providers it shares an edge with

    def know(self, edges: list[Edge]) -> None:
        for i, j, _ in edges:
            self.known[i].add(j)

    def paying(self, found: Assignment) -> list[Edge]:
        """Pairs that are no edge and gain at least what their ends are worth: of each request the
        few that gain most beyond it."""
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


def _classes(worth: tuple[int, ...]) -> list[list[int]]:
    """Providers by rising worth: those worth nothing, then equally many in each class."""
    order = sorted(range(len(worth)), key=worth.__getitem__)
    free = sum(w == 0 for w in worth)
    classes = [order[:free]] if free else []
    size = max(1, -(-(len(order) - free) // _CLASSES))
    return classes + [order[at : at + size] for at in range(free, len(order), size)]
