"""Commits that several writers of one process share, where only one can write at a time.

A commit waits for the disk, and a disk takes as long for one command as for thirty. So whoever has
written while others wait for their turn passes the open transaction on to the next of them, each
with a savepoint of its own, and waits; the last one commits for all. Nobody is told that his work
is done, or refused, before what he saw is on the disk, and what one undoes is nobody else's.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import sqlalchemy as sa

from marketplace.errors import Conflict, SetupError
from marketplace.store.queue import FairQueue, Turn

MOST_TOGETHER = 32
"""How many units of work one commit is for at most: other processes wait for their turn too."""


End = Callable[[sa.Connection, bool], None]
"""Commits, if it is told to, or undoes, and gives the connection back in any case."""


class Shared:
    """One transaction, and the units of work in it."""

    def __init__(self, connection: sa.Connection, turn: Turn, end: End) -> None:
        self.connection = connection
        self.turn = turn
        self.end = end
        self.units = 0
        """How many have had their turn in it."""
        self.lost: BaseException | None = None
        """What undid it whole, if anything did."""
        self.ended: threading.Event | None = None
        """What those wait for who have passed it on."""


class _Waiter:
    """A thread that waits for its turn."""

    def __init__(self, *, alone: bool) -> None:
        self.thread = threading.get_ident()
        self.alone = alone
        self.called = threading.Event()


class SharedCommits:
    """Who may write now, in which transaction, and who comes next; first come, first served."""

    def __init__(self, queue: FairQueue, patience: float) -> None:
        self._queue = queue
        self._patience = patience
        self._guard = threading.Lock()
        self._holder: int | None = None
        self._waiting: deque[_Waiter] = deque()
        self._open: Shared | None = None

    def enter(self, begin: Callable[[], sa.Connection], end: End, *, alone: bool) -> Shared:
        """Wait for one's turn; gives the transaction to write in: begun by ``begin``, to be ended
        by ``end``, if there was none to share.

        Raises ``Conflict`` (code ``busy``) when patience ends, ``SetupError`` where this thread
        has the turn already.
        """
        self._wait(alone=alone)
        try:
            if self._open is None:
                turn = self._queue.take()
                try:
                    self._open = Shared(begin(), turn, end)
                except BaseException:
                    turn.close()
                    raise
            else:
                self._open.turn.pass_on()
        except BaseException:
            with self._guard:
                self._call_next()
            raise
        self._open.units += 1
        return self._open

    def close(self) -> None:
        """Keep nothing for the next turn."""
        self._queue.close()

    def _wait(self, *, alone: bool) -> None:
        thread = threading.get_ident()
        with self._guard:
            if self._holder == thread:
                raise SetupError(
                    "this thread writes to this database already, in another task; "
                    "end that unit of work first"
                )
            if self._holder is None:
                self._holder = thread
                return
            me = _Waiter(alone=alone)
            self._waiting.append(me)
        try:
            called = me.called.wait(self._patience)
        except BaseException:
            self._give_up(me)
            raise
        if not called and self._withdrawn(me):
            raise Conflict(
                f"the database is busy: no turn within {self._patience:g} s", code="busy"
            )

    def _withdrawn(self, me: _Waiter) -> bool:
        """Wait no more; False where one's turn has come just now."""
        with self._guard:
            if me.called.is_set():
                return False
            self._waiting.remove(me)
            return True

    def _give_up(self, me: _Waiter) -> None:
        """Whoever is interrupted while he waits leaves the turn that he has got to the next."""
        if self._withdrawn(me):
            return
        shared = self._open
        with self._guard:
            if shared is None or self._to_be_passed_on(shared, alone=me.alone):
                self._call_next()
                return
        shared.turn.pass_on()
        self._end(shared)

    def _call_next(self) -> None:
        """Give the turn to whoever has waited longest, if anybody waits."""
        if not self._waiting:
            self._holder = None
            return
        waiter = self._waiting.popleft()
        self._holder = waiter.thread
        waiter.called.set()

    def leave(self, *, alone: bool, done: bool) -> None:
        """Pass the transaction on, and wait for what becomes of it; or end it, if nobody shares it.

        ``done`` says that this unit ended well: then it raises what kept it from being committed.
        One that was undone waits too: what it was refused for may be what another has written in
        the same transaction, and nobody else can see that before it is committed.
        """
        shared = self._open
        assert shared is not None
        ended: threading.Event | None = None
        with self._guard:
            if self._to_be_passed_on(shared, alone=alone):
                ended = shared.ended = shared.ended or threading.Event()
                self._call_next()
        if ended is not None:
            ended.wait()
        else:
            self._end(shared)
        if done and shared.lost is not None:
            raise shared.lost

    def _to_be_passed_on(self, shared: Shared, *, alone: bool) -> bool:
        if alone or shared.lost is not None or shared.units >= MOST_TOGETHER:
            return False
        return bool(self._waiting) and not self._waiting[0].alone

    def _end(self, shared: Shared) -> None:
        try:
            shared.end(shared.connection, shared.lost is None)
        except BaseException as error:
            shared.lost = shared.lost or error
        finally:
            self._open = None
            del shared.end
            shared.turn.close()
            if shared.ended is not None:
                shared.ended.set()
            with self._guard:
                self._call_next()
