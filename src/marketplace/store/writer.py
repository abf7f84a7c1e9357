"""The connection by which a process writes to SQLite, kept from one unit of work to the next.

Only one can write at a time, so one connection is enough for it. To take it out of the engine's
pool and to give it back, to have SQLAlchemy begin a transaction on it and end it, took as long as
a dozen statements of a command; here the driver itself begins and commits.
"""

from __future__ import annotations

import os
from typing import Any

import sqlalchemy as sa

_Kept = tuple[sa.Connection, Any, int]
"""A connection, the driver's beneath it, and the process that it belongs to."""


class Writer:
    """Keeps one connection of an engine that is the library's own.

    Whoever has the turn to write uses it, and nobody else. An engine of the caller's is the
    caller's to count and to listen to: from that each unit of work takes a connection of its own.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        # Empty while a unit of work has it: whoever closes a store meanwhile leaves it to that.
        self._kept: list[_Kept] = []
        self._used: _Kept | None = None
        self._inherited: list[_Kept] = []

    def begin(self) -> sa.Connection:
        """The connection, in a transaction that has the right to write."""
        used = self._taken()
        try:
            used[1].execute("BEGIN IMMEDIATE")
        except BaseException:
            used[0].close()
            raise
        self._used = used
        return used[0]

    def _taken(self) -> _Kept:
        process = os.getpid()
        if self._kept:
            kept = self._kept.pop()
            if kept[2] == process:
                return kept
            # A fork has copied it, and to close it here would take its locks from the other.
            self._inherited.append(kept)
        connection = self._engine.connect()
        return connection, connection.connection.driver_connection, process

    def end(self, connection: sa.Connection, keep: bool) -> bool:
        """Commit, or undo, and keep the connection for the next; False where whoever calls must
        do all of that, since somebody has had the connection itself in his hands."""
        used, self._used = self._used, None
        assert used is not None
        if connection.closed or connection.in_transaction():
            return False
        try:
            if keep:
                used[1].commit()
            else:
                used[1].rollback()
        except BaseException:
            # The pool looks after what is left of it.
            connection.close()
            raise
        self._kept.append(used)
        return True

    def close(self) -> None:
        """Give the connection back to the engine."""
        while self._kept:
            self._kept.pop()[0].close()
