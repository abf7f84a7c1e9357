"""The queue in front of SQLite: fair, patient for so long, and given back by the dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from marketplace.errors import Conflict, SetupError
from marketplace.store.opening import open_store
from marketplace.store.queue import FairQueue
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
    mine, done = threading.Event(), threading.Event()

    def hold() -> None:
        with closing(FairQueue(path, 5).take()):
            mine.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert mine.wait(10)
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


def test_a_forked_child_does_not_keep_the_turn(tmp_path: Path) -> None:
    """A child forked while its parent has the turn does not hold it when the parent is done."""
    path = str(tmp_path / "queue")
    queue = FairQueue(path, 5)
    program = f"""
import os, sys, time
from contextlib import closing
from marketplace.store.queue import FairQueue
with closing(FairQueue({path!r}, 5).take()):
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
print("left", flush=True)
time.sleep(30)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
    )
    assert parent.stdout is not None
    with parent.stdout:
        assert parent.stdout.readline() == b"left\n"
        with closing(queue.take()):
            pass
        os.killpg(parent.pid, signal.SIGKILL)
        parent.wait(10)
