"""Opening a store: by URL, on an engine or connection, under a schema and a prefix."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from marketplace.domain.party import Party
from marketplace.errors import SetupError
from marketplace.store.opening import open_store
from marketplace.store.schema import HEAD
from marketplace.store.sqlite import LOG_PAGES
from tests.store.making import party


def test_a_new_file_is_made_ready(tmp_path: Path) -> None:
    """On SQLite the tables are made when there are none; the second opening finds them."""
    url = f"sqlite:///{tmp_path}/new.sqlite"
    with open_store(url).begin() as work:
        work.add(party())
    with open_store(url, create="never").begin(write=False) as work:
        assert work.find(Party, id="pa_1")


def test_making_is_fast() -> None:
    """A new database is ready in less than 300 ms: tests make hundreds."""
    took = []
    for _ in range(5):
        began = time.process_time()
        open_store("sqlite://").close()
        took.append(time.process_time() - began)
    assert min(took) < 0.3


def test_missing_tables_are_told(empty_database_url: str) -> None:
    """Where nothing may be made, an empty database is refused with what to do."""
    with pytest.raises(SetupError, match="run `marketplace migrate`") as refused:
        open_store(empty_database_url, create="never")
    assert refused.value.code == "schema_missing"
    if empty_database_url.startswith("postgresql"):
        with pytest.raises(SetupError):
            open_store(empty_database_url)


def test_another_version_is_told(database_url: str) -> None:
    """Tables of another version of the library are refused with both versions named."""
    store = open_store(database_url, create="missing")
    with store.begin() as work:
        work.connection.exec_driver_sql("UPDATE marketplace_version SET version_num = '9999'")
    store.close()
    with pytest.raises(SetupError, match=f"9999, this code needs {HEAD}"):
        open_store(database_url, create="missing")


def test_two_marketplaces_share_a_database(database_url: str) -> None:
    """Under different prefixes two marketplaces know nothing of each other, guards included."""
    stores = [open_store(database_url, prefix=p, create="missing") for p in ("", "b_", "c_")]
    for number, store in enumerate(stores):
        with store.begin() as work:
            work.add(*(party(f"pa_{n}") for n in range(number + 1)))
    for number, store in enumerate(stores):
        with store.begin(write=False) as work:
            assert len(work.select(Party)) == number + 1
        store.close()


def test_a_schema_of_its_own(postgresql_url: str) -> None:
    """On PostgreSQL the tables stand in the schema given, which is made where it is missing."""
    store = open_store(postgresql_url, schema="shop", prefix="m_", create="missing")
    with store.begin() as work:
        work.add(party())
    with store.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT id FROM shop.m_party")).scalar() == "pa_1"
    store.close()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nonsense", "not a database URL"),
        ("mysql://localhost/x", "on sqlite or postgresql, not on 'mysql'"),
        ("postgresql+psycopg://nobody@/x?host=/nowhere", "could not do it"),
    ],
)
def test_a_wrong_target_is_refused(target: str, said: str) -> None:
    """What is no database of a kind that is known, or cannot be reached, is a mistake of setup."""
    with pytest.raises(SetupError, match=said):
        open_store(target)


@pytest.mark.parametrize("name", ["Shop", "a-b", 'a"b', "1a", "a b"])
def test_a_wrong_name_is_refused(name: str) -> None:
    """Schema and prefix stand in every statement, so they are plain words."""
    with pytest.raises(SetupError, match="a-z, 0-9 and _"):
        open_store("sqlite://", prefix=name)
    with pytest.raises(SetupError, match="a-z, 0-9 and _"):
        open_store("sqlite://", schema=name)


def test_a_wrong_wish_is_refused() -> None:
    """How missing tables are treated is one of three words."""
    with pytest.raises(SetupError, match="missing, never and later"):
        open_store("sqlite://", create="always")


def test_an_own_engine_is_safe_for_money(tmp_path: Path) -> None:
    """A file of its own is opened with write-ahead log, full synchronisation and foreign keys; the
    log takes as many pages before they are moved as it is said to."""
    store = open_store(f"sqlite:///{tmp_path}/x.sqlite")
    with store.engine.connect() as connection:
        names = ["journal_mode", "synchronous", "foreign_keys", "busy_timeout"]
        names += ["wal_autocheckpoint"]
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]
    assert found == ["wal", 2, 1, 30_000, LOG_PAGES]
    store.close()


def test_a_relative_file_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that goes elsewhere goes on writing to the file it opened."""
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///here.sqlite")
    os.mkdir("elsewhere")
    os.chdir("elsewhere")
    store.engine.dispose()
    with store.begin() as work:
        work.add(party())
    assert os.listdir() == []
    store.close()


def test_many_open_at_once(tmp_path: Path) -> None:
    """Threads that open one new database at the same moment all get it ready, made once."""
    import threading

    url, found = f"sqlite:///{tmp_path}/x.sqlite", []

    def come() -> None:
        store = open_store(url)
        with store.begin(write=False) as work:
            found.append(len(work.select(Party)))
        store.close()

    threads = [threading.Thread(target=come) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [0] * 6
