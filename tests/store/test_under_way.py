"""What the server runs while Python goes on: every way out of it, and every error in its place."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from marketplace.domain.party import Party
from marketplace.errors import MarketplaceError, SetupError
from marketplace.store.opening import open_store
from marketplace.store.pipelined import GO_TOGETHER
from marketplace.store.statement import Statement
from marketplace.store.store import SqlStore
from marketplace.store.wire import Wire
from marketplace.store.work import StoredWork
from tests.store.making import listing, party
from tests.store.wiring import driver_of

LOCK = Statement("SELECT pg_advisory_xact_lock(%s)", ())


@pytest.fixture
def wired(postgresql_url: str) -> Iterator[SqlStore]:
    """A store of one party at the other end of a wire."""
    store = open_store(postgresql_url)
    with store.begin() as work:
        work.add(party())
    yield store
    store.close()


@pytest.fixture
def other(wired: SqlStore) -> Iterator[psycopg.Connection[Any]]:
    """Somebody else's connection, each of whose statements stands for itself."""
    with wired.engine.connect() as connection:
        driver = driver_of(connection)
        driver.autocommit = True
        yield driver
        driver.autocommit = False


def is_held(other: psycopg.Connection[Any], number: int, within: float = 9) -> bool:
    """Whether somebody has the lock of this number by now, or takes it within so many seconds."""
    words = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted"
    until = monotonic() + within
    while monotonic() < until:
        if other.execute(words, (number,)).fetchall() == [(1,)]:
            return True
        sleep(0.01)
    return False


def pid(work: Any) -> int:
    """Which of the server's processes works for a unit of work."""
    found: int = work.runner._wire.driver.info.backend_pid
    return found


@contextmanager
def blocked(other: psycopg.Connection[Any], number: int) -> Iterator[None]:
    """A lock that nobody else can take inside."""
    other.execute("SELECT pg_advisory_lock(%s)", (number,))
    try:
        yield
    finally:
        other.execute("SELECT pg_advisory_unlock(%s)", (number,))


def test_the_server_runs_what_is_sent(wired: SqlStore, other: psycopg.Connection[Any]) -> None:
    """What is sent is run though nobody asks anything, of rows that waited so many together; not
    inside a block that may be undone alone, where it waits for the next question."""
    with wired.begin() as work:
        work.add(party("pa_2"))
        work.select(Party)
        work.runner.send(LOCK, (1,))
        assert is_held(other, 1)
        with wired.begin():
            work.runner.send(LOCK, (2,))
            assert not is_held(other, 2, within=0.3)
        work.runner.send(LOCK, (3,))
        assert is_held(other, 3)
        for number in range(11, 10 + GO_TOGETHER):
            work.runner.write_waiting(LOCK, [(number,)])
        assert not is_held(other, 11, within=0.3)
        work.runner.write_waiting(LOCK, [(10,)])
        assert is_held(other, 10)
    with wired.begin() as work:
        assert [one.id for one in work.select(Party)] == ["pa_1", "pa_2"]


