"""Statements over a wire: nobody waits for an answer before the next that is asked.

A round trip to a database on another machine costs more than most statements do. What is only
sent is put on its way, for the server to run while Python goes on; inside a block that may be
undone alone it waits here, and goes out in one packet with the next question, or when the block
around it goes on. Its answer, and its error, come with those to the next question, or with the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from marketplace.errors import MarketplaceError
from marketplace.store.runner import Ask, Row, Runner
from marketplace.store.statement import Statement, as_rows
from marketplace.store.wire import Answer, Said, Wire, command

MOST_WAITING = 500
"""How many statements may wait before they are sent without a question."""

GO_TOGETHER = 4
"""So many rows that waited are put on their way together: each time is a call of the kernel's, and
the server takes as long to run one as we take to write down four."""

MANY = 2
"""From so many rows on they are inserted by one statement, which is sent all of them."""


Then = Callable[[list[Row]], None]


class PipelinedRunner(Runner):
    """A runner on a wire; see ``Runner`` for what each method promises."""

    def __init__(
        self,
        wire: Wire,
        translate: Callable[[Exception], MarketplaceError],
        *,
        writable: bool,
        outside: bool = False,
    ) -> None:
        super().__init__(None, translate, writable=writable, outside=outside)
        self._wire = wire
        # What nobody has waited for yet; so many of it are under way.
        self._waiting: list[Said] = []
        self._started = 0
        # By the place of what waits: who is given the rows that come of it.
        self._told: dict[int, Then] = {}
        # What is asked behind the next question, and who is given the rows.
        self._soon: list[tuple[Said, Then]] = []

    def soon(self, statement: Statement, params: Sequence[Any], then: Then) -> None:
        self.refuse_if_broken()
        self.meet(statement)
        self._soon.append((self._said(statement.sql, params), then))

    def arrive(self) -> None:
        if self._soon or self._told:
            self._exchange([])

    def ask_all(self, asks: Sequence[Ask]) -> list[list[Row]]:
        if not asks:
            return []
        for statement, _ in asks:
            self.meet(statement)
        said = [self._said(statement.sql, params) for statement, params in asks]
        return [self._fetched(answer) for answer in self._exchange(said)]

    def write_many(self, statement: Statement, params: Sequence[Sequence[Any]]) -> int:
        if not params:
            return 0
        self.about_to_write()
        self.meet(statement)
        if statement.at_once is not None and len(params) >= MANY:
            said = [self._said(statement.at_once, (as_rows(statement.names, params),))]
        else:
            said = [self._said(statement.sql, one) for one in params]
        return sum(answer.rowcount for answer in self._exchange(said))

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        self.about_to_write()
        self.settle()
        names = ", ".join(f'"{one}"' for one in columns)
        try:
            with self._wire.driver.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        except Exception as error:
            raise self._break(error) from error

    def send(
        self, statement: Statement, params: Sequence[Any] = (), then: Then | None = None
    ) -> None:
        self.about_to_write()
        self.meet(statement)
        self._wait(self._said(statement.sql, params), then)
        self._start()

    def send_many(self, statement: Statement, params: Sequence[Sequence[Any]]) -> None:
        if params:
            self.about_to_write()
            self.meet(statement)
            self._send_each(statement, params)
            self._start()

    def write_waiting(
        self, statement: Statement, params: Sequence[Sequence[Any]], *, changed: int | None = None
    ) -> None:
        self._send_each(statement, params)
        if len(self._waiting) - self._started >= GO_TOGETHER:
            self._start()

    def _start(self) -> None:
        """Have the server run what waits while we go on.

        Not inside a block that may be undone alone: what was never sent need not be. That is each
        block on a connection of the caller's, who may use it as well.
        """
        if self._blocks:
            return
        try:
            if self._wire.start(self._waiting[self._started :]):
                self._started = len(self._waiting)
        except Exception as error:
            raise self._break(error) from error

    def settle(self) -> None:
        super().settle()
        if self._waiting:
            self._exchange([])

    def lend(self) -> None:
        super().lend()
        self._wire.doubt()

    def finish(self) -> None:
        super().settle()
        self._soon.clear()  # Nobody has looked for it.
        if self._waiting:
            self._exchange([command("COMMIT")])

    def close(self) -> None:
        self._drop(0)
        self._wire.drain()
        self._soon.clear()
        super().close()

    def _drop(self, place: int) -> None:
        """What waits from this place on is never sent."""
        del self._waiting[place:]
        self._told = {at: then for at, then in self._told.items() if at < place}

    def _bare(self, sql: str) -> None:
        self._wait(command(sql))

    def _send_each(self, statement: Statement, params: Sequence[Sequence[Any]]) -> None:
        if len(params) == 1:
            self._wait(self._said(statement.sql, params[0]))
        elif statement.at_once is not None and len(params) >= MANY:
            self._wait(self._said(statement.at_once, (as_rows(statement.names, params),)))
        else:
            self._wait(self._said(statement.sql, params, many=True))

    def _wait(self, said: Said, then: Then | None = None) -> None:
        self.refuse_if_broken()
        if then is not None:
            self._told[len(self._waiting)] = then
        self._waiting.append(said)
        if len(self._waiting) >= MOST_WAITING:
            self._exchange([])

    def _run(self, sql: str, params: Sequence[Any]) -> Answer:
        return self._exchange([self._said(sql, params)])[0]

    def _said(self, sql: str, params: Sequence[Any], *, many: bool = False) -> Said:
        """A statement with its parameters; what cannot be sent breaks the block at once."""
        try:
            return self._wire.say_many(sql, params) if many else self._wire.say(sql, params)
        except Exception as error:
            raise self._break(error) from error

    def _roll_back_to(self, savepoint: str) -> None:
        # What was never sent need not be undone.
        setting = command(f"SAVEPOINT {savepoint}")
        if setting in self._waiting:
            self._drop(self._waiting.index(setting) + 1)
            return
        self._drop(0)
        try:
            self._wire.exchange([command(f"ROLLBACK TO SAVEPOINT {savepoint}")])
        except Exception as error:
            self._lose(error)

    def _exchange(self, asks: Sequence[Said]) -> list[Answer]:
        """Send what waits and what is asked, in one round trip; gives the answer to each asked.

        What is asked soon goes behind it, so that it is read under the locks that it takes.
        """
        self.refuse_if_broken()
        waiting, self._waiting = self._waiting, []
        started, self._started = self._started, 0
        waited_for, self._told = self._told, {}
        soon, self._soon = self._soon, []
        try:
            answers = self._wire.exchange([*waiting[started:], *asks, *(said for said, _ in soon)])
        except Exception as error:
            raise self._break(error) from error
        for place, then in waited_for.items():
            then(self._fetched(answers[place]))
        asked = len(waiting) + len(asks)
        for answer, (_, then) in zip(answers[asked:], soon, strict=True):
            then(self._fetched(answer))
        return answers[len(waiting) : asked]
