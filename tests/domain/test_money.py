"""Money: whole minor units and a currency, split without losing any."""

import operator
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace import InvalidInput, Money
from marketplace.domain.currency import EXPONENTS
from marketplace.domain.money import MAX_AMOUNT, divide, split, total

NPR = Money(1250, "NPR")
AMOUNTS = st.integers(-(10**15), 10**15)
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)
CURRENCIES = st.sampled_from(sorted(EXPONENTS))


@pytest.mark.invariant(9, 10)
@given(AMOUNTS, WEIGHTS)
@example(100, [1, 1, 1])
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


@given(AMOUNTS, WEIGHTS)
def test_what_is_left_over_goes_to_the_largest_remainders(amount: int, weights: list[int]) -> None:
    """Law: each part is its exact share rounded down, and one more for the largest remainders."""
    exact = [Fraction(abs(amount) * weight, sum(weights)) for weight in weights]
    parts = [int(share) for share in exact]
    first = sorted(range(len(weights)), key=lambda at: (parts[at] - exact[at], at))
    for at in first[: abs(amount) - sum(parts)]:
        parts[at] += 1
    whole = Money(amount, "NPR").split(weights)
    assert whole == [Money(part if amount > 0 else -part, "NPR") for part in parts]


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
    assert Money.of("12.5", "NPR") == Money.of("12.50", "NPR") == NPR
    assert Money.of("12", "NPR") == Money.of("12.00", "NPR") == Money(1200, "NPR")
    assert Money.zero("NPR") == Money.of("0", "NPR") == Money(0, "NPR")
    assert Money(0, "NPR").decimal() == "0.00"
    assert Money(-5, "NPR").decimal() == "-0.05"


@pytest.mark.invariant(13)
def test_money_reaches_as_far_as_a_database() -> None:
    """Law: the greatest amount a database holds is money, on either side of nothing."""
    assert Money(MAX_AMOUNT, "NPR") == -Money(-MAX_AMOUNT, "NPR")
    with pytest.raises(InvalidInput):
        Money(MAX_AMOUNT, "NPR") + Money(1, "NPR")


def test_money_is_reckoned_with_like_its_amount() -> None:
    """Law: sums, differences, signs and multiples are those of the amounts, in the currency."""
    assert NPR + Money(50, "NPR") == Money(1300, "NPR")
    assert NPR - Money(50, "NPR") == Money(1200, "NPR")
    assert (-NPR, abs(-NPR), abs(NPR)) == (Money(-1250, "NPR"), NPR, NPR)
    assert NPR * 3 == 3 * NPR == Money(3750, "NPR")
    assert str(NPR) == "NPR 12.50"
    assert [bool(Money(amount, "NPR")) for amount in (-1, 0, 1)] == [True, False, True]


@given(AMOUNTS, AMOUNTS | st.none())
def test_money_is_ordered_like_its_amount(one: int, another: int | None) -> None:
    """Law: of one currency, the greater amount is more; equal amounts are neither more nor less."""
    other = one if another is None else another
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        assert compare(Money(one, "NPR"), Money(other, "NPR")) == compare(one, other)


def test_a_share_is_rounded_half_away_from_zero() -> None:
    """Law: shares count in basis points unless said otherwise; halves go away from nothing."""
    assert Money(105, "NPR").share(5_000) == Money(53, "NPR")
    assert Money(-105, "NPR").share(5_000) == Money(-53, "NPR")
    assert Money(100_000, "NPR").share(1) == Money(10, "NPR")
    assert Money(100, "NPR").share(1, 3) == Money(33, "NPR")
    assert Money(100, "NPR").share(2, 1) == Money(200, "NPR")
    assert Money(1249, "NPR").rounded_to(1) == Money(1249, "NPR")
    assert Money(1250, "NPR").rounded_to(500) == Money(1500, "NPR")


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


_FAR = f"must lie within plus or minus {MAX_AMOUNT}, not {MAX_AMOUNT + 1}"
_WHOLE = "must be a whole number of minor units, not"
_WEIGHTS = "weights must be zero or more, and at least one of them above zero"


_REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: Money(1.5, "NPR"), f"an amount {_WHOLE} 1.5"),
    (lambda: Money(MAX_AMOUNT + 1, "NPR"), f"an amount {_FAR}"),
    (lambda: Money.of(12.5, "NPR"), "an amount is written like 12.50, not 12.5"),
    (lambda: Money.of("1.234", "NPR"), "NPR has 2 decimals, '1.234' has 3"),
    (lambda: NPR * 1.5, f"a multiplier {_WHOLE} 1.5"),
    (lambda: NPR + 5, "money goes with money only, not with 5"),
    (lambda: NPR.share(0.5), f"a numerator {_WHOLE} 0.5"),
    (lambda: NPR.share(1, 0.5), f"a denominator {_WHOLE} 0.5"),
    (lambda: NPR.share(1, 0), "a denominator must be positive, not 0"),
    (lambda: NPR.rounded_to(0.5), f"a rounding unit {_WHOLE} 0.5"),
    (lambda: NPR.rounded_to(0), "a rounding unit must be positive, not 0"),
    (lambda: NPR.split([0.5]), f"a weight {_WHOLE} 0.5"),
    (lambda: NPR.split([]), _WEIGHTS),
    (lambda: NPR.split([0, 0]), _WEIGHTS),
    (lambda: NPR.split([-1, 2]), _WEIGHTS),
]


def test_what_cannot_be_says_what_may_be() -> None:
    """Law: an amount, share, rounding or split that cannot be is refused with what may be."""
    for done, told in _REFUSED:
        with pytest.raises(InvalidInput) as refused:
            done()
        assert str(refused.value) == told


@pytest.mark.attack(24)
def test_currencies_that_do_not_mix_are_named() -> None:
    """Law: who adds two currencies is told both, in words and in a code with parameters."""
    with pytest.raises(InvalidInput) as refused:
        NPR - Money(1, "USD")
    assert str(refused.value) == "NPR and USD do not mix; convert one of them first"
    assert refused.value.code == "currency_mismatch"
    assert refused.value.params == {"one": "NPR", "other": "USD"}


def test_a_sum_is_of_one_currency() -> None:
    """Law: a total adds what it is given, and of nothing it is nothing of that currency."""
    assert total([NPR, NPR], "NPR") == Money(2500, "NPR")
    assert total([], "USD") == Money(0, "USD")
    with pytest.raises(InvalidInput, match="do not mix"):
        total([NPR], "USD")
