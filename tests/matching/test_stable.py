"""Stable matching: nobody and nobody else would both rather have each other."""

import csv
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import InvalidInput
from marketplace.matching.candidates import nearest
from marketplace.matching.graph import Graph
from marketplace.matching.sphere import metres
from marketplace.matching.stable import blocking, stable
from tests.matching import new_york
from tests.matching.graphs import every_matching, graphs


@st.composite
def two_minds(draw: st.DrawFn) -> tuple[Graph, list[int] | None]:
    """A graph, and what each edge costs the provider, where the two sides see it differently."""
    graph = draw(graphs(side=5, edges=12))
    edges = len(graph.cost)
    return graph, draw(st.none() | st.lists(st.integers(0, 5), min_size=edges, max_size=edges))


@given(two_minds())
def test_nobody_would_rather_have_each_other(case: tuple[Graph, list[int] | None]) -> None:
    """Whoever proposes, no edge is left whose two ends both prefer it."""
    graph, provider_cost = case
    for side in ("requests", "providers"):
        pairs = stable(graph, side, provider_cost)
        assert blocking(graph, pairs, provider_cost) == ()


@given(two_minds())
def test_the_same_are_paired_whoever_proposes(case: tuple[Graph, list[int] | None]) -> None:
    """In every stable matching the same requests and providers have somebody (rural hospitals)."""
    graph, provider_cost = case
    sides = [
        tuple(map(set, zip(*pairs, strict=True)))
        for pairs in every_matching(graph, None)
        if blocking(graph, pairs, provider_cost) == ()
    ]
    assert sides
    assert all(side == sides[0] for side in sides)


@given(two_minds())
def test_who_proposes_does_best(case: tuple[Graph, list[int] | None]) -> None:
    """Among all stable matchings, each request likes none better than the one it proposed to."""
    graph, provider_cost = case
    mine = dict(stable(graph, "requests", provider_cost))
    costs: dict[tuple[int, int], int] = {}
    for i, j, c in zip(graph.request, graph.provider, graph.cost, strict=True):
        costs[i, j] = min(c, costs.get((i, j), c))
    for pairs in every_matching(graph, None):
        if blocking(graph, pairs, provider_cost) == ():
            for i, j in pairs:
                assert (costs[i, mine[i]], mine[i]) <= (costs[i, j], j)


def test_a_blocking_pair_is_found() -> None:
    """Two who would rather have each other than what they got are named (the control)."""
    graph = Graph.of_matrix([[1, 2], [2, 3]])
    assert blocking(graph, [(0, 1), (1, 0)]) == ((0, 0),)
    assert blocking(graph, []) == ((0, 0), (0, 1), (1, 0), (1, 1))
    assert blocking(graph, [(0, 0), (1, 1)]) == ()


def test_sides_and_costs_are_checked() -> None:
    """Another side than the two, or a cost missing for an edge, is refused."""
    graph = Graph.of_matrix([[1]])
    with pytest.raises(InvalidInput, match="requests or providers propose, not 'drivers'"):
        stable(graph, "drivers")
    with pytest.raises(InvalidInput, match="1 edges need as many provider costs, not 2"):
        stable(graph, provider_cost=[1, 2])


@pytest.mark.parametrize("minute", [10, 25])
def test_real_windows_match_the_oracle(data_dir: Path, minute: int) -> None:
    """Half a minute of New York's riders and the cars freed in the 40 s before: both published
    matchings, pair by pair. A rider minds how far off the car is, a driver where the ride ends.

    The oracle does not say so: its matchings have no blocking pair just when drivers would rather
    not leave where they are, measured from the car to the ride's end.
    """
    start = datetime(2015, 1, 10, 0, minute)  # noqa: DTZ001 the records are local times
    night = new_york.load(data_dir)
    riders, drivers = night.riders(start, 30), night.drivers(start, 40)
    apart = nearest([t.start for t in riders], [t.end for t in drivers], radius_m=10**8)
    graph = Graph(len(riders), len(drivers), apart.request, apart.provider, apart.metres)
    away = [
        metres(*drivers[j].end, *riders[i].end)
        for i, j in zip(apart.request, apart.provider, strict=True)
    ]
    approach = dict(zip(zip(apart.request, apart.provider, strict=True), apart.metres, strict=True))
    published: dict[str, set[tuple[int, int, int]]] = {}
    with (data_dir / "oracles" / "nyc_yellow_stable_matching.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["window_start"] == str(start):
                pair = int(row["rider_trip"]), int(row["driver_trip"]), int(row["distance_m"])
                published.setdefault(row["side"], set()).add(pair)
    assert published["rider_optimal"] != published["driver_optimal"]
    for side, name in (("requests", "rider_optimal"), ("providers", "driver_optimal")):
        pairs = stable(graph, side, away)
        assert blocking(graph, pairs, away) == ()
        found = {(riders[i].number, drivers[j].number, approach[i, j]) for i, j in pairs}
        assert found == published[name]
