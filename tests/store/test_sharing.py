"""Commits that several writers share: durable for each, and what one undoes is his alone."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from marketplace.domain.party import Party
from marketplace.errors import Conflict
from marketplace.store import sharing
from marketplace.store.opening import open_store
from marketplace.store.sharing import MOST_TOGETHER
from marketplace.store.store import SqlStore
from tests.store.making import party

WRITERS = 12
WAL = "PRAGMA journal_mode = WAL"


class Stop(Exception):
    """What undoes a unit of work here."""


@pytest.fixture(params=["own", "callers"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[SqlStore]:
    """A store on an engine of its own, which keeps its writer's connection, and on a caller's."""
    url = f"sqlite:///{tmp_path / 'shared.sqlite'}"
    if request.param == "own":
        store = open_store(url)
    else:
        engine = sa.create_engine(url, connect_args={"timeout": 30})
        sa.event.listen(engine, "connect", lambda driver, _: driver.execute(WAL))
        store = open_store(engine)
    yield store
    store.close()
    store.engine.dispose()


def connected_anew(store: SqlStore, settle: Callable[[sqlite3.Connection], None]) -> None:
    """Have each connection be a new one, settled like this."""
    store.close()
    store.engine.dispose()
    sa.event.listen(store.engine, "connect", lambda driver, _: settle(driver))


def commits_of(store: SqlStore) -> list[None]:
    """Grows by one with each commit from now on."""
    told: list[None] = []

    def hear(said: str) -> None:
        if said == "COMMIT":
            told.append(None)

    connected_anew(store, lambda driver: driver.set_trace_callback(hear))
    return told


def crowd(
    store: SqlStore, do: Callable[[int], None], *, writers: int = WRITERS, waits: int | None = None
) -> list[object]:
    """Have so many threads write while one has the turn, and so all wait (or ``waits`` of them);
    gives what each raised, or None, by its number."""
    came: list[object] = [None] * writers

    def one(number: int) -> None:
        try:
            do(number)
        except BaseException as error:
            came[number] = error

    threads = [threading.Thread(target=one, args=(number,)) for number in range(writers)]
    commits = store.adapter.commits
    assert commits is not None
    with store.begin(alone=True):
        for thread in threads:
            thread.start()
        while len(commits._waiting) < (writers if waits is None else waits):
            time.sleep(0.001)
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    return came


def there(store: SqlStore) -> set[str]:
    """Whom somebody finds who looks at the file by himself."""
    reader = sqlite3.connect(str(store.engine.url.database))
    try:
        return {row[0] for row in reader.execute("SELECT id FROM party")}
    finally:
        reader.close()


@pytest.mark.parametrize("alone", [False, True])
def test_who_waits_shares_a_commit(store: SqlStore, alone: bool) -> None:
    """All that wait are written by one commit; each by its own where each is alone."""
    commits = commits_of(store)

    def do(number: int) -> None:
        with store.begin(alone=alone) as work:
            work.add(party(f"pa_{number}"))

    assert crowd(store, do) == [None] * WRITERS
    assert there(store) == {f"pa_{number}" for number in range(WRITERS)}
    assert len(commits) == 1 + (WRITERS if alone else 1)


def test_a_commit_is_for_so_many_at_most(store: SqlStore) -> None:
    """More than may share a commit share two, so that other processes have their turn."""
    commits = commits_of(store)

    def do(number: int) -> None:
        with store.begin() as work:
            work.add(party(f"pa_{number}"))

    assert crowd(store, do, writers=MOST_TOGETHER + 3) == [None] * (MOST_TOGETHER + 3)
    assert len(there(store)) == MOST_TOGETHER + 3
    assert len(commits) == 3


@pytest.mark.parametrize("undone", [{0}, {3, 7}, {WRITERS - 1}, set(range(WRITERS))])
def test_what_one_undoes_is_his_alone(store: SqlStore, undone: set[int]) -> None:
    """Whoever raises, first, last or between, has nothing written, and the others all of theirs."""

    def do(number: int) -> None:
        with store.begin() as work:
            work.add(party(f"pa_{number}"))
            with store.begin() as inner:
                inner.add(party(f"pa_{number}_inner"))
            if number in undone:
                raise Stop

    came = crowd(store, do)
    assert {number for number, error in enumerate(came) if isinstance(error, Stop)} == undone
    kept = {f"pa_{number}" for number in range(WRITERS) if number not in undone}
    assert there(store) == kept | {f"{one}_inner" for one in kept}


def test_an_error_of_the_database_is_his_alone(store: SqlStore) -> None:
    """A row that is there already refuses the one who brought it, and nobody beside him."""

    def do(number: int) -> None:
        with store.begin() as work:
            work.add(party(f"pa_{number}"))
            if number == 5:
                work.add(party("pa_5"))

    came = crowd(store, do)
    assert [number for number, error in enumerate(came) if error is not None] == [5]
    assert isinstance(came[5], Conflict)
    assert there(store) == {f"pa_{number}" for number in range(WRITERS) if number != 5}


def test_each_sees_what_those_before_him_wrote(store: SqlStore) -> None:
    """Who comes later in one transaction finds what came before, as after a commit of its own."""
    with store.begin() as work:
        work.add(party("pa_1"))

    def do(number: int) -> None:
        with store.begin() as work:
            work.save(work.get(Party, "pa_1"))

    assert crowd(store, do) == [None] * WRITERS
    with store.begin(write=False) as work:
        assert work.get(Party, "pa_1").version == 1 + WRITERS


def test_nobody_is_done_before_the_commit(store: SqlStore) -> None:
    """When a unit of work has ended, somebody else who looks at the file finds what it wrote; just
    before its end he does not."""
    early: list[bool] = []
    late: list[bool] = []

    def do(number: int) -> None:
        with store.begin() as work:
            work.add(party(f"pa_{number}"))
            work.runner.settle()
            early.append(f"pa_{number}" in there(store))
        late.append(f"pa_{number}" in there(store))

    assert crowd(store, do) == [None] * WRITERS
    assert (early, late) == ([False] * WRITERS, [True] * WRITERS)


def test_who_is_refused_for_what_another_wrote_finds_it(store: SqlStore) -> None:
    """Who hears that something is there already finds it when he looks, although whoever wrote it
    shares the commit with him."""
    found: list[bool] = []

    def do(number: int) -> None:
        try:
            with store.begin() as work:
                work.add(party("pa_1"))
        except Conflict:
            found.append("pa_1" in there(store))

    assert crowd(store, do) == [None] * WRITERS
    assert found == [True] * (WRITERS - 1)


def test_a_commit_that_fails_fails_for_all(store: SqlStore) -> None:
    """Where the disk refuses, everybody who shares the commit is told, nothing is written, and the
    next may write."""
    failing = [False]

    def refuse(_: int, what: str | None, *about: object) -> int:
        return sqlite3.SQLITE_DENY if what == "COMMIT" and failing[0] else sqlite3.SQLITE_OK

    connected_anew(store, lambda driver: driver.set_authorizer(refuse))

    def do(number: int) -> None:
        with store.begin() as work:
            work.add(party(f"pa_{number}"))
            failing[0] = True

    came = crowd(store, do)
    failing[0] = False
    assert all(error is not None for error in came)
    assert there(store) == set()
    with store.begin() as work:
        work.add(party("pa_1"))
    assert there(store) == {"pa_1"}


def test_what_undoes_all_is_told_to_all(store: SqlStore) -> None:
    """Where one loses the whole transaction, those who were done in it hear that nothing stands."""

    def do(number: int) -> None:
        with store.begin() as work:
            work.add(party(f"pa_{number}"))
            if number == WRITERS - 1:
                work.runner._cursor.connection.rollback()
                raise Stop

    came = crowd(store, do)
    assert all(error is not None for error in came)
    assert there(store) == set()


def test_patience_ends(store: SqlStore) -> None:
    """Who waits too long is told that the database is busy, and nobody waits for him later."""
    assert store.adapter.commits is not None
    store.adapter.commits._patience = 0.05
    came: list[object] = []

    def late() -> None:
        try:
            with store.begin():
                pytest.fail("somebody else has the turn")
        except Conflict as error:
            came.append(error.code)

    with store.begin():
        thread = threading.Thread(target=late)
        thread.start()
        thread.join(10)
    assert came == ["busy"]
    with store.begin() as work:
        work.add(party("pa_1"))
    assert there(store) == {"pa_1"}


@pytest.mark.parametrize("early", [True, False])
def test_who_is_interrupted_leaves_his_turn_to_the_next(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, early: bool
) -> None:
    """Control-C while somebody waits, or in the moment in which he is called, stops nobody else."""
    waiters = 0

    class Interrupted(threading.Event):
        def __init__(self) -> None:
            nonlocal waiters
            super().__init__()
            self.number, waiters = waiters, waiters + 1

        def wait(self, timeout: float | None = None) -> bool:
            if self.number % 3 == 1:
                if not early:
                    super().wait(timeout)
                raise KeyboardInterrupt
            return super().wait(timeout)

    def do(number: int) -> None:
        with store.begin() as work:
            work.add(party(f"pa_{number}"))

    plain = sharing._Waiter.__init__

    def waiter(self: sharing._Waiter, *, alone: bool) -> None:
        plain(self, alone=alone)
        if not alone:
            self.called = Interrupted()

    monkeypatch.setattr(sharing._Waiter, "__init__", waiter)
    came = crowd(store, do, waits=WRITERS - (WRITERS // 3 if early else 0))
    interrupted = {number for number, error in enumerate(came) if error is not None}
    assert len(interrupted) == WRITERS // 3
    assert there(store) == {f"pa_{one}" for one in set(range(WRITERS)) - interrupted}


KILLED = """
import sys, threading
from marketplace.store.opening import open_store
from tests.store.making import party

