"""What is taken at once of a counted resource."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.reservation import Reservation, Resource, busiest
from marketplace.domain.span import HOUR

NOON = datetime(2026, 4, 3, 12, tzinfo=UTC)
MINUTES = st.tuples(st.integers(0, 600), st.integers(1, 200), st.integers(1, 3))


def claim(begins: timedelta, lasts: timedelta, quantity: int) -> Reservation:
    """A claim from so long after noon on."""
    start = NOON + begins
    return Reservation("c", "r", "block", "c", quantity, "confirmed", NOON, start, start + lasts)


@given(st.lists(MINUTES, max_size=8))
def test_the_busiest_span_is_found_hour_by_hour(drawn: list[tuple[int, int, int]]) -> None:
    """For any claims: the most that a count of every whole hour finds, and the first stretch of
    hours in which it is so much."""
    minute = timedelta(minutes=1)
    claims = [claim(begins * minute, lasts * minute, many) for begins, lasts, many in drawn]
    used = [
        sum(
            one.quantity
            for one, (begins, lasts, _) in zip(claims, drawn, strict=True)
            if begins < (hour + 1) * 60 and begins + lasts > hour * 60
        )
        for hour in range(15)
    ]
    most, start, end = busiest(Resource("r", "l", "slots", "counted", 9, HOUR), claims)
    assert most == max(used)
    if not most:
        assert (start, end) == (None, None)
        return
    first = used.index(most)
    after = next(hour for hour in range(first, len(used) + 1) if [*used, 0][hour] != most)
    assert (start, end) == (NOON + first * HOUR, NOON + after * HOUR)


@pytest.mark.parametrize("quantities", [[], [1], [2, 3]])
def test_what_has_no_span_is_taken_all_at_once(quantities: list[int]) -> None:
    """Of stock all claims are at once, and there is no when."""
    claims = [claim(timedelta(0), HOUR, many) for many in quantities]
    assert busiest(Resource("r", "l", "stock", "counted", 9), claims) == (
        sum(quantities), None, None,
    )  # fmt: skip
