"""A world with very many past deals, written quickly: copies, by SQL, of one really lived.

One pair of people lives two rides. What the second added is what a deal adds, and is copied for
each past deal; what the first added, with the people themselves, is copied for each pair. Who rides
with whom changes from deal to deal, until all have met all. Copies have ids of their own, which are
shorter, and lack the long texts that no statement of another deal's life reads, so that a million
fit a disk. Chains of hashes do not hold in them.
"""

import json
import math
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from bench.lives_trades import MORNING, RIDE, Deal, lived
from bench.recording import sqlite_engine
from marketplace import HOUR, ManualClock, Marketplace

Row = tuple[Any, ...]

NAMES = ("id", "reference", "receipt")
"""Columns that name what their row is of: no copy has the same as another."""
HASHES = ("hash", "previous_hash")
LONG = 40
AT_ONCE = 20_000
"""Deals copied in one go: each index then grows in few places at a time."""
_LAST = (
    "UPDATE party_counter SET last = max(last, coalesce((SELECT max(r.number)"
    " FROM event_recipient r WHERE r.party_id = party_counter.party_id), 0))"
)
# Everybody gave everybody the same each time.
_RATED = (
    "UPDATE reputation SET (count, total, counterparties, weighted_total) ="
    " (SELECT count(*), sum(r.rating), count(DISTINCT r.author_id),"
    " 100 * count(DISTINCT r.author_id) * max(r.rating) FROM review r"
    " WHERE r.subject_id = reputation.party_id AND r.subject_role = reputation.role)"
)
SUMS = (_LAST, _RATED)
"""What is kept beside the rows that it is a sum of."""


@attrs.frozen
class Past:
    """A file with so many past deals of so many riders and drivers, who all met each other."""

    path: Path
    deals: int
    pairs: int
    rows: int
    """Rows that one past deal is of."""
    customer: str
    provider: str
    listing: str
    seconds: float
    """What it took to write it, whenever that was."""

    @property
    def size(self) -> int:
        """In bytes."""
        return self.path.stat().st_size

    def deal(self, market: Marketplace, pair: int) -> Deal:
        """A deal to be lived by a rider and a driver of the same number."""
        provider, listing = self.provider + _end(pair), self.listing + _end(pair)
        held_out = market.listings.get(listing, by=provider)
        return Deal(self.customer + _end(pair), provider, held_out)


def _end(number: int) -> str:
    """What is added to an id in a copy."""
    return f"{number:07}"


@attrs.frozen
class Table:
    """A table's columns, and its rows by their keys."""

    columns: Sequence[str]
    counts: bool
    """Whether the database numbers its rows by itself, in the first column."""
    rows: Mapping[Row, Row]


def seen(connection: sqlite3.Connection) -> dict[str, Table]:
    """Every table as it stands."""
    found = {}
    words = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    for (name,) in connection.execute(words).fetchall():
        info = connection.execute(f'PRAGMA table_info("{name}")').fetchall()
        keys = [place for place, *_, key in info if key]
        counts = keys == [0] and info[0][1] == "number"
        rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
        keyed = {tuple(row[place] for place in keys): row for row in rows}
        found[name] = Table([one[1] for one in info], counts, keyed)
    return found


def _added(before: Mapping[str, Table], after: Mapping[str, Table]) -> dict[str, Table]:
    """Rows that are new; what was only changed is left aside."""
    found = {}
    for name, table in after.items():
        old = before[name].rows if name in before else {}
        rows = {key: row for key, row in table.rows.items() if key not in old}
        if rows:
            found[name] = Table(table.columns, table.counts, rows)
    return found


def _names_in(tables: Mapping[str, Table]) -> set[str]:
    """What rows of these are called."""
    found = set()
    for table in tables.values():
        places = [place for place, name in enumerate(table.columns) if name in NAMES]
        found |= {row[place] for row in table.rows.values() for place in places}
    # An account is called by its owner: that is one of the others, with words behind it.
    return {one for one in found if isinstance(one, str) and "/" not in one}


@attrs.frozen
class Copier:
    """Makes, of a row, a statement that writes it once for each of many copies."""

    ends: Mapping[str, str]
    """What a copy adds to each name: the column of ``copies`` that has it."""
    slim: bool = False
    """Whether long texts are left out."""
    short: Mapping[str, str] = attrs.field(factory=dict)
    """What stands for some of the names, which are as long as ids are."""

    def _parts(self, text: str) -> list[str]:
        pattern = "|".join(map(re.escape, sorted(self.ends, reverse=True)))
        return re.split(f"({pattern})", text)

    def _value(self, column: str, value: Any, params: list[Any]) -> str:
        """An expression for a value in each copy."""
        if isinstance(value, str) and self.slim and len(value) > LONG:
            empty = {"{": "{}", "[": "[]"}.get(value[0])
            parts = self._parts(value)
            if empty is not None:
                value = empty
            elif len(parts) == 1:
                value = value[:12]
        if not isinstance(value, str):
            params.append(value)
            return "?"
        words: list[str] = []
        for part in self._parts(value):
            if part or not words:
                params.append(self.short.get(part, part))
                words.append("?")
            if part in self.ends:
                words.append(self.ends[part])
        if column in HASHES:
            words.append("n.own")
        return " || ".join(words)

    def differs(self, key: Row) -> bool:
        """Whether copies of a row have other keys than it has itself."""
        return any(isinstance(one, str) and len(self._parts(one)) > 1 for one in key)

    def statement(self, name: str, table: Table, row: Row, step: int) -> tuple[str, list[Any]]:
        """The statement, and its parameters but the first and the last number of the copies.

        ``step`` is how many of its party's events a deal tells: its next deal's come after them.
        """
        params: list[Any] = []
        columns, values = [], []
        for column, value in list(zip(table.columns, row, strict=True))[int(table.counts) :]:
            columns.append(f'"{column}"')
            if name == "event_recipient" and column == "number":
                params += [value, step]
                values.append("? + ? * n.turn")
            else:
                values.append(self._value(column, value, params))
        words = (
            f'INSERT INTO "{name}" ({", ".join(columns)}) SELECT {", ".join(values)}'
            " FROM copies n WHERE n.number BETWEEN ? AND ?"
        )
        return words, params

    def statements(self, tables: Mapping[str, Table]) -> Iterator[tuple[str, list[Any]]]:
        """One for each row of which there are copies."""
        for name, table in tables.items():
            told = Counter(key[0] for key in table.rows)
            for key, row in table.rows.items():
                if table.counts or self.differs(key):
                    yield self.statement(name, table, row, told[key[0]])


