"""Real calendars: what three cities' files say of themselves, asked through the public face.

Some homes of each city are drawn by seed; ``MARKETPLACE_HOMES=all`` (or a number) asks more.
"""

import json
import os
from datetime import UTC, date, datetime, time
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from attrs import frozen

from marketplace import ManualClock, Party
from marketplace.plugins.stays.inside_airbnb import (
    PUBLISHED,
    CalendarFile,
    Entry,
    ListingFile,
    Nights,
    Rejection,
    hold_out,
)
from tests.support.inn import Inn, open_inn

HOMES = os.environ.get("MARKETPLACE_HOMES", "40")


@frozen
class City:
    """The files of one city."""

    name: str
    """As the facts call it."""
    listings: str
    calendar: str
    zone: str
    currency: str
    homes: int


ALBANY = City(
    "albany",
    "stays/airbnb_albany_2024-11_listings.csv.gz",
    "stays/airbnb_albany_2024-11_calendar.csv.gz",
    "America/New_York",
    "USD",
    421,
)
SEATTLE = City(
    "seattle_2016",
    "stays/airbnb_seattle_2016-01_listings.csv.gz",
    "bench/stays/airbnb_seattle_2016-01_calendar.csv.gz",
    "America/Los_Angeles",
    "USD",
    3_818,
)
SINGAPORE = City(
    "singapore",
    "bench/stays/airbnb_singapore_2023-09_listings.csv.gz",
    "bench/stays/airbnb_singapore_2023-09_calendar.csv.gz",
    "Asia/Singapore",
    "SGD",
    3_483,
)


def entries(city: City, folder: Path) -> dict[str, Entry]:
    """Every home of a city; each row of these files is one."""
    file = ListingFile(folder / city.listings, city.currency, city.zone)
    found = {one.source_id: one for one in file if isinstance(one, Entry)}
    assert file.counts == {"row": city.homes}
    return found


def chosen(city: City, known: dict[str, Entry]) -> set[str]:
    """Some homes of it, drawn by seed; or all."""
    if HOMES == "all":
        return set(known)
    return set(Random(1).sample(sorted(known), min(int(HOMES), len(known))))


def calendars(city: City, folder: Path, only: set[str]) -> list[Nights]:
    """The calendars of some homes, those that begin first at the front."""
    found: list[Nights] = []
    for one in CalendarFile(folder / city.calendar, city.currency, only=only):
        assert not isinstance(one, Rejection), one
        found.append(one)
    assert {one.source_id for one in found} == only
    return sorted(found, key=lambda one: one.nights[0].day)


def asked(inn: Inn, city: City, entry: Entry, nights: Nights, host: Party) -> dict[int, int]:
    """How many of the first nights can be had, by a guest who asks the calendar."""
    listing = hold_out(inn.market, entry, nights, by=host, vertical="stays", currency=city.currency)
    first = nights.nights[0].day
    free = [one.bookable for one in inn.calendar(listing, first, max(PUBLISHED))]
    return {count: sum(free[:count]) for count in entry.published}


def midnight(day: date, zone: str) -> datetime:
    """The first instant of a date there."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.behaviour("S2", "S4")
@pytest.mark.parametrize("city", [ALBANY, SEATTLE, SINGAPORE], ids=lambda one: one.name)
def test_availability_is_what_the_city_published(city: City, data_dir: Path) -> None:
    """Of each home, the nights that can be had of the first 30, 60, 90 and 365 are as many as the
    city's file says; where they are not, the file's own calendar says otherwise than its list."""
    known = entries(city, data_dir)
    found = calendars(city, data_dir, chosen(city, known))
    inn = open_inn("sqlite://", at=midnight(found[0].nights[0].day, city.zone))
    clock = inn.market.context.clock
    assert isinstance(clock, ManualClock)
    told: list[str] = []
    hosts: dict[str, Party] = {}
    for nights in found:
        entry = known[nights.source_id]
        host = hosts.setdefault(entry.host, inn.market.parties.join(entry.host))
        clock.set(max(inn.now, midnight(nights.nights[0].day, city.zone)))
        counted = asked(inn, city, entry, nights, host)
        in_file = {
            count: sum(one.available for one in nights.nights[:count]) for count in entry.published
        }
        assert counted == in_file, f"home {entry.source_id} of {city.name}"
        if counted != entry.published:
            told.append(
                f"home {entry.source_id} of {city.name}: its calendar of {len(nights.nights)} "
                f"nights from {nights.nights[0].day} has {in_file}, its list says "
                f"{dict(entry.published)}"
            )
    inn.market.close()
    print(
        f"{city.name}: {len(found) - len(told)} of {len(found)} homes as published", *told, sep="\n"
    )
    facts = json.loads((data_dir / "oracles/rules_airbnb.json").read_text())["measured"]
    shares = next(one for name, one in facts.items() if name.startswith("availability_30"))
    # A sample may hold one of the few whose file contradicts itself, though not more of them.
    most = round((1 - shares[city.name]) * city.homes)
    assert len(told) <= most, told


@pytest.mark.behaviour("C2")
def test_the_oddest_prices_of_the_cities_are_read(data_dir: Path) -> None:
    """Homes without a price, at 109,999 a night, and for a thousand nights or more are homes."""
    homes = {city.name: entries(city, data_dir) for city in (ALBANY, SEATTLE, SINGAPORE)}
    prices = {
        name: [one.attributes["rates"].get("nightly") for one in found.values()]
        for name, found in homes.items()
    }
    assert prices["albany"].count(None) == 37
    assert max(filter(None, prices["singapore"])) == 10_999_900
    longest = max(one.attributes["plan"]["least"] for one in homes["singapore"].values())
    assert longest >= 1_000
    rates = [one.attributes["rates"] for one in homes["seattle_2016"].values()]
    assert sum("cleaning" in one for one in rates) > 2_000
    assert sum("weekly_bp" in one for one in rates) > 1_000
    assert sum("extra_guest" in one for one in rates) > 1_000
