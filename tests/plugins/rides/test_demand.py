"""The simulated morning: the same from the same seed, and shaped as it says."""

from collections import Counter
from datetime import date
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace import InvalidInput
from marketplace.plugins.rides.demand import KATHMANDU, Morning, answer, morning
from marketplace.plugins.rides.trips import Box

DAY = date(2026, 3, 2)
VALLEY = Box(27.6, 27.8, 85.2, 85.5)


def seeded(seed: int = 7, riders: int = 600, drivers: int = 120) -> Morning:
    return morning(Random(seed), DAY, riders, drivers)


@pytest.mark.invariant(56)
def test_the_same_seed_gives_the_same_morning() -> None:
    """A seed gives one morning, again and again; another seed gives another."""
    assert seeded(7) == seeded(7)
    assert seeded(7) != seeded(8)
    one, other = Random(3), Random(3)
    shift = seeded().shifts[0]
    assert [answer(one, shift) for _ in range(99)] == [answer(other, shift) for _ in range(99)]


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(0, 40), st.integers(0, 40))
def test_everything_lies_in_the_morning_and_the_valley(
    seed: int, riders: int, drivers: int
) -> None:
    """All times lie between opening and closing, in order; all places in the valley."""
    made = seeded(seed, riders, drivers)
    assert (len(made.wishes), len(made.shifts)) == (riders, drivers)
    asked = [wish.asked_at for wish in made.wishes]
    assert asked == sorted(asked)
    for wish in made.wishes:
        assert made.opens_at <= wish.asked_at < made.closes_at
        assert VALLEY.holds(wish.pickup)
        assert VALLEY.holds(wish.dropoff)
        assert wish.pickup.metres_to(wish.dropoff) >= 800
    for shift in made.shifts:
        assert made.opens_at <= shift.online_at < shift.offline_at <= made.closes_at
        assert VALLEY.holds(shift.start)
        assert 0 < shift.accepts_bps + shift.ignores_bps <= 10_000


def test_most_ask_between_eight_and_ten() -> None:
    """More than half of six hours' riders ask in two of them, and the peak hour is the ninth."""
    hours = Counter(wish.asked_at.astimezone(KATHMANDU).hour for wish in seeded(1, 4_000).wishes)
    assert hours[8] + hours[9] > 0.55 * 4_000
    assert hours[9] == max(hours.values())
    assert set(hours) == {6, 7, 8, 9, 10, 11}


def test_people_leave_the_edge_for_the_middle() -> None:
    """In the morning more people go to Singha Durbar than come from there; Kalanki is the other."""
    wishes = seeded(1, 4_000).wishes
    starts, ends = (Counter(getattr(w, x).label for w in wishes) for x in ("pickup", "dropoff"))
    assert ends["Singha Durbar"] > 3 * starts["Singha Durbar"]
    assert starts["Kalanki"] > 3 * ends["Kalanki"]


def test_drivers_answer_as_they_are() -> None:
    """Of many offers a driver accepts and ignores the shares that its behaviour says."""
    shift = seeded().shifts[5]
    answers = Counter(answer(Random(seed), shift)[0] for seed in range(20_000))
    assert abs(answers["accept"] - 2 * shift.accepts_bps) < 300
    assert abs(answers["ignore"] - 2 * shift.ignores_bps) < 300
    assert all(answer(Random(seed), shift)[1] >= 1 for seed in range(50))


@pytest.mark.attack(20)
@pytest.mark.parametrize("bad", [-1, 1.5, True, "9", 10**9])
def test_numbers_of_people_are_whole(bad: int) -> None:
    """A crowd that is negative, a fraction or too large to hold is refused."""
    with pytest.raises(InvalidInput):
        seeded(riders=bad)
    with pytest.raises(InvalidInput):
        seeded(drivers=bad)
