"""Runs statements on one connection, and keeps the savepoints of nested blocks.

An inner block gets its savepoint only when something is first written in it: most inner blocks
end well or write nothing, and on PostgreSQL every savepoint is a round trip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from marketplace.errors import Conflict, MarketplaceError, SetupError
from marketplace.store.statement import Statement

Row = tuple[Any, ...]


class Runner:
    """Statements on one open connection, in one transaction."""

    def __init__(
        self,
        driver: Any,
        translate: Callable[[Exception], MarketplaceError],
        *,
        writable: bool,
        outside: bool = False,
    ) -> None:
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
        """Every row that a reading statement gives."""
        self._run(statement.sql, params)
        return self._cursor.fetchall()  # type: ignore[no-any-return]

    def row(self, statement: Statement, params: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""
        self._run(statement.sql, params)
        rows = self._cursor.fetchall()
        return rows[0] if rows else None

    def named(self, statement: Statement, **values: Any) -> list[Row]:
        """Every row that a reading statement gives, its parameters by name."""
        return self.rows(statement, statement.fill(values))

    def write(self, statement: Statement, params: Sequence[Any] = ()) -> int:
        """How many rows a writing statement changed."""
        self.about_to_write()
        self._run(statement.sql, params)
        return int(self._cursor.rowcount)

    def write_named(self, statement: Statement, values: Mapping[str, Any]) -> int:
        """How many rows a writing statement changed, its parameters by name."""
        return self.write(statement, statement.fill(values))

    def write_rows(self, statement: Statement, params: Sequence[Any] = ()) -> list[Row]:
        """The rows that a writing statement returns."""
        self.about_to_write()
        self._run(statement.sql, params)
        return self._cursor.fetchall()  # type: ignore[no-any-return]

    def write_many(self, statement: Statement, params: Sequence[Sequence[Any]]) -> int:
        """Run a writing statement once for each tuple of parameters; gives the rows changed."""
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

    def about_to_write(self) -> None:
        """Refuse where only reading is allowed; set the savepoint of the innermost block."""
        if not self.writable:
            raise SetupError("this unit of work only reads; begin it with write=True")
        if self._blocks and self._blocks[-1] is None:
            self._set_savepoint()

    def enter(self) -> int:
        """Begin an inner block; gives its depth."""
        self._blocks.append(None)
        return len(self._blocks)

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
        self._raw(f"ROLLBACK TO SAVEPOINT {mine}")
        self._stale = mine if mine not in self._blocks else None
        if self.broken is not None and self._broken_in > len(self._blocks):
            self.broken = None

    def refuse_if_broken(self) -> None:
        """Raise ``Conflict`` when a statement failed here: nothing of the block can be kept."""
        if self.broken is not None:
            raise Conflict(
                f"an error broke this unit of work ({self.broken}); let it leave the block",
                code="broken_work",
            ) from self.broken

    def breaks(self, error: Exception) -> None:
        """Note that the innermost block cannot be kept: part of something was written."""
        if self.broken is None:
            self.broken, self._broken_in = error, len(self._blocks)

    def _set_savepoint(self) -> None:
        self._count += 1
        name = f"marketplace_{self._count}"
        if self._stale is not None:
            self._raw(f"RELEASE SAVEPOINT {self._stale}")
            self._stale = None
        self._raw(f"SAVEPOINT {name}")
        # Blocks that have written nothing yet would go back to this very point.
        for index in range(len(self._blocks) - 1, -1, -1):
            if self._blocks[index] is not None:
                break
            self._blocks[index] = name

    def _run(self, sql: str, params: Sequence[Any]) -> None:
        self.refuse_if_broken()
        try:
            self._cursor.execute(sql, params)
        except Exception as error:
            raise self._break(error) from error

    def _raw(self, sql: str) -> None:
        try:
            self._cursor.execute(sql)
        except Exception as error:
            raise self._break(error) from error

    def _break(self, error: Exception) -> MarketplaceError:
        ours = self._translate(error)
        self.breaks(ours)
        return ours
