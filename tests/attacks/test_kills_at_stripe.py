"""A process that is killed around every call to Stripe, and one that takes up what it left."""

import signal
from pathlib import Path

import pytest

from tests.attacks.test_kills import results


@pytest.mark.slow
@pytest.mark.attack(53, 54)
@pytest.mark.invariant(40, 46, 48)
@pytest.mark.parametrize("story", ["carried through", "called off"])
def test_a_kill_around_any_call_to_stripe_changes_nothing_in_the_end(
    tmp_path: Path, story: str
) -> None:
    """Killed right before or after any call, the account of a driver included: one account, one
    hold, one capture, one transfer, one refund; Stripe's balance is what our books say of it."""
    unharmed, *killed = results(["-m", "tests.attacks.killed_at_stripe", str(tmp_path), story])
    assert unharmed["killed"] == 0
    assert unharmed["theirs"] == unharmed["clearing"]
    assert len(unharmed["charges"]) == 1
    assert len(killed) == unharmed["steps"] > 8
    for step, found in enumerate(killed, 1):
        assert found["killed"] == signal.SIGKILL, f"step {step} killed nobody"
        for what in ("charges", "moved", "clearing", "theirs", "journals", "intents"):
            assert found[what] == unharmed[what], f"step {step}: {what}"
        assert set(found["sums"].values()) <= {0}
        assert found["faults"] == [], f"step {step}"
        assert set(found["intents"]) == {"done"}
