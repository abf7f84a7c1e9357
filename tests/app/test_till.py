"""Sums that cross into another currency: many small steps come to what one big step comes to."""

from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketplace import MoneyKind, Rate
from marketplace.app.till import outside
from marketplace.domain.payment import Payment

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RATES = st.builds(
    Rate,
    source=st.sampled_from(["CNY", "JPY", "BTC"]),
    target=st.sampled_from(["EUR", "VND", "KWD"]),
    numerator=st.integers(1, 10**7),
    denominator=st.integers(1, 10**7),
    at=st.just(NOW),
)


def payment(rate: Rate | None) -> Payment:
    """Nothing of it is taken yet."""
    return Payment("pay", "trx", "price", "pty", "card", "CNY", NOW, rate=rate)


def taken(one: Payment, amount: int) -> Payment:
    """So much more of it is charged."""
    more = outside(one, MoneyKind.CHARGE, amount).amount
    return evolve(one, captured=one.captured + amount, outside=one.outside + more)


def back(one: Payment, amount: int) -> tuple[Payment, int]:
    """So much of it goes back, and what of that outside."""
    less = evolve(one, refunded=one.refunded + amount)
    given_back = outside(less, MoneyKind.REFUND, amount).amount
    return evolve(less, outside=less.outside - given_back), given_back


@pytest.mark.behaviour("G14")
@given(rate=RATES, steps=st.lists(st.integers(-500, 500), max_size=60))
def test_who_has_all_back_has_what_he_paid(rate: Rate, steps: list[int]) -> None:
    """Whatever is taken and given back on the way: outside is what is kept, but for charges of
    less than the smallest coin, which are asked as one."""
    one, coins = payment(rate), 0
    for step in steps:
        if step > 0:
            coins += rate.convert(one.kept + step) == rate.convert(one.kept)
            one = taken(one, step)
        elif one.kept:
            one, given_back = back(one, min(-step, one.kept))
            assert given_back >= 0
            coins = 0 if not one.kept else coins
        assert 0 <= one.outside - rate.convert(one.kept) <= coins
    if one.kept:
        one, _ = back(one, one.kept)
    assert (one.kept, one.outside) == (0, 0)


@pytest.mark.behaviour("G14")
@pytest.mark.parametrize("rate", [Rate("CNY", "EUR", 1_316, 10_000, NOW),
                                  Rate("CNY", "VND", 34_219, 10, NOW)])  # fmt: skip
def test_a_thousand_refunds_of_one_unit_never_drift(rate: Rate) -> None:
    """A thousand refunds of a fen give back what one refund of ten yuan gives back."""
    one, sums = taken(payment(rate), 70_00), 0
    whole = one.outside
    for _ in range(1_000):
        one, given_back = back(one, 1)
        sums += given_back
    assert sums == whole - rate.convert(60_00)
    one, rest = back(one, 60_00)
    assert sums + rest == whole


@pytest.mark.behaviour("G14")
def test_steps_that_are_rounded_each_by_itself_drift() -> None:
    """The control: converting every refund alone gives back another sum than was taken."""
    rate = Rate("CNY", "EUR", 1_316, 10_000, NOW)
    assert sum(rate.convert(1) for _ in range(7_000)) != rate.convert(70_00)


@pytest.mark.behaviour("G14")
@given(
    rate=RATES,
    kept=st.integers(0, 900),
    holds=st.lists(st.integers(1, 900), min_size=1, max_size=4),
)
def test_no_capture_is_more_than_what_was_held(rate: Rate, kept: int, holds: list[int]) -> None:
    """Whatever is kept already and in however many steps the rest was held: what is captured of
    it, in part or whole, is not a coin above the hold, and the whole of it is all of the hold."""
    one, held = taken(payment(rate), kept) if kept else payment(rate), 0
    coins = 0
    for more in holds:
        step = outside(one, MoneyKind.HOLD, more).amount
        coins += rate.convert(one.kept + one.held + more) == rate.convert(one.kept + one.held)
        one, held = evolve(one, held=one.held + more), held + step
    part = outside(one, MoneyKind.CAPTURE, one.held // 2).amount
    whole = outside(one, MoneyKind.CAPTURE, one.held).amount
    assert part <= held
    assert whole <= held <= whole + coins


def test_without_a_rate_nothing_is_converted() -> None:
    """A deal that is paid in its own currency is asked for as it is."""
    one = evolve(payment(None), captured=10, refunded=4)
    for kind in (MoneyKind.CHARGE, MoneyKind.REFUND, MoneyKind.VOID):
        assert outside(one, kind, 7).amount == 7
