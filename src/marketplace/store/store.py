"""A store: units of work, one inside the other, on an engine or in a caller's connection."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from marketplace.errors import MarketplaceError, SetupError
from marketplace.store.adapter import Adapter
from marketplace.store.connections import Connections
from marketplace.store.hand import Left
from marketplace.store.known import Known
from marketplace.store.runner import Runner
from marketplace.store.sharing import Shared
from marketplace.store.shelf import shelf_for
from marketplace.store.tables import Tables
from marketplace.store.work import StoredWork

# For each open unit of work of this context: its store, who opened it, and the work.
_open: ContextVar[tuple[tuple[Any, Any, StoredWork], ...]] = ContextVar("_open", default=())


class SqlStore:
    """Where a marketplace is kept; see ``marketplace.domain.ports.Store``."""

    def __init__(
        self,
        engine: sa.Engine,
        connection: sa.Connection | None,
        adapter: Adapter,
        tables: Tables,
        *,
        own: bool,
    ) -> None:
        self.engine = engine
        self._own = own
        self.tables = tables
        self.adapter = adapter
        self.dialect = adapter.name
        self.outside = connection
        self.create = "later"
        """What to do where tables are missing: ``missing``, ``never`` or ``later``."""
        self.calendars: frozenset[str] = frozenset()
        """Names of the resources whose claims the search index follows."""
        self._shelf = shelf_for(tables, adapter)
        self.known = Known()
        self.connections = Connections(engine) if own and adapter.commits is not None else None
        self.last: tuple[Any, Left] | None = None
        """What the last writer left, and the version of the data it is of. Only who has the turn
        looks at it: where there are no turns, nobody can tell versions apart."""
        self._waiting: list[Callable[[], None]] = []
        self._committed: list[Callable[[], None]] = []
        if connection is not None:
            self._listen(connection)

    def begin(
        self, *, write: bool = True, alone: bool = False
    ) -> AbstractContextManager[StoredWork]:
        """A unit of work: committed at the end of the block, undone by an exception.

        Inside a block of the same thread or task it joins that unit of work; an exception
        that leaves the inner block undoes what the inner block did. An error of the database
        must leave the block it arose in: nothing else can be done there any more.

        Where only one can write at a time, threads that wait for one another share a commit,
        except one that is ``alone``: what takes long holds up nobody who is done.
        """
        found = self._here()
        if found is None:
            if self._committed:
                self.catch_up()
            # Whoever holds another store open must not wait here for somebody who waits for him.
            return _Outermost(self, write=write, alone=alone or bool(_open.get()))
        if write and not found.runner.writable:
            raise SetupError("a reading unit of work is open here; begin it with write=True")
        return _Inner(found)

    @property
    def joined(self) -> bool:
        """Whether it writes in the caller's transaction, which may still be undone."""
        return self.outside is not None

    def in_work(self) -> bool:
        """Whether a unit of work is open here; then no call outside may be made."""
        return self._here() is not None

    def close(self) -> None:
        """Give the connections back; an engine or connection of the caller's is left alone."""
        self.last = None
        if self.connections is not None:
            self.connections.close()
        if self.adapter.commits is not None:
            self.adapter.commits.close()
        if self._own:
            self.engine.dispose()

    def _here(self) -> StoredWork | None:
        opened = _open.get()
        if opened:
            who = _who()
            work: StoredWork
            for store, owner, work in reversed(opened):
                if store is self and owner == who:
                    return work
        return None

    def make_work(self, connection: sa.Connection, *, write: bool, outside: bool) -> StoredWork:
        """A unit of work on a connection that is in a transaction."""
        runner = self.adapter.runner(connection, writable=write, outside=outside)
        return StoredWork(
            self._shelf, connection, runner, self.known, self.calendars, own=not outside
        )

    def act(self, acts: list[Callable[[], None]]) -> None:
        """Do what waited for the commit, in order; on a caller's connection once it commits."""
        if self.outside is None:
            for act in acts:
                act()
        elif acts:
            self._waiting.extend(acts)

    def catch_up(self) -> None:
        """Do what waited for the commit of a caller's transaction, if that was committed.

        SQLAlchemy tells that a connection is about to commit, not that it did: so this runs
        when the next unit of work begins, or when the caller asks for it.
        """
        acts, self._committed = self._committed, []
        for act in acts:
            act()

    def _listen(self, connection: sa.Connection) -> None:
        def committed(_: sa.Connection) -> None:
            self._committed += self._waiting
            self._waiting = []

        def undone(_: sa.Connection) -> None:
            self._waiting = []

        sa.event.listen(connection, "commit", committed)
        sa.event.listen(connection, "rollback", undone)


def _who() -> Any:
    """This thread, and the task it runs: a context is copied into tasks and threads."""
    thread = threading.get_ident()
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or asyncio._get_running_loop() is None:
        return thread, None
    return thread, asyncio.current_task()


