"""A fair queue of processes and threads in front of a database that has one writer at a time.

SQLite lets waiting writers poll: whoever polls at the right moment wins, and one process may get
a single turn while another gets thousands. A lock on a file wakes those who wait for it, and is
given back by the kernel when its holder dies.
"""

from __future__ import annotations

import fcntl
import os
import threading
from contextlib import suppress
from weakref import WeakSet

from marketplace.errors import Conflict, SetupError

_holders: dict[str, int] = {}
"""In this process: which thread holds which queue, so that none waits for itself."""


class _Place:
    """A way of one's own to the lock: two threads, or a forked child, never share one."""

    def __init__(self, path: str) -> None:
        self.handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self.open = True
        self._blocker: _Blocker | None = None
        _places.add(self)

    def take(self, patience: float) -> bool:
        """Wait for the lock; False when patience ends, and the place is of no use any more."""
        try:
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if self._blocker is None:
                self._blocker = _Blocker(self.handle)
            took = False
            try:
                took = self._blocker.take(patience)
            finally:
                self.open = took
        return self.open

    def leave(self) -> None:
        """Let the next one have the lock."""
        if self.open:
            fcntl.flock(self.handle, fcntl.LOCK_UN)

    def close(self) -> None:
        """Wait here no more."""
        if self._blocker is not None:
            self._blocker.end()
        self.forget()

    def forget(self) -> None:
        """Have it open no more, here where it may be what a fork has copied."""
        if self.open:
            self.open, self._blocker = False, None
            os.close(self.handle)


_places: WeakSet[_Place] = WeakSet()


def _forget_places() -> None:
    """In a forked child: its parent's places are the parent's alone, and so are the turns; as long
    as a child had one open, the kernel would not give back the turn of a parent that is killed."""
    for place in list(_places):
        place.forget()
    _holders.clear()


os.register_at_fork(after_in_child=_forget_places)


class _Blocker:
    """A thread that blocks, so that somebody else can wait with a limit.

    To ask again and again would not be fair, and a blocking lock knows no time limit. It is kept
    from one wait to the next, since to start one takes longer than most waits do.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._guard = threading.Lock()
        self._asked, self._came = threading.Lock(), threading.Lock()
        self._asked.acquire()
        self._came.acquire()
        self._ended = self._left = False
        threading.Thread(target=self._block, name="marketplace-queue", daemon=True).start()

    def _block(self) -> None:
        while True:
            self._asked.acquire()
            if self._ended:
                return
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            with self._guard:
                if self._left:
                    _close(self._handle)
                    return
                self._came.release()

    def take(self, patience: float) -> bool:
        """Wait for the lock; False when patience ends: then the thread closes the handle."""
        self._asked.release()
        try:
            return self._came.acquire(timeout=patience) or not self._given_up()
        except BaseException:
            # Whoever is interrupted has no use for it any more.
            if not self._given_up():
                self.end()
                _close(self._handle)
            raise

    def _given_up(self) -> bool:
        """Wait no more; False where the lock has come just now."""
        with self._guard:
            self._left = not self._came.acquire(blocking=False)
            return self._left

    def end(self) -> None:
        """Block for nobody any more."""
        self._ended = True
        self._asked.release()


def _close(handle: int) -> None:
    """Give up the lock, said aloud because a forked child may hold the same handle, and close."""
    fcntl.flock(handle, fcntl.LOCK_UN)
    os.close(handle)


class Turn:
    """A turn that was taken, until it is ended."""

    def __init__(self, queue: FairQueue, place: _Place) -> None:
        self._queue = queue
        self._place = place
        self.pass_on()

    def pass_on(self) -> None:
        """It is this thread's now."""
        _holders[self._queue.path] = threading.get_ident()

    def close(self) -> None:
        """Let the next one have it."""
        _holders.pop(self._queue.path, None)
        self._place.leave()
        self._queue.keep(self._place)


class FairQueue:
    """One's turn on what the lock file stands for; ``patience`` is in seconds."""

    def __init__(self, path: str, patience: float) -> None:
        self.path = os.path.realpath(path)
        self._patience = patience
        # Kept for the next turn: to open the file takes as long as to lock it.
        self._kept: list[_Place] = []

    def take(self) -> Turn:
        """Take the turn; raises ``Conflict`` (code ``busy``) when patience ends."""
        if _holders.get(self.path) == threading.get_ident():
            raise SetupError(
                "this thread writes to this database already, through another store; "
                "end that unit of work first, or use its store"
            )
        place = self._place()
        if not place.take(self._patience):
            raise Conflict(
                f"the database is busy: no turn within {self._patience:g} s", code="busy"
            )
        return Turn(self, place)

    def _place(self) -> _Place:
        try:
            while True:
                kept = self._kept.pop()
                if kept.open:
                    return kept
        except IndexError:
            return _Place(self.path)

    def keep(self, place: _Place) -> None:
        """Have the next turn at this place, if there is none yet."""
        if self._kept:
            place.close()
        elif place.open:
            self._kept.append(place)

    def close(self) -> None:
        """Keep nothing for a next turn."""
        with suppress(IndexError):
            while True:
                self._kept.pop().close()

    __del__ = close