def test_a_whole_unit_is_undone_with_it_under_way(
    wired: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is under way is undone with its unit of work, which leaves by its own error; the
    connection is used again. The control: undrained, it cannot be rolled back, and is given up."""
    pids: list[int] = []

    def undone(drains: bool) -> None:
        if not drains:
            monkeypatch.setattr(Wire, "drain", lambda _: None)
        with pytest.raises(KeyError), wired.begin() as work:  # noqa: PT012
            pids.append(pid(work))
            work.select(Party)
            work.add(party("pa_2"))
            assert work.runner._started == 1  # type: ignore[attr-defined]
            raise KeyError
        monkeypatch.undo()

    undone(True)
    undone(True)
    with wired.begin() as work:
        pids.append(pid(work))
        assert [one.id for one in work.select(Party)] == ["pa_1"]
    assert len(set(pids)) == 1
    undone(False)
    with wired.begin() as work:
        assert pid(work) != pids[0]
        assert [one.id for one in work.select(Party)] == ["pa_1"]


@pytest.mark.parametrize("asked", [True, False])
def test_a_block_is_undone_inside_what_is_under_way(wired: SqlStore, asked: bool) -> None:
    """A block is undone alone, whether any of it was sent or not: what was under way before is
    kept, and what comes after."""
    with wired.begin() as work:
        work.select(Party)
        work.add(party("pa_2"))
        with pytest.raises(KeyError), wired.begin():  # noqa: PT012
            work.add(party("pa_3"))
            if asked:
                assert len(work.select(Party)) == 3
            raise KeyError
        work.add(party("pa_4"))
        with wired.begin():
            work.add(party("pa_5"))
        work.add(party("pa_6"))
    with wired.begin(write=False) as work:
        assert [one.id for one in work.select(Party)] == ["pa_1", "pa_2", "pa_4", "pa_5", "pa_6"]


INSERT_BUCKET = """
INSERT INTO "capacity_bucket" (resource_id, slot, used, capacity) VALUES ('re_1', 1, 2, 1)
"""
FAILURES: dict[str, Callable[[StoredWork], None]] = {
    "unique": lambda work: work.add(party()),
    "foreign": lambda work: work.add(listing("li_1", "pa_9")),
    "check": lambda work: work.runner.send(Statement(INSERT_BUCKET, ())),
    "data": lambda work: work.runner.send(LOCK, ("x",)),
}


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize("how", ["by a question", "by the end", "not"])
def test_what_fails_under_way_is_told_in_its_place(
    wired: SqlStore, kind: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement that fails under way is told by the next question or the end, as the error that
    it is where nothing is started; what was sent behind it is not run, nothing of it is kept. It is
    lost only with a unit of work that is undone anyway."""

    def told() -> tuple[str, str, str]:
        raised: list[MarketplaceError] = []
        with pytest.raises((MarketplaceError, KeyError)), wired.begin() as work:  # noqa: PT012
            work.select(Party)
            work.add(party("pa_7"))
            FAILURES[kind](work)
            sleep(0.02)
            work.add(party("pa_8"))
            if how == "not":
                raise KeyError
            try:
                if how == "by a question":
                    work.select(Party)
                else:
                    work.runner.finish()
            except MarketplaceError as error:
                raised.append(error)
                raise
            raise AssertionError("it was kept")
        if how == "not":
            return "", "", ""
        return type(raised[0]).__name__, raised[0].code, raised[0].message

    early = told()
    monkeypatch.setattr(Wire, "start", lambda *_: False)
    assert early == told()
    assert early[0] or how == "not"
    with wired.begin(write=False) as work:
        assert [one.id for one in work.select(Party)] == ["pa_1"]


def test_whoever_gets_the_connection_finds_nothing_under_way(
    wired: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plugin that is lent the connection finds all that was sent, and says what it likes at any
    time after: nothing is started any more. The control: if it were, he could say nothing."""
    count = sa.text('SELECT count(*) FROM "party"')
    with wired.begin() as work:
        work.select(Party)
        work.add(party("pa_2"))
        connection = work.connection
        assert connection.execute(count).scalar() == 2
        work.add(party("pa_3"))
        assert connection.execute(count).scalar() == 2
        assert work.connection.execute(count).scalar() == 3
    monkeypatch.setattr(Wire, "_may_start", lambda _: True)
    in_vain = pytest.raises(sa.exc.OperationalError, match="pipeline")
    with in_vain, wired.begin() as work:
        connection = work.connection
        connection.execute(count)
        work.add(party("pa_4"))
        connection.execute(count)


def test_nothing_is_under_way_on_a_callers_connection(engine: sa.Engine) -> None:
    """Whoever brings his own connection may use it inside the unit of work as well."""
    with engine.connect() as connection:
        store = open_store(connection)
        with store.begin() as work:
            work.select(Party)
            work.add(party())
            assert connection.execute(sa.text("SELECT 1")).scalar() == 1
        assert connection.execute(sa.text('SELECT count(*) FROM "party"')).scalar() == 1


@pytest.mark.parametrize("how", ["undone", "asked", "ended"])
def test_the_server_goes_with_something_under_way(
    wired: SqlStore, other: psycopg.Connection[Any], how: str
) -> None:
    """The server hangs up while something is under way: the next question and the end say so, a
    unit of work that is undone leaves by its own error, and the next has another connection."""
    expected = KeyError if how == "undone" else SetupError
    with pytest.raises(expected) as told, wired.begin() as work:  # noqa: PT012
        gone = pid(work)
        work.select(Party)
        work.add(party("pa_2"))
        other.execute("SELECT pg_terminate_backend(%s)", (gone,))
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (gone,)).fetchall():
            sleep(0.01)
        work.add(party("pa_3"))
        if how == "undone":
            raise KeyError
        if how == "asked":
            work.select(Party)
    if how != "undone":
        assert getattr(told.value, "code", None) == "database"
    with wired.begin() as work:
        assert pid(work) != gone
        assert [one.id for one in work.select(Party)] == ["pa_1"]


def test_nobody_waits_to_be_undone(
    wired: SqlStore, other: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is under way waits for somebody else, and its unit of work is undone: the server is told
    to give up, and the connection is used again. The control: untold, it waits for the other."""

    def undone() -> float:
        with pytest.raises(KeyError), wired.begin() as work:  # noqa: PT012
            pids.add(pid(work))
            work.select(Party)
            work.runner.send(LOCK, (4,))
            started.append(monotonic())
            raise KeyError
        return monotonic() - started[-1]

    pids, started = set[int](), list[float]()
    with blocked(other, 4):
        assert undone() < 1.5
    with wired.begin() as work:
        assert len(work.select(Party)) == 1
        assert {pid(work)} == pids
    monkeypatch.setattr(psycopg.Connection, "cancel_safe", lambda _: None)
    other.execute("SELECT pg_advisory_lock(4)")
    letting_go = Timer(2, other.execute, ("SELECT pg_advisory_unlock(4)",))
    letting_go.start()
    assert undone() > 1.5
    letting_go.join()


def test_an_interrupt_finds_the_connection_whole(
    wired: SqlStore, other: psycopg.Connection[Any]
) -> None:
    """Ctrl-C while something is under way, between two statements: all is undone, at once though it
    waits for somebody else, and the connection is used again."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    started = monotonic()
    try:
        interrupted = pytest.raises(KeyboardInterrupt)
        with blocked(other, 5), interrupted, wired.begin() as work:
            mine = pid(work)
            work.select(Party)
            work.runner.send(LOCK, (5,))
            timer.start()
            sleep(9)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)
    assert monotonic() - started < 6
    with wired.begin() as work:
        assert pid(work) == mine
        assert len(work.select(Party)) == 1
