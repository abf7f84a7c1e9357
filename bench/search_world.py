"""A town of homes for the search suite: invented, seeded, clustered like cities, with stays."""

import math
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Any

import attrs
import sqlalchemy as sa

from marketplace import (
    CLOCK,
    DAY,
    HOUR,
    PROVIDER,
    Bring,
    Listing,
    ManualClock,
    Marketplace,
    Money,
    Place,
    Process,
    RankPart,
    Resource,
    ResourcePlan,
    Search,
    SearchPlan,
    Transition,
    Vertical,
    hookimpl,
)

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
FIRST = date(2026, 12, 1)
EPOCH = date(1970, 1, 1)
DAYS = 180
CITIES = 1_500
"""The largest has about one home in a hundred, as the largest have of all that are let."""
AMENITIES = (
    "wifi", "kitchen", "parking", "pool", "hot_tub", "heating", "washer", "dryer", "balcony",
    "garden", "fireplace", "crib", "elevator", "gym", "sauna", "beach",
)  # fmt: skip
NOUNS = ("flat", "house", "studio", "loft", "cabin", "villa", "room", "cottage")
PLAIN = ("quiet", "sunny", "central", "modern", "cosy", "large", "small", "bright", "old", "new")
RARE = tuple(
    f"{first}{last}"
    for first in ("lake", "wood", "rose", "stone", "mill", "fern", "gold", "moor")
    for last in ("view", "side", "house", "gate", "field", "brook", "hill", "croft")
)


@attrs.frozen
class Homes:
    """The trade, as far as a search needs one."""

    name: str = "homes"

    @hookimpl
    def bring(self) -> Bring:
        """Bring nights that are counted, and what of a home can be searched."""
        row = Transition("finish", (PROVIDER, CLOCK), "asked", "done", after=HOUR)
        plan = SearchPlan(
            calendar="nights",
            price="nightly",
            fits="guests",
            texts=("words",),
            tags=("amenities",),
            least="least",
            near=300,
            near_m=3_000,
            rank=(RankPart("photos", "photos", 100, 0, 20),),
            gated=(),
        )
        vertical = Vertical(
            "homes",
            (Process("stay", "asked", {"done"}, [row], admits=()),),
            resources=(ResourcePlan("nights", kind="counted", grain=DAY),),
            search=plan,
        )
        return Bring(verticals=(vertical,))


def opened(engine: sa.Engine) -> Marketplace:
    """The marketplace under measurement."""
    return Marketplace.open(engine, [Homes()], clock=ManualClock(NOW), create="missing")


@attrs.frozen
class Home:
    """One home, and the nights that are taken of it."""

    number: int
    lat: float
    lon: float
    nightly: int
    guests: int
    amenities: tuple[int, ...]
    words: tuple[str, ...]
    least: int
    photos: int
    stays: tuple[tuple[int, int], ...]
    """First day and length, in days from the first."""

    @property
    def id(self) -> str:
        return f"lst_{self.number:026d}"

    @property
    def resource_id(self) -> str:
        return f"res_{self.number:026d}"


WEIGHTS = [(rank + 20) ** -0.9 for rank in range(CITIES)]
SUMS = list(accumulate(WEIGHTS))


def _cities(chance: random.Random) -> list[tuple[float, float]]:
    return [(chance.uniform(-55, 65), chance.uniform(-175, 175)) for _ in range(CITIES)]


def homes(count: int, seed: int = 1) -> Iterator[Home]:
    """So many homes, the same for the same seed."""
    chance = random.Random(seed)
    cities = _cities(chance)
    for number in range(count):
        ((lat, lon),) = chance.choices(cities, cum_weights=SUMS)
        amenities = tuple(sorted(chance.sample(range(len(AMENITIES)), chance.randint(2, 10))))
        words = [chance.choice(NOUNS), *chance.sample(PLAIN, 3), chance.choice(RARE)]
        stays, day = [], chance.randrange(10)
        while day < DAYS and len(stays) < 4:
            length = chance.randint(1, 6)
            stays.append((day, length))
            day += length + chance.randrange(40)
        yield Home(
            number=number,
            lat=lat + chance.gauss(0, 0.06),
            lon=lon + chance.gauss(0, 0.06) / math.cos(math.radians(lat)),
            nightly=round(chance.lognormvariate(9, 0.6)),
            guests=chance.choices((1, 2, 3, 4, 6, 8), (5, 35, 15, 25, 15, 5))[0],
            amenities=amenities,
            words=tuple(words),
            least=chance.choice((1, 1, 1, 2, 2, 3)),
            photos=chance.randrange(25),
            stays=tuple(stays),
        )


