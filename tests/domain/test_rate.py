"""Rates: whole numbers between two currencies."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import InvalidInput, Money, Rate

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "target", "ratio", "amount", "becomes"),
    [
        ("CNY", "EUR", (1_316, 10_000), 70_00, 9_21),
        ("JPY", "EUR", (62, 10_000), 10_000, 62_00),
        ("EUR", "JPY", (161, 1), 10_00, 1_610),
        ("USD", "KWD", (307, 1_000), 10_00, 3_070),
        ("EUR", "USD", (1, 2), 1, 1),
    ],
)
def test_a_sum_is_converted_in_minor_units(
    source: str, target: str, ratio: tuple[int, int], amount: int, becomes: int
) -> None:
    """Each currency has its own decimals; halves go away from zero."""
    rate = Rate(source, target, *ratio, NOW)
    assert rate.convert(amount) == becomes
    assert rate.money(amount) == Money(becomes, target)


@given(
    ratio=st.tuples(st.integers(1, 10**9), st.integers(1, 10**9)),
    one=st.integers(0, 10**12),
    more=st.integers(0, 10**12),
)
def test_more_is_never_less(ratio: tuple[int, int], one: int, more: int) -> None:
    """A larger sum converts to a sum at least as large."""
    rate = Rate("CNY", "EUR", *ratio, NOW)
    assert rate.convert(one) <= rate.convert(one + more)


@pytest.mark.parametrize(
    "wrong",
    [
        {"numerator": 0},
        {"denominator": -1},
        {"numerator": 1.5},
        {"target": "CNY"},
        {"target": "EURO"},
        {"source": "yuan"},
    ],
)
def test_what_is_no_rate_is_refused(wrong: dict[str, Any]) -> None:
    """Two currencies that there are, and whole numbers above zero."""
    said = {"source": "CNY", "target": "EUR", "numerator": 1, "denominator": 7, "at": NOW}
    with pytest.raises(InvalidInput):
        Rate(**{**said, **wrong})
