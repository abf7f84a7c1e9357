"""Fresh databases that are copies of one prepared world: a file, or a PostgreSQL of this run's."""

import itertools
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import attrs
import psycopg
import sqlalchemy as sa

from bench.recording import Record, postgres_engine, settle_sqlite, sqlite_engine
from marketplace.testing.postgres import EmbeddedPostgres, make_run_folder, remove_run_folder


class Databases(Protocol):
    """One kind of database, of which copies of one world can be had."""

    @property
    def name(self) -> str:
        """What it is, and how a commit is kept."""
        ...

    def world(self) -> sa.Engine:
        """An empty database, to be filled once."""
        ...

    def copy(self, record: Record | None = None) -> sa.Engine:
        """A fresh copy of the world."""
        ...

    def bare(self) -> Any:
        """A connection of the bare driver to another fresh copy."""
        ...


@attrs.define
class SqliteFiles:
    """SQLite files on this machine's disk."""

    folder: Path
    synchronous: str = "FULL"
    """FULL waits for the disk at each commit; OFF never does, and shows what is not the disk."""
    _number: Any = attrs.field(factory=itertools.count, init=False)

    @property
    def name(self) -> str:
        return f"SQLite, synchronous={self.synchronous}"

    @property
    def _first(self) -> Path:
        return self.folder / f"world-{self.synchronous}.sqlite"

    def world(self) -> sa.Engine:
        return sqlite_engine(str(self._first), synchronous=self.synchronous)

    def _copy(self) -> str:
        path = self.folder / f"copy-{self.synchronous}-{next(self._number)}.sqlite"
        shutil.copyfile(self._first, path)
        return str(path)

    def copy(self, record: Record | None = None) -> sa.Engine:
        return sqlite_engine(self._copy(), record, synchronous=self.synchronous)

    def bare(self) -> Any:
        connection = sqlite3.connect(self._copy(), timeout=30)
        settle_sqlite(connection, self.synchronous)
        return connection


@attrs.define
class PostgresServer:
    """An embedded PostgreSQL on a socket, made as durable as a server is by default."""

    server: EmbeddedPostgres
    _number: Any = attrs.field(factory=itertools.count, init=False)

    @property
    def name(self) -> str:
        return "PostgreSQL, fsync=on"

    def _do(self, *statements: str) -> None:
        with psycopg.connect(self.server.conninfo(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def start(self) -> None:
        self.server.start()
        self._do(
            "ALTER SYSTEM SET fsync = on",
            "ALTER SYSTEM SET full_page_writes = on",
            "SELECT pg_reload_conf()",
            "CREATE DATABASE world",
        )

    def world(self) -> sa.Engine:
        return postgres_engine(self.server.url("world"))

    def make(self, name: str) -> None:
        """Another empty database on the server."""
        self.server.make(name)

    def _copy(self) -> str:
        name = f"copy_{next(self._number)}"
        self._do(f"CREATE DATABASE {name} TEMPLATE world", "CHECKPOINT")
        return name

    def copy(self, record: Record | None = None) -> sa.Engine:
        return postgres_engine(self.server.url(self._copy()), record)

    def bare(self) -> Any:
        return psycopg.connect(self.server.conninfo(self._copy()))


@contextmanager
def every_kind(folder: Path, *, postgres: bool = True) -> Iterator[list[Databases]]:
    """SQLite in the folder and, unless told otherwise, a PostgreSQL started for this run."""
    kinds: list[Databases] = [SqliteFiles(folder), SqliteFiles(folder, "OFF")]
    if not postgres:
        yield kinds
        return
    place = make_run_folder()
    try:
        server = PostgresServer(EmbeddedPostgres(place))
        server.start()
        yield [*kinds, server]
    finally:
        remove_run_folder(place)
