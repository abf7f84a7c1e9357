"""Price lists: what a host asks for each night, summed once, so that no stay is added up by nights.

The dates of a plan's rules cut the calendar into stretches; in each of them one week of prices
comes again and again. So what all nights before a date cost together is known from few numbers,
and a stay costs what lies before its end less what lies before its beginning.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date
from itertools import accumulate
from typing import Any

from attrs import frozen

from marketplace import InvalidInput, Money
from marketplace.plugins.stays.plan import Plan
from marketplace.plugins.stays.rates import Rates

_WEEK = range(7)
"""Weekdays, Monday 0; that of a date with the ordinal ``n`` is ``(n + 6) % 7``."""
_NO_PRICE = 1 << 80
"""Stands in sums for a night without a price: more than the prices of all nights there are."""


@frozen
class _Week:
    """The prices of a week's nights, from Monday on; None where the host names none."""

    prices: tuple[int | None, ...]
    alike: tuple[int, ...]
    """For each weekday, how many nights from it on have its price; 0: all of them, for ever."""
    sums: tuple[int, ...]
    """What so many nights from a Monday on cost together, for 0 to 13 nights."""
    whole: int
    """What seven of them cost."""

    @classmethod
    def of(cls, prices: Sequence[int | None]) -> _Week:
        worth = [_NO_PRICE if each is None else each for each in prices]
        if len(set(worth)) == 1:
            alike, sums = [0] * 7, [worth[0] * nights for nights in range(14)]
        else:
            alike = [
                next(nights for nights in range(1, 7) if worth[(day + nights) % 7] != worth[day])
                for day in _WEEK
            ]
            sums = [0, *accumulate([*worth, *worth[:6]])]
        return cls(tuple(prices), tuple(alike), tuple(sums), sums[7])


@frozen
class PriceList:
    """What each night of a listing costs one unit, before fees and discounts."""

    currency: str
    starts: tuple[int, ...]
    """The ordinals of the dates on which the stretches begin, the first before all others."""
    weeks: tuple[_Week, ...]
    """What a week costs in each stretch."""
    before: tuple[int, ...]
    """What all nights before each stretch cost together."""

    @classmethod
    def of(cls, plan: Plan, rates: Rates, currency: str) -> PriceList:
        """Of a listing's plan and rates: what the plan says of a date goes before the rates."""
        rules = [rule for rule in plan.rules if "price" in rule.said]
        cuts = {1}
        for rule in rules:
            if rule.first is not None:
                cuts.add(rule.first.toordinal())
            if rule.last is not None:
                cuts.add(rule.last.toordinal() + 1)
        starts = sorted(cuts)
        said: list[list[Any]] = [[plan.said.get("price")] * 7 for _ in starts]
        for rule in rules:
            low = 0 if rule.first is None else bisect_left(starts, rule.first.toordinal())
            past = len(starts)
            if rule.last is not None:
                past = bisect_left(starts, rule.last.toordinal() + 1)
            for prices in said[low:past]:
                for day in rule.weekdays:
                    prices[day] = rule.said["price"]
        usual = [rates.usual(day) for day in _WEEK]
        weeks = {
            prices: _Week.of([usual[day] if prices[day] is None else prices[day] for day in _WEEK])
            for prices in {tuple(one) for one in said}
        }
        found = [weeks[tuple(one)] for one in said]
        before = [0]
        for start, end, week in zip(starts, starts[1:], found, strict=False):
            before.append(before[-1] + _sum(week, start, end))
        return cls(currency, tuple(starts), tuple(found), tuple(before))

    def each(self, night: date) -> int | None:
        """The price of one night in minor units; None where the host names none."""
        at = night.toordinal()
        return self.weeks[bisect_right(self.starts, at) - 1].prices[(at + 6) % 7]

    def total(self, first: date, nights: int) -> int | None:
        """What so many nights cost together in minor units; None where one has no price."""
        start = first.toordinal()
        found = self._before(start + nights) - self._before(start)
        return found if found < _NO_PRICE else None

    def cost(self, arrive: date, leave: date) -> Money | None:
        """What the nights from one date to another cost; None where one of them has no price."""
        if leave <= arrive:
            raise InvalidInput(f"a stay has one night or more: {arrive} to {leave}")
        found = self.total(arrive, (leave - arrive).days)
        return None if found is None else Money(found, self.currency)

    def runs(self, first: date, nights: int) -> list[list[Any]]:
        """So many nights as runs of one price: ``[first date, how many, price of each]``.

        The price is None where the host names none.
        """
        at = first.toordinal()
        past = at + nights
        stretch = bisect_right(self.starts, at)
        found: list[list[Any]] = []
        price: int | None = -1
        told = date.fromordinal
        # No stay has more stretches than nights.
        weeks = self.weeks[stretch - 1 : stretch + nights]
        bounds = (*self.starts[stretch : stretch + nights], past)
        for week, ends in zip(weeks, bounds, strict=False):
            while at < ends and at < past:
                day = (at + 6) % 7
                count = min(week.alike[day] or nights, ends - at, past - at)
                if week.prices[day] != price:
                    price = week.prices[day]
                    found.append([told(at).isoformat(), count, price])
                else:
                    found[-1][1] += count
                at += count
        return found

    def _before(self, night: int) -> int:
        """What all nights before one cost together."""
        stretch = bisect_right(self.starts, night) - 1
        return self.before[stretch] + _sum(self.weeks[stretch], self.starts[stretch], night)


def _sum(week: _Week, first: int, past: int) -> int:
    """What the nights from one to before another cost, in a stretch of such weeks."""
    weeks, rest = divmod(past - first, 7)
    day = (first + 6) % 7
    return weeks * week.whole + week.sums[day + rest] - week.sums[day]
