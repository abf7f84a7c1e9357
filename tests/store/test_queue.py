"""The queue in front of SQLite: fair, patient for so long, and given back by the dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from marketplace.errors import Conflict, SetupError
from marketplace.store.opening import open_store
from marketplace.store.queue import FairQueue, _Blocker, _Place
from tests.store import tasks
from tests.store.herd import Herd


def waits(herd: Herd, url: str, queued: bool) -> tuple[list[float], list[float]]:
    """How long one polite process waited for its turns beside fifteen greedy ones, and they."""
    polite = (tasks.write_for, 3.0, 0.05, queued)
    greedy = (tasks.write_for, 3.0, 0.0, queued)
    answers = [answer["waits"] for answer in herd.run_each([polite, *[greedy] * 15], url)]
    return answers[0], [wait for one in answers[1:] for wait in one]


@pytest.mark.attack(40)
def test_a_polite_writer_is_not_starved(
    disk_path: Path, herd: Herd, record_property: pytest.FixtureRequest
) -> None:
    """Beside fifteen greedy writers a polite one waits less than a second for every turn; in the
    control, without the queue, somebody waits many times as long."""
    url = f"sqlite:///{disk_path / 'polite.sqlite'}"
    open_store(url).close()
    polite, greedy = waits(herd, url, queued=True)
    worst = max(polite + greedy)
    unqueued = waits(herd, url, queued=False)
    worst_unqueued = max(unqueued[0] + unqueued[1])
    told = (
        f"polite: {len(polite)} turns, longest wait {max(polite):.3f} s; "
        f"anybody: {worst:.3f} s; without the queue {worst_unqueued:.3f} s"
    )
    print(told)
    assert max(polite) < 1.0, told
    assert worst_unqueued > 3 * worst, told


HOLD = """
import sys
from contextlib import closing
from marketplace.store.queue import FairQueue
with closing(FairQueue(sys.argv[1], 5).take()):
    print("mine", flush=True)
    sys.stdin.read()
"""


def test_the_dead_give_their_turn_back(tmp_path: Path) -> None:
    """A process that is killed with the turn in its hand holds nobody up."""
    path = tmp_path / "queue"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    with holder.stdout, holder.stdin:
        assert holder.stdout.readline() == b"mine\n"
        with pytest.raises(Conflict), closing(FairQueue(str(path), 0.2).take()):
            pytest.fail("somebody else has the turn")
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        with closing(FairQueue(str(path), 5).take()):
            pass


def test_patience_ends(tmp_path: Path) -> None:
    """Who waits too long is told that the database is busy, and later stands in nobody's way."""
    path = str(tmp_path / "queue")
    thread, done = holding(path)
    with pytest.raises(Conflict) as refused, closing(FairQueue(path, 0.1).take()):
        pytest.fail("somebody else has the turn")
    assert refused.value.code == "busy"
    done.set()
    thread.join()
    # The one who gave up is woken now, and must let go again.
    for _ in range(3):
        with closing(FairQueue(path, 5).take()):
            pass


def test_a_thread_never_waits_for_itself(sqlite_url: str) -> None:
    """Two stores on one file in one thread: the second says so, instead of waiting for ever."""
    one, other = open_store(sqlite_url), open_store(sqlite_url)
    with (
        one.begin(),
        pytest.raises(SetupError, match="through another store"),
        other.begin(),
    ):
        pytest.fail("it has the turn already")
    with other.begin():
        pass
    one.close()
    other.close()


def test_threads_take_turns(tmp_path: Path) -> None:
    """Threads of one process exclude each other as processes do."""
    path, inside, most = str(tmp_path / "queue"), [0], [0]

    def work() -> None:
        for _ in range(20):
            with closing(FairQueue(path, 20).take()):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.0005)
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 1


