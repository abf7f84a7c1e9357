"""A process that is killed around calls to Stripe, and one that takes up what it left.

Every fourth in the suite, each of them in `make kills`.
"""

from pathlib import Path

import pytest

from tests.attacks.killed_at_stripe import STORIES, wrong_in
from tests.attacks.test_kills import results

EVERY = 4


@pytest.mark.slow
@pytest.mark.attack(53, 54)
@pytest.mark.invariant(40, 46, 48)
@pytest.mark.parametrize("story", STORIES)
def test_a_kill_around_a_call_to_stripe_changes_nothing_in_the_end(
    tmp_path: Path, story: str
) -> None:
    """Killed right before or after a call, the account of a driver included: one account, one
    hold, one capture, one transfer, one refund; Stripe's balance is what our books say of it."""
    words = ["-m", "tests.attacks.killed_at_stripe", str(tmp_path), story, str(EVERY)]
    unharmed, *killed = results(words)
    assert unharmed["killed"] == 0
    assert unharmed["theirs"] == unharmed["clearing"]
    assert len(unharmed["charges"]) == 1
    assert len(killed) == unharmed["steps"] // EVERY > 2
    for found in killed:
        assert wrong_in(unharmed, found) == [], f"step {found['step']}"
