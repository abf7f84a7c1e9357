"""What a stay costs: the nights, the host's own fees and discounts, the marketplace's fee, taxes.

Discounts are lines from the host to the guest. Each is taken of what the ones before it left of
the nights, so that together they never give more than the nights cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from attrs import frozen

from marketplace import DAY, SECOND, InvalidInput, Line, Money, nets
from marketplace.plugins.stays.fees import Fees, subtotal
from marketplace.plugins.stays.home import Home, Wish
from marketplace.plugins.stays.rates import MONTH, runs
from marketplace.plugins.stays.rules import RULES
from marketplace.plugins.stays.steps import noun
from marketplace.plugins.stays.taxes import Jurisdictions
from marketplace.plugins.stays.vertical import COHOST


@frozen
class Tariff:
    """What the marketplace, and not the host, adds to each price."""

    fees: Fees
    taxes: Jurisdictions
    plugin: str

    def lines(self, home: Home, wish: Wish, so_far: Sequence[Line]) -> list[Line]:
        """Fees and taxes that go with what the guest pays the host by the lines so far."""
        count = home.grid.count(wish.start, wish.end)
        long = count * home.grid.grain >= MONTH * DAY
        found = list(self.fees.lines(so_far, home.currency, self.plugin, long=long))
        basis, guests = subtotal(so_far), wish.guests.by_age()
        for tax in self.taxes.get(home.jurisdiction or "", ()):
            line = tax.line(basis, guests, count, home.currency, self.plugin)
            if line is not None:
                found.append(line)
        return [*found, *self._cohosts(home, [*so_far, *found])]

    def _cohosts(self, home: Home, lines: Sequence[Line]) -> Sequence[Line]:
        """What the co-hosts have together of what is left to the host."""
        left = nets(lines, home.currency).get("provider", Money.zero(home.currency)).amount
        inputs = {"of": max(left, 0), "bp": home.cohosts_bp}
        amount = Money(RULES["share"](inputs), home.currency)
        rule = f"{self.plugin}.share"
        named = Line("cohost", amount, "provider", COHOST, rule, self.plugin, inputs)
        return [named] if amount else []


@frozen
class _Page:
    """The lines of one price as they are written."""

    currency: str
    plugin: str

    def line(
        self, code: str, rule: str, inputs: Mapping[str, Any], *, given: bool = False
    ) -> Sequence[Line]:
        """A line from guest to host, or one given back; none where it comes to nothing."""
        amount = Money(RULES[rule](inputs), self.currency)
        ways = ("provider", "customer") if given else ("customer", "provider")
        named = f"{self.plugin}.{rule}"
        return [Line(code, amount, *ways, named, self.plugin, inputs)] if amount else []


def hosts_lines(home: Home, wish: Wish, now: datetime, plugin: str) -> list[Line]:
    """What the guest pays the host: nights, fees and discounts.

    Raises ``InvalidInput`` when the host names no price for a step.
    """
    page = _Page(home.currency, plugin)
    first, count = home.grid.steps(wish.start, wish.end)
    found = [*_steps(page, home, wish, first, count)]
    nights = sum(line.amount.amount for line in found)
    found += _extras(page, home, wish, count)
    return [*found, *_discounts(page, home, wish, nights, count, now)]


def _steps(page: _Page, home: Home, wish: Wish, first: datetime, count: int) -> Iterable[Line]:
    inputs = {
        "runs": _nights(home, first.date(), count)
        if home.grid.daily
        else _runs(home, first, count),
        "units": wish.units,
        "steps": count,
        "step": noun(home.grid.grain),
        "step_s": home.grid.grain // SECOND,
    }
    return page.line(noun(home.grid.grain), "steps", inputs)


def _nights(home: Home, first: date, count: int) -> list[list[Any]]:
    found = home.prices.runs(first, count)
    for told, _, each in found:
        if each is None:
            raise _unpriced(told, told)
    return found


def _runs(home: Home, first: datetime, count: int) -> list[list[Any]]:
    """Hours and slots, which a date may have more or fewer of."""
    priced = []
    for step in home.grid.walk(first, count):
        each = home.prices.each(step.day)
        if each is None:
            raise _unpriced(step.told, step.day.isoformat())
        priced.append((step, each))
    return runs(priced)


def _unpriced(told: str, day: str) -> InvalidInput:
    params = {"dates": [day], "count": 1}
    said = f"the host names no price for {told}"
    return InvalidInput(said, code="stay_no_price", params=params)


def _extras(page: _Page, home: Home, wish: Wish, steps: int) -> Iterable[Line]:
    """The host's own fees: cleaning once, further guests every night, a pet once."""
    rates, units = home.rates, wish.units
    yield from page.line("cleaning", "once", {"each": rates.amount("cleaning"), "units": units})
    if rates.extra_guest is not None:
        after, each = rates.extra_guest
        further = max(0, wish.guests.counted - after * units)
        inputs = {"each": each, "guests": further, "steps": steps, "after": after * units}
        step = noun(home.grid.grain)
        yield from page.line("extra_guests", "per_guest", inputs | {"step": step})
    if wish.guests.pets:
        yield from page.line("pet", "once", {"each": rates.amount("pet"), "units": 1})


def _discounts(
    page: _Page, home: Home, wish: Wish, nights: int, steps: int, now: datetime
) -> Iterable[Line]:
    """One for a long stay, one for asking early or late, one for the rate that is not refunded."""
    days = steps * home.grid.grain // DAY
    offered = [home.rates.long_stay(days)]
    if home.rates.heeds_lead:
        lead = (home.grid.local(wish.start).date() - home.grid.local(now).date()).days
        offered.append(home.rates.by_lead(lead))
    found: list[tuple[str, dict[str, int]]] = []
    for chosen in offered:
        if chosen is not None:
            code, least, bp = chosen
            found.append((code, {"bp": bp, "days": least}))
    if wish.rate == "non_refundable":
        found.append(("non_refundable", {"bp": home.rates.non_refundable_bp or 0}))
    left = nights
    for code, inputs in found:
        lines = page.line(code, "share", {"of": left, **inputs}, given=True)
        left -= sum(line.amount.amount for line in lines)
        yield from lines
