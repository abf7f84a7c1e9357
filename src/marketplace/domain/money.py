"""Money: a whole number of minor units and a currency. Never a float, never a bool."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from marketplace.domain.currency import EXPONENTS, exponent
from marketplace.domain.freezing import frozen
from marketplace.errors import InvalidInput

MAX_AMOUNT = 2**63 - 1
"""What a database's big integer holds; more is refused before it reaches one."""

_PLAIN_DECIMAL = re.compile(r"-?[0-9]+(?:\.([0-9]+))?", re.ASCII)


def whole(value: object, what: str = "an amount") -> int:
    """The value, if it is an int that a database can hold; bool and float are refused."""
    if type(value) is not int:
        raise InvalidInput(f"{what} must be a whole number of minor units, not {value!r}")
    if not -MAX_AMOUNT <= value <= MAX_AMOUNT:
        raise InvalidInput(f"{what} must lie within plus or minus {MAX_AMOUNT}, not {value}")
    return value


@frozen(order=False)
class Money:
    """``amount`` minor units of ``currency``: ``Money(1250, "USD")`` is 12.50 dollars."""

    amount: int
    currency: str

    def __attrs_post_init__(self) -> None:
        # Asked here first: money is made more often than anything else is.
        amount, currency = self.amount, self.currency
        if type(amount) is not int or not -MAX_AMOUNT <= amount <= MAX_AMOUNT:
            whole(amount)
        if type(currency) is not str or currency not in EXPONENTS:
            exponent(currency)

    @classmethod
    def of(cls, text: str, currency: str) -> Money:
        """Read a plain decimal such as ``"12.50"``; refuses more decimals than there are."""
        match = _PLAIN_DECIMAL.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise InvalidInput(f"an amount is written like 12.50, not {text!r}")
        places, decimals = exponent(currency), match[1] or ""
        if len(decimals) > places:
            raise InvalidInput(f"{currency} has {places} decimals, {text!r} has {len(decimals)}")
        digits = text.split(".")[0] + decimals.ljust(places, "0")
        return cls(int(digits), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, of this currency."""
        return cls(0, currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.amount), self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.amount * whole(times, "a multiplier"), self.currency)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return self.amount != 0

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def __str__(self) -> str:
        return f"{self.currency} {self.decimal()}"

    def decimal(self) -> str:
        """The amount as people write it, without its currency: ``12.50``."""
        places = exponent(self.currency)
        sign, digits = "-" if self.amount < 0 else "", str(abs(self.amount)).zfill(places + 1)
        return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else sign + digits

    def share(self, numerator: int, denominator: int = 10_000) -> Money:
        """``numerator / denominator`` of it (basis points by default), halves away from zero."""
        whole(numerator, "a numerator")
        if whole(denominator, "a denominator") <= 0:
            raise InvalidInput(f"a denominator must be positive, not {denominator}")
        return Money(divide(self.amount * numerator, denominator), self.currency)

    def rounded_to(self, unit: int) -> Money:
        """The nearest multiple of ``unit`` minor units (a cash coin), halves away from zero."""
        if whole(unit, "a rounding unit") <= 0:
            raise InvalidInput(f"a rounding unit must be positive, not {unit}")
        return Money(divide(self.amount, unit) * unit, self.currency)

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Parts in proportion to ``weights``, by largest remainder; their sum is the whole.

        A tie goes to the earlier part; a weight of zero gets nothing; ``split(-a) == -split(a)``.
        """
        return [Money(part, self.currency) for part in split(self.amount, weights)]

    def _same(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise InvalidInput(f"money goes with money only, not with {other!r}")
        if other.currency != self.currency:
            raise InvalidInput(
                f"{self.currency} and {other.currency} do not mix; convert one of them first",
                code="currency_mismatch",
                params={"one": self.currency, "other": other.currency},
            )
        return other.amount


def divide(dividend: int, divisor: int) -> int:
    """Whole division with halves away from zero; ``divisor`` must be positive."""
    quotient = (2 * abs(dividend) + divisor) // (2 * divisor)
    return quotient if dividend >= 0 else -quotient


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide a whole number in proportion to weights, by largest remainder, losing nothing."""
    weights = [whole(weight, "a weight") for weight in weights]
    total = sum(weights)
    if not weights or min(weights) < 0 or total == 0:
        raise InvalidInput("weights must be zero or more, and at least one of them above zero")
    sign, rest = (1, amount) if amount >= 0 else (-1, -amount)
    parts = [rest * weight // total for weight in weights]
    remainders = [rest * weight % total for weight in weights]
    short = rest - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for index in by_remainder[:short]:
        parts[index] += 1
    return [sign * part for part in parts]


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of amounts, all of this currency."""
    zero = Money.zero(currency)
    return Money(sum([zero._same(amount) for amount in amounts]), currency)
