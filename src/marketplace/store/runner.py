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
from typing import Any

from marketplace.errors import Conflict, MarketplaceError, SetupError
from marketplace.store.statement import Statement

Row = tuple[Any, ...]
Ask = tuple[Statement, Sequence[Any]]


class Runner:
    """Statements on one open connection, in one transaction, each run at once."""

    def __init__(
        self,
        driver: Any,
        translate: Callable[[Exception], MarketplaceError],
        *,
        writable: bool,
        outside: bool = False,
    ) -> None:
        self._driver = driver
        self._cursor = driver.cursor()
        self._translate = translate
        self.writable = writable
        # One entry for each block that can be undone alone: its savepoint, None until needed.
        # A caller's own transaction is never ours to undo, so there the first block is one too.
        self._blocks: list[str | None] = [None] if outside else []
        self._stale: str | None = None
        self._count = 0
        self.broken: Exception | None = None
        self._broken_in = 0

    def rows(self, statement: Statement, params: Sequence[Any] = ()) -> list[Row]:
        """Every row that a statement gives."""
        self._run(statement.sql, params)
        return self._fetched()

    def row(self, statement: Statement, params: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""
        rows = self.rows(statement, params)
        return rows[0] if rows else None

    def ask_all(self, asks: Sequence[Ask]) -> list[list[Row]]:
        """The rows of several statements, run in their order."""
        return [self.rows(statement, params) for statement, params in asks]

    def write(self, statement: Statement, params: Sequence[Any] = ()) -> int:
        """How many rows a writing statement changed."""
        self.about_to_write()
        self._run(statement.sql, params)
        return int(self._cursor.rowcount)

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
        self.refuse_if_broken()
        try:
            self._cursor.executemany(statement.sql, params)
        except Exception as error:
            raise self._break(error) from error
        return int(self._cursor.rowcount)

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert very many rows, in the way that is fastest here."""
        names, marks = (", ".join(f'"{one}"' for one in columns), ", ".join("?" for _ in columns))
        statement = Statement(f"INSERT INTO {table} ({names}) VALUES ({marks})", ())
        self.write_many(statement, list(rows))

    def send(self, statement: Statement, params: Sequence[Any] = ()) -> None:
        """Write without waiting for an answer."""
        self.write(statement, params)

    def send_many(self, statement: Statement, params: Sequence[Sequence[Any]]) -> None:
        """Write once for each tuple of parameters without waiting for an answer."""
        self.write_many(statement, params)

    def settle(self) -> None:
        """Wait for the answer to everything that was sent; raises what went wrong."""
        self.refuse_if_broken()

    def finish(self) -> None:
        """Settle, and commit where that is one step; whoever calls commits in any case."""
        self.settle()

    def about_to_write(self) -> None:
        """Refuse where only reading is allowed; set the savepoint of the innermost block."""
        if not self.writable:
            raise SetupError("this unit of work only reads; begin it with write=True")
        if self._blocks and self._blocks[-1] is None:
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

    def undo(self) -> None:
        """End the innermost block by undoing it."""
        mine = self._blocks.pop()
        if mine is None:
            return
        self._roll_back_to(mine)
        self._stale = mine if mine not in self._blocks else None
        if self.broken is not None and self._broken_in > len(self._blocks):
            self.broken = None

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

    def _set_savepoint(self) -> None:
        self._count += 1
        name = f"marketplace_{self._count}"
        if self._stale is not None:
            self._bare(f"RELEASE SAVEPOINT {self._stale}")
            self._stale = None
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
            # The whole transaction is gone: no block around this one can be kept either.
            self._broken_in, self.broken = 0, self._translate(error)

    def _bare(self, sql: str) -> None:
        self._run(sql, ())

    def _run(self, sql: str, params: Sequence[Any]) -> None:
        self.refuse_if_broken()
        try:
            self._cursor.execute(sql, params)
        except Exception as error:
            raise self._break(error) from error

    def _fetched(self) -> list[Row]:
        try:
            return self._cursor.fetchall()  # type: ignore[no-any-return]
        except Exception as error:
            raise self._break(error) from error

    def _break(self, error: Exception) -> MarketplaceError:
        """The error as one of ours; part of something may be written, so the block is broken."""
        ours = self._translate(error)
        if self.broken is None:
            self.broken, self._broken_in = ours, len(self._blocks)
        return ours
