"""Writes down what a marketplace says to its database, and says it again without the marketplace.

The library runs its statements on SQLite on the driver's own cursors, so the recording sits there:
drivers whose connections hand out cursors that remember. On PostgreSQL it tells who listens.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import groupby
from typing import Any

import attrs
import psycopg
import sqlalchemy as sa

COMMIT = "COMMIT"
ROLLBACK = "ROLLBACK"
WAIT = "WAIT"
"""Nothing is said until everybody who speaks at once has come so far."""
SETTING = ("PRAGMA", "BEGIN")


@attrs.frozen
class Said:
    """One statement, or the end of a transaction, as the driver was given it."""

    words: str
    params: Any = ()
    many: bool = False

    @property
    def ends(self) -> bool:
        """Whether it ends a transaction rather than asks or writes something."""
        return self.words in (COMMIT, ROLLBACK)

    @property
    def asks(self) -> bool:
        """Whether it asks or writes something."""
        return not self.ends and self.words != WAIT and not self.words.startswith(SETTING)


@attrs.define
class Record:
    """What was said while it listened, in order."""

    said: list[Said] = attrs.field(factory=list)
    listens: bool = False
    seconds: dict[str, list[float]] = attrs.field(factory=dict)
    """By its words, what a statement took each time (on SQLite, where it is told)."""

    def took(self, words: str, since: float, *, more: bool = False) -> None:
        """A statement took as long as from then to now; ``more``: in addition."""
        if self.listens:
            mine = self.seconds.setdefault(words, [])
            taken = time.perf_counter() - since
            if more and mine:
                mine[-1] += taken
            else:
                mine.append(taken)

    def note(self, words: str, params: Any = None, *, many: bool = False) -> None:
        if self.listens:
            kept = [tuple(one) for one in params] if many else params
            self.said.append(Said(words, kept, many))

    @property
    def statements(self) -> int:
        """Statements said; those run once for each of many rows count once."""
        return sum(one.asks for one in self.said)

    @property
    def commits(self) -> int:
        """How often it was committed; a driver may be told twice to commit the same."""
        return sum(words == COMMIT for words, _ in groupby(one.words for one in self.said))


def sqlite_engine(
    path: str, record: Record | None = None, *, synchronous: str = "FULL"
) -> sa.Engine:
    """An engine of one's own, set as the library sets the one it makes from a URL."""
    engine = sa.create_engine(
        f"sqlite:///{path}",
        connect_args={
            "timeout": 30,
            "factory": _sqlite_factory(record),
            "cached_statements": 1_000,
        },
    )
    sa.event.listen(engine, "connect", lambda driver, _: settle_sqlite(driver, synchronous))
    if record is not None:
        sa.event.listen(engine, "commit", lambda _: record.note(COMMIT))
    _listen(engine, record)
    return engine


def settle_sqlite(driver: Any, synchronous: str) -> None:
    """Set a connection as the library does; with FULL a commit is on the disk when it returns."""
    for pragma in ("busy_timeout = 30000", "journal_mode = WAL", "foreign_keys = ON"):
        driver.execute(f"PRAGMA {pragma}")
    driver.execute(f"PRAGMA synchronous = {synchronous}")
    driver.execute("PRAGMA wal_autocheckpoint = 4000")


def postgres_engine(url: str, record: Record | None = None) -> sa.Engine:
    """An engine of one's own on PostgreSQL."""
    arguments = {} if record is None else {"cursor_factory": _postgres_cursor(record)}
    engine = sa.create_engine(url, connect_args=arguments, use_native_hstore=False)
    _listen(engine, record)
    if record is not None:

        def told(words: str, params: Any, many: bool) -> None:
            record.note(words, params, many=many)

        def ask_to_be_told(_: Any, pooled: Any) -> None:
            pooled.info["marketplace_listener"] = told

        sa.event.listen(engine, "connect", ask_to_be_told)
    return engine


def _listen(engine: sa.Engine, record: Record | None) -> None:
    # On PostgreSQL a commit is a statement that goes with the last ones.
    if record is not None:
        sa.event.listen(engine, "rollback", lambda _: record.note(ROLLBACK))


def _sqlite_factory(record: Record | None) -> type[sqlite3.Connection]:
    if record is None:
        return sqlite3.Connection

    class Cursor(sqlite3.Cursor):
        last = ""

        def execute(self, words: str, params: Any = ()) -> sqlite3.Cursor:
            record.note(words, params)
            began, self.last = time.perf_counter(), words
            try:
                return super().execute(words, params)
            finally:
                record.took(words, began)

        def executemany(self, words: str, params: Any) -> sqlite3.Cursor:
            rows = list(params)
            record.note(words, rows, many=True)
            began = time.perf_counter()
            try:
                return super().executemany(words, rows)
            finally:
                record.took(words, began)

        def fetchall(self) -> list[Any]:
            began = time.perf_counter()
            try:
                return super().fetchall()
            finally:
                record.took(self.last, began, more=True)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def execute(self, words: str, params: Any = ()) -> sqlite3.Cursor:
            return self.cursor().execute(words, params)

    return Connection


def _postgres_cursor(record: Record) -> type[psycopg.Cursor[Any]]:
    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            record.note(str(query), params)
            return super().execute(query, params, **options)

        def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
            rows = list(params_seq)
            record.note(str(query), rows, many=True)
            super().executemany(query, rows, **options)

    return Cursor


def say_again(driver: Any, said: Sequence[Said], wait: Callable[[], Any] = lambda: None) -> None:
    """Say all of it on a bare connection, reading every answer to its end."""
    with closing(driver.cursor()) as cursor:
        for one in said:
            if one.words == COMMIT:
                driver.commit()
            elif one.words == ROLLBACK:
                driver.rollback()
            elif one.words == WAIT:
                wait()
            elif one.many:
                cursor.executemany(one.words, one.params)
            else:
                cursor.execute(one.words, one.params)
                if cursor.description is not None:
                    cursor.fetchall()
