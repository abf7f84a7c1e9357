"""How one payment is shared out over several deals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.checkout import allot
from marketplace.domain.effect import MoneyKind
from marketplace.domain.method import PaymentMethod
from marketplace.domain.money import Money
from marketplace.domain.payment import Pay
from marketplace.errors import SetupError

AMOUNTS = st.integers(min_value=0, max_value=10_000_000)


@pytest.mark.attack(26)
@pytest.mark.invariant(9)
@given(dues=st.lists(AMOUNTS, min_size=1, max_size=12), fixed=st.lists(AMOUNTS, max_size=4))
def test_what_is_allotted_is_the_payment_and_never_above_a_due(
    dues: list[int], fixed: list[int]
) -> None:
    """Over the deals each fixed part sums to itself, or to what was still open; over the parts no
    deal is given more than its due, and whoever takes the rest takes it in every deal."""
    pays = [Pay("card", amount=Money(amount, "NPR")) for amount in fixed] + [Pay("cash")]
    allotted = allot(pays, [{"price": due} for due in dues])
    still = sum(dues)
    for place, amount in enumerate(fixed):
        given_here = [mine[place].amount for mine in allotted]
        total = sum(one.amount for one in given_here if one is not None)
        assert total == min(amount, still)
        still -= total
    for mine, due in zip(allotted, dues, strict=True):
        taken = [one.amount.amount for one in mine if one.amount is not None]
        assert all(part >= 0 for part in taken)
        assert sum(taken) <= due
        assert mine[-1] == Pay("cash")


def test_a_payment_of_another_purse_is_left_out_where_there_is_none() -> None:
    """A bond is paid in the deal that has one, and the price in both."""
    pays = [Pay("card"), Pay("wallet", purse="bond", amount=Money(70, "NPR"))]
    first, second = allot(pays, [{"price": 10}, {"price": 20, "bond": 50}])
    assert first == [Pay("card")]
    assert second == [Pay("card"), Pay("wallet", purse="bond", amount=Money(50, "NPR"))]


def test_a_hold_is_never_joined() -> None:
    """Several deals could not capture their parts of one hold each in its own time."""
    with pytest.raises(SetupError):
        PaymentMethod("card", ways={}, joins={MoneyKind.HOLD})
