"""The connection to an SQLite file that is kept from one unit of work to the next.

To take one out of the engine's pool and to give it back, to have SQLAlchemy begin a transaction on
it and end it, took as long as a dozen statements of a command; here the driver itself begins and
commits. It is one for who reads and who writes, since SQLite forgets all pages that a connection
has read as soon as another has written.
"""

from __future__ import annotations

import os
from typing import Any

import sqlalchemy as sa

_Kept = tuple[sa.Connection, Any, int]
"""A connection, the driver's beneath it, and the process that it belongs to."""


class Connections:
    """Connections of an engine that is the library's own, of which one is kept.

    An engine of the caller's is the caller's to count and to listen to: from that each unit of
    work takes a connection, and gives it back.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        # Empty while a unit of work has it: whoever comes meanwhile takes another.
        self._kept: list[_Kept] = []
        self._used: dict[sa.Connection, _Kept] = {}
        self._inherited: list[_Kept] = []

    def begin(self, *, write: bool) -> sa.Connection:
        """A connection, in a transaction; only one at a time may ``write``."""
        taken = self._taken()
        connection, driver, _ = taken
        try:
            driver.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        except BaseException:
            connection.close()
            raise
        self._used[connection] = taken
        return connection

    def _taken(self) -> _Kept:
        process = os.getpid()
        try:
            kept = self._kept.pop()
        except IndexError:
            pass
        else:
            if kept[2] == process:
                return kept
            # A fork has copied it, and to close it here would take its locks from the other.
            self._inherited.append(kept)
        connection = self._engine.connect()
        return connection, connection.connection.dbapi_connection, process

    def end(self, connection: sa.Connection, keep: bool) -> bool:
        """Commit, or undo, and keep the connection for the next; False where whoever calls must
        do all of that, since somebody has had the connection itself in his hands."""
        used = self._used.pop(connection, None)
        if used is None or connection.closed or connection.in_transaction():
            return False
        driver = used[1]
        try:
            if keep:
                driver.commit()
            else:
                driver.rollback()
        except BaseException:
            # The pool looks after what is left of it.
            connection.close()
            raise
        if self._kept:
            connection.close()
        else:
            self._kept.append(used)
        return True

    def close(self) -> None:
        """Give the connection back to the engine."""
        while self._kept:
            self._kept.pop()[0].close()
