"""The optimum over everybody: the same as on the graph of all pairs, found on a few of them."""

import random
from math import cos, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import InvalidInput
from marketplace.matching import candidates_tree
from marketplace.matching.assignment import assign, verify
from marketplace.matching.candidates import Point, nearest
from marketplace.matching.graph import Graph
from marketplace.matching.whole import assign_whole

# Streets of about 110 m: many stand at the same place or equally far.
_DEGREES = st.integers(0, 12).map(lambda n: 27.7 + n / 1000)
points = st.lists(st.tuples(_DEGREES, _DEGREES), max_size=12)
SOLVERS = ("python", "numba")


def everybody(requests: list[Point], providers: list[Point], radius_m: int) -> Graph:
    near = nearest(requests, providers, radius_m=radius_m)
    return Graph(len(requests), len(providers), near.request, near.provider, near.metres)


@pytest.mark.behaviour("R7")
@given(points, points, st.sampled_from([0, 400, 5_000]), st.none() | st.integers(0, 900))
def test_it_is_the_optimum_of_all_pairs(
    requests: list[Point], providers: list[Point], radius_m: int, unserved: int | None
) -> None:
    """Begun with the nearest alone, it ends at the very pairs that all pairs listed give, and its
    worths prove them on the graph of all pairs."""
    graph = everybody(requests, providers, radius_m)
    want = assign(graph, unserved)
    for by in SOLVERS:
        found = assign_whole(
            requests, providers, radius_m=radius_m, unserved=unserved, k=1, by=by
        ).assignment
        assert (found.pairs, found.total) == (want.pairs, want.total)
        assert verify(graph, found) == ()


@pytest.mark.parametrize("index", ["tree", "grid"])
def test_a_town_needs_few_of_its_pairs(monkeypatch: pytest.MonkeyPatch, index: str) -> None:
    """Of a town's 600 × 600 pairs the nearest few and a few more are enough, by either index."""
    if index == "grid":
        monkeypatch.setattr(candidates_tree, "installed", lambda: False)
    chance = random.Random(7)
    here, there = (
        [(27.7 + chance.random() / 20, 85.3 + chance.random() / 20) for _ in range(600)]
        for _ in range(2)
    )
    found = assign_whole(here, there, radius_m=10_000, k=4)
    assert verify(everybody(here, there, 10_000), found.assignment) == ()
    assert found.rounds > 1
    assert len(found.graph.cost) < 600 * 600 // 10


def test_a_negative_price_is_refused() -> None:
    """Leaving somebody unserved costs nothing at the least, also where nobody is."""
    with pytest.raises(InvalidInput, match="0 or more, not -1"):
        assign_whole([], [], radius_m=5, unserved=-1)


def scattered(count: int, seed: int, south: float, west: float) -> list[Point]:
    """Points in a town of about 5 km by 5, its south-west corner given; across the antimeridian
    the numbers begin anew."""
    chance = random.Random(seed)
    return [
        (
            south + chance.random() / 20,
            (west + chance.random() / 20 / cos(radians(south)) + 180) % 360 - 180,
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("sizes", [(300, 180), (180, 300), (220, 220)])
@pytest.mark.parametrize("place", [(27.7, 85.3), (51.0, 179.97), (89.93, 10.0)])
@pytest.mark.parametrize("by", SOLVERS)
def test_a_town_is_proven_whichever_side_is_scarce(
    sizes: tuple[int, int], place: tuple[float, float], by: str
) -> None:
    """In Kathmandu, across the antimeridian and near the pole, with few or many providers, the
    pairs are those that all pairs listed give."""
    here, there = (scattered(count, count + n, *place) for n, count in enumerate(sizes))
    graph = everybody(here, there, 30_000)
    want = assign(graph, by="numba")
    found = assign_whole(here, there, radius_m=30_000, k=3, by=by)
    assert (found.assignment.pairs, found.assignment.total) == (want.pairs, want.total)
    assert verify(graph, found.assignment) == ()
    assert len(found.graph.cost) < len(graph.cost) // 4


@pytest.mark.parametrize("by", SOLVERS)
def test_everybody_at_one_place(by: str) -> None:
    """Where all pairs tie, all of them are looked at when ties are settled: the numbers decide."""
    found = assign_whole([(27.7, 85.3)] * 40, [(27.7, 85.3)] * 50, radius_m=10, k=2, by=by)
    assert found.assignment.pairs == tuple((i, i) for i in range(40))
    assert found.assignment.total == 0
