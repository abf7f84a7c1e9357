"""Candidates: the nearest within a radius, the same by grid, by tree and by looking at all."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import InvalidInput, SetupError
from marketplace.matching.candidates import Candidates, Point, nearest
from marketplace.matching.sphere import metres

anywhere = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
# Where geometry breaks: poles, the antimeridian, the same spot again, spots a metre apart.
corners = st.tuples(
    st.sampled_from([-90.0, -89.99999, -45.0, 0.0, 27.7, 27.70001, 89.99999, 90.0]),
    st.sampled_from([-180.0, -179.99999, -74.0, 0.0, 85.3, 85.30001, 179.99999, 180.0]),
)
town = st.tuples(st.floats(27.6, 27.8), st.floats(85.2, 85.4))
crowds = st.one_of(*(st.lists(kind, max_size=40) for kind in (anywhere, corners, town)))
radii = st.sampled_from([0, 1, 3, 800, 5_000, 2_000_000, 20_015_115, 10**9])


def looking_at_all(
    requests: list[Point],
    providers: list[Point],
    radius_m: int,
    k: int | None,
    asked: dict[int, set[int]],
) -> list[tuple[int, int, int]]:
    found = []
    for i, here in enumerate(requests):
        apart = sorted(
            (metres(*here, *there), j)
            for j, there in enumerate(providers)
            if j not in asked.get(i, ())
        )
        found += [(i, j, d) for d, j in [pair for pair in apart if pair[0] <= radius_m][:k]]
    return found


def rows(found: Candidates) -> list[tuple[int, int, int]]:
    return list(zip(found.request, found.provider, found.metres, strict=True))


@pytest.mark.behaviour("R7")
@given(
    crowds,
    crowds,
    radii,
    st.none() | st.integers(1, 12),
    st.dictionaries(st.integers(0, 40), st.sets(st.integers(0, 40), max_size=6), max_size=5),
)
def test_both_indexes_find_what_looking_at_all_finds(
    requests: list[Point],
    providers: list[Point],
    radius_m: int,
    k: int | None,
    asked: dict[int, set[int]],
) -> None:
    """Grid and tree agree with measuring everybody: same providers, metres, order; none asked."""
    expected = looking_at_all(requests, providers, radius_m, k, asked)
    for index in ("grid", "tree"):
        found = nearest(requests, providers, radius_m=radius_m, k=k, asked=asked, index=index)
        assert (found.index, rows(found)) == (index, expected)


@pytest.mark.parametrize("index", ["grid", "tree"])
@pytest.mark.parametrize("k", [1, 9, 30])
def test_ties_go_to_the_lowest_numbers(index: str, k: int) -> None:
    """Where thirty stand on one spot, the first k of them are the nearest, by either index."""
    crowd = [(27.7, 85.3)] * 30
    found = nearest([(27.7, 85.3), (27.6, 85.2)], crowd, radius_m=10**8, k=k, index=index)
    assert found.provider == tuple(range(k)) * 2


def test_the_antimeridian_and_the_poles_are_no_edges() -> None:
    """Neighbours across the 180th meridian and around a pole are near, not half a world away."""
    for index in ("grid", "tree"):
        found = nearest(
            [(-16.5, 179.999), (89.999, 10.0)],
            [(-16.5, -179.999), (89.999, -170.0), (0.0, 0.0)],
            radius_m=1_000,
            k=2,
            index=index,
        )
        assert rows(found) == [(0, 0, 213), (1, 1, 222)]


def test_one_far_away_does_not_slow_the_rest() -> None:
    """With somebody at the other end of the world, each still finds its own neighbours."""
    line = [(0.0, n / 10_000) for n in range(400)]
    for index in ("grid", "tree"):
        found = nearest(line, [*line, (-45.0, -120.0)], radius_m=10**8, k=1, index=index)
        assert rows(found) == [(n, n, 0) for n in range(400)]


def test_without_scipy_the_grid_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """With scipy hidden the default is the grid and finds the same; a tree is refused aloud."""
    crowd = [(27.6 + n * n % 97 / 500, 85.2 + n % 89 / 400) for n in range(200)]
    by_tree = nearest(crowd[:50], crowd, radius_m=3_000, k=4)
    assert by_tree.index == "tree"
    for name in [m for m in sys.modules if m.split(".")[0] in ("scipy", "numpy")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "numpy", None)
    alone = nearest(crowd[:50], crowd, radius_m=3_000, k=4)
    assert (alone.index, rows(alone)) == ("grid", rows(by_tree))
    with pytest.raises(SetupError, match="scipy is not installed"):
        nearest(crowd, crowd, radius_m=1, index="tree")


@pytest.mark.parametrize(
    ("asking", "says"),
    [
        ({"radius_m": -1}, "0 metres or more, not -1"),
        ({"radius_m": 1, "k": 0}, "1 or more, or None for all, not 0"),
        ({"radius_m": 1, "index": "h3"}, "there are: grid, tree"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(asking: dict[str, int], says: str) -> None:
    """A radius below zero, fewer than one neighbour, or an index nobody wrote is refused."""
    with pytest.raises(InvalidInput, match=says):
        nearest([(0.0, 0.0)], [(0.0, 0.0)], **asking)  # type: ignore[arg-type]


@pytest.mark.parametrize("index", ["grid", "tree"])
@pytest.mark.parametrize("side", [0, 1])
def test_a_point_off_the_globe_is_refused(index: str, side: int) -> None:
    """A request or a provider with impossible coordinates is refused by either index."""
    sides = [[(0.0, 0.0)], [(0.0, 0.0)]]
    sides[side] = [(91.0, 0.0)]
    with pytest.raises(InvalidInput, match="lat -90 to 90"):
        nearest(*sides, radius_m=5, k=1, index=index)
