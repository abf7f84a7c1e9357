"""Money: whole minor units and a currency, split without losing any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import InvalidInput, Money
from marketplace.domain.currency import EXPONENTS
from marketplace.domain.money import MAX_AMOUNT, divide, split, total

AMOUNTS = st.integers(-(10**15), 10**15)
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)
CURRENCIES = st.sampled_from(sorted(EXPONENTS))


@pytest.mark.invariant(9, 10)
@given(AMOUNTS, WEIGHTS)
def test_parts_sum_to_the_whole_and_lie_within_one_unit(amount: int, weights: list[int]) -> None:
    """Law: a split loses nothing, is fair to one unit, gives zero weight nothing, mirrors signs."""
    parts = split(amount, weights)
    assert sum(parts) == amount
    assert split(-amount, weights) == [-part for part in parts]
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - amount * weight) < sum(weights)
        assert weight or not part


@pytest.mark.invariant(10)
@given(AMOUNTS, WEIGHTS)
def test_a_split_is_the_same_every_time(amount: int, weights: list[int]) -> None:
    """Law: splitting is deterministic; equal remainders go to the earlier part."""
    assert split(amount, weights) == split(amount, list(weights))
    even = split(10, [1, 1, 1])
    assert even == [4, 3, 3]


@pytest.mark.invariant(13)
@pytest.mark.parametrize("amount", [1.0, True, False, "1", None, 10**30, -MAX_AMOUNT - 1])
def test_nothing_but_a_whole_number_becomes_money(amount: object) -> None:
    """Law: no float, no bool, no text and nothing a database cannot hold reaches money."""
    with pytest.raises(InvalidInput):
        Money(amount, "NPR")  # type: ignore[arg-type]


@pytest.mark.behaviour("C2")
@pytest.mark.attack(25)
@given(AMOUNTS, CURRENCIES)
def test_money_is_written_and_read_by_the_currencys_decimals(amount: int, currency: str) -> None:
    """Law: what is written as people write it is read back to the minor unit, in any currency."""
    money = Money(amount, currency)
    assert Money.of(money.decimal(), currency) == money


@pytest.mark.attack(24, 25)
def test_each_currency_has_its_own_decimals() -> None:
    """Law: JPY has none, NPR two, KWD three, BTC eight; more decimals than there are is refused."""
    written = {"JPY": "1250", "NPR": "12.50", "KWD": "1.250", "BTC": "0.00001250"}
    for currency, text in written.items():
        assert Money(1250, currency).decimal() == text
        with pytest.raises(InvalidInput):
            Money.of("0.000000001", currency)
    with pytest.raises(InvalidInput, match="do not mix"):
        Money(100, "USD") + Money(100, "JPY")


@pytest.mark.parametrize("text", ["1e3", "\uff11\uff12", "12,50", " 1", "1.", ".5", "", "NaN"])
def test_only_a_plain_decimal_is_read(text: str) -> None:
    """Law: an amount is written in plain ASCII digits; anything else is refused."""
    with pytest.raises(InvalidInput, match="written like"):
        Money.of(text, "USD")


@given(AMOUNTS, st.integers(1, 10**6))
def test_division_rounds_halves_away_from_zero(dividend: int, divisor: int) -> None:
    """Law: the quotient lies within half a unit of the exact one, and mirrors the sign."""
    quotient = divide(dividend, divisor)
    assert abs(2 * (quotient * divisor - dividend)) <= divisor
    assert divide(-dividend, divisor) == -quotient


@given(AMOUNTS, st.integers(1, 10_000))
def test_rounding_to_a_coin_gives_a_multiple_of_it(amount: int, unit: int) -> None:
    """Law: cash is a multiple of the coin, at most half a coin from the exact sum."""
    rounded = Money(amount, "NPR").rounded_to(unit)
    assert rounded.amount % unit == 0
    assert 2 * abs(rounded.amount - amount) <= unit


def test_bad_weights_shares_and_coins_say_what_is_allowed() -> None:
    """Law: a split, share or rounding that cannot be is refused with what may be."""
    money = Money(100, "USD")
    for wrong in ([], [0, 0], [-1, 2]):
        with pytest.raises(InvalidInput, match="zero or more"):
            money.split(wrong)
    with pytest.raises(InvalidInput, match="positive"):
        money.share(1, 0)
    with pytest.raises(InvalidInput, match="positive"):
        money.rounded_to(0)
    assert total([money, money], "USD") == Money(200, "USD")