def fill(market: Marketplace, engine: sa.Engine, count: int, seed: int = 1) -> None:
    """Put the homes where a marketplace keeps listings, and their stays where it keeps claims.

    Written past the verbs, which would take hours; then the index is built by its own.
    """
    host = market.parties.join("Ida")
    waiting: list[Home] = []
    for home in homes(count, seed):
        waiting.append(home)
        if len(waiting) == 20_000:
            _write(market, engine, host.id, waiting)
            waiting = []
    _write(market, engine, host.id, waiting)


def _write(market: Marketplace, engine: sa.Engine, host: str, some: list[Home]) -> None:
    if not some:
        return
    with market.batch() as work:
        work.add(
            *(
                Listing(
                    id=home.id,
                    vertical="homes",
                    provider_id=host,
                    title=f"{home.words[1]} {home.words[0]} {home.number}",
                    currency="EUR",
                    created_at=NOW,
                    state="published",
                    place=Place(home.lat, home.lon),
                    attributes={
                        "nightly": home.nightly,
                        "guests": home.guests,
                        "amenities": [AMENITIES[one] for one in home.amenities],
                        "words": " ".join(home.words),
                        "least": home.least,
                        "photos": home.photos,
                    },
                )
                for home in some
            )
        )
        work.add(
            *(
                Resource(home.resource_id, home.id, "nights", kind="counted", grain=DAY)
                for home in some
            )
        )
    moment, zero = moments(engine.dialect.name), (FIRST - EPOCH).days
    driver = engine.raw_connection()
    load(
        driver,
        "reservation",
        'id, resource_id, single, cause, cause_id, quantity, state, created_at, start, "end",'
        " label, version",
        [
            (
                *(f"rsv_{home.number:020d}_{number}", home.resource_id, False, "block", "x", 1),
                *("confirmed", moment(0), moment(day), moment(day + length), "", 1),
            )
            for home in some
            for number, (day, length) in enumerate(home.stays)
        ],
    )
    load(
        driver,
        "capacity_bucket",
        "resource_id, slot, used, capacity",
        [
            (home.resource_id, zero + day + night, 1, 1)
            for home in some
            for day, length in home.stays
            for night in range(length)
        ],
    )
    driver.commit()
    driver.close()


def load(driver: Any, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    cursor = driver.cursor()
    if not hasattr(cursor, "copy"):
        marks = ", ".join("?" for _ in rows[0])
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
        return
    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


@cache
def moments(dialect: str) -> Callable[[int], Any]:
    """What stands for the midnight of a day in a column."""

    @cache
    def moment(day: int) -> Any:
        found = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(days=day)
        return found.isoformat(timespec="microseconds") if dialect == "sqlite" else found

    return moment


def searches(count: int, seed: int = 2) -> list[Search]:
    """What people look for: a place, dates and guests; some a price, amenities, a word."""
    cities = _cities(random.Random(1))
    chance = random.Random(seed)
    made: list[Search] = []
    for _ in range(count):
        ((lat, lon),) = chance.choices(cities, cum_weights=SUMS)
        start = FIRST + timedelta(days=chance.randrange(DAYS - 20))
        most = chance.choice((8_000, 12_000, 20_000))
        word = chance.choice((*NOUNS, *PLAIN)) if chance.random() < 0.5 else chance.choice(RARE)
        made.append(
            Search(
                "homes",
                place=Place(lat + chance.gauss(0, 0.03), lon + chance.gauss(0, 0.03)),
                within_m=chance.choice((1_000, 2_000, 5_000, 10_000)),
                start=start,
                end=start + timedelta(days=chance.randint(1, 7)),
                fits=chance.randint(1, 4),
                price=(None, Money(most, "EUR")) if chance.random() < 0.5 else None,
                tags=tuple(chance.sample(AMENITIES, chance.choice((0, 0, 1, 2)))),
                text=word if chance.random() < 0.25 else "",
            )
        )
    return made
