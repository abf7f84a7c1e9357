"""Spans: half-open, in UTC, so that back-to-back never overlaps."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import HOUR, InvalidInput, Span

START = datetime(2026, 11, 23, tzinfo=UTC)
HOURS = st.integers(0, 200)


@pytest.mark.invariant(26)
@given(HOURS, st.integers(1, 50), st.integers(1, 50))
def test_back_to_back_spans_share_no_instant(at: int, first: int, second: int) -> None:
    """Law: a span that begins when another ends does not overlap it."""
    one = Span(START + at * HOUR, START + (at + first) * HOUR)
    other = Span(START + (at + first) * HOUR, START + (at + first + second) * HOUR)
    assert not one.overlaps(other)
    assert not other.overlaps(one)


@given(HOURS, st.integers(1, 50), HOURS, st.integers(1, 50))
def test_two_spans_overlap_when_some_hour_lies_in_both(a: int, m: int, b: int, n: int) -> None:
    """Law: overlapping is symmetrical, and the same as sharing an instant."""
    one = Span(START + a * HOUR, START + (a + m) * HOUR)
    other = Span(START + b * HOUR, START + (b + n) * HOUR)
    shared = set(range(a, a + m)) & set(range(b, b + n))
    assert one.overlaps(other) == other.overlaps(one) == bool(shared)


def test_a_span_without_an_end_lasts_for_ever() -> None:
    """Law: no end means for ever: every later instant lies in it."""
    endless = Span(START)
    assert endless.length is None
    assert endless.holds(START + 10**4 * HOUR)
    assert endless.overlaps(Span(START + HOUR))


def test_a_time_without_a_zone_is_refused_and_others_become_utc() -> None:
    """Law: nobody knows the instant of a naive time; all others are the same instant in UTC."""
    with pytest.raises(InvalidInput, match="time zone"):
        Span(datetime(2026, 1, 1))  # noqa: DTZ001
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    span = Span(datetime(2026, 1, 1, 5, 45, tzinfo=kathmandu))
    assert span.start == datetime(2026, 1, 1, tzinfo=UTC)
    assert span.start.tzinfo is UTC


def test_a_span_must_end_after_it_starts() -> None:
    """Law: an empty or backward span is refused."""
    for end in (START, START - HOUR):
        with pytest.raises(InvalidInput, match="end after"):
            Span(START, end)
