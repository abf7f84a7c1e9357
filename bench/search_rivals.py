"""The same homes as an application keeps them that thinks of no search: what the index is beside.

One row a home, a row for each stay, a row for each amenity, a full-text index of the words; asked
on a bare connection, by a box instead of a circle, in the order of one column. Nothing is paged,
explained or decoded: what they take is less than an application would.
"""

import math
from collections.abc import Iterator
from typing import Any

import attrs

from bench.search_world import AMENITIES, FIRST, Home, homes
from marketplace import Search

METRES = 111_195
"""In a degree of latitude."""

TABLES = (
    """CREATE TABLE rival_home (id integer PRIMARY KEY, lat double precision,
    lon double precision, nightly integer, guests integer, least integer, photos integer)""",
    "CREATE TABLE rival_stay (home integer, first integer, past integer)",
    "CREATE TABLE rival_amenity (home integer, amenity integer, PRIMARY KEY (home, amenity))",
)
INDEXES = (
    "CREATE INDEX rival_home_place ON rival_home (lat, lon)",
    "CREATE INDEX rival_stay_home ON rival_stay (home, first)",
)
SQLITE_TABLES = (
    "CREATE VIRTUAL TABLE rival_words USING fts5(words)",
    "CREATE VIRTUAL TABLE rival_tree USING rtree(id, south, north, west, east)",
)
POSTGRES_TABLES = ("CREATE TABLE rival_words (id integer PRIMARY KEY, words tsvector)",)
POSTGRES_INDEXES = ("CREATE INDEX rival_words_all ON rival_words USING gin (words)",)

LIMITS = """
h.guests >= :fits AND h.nightly <= :most AND h.least <= :nights
AND NOT EXISTS (
  SELECT 1 FROM rival_stay s WHERE s.home = h.id AND s.first < :past AND s.past > :first)
"""
IN_BOX = "h.lat BETWEEN :south AND :north AND h.lon BETWEEN :west AND :east"
IN_TREE = "t.south <= :north AND t.north >= :south AND t.west <= :east AND t.east >= :west"


@attrs.frozen
class Rival:
    """A way to ask: its name, and where it begins to look."""

    name: str
    source: str
    box: str
    words: str


SQLITE_WORDS = "h.id IN (SELECT rowid FROM rival_words WHERE rival_words MATCH :text)"
POSTGRES_WORDS = (
    "EXISTS (SELECT 1 FROM rival_words w"
    " WHERE w.id = h.id AND w.words @@ plainto_tsquery('simple', :text))"
)
RIVALS = {
    "sqlite": (
        Rival("b-tree of lat and lon, anti-join, FTS5", "rival_home h", IN_BOX, SQLITE_WORDS),
        Rival(
            "R*Tree, anti-join, FTS5",
            "rival_tree t JOIN rival_home h ON h.id = t.id",
            IN_TREE,
            SQLITE_WORDS,
        ),
    ),
    "postgresql": (
        Rival("b-tree of lat and lon, anti-join, GIN", "rival_home h", IN_BOX, POSTGRES_WORDS),
    ),
}


def without_postgis(driver: Any, dialect: str) -> str:
    """Why PostGIS is not beside it."""
    if dialect == "sqlite":
        return ""
    cursor = driver.cursor()
    cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'")
    there = "this suite has no design for it" if cursor.fetchone() else "this server has none"
    return f"PostGIS: {there}"


def build(driver: Any, dialect: str, count: int, seed: int = 1) -> None:
    """Make the rivals' tables and fill them with the same homes."""
    cursor = driver.cursor()
    extra = SQLITE_TABLES if dialect == "sqlite" else POSTGRES_TABLES
    for statement in (*TABLES, *extra):
        cursor.execute(statement)
    for some in _chunks(count, seed):
        for table, rows in _rows(some, dialect).items():
            marks = ", ".join(["?" if dialect == "sqlite" else "%s"] * len(rows[0]))
            if table == "rival_words" and dialect != "sqlite":
                marks = "%s, to_tsvector('simple', %s)"
            names = "(rowid, words)" if table == "rival_words" and dialect == "sqlite" else ""
            cursor.executemany(f"INSERT INTO {table} {names} VALUES ({marks})", rows)
    for statement in (*INDEXES, *(() if dialect == "sqlite" else POSTGRES_INDEXES)):
        cursor.execute(statement)
    driver.commit()
    if dialect == "sqlite":
        cursor.execute("ANALYZE")
        driver.commit()


def _chunks(count: int, seed: int) -> Iterator[list[Home]]:
    some: list[Home] = []
    for home in homes(count, seed):
        some.append(home)
        if len(some) == 20_000:
            yield some
            some = []
    if some:
        yield some


def _rows(some: list[Home], dialect: str) -> dict[str, list[tuple[Any, ...]]]:
    rows: dict[str, list[tuple[Any, ...]]] = {
        "rival_home": [
            (x.number, x.lat, x.lon, x.nightly, x.guests, x.least, x.photos) for x in some
        ],
        "rival_stay": [(x.number, day, day + length) for x in some for day, length in x.stays],
        "rival_amenity": [(x.number, one) for x in some for one in x.amenities],
        "rival_words": [(x.number, " ".join((*x.words, str(x.number)))) for x in some],
    }
    if dialect == "sqlite":
        rows["rival_tree"] = [(x.number, x.lat, x.lat, x.lon, x.lon) for x in some]
    return rows


def asked(rival: Rival, search: Search, dialect: str) -> tuple[str, dict[str, Any]]:
    """The statement for a search, and its parameters."""
    assert search.place is not None
    assert search.within_m is not None
    up = search.within_m / METRES
    aside = up / math.cos(math.radians(search.place.lat))
    limits = [rival.box, LIMITS]
    bound = None if search.price is None else search.price[1]
    values: dict[str, Any] = {
        "south": search.place.lat - up,
        "north": search.place.lat + up,
        "west": search.place.lon - aside,
        "east": search.place.lon + aside,
        "fits": search.fits,
        "most": 10**9 if bound is None else bound.amount,
        "first": (search.start - FIRST).days,  # type: ignore[operator]
        "past": (search.end - FIRST).days,  # type: ignore[operator]
    }
    values["nights"] = values["past"] - values["first"]
    for number, tag in enumerate(search.tags):
        values[f"tag_{number}"] = AMENITIES.index(tag)
        limits.append(
            "EXISTS (SELECT 1 FROM rival_amenity a"
            f" WHERE a.home = h.id AND a.amenity = :tag_{number})"
        )
    if search.text:
        values["text"] = search.text
        limits.append(rival.words)
    text = (
        f"SELECT h.id, h.lat, h.lon, h.nightly FROM {rival.source} WHERE {' AND '.join(limits)}"
        " ORDER BY h.photos DESC, h.id LIMIT 21"
    )
    if dialect != "sqlite":
        for name in sorted(values, key=len, reverse=True):
            text = text.replace(f":{name}", f"%({name})s")
    return text, values
