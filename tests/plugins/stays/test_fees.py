"""Fees: shares within bounds, of what the guest pays the host."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import InvalidInput, Line, Money
from marketplace.plugins.stays.fees import Fees, subtotal


def line(amount: int, payer: str, payee: str, purse: str = "price") -> Line:
    """A line of some rule."""
    return Line("x", Money(amount, "USD"), payer, payee, "core.agreed", purse=purse)


@pytest.mark.parametrize("bp", [-1, 10_001, 3.0, True, "300"])
def test_a_share_lies_within_its_bounds(bp: Any) -> None:
    """Basis points are whole and 0 to 10000; anything else is refused by saying so."""
    with pytest.raises(InvalidInput, match="a share is 0 to 10000 basis points"):
        Fees.split(bp, bp)


def test_the_basis_is_what_the_guest_pays_the_host() -> None:
    """Taxes, the marketplace's own coupon and other purses are no part of it; the host's discount
    is taken off."""
    lines = [
        line(1_000, "customer", "provider"),
        line(100, "provider", "customer"),
        line(50, "operator", "customer"),
        line(70, "customer", "tax"),
        line(500, "customer", "provider", "deposit"),
    ]
    assert subtotal(lines) == 900
    assert [one.amount.amount for one in Fees.split(1_000, 500).lines(lines, "USD", "stays")] == [
        90, 45,
    ]  # fmt: skip


@given(st.integers(0, 10**12), st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_fee_is_never_more_than_its_basis(amount: int, guest: int, host: int) -> None:
    """Each side's fee lies between nothing and what the guest pays the host."""
    paid = [line(amount, "customer", "provider")]
    for fee in Fees.split(guest, host).lines(paid, "USD", "stays"):
        assert 0 < fee.amount.amount <= amount
        assert (fee.payer, fee.payee) in {("customer", "operator"), ("provider", "operator")}


def test_no_fee_is_no_line() -> None:
    """A marketplace that takes nothing writes no lines of nothing."""
    assert Fees().lines([line(1_000, "customer", "provider")], "USD", "stays") == []
    assert Fees.split(1_000, 300).lines([], "USD", "stays") == []
