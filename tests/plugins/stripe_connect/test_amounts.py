"""Stripe's minor units: another way of counting in some currencies, and never a rounding."""

import pytest

from marketplace import EXPONENTS, InvalidInput, Money, SetupError
from marketplace.plugins.stripe_connect.amounts import (
    DECIMALS,
    check_currencies,
    from_stripe,
    step,
    to_stripe,
)


@pytest.mark.parametrize(
    ("money", "theirs"),
    [
        (Money(1_234, "USD"), 1_234),
        (Money(1_234, "NPR"), 1_234),
        (Money(500, "JPY"), 500),
        (Money(5, "ISK"), 500),  # no decimals any more, and Stripe counts two
        (Money(1_200, "MGA"), 12),  # two by ISO 4217, and Stripe counts none
        (Money(5_120, "KWD"), 5_120),
    ],
)
def test_an_amount_is_counted_as_stripe_counts_it(money: Money, theirs: int) -> None:
    """Two decimals, none, three, and the two currencies in which ISO and Stripe disagree; what
    comes back is what was sent."""
    assert to_stripe(money) == theirs
    assert from_stripe(theirs, money.currency.lower()) == money


@pytest.mark.parametrize("money", [Money(5_124, "KWD"), Money(1_250, "MGA")])
def test_no_amount_is_rounded(money: Money) -> None:
    """What Stripe would round is refused, with the step in which it counts."""
    with pytest.raises(InvalidInput) as no:
        to_stripe(money)
    assert no.value.code == "amount_between_steps"
    assert no.value.params["step"] == step(money.currency)
    assert to_stripe(Money(money.amount - money.amount % step(money.currency), money.currency))


def test_every_currency_comes_back_as_it_went() -> None:
    """For each currency that is taken, the least step and a large amount go there and back."""
    for code in DECIMALS:
        for amount in (step(code), 123_456 * step(code)):
            money = Money(amount, code)
            assert from_stripe(to_stripe(money), code.lower()) == money


def test_a_currency_that_is_counted_unclearly_is_not_taken() -> None:
    """Where Stripe's own pages disagree by a hundred nobody guesses; nor for one it has not."""
    for code in ("UGX", "BTC"):
        assert code in EXPONENTS
        with pytest.raises(InvalidInput) as no:
            to_stripe(Money(100, code))
        assert no.value.code == "currency_not_taken"
        with pytest.raises(SetupError, match="USD"):
            check_currencies(("EUR", code))
    check_currencies(("EUR", "NPR", "JPY", "KWD"))
