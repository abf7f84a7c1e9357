"""Processes that begin at the same moment: a real herd, not threads.

They are started once and serve every test of a run: what is measured is the database, not how
long Python takes to start.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from marketplace.store.opening import open_store
from marketplace.store.store import SqlStore

PATIENCE = 120.0
"""Seconds after which a herd that has not answered is given up."""

Task = Callable[..., Any]


class Herd:
    """``size`` processes; ``run`` gives each one task and has them begin together.

    ``modules`` are those that the tasks need, loaded once for all.
    """

    def __init__(self, size: int, modules: Sequence[str] = ("tests.store.tasks",)) -> None:
        # Each process is forked from a server that has the modules and no connection: as good as
        # started from nothing, in a tenth of the time.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([_serve.__module__, *modules])
        path = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join(one for one in sys.path if one)
        # Kept: the processes open it by name, and it goes with its last owner.
        self._barrier = barrier = context.Barrier(size)
        self._pipes: list[Connection] = []
        self._processes = []
        for number in range(size):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(number, theirs, barrier), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        if path is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = path

    def __enter__(self) -> Herd:
        return self

    def __exit__(self, *exception: object) -> None:
        for pipe in self._pipes:
            pipe.send(None)
            pipe.close()
        for process in self._processes:
            process.join(10)
            if process.is_alive():
                process.kill()

    def run(self, task: Task, url: str, *args: Any) -> list[Any]:
        """What ``task(store, number, *args)`` gave in each process, by its number."""
        return self.run_each([(task, *args)] * len(self._pipes), url)

    def run_each(self, tasks: Sequence[tuple[Any, ...]], url: str) -> list[Any]:
        """The same with a task and arguments for each process."""
        assert len(tasks) == len(self._pipes)
        for pipe, (task, *args) in zip(self._pipes, tasks, strict=True):
            pipe.send((task, url, args))
        answers = []
        for pipe in self._pipes:
            assert pipe.poll(PATIENCE), "a process of the herd did not answer"
            answers.append(pipe.recv())
        failed = [answer for ok, answer in answers if not ok]
        assert not failed, "\n".join(failed)
        return [answer for _, answer in answers]


def _serve(number: int, pipe: Connection, barrier: Any) -> None:
    while (order := pipe.recv()) is not None:
        task, url, args = order
        store: SqlStore | None = None
        try:
            store = open_store(url, create="never")
            with store.begin(write=False):
                pass  # Connected before the race, not in it.
            barrier.wait(60)
            answer = (True, task(store, number, *args))
        except BaseException as error:
            answer = (False, f"process {number}: {type(error).__name__}: {error}")
        finally:
            if store is not None:
                store.close()
        pipe.send(answer)
