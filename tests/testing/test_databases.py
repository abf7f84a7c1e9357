"""Databases that tests get one after the other: as fresh as a new one, or a new one."""

import psycopg
import pytest

from marketplace.testing.databases import Databases
from tests.support.bazaar import open_bazaar


def traded(databases: Databases) -> tuple[str, str]:
    """Lend a database, deal in it, and give it back; gives its name and the id of the deal."""
    name = databases.lend()
    bazaar = open_bazaar(databases.server.url(name))
    deal = bazaar.buy(bazaar.offer())
    bazaar.market.close()
    databases.give_back(name)
    return name, deal.id


def rows(databases: Databases, name: str) -> dict[str, int]:
    """How many rows each table has that has any."""
    with psycopg.connect(databases.server.conninfo(name)) as connection:
        tables = connection.execute(
            "SELECT quote_ident(relname) FROM pg_class WHERE oid >= 16384 AND relkind = 'r'"
        ).fetchall()
        counts = {
            str(table): connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
            for (table,) in tables
        }
    return {table: count for table, count in counts.items() if count}


def test_what_is_lent_again_is_as_a_new_one(postgres_databases: Databases) -> None:
    """Nothing that a test wrote is there for the next: no row, no number that counted up, and
    what every database begins with is there again; the same seed gives the same ids."""
    fresh = postgres_databases.lend()
    first = rows(postgres_databases, fresh)
    postgres_databases.give_back(fresh)
    name, deal = traded(postgres_databases)
    assert postgres_databases.lend() == name
    assert rows(postgres_databases, name) == first
    postgres_databases.give_back(name)
    assert traded(postgres_databases) == (name, deal)
    with psycopg.connect(postgres_databases.server.conninfo(name)) as connection:
        counted = "SELECT count(*) FROM pg_sequences WHERE last_value IS NOT NULL"
        assert connection.execute(counted).fetchone() == (0,)


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE another (id integer)",
        "ALTER TABLE party ADD COLUMN hair text",
        "ALTER TABLE transfer DISABLE TRIGGER transfer_append_only",
        "DROP INDEX party_phone_uq",
        "DROP FUNCTION append_only() CASCADE",
        "CREATE SCHEMA another",
    ],
)
def test_what_was_changed_beyond_its_rows_is_not_lent_again(
    postgres_databases: Databases, change: str
) -> None:
    """A table, a column, a guard, an index, a function or a schema more, less or other."""
    name = postgres_databases.lend()
    with psycopg.connect(postgres_databases.server.conninfo(name)) as connection:
        connection.execute(change)
    postgres_databases.give_back(name)
    assert gone(postgres_databases, name)


def test_what_somebody_still_uses_is_not_lent_again(postgres_databases: Databases) -> None:
    """A connection that a test left open would see, and disturb, the next test."""
    name = postgres_databases.lend()
    with psycopg.connect(postgres_databases.server.conninfo(name)):
        postgres_databases.give_back(name)
    assert gone(postgres_databases, name)


def gone(databases: Databases, name: str) -> bool:
    """Whether there is no such database any more, and another is lent in its place."""
    other = databases.lend()
    databases.give_back(other)
    with psycopg.connect(databases.server.conninfo()) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        return other != name and found.fetchone() is None
