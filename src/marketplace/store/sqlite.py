"""SQLite: one file or memory, one writer at a time, in the order in which they came."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from marketplace.errors import Conflict, MarketplaceError
from marketplace.store.columns import written
from marketplace.store.driver_errors import from_sqlite
from marketplace.store.queue import FairQueue
from marketplace.store.sqlite_guards import guards
from marketplace.store.tables import Tables

PATIENCE = 30.0
"""How many seconds a writer waits for its turn before it is told that the database is busy."""


class Sqlite:
    """SQLite as the store needs it: see ``Adapter`` for what each method does."""

    name = "sqlite"
    mark = "?"
    row_lock = ""
    skip_locked = ""
    share_lock = ""
    name_lock: str | None = None
    due_timers: str | None = None

    def __init__(self, path: str | None, *, patience: float = PATIENCE) -> None:
        self.path = path
        self._patience = patience
        self._queue = FairQueue(path + "-queue", patience) if path else None
        self._memory = threading.Lock()
        self._holder: int | None = None

    def any_of(self, column: str, parameter: str) -> str:
        return f"{column} IN (SELECT value FROM json_each(:{parameter}))"

    def each(self, parameter: str, kind: str) -> str:
        return f"json_each(:{parameter})"

    def array(self, values: Sequence[Any]) -> str:
        plain = [written(one) if isinstance(one, datetime) else one for one in values]
        return json.dumps(plain)

    def unless_taken(self, tables: Tables) -> str:
        return ""  # The trigger ignores the row.

    put_moment = staticmethod(written)

    get_moment = staticmethod(datetime.fromisoformat)

    def turn(self, *, write: bool) -> AbstractContextManager[None]:
        if self._queue is None:
            return self._shared_memory()
        return self._queue.turn() if write else nullcontext()

    @contextmanager
    def _shared_memory(self) -> Iterator[None]:
        # A database in memory is one connection: whoever reads or writes has it alone.
        if self._holder == threading.get_ident() or not self._memory.acquire(
            timeout=self._patience
        ):
            raise Conflict("the database in memory is in use by another task", code="busy")
        self._holder = threading.get_ident()
        try:
            yield
        finally:
            self._holder = None
            self._memory.release()

    def begin(self, connection: sa.Connection, *, write: bool) -> None:
        driver = _driver(connection)
        if not write:
            driver.execute("PRAGMA query_only = ON")
        driver.execute("BEGIN IMMEDIATE" if write else "BEGIN")

    def end(self, connection: sa.Connection, *, write: bool) -> None:
        if not write:
            _driver(connection).execute("PRAGMA query_only = OFF")

    def join(self, connection: sa.Connection, *, write: bool) -> None:
        if not connection.in_transaction():
            connection.begin()
        driver = _driver(connection)
        if not driver.in_transaction:
            # Python's driver begins only before a change; a savepoint alone would commit itself.
            driver.execute("BEGIN IMMEDIATE" if write else "BEGIN")

    def translate(self, error: Exception) -> MarketplaceError:
        return from_sqlite(error)

    def lock_schema(self, connection: sa.Connection) -> None:
        """Whoever writes has the database alone anyhow."""
        connection.exec_driver_sql("SELECT 1")

    def beyond(self, tables: Tables) -> set[str]:
        return set()

    def guards(self, tables: Tables) -> list[str]:
        return guards(tables.schema, tables.prefix)


def make_engine(url: sa.URL) -> sa.Engine:
    """An engine whose connections are safe for money: WAL, full sync, foreign keys."""
    options: dict[str, Any] = {"connect_args": {"timeout": PATIENCE}}
    if in_memory(url):
        options["poolclass"] = sa.StaticPool
        options["connect_args"]["check_same_thread"] = False
    engine = sa.create_engine(url, **options)
    sa.event.listen(engine, "connect", _prepare)
    return engine


def in_memory(url: sa.URL) -> bool:
    """Whether the URL names a database that lives only as long as its connection."""
    return url.database in (None, "", ":memory:") or url.query.get("mode") == "memory"


def _prepare(driver: Any, record: Any) -> None:
    driver.execute(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")
    driver.execute("PRAGMA journal_mode = WAL")
    driver.execute("PRAGMA synchronous = FULL")
    driver.execute("PRAGMA foreign_keys = ON")


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection
