"""Radius × batch × rounds: who is asked in which round, and why the others are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import InvalidInput
from marketplace.matching.problem import Reason
from marketplace.matching.radius import Candidate, RadiusRounds

STREET = [Candidate(f"d{n}", 100 * n) for n in range(1, 10)]


@pytest.mark.behaviour("R7")
def test_round_after_round_reaches_farther() -> None:
    """Two steps of two rounds, two at a time: nobody twice, the nearest first, then wider."""
    by_radius = RadiusRounds(steps_m=(300, 700), batch_size=2, rounds=2)
    asked: list[str] = []
    story = []
    for number in range(by_radius.rounds_in_all + 1):
        asking = by_radius.ask(number, asked, STREET)
        story.append((asking.limit_m, asking.ask))
        asked += asking.ask
    assert story == [
        (300, ("d1", "d2")),
        (300, ("d3",)),
        (700, ("d4", "d5")),
        (700, ("d6", "d7")),
        (None, ()),
    ]


@given(
    st.lists(st.integers(0, 1000), min_size=1, max_size=4, unique=True).map(sorted),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(0, 12),
    st.lists(st.tuples(st.integers(0, 1200), st.none() | st.integers(0, 50)), max_size=12),
    st.sets(st.integers(0, 11)),
)
def test_everybody_is_asked_or_told_why(
    steps: list[int],
    batch: int,
    rounds: int,
    number: int,
    people: list[tuple[int, int | None]],
    before: set[int],
) -> None:
    """Each candidate is asked or has one reason; those asked are fresh, inside the step, and the
    cheapest of such; the batch is full before anybody is told that it is."""
    by_radius = RadiusRounds(steps, batch, rounds)
    candidates = [Candidate(f"d{n}", m, cost) for n, (m, cost) in enumerate(people)]
    asked = {f"d{n}" for n in before}
    asking = by_radius.ask(number, asked, candidates)
    told = [provider for provider, _ in asking.reasons]
    assert sorted([*asking.ask, *told]) == sorted(c.provider for c in candidates)
    limit = by_radius.limit(number)
    if limit is None:
        assert asking.ask == ()
        assert {why.code for _, why in asking.reasons} <= {"rounds_over"}
        return
    fresh = [c for c in candidates if c.metres <= limit and c.provider not in asked]
    fresh.sort(key=lambda c: c.weight)
    assert asking.ask == tuple(c.provider for c in fresh[:batch])
    full = [provider for provider, why in asking.reasons if why.code == "batch_full"]
    assert full == [c.provider for c in fresh[batch:]]


def test_reasons_carry_their_numbers() -> None:
    """Outside the step, asked already, batch full: each with what is needed to say so."""
    asking = RadiusRounds((350, 700), batch_size=1).ask(0, {"d1"}, STREET[:4])
    assert asking.ask == ("d2",)
    assert dict(asking.reasons) == {
        "d1": Reason("already_asked", {"round": 0}),
        "d3": Reason("batch_full", {"rank": 2, "k": 1}),
        "d4": Reason("too_far", {"metres": 400, "limit": 350}),
    }


def test_a_score_decides_the_order_inside_a_step() -> None:
    """The cheapest is asked first though another is nearer; the step is measured in metres."""
    near, far = Candidate("near", 50, 900), Candidate("far", 300, 10)
    assert RadiusRounds((350,), batch_size=2).ask(0, (), [near, far]).ask == ("far", "near")
    assert RadiusRounds((200,), batch_size=2).ask(0, (), [near, far]).ask == ("near",)


@pytest.mark.parametrize(
    ("steps", "batch", "rounds", "says"),
    [
        ((), 1, 1, "there must be a step"),
        ((-1, 5), 1, 1, "the first 0 metres or more"),
        ((300, 300), 1, 1, "each step must reach farther"),
        ((500, 300), 1, 1, "each step must reach farther"),
        ((300,), 0, 1, "batch size and rounds must be 1 or more"),
        ((300,), 1, 0, "batch size and rounds must be 1 or more"),
    ],
)
def test_steps_rise(steps: tuple[int, ...], batch: int, rounds: int, says: str) -> None:
    """Steps rise from zero or more, and a round asks somebody; anything else is refused."""
    with pytest.raises(InvalidInput, match=says):
        RadiusRounds(steps, batch, rounds)


def test_rounds_are_numbered_from_zero() -> None:
    """A round before the first is refused; one after the last has no radius."""
    by_radius = RadiusRounds((300, 600), rounds=2)
    with pytest.raises(InvalidInput, match="numbered from 0, not -1"):
        by_radius.limit(-1)
    assert [by_radius.limit(n) for n in range(5)] == [300, 300, 600, 600, None]
