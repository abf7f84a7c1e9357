"""Opens the place where a marketplace is kept: by URL, on an engine, or inside a connection."""

from __future__ import annotations

import re

import sqlalchemy as sa
import sqlalchemy.exc

from marketplace.errors import SetupError
from marketplace.store.adapter import Adapter
from marketplace.store.sqlite import Sqlite, in_memory, make_engine
from marketplace.store.store import SqlStore
from marketplace.store.tables import Tables

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


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
    ``SetupError`` where they are missing.
    """
    for word in (schema, prefix or None):
        if word is not None and not _NAME.fullmatch(word):
            raise SetupError(f"schema and prefix are made of a-z, 0-9 and _, not {word!r}")
    if create not in (None, "missing", "never"):
        raise SetupError(f"create is 'missing' or 'never', not {create!r}")
    connection = target if isinstance(target, sa.Connection) else None
    engine = connection.engine if connection is not None else target
    own = isinstance(engine, str)
    if isinstance(engine, str):
        engine = _engine(engine)
    assert isinstance(engine, sa.Engine)
    store = SqlStore(engine, connection, _adapter(engine), Tables(schema, prefix), own=own)
    if create is None:
        create = "missing" if engine.dialect.name == "sqlite" and connection is None else "never"
    store.prepare(create)
    return store


def _engine(text: str) -> sa.Engine:
    try:
        url = sa.make_url(text)
    except sqlalchemy.exc.ArgumentError as error:
        raise SetupError(f"not a database URL: {text!r}") from error
    if url.get_backend_name() == "sqlite":
        return make_engine(url)
    raise SetupError(f"a marketplace is kept on sqlite or postgresql, not on {url.drivername!r}")


def _adapter(engine: sa.Engine) -> Adapter:
    if engine.dialect.name == "sqlite":
        url = engine.url
        return Sqlite(None if in_memory(url) else url.database)
    raise SetupError(f"a marketplace is kept on sqlite or postgresql, not {engine.dialect.name!r}")
