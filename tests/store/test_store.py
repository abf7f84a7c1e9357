"""Units of work: one in another, of one thread or task, in a caller's transaction, or broken."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from marketplace.domain.listing import Listing
from marketplace.domain.party import Party
from marketplace.errors import Conflict, InvalidInput, NotFound, SetupError, SoldOut
from marketplace.store.opening import open_store
from marketplace.store.store import SqlStore
from tests.store.making import NOW, claim, event, listing, party, resource, with_resources


def people(store: SqlStore) -> list[str]:
    """The ids of all parties."""
    with store.begin(write=False) as work:
        return [one.id for one in work.select(Party)]


class Stop(Exception):
    """What a block is left by in these tests."""


@contextmanager
def stopped() -> Iterator[None]:
    """Expects that what is in it ends by ``Stop``."""
    try:
        yield
    except Stop:
        return
    pytest.fail("it was to be left by Stop")


def test_a_block_is_kept_or_undone_whole(store: SqlStore) -> None:
    """What was written is there after the block, and nothing of it after an exception."""
    with store.begin() as work:
        work.add(party("pa_1"), party("pa_2"))
    with stopped(), store.begin() as work:
        work.add(party("pa_3"))
        work.events.append([event("ev_1", "pa_1")])
        raise Stop
    assert people(store) == ["pa_1", "pa_2"]
    with store.begin(write=False) as work:
        assert work.events.feed("pa_1", 0, 10) == []


def test_an_inner_block_is_undone_alone(store: SqlStore) -> None:
    """An exception caught around an inner block undoes that block and no other, at any depth."""
    with store.begin() as work:
        work.add(party("pa_1"))
        with store.begin() as inner:
            assert inner is work
            inner.add(party("pa_2"))
        with stopped(), store.begin():
            work.add(party("pa_3"))
            with store.begin():
                work.add(party("pa_4"))
            with stopped(), store.begin():
                work.add(party("pa_5"))
                raise Stop
            assert work.find(Party, id="pa_4")
            assert not work.find(Party, id="pa_5")
            raise Stop
        with store.begin():
            work.add(party("pa_6"))
    assert people(store) == ["pa_1", "pa_2", "pa_6"]


def test_blocks_that_begin_at_one_point_are_undone_apart(store: SqlStore) -> None:
    """A block around a block, neither of which had written yet: the inner is undone alone, and
    what the outer writes later is undone with the outer."""
    with store.begin() as work:
        work.add(party("pa_1"))
        with stopped(), store.begin():
            with stopped(), store.begin():
                work.add(party("pa_2"))
                raise Stop
            work.add(party("pa_3"))
            raise Stop
        for number in range(20):
            with store.begin():
                work.add(party(f"pa_1{number:02}"))
    assert people(store) == ["pa_1", *(f"pa_1{number:02}" for number in range(20))]


def test_events_of_an_undone_block_are_never_told(store: SqlStore) -> None:
    """Events wait for the end of the work; those of an undone block go with it, also when some
    were looked at in between."""
    with store.begin() as work:
        work.events.append([event("ev_1", "pa_1")])
        with stopped(), store.begin():
            work.events.append([event("ev_2", "pa_1")])
            assert [one.id for one in work.events.about("tx_1")] == ["ev_1", "ev_2"]
            raise Stop
        with store.begin():
            work.events.append([event("ev_3", "pa_1")])
    with store.begin(write=False) as work:
        feed = work.events.feed("pa_1", 0, 10)
    assert [(one.number, one.event.id) for one in feed] == [(1, "ev_1"), (2, "ev_3")]


def test_an_error_of_the_database_must_leave_its_block(store: SqlStore) -> None:
    """Part of something may be written when an error comes: who swallows it cannot commit."""
    with pytest.raises(Conflict) as refused, store.begin() as work:  # noqa: PT012
        work.add(party("pa_1"))
        with pytest.raises(Conflict, match="like it already"):  # noqa: PT012
            work.add(party("pa_2"), party("pa_1"))
            work.find(Party, id="pa_2")
        with pytest.raises(Conflict, match="broke this unit of work"):
            work.find(Party, id="pa_2")
    assert refused.value.code == "broken_work"
    assert people(store) == []
    with store.begin() as work:
        work.add(party("pa_1"))
        with pytest.raises(Conflict) as refused, store.begin():
            work.add(party("pa_2"), party("pa_1"))
        assert refused.value.code == "already_there"
        work.add(party("pa_3"))
    assert people(store) == ["pa_1", "pa_3"]


def test_a_clean_refusal_breaks_nothing(store: SqlStore) -> None:
    """What is refused before anything was written may be caught in the same block."""
    with_resources(store, resource())
    with store.begin() as work:
        work.claims.claim([claim("cl_1", "re_1", 0, 1)], NOW)
        with pytest.raises(SoldOut):
            work.claims.claim([claim("cl_2", "re_1", 0, 2)], NOW)
        with pytest.raises(NotFound):
            work.get(Party, "pa_9")
        work.add(party("pa_2"))
    assert people(store) == ["pa_1", "pa_2"]


def test_reading_writes_nothing(store: SqlStore) -> None:
    """A reading unit of work refuses to write, by itself and on the connection below it; inside
    a writing one it may be begun, the other way round not."""
    with store.begin(write=False) as work:
        with pytest.raises(SetupError, match="only reads"):
            work.add(party())
        with pytest.raises(SetupError, match="write=True"):
            store.begin()
    with (
        pytest.raises(sa.exc.DBAPIError),
        store.begin(write=False) as work,
    ):
        work.connection.execute(sa.delete(work.tables.party))
    with store.begin() as work, store.begin(write=False) as inner:
        inner.add(party())
    assert people(store) == ["pa_1"]


def test_reading_sees_one_picture(database_url: str, store: SqlStore) -> None:
    """All that one reading unit of work sees is of one moment, whoever writes meanwhile."""
    other = open_store(database_url)
    with store.begin(write=False) as work:
        assert work.select(Party) == []
        with other.begin() as writing:
            writing.add(party())
        assert work.select(Party) == []
    assert people(store) == ["pa_1"]
    other.close()


def test_threads_have_works_of_their_own(store: SqlStore) -> None:
    """A thread that begins while another is inside gets a unit of work of its own."""
    seen: list[bool] = []

    def look() -> None:
        seen.append(store.in_work())
        with store.begin(write=False) as work:
            seen.append(work.find(Party, id="pa_1") is not None)

    with store.begin() as work:
        work.add(party())
        assert store.in_work()
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == [False, False]
    assert not store.in_work()


def test_a_copied_context_does_not_share_the_work(store: SqlStore) -> None:
    """A task or thread begun inside a unit of work inherits the context, but not the work."""

    async def main() -> list[bool]:
        async def task() -> bool:
            return store.in_work()

        with store.begin() as work:
            work.add(party())
            inside = [store.in_work(), await asyncio.create_task(task())]
            inside.append(await asyncio.to_thread(store.in_work))
        return inside

    assert asyncio.run(main()) == [True, False, False]


def test_two_stores_are_apart(tmp_path: pytest.TempPathFactory, store: SqlStore) -> None:
    """A unit of work on one store is none on another."""
    other = open_store(f"sqlite:///{tmp_path}/other.sqlite")
    with store.begin() as work:
        assert not other.in_work()
        with other.begin() as elsewhere:
            elsewhere.add(party("pa_2"))
        work.add(party("pa_1"))
    assert (people(store), people(other)) == (["pa_1"], ["pa_2"])
    other.close()


def test_acts_wait_for_the_commit(store: SqlStore) -> None:
    """What is to be done after the commit is done after it, once, and not if it was undone."""
    done: list[str] = []
    with store.begin() as work:
        work.after_commit(lambda: done.append("outer"))
        with stopped(), store.begin():
            work.after_commit(lambda: done.append("undone"))
            raise Stop
        with store.begin():
            work.after_commit(lambda: done.append(f"inner, in work: {store.in_work()}"))
        assert done == []
    assert done == ["outer", "inner, in work: False"]
    with stopped(), store.begin() as work:
        work.after_commit(lambda: done.append("never"))
        raise Stop
    assert len(done) == 2


@pytest.fixture
def outside(store: SqlStore) -> Iterator[sa.Connection]:
    """A connection of a caller's, with a table of its own."""
    engine = sa.create_engine(store.engine.url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE own (id INTEGER)"))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def owned(connection: sa.Connection) -> int:
    """How many rows the caller's own table has."""
    return connection.execute(sa.text("SELECT count(*) FROM own")).scalar_one()


@pytest.mark.parametrize("first", ["own", "ours"])
def test_a_callers_connection_is_the_callers_to_commit(
    store: SqlStore, outside: sa.Connection, first: str
) -> None:
    """On a caller's connection a unit of work is a part of the caller's transaction: the caller's
    rollback undoes it, the caller's commit keeps it, and an exception undoes our part alone."""
    joined = open_store(outside)

    def write(id: str) -> None:
        if first == "own":
            outside.execute(sa.text("INSERT INTO own VALUES (1)"))
        with joined.begin() as work:
            work.add(party(id))
        if first == "ours":
            outside.execute(sa.text("INSERT INTO own VALUES (1)"))

    write("pa_1")
    outside.rollback()
    assert (people(store), owned(outside)) == ([], 0)
    outside.rollback()
    write("pa_2")
    with stopped(), joined.begin() as work:
        work.add(party("pa_3"))
        raise Stop
    outside.execute(sa.text("INSERT INTO own VALUES (2)"))
    outside.commit()
    assert (people(store), owned(outside)) == (["pa_2"], 2)
    outside.rollback()


def test_acts_wait_for_a_callers_commit(store: SqlStore, outside: sa.Connection) -> None:
    """On a caller's connection what waits for the commit is done once the caller committed, at
    the next unit of work or when asked; after a rollback it is forgotten."""
    joined = open_store(outside)
    done: list[str] = []
    with joined.begin() as work:
        work.after_commit(lambda: done.append("undone"))
    outside.rollback()
    joined.catch_up()
    with joined.begin() as work:
        work.after_commit(lambda: done.append("kept"))
    assert done == []
    outside.commit()
    with joined.begin(write=False):
        assert done == ["kept"]
    outside.rollback()
    joined.catch_up()
    assert done == ["kept"]


def test_a_callers_engine_is_left_as_it_was(store: SqlStore) -> None:
    """On a caller's engine a unit of work has a transaction of its own, and nothing the caller
    set is changed for the caller."""
    engine = sa.create_engine(store.engine.url)
    with open_store(engine).begin() as work:
        work.add(party())
    with pytest.raises(NotFound), open_store(engine).begin() as work:
        work.add(listing(provider_id="nobody"))
    assert people(store) == ["pa_1"]
    with engine.connect() as connection:
        if store.dialect == "sqlite":
            assert connection.execute(sa.text("PRAGMA foreign_keys")).scalar() == 0
        assert connection.execute(sa.text("SELECT count(*) FROM party")).scalar() == 1
    engine.dispose()


def test_a_plugin_writes_in_the_same_work(store: SqlStore) -> None:
    """What is written on the connection itself is undone with the block it was written in."""
    with store.begin() as work:
        work.connection.execute(sa.text("CREATE TABLE own (id INTEGER)"))
        with stopped(), store.begin() as inner:
            inner.connection.execute(sa.text("INSERT INTO own VALUES (1)"))
            raise Stop
        work.connection.execute(sa.text("INSERT INTO own VALUES (2)"))
        assert work.connection.execute(sa.text("SELECT id FROM own")).scalars().all() == [2]


def test_memory_is_one_for_all_threads(memory: SqlStore) -> None:
    """A database in memory is shared by threads, which have it one after the other."""

    def write(number: int) -> None:
        for count in range(10):
            with memory.begin() as work:
                work.add(party(f"pa_{number}_{count}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(people(memory)) == 80


def test_memory_is_never_waited_for_by_its_holder() -> None:
    """Two stores on one engine in memory, in one thread: the second is told at once."""
    engine = sa.create_engine(
        "sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False}
    )
    one, other = open_store(engine), open_store(engine, prefix="other_")
    with one.begin() as work:
        work.add(party())
        with pytest.raises(Conflict) as refused, other.begin():
            pytest.fail("the memory is in use")
    assert refused.value.code == "busy"
    with other.begin() as work:
        assert work.select(Party) == []
    engine.dispose()


def test_a_lost_connection_is_not_used_again(postgresql_url: str) -> None:
    """When the server drops a connection the work fails with an error of ours, and the next
    unit of work has a new connection."""
    store = open_store(postgresql_url)
    with pytest.raises(SetupError), store.begin() as work:  # noqa: PT012
        work.add(party())
        with store.engine.connect() as other:
            other.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        work.add(party("pa_2"))
    assert people(store) == []
    store.close()


def test_a_connection_in_autocommit_is_refused(postgresql_url: str) -> None:
    """A caller's connection that commits every statement by itself can hold no unit of work."""
    engine = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with (
        engine.connect() as connection,
        pytest.raises(SetupError, match="autocommit"),
    ):
        open_store(connection)
    engine.dispose()


def test_what_is_not_kept_here_is_refused(memory: SqlStore) -> None:
    """A class without a table, a book's own rows, history: each refusal says what is allowed."""
    with memory.begin() as work:
        with pytest.raises(InvalidInput, match="has no table; these have: Approval, Block"):
            work.add(Stop())
        with pytest.raises(InvalidInput, match=r"written by work\.claims alone"):
            work.add(claim("cl_1", "re_1"))
        with pytest.raises(InvalidInput, match="is history and stays"):
            work.remove(Listing, id="li_1")
