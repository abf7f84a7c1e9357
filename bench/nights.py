"""Prices of stays: nights priced a second, through the plugin that sells them.

Homes with plain prices, with seasons and weekends, and with a price of its own for every night;
stays of all lengths. Before anything is timed, every stay must cost to the cent what its nights
cost one by one. Beside it the loops that most write: over whole numbers, and over decimals.
"""

import os
import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import click

from bench import bars
from bench.bars import OTHERS, OURS, Bar
from bench.spread import Spread, machine
from marketplace import Listing
from marketplace.plugins.stays import Stays
from marketplace.plugins.stays.home import Guests, Home, Wish
from marketplace.plugins.stays.pricing import hosts_lines

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
FIRST = date(2026, 2, 1)
NIGHTLY, WEEKEND = 100_00, 120_00
LENGTHS = (1, 3, 7, 28, 90, 365)
AS_BOOKED = "as booked"
"""The case of short and long stays together, in the shares in which people book."""


@attrs.frozen
class Timed:
    """Nights a second of the processor by one way to price, the best of the rounds."""

    way: str
    nights: float
    stay_us: float
    """Microseconds for one stay."""


@attrs.frozen
class Case:
    """One kind of home, and stays of one length."""

    home: str
    length: str
    stays: int
    timed: list[Timed]

    @property
    def name(self) -> str:
        """What is priced."""
        if self.length == AS_BOOKED:
            return f"{self.home}, stays of lengths as booked"
        return f"{self.home}, stays of {self.length} night{'' if self.length == '1' else 's'}"


@attrs.frozen
class Result:
    """Everything of one run."""

    cases: list[Case]
    rounds: int
    machine: Spread
    load: float
    cores: int


def listing(name: str) -> Listing:
    """A home of this kind: ``plain``, ``seasons`` or ``every night``."""
    rates: dict[str, Any] = {"nightly": NIGHTLY, "cleaning": 50_00, "weekly_bp": 1_000}
    rules: list[dict[str, Any]] = []
    if name != "plain":
        rates |= {"weekend": WEEKEND, "monthly_bp": 2_000}
        rules += [
            {"from": "2026-06-01", "to": "2026-08-31", "price": 180_00, "label": "summer"},
            {"from": "2026-12-20", "to": "2027-01-06", "price": 250_00, "label": "new year"},
            {"from": "2026-04-03", "to": "2026-04-06", "price": 199_99, "least": 3},
            {"weekdays": ["sun"], "price": 90_00},
        ]
    if name == "every night":
        rules += [
            {"from": (FIRST + timedelta(days=n)).isoformat(), "price": 100_00 + n * 37 % 9_901}
            for n in range(900)
        ]
    attributes = {"zone": "Europe/Berlin", "rates": rates, "plan": {"rules": rules}}
    return Listing("lst_1", "stays", "pty_1", name, "EUR", NOW, "published", attributes=attributes)


def spans(length: str, count: int) -> list[tuple[date, int]]:
    """Arrivals and nights; the same for the same words."""
    chance = random.Random(length)
    booked = [*range(1, 8)] * 6 + [10, 14, 14, 21, 28, 28, 60, 90]
    return [
        (
            FIRST + timedelta(days=chance.randrange(500)),
            chance.choice(booked) if length == AS_BOOKED else int(length),
        )
        for _ in range(count)
    ]


def wish(home: Home, arrive: date, nights: int) -> Wish:
    """A stay from check-in to check-out."""
    zone = home.grid.zone
    start = datetime.combine(arrive, home.check_in, zone).astimezone(UTC)
    leave = arrive + timedelta(days=nights)
    return Wish(start, datetime.combine(leave, home.check_out, zone).astimezone(UTC), 1, Guests())


def by_night(said: dict[str, Any]) -> dict[date, int]:
    """What each night costs by a loop over the rules: the later and the more special one holds."""
    prices: dict[date, int] = {}
    for n in range(900):
        day = FIRST + timedelta(days=n)
        rates = said["rates"]
        prices[day] = rates[
            "weekend" if day.weekday() in (4, 5) and "weekend" in rates else "nightly"
        ]
    weekdays = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

    def breadth(rule: dict[str, Any]) -> int:
        if "from" not in rule:
            return 10**6
        ends = date.fromisoformat(rule.get("to", rule["from"]))
        return (ends - date.fromisoformat(rule["from"])).days

    for rule in sorted(said["plan"]["rules"], key=breadth, reverse=True):
        for day in prices:
            text = day.isoformat()
            inside = "from" not in rule or rule["from"] <= text <= rule.get("to", rule["from"])
            if inside and weekdays[day.weekday()] in rule.get("weekdays", weekdays):
                prices[day] = rule["price"]
    return prices


