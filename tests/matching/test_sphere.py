"""Distances: great-circle metres, whole, the same wherever in the library they are asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.place import Place
from marketplace.errors import InvalidInput
from marketplace.matching.sphere import EARTH_RADIUS_M, FARTHEST_M, check_point, metres

points = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(points, points)
def test_matching_measures_as_places_do(a: tuple[float, float], b: tuple[float, float]) -> None:
    """The metres that decide a match are the metres a place tells, in both directions."""
    assert metres(*a, *b) == metres(*b, *a) == Place(*a).metres_to(Place(*b))


def test_known_distances() -> None:
    """A quarter of the way round, half the way, across the antimeridian, and nowhere."""
    quarter = round(EARTH_RADIUS_M * 3.141592653589793 / 2)
    assert metres(0, 0, 0, 90) == metres(0, 17, 90, -120) == quarter
    assert metres(12, 34, -12, -146) == metres(90, 0, -90, 0) == FARTHEST_M
    assert metres(0, 179.5, 0, -179.5) == metres(0, 0.5, 0, -0.5)
    assert metres(90, 10, 90, 99) == metres(27.7, 85.3, 27.7, 85.3) == 0


@pytest.mark.parametrize(
    "point", [(90.1, 0), (-91, 0), (0, 181), (0, -180.5), (float("nan"), 0), (0, float("inf"))]
)
def test_what_is_off_the_globe_is_refused(point: tuple[float, float]) -> None:
    """A point beyond the poles or the antimeridian, or no number, is refused."""
    with pytest.raises(InvalidInput, match="lat -90 to 90 and lon -180 to 180"):
        check_point(*point)
