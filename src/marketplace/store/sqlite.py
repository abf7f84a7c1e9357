"""SQLite: one file or memory, one writer at a time, in the order in which they came."""

from __future__ import annotations

import json
import operator
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from types import NoneType
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
import sqlalchemy as sa

from marketplace.errors import Conflict, MarketplaceError
from marketplace.store.columns import as_moment, written
from marketplace.store.driver_errors import from_sqlite
from marketplace.store.queue import FairQueue
from marketplace.store.runner import Runner
from marketplace.store.sharing import SharedCommits
from marketplace.store.sqlite_guards import guards
from marketplace.store.tables import Tables

PATIENCE = 30.0
"""How many seconds a writer waits for its turn before it is told that the database is busy."""

KEPT_STATEMENTS = 1_000
"""How many statements a connection keeps prepared: a marketplace of several trades says more than
the 128 that the driver would keep, and to prepare one takes as long as to run it."""

LOG_PAGES = 4_000
"""With how many pages in the write-ahead log a commit moves them to the file: what many commits
wrote is moved once. With SQLite's own 1,000 a checkout flushes the disk a tenth more often."""


_PLAIN = {str, int}
_encode = msgspec.json.Encoder().encode
_SWITCHED = "marketplace_switched_foreign_keys_on"
_ONLY_READS = "marketplace_only_reads"


