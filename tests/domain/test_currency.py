"""Currencies: the table agrees with ISO 4217, and nobody invents one."""

import iso4217
import pytest

from marketplace import EXPONENTS, InvalidInput, Money


def test_the_table_is_iso_4217s() -> None:
    """Law: every currency of the standard with decimals is there with its own, and BTC beside."""
    standard = {one.code: one.exponent for one in iso4217.Currency if one.exponent is not None}
    ours = {code: places for code, places in EXPONENTS.items() if code != "BTC"}
    assert ours == standard
    assert EXPONENTS["BTC"] == 8


@pytest.mark.parametrize("code", ["usd", "ABC", "", "EURO", None, 7])
def test_an_unknown_code_is_refused_with_what_is_allowed(code: object) -> None:
    """Law: a code that nobody knows never becomes money, and the error names the standard."""
    with pytest.raises(InvalidInput, match="ISO 4217"):
        Money(1, code)  # type: ignore[arg-type]