def test_crossed_stores_do_not_hang(tmp_path: Path) -> None:
    """Two threads that want two databases in opposite order: one is told to try again."""
    urls = [f"sqlite:///{tmp_path / name}.sqlite" for name in ("one", "other")]
    stores = [open_store(url) for url in urls]
    for store in stores:
        assert store.adapter.commits is not None
        store.adapter.commits._patience = 0.5
    both, codes = threading.Barrier(2), []

    def cross(first: int) -> None:
        try:
            with stores[first].begin():
                both.wait(10)
                with stores[1 - first].begin():
                    codes.append("done")
        except Conflict as error:
            codes.append(error.code)

    threads = [threading.Thread(target=cross, args=(first,)) for first in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert "busy" in codes
    for store in stores:
        with store.begin():
            pass
        store.close()


FORK = """
import os, sys, time
from contextlib import closing
from marketplace.store.queue import FairQueue
queue, forks, dies = FairQueue(sys.argv[1], 5), sys.argv[2], sys.argv[3] == "dies"
def fork():
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
queue.take().close()
if forks == "before":
    fork()
with closing(queue.take()):
    if forks == "meanwhile":
        fork()
    if dies:
        print("left", flush=True)
        time.sleep(30)
print("left", flush=True)
time.sleep(30)
"""


@pytest.mark.parametrize("ends", ["ends it", "dies"])
@pytest.mark.parametrize("forks", ["before", "meanwhile"])
def test_a_forked_child_does_not_keep_the_turn(tmp_path: Path, forks: str, ends: str) -> None:
    """A child that was forked while its parent had the turn, or before, does not hold it when the
    parent is done, or killed."""
    path = str(tmp_path / "queue")
    parent = subprocess.Popen(
        [sys.executable, "-c", FORK, path, forks, ends],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
    )
    assert parent.stdout is not None
    with parent.stdout:
        assert parent.stdout.readline() == b"left\n"
        if ends == "dies":
            parent.kill()
            parent.wait(10)
        with closing(FairQueue(path, 5).take()):
            pass
        os.killpg(parent.pid, signal.SIGKILL)
        parent.wait(10)


def holding(path: str) -> tuple[threading.Thread, threading.Event]:
    """A thread that has the turn until the event is set."""
    mine, done = threading.Event(), threading.Event()

    def hold() -> None:
        with closing(FairQueue(path, 5).take()):
            mine.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert mine.wait(10)
    return thread, done


def free(path: str) -> bool:
    """Whether somebody else, in another thread, would have the turn at once."""
    found: list[bool] = []

    def ask() -> None:
        try:
            FairQueue(path, 0.1).take().close()
            found.append(True)
        except Conflict:
            found.append(False)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return found[0]


def blockers() -> int:
    """How many threads there are that wait for a lock, or are kept for it."""
    return sum(one.name == "marketplace-queue" for one in threading.enumerate())


def wait_until(there: Callable[[], bool]) -> None:
    """Wait a while for what another thread does."""
    end = time.monotonic() + 10
    while not there():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_one_thread_waits_again_and_again(tmp_path: Path) -> None:
    """Who waits for turn after turn has one file and one thread for it, and neither any more when
    the queue is closed."""
    path, before = str(tmp_path / "queue"), blockers()
    queue, files = FairQueue(path, 5), set()
    for _ in range(5):
        thread, done = holding(path)
        threading.Timer(0.02, done.set).start()
        with closing(queue.take()):
            assert done.is_set()
            assert blockers() == before + 1
        thread.join()
        files.add(queue._kept[0].handle)
    assert len(files) == 1
    queue.close()
    wait_until(lambda: blockers() == before)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(files.pop())


class Interrupted:
    """A lock that somebody is interrupted while he waits for, or just when it has come."""

    def __init__(self, done: threading.Event | None) -> None:
        self.lock = threading.Lock()
        self.lock.acquire()
        self.done = done

    def __getattr__(self, name: str) -> Any:
        return getattr(self.lock, name)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if not blocking:
            return self.lock.acquire(blocking=False)
        if self.done is not None:
            self.done.set()
            wait_until(lambda: not self.lock.locked())
        raise KeyboardInterrupt


@pytest.mark.parametrize("late", [False, True])
def test_who_is_interrupted_keeps_no_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """Control-C while somebody waits, or in the moment in which his turn comes, leaves the turn to
    the next."""
    path, before = str(tmp_path / "queue"), blockers()
    thread, done = holding(path)
    queue, plain = FairQueue(path, 5), _Blocker.__init__

    def interrupted(self: Any, handle: int) -> None:
        plain(self, handle)
        self._came = Interrupted(done if late else None)

    monkeypatch.setattr(_Blocker, "__init__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        queue.take()
    monkeypatch.undo()
    done.set()
    thread.join()
    wait_until(lambda: blockers() == before)
    assert free(path)
    with closing(queue.take()):
        assert not free(path)
    queue.close()


BUSY, TAKEN = 3, 4


@pytest.mark.parametrize("shared", [False, True])
def test_a_forked_child_waits_for_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    """A child of a process that has kept its place in the queue has one of its own: it waits as
    anybody does; in the control, at the parent's, it does not."""
    if shared:
        monkeypatch.setattr(_Place, "forget", lambda self: None)
    path = str(tmp_path / "queue")
    queue = FairQueue(path, 0.1)
    queue.take().close()
    with closing(queue.take()) as turn:
        queue._kept.append(turn._place)
        pid = os.fork()
        if pid == 0:
            os._exit(asked(queue))
        queue._kept.clear()
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == (TAKEN if shared else BUSY)
        assert not free(path)
    assert free(path)
    queue.close()


def asked(queue: FairQueue) -> int:
    """What a child hears that asks for the turn."""
    try:
        queue.take()
    except Conflict:
        return BUSY
    return TAKEN