Way = Callable[[int], int]
"""Prices a stay by its number, to minor units."""


def ways(name: str, asks: list[tuple[date, int]]) -> dict[str, Way]:
    """Each way to price these stays in a home of this kind."""
    kept = listing(name)
    home, prices = Stays().home(kept), by_night(dict(kept.attributes))
    decimals = {day: Decimal(each) / 100 for day, each in prices.items()}
    wishes = [wish(home, *ask) for ask in asks]
    spans = [(arrive, arrive + timedelta(days=nights)) for arrive, nights in asks]
    price_list = Stays().price_list(kept)

    def lines(number: int) -> int:
        found = hosts_lines(home, wishes[number], NOW, "stays")
        return next(line.amount.amount for line in found if line.code == "nights")

    def listed(number: int) -> int:
        found = price_list.cost(*spans[number])
        assert found is not None
        return found.amount

    def loop(number: int) -> int:
        arrive, nights = asks[number]
        return sum(prices[arrive + timedelta(days=n)] for n in range(nights))

    def decimal(number: int) -> int:
        arrive, nights = asks[number]
        whole = sum((decimals[arrive + timedelta(days=n)] for n in range(nights)), Decimal(0))
        return int(whole.quantize(Decimal("0.01")) * 100)

    return {
        "this library, the price with its lines": lines,
        "this library, the price list": listed,
        "a loop over whole numbers": loop,
        "a loop over decimals": decimal,
    }


def measured(homes: list[str], lengths: list[str], stays: int, rounds: int) -> Result:
    """Every kind of home with stays of every length; the ways take turns."""
    steady: list[float] = []
    cases = []
    for name in homes:
        for length in lengths:
            asks = spans(length, stays)
            found = ways(name, asks)
            best = dict.fromkeys(found, float("inf"))
            agreed(f"{name}, {length} nights", found, stays)
            for _ in range(rounds):
                steady.append(machine())
                for way, price in found.items():
                    began = time.process_time()
                    for number in range(stays):
                        price(number)
                    best[way] = min(best[way], time.process_time() - began)
            nights = sum(count for _, count in asks)
            timed = [Timed(way, nights / s, s / stays * 1e6) for way, s in best.items()]
            cases.append(Case(name, length, stays, timed))
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    return Result(cases, rounds, Spread.of(steady), load, cores)


def agreed(name: str, found: dict[str, Way], stays: int) -> None:
    """Raise unless every way gives the same sum for every stay."""
    for number in range(stays):
        sums = {price(number) for price in found.values()}
        if len(sums) > 1:
            raise click.ClickException(f"{name}: stay {number} costs {sorted(sums)}")


def told(result: Result, say: Callable[[str], Any] = click.echo) -> None:
    """Print the table."""
    say("Prices of stays: nights a second, microseconds a stay, of the processor, the best round.")
    say("All ways gave the same sum for every stay, to the cent.\n")
    for case in result.cases:
        say(case.name)
        for one in case.timed:
            say(f"  {one.way:<42}{one.nights:>16,.0f} a second{one.stay_us:>10.2f} µs")
        say("")
    noise = result.machine.noise
    say(f"fixed work varied by {noise:.0f} % meanwhile; load {result.load:.1f} on {result.cores}")


def plotted(result: Result) -> str:
    """The run as an SVG document."""
    groups = [
        (
            case.name,
            [
                Bar(
                    one.way,
                    one.nights,
                    f"{one.nights:,.0f}",
                    OURS if one.way.startswith("this") else OTHERS,
                )
                for one in case.timed
            ],
        )
        for case in result.cases
    ]
    return bars.drawn("Nights priced a second: longer is better", groups, "a second")


@click.command()
@click.option("--stays", default=2_000, show_default=True, help="Stays in one round.")
@click.option("--rounds", default=5, show_default=True, help="Rounds of each way.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path(".cache/bench/nights.json"),
    show_default=True,
    help="Where the numbers are written as JSON; the plot stands beside them as SVG.",
)
def main(stays: int, rounds: int, output: Path) -> None:
    """Measure the prices of stays."""
    lengths = [AS_BOOKED, *map(str, LENGTHS)]
    result = measured(["plain", "seasons", "every night"], lengths, stays, rounds)
    told(result)
    bars.kept(output, attrs.asdict(result), plotted(result))
