"""The databases that tests run on: one each, empty of what other tests did."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from marketplace.testing.databases import Databases
from marketplace.testing.postgres import (
    FOLDER_PREFIX,
    EmbeddedPostgres,
    PostgresError,
    sweep_dead_runs,
)
from tests.support.bazaar import open_bazaar


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_database_of_its_own(database_url: str, turn: int) -> None:
    """A table that one test makes is unknown to the next, on SQLite and on PostgreSQL."""
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        assert "mark" not in sa.inspect(connection).get_table_names(), turn
        connection.execute(sa.text("CREATE TABLE mark (turn integer)"))
    engine.dispose()


def test_an_empty_database_has_no_tables(empty_database_url: str) -> None:
    """What migrations start from holds no table at all, whatever the others are prepared with."""
    engine = sa.create_engine(empty_database_url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


def test_memory_is_another_each_time(memory_url: str) -> None:
    """A database in memory is gone with its engine."""
    for _ in range(2):
        engine = sa.create_engine(memory_url)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE mark (turn integer)"))
        engine.dispose()


def test_a_database_is_dropped_under_a_live_connection(
    embedded_postgres: EmbeddedPostgres, postgresql_url: str
) -> None:
    """A connection that a test forgot stops nobody from dropping the test's database."""
    name = sa.make_url(postgresql_url).database
    assert name is not None
    with psycopg.connect(embedded_postgres.conninfo(name)) as forgotten:
        forgotten.execute("SELECT 1")
        with psycopg.connect(embedded_postgres.conninfo(), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
            admin.execute(f"CREATE DATABASE {name}")
        with pytest.raises(psycopg.OperationalError):
            forgotten.execute("SELECT 1")


def test_a_run_that_was_killed_with_its_server_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it lives, and its pid file says otherwise: its folder goes, and keeps no run after
    it from beginning."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    killed = tmp_path / f"{FOLDER_PREFIX}{dead.pid}-x"
    (killed / "postgres").mkdir(parents=True)
    (killed / "postgres" / "postmaster.pid").write_text(f"{dead.pid}\n{killed}\n")
    sweep_dead_runs()
    assert not killed.exists()


@pytest.mark.usefixtures("embedded_postgres")
def test_the_server_of_a_killed_run_is_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was killed leaves its server to the next one, which stops and removes it; the
    folder of a living run stays."""
    temp = Path(tempfile.mkdtemp(prefix="marketplace-sweep-"))
    temp.chmod(0o755)
    monkeypatch.setattr("tempfile.tempdir", str(temp))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    killed = temp / f"{FOLDER_PREFIX}{dead.pid}-x"
    living = temp / f"{FOLDER_PREFIX}{os.getpid()}-x"
    killed.mkdir()
    living.mkdir()
    server = EmbeddedPostgres(killed)
    server.start()
    with psycopg.connect(server.conninfo()) as connection:
        pid = connection.info.backend_pid
    sweep_dead_runs()
    assert not killed.exists()
    assert living.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    shutil.rmtree(temp)


def test_a_server_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PostgreSQL cannot start, its tests fail with a sentence that says what to do."""
    monkeypatch.setattr(EmbeddedPostgres, "_server", lambda self: 1 / 0)
    with pytest.raises(PostgresError, match=r"(?s)did not start .*set MARKETPLACE_NO_POSTGRES=1"):
        EmbeddedPostgres(Path("nowhere")).start()


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
