"""Exchange: rates that the operator gives, so that customers may pay in another currency.

The deal stays in the seller's currency; what a customer is asked for is his own, at the rate of the
quote that he bought at. The marketplace bears what the rate does between that and its exchange.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import gcd

from attrs import define, evolve, field

from marketplace import (
    DAY,
    InvalidInput,
    Rate,
    RateQuestion,
    hookimpl,
)


def _basis_points(instance: object, attribute: object, value: int) -> None:
    if type(value) is not int or not 0 <= value <= 10_000:
        raise InvalidInput(f"a margin is 0 to 10000 basis points, not {value!r}")


def _one_or_more(instance: object, attribute: object, value: int) -> None:
    if type(value) is not int or value < 1:
        raise InvalidInput(f"one rate is kept at least, not {value!r}")


def _all_rates(instance: object, attribute: object, value: Sequence[Rate]) -> None:
    for one in value:
        if not isinstance(one, Rate):
            raise InvalidInput(f"rates are Rates, Rate('EUR', 'USD', 11, 10, at), not {one!r}")


@define(eq=False)
class Exchange:
    """A table of rates, of which the newest of a pair holds; either direction of a pair will do."""

    rates: Sequence[Rate] = field(default=(), validator=_all_rates)
    margin_bp: int = field(default=0, validator=_basis_points)
    """What the customer pays more, in basis points: for the way back, and for what moves
    meanwhile."""
    oldest: timedelta = DAY
    """A rate that is older is none."""
    most: int = field(default=10_000, validator=_one_or_more)
    """So many rates are kept, those of the latest moments, however many are put."""
    name: str = "exchange"
    _asked_at: datetime | None = field(default=None, init=False, repr=False)

    def put(self, *rates: Rate) -> None:
        """Learn rates as they are now; quotes that were made keep theirs.

        What was too old when a rate was last asked for is forgotten, and where nobody asks, what
        is beyond the latest ``most``.
        """
        first = None if self._asked_at is None else self._asked_at - self.oldest
        kept = (one for one in self.rates if first is None or one.at >= first)
        known = (*rates, *kept)
        if len(known) > self.most:
            known = tuple(sorted(known, key=lambda one: one.at, reverse=True)[: self.most])
        self.rates = known

    @hookimpl
    def propose_rate(self, question: RateQuestion) -> Rate | None:
        """The newest rate between the two, unless it is too old, with the margin on it."""
        self._asked_at = question.at
        pair = {question.source, question.target}
        known = [one for one in self.rates if {one.source, one.target} == pair]
        fresh = [one for one in known if question.at - self.oldest <= one.at <= question.at]
        if not fresh:
            return None
        newest = max(fresh, key=lambda one: one.at)
        if newest.source != question.source:
            newest = evolve(
                newest,
                source=question.source,
                target=question.target,
                numerator=newest.denominator,
                denominator=newest.numerator,
            )
        up, down = newest.numerator * (10_000 + self.margin_bp), newest.denominator * 10_000
        common = gcd(up, down)
        return evolve(newest, numerator=up // common, denominator=down // common, name=self.name)
