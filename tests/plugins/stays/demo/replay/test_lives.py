"""A booking's life as moments of a replay."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from marketplace.plugins.stays.demo.replay.hotels import HotelPolicy
from marketplace.plugins.stays.demo.replay.lives import Act, moments
from marketplace.plugins.stays.hotel_bookings import Booking, Ended

ARRIVE = date(2015, 10, 24)
"""The night after it the clocks in Lisbon go back."""


@st.composite
def bookings(draw: st.DrawFn) -> Booking:
    """Bookings whose dates agree with each other."""
    lead, nights = draw(st.integers(0, 1_095)), draw(st.integers(1, 60))
    ended = draw(st.sampled_from(Ended))
    booked, leave = ARRIVE - timedelta(days=lead), ARRIVE + timedelta(days=nights)
    ends = {
        Ended.STAYED: (ARRIVE, leave),
        Ended.CANCELLED: (booked, ARRIVE),
        Ended.NO_SHOW: (ARRIVE, ARRIVE),
    }[ended]
    return Booking(
        row=2, source_id="1", hotel="City Hotel", room="A", booked=booked, arrive=ARRIVE,
        nights=nights, adults=2, children=0, babies=0, rate=7_500, deposit="No Deposit",
        changes=draw(st.integers(0, 100)), ended=ended,
        ended_on=draw(st.dates(*ends)),
    )  # fmt: skip


@given(bookings())
def test_a_life_goes_forwards(booking: Booking) -> None:
    """It is booked, changed as often as the record says, and ended, each at a moment of its own;
    all before check-in but for guests who are there or never came."""
    policy = HotelPolicy()
    found = list(moments(booking, policy))
    assert all(one < other for (one, _), (other, _) in pairwise(found))
    acts = [act for _, act in found]
    assert acts[: booking.changes + 1] == [Act.BOOK, *[Act.CHANGE] * booking.changes]
    ends = acts[booking.changes + 1 :]
    check_in = policy.instant(booking.arrive, policy.check_in.hour)
    assert all(at < check_in for at, act in found if act in (Act.BOOK, Act.CHANGE, Act.CANCEL))
    expected = {
        Ended.STAYED: [Act.LEAVE] if booking.left_early else [],
        Ended.CANCELLED: [Act.CANCEL],
        Ended.NO_SHOW: [Act.NO_SHOW],
    }
    assert ends == expected[booking.ended]


def test_hours_are_the_hotel_s() -> None:
    """Eight in the morning is that by the clock of the hotel, whatever the season."""
    policy = HotelPolicy()
    assert policy.instant(date(2015, 7, 1), 8).hour == 7
    assert policy.instant(date(2015, 12, 1), 8).hour == 8
