"""The whole schema at once: made in an empty database, and recognised in any other."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from marketplace.errors import SetupError
from marketplace.store.adapter import Adapter
from marketplace.store.tables import Tables

HEAD = "0039"
"""The newest revision in ``store/migrations/versions``; a test holds it against them."""

CORE = "marketplace"
"""The name of the library's own branch of tables."""


def version_table(tables: Tables, branch: str = CORE) -> str:
    """The table that keeps at which revision a branch of tables is."""
    return f"{tables.prefix}{branch}_version"


def revision(connection: sa.Connection, tables: Tables) -> str | None:
    """The revision of the library's tables in a database; None where there are none."""
    if not sa.inspect(connection).has_table(version_table(tables), schema=tables.schema):
        return None
    name = tables.name(f"{CORE}_version")
    return connection.exec_driver_sql(f"SELECT version_num FROM {name}").scalar()


def make_everything(connection: sa.Connection, tables: Tables, adapter: Adapter) -> None:
    """Make what all migrations would: tables, indexes and guards, marked with the newest revision.

    Many times faster than the migrations, and held equal to them by a test.
    """
    key = connection.dialect.name, tables
    if key not in _made:
        _made[key] = _statements(connection.dialect, tables, adapter)
    for statement in _made[key]:
        connection.exec_driver_sql(statement)


# The text of everything, by dialect and tables: tests make hundreds of databases.
_made: dict[tuple[str, Tables], list[str]] = {}


def _statements(dialect: sa.Dialect, tables: Tables, adapter: Adapter) -> list[str]:
    made: list[str] = []
    if tables.schema is not None and dialect.name == "postgresql":
        made.append(f"CREATE SCHEMA IF NOT EXISTS {tables.schema}")
    for table in tables.metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        # As they are written down: of two that would do, SQLite takes the one that came last.
        indexes = sorted(table.indexes, key=lambda index: index.info["place"])
        made += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    made += adapter.guards(tables)
    versions, bare = tables.name(f"{CORE}_version"), version_table(tables)
    made.append(
        f"CREATE TABLE IF NOT EXISTS {versions} (version_num VARCHAR(32) NOT NULL,"
        f" CONSTRAINT {bare}_pkc PRIMARY KEY (version_num))"
    )
    made.append(f"INSERT INTO {versions} (version_num) VALUES ('{HEAD}')")
    return made


def refuse_other(found: str | None) -> None:
    """Raise ``SetupError`` unless the revision found is the one this code works with."""
    if found is None:
        raise SetupError(
            "the database has no tables of a marketplace; run `marketplace migrate`",
            code="schema_missing",
        )
    if found != HEAD:
        raise SetupError(
            f"the tables are at revision {found}, this code needs {HEAD};"
            " run `marketplace migrate`",
            code="schema_other",
            params={"found": found, "needed": HEAD},
        )
