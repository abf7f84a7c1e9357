"""Who is near enough: for each request the nearest providers within a radius, by great circle.

Two indexes give the same answers: a grid in plain Python, and scipy's KD-tree where it is
installed. Both only propose; every distance is `sphere.metres`, and nearness is (metres, index).
Both are right across the antimeridian and at the poles.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from attrs import field, frozen

from marketplace.errors import InvalidInput, SetupError
from marketplace.matching import candidates_tree
from marketplace.matching.columns import Column, Columns, column
from marketplace.matching.graph import Graph
from marketplace.matching.grid import Grid
from marketplace.matching.sphere import FARTHEST_M

Point = tuple[float, float]
Asked = Mapping[int, Collection[int]]


@frozen(slots=True)
class Candidates(Columns):
    """Three parallel arrays by request, metres, provider; and the name of the index used."""

    request: tuple[int, ...] = field(converter=column)
    provider: tuple[int, ...] = field(converter=column)
    metres: tuple[int, ...] = field(converter=column)
    index: str

    def graph(self, requests: int, providers: int) -> Graph:
        """So many requests and providers with these edges, each at its metres.

        As `Graph(requests, providers, near.request, near.provider, near.metres)`, but where numpy
        found them no integer of Python is made of its arrays.
        """
        columns = map(self.column, ("request", "provider", "metres"))
        return Graph(requests, providers, *columns)


def nearest(
    requests: Sequence[Point],
    providers: Sequence[Point],
    *,
    radius_m: int,
    k: int | None = None,
    asked: Asked | None = None,
    index: str | None = None,
) -> Candidates:
    """The `k` nearest providers within `radius_m` of each request; all within it when `k` is None.

    Points are (lat, lon) in degrees. `asked[i]` are providers that request i passes over: they take
    no place among the k. `index` is "grid", "tree" or None for the tree where scipy is installed.
    Raises InvalidInput for a point off the globe, a negative radius, k below 1, an unknown index;
    SetupError for a tree without scipy.
    """
    check(radius_m, k, index)
    there = candidates_tree.installed()
    if index == "tree" and not there:
        raise SetupError("scipy is not installed; install marketplace-kit[match] or use grid")
    radius = min(radius_m, FARTHEST_M)
    passed_over = asked or {}
    if index == "tree" or (index is None and there):
        search = candidates_tree.Search.of(requests, providers, radius)
        found, by = search.nearest(k, passed_over), "tree"
    else:
        found, by = _by_grid(requests, providers, radius, k, passed_over), "grid"
    request, provider, metres = map(Column, found)
    return Candidates(request, provider, metres, by)


def check(radius_m: int, k: int | None, index: str | None) -> None:
    """Raise InvalidInput for what `nearest` does not look for."""
    if radius_m < 0:
        raise InvalidInput(f"a radius is 0 metres or more, not {radius_m}")
    if k is not None and k < 1:
        raise InvalidInput(f"the nearest are 1 or more, or None for all, not {k}")
    if index not in (None, "grid", "tree"):
        raise InvalidInput(f"no index is called {index!r}; there are: grid, tree")


def _by_grid(
    requests: Sequence[Point], providers: Sequence[Point], radius: int, k: int | None, asked: Asked
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    grid = Grid.of(providers, radius, k)
    request: list[int] = []
    provider: list[int] = []
    metres: list[int] = []
    for i, (lat, lon) in enumerate(requests):
        for d, j in grid.nearest(lat, lon, radius, k, asked.get(i, ())):
            request.append(i)
            provider.append(j)
            metres.append(d)
    return tuple(request), tuple(provider), tuple(metres)
