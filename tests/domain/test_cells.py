"""Cells: neighbours by number, boxes as few ranges, distances without trigonometry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import Box, InvalidInput, Place
from marketplace.domain.cells import (
    BITS,
    MOST_CELLS,
    around,
    cell_of,
    chord2,
    cover,
    point_of,
    reach2,
)

lats = st.floats(-90, 90)
lons = st.floats(-180, 180)
places = st.builds(Place, lats, lons)
boxes = st.builds(
    lambda a, b, west, east: Box(min(a, b), west, max(a, b), east), lats, lats, lons, lons
)


@given(boxes, places)
def test_a_cover_holds_its_box(box: Box, place: Place) -> None:
    """Every place in a box lies in one of the cells that cover it, of which there are few."""
    covered = cover(box)
    assert len(covered.firsts) <= MOST_CELLS**2
    cell = cell_of(place)
    assert 0 <= cell < 1 << 2 * BITS
    if box.holds(place):
        assert any(first <= cell < first + covered.size for first in covered.firsts)


@given(boxes)
def test_the_corners_of_a_box_are_covered(box: Box) -> None:
    """The edges belong to a box."""
    covered = cover(box)
    for lat in (box.south, box.north):
        for lon in (box.west, box.east):
            assert box.holds(Place(lat, lon))
            cell = cell_of(Place(lat, lon))
            assert any(first <= cell < first + covered.size for first in covered.firsts)


@given(places, places, st.integers(1, 20_100_000))
def test_a_reach_leaves_nothing_out(one: Place, other: Place, metres: int) -> None:
    """Whatever is within so many metres lies in the box around, and nearer than the reach."""
    if one.metres_to(other) <= metres:
        assert around(one, metres).holds(other)
        assert chord2(point_of(one), point_of(other)) <= reach2(metres)


@given(places, st.integers(1, 100_000))
def test_a_cover_is_not_much_larger_than_its_box(place: Place, metres: int) -> None:
    """The cells around a circle are of its own size: what is near is not looked for far away."""
    if abs(place.lat) > 80:
        return
    covered = cover(around(place, metres))
    side = 180 / (1 << BITS) * 111_195 * covered.size**0.5
    assert side <= max(2 * metres, 60)


def test_a_box_is_a_box() -> None:
    """A box with its north below its south, or beyond the globe, is refused."""
    for wrong in ((1, 0, 0, 1), (0, 0, 91, 1), (0, -181, 1, 1), (0, 0, float("nan"), 1)):
        with pytest.raises(InvalidInput):
            Box(*wrong)