store, told = open_store(sys.argv[1]), threading.Lock()

def write(number):
    for count in range(10_000):
        id = f"pa_{number}_{count}"
        with store.begin() as work:
            work.add(party(id))
            if sys.argv[2] == "early":
                with told:
                    print(id, flush=True)
        if sys.argv[2] == "late":
            with told:
                print(id, flush=True)

for number in range(8):
    threading.Thread(target=write, args=(number,), daemon=True).start()
threading.Event().wait()
"""


@pytest.mark.invariant(48)
@pytest.mark.parametrize("said", ["late", "early"])
def test_what_was_told_is_there_after_a_kill(tmp_path: Path, said: str) -> None:
    """What eight threads were told was done is in the file after kill -9; in the control, which
    says so before its unit of work has ended, something is missing."""
    path, lost, rounds = tmp_path / "killed.sqlite", 0, 0
    open_store(f"sqlite:///{path}").close()
    # The control loses what is said between a unit's end and its commit: most rounds, not each.
    while rounds < (2 if said == "late" else 20) and not lost:
        rounds += 1
        path.unlink()
        open_store(f"sqlite:///{path}").close()
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, f"sqlite:///{path}", said],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert process.stdout is not None
        with process.stdout:
            heard = [process.stdout.readline().strip() for _ in range(150)]
            process.send_signal(signal.SIGKILL)
            process.wait(10)
            heard += [line.strip() for line in process.stdout]
        reader = sqlite3.connect(path)
        found = {row[0] for row in reader.execute("SELECT id FROM party")}
        reader.close()
        lost += len(set(heard) - found)
    assert (lost == 0) == (said == "late"), (lost, rounds)
