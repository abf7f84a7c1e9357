"""A fair queue of processes and threads in front of a database that has one writer at a time.

SQLite lets waiting writers poll: whoever polls at the right moment wins, and one process may get
a single turn while another gets thousands. A lock on a file wakes those who wait for it, and is
given back by the kernel when its holder dies.
"""

from __future__ import annotations

import fcntl
import os
import threading

from marketplace.errors import Conflict, SetupError

_holders: dict[str, int] = {}
"""In this process: which thread holds which queue, so that none waits for itself."""


class Turn:
    """A turn that was taken, until it is ended."""

    def __init__(self, path: str, handle: int) -> None:
        self._path = path
        self._handle = handle
        self.pass_on()

    def pass_on(self) -> None:
        """It is this thread's now."""
        _holders[self._path] = threading.get_ident()

    def close(self) -> None:
        """Let the next one have it."""
        _holders.pop(self._path, None)
        # Said aloud, because a child forked meanwhile holds the same handle.
        fcntl.flock(self._handle, fcntl.LOCK_UN)
        os.close(self._handle)


class FairQueue:
    """One's turn on what the lock file stands for; ``patience`` is in seconds."""

    def __init__(self, path: str, patience: float) -> None:
        self._path = os.path.realpath(path)
        self._patience = patience

    def take(self) -> Turn:
        """Take the turn; raises ``Conflict`` (code ``busy``) when patience ends."""
        if _holders.get(self._path) == threading.get_ident():
            raise SetupError(
                "this thread writes to this database already, through another store; "
                "end that unit of work first, or use its store"
            )
        return Turn(self._path, self._wait())

    def _wait(self) -> int:
        # A handle of its own for every turn: two threads, or a forked child, never share one.
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._wait_patiently(handle)
        return handle

    def _wait_patiently(self, handle: int) -> None:
        # Asking again and again would not be fair, and a blocking lock knows no time limit:
        # so a thread blocks, and whoever gives up leaves it to close the handle.
        done, given_up, guard = threading.Event(), False, threading.Lock()

        def block() -> None:
            fcntl.flock(handle, fcntl.LOCK_EX)
            with guard:
                if given_up:
                    os.close(handle)
                else:
                    done.set()

        threading.Thread(target=block, name="marketplace-queue", daemon=True).start()
        if not done.wait(self._patience):
            with guard:
                if not done.is_set():
                    given_up = True
                    raise Conflict(
                        f"the database is busy: no turn within {self._patience:g} s", code="busy"
                    )
