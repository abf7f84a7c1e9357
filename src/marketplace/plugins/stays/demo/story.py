"""The season by the lake from end to end: the database, the run, the table, the picture."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from marketplace import ManualClock, Money, counted, money_text
from marketplace.demo import left
from marketplace.demo.progress import bar
from marketplace.demo.screen import say
from marketplace.plugins.ical import ICal
from marketplace.plugins.stays.demo.calendars import TwoPlaces
from marketplace.plugins.stays.demo.elsewhere import Elsewhere
from marketplace.plugins.stays.demo.guests import invite, wishes
from marketplace.plugins.stays.demo.homes import furnish, keep_back
from marketplace.plugins.stays.demo.left import SEASON
from marketplace.plugins.stays.demo.nights import Row
from marketplace.plugins.stays.demo.nights import rows as nights_of
from marketplace.plugins.stays.demo.picture import Scene, picture
from marketplace.plugins.stays.demo.season import Season
from marketplace.plugins.stays.demo.summary import summary
from marketplace.plugins.stays.demo.telling import tell
from marketplace.plugins.stays.demo.valley import (
    AREAS,
    CURRENCY,
    FEASTS,
    FIRST,
    LAKE,
    NIGHTS,
    OPENS,
    ZONE,
    open_stays,
)

TAGS = ("wifi", "kitchen", "lake view", "breakfast", "mountain view", "pool")


def demonstrate(
    *,
    seed: int,
    homes: int,
    guests: int,
    database: str | None,
    picture_at: Path | None,
    language: str,
    quiet: bool,
) -> dict[str, Any]:
    """Run it, print it unless ``quiet``, and give what the table says as plain values."""
    url = left.begin(SEASON, database)
    if not quiet:
        say(
            f"A season of stays around Pokhara's lake, {FIRST:%d %B} to "
            f"{FIRST + timedelta(days=NIGHTS):%d %B %Y}."
        )
        say(f"Homes, hosts and guests are simulated (seed {seed}); the marketplace is real.")
    with bar("the season", guests, quiet=quiet) as show:
        season = simulate(url, seed, homes, guests, show, language)
    made = nights_of(season)
    told = summary(season, made) | {"seed": seed, "url": url, "simulated": True}
    drawn = picture(_scene(season, made, told))
    file = left.leave(SEASON, url, ZONE, drawn, picture_at)
    if not quiet:
        title = f"{counted(homes, 'home')}, {counted(guests, 'guest')}, {NIGHTS} nights"
        tell(season, told, title, language)
        left.tell(file, url, "stays")
    season.market.close()
    return told | {"picture": str(file)}


def simulate(
    url: str,
    seed: int,
    homes: int,
    guests: int,
    show: Callable[[int, str], None],
    language: str = "en",
) -> Season:
    """The season on the real engine; the same seed gives the same season."""
    dice, zone = Random(seed), ZoneInfo(ZONE)
    clock, elsewhere = ManualClock(left.LONG_AGO), Elsewhere()
    market = open_stays(url, clock, seed, elsewhere)
    season = Season(market, clock, dice, zone, CURRENCY, FIRST, NIGHTS, language)
    opens = season.local(OPENS, 8)
    left.check_unused(market, "season")
    clock.set(opens.astimezone(UTC))
    lets = furnish(season, homes)
    keep_back(season, lets)
    prices = [let.listing.attributes["rates"]["nightly"] for let in lets]
    invite(season, wishes(season, guests, opens, AREAS, prices, TAGS))
    ical = market.context.hooks.plugins["ical"]
    assert isinstance(ical, ICal)
    two = TwoPlaces(season, elsewhere, ical)
    season.at(opens + timedelta(days=30), two.look)

    def progress() -> None:
        said = f"{season.now.astimezone(zone):%d %b}  {len(season.stays):,} booked"
        show(season.counts["guests"], said)

    season.run(progress)
    return season


def _scene(season: Season, made: list[Row], told: dict[str, Any]) -> Scene:
    def money(amount: int) -> str:
        return money_text(Money(amount // 100 * 100, season.currency))

    return Scene(
        title="A season of stays by the lake",
        subtitle=(
            f"Pokhara, {season.first:%d %B} to {season.last:%d %B %Y}, "
            f"simulated from seed {told['seed']}"
        ),
        first=season.first,
        rows=made,
        facts=(
            (f"{told['occupancy_bp'] / 100:.0f} %", "occupancy"),
            (f"{told['bookings']:,}", "stays booked"),
            (f"{told['nights_sold']:,}", "nights sold"),
            (money(told["average_nightly_rate"]), "average nightly rate"),
        ),
        feasts=FEASTS,
        lake=LAKE,
        names=AREAS,
        source=(
            "Homes, hosts and guests are invented; every price, booking and transfer was made "
            "by the marketplace. The lake is drawn freehand."
        ),
    )
