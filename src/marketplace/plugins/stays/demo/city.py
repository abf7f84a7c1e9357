"""The homes of a real city from end to end: the files, the run, the tables, the picture."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from marketplace import InvalidInput, ManualClock, Money, counted, money_text, render
from marketplace.demo import left
from marketplace.demo.left import Unfit
from marketplace.demo.progress import bar
from marketplace.demo.screen import say
from marketplace.plugins.stays.demo.cities import city_of
from marketplace.plugins.stays.demo.file_homes import Shelf, furnish, nightly, wanted
from marketplace.plugins.stays.demo.guests import invite, wishes
from marketplace.plugins.stays.demo.left import CITY
from marketplace.plugins.stays.demo.nights import Row
from marketplace.plugins.stays.demo.nights import rows as nights_of
from marketplace.plugins.stays.demo.picture import MOST_ROWS, Scene, picture
from marketplace.plugins.stays.demo.season import Season
from marketplace.plugins.stays.demo.summary import summary
from marketplace.plugins.stays.demo.telling import tell
from marketplace.plugins.stays.demo.valley import open_stays
from marketplace.plugins.stays.inside_airbnb import Entry, ListingFile
from marketplace.plugins.stays.steps import zone_of

SOURCE = "Inside Airbnb, CC BY 4.0"


def demonstrate(
    listings: Path,
    calendar: Path,
    *,
    homes: int | None,
    nights: int,
    guests: int,
    zone: str | None,
    currency: str | None,
    seed: int,
    database: str | None,
    picture_at: Path | None,
    language: str,
    quiet: bool,
) -> dict[str, Any]:
    """Run it, print it unless ``quiet``, and give what the table says as plain values."""
    shelf = Shelf(listings, calendar, homes)
    try:
        place, zone, currency = _where(listings, zone, currency)
        shelf.read_listings(zone, currency)
        with bar("reading", max(len(shelf.entries), 1), quiet=quiet) as show:
            shelf.read_calendar(currency, lambda done: show(done, counted(done, "home")))
    except InvalidInput as error:
        raise Unfit(str(error)) from None
    url = left.begin(CITY, database)
    season = _run(shelf, url, zone, currency, seed, nights, guests, language, quiet)
    made = nights_of(season)
    told = summary(season, made) | _of_files(shelf) | {"city": place, "seed": seed, "url": url}
    drawn = picture(_scene(season, shelf, made, told))
    file = left.leave(CITY, url, zone, drawn, picture_at)
    if not quiet:
        _refused(season, shelf, language)
        held, came = counted(len(season.homes), "home"), counted(guests, "guest")
        title = f"{place}: {held}, {came}, {counted(season.nights, 'night')}"
        tell(season, told, title, language)
        left.tell(file, url, "stays")
    season.market.close()
    return told | {"picture": str(file)}


def _where(listings: Path, zone: str | None, currency: str | None) -> tuple[str, str, str]:
    """What the city is called, its zone and its currency: as told, else by where its homes lie."""
    first = next((one for one in ListingFile(listings, "USD") if isinstance(one, Entry)), None)
    city = None if first is None else city_of(first.place)
    if first is None:
        raise Unfit(f"{listings.name} has no row that is a home")
    if city is None and (zone is None or currency is None):
        raise Unfit(
            f"the homes of {listings.name} lie near no city that is known here; "
            "name --zone and --currency"
        )
    found = zone or (city.zone if city else "")
    if zone_of(found) is None:
        raise Unfit(f"{found!r} is no time zone; allowed are names as America/New_York")
    return city.name if city else listings.name, found, currency or (city.currency if city else "")


def _run(
    shelf: Shelf,
    url: str,
    zone: str,
    currency: str,
    seed: int,
    nights: int,
    guests: int,
    language: str,
    quiet: bool,
) -> Season:
    first, last = shelf.first, shelf.last
    if first is None or last is None:
        raise Unfit(f"{shelf.calendar.name} has no night of the homes of {shelf.listings.name}")
    dice, clock = Random(seed), ManualClock(left.LONG_AGO)
    market = open_stays(url, clock, seed)
    left.check_unused(market, "season")
    count = min(nights, (last - first).days + 1)
    season = Season(market, clock, dice, ZoneInfo(zone), currency, first, count, language)
    opens = season.local(first, 8)
    clock.set(opens.astimezone(UTC))
    with bar("holding out", max(len(shelf.entries), 1), quiet=quiet) as show:
        furnish(season, shelf, lambda done: show(done, counted(done, "home")))
    places = [let.listing.place for let in season.homes.values() if let.listing.place is not None]
    if not places:
        raise Unfit(f"no home of {shelf.listings.name} can be held out: {dict(shelf.rejected)}")
    invite(season, wishes(season, guests, opens, places, list(nightly(shelf)), wanted(shelf)))
    with bar("the season", guests, quiet=quiet) as show:

        def progress() -> None:
            said = f"{season.now.astimezone(season.zone):%d %b}  {len(season.stays):,} booked"
            show(season.counts["guests"], said)

        season.run(progress)
    return season


def _of_files(shelf: Shelf) -> dict[str, Any]:
    return {
        "listings": shelf.listings.name,
        "calendar": shelf.calendar.name,
        "rows": shelf.rows,
        "left_out": shelf.left_out,
        "refused_rows": dict(sorted(shelf.rejected.items())),
        "simulated": "guests",
    }


def _refused(season: Season, shelf: Shelf, language: str) -> None:
    """What was read, what was left out, and what was refused with an example of each reason."""
    say()
    say(f"{shelf.listings.name}: {counted(shelf.rows, 'row')}; {SOURCE}. Guests are simulated.")
    say("What is not available there is blocked here: nobody knows if it was booked.")
    if shelf.left_out:
        homes = counted(shelf.left_out, "home was", "homes were")
        say(f"{homes} left out: --homes {shelf.most} was told")
    if shelf.rejected:
        refused = counted(shelf.rejected.total(), "row or home was", "rows or homes were")
        say(f"{refused} refused, for instance")
        words = season.market.context.words
        for code, count in shelf.rejected.most_common():
            where, reason = shelf.examples[code]
            said = render(reason, words, language)
            say(f"  {count:,}  {code}: {where}: {said}")
    say()


def _scene(season: Season, shelf: Shelf, made: list[Row], told: dict[str, Any]) -> Scene:
    rate = money_text(Money(told["average_nightly_rate"], season.currency))
    shown = f"; drawn are the {MOST_ROWS} that sold most" if len(made) > MOST_ROWS else ""
    nights = counted(season.nights, "night")
    return Scene(
        title=f"{told['city']}: {counted(len(made), 'real home')}, simulated guests",
        subtitle=f"{season.first:%d %B %Y}, {nights}, seed {told['seed']}{shown}",
        first=season.first,
        rows=made,
        facts=(
            (f"{told['occupancy_bp'] / 100:.0f} %", "of free nights sold"),
            (f"{told['bookings']:,}", "stays booked"),
            (f"{told['nights_sold']:,}", "nights sold"),
            (rate, "average nightly rate"),
        ),
        source=(
            f"Homes and free nights: {SOURCE}, {shelf.listings.name}. Guests are simulated; "
            "every price, booking and transfer was made by the marketplace."
        ),
    )
