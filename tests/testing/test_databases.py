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

from marketplace.testing.postgres import (
    FOLDER_PREFIX,
    EmbeddedPostgres,
    PostgresError,
    sweep_dead_runs,
)


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
