"""Rules of stays: from a line's inputs alone, whole numbers only."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from marketplace.plugins.stays.rules import RULES, named, prices, steps

runs = st.lists(
    st.tuples(st.just("2026-04-01"), st.integers(1, 400), st.integers(0, 10**9)), max_size=5
)


@given(runs, st.integers(1, 50))
def test_runs_of_steps_are_their_steps(given_runs: list[Any], units: int) -> None:
    """A run is as good as its steps one by one, for every unit."""
    inputs = {"runs": given_runs, "units": units}
    assert steps(inputs) == sum(prices(inputs)) * units
    assert len(prices(inputs)) == sum(count for _, count, _ in given_runs)


def test_rules_bear_the_name_of_their_plugin() -> None:
    """Two plugins of the kind bring rules of the same sort under names of their own."""
    assert named("lessons").keys() == {f"lessons.{name}" for name in RULES}
    assert named("stays")["stays.share"]({"of": 450, "bp": 300}) == 14


def test_a_capped_share_is_capped_by_person_and_night() -> None:
    """The cap is of every person and night, and a share below it is as it is."""
    capped = {"of": 10_000, "bp": 1_000, "most": 100, "persons": 2, "steps": 3}
    assert RULES["tax_share"](capped) == 600
    assert RULES["tax_share"]({**capped, "most": None}) == 1_000
    assert RULES["tax_share"]({**capped, "most": 5_000}) == 1_000
