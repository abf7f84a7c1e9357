"""Blurred places: one answer for a whole cell of the earth, whoever asks and however often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import InvalidInput, Place, blurred

LATS, LONS = st.floats(-90, 90), st.floats(-180, 180)
WIDTHS = st.integers(10, 5_000)


@given(LATS, LONS, WIDTHS)
def test_a_blurred_place_is_near_and_says_no_more_when_asked_again(
    lat: float, lon: float, metres: int
) -> None:
    """It lies within a cell's diagonal of the place, has no label, and blurring it again, or any
    number of times, gives the same: nothing to take the mean of."""
    exact = Place(lat, lon, "12 Lakeside Marg")
    shown = blurred(exact, metres)
    assert exact.metres_to(shown) <= metres * 0.85 + 1
    assert shown.label == ""
    assert blurred(shown, metres) == shown
    assert blurred(exact, metres) == shown


@given(st.floats(-75, 75), LONS, st.integers(100, 2_000), st.data())
def test_neighbours_share_a_few_answers(
    lat: float, lon: float, metres: int, data: st.DataObject
) -> None:
    """A hundred places within a tenth of a cell of each other, several listings in a house or a pin
    that is moved about, give at most four answers: those of the cells that touch there."""
    degrees = metres / 10 / 111_195
    steps = st.floats(-degrees, degrees)
    seen = set()
    for _ in range(20):
        at_lon = (lon + data.draw(steps) + 180) % 360 - 180
        seen.add(blurred(Place(lat + data.draw(steps), at_lon), metres))
    assert len(seen) <= 4


def test_cells_do_not_follow_the_place() -> None:
    """Places all over a cell give its one middle, so the mean of answers is no mean of places."""
    middle = blurred(Place(28.2096, 83.9856), 500)
    inside = [
        Place(middle.lat + north, middle.lon + east)
        for north in (-0.002, 0, 0.002)
        for east in (-0.0022, 0, 0.0022)
    ]
    assert {blurred(one, 500) for one in inside} == {middle}


def test_the_ends_of_the_earth_have_cells() -> None:
    """The poles and the line where the days meet are blurred like any other place."""
    for place in (Place(90, 0), Place(-90, 180), Place(0, 180), Place(0, -180)):
        assert place.metres_to(blurred(place, 1_000)) <= 1_000
    assert blurred(Place(10, 180), 500) == blurred(Place(10, -180), 500)


@pytest.mark.parametrize("metres", [0, 9, -500, 1_000_001, 500.0, True])
def test_a_width_is_whole_metres_within_reason(metres: object) -> None:
    """Too fine says where it is, too coarse says nothing, and a float or a yes is no width."""
    with pytest.raises(InvalidInput, match="blurred by 10 to 1000000 m"):
        blurred(Place(1, 1), metres)  # type: ignore[arg-type]