class _Memory:
    """Who has a database in memory, which is one connection."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.holder: int | None = None


# Two stores on one engine in memory share its one connection, and so its lock.
_memories: WeakKeyDictionary[sa.Pool, _Memory] = WeakKeyDictionary()


class Sqlite:
    """SQLite as the store needs it: see ``Adapter`` for what each method does."""

    name = "sqlite"
    mark = "?"
    row_lock = ""
    skip_locked = ""
    share_lock = ""
    in_cells = "json_each(:cells) CROSS JOIN {search_entry} s"
    of_word = "CROSS JOIN {search_entry} s"
    # There are no statistics: a limit that most are within looks like one that few are.
    aside = "+"
    pairs = "(SELECT key AS name, value AS number FROM json_each(:pairs)) AS pairs"
    with_writes = False
    name_lock: str | None = None
    sha256: str | None = None
    due_timers: str | None = None

    def __init__(
        self, path: str | None, pool: sa.Pool, *, own: bool, patience: float = PATIENCE
    ) -> None:
        _take_as_it_is()
        self._patience = patience
        queue = FairQueue(path + "-queue", patience) if path else None
        self.commits = None if queue is None else SharedCommits(queue, patience)
        self._memory = _memories.setdefault(pool, _Memory())
        self._own = own

    def any_of(self, column: str, parameter: str) -> str:
        return f"{column} IN (SELECT value FROM json_each(:{parameter}))"

    def each(self, parameter: str, kind: str) -> str:
        return f"json_each(:{parameter})"

    def rows_of(self, names: Sequence[str], columns: Sequence[sa.Column[Any]]) -> str | None:
        return None

    def holds(self, column: str, parameter: str) -> str:
        return f"instr({column}, :{parameter}) > 0"

    def array(self, values: Sequence[Any]) -> str:
        if _PLAIN.issuperset(map(type, values)):
            try:
                return _encode(values).decode()
            except (UnicodeEncodeError, OverflowError):
                # Python's own takes thrice as long, and what is no Unicode or beyond 64 bits too.
                return json.dumps(values)
        return json.dumps([written(one) if isinstance(one, datetime) else one for one in values])

    def whole(self, value: int) -> int:
        return value

    def unless_taken(self, tables: Tables) -> str:
        return ""  # The trigger ignores the row.

    put_moment = staticmethod(written)

    get_moment = staticmethod(as_moment)

    def turn(self, *, write: bool) -> AbstractContextManager[None]:
        return self._shared_memory() if self.commits is None else nullcontext()

    @contextmanager
    def _shared_memory(self) -> Iterator[None]:
        # A database in memory is one connection: whoever reads or writes has it alone.
        memory, me = self._memory, threading.get_ident()
        if memory.holder == me or not memory.lock.acquire(timeout=self._patience):
            raise Conflict("the database in memory is in use by another task", code="busy")
        memory.holder = me
        try:
            yield
        finally:
            memory.holder = None
            memory.lock.release()

    def begin(self, connection: sa.Connection, *, write: bool) -> None:
        driver = _driver(connection)
        if write and not self._own and not _checks_foreign_keys(driver):
            # An engine of the caller's: what is switched on here is switched off in the end.
            driver.execute("PRAGMA foreign_keys = ON")
            connection.info[_SWITCHED] = True
        driver.execute("BEGIN IMMEDIATE" if write else "BEGIN")

    def data_version(self, connection: sa.Connection, tables: Tables, begun: Any = None) -> Any:
        # SQLite counts apart what others have committed to a file, and what this connection has
        # changed in any.
        if begun is not None:
            driver, committed, _ = begun
        else:
            driver, schema = _driver(connection), tables.schema or "main"
            ((committed,),) = driver.execute(f"PRAGMA {schema}.data_version").fetchall()
        return driver, committed, driver.total_changes

    def end(self, connection: sa.Connection, *, write: bool) -> None:
        noted = connection.info
        if noted.pop(_ONLY_READS, False):
            _driver(connection).execute("PRAGMA query_only = OFF")
        if noted.pop(_SWITCHED, False):
            _driver(connection).execute("PRAGMA foreign_keys = OFF")

    def only_read(self, connection: sa.Connection) -> None:
        # Each switch makes the driver prepare every statement of this connection anew: so it is
        # left for those who get the connection itself into their hands.
        if not connection.in_transaction():
            connection.begin()
        if not connection.info.get(_ONLY_READS):
            _driver(connection).execute("PRAGMA query_only = ON")
            connection.info[_ONLY_READS] = True

    def join(self, connection: sa.Connection, *, write: bool) -> None:
        if not connection.in_transaction():
            connection.begin()
        driver = _driver(connection)
        if not driver.in_transaction:
            # Python's driver begins only before a change; a savepoint alone would commit itself.
            driver.execute("BEGIN IMMEDIATE" if write else "BEGIN")

    def runner(self, connection: sa.Connection, *, writable: bool, outside: bool) -> Runner:
        cursor = _driver(connection).cursor()
        tell = None if connection.in_transaction() else connection.begin
        return Runner(cursor, self.translate, writable=writable, outside=outside, tell=tell)

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
    arguments = {"timeout": PATIENCE, "cached_statements": KEPT_STATEMENTS}
    options: dict[str, Any] = {"connect_args": arguments}
    path = file_of(url)
    if path is not None and url.database == path:
        # A path holds for every connection to come, wherever the process goes.
        url = url.set(database=os.path.abspath(path))
    if path is None:
        options["poolclass"] = sa.StaticPool
        options["connect_args"]["check_same_thread"] = False
    else:
        # Who was here last knows most pages, and most statements.
        options["pool_use_lifo"] = True
    engine = sa.create_engine(url, **options)
    sa.event.listen(engine, "connect", _prepare)
    return engine


def file_of(url: sa.URL) -> str | None:
    """The file a URL names, or None for a database that lives as long as its connection."""
    name = url.database or ":memory:"
    if ":memory:" in name or "mode=memory" in name or url.query.get("mode") == "memory":
        return None
    return name.removeprefix("file:").split("?")[0]


_AS_IT_IS: dict[type[Any], Callable[[Any], Any]] = {NoneType: {}.get, bool: operator.index}


def _take_as_it_is() -> None:
    """Have Python's driver take nothing, and yes or no, as they are.

    For each value that is neither text nor number it asks how to write it, and nobody knows: an
    eighth of all that is sent is nothing, and took four times as long to send as a text.
    """
    for kind, as_it_is in _AS_IT_IS.items():
        if (kind, sqlite3.PrepareProtocol) not in sqlite3.adapters:
            sqlite3.register_adapter(kind, as_it_is)


def _prepare(driver: Any, record: Any) -> None:
    driver.execute(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")
    driver.execute("PRAGMA journal_mode = WAL")
    driver.execute("PRAGMA synchronous = FULL")
    driver.execute("PRAGMA foreign_keys = ON")
    driver.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")


def _checks_foreign_keys(driver: Any) -> bool:
    return bool(driver.execute("PRAGMA foreign_keys").fetchone()[0])


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.dbapi_connection
