"""Attacks on the smallest unit: splits that lose a penny, refunds in slices."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import OPERATOR, Line, Money, Purpose
from marketplace.domain.money import divide, split
from tests.support.hamlet import Hamlet


@pytest.mark.attack(26)
@pytest.mark.invariant(9)
def test_ten_thousand_splits_of_one_unit_lose_none() -> None:
    """A unit among three goes whole to one of them, every time; the rule decides whom, not luck."""
    sums = [0, 0, 0]
    for _ in range(10_000):
        parts = split(1, [1, 1, 1])
        assert sum(parts) == 1
        sums = [total + part for total, part in zip(sums, parts, strict=True)]
    assert sum(sums) == 10_000
    assert sums == [10_000, 0, 0]


@pytest.mark.invariant(9, 10)
@given(
    amount=st.integers(-(10**12), 10**12),
    weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any),
)
def test_a_split_is_exact_and_fair(amount: int, weights: list[int]) -> None:
    """Parts sum to the whole, each within one unit of its share; nothing for a weight of zero."""
    parts, total = split(amount, weights), sum(weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * total - amount * weight) < total
        assert weight or not part
    assert split(-amount, weights) == [-part for part in parts]
    assert split(amount, weights) == parts


@pytest.mark.attack(27)
@pytest.mark.invariant(11)
def test_a_thousand_slices_return_no_more_than_the_fee(in_memory: Hamlet) -> None:
    """A fare lowered in many slices gives back exactly the fee of what was given back.

    Each slice settles the whole anew, so rounding never adds up: after each of them the fee is
    the rounded share of what is left, and never more than was taken is returned.
    """
    hamlet = in_memory
    ride = hamlet.settled()
    fare = hamlet.market.transactions.payments(ride.id, by=OPERATOR)[0].kept
    taken = hamlet.town.house(Purpose.REVENUE)
    chance = Random(27)
    left, slices = fare, 0
    while left > 0 and slices < 40:
        left -= min(left, chance.choice([1, 1, 1, 3, 7, left if slices == 38 else 1]))
        slices += 1
        _lower(hamlet, ride.id, left)
        assert hamlet.town.house(Purpose.REVENUE) == divide(left * 1_500, 10_000) <= taken
        earned = hamlet.market.ledger.balance(hamlet.driver.id, "NPR", by=OPERATOR).amount
        assert earned == left - divide(left * 1_500, 10_000)
        assert hamlet.sandbox.balance("NPR").amount == left
    (payment,) = hamlet.market.transactions.payments(ride.id, by=OPERATOR)
    assert payment.kept == left
    naive = sum(divide(1_500, 10_000) for _ in range(1_000))
    assert naive == 0 != divide(1_000 * 1_500, 10_000), "slice by slice, rounding would drift"


def _lower(hamlet: Hamlet, ride: str, left: int) -> None:
    fee = divide(left * 1_500, 10_000)
    lines = [
        Line("fare", Money(left, "NPR"), "customer", "provider", "core.agreed"),
        Line("commission", Money(fee, "NPR"), "provider", "operator", "commission.share"),
    ]
    done = hamlet.market.transactions.follow_up(
        ride, "adjustment", by=OPERATOR, lines=lines, entry="lower"
    )
    assert done.state == "adjusted"