class _Outermost:
    """A unit of work with a transaction of its own, or its part of one that it shares."""

    def __init__(self, store: SqlStore, *, write: bool, alone: bool) -> None:
        self._store = store
        self._write = write
        self._alone = alone
        self._turn: AbstractContextManager[None] | None = None
        self._runner: Runner | None = None
        self._connection: sa.Connection | None = None
        self._shared: Shared | None = None
        self._reader: sa.Connection | None = None
        """Where it only reads, and may have one that is kept: there is nothing to commit."""
        self._writer: sa.Connection | None = None
        """Where it writes in a transaction that is the store's own."""
        self._begun_at: Any = None
        """The version of the data when that transaction had begun."""
        # Whether others' work stands in the transaction: then a savepoint keeps ours apart.
        self._beside = store.outside is not None

    def __enter__(self) -> StoredWork:
        store = self._store
        try:
            connection = self._connected()
            work = store.make_work(connection, write=self._write, outside=self._beside)
            self._runner = work.runner
            if self._write and not store.joined:
                self._writer = connection
                self._go_on(connection, work)
        except BaseException as error:
            self._end(done=False)
            raise self._translated(error) from error
        self._work = work
        self._token = _open.set((*_open.get(), (store, _who(), work)))
        return work

    def _go_on(self, connection: sa.Connection, work: StoredWork) -> None:
        """Begin with what the last writer left, unless anything has been changed since."""
        last, self._store.last = self._store.last, None
        self._begun_at = self._version(connection)
        if last is not None and last[0] == self._begun_at:
            work.go_on_from(last[1])

    def _leave(self, connection: sa.Connection, work: StoredWork) -> None:
        """Leave what is known to the next writer: forgotten again, if it is not committed."""
        version = self._version(connection, self._begun_at)
        if version is not None and (left := work.left()) is not None:
            self._store.last = version, left

    def _version(self, connection: sa.Connection, begun: Any = None) -> Any:
        return self._store.adapter.data_version(connection, self._store.tables, begun)

    def _connected(self) -> sa.Connection:
        """The connection to work on, in a transaction."""
        store = self._store
        if store.outside is not None:
            store.adapter.join(store.outside, write=self._write)
            return store.outside
        if self._write and store.adapter.commits is not None:
            commits = store.adapter.commits
            self._shared = commits.enter(self._begun, self._committed, alone=self._alone)
            self._beside = self._shared.units > 1
            return self._shared.connection
        turn = store.adapter.turn(write=self._write)
        turn.__enter__()
        self._turn = turn
        connection = self._begun()
        if store.connections is None:
            self._connection = connection
        else:
            self._reader = connection
        return connection

    def _begun(self) -> sa.Connection:
        if self._store.connections is not None:
            return self._store.connections.begin(write=self._write)
        connection = self._store.engine.connect()
        try:
            connection.begin()
            self._store.adapter.begin(connection, write=self._write)
        except BaseException:
            connection.close()
            raise
        return connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        done = False
        try:
            if kind is None:
                self._keep()
                done = True
            else:
                self._undo()
        finally:
            _open.reset(self._token)
            self._end(done=done)
        if done:
            if not self._store.joined:
                self._work.teach(self._store.known)
            self._store.act(self._work.committed())

    def _keep(self) -> None:
        work = self._work
        try:
            if self._write:
                work.flush()
            if self._beside:
                work.runner.settle()
                work.runner.leave()
                if self._shared is not None:
                    work.runner.forget_savepoint()
            else:
                work.runner.finish()
            if self._writer is not None:
                self._leave(self._writer, work)
            if self._connection is not None:
                self._connection.commit()
        except BaseException as error:
            self._undo()
            raise self._translated(error) from error

    def _undo(self) -> None:
        if self._writer is not None:
            self._store.last = None
        if self._connection is not None:
            self._work.runner.close()
            _roll_back(self._connection)
        elif self._beside:
            self._work.runner.undo()
            if self._shared is not None:
                # An error may have undone all of the transaction: nobody's part of it is kept.
                self._shared.lost = self._work.runner.broken
        elif self._shared is not None:
            self._shared.lost = SetupError("the only unit of work in it was undone")

    def _end(self, *, done: bool) -> None:
        store = self._store
        try:
            if self._runner is not None:
                self._runner.close()
            given = self._connection or self._reader
            if given is not None:
                self._give_back(given)
            if self._shared is not None:
                assert store.adapter.commits is not None
                store.adapter.commits.leave(alone=self._alone, done=done)
        except BaseException as error:
            if self._shared is None or not done:
                raise
            raise self._translated(error) from error
        finally:
            if self._turn is not None:
                self._turn.__exit__(None, None, None)

    def _committed(self, connection: sa.Connection, keep: bool) -> None:
        """Commit what is shared, or undo it, and give the connection back."""
        last, self._store.last = self._store.last, None
        kept = self._store.connections
        if kept is None or not kept.end(connection, keep):
            self._commit(connection, keep)
        self._store.last = last

    def _commit(self, connection: sa.Connection, keep: bool) -> None:
        try:
            if keep:
                connection.commit()
            else:
                _roll_back(connection)
        except BaseException:
            _roll_back(connection)
            raise
        finally:
            self._give_back(connection)

    def _give_back(self, connection: sa.Connection) -> None:
        kept = self._store.connections
        if kept is not None and kept.end(connection, keep=False):
            return
        if not connection.invalidated:
            self._store.adapter.end(connection, write=self._write)
        connection.close()

    def _translated(self, error: BaseException) -> BaseException:
        if isinstance(error, MarketplaceError) or not isinstance(error, Exception):
            return error
        return self._store.adapter.translate(error)


def _roll_back(connection: sa.Connection) -> None:
    try:
        connection.rollback()
    except Exception:
        # The connection is gone, and with it all that was written: it is not used again.
        connection.invalidate()


class _Inner:
    """A block inside a unit of work, which an exception undoes alone."""

    def __init__(self, work: StoredWork) -> None:
        self._work = work

    def __enter__(self) -> StoredWork:
        self._waiting = self._work.enter()
        return self._work

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._work.leave(self._waiting)
        else:
            self._work.undo(self._waiting)
