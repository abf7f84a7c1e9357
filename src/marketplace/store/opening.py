"""Opens the place where a marketplace is kept: by URL, on an engine, or inside a connection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import sqlalchemy as sa
import sqlalchemy.exc

from marketplace.errors import SetupError
from marketplace.store import postgres, sqlite
from marketplace.store.adapter import Adapter
from marketplace.store.schema import HEAD, make_everything, refuse_other, revision
from marketplace.store.store import SqlStore
from marketplace.store.tables import make_tables

_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_UNPREPARED: ContextVar[bool] = ContextVar("_UNPREPARED", default=False)


@contextmanager
def unprepared() -> Iterator[None]:
    """Inside this block, stores open without a look at their tables: so that they can be migrated.

    An application opens its marketplace by its own code; whoever migrates it cannot ask that code
    for ``create="later"``.
    """
    token = _UNPREPARED.set(True)
    try:
        yield
    finally:
        _UNPREPARED.reset(token)


def is_unprepared() -> bool:
    """Whether stores open without a look at their tables now."""
    return _UNPREPARED.get()


def open_store(
    target: str | sa.Engine | sa.Connection,
    *,
    schema: str | None = None,
    prefix: str = "",
    create: str | None = None,
) -> SqlStore:
    """Open a store on SQLite or PostgreSQL.

    ``target`` is a URL (``sqlite:///file``, ``sqlite://`` for memory, ``postgresql://…``), an
    engine of the caller's, or a connection of the caller's: then every unit of work joins the
    caller's transaction, and neither commits it nor undoes more than its own part.

    The tables stand in ``schema``, each with ``prefix`` before its name. ``create="missing"``
    makes them in a database that has none, which is the default on SQLite; otherwise raises
    ``SetupError`` where they are missing or of another version. ``create="later"`` does not look
    at all: for ``marketplace.store.migrations``.
    """
    for word in (schema, prefix or None):
        if word is not None and not _NAME.fullmatch(word):
            raise SetupError(f"schema and prefix are made of a-z, 0-9 and _, not {word!r}")
    if create not in (None, "missing", "never", "later"):
        raise SetupError(f"create is one of missing, never and later, not {create!r}")
    connection = target if isinstance(target, sa.Connection) else None
    engine = connection.engine if connection is not None else target
    own = isinstance(engine, str)
    if isinstance(engine, str):
        engine = _engine(engine)
    assert isinstance(engine, sa.Engine)
    store = SqlStore(
        engine, connection, _adapter(engine, own=own), make_tables(schema, prefix), own=own
    )
    if is_unprepared():
        create = "later"
    elif create is None:
        create = "missing" if engine.dialect.name == "sqlite" and connection is None else "never"
    store.create = create
    if create == "later":
        return store
    try:
        _prepare(store, make=create == "missing")
    except BaseException:
        store.close()
        raise
    return store


def _prepare(store: SqlStore, *, make: bool) -> None:
    """See that the tables are there and new enough, or make them where there are none."""
    with store.begin(write=False) as work:
        found = revision(work.connection, store.tables)
    if found is None and make:
        with store.begin() as work:
            store.adapter.lock_schema(work.connection)
            found = revision(work.connection, store.tables)
            if found is None:
                make_everything(work.connection, store.tables, store.adapter)
                found = HEAD
    refuse_other(found)


def _engine(text: str) -> sa.Engine:
    try:
        url = sa.make_url(text)
    except sqlalchemy.exc.ArgumentError as error:
        raise SetupError(f"not a database URL: {text!r}") from error
    if url.get_backend_name() == "sqlite":
        return sqlite.make_engine(url)
    if url.get_backend_name() in ("postgresql", "postgres"):
        return postgres.make_engine(url)
    raise SetupError(f"a marketplace is kept on sqlite or postgresql, not on {url.drivername!r}")


def _adapter(engine: sa.Engine, *, own: bool) -> Adapter:
    if engine.dialect.name == "sqlite":
        return sqlite.Sqlite(sqlite.file_of(engine.url), engine.pool, own=own)
    if engine.dialect.name == "postgresql" and engine.dialect.driver == "psycopg":
        return postgres.Postgres()
    raise SetupError(
        "a marketplace is kept on sqlite (pysqlite) or postgresql (psycopg), "
        f"not on {engine.dialect.name} ({engine.dialect.driver})"
    )
