"""Routes without a map: the straight line, stretched, at one speed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import Place
from marketplace.plugins.rides.route import Route, StraightLine

NOW = datetime(2026, 3, 2, tzinfo=UTC)
THAMEL, PATAN, BOUDHA = Place(27.7152, 85.3123), Place(27.6727, 85.3253), Place(27.7215, 85.362)
places = st.builds(Place, st.floats(27.6, 27.8), st.floats(85.2, 85.5))


@pytest.mark.behaviour("T11")
def test_a_guess_is_a_stretched_straight_line() -> None:
    """The way is 1.3 times the great circle, and its time what that takes at 18 km/h."""
    straight = THAMEL.metres_to(PATAN)
    route = StraightLine().route([THAMEL, PATAN], NOW)
    assert route.metres == -(-straight * 13 // 10)
    assert route.seconds == -(-route.metres // 5)
    assert 6_000 < route.metres < 6_600


@pytest.mark.behaviour("T11")
@given(places, places, places)
def test_a_stop_never_shortens_the_way(a: Place, b: Place, c: Place) -> None:
    """By way of a stop it is at least as far, but for the metres that rounding makes."""
    router = StraightLine()
    assert router.route([a, b, c], NOW).metres >= router.route([a, c], NOW).metres - 3


def test_no_way_is_no_distance() -> None:
    """One place, or the same twice, is no distance and no time."""
    assert StraightLine().route([THAMEL], NOW) == Route(0, 0)
    assert StraightLine().route([BOUDHA, BOUDHA], NOW) == Route(0, 0)
