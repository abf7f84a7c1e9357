"""The connection that a process keeps to write by: one, never another's, and given back."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from marketplace.domain.party import Party
from marketplace.errors import MarketplaceError
from marketplace.store.opening import open_store
from marketplace.store.store import SqlStore
from tests.store.making import party


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    store = open_store(sqlite_url)
    yield store
    store.close()


def lent(store: SqlStore) -> int:
    """How many connections the store's engine has given out."""
    pool = store.engine.pool
    assert isinstance(pool, sa.QueuePool)
    return pool.checkedout()


def used(store: SqlStore) -> int:
    """By which connection a unit of work writes."""
    with store.begin() as work:
        return id(work.runner._cursor.connection)


def there(store: SqlStore) -> set[str]:
    with store.begin(write=False) as work:
        return {one.id for one in work.select(Party)}


def test_one_connection_is_kept_for_all_that_is_written(store: SqlStore) -> None:
    """Units of work that write have one connection, in between them too, until the store is
    closed; who reads has another, and gives it back."""
    assert len({used(store) for _ in range(3)}) == 1
    assert lent(store) == 1
    with store.begin() as work, store.begin(write=False) as inner:
        assert work is inner
        assert lent(store) == 1
    assert there(store) == set()
    assert lent(store) == 1
    store.close()
    assert lent(store) == 0
    used(store)
    assert lent(store) == 1


def test_a_callers_engine_has_its_connections_back(sqlite_url: str) -> None:
    """Between units of work a caller's engine has all it has: one connection is enough for both."""
    engine = sa.create_engine(sqlite_url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    store = open_store(engine)
    with store.begin() as work:
        work.add(party("pa_1"))
    assert lent(store) == 0
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT id FROM party")).scalar() == "pa_1"
    engine.dispose()


@pytest.mark.parametrize("ends", ["kept", "undone", "committed"])
def test_who_had_the_connection_may_have_left_anything_on_it(store: SqlStore, ends: str) -> None:
    """What a plugin says on the connection itself stands or falls with the unit of work, SQLAlchemy
    knows that a transaction is open, and the connection goes back to the engine for a look."""
    returned: list[None] = []
    sa.event.listen(store.engine, "checkin", lambda *_: returned.append(None))
    used(store)
    assert returned == []
    try:
        with store.begin() as work:
            assert work.connection.in_transaction()
            work.connection.execute(sa.text("CREATE TABLE own (id INTEGER)"))
            work.add(party("pa_1"))
            if ends == "undone":
                raise LookupError
    except LookupError:
        pass
    assert len(returned) == 1
    assert lent(store) == 0
    with store.begin(write=False) as work:
        names = sa.inspect(work.connection).get_table_names()
    kept = ends != "undone"
    assert (there(store), "own" in names) == ({"pa_1"} if kept else set(), kept)
    used(store)
    assert lent(store) == 1


@pytest.mark.parametrize("refused", ["BEGIN", "COMMIT"])
def test_a_connection_that_fails_is_not_kept(store: SqlStore, refused: str) -> None:
    """Where the database refuses to begin, or to commit, nothing is written, and the next unit of
    work may write."""

    def refuse(_: int, what: str | None, *about: object) -> int:
        return sqlite3.SQLITE_DENY if what == refused else sqlite3.SQLITE_OK

    with store.begin() as work:
        driver = work.runner._cursor.connection
    driver.set_authorizer(refuse)
    with pytest.raises(MarketplaceError), store.begin() as work:
        work.add(party("pa_1"))
    driver.set_authorizer(None)
    assert lent(store) == 0
    assert there(store) == set()
    with store.begin() as work:
        work.add(party("pa_2"))
    assert there(store) == {"pa_2"}


def test_a_store_is_closed_under_somebody_who_writes(store: SqlStore) -> None:
    """Whoever writes while his store is closed is done as ever."""
    with store.begin() as work:
        work.add(party("pa_1"))
        store.close()
        work.add(party("pa_2"))
    assert there(store) == {"pa_1", "pa_2"}


@pytest.mark.parametrize("child", [True, False])
def test_a_forked_child_has_a_connection_of_its_own(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, child: bool
) -> None:
    """A child never writes by the connection of its parent, nor closes it, since SQLite's locks
    are a process's; in the control, in the parent itself, it is the same one."""
    before = used(store)
    if child:
        monkeypatch.setattr(os, "getpid", lambda: 1)
    assert (used(store) != before) == child
    monkeypatch.undo()
    assert store.writer is not None
    assert [id(one[1]) for one in store.writer._inherited] == ([before] if child else [])
    for connection, _, _ in store.writer._inherited:
        assert not connection.closed
        connection.close()


def test_parent_and_child_both_write(store: SqlStore, tmp_path: Path) -> None:
    """Parent and child of a fork each write what they write, one after the other."""
    with store.begin() as work:
        work.add(party("pa_1"))
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            with store.begin() as work:
                work.add(party("pa_2"))
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0
    with store.begin() as work:
        work.add(party("pa_3"))
    assert there(store) == {"pa_1", "pa_2", "pa_3"}
