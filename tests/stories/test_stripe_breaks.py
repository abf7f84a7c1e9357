"""What is Stripe's alone: 500s that it keeps under a key, storms of 429, and transfers refused."""

import pytest

from marketplace import HOUR
from tests.support.quay import Quay


@pytest.mark.invariant(40, 41, 49)
@pytest.mark.parametrize("breaks", ["broken", "storm"])
def test_an_hour_of_500s_or_429s_ends(stripe_quay: Quay, breaks: str) -> None:
    """For an hour every call ends in a 500, which Stripe keeps under the call's key for a day, or
    in a 429: within two hours each deal is paid, once, and Stripe was not asked without end."""
    quay = stripe_quay
    getattr(quay.twin.faults, breaks)(lasting=HOUR)
    deal = quay.opened("crates")
    held = quay.opened("crossings", price=5_000)
    quay.wait(HOUR)
    assert quay.bank.charges() == []
    quay.wait(HOUR)
    assert (quay.now(deal).state, quay.now(held).state) == ("paid", "waiting")
    assert quay.bank.charges() == [(0, 10_000, 0), (5_000, 0, 0)]
    asked = [one for one in quay.twin.calls if one.method == "POST"]
    # One more key each time, of which each of those before is asked again: 12 times in an hour.
    assert len(asked) < 200
