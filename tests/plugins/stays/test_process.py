"""The process of a stay: proved for every method that it admits, over any calendar."""

import pytest

from marketplace import CLOCK, prove
from marketplace.plugins.stays.process import stay


@pytest.mark.parametrize("calendar", ["nights", "hours", "slots"])
def test_a_stay_is_proved(calendar: str) -> None:
    """Nothing is held or reserved at its end, and nobody who is absent freezes it."""
    process = stay(calendar)
    assert prove(process).faults == ()
    assert {row.name for row in process.transitions if CLOCK in row.who} >= {"lapse", "pay_host"}
