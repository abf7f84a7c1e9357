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
        """Another empty database, to be filled: what is copied from now on is a copy of it."""
        ...

    def fresh(self) -> str:
        """The name of a fresh copy of the world."""
        ...

    def engine(self, name: str, record: Record | None = None) -> sa.Engine:
        """An engine on a copy."""
        ...

    def place(self, name: str) -> sa.Engine | str:
        """A copy as users open it, by its URL; an engine where the library would set it otherwise
        than it is to be measured."""
        ...

    def driver(self, name: str) -> Any:
        """A connection of the bare driver to a copy."""
        ...

    def copy(self, record: Record | None = None) -> sa.Engine:
        """An engine on a fresh copy of the world."""
        ...

    def bare(self) -> Any:
        """A connection of the bare driver to another fresh copy."""
        ...


@attrs.define
class SqliteFiles:
    """SQLite files on this machine's disk."""

    folder: Path
    synchronous: str = "FULL"
    """FULL waits for the disk at each commit, NORMAL only now and then: what was committed last may
    be lost with the power, never a part of it."""
    _number: Any = attrs.field(factory=itertools.count, init=False)
    _world: str = attrs.field(default="", init=False)

    @property
    def name(self) -> str:
        return f"SQLite, synchronous={self.synchronous}"

    def world(self) -> sa.Engine:
        named = f"world-{self.synchronous}-{next(self._number)}.sqlite"
        self._world = str(self.folder / named)
        return self.engine(self._world)

    def fresh(self) -> str:
        path = self.folder / f"copy-{self.synchronous}-{next(self._number)}.sqlite"
        shutil.copyfile(self._world, path)
        return str(path)

    def engine(self, name: str, record: Record | None = None) -> sa.Engine:
        return sqlite_engine(name, record, synchronous=self.synchronous)

    def place(self, name: str) -> sa.Engine | str:
        return f"sqlite:///{name}" if self.synchronous == "FULL" else self.engine(name)

    def driver(self, name: str) -> Any:
        connection = sqlite3.connect(name, timeout=30)
        settle_sqlite(connection, self.synchronous)
        return connection

    def copy(self, record: Record | None = None) -> sa.Engine:
        return self.engine(self.fresh(), record)

    def bare(self) -> Any:
        return self.driver(self.fresh())


@attrs.define
class PostgresServer:
    """An embedded PostgreSQL on a socket, made as durable as a server is by default."""

    server: EmbeddedPostgres
    _number: Any = attrs.field(factory=itertools.count, init=False)
    _world: str = attrs.field(default="", init=False)

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
        self._world = f"world_{next(self._number)}"
        self.make(self._world)
        return self.engine(self._world)

    def make(self, name: str) -> None:
        """Another empty database on the server."""
        self.server.make(name)

    def fresh(self) -> str:
        name = f"copy_{next(self._number)}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {self._world}", "CHECKPOINT")
        return name

    def engine(self, name: str, record: Record | None = None) -> sa.Engine:
        return postgres_engine(self.server.url(name), record)

    def place(self, name: str) -> sa.Engine | str:
        return self.server.url(name)

    def driver(self, name: str) -> Any:
        return psycopg.connect(self.server.conninfo(name))

    def copy(self, record: Record | None = None) -> sa.Engine:
        return self.engine(self.fresh(), record)

    def bare(self) -> Any:
        return self.driver(self.fresh())


def given_back(place: sa.Engine | str) -> None:
    """Close the engine of a place, where it is one: a marketplace closes what it made of a URL."""
    if isinstance(place, sa.Engine):
        place.dispose()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL started for this run, and removed after it."""
    place = make_run_folder()
    try:
        server = PostgresServer(EmbeddedPostgres(place))
        server.start()
        yield server
    finally:
        remove_run_folder(place)


@contextmanager
def every_kind(folder: Path, *, postgres: bool = True) -> Iterator[list[Databases]]:
    """SQLite in the folder and, unless told otherwise, a PostgreSQL started for this run."""
    kinds: list[Databases] = [SqliteFiles(folder), SqliteFiles(folder, "NORMAL")]
    if not postgres:
        yield kinds
        return
    with postgres_server() as server:
        yield [*kinds, server]
