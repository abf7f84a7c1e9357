"""Rates: what a sum in one currency is in another, in whole numbers, frozen with what is paid."""

from __future__ import annotations

from datetime import datetime

from attrs import field

from marketplace.domain.currency import exponent
from marketplace.domain.freezing import frozen
from marketplace.domain.money import Money, divide
from marketplace.errors import InvalidInput


def _above_zero(instance: object, attribute: object, value: int) -> None:
    if type(value) is not int or value <= 0:
        raise InvalidInput(f"a rate is a ratio of whole numbers above zero, not {value!r}")


@frozen
class Rate:
    """One unit of ``source`` is ``numerator / denominator`` units of ``target``."""

    source: str
    target: str = field()
    numerator: int = field(validator=_above_zero)
    denominator: int = field(validator=_above_zero)
    at: datetime
    """When it was so."""
    name: str = ""
    """Who says so."""

    @target.validator
    def _another(self, attribute: object, value: str) -> None:
        exponent(self.source)
        exponent(value)
        if value == self.source:
            raise InvalidInput(f"a rate is between two currencies, not from {value} to {value}")

    def convert(self, amount: int) -> int:
        """Minor units of the source in minor units of the target, halves away from zero."""
        up = 10 ** exponent(self.target) * self.numerator
        return divide(amount * up, 10 ** exponent(self.source) * self.denominator)

    def money(self, amount: int) -> Money:
        """Minor units of the source as money of the target."""
        return Money(self.convert(amount), self.target)
