"""The connection that is kept between units of work: one, never another process's, given back."""

from __future__ import annotations

import os
import sqlite3
import threading
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


def used(store: SqlStore, *, write: bool = True) -> int:
    """Which connection a unit of work has."""
    with store.begin(write=write) as work:
        return id(work.runner._cursor.connection)


def there(store: SqlStore) -> set[str]:
    with store.begin(write=False) as work:
        return {one.id for one in work.select(Party)}


def test_one_connection_is_kept_for_all(store: SqlStore) -> None:
    """Units of work one after the other have one connection, to read by as to write by, in between
    them too, until the store is closed."""
    assert len({used(store, write=write) for write in (True, False, True, False)}) == 1
    assert lent(store) == 1
    store.close()
    assert lent(store) == 0
    used(store)
    assert lent(store) == 1


def test_who_comes_meanwhile_has_another(store: SqlStore) -> None:
    """Somebody who reads while somebody writes has a connection of his own, sees nothing of what
    is not committed, and one of both is kept."""
    found: list[set[str]] = []
    with store.begin() as work:
        work.add(party("pa_1"))
        work.runner.settle()
        thread = threading.Thread(target=lambda: found.append(there(store)))
        thread.start()
        thread.join()
        assert lent(store) == 2
    assert found == [set()]
    assert lent(store) == 1
    assert there(store) == {"pa_1"}


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


@pytest.mark.parametrize("ends", ["kept", "undone"])
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
        assert work.connection.in_transaction()
        names = sa.inspect(work.connection).get_table_names()
    assert len(returned) == 2
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
    assert store.connections is not None
    assert [id(one[1]) for one in store.connections._inherited] == ([before] if child else [])
    for connection, _, _ in store.connections._inherited:
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
