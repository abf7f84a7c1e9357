"""Payments: how long what got no answer waits until it is asked again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.payment import MOST_BACK_OFF, back_off

NAMES = st.text(min_size=1, max_size=40)
TRIES = st.integers(0, 60)


@pytest.mark.invariant(49)
@given(NAMES, TRIES)
def test_it_waits_longer_each_time_and_an_hour_at_most(name: str, tries: int) -> None:
    """Law: between half and the whole of a time that doubles up to an hour, the same each time;
    two tries later never sooner, as long as the hour does not bound it."""
    whole = timedelta(seconds=min(2**tries, MOST_BACK_OFF))
    assert whole / 2 <= back_off(name, tries) <= whole <= timedelta(hours=1)
    assert back_off(name, tries) == back_off(name, tries)
    if 2 ** (tries + 2) <= MOST_BACK_OFF:
        assert back_off(name, tries + 2) >= back_off(name, tries)


@pytest.mark.attack(65)
def test_many_that_failed_together_do_not_come_back_together() -> None:
    """Law: of a thousand intents that got no answer in one moment, every tenth of the time in which
    they are asked again gets its share, and never a quarter of them at once."""
    waits = [back_off(f"int_{number}", 6) for number in range(1_000)]
    least, width = timedelta(seconds=32), timedelta(seconds=3.2)
    tenths = [min(int((one - least) / width), 9) for one in waits]
    shares = [tenths.count(one) for one in range(10)]
    assert min(shares) > 60
    assert max(shares) < 150
