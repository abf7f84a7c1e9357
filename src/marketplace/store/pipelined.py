"""Statements over a wire: those that nobody waits for travel with the next that is asked.

A round trip to a database on another machine costs more than most statements do. What is only
sent waits here, and goes out in one packet with the next question, or when its block ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from marketplace.store.runner import Ask, Row, Runner
from marketplace.store.statement import Statement, as_rows

MOST_WAITING = 500
"""How many statements may wait before they are sent without a question."""

MANY = 2
"""From so many rows on they are inserted by one statement, which is sent all of them."""


class PipelinedRunner(Runner):
    """A runner on psycopg's pipelines; see ``Runner`` for what each method promises."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        # Each with its parameters, and whether it is run for each of many tuples of them.
        self._waiting: list[tuple[str, Sequence[Any], bool]] = []
        # What is asked behind the next question, and who is given the rows.
        self._soon: list[tuple[str, Sequence[Any], Callable[[list[Row]], None]]] = []
        # The driver begins a transaction by a trip of its own, unless the first statement goes
        # through a pipeline as well.
        self._begun = False

    def soon(
        self, statement: Statement, params: Sequence[Any], then: Callable[[list[Row]], None]
    ) -> None:
        self.refuse_if_broken()
        self.meet(statement)
        self._soon.append((statement.sql, params, then))

    def arrive(self) -> None:
        if self._soon:
            self._exchange([])

    def ask_all(self, asks: Sequence[Ask]) -> list[list[Row]]:
        if not asks:
            return []
        for statement, _ in asks:
            self.meet(statement)
        cursors = self._exchange([(statement.sql, params) for statement, params in asks])
        return [cursor.fetchall() for cursor in cursors]

    def write_many(self, statement: Statement, params: Sequence[Sequence[Any]]) -> int:
        if not params:
            return 0
        self.about_to_write()
        self.meet(statement)
        asks: list[tuple[str, Sequence[Any]]]
        if statement.at_once is not None and len(params) >= MANY:
            asks = [(statement.at_once, (as_rows(statement.names, params),))]
        else:
            asks = [(statement.sql, one) for one in params]
        return sum(cursor.rowcount for cursor in self._exchange(asks))

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        self.about_to_write()
        self.settle()
        names = ", ".join(f'"{one}"' for one in columns)
        try:
            with self._driver.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        except Exception as error:
            raise self._break(error) from error

    def send(self, statement: Statement, params: Sequence[Any] = ()) -> None:
        self.about_to_write()
        self.meet(statement)
        self._bare(statement.sql, params)

    def send_many(self, statement: Statement, params: Sequence[Sequence[Any]]) -> None:
        if params:
            self.about_to_write()
            self.meet(statement)
            self._send_each(statement, params)

    def write_waiting(
        self, statement: Statement, params: Sequence[Sequence[Any]], *, changed: int | None = None
    ) -> None:
        self._send_each(statement, params)

    def settle(self) -> None:
        super().settle()
        if self._waiting:
            self._exchange([])

    def finish(self) -> None:
        super().settle()
        self._soon.clear()  # Nobody has looked for it.
        if self._waiting:
            self._exchange([("COMMIT", ())])

    def _bare(self, sql: str, params: Sequence[Any] = ()) -> None:
        self._wait(sql, params, many=False)

    def _send_each(self, statement: Statement, params: Sequence[Sequence[Any]]) -> None:
        if len(params) == 1:
            self._bare(statement.sql, params[0])
        elif statement.at_once is not None and len(params) >= MANY:
            self._bare(statement.at_once, (as_rows(statement.names, params),))
        else:
            self._wait(statement.sql, params, many=True)

    def _wait(self, sql: str, params: Sequence[Any], *, many: bool) -> None:
        self.refuse_if_broken()
        self._waiting.append((sql, params, many))
        if len(self._waiting) >= MOST_WAITING:
            self._exchange([])

    def _run(self, sql: str, params: Sequence[Any]) -> None:
        if self._waiting or self._soon or not self._begun:
            self._cursor = self._exchange([(sql, params)])[0]
        else:
            super()._run(sql, params)

    def _roll_back_to(self, savepoint: str) -> None:
        # What was never sent need not be undone.
        setting = (f"SAVEPOINT {savepoint}", (), False)
        if setting in self._waiting:
            del self._waiting[self._waiting.index(setting) + 1 :]
            return
        self._waiting.clear()
        super()._roll_back_to(savepoint)

    def _exchange(self, asks: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Send what waits and what is asked, in one round trip; gives a cursor for each asked.

        What is asked soon goes behind it, so that it is read under the locks that it takes.
        """
        self.refuse_if_broken()
        self._begun = True
        waiting, self._waiting = self._waiting, []
        soon, self._soon = self._soon, []
        cursors: list[Any] = []
        first: Exception | None = None
        try:
            with self._driver.pipeline():
                try:
                    sending = self._driver.cursor()
                    for sql, params, many in waiting:
                        if many:
                            sending.executemany(sql, params)
                        else:
                            sending.execute(sql, params)
                    for sql, params in (*asks, *((sql, params) for sql, params, _ in soon)):
                        cursors.append(self._driver.cursor())
                        cursors[-1].execute(sql, params)
                except Exception as error:
                    # The first is the cause; what the pipeline says on leaving only follows.
                    first = error
        except Exception as error:
            first = first or error
        if first is not None:
            raise self._break(first) from first
        asked, told = cursors[: len(asks)], cursors[len(asks) :]
        for cursor, (_, _, then) in zip(told, soon, strict=True):
            then(cursor.fetchall())
        return asked