def written(path: Path, deals: int) -> Past:
    """A file with so many past deals; one that is there is taken."""
    note = path.with_suffix(".json")
    if note.exists() and path.exists():
        _renew(path)
        return Past(path, **json.loads(note.read_text()))
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    began, pairs = time.perf_counter(), max(1, math.isqrt(deals))
    people, added, first = _two_lives(path)
    with sqlite3.connect(path, isolation_level=None) as connection:
        guards = _prepared(connection, deals, pairs)
        mine, theirs = _names_in(added), _names_in(people)
        to_each = dict.fromkeys(theirs, "n.own")
        _copied(connection, Copier(to_each), people, pairs)
        ends = dict.fromkeys(theirs, "n.driver") | dict.fromkeys(mine - theirs, "n.own")
        ends[first.customer] = "n.rider"
        short = {
            name: f"{name.split('_')[0]}_{number:02x}_"
            for number, name in enumerate(sorted(mine - theirs))
        }
        copier = Copier(ends, slim=True, short=short)
        _copied(connection, copier, added, deals)
        for words in SUMS:
            connection.execute(words)
        for words in guards:
            connection.execute(words)
        connection.execute("DROP TABLE copies")
    connection.close()
    rows = sum(1 for _ in copier.statements(added))
    known: dict[str, Any] = {
        "deals": deals,
        "pairs": pairs,
        "rows": rows,
        "customer": first.customer,
        "provider": first.provider,
        "listing": first.listing.id,
        "seconds": time.perf_counter() - began,
    }
    note.write_text(json.dumps(known) + "\n")
    return Past(path, **known)


def _renew(path: Path) -> None:
    """Bring the tables of a file that is there up to those of now."""
    engine = sqlite_engine(str(path), synchronous="OFF")
    Marketplace.migrate(engine)
    engine.dispose()


def _two_lives(path: Path) -> tuple[dict[str, Table], dict[str, Table], Deal]:
    """What a pair's first life added, with the pair itself; and what its second did."""
    engine, clock = sqlite_engine(str(path), synchronous="OFF"), ManualClock(MORNING + HOUR)
    market = RIDE.opened(engine, clock, seed=1)
    pictures = []
    with sqlite3.connect(path) as looking:
        pictures.append(seen(looking))
        (deal,) = RIDE.people(market, 1)
        for _ in range(2):
            lived(market, clock, RIDE, attrs.evolve(deal))
            pictures.append(seen(looking))
    looking.close()
    market.close()
    engine.dispose()
    return _added(pictures[0], pictures[1]), _added(pictures[1], pictures[2]), deal


def _prepared(connection: sqlite3.Connection, deals: int, pairs: int) -> list[str]:
    """Number the copies; set the triggers aside, and give the statements that make them again."""
    for pragma in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -1000000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("PRAGMA journal_mode = OFF")
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    guards = found.fetchall()
    for name, _ in guards:
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute(
        "CREATE TABLE copies"
        " (number INTEGER PRIMARY KEY, own TEXT, rider TEXT, driver TEXT, turn INTEGER)"
    )
    connection.execute(
        "WITH RECURSIVE counting(number) AS"
        " (SELECT 1 UNION ALL SELECT number + 1 FROM counting WHERE number < :most)"
        " INSERT INTO copies SELECT number, printf('%07d', number),"
        " printf('%07d', 1 + (number - 1) % :pairs),"
        " printf('%07d', 1 + (number - 1 + (number - 1) / :pairs) % :pairs),"
        " (number - 1) / :pairs FROM counting",
        {"most": max(deals, pairs), "pairs": pairs},
    )
    return [words for _, words in guards]


def _copied(
    connection: sqlite3.Connection, copier: Copier, tables: Mapping[str, Table], copies: int
) -> None:
    """Write so many copies of each row."""
    statements = list(copier.statements(tables))
    for first in range(1, copies + 1, AT_ONCE):
        last = min(first + AT_ONCE - 1, copies)
        connection.execute("BEGIN")
        for words, params in statements:
            connection.execute(words, [*params, first, last])
        connection.execute("COMMIT")
