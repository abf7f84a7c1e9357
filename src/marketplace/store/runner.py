"""Runs statements on one connection, and keeps the savepoints of nested blocks.

An inner block gets its savepoint only when something is first written in it: most inner blocks
end well or write nothing.

Statements whose answer nobody waits for are *sent*; a database at the other end of a wire may
get them together with the next that is *asked* (see ``pipelined``). So an error of what was sent
comes at the latest when its block ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from marketplace.errors import Conflict, MarketplaceError, SetupError, StaleVersion
from marketplace.store.statement import Statement

Row = tuple[Any, ...]
Ask = tuple[Statement, Sequence[Any]]


class Waiting(Protocol):
    """Rows that are yet to be written, and rows that need not be read; see ``Hand``."""

    delayed: set[str]
    """The tables of which rows wait."""

    def flush(self) -> None:
        """Write what waits."""
        ...

    def forget(self, noun: str) -> None:
        """Rows of this table are in hand no more: somebody changes them there."""
        ...

    def let_go(self) -> None:
        """All is over: nobody waits any more."""
        ...


class Runner:
    """Statements on one open connection, in one transaction, each run at once."""

    def __init__(
        self,
        cursor: Any,
        translate: Callable[[Exception], MarketplaceError],
        *,
        writable: bool,
        outside: bool = False,
        tell: Callable[[], object] | None = None,
    ) -> None:
        self._cursor = cursor
        # Tells SQLAlchemy of the transaction, where the driver itself has begun it.
        self._tell = tell
        self._translate = translate
        self.writable = writable
        # One entry for each block that can be undone alone: its savepoint, None until needed.
        # A caller's own transaction is never ours to undo, so there the first block is one too.
        self._blocks: list[str | None] = [None] if outside else []
        self._stale: str | None = None
        self._count = 0
        self.broken: Exception | None = None
        self._broken_in = 0
        self.hand: Waiting | None = None

    def meet(self, statement: Statement) -> None:
        """Before a statement: write what it must find, forget what it changes."""
        hand = self.hand
        if hand is None:
            return
        nouns = statement.nouns
        if hand.delayed and (nouns is None or not hand.delayed.isdisjoint(nouns)):
            hand.flush()
        if statement.changes is not None:
            hand.forget(statement.changes)

    def write_waiting(
        self, statement: Statement, params: Sequence[Sequence[Any]], *, changed: int | None = None
    ) -> None:
        """Write rows that waited, in the block in which they came to wait.

        Raises ``StaleVersion`` when they are not ``changed`` rows, where that can be seen.
        """
        self._run_many(statement.sql, params)
        if changed is not None and self._cursor.rowcount != changed:
            error = StaleVersion("a row changed behind the unit of work that had it in hand")
            self.broken, self._broken_in = error, len(self._blocks)
            raise error

    def rows(self, statement: Statement, params: Sequence[Any] = ()) -> list[Row]:
        """Every row that a statement gives."""
        self.meet(statement)
        return self._fetched(self._run(statement.sql, params))

    def row(self, statement: Statement, params: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""
        rows = self.rows(statement, params)
        return rows[0] if rows else None

    def ask_all(self, asks: Sequence[Ask]) -> list[list[Row]]:
        """The rows of several statements, run in their order."""
        return [self.rows(statement, params) for statement, params in asks]

    def soon(
        self, statement: Statement, params: Sequence[Any], then: Callable[[list[Row]], None]
    ) -> None:
        """Ask at the latest with the next question, behind it; ``then`` is given the rows."""
        then(self.rows(statement, params))

    def later(self, asks: Sequence[Ask]) -> Callable[[], list[Row]]:
        """Ask all of it soon; gives what has the rows of the last, asked by then at the latest."""
        came: list[list[Row]] = []
        for statement, params in asks:
            self.soon(statement, params, came.append)
        return self._last_of(came, len(asks))

    def _last_of(self, came: list[list[Row]], awaited: int) -> Callable[[], list[Row]]:
        """What has the last of so many answers, which are all there when it is asked."""

        def rows() -> list[Row]:
            if len(came) < awaited:
                self.arrive()
            return came[-1]

        return rows

    def arrive(self) -> None:
        """Have what was to be asked soon asked by now; here it was at once."""
        self.refuse_if_broken()

    def write(self, statement: Statement, params: Sequence[Any] = ()) -> int:
        """How many rows a writing statement changed."""
        self.about_to_write()
        self.meet(statement)
        return int(self._run(statement.sql, params).rowcount)

    def write_rows(self, statement: Statement, params: Sequence[Any] = ()) -> list[Row]:
        """The rows that a writing statement returns."""
        self.about_to_write()
        return self.rows(statement, params)

    def write_many(self, statement: Statement, params: Sequence[Sequence[Any]]) -> int:
        """Run a writing statement for each tuple of parameters; gives how many rows it changed."""
        if not params:
            return 0
        if len(params) == 1:
            return self.write(statement, params[0])
        self.about_to_write()
        self.meet(statement)
        self._run_many(statement.sql, params)
        return int(self._cursor.rowcount)

    def _run_many(self, sql: str, params: Sequence[Sequence[Any]]) -> None:
        if len(params) == 1:
            self._run(sql, params[0])
            return
        self.refuse_if_broken()
        try:
            self._cursor.executemany(sql, params)
        except Exception as error:
            raise self._break(error) from error

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert very many rows, in the way that is fastest here."""
        names, marks = (", ".join(f'"{one}"' for one in columns), ", ".join("?" for _ in columns))
        statement = Statement(f"INSERT INTO {table} ({names}) VALUES ({marks})", ())
        self.write_many(statement, list(rows))

    def send(
        self,
        statement: Statement,
        params: Sequence[Any] = (),
        then: Callable[[list[Row]], None] | None = None,
    ) -> None:
        """Write without waiting for an answer; ``then`` is given the rows, once they are there."""
        if then is None:
            self.write(statement, params)
        else:
            then(self.write_rows(statement, params))

    def write_later(
        self, statement: Statement, params: Sequence[Any] = ()
    ) -> Callable[[], list[Row]]:
        """Write without waiting for an answer; gives what has the rows, once they are looked at."""
        came: list[list[Row]] = []
        self.send(statement, params, came.append)
        return self._last_of(came, 1)

    def send_many(self, statement: Statement, params: Sequence[Sequence[Any]]) -> None:
        """Write once for each tuple of parameters without waiting for an answer."""
        self.write_many(statement, params)

    def settle(self) -> None:
        """Write what waits, and wait for the answer to all of it; raises what went wrong."""
        self.refuse_if_broken()
        self._let_go()

    def lend(self) -> None:
        """Settle, since from now on somebody else runs statements on the connection as well."""
        self.settle()
        tell, self._tell = self._tell, None
        if tell is not None:
            tell()

    def _let_go(self) -> None:
        if self.hand is not None and self.hand.delayed:
            self.hand.flush()

    def finish(self) -> None:
        """Settle, and commit where that is one step; whoever calls commits in any case."""
        self.settle()

    def close(self) -> None:
        """Run nothing any more; nothing of it is under way then. Before all is undone as well.

        A cursor that is only forgotten is taken apart at any time, in any thread, and Python's
        SQLite driver then resets the statement that it ran last: in another unit of work, which
        runs the same one on the same connection, that is "bad parameter or other API misuse".
        """
        if self.hand is not None:
            self.hand.let_go()
            self.hand = None
        try:
            self._cursor.close()
        except Exception:
            return  # Where the connection is gone, so is the cursor.

    def about_to_write(self) -> None:
        """Refuse where only reading is allowed; set the savepoint of the innermost block."""
        if not self.writable:
            raise SetupError("this unit of work only reads; begin it with write=True")
        if self._blocks and self._blocks[-1] is None:
            # What waits came to wait in a block around this one, and is not undone with it.
            self._let_go()
            self._set_savepoint()

    def enter(self) -> None:
        """Begin an inner block."""
        self._blocks.append(None)

    def leave(self) -> None:
        """End the innermost block well: what it wrote now belongs to the block around it."""
        self.refuse_if_broken()
        mine = self._blocks.pop()
        if mine is not None and mine not in self._blocks:
            self._stale = mine

    def undo(self) -> bool:
        """End the innermost block by undoing it; gives whether anything was written in it."""
        mine = self._blocks.pop()
        if mine is None:
            return False
        self._roll_back_to(mine)
        self._stale = mine if mine not in self._blocks else None
        if self.broken is not None and self._broken_in > len(self._blocks):
            self.broken = None
        return True

    @contextmanager
    def all_or_none(self) -> Iterator[None]:
        """A block whose writing an exception undoes."""
        self.enter()
        try:
            yield
        except BaseException:
            self.undo()
            raise
        self.leave()

    def refuse_if_broken(self) -> None:
        """Raise ``Conflict`` when a statement failed here: nothing of the block can be kept."""
        if self.broken is not None:
            raise Conflict(
                f"an error broke this unit of work ({self.broken}); let it leave the block",
                code="broken_work",
            ) from self.broken

    def forget_savepoint(self) -> None:
        """Have the database keep no way back to where the last block began, which has ended."""
        if self._stale is not None:
            self._bare(f"RELEASE SAVEPOINT {self._stale}")
            self._stale = None

    def _set_savepoint(self) -> None:
        self._count += 1
        name = f"marketplace_{self._count}"
        self.forget_savepoint()
        self._bare(f"SAVEPOINT {name}")
        # Blocks that have written nothing yet would go back to this very point.
        for index in range(len(self._blocks) - 1, -1, -1):
            if self._blocks[index] is not None:
                break
            self._blocks[index] = name

    def _roll_back_to(self, savepoint: str) -> None:
        try:
            self._cursor.execute(f"ROLLBACK TO SAVEPOINT {savepoint}")
        except Exception as error:
            self._lose(error)

    def _lose(self, error: Exception) -> None:
        """The whole transaction is gone: no block around this one can be kept either."""
        self._broken_in, self.broken = 0, self._translate(error)

    def _bare(self, sql: str) -> None:
        self._run(sql, ())

    def _run(self, sql: str, params: Sequence[Any]) -> Any:
        """Run a statement; gives the cursor that has its answer."""
        self.refuse_if_broken()
        try:
            self._cursor.execute(sql, params)
        except Exception as error:
            raise self._break(error) from error
        return self._cursor

    def _fetched(self, answer: Any) -> list[Row]:
        try:
            return answer.fetchall()  # type: ignore[no-any-return]
        except Exception as error:
            raise self._break(error) from error

    def _break(self, error: Exception) -> MarketplaceError:
        """The error as one of ours; part of something may be written, so the block is broken."""
        ours = self._translate(error)
        if self.broken is None:
            self.broken, self._broken_in = ours, len(self._blocks)
        return ours
