"""PostgreSQL over psycopg's own floor: several statements go out in one packet, and come back so.

A cursor of psycopg's costs more in Python than most statements cost the server: each makes its
own translators and asks anew whether the socket is ready. So what is said here is put into libpq's
buffer by libpq's own calls (``psycopg.pq``), goes out at once, and one look at the socket waits for
all answers. What is only started goes out as well, and nobody waits: the server runs it while
Python goes on. What a value becomes, and what it is when it comes back, psycopg's adapters decide
as ever.

A statement is prepared when it is first said, and stays so for its connection, unless the
connection's ``prepare_threshold`` is None. Whoever listens is told what is said: see ``LISTENER``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from attrs import define, field
from psycopg import Connection, abc, capabilities
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import (
    Error,
    FeatureNotSupported,
    InvalidSqlStatementName,
    OperationalError,
    ProgrammingError,
    error_from_result,
)
from psycopg.pq import ConnStatus, ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait

LISTENER = "marketplace_listener"
"""In the ``info`` of a connection of SQLAlchemy's: who is called with the words of each statement,
its parameters, and whether these are many rows of them."""

PREPARED = "marketplace_prepared"
"""In the same place: what is prepared on the connection."""

KEPT_STATEMENTS = 1_000
"""How many statements a connection keeps prepared."""

ONLY_OURS = 2**31 - 1
"""A ``prepare_threshold`` at which psycopg prepares nothing by itself. With a lesser one it keeps
statements of its own, and at a rollback has the server forget all that are prepared, ours too."""

MOST_PARAMETERS = 65_535

_Key = tuple[str, tuple[int, ...]]
_Values = tuple[Sequence[Any] | None, tuple[int, ...], Sequence[Format] | None]

# Compared with what C gives as plain integers, for each answer.
_FATAL, _SYNC = int(ExecStatus.FATAL_ERROR), int(ExecStatus.PIPELINE_SYNC)
_DONE, _ROWS = int(ExecStatus.COMMAND_OK), int(ExecStatus.TUPLES_OK)
_IDLE, _IN_TRANSACTION = int(TransactionStatus.IDLE), int(TransactionStatus.INTRANS)
_BAD = int(ConnStatus.BAD)


@define
class Prepared:
    """What is prepared on one connection, the longest unused first."""

    names: OrderedDict[_Key, bytes] = field(factory=OrderedDict)
    count: int = 0
    """How many names were ever given: none is given twice."""

    def new_name(self) -> bytes:
        """A name that no statement of this connection has."""
        self.count += 1
        return b"marketplace_%d" % self.count


@define
class Said:
    """A statement with its parameters, as they go over the wire; nobody changes it, but what is
    frozen takes twice as long to make."""

    words: str
    params: Sequence[Any]
    many: bool
    """Whether it is run for each of many rows of parameters."""
    query: bytes
    values: list[_Values]
    """For each run what is sent, of which types and in which formats."""
    prepared: bool
    """Whether it is worth preparing: what marks a transaction is not."""


class Answer:
    """What a statement gave, in the manner of a cursor."""

    __slots__ = ("_result", "_translator")

    def __init__(self, result: PGresult, translator: abc.Transformer) -> None:
        self._result = result
        self._translator = translator

    @property
    def rowcount(self) -> int:
        """How many rows it gave or changed; -1 where it is no such statement."""
        count = self._result.command_tuples
        return -1 if count is None else count

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All its rows."""
        result = self._result
        if result.status != _ROWS:
            raise ProgrammingError("the last operation didn't produce records")
        if not (count := result.ntuples):
            return []
        self._translator.set_pgresult(result)
        return self._translator.load_rows(0, count, tuple)


@define
class _UnderWay:
    """What was said in a pipeline that is open; nobody has read an answer yet."""

    prepares: bool
    """Whether what is said in it is prepared."""
    places: list[int]
    """Where among the results the last of each statement will be."""
    made: list[tuple[int, _Key, bytes]]
    """Where those will be that say that a statement is prepared now."""
    fresh: dict[_Key, bytes]
    """The names of these."""
    count: int
    """How many results there will be."""


class Wire:
    """One connection, as one unit of work speaks on it.

    It is at rest, or something is under way: said, perhaps run by now, and not answered. Whatever
    is under way ends in ``_land``, the only place in which answers are read.
    """

    def __init__(self, driver: Connection[Any], info: dict[Any, Any]) -> None:
        self.driver = driver
        self._listener: Callable[..., None] | None = info.get(LISTENER)
        self._prepared: Prepared = info.setdefault(PREPARED, Prepared())
        # Kept no longer than a unit of work: it knows how the connection was set when it was made.
        self._translator: abc.Transformer = Transformer(driver)
        threshold = driver.prepare_threshold
        self._prepares = threshold is not None
        self._only_ours = threshold is not None and threshold >= ONLY_OURS
        # Whether what is remembered as prepared is known to be so still, in this transaction.
        self._sure = self._only_ours
        self._way: _UnderWay | None = None
        # Whether nobody else says anything on the connection before this unit of work ends.
        self._ours = True

    def say(self, words: str, params: Sequence[Any] = ()) -> Said:
        """A statement with its parameters, ready to be sent; raises where one cannot be."""
        query, formats = _translated(words, self._translator.encoding)
        return Said(words, params, False, query, [self._dumped(params, formats)], True)

    def say_many(self, words: str, rows: Sequence[Sequence[Any]]) -> Said:
        """The same for each of many rows of parameters."""
        query, formats = _translated(words, self._translator.encoding)
        values = [self._dumped(one, formats) for one in rows]
        return Said(words, rows, True, query, values, True)

    def _dumped(self, params: Sequence[Any], formats: list[PyFormat]) -> _Values:
        if len(params) != len(formats) or len(params) > MOST_PARAMETERS:
            raise ProgrammingError(
                f"the query has {len(formats)} placeholders (of {MOST_PARAMETERS} at most)"
                f" but {len(params)} parameters were passed"
            )
        if not formats:
            return None, (), None
        translator = self._translator
        values = translator.dump_sequence(params, formats)
        return values, translator.types or (), translator.formats

    def doubt(self) -> None:
        """Somebody else uses the connection from now on: he may have the server forget what is
        prepared, and finds nothing under way at any time."""
        self._sure = self._only_ours
        self._ours = False

    def start(self, said: Sequence[Said]) -> bool:
        """Have the server run all of it while we go on; the next exchange gives the answers.

        False, and nothing is said, before a transaction or where somebody else uses the connection.
        """
        driver, way = self.driver, self._way
        if way is None and not self._may_start():
            return False
        self._tell(said)
        with driver.lock:
            pgconn = driver.pgconn
            try:
                self._way = way = way or self._set_out(pgconn, begins=False)
                self._put(pgconn, way, said)
                pgconn.flush()
            except BaseException:
                self._way = None
                self._leave(pgconn)
                raise
        return True

    def _may_start(self) -> bool:
        return self._ours and self.driver.pgconn.transaction_status == _IN_TRANSACTION

    def _tell(self, said: Sequence[Said]) -> None:
        listener = self._listener
        if listener is not None:
            for one in said:
                listener(one.words, one.params, one.many)

    def drain(self) -> None:
        """Have nothing under way any more, since all of it is to be undone: what the server has
        not done within a moment it is told to give up, as it may wait for one who waits for us."""
        way, self._way = self._way, None
        if way is not None:
            with self.driver.lock, suppress(Error):
                self._land(way, impatient=self.driver.cancel_safe)

    def exchange(self, said: Sequence[Said]) -> list[Answer]:
        """Send all of it in one packet, behind a BEGIN where there is no transaction yet; gives the
        answers, that of its last run for what is run many times, and first those to what is under
        way.

        Raises the error of the first statement that failed; those behind it were not run.
        """
        self._tell(said)
        with self.driver.lock:
            begins = self._way is None and self._is_idle()
            try:
                return self._talk(said, begins=begins)
            except (InvalidSqlStatementName, FeatureNotSupported):
                # The server forgot what was prepared, or tables were changed under it.
                self._prepared.names.clear()
                if not begins:
                    raise
                # Nothing but this was said in the transaction, and all of it is undone.
                self._talk([command("ROLLBACK")], begins=False)
                return self._talk(said, begins=True)

    def _is_idle(self) -> bool:
        driver = self.driver
        return driver.pgconn.transaction_status == _IDLE and not driver.autocommit

    def _talk(self, said: Sequence[Said], *, begins: bool) -> list[Answer]:
        pgconn = self.driver.pgconn
        way, self._way = self._way, None
        try:
            if way is None:
                way = self._set_out(pgconn, begins=begins)
            self._put(pgconn, way, said)
        except BaseException:
            self._leave(pgconn)
            raise
        results = self._land(way)
        for result in results:
            if result.status == _FATAL:
                raise error_from_result(result, encoding=self.driver.info.encoding)
        translator = self._translator
        return [Answer(results[place], translator) for place in way.places]

    def _set_out(self, pgconn: PGconn, *, begins: bool) -> _UnderWay:
        """Open a pipeline, and begin a transaction in it where there is none yet."""
        names = self._prepared.names
        pgconn.enter_pipeline_mode()
        way = _UnderWay(self._prepares and (begins or self._sure), [], [], {}, 0)
        if begins:
            pgconn.send_query_params(_beginning(self.driver), None)
            way.count += 1
            self._sure = self._only_ours or not names
        while len(names) > KEPT_STATEMENTS:
            _forget(pgconn, names.popitem(last=False)[1])
            way.count += 1
        return way

    def _put(self, pgconn: PGconn, way: _UnderWay, said: Sequence[Said]) -> None:
        """Put all of it into the buffer."""
        names, fresh, at = self._prepared.names, way.fresh, way.count
        for one in said:
            prepares = way.prepares and one.prepared
            for values, types, formats in one.values:
                if prepares:
                    key = (one.words, types)
                    if (name := names.get(key)) is not None:
                        names.move_to_end(key)
                        self._sure = True
                    elif (name := fresh.get(key)) is None:
                        name = fresh[key] = self._prepared.new_name()
                        pgconn.send_prepare(name, one.query, param_types=types)
                        way.made.append((at, key, name))
                        at += 1
                    pgconn.send_query_prepared(name, values, param_formats=formats)
                else:
                    pgconn.send_query_params(
                        one.query, values, param_types=types, param_formats=formats
                    )
                at += 1
            way.places.append(at - 1)
        way.count = at

    def _land(self, way: _UnderWay, impatient: Callable[[], None] | None = None) -> list[PGresult]:
        """Read all that is under way, and leave the pipeline."""
        pgconn = self.driver.pgconn
        try:
            pgconn.pipeline_sync()
            results = self.driver.wait(_answers(pgconn, impatient))
        finally:
            self._leave(pgconn)
        names = self._prepared.names
        for place, key, name in way.made:
            if place < len(results) and results[place].status == _DONE:
                names[key] = name
        return results

    def _leave(self, pgconn: PGconn) -> None:
        """Leave the pipeline; a connection that was left in the midst of it is closed, since nobody
        can know what it would answer next."""
        try:
            pgconn.exit_pipeline_mode()
        except OperationalError:
            self.driver.close()


@lru_cache
def command(words: str) -> Said:
    """What marks a transaction; it has no parameters and is not prepared."""
    return Said(words, (), False, words.encode(), [(None, (), None)], False)


@lru_cache(maxsize=4 * KEPT_STATEMENTS)
def _translated(words: str, encoding: str) -> tuple[bytes, list[PyFormat]]:
    """A statement as the server takes it, and how its parameters are to be dumped."""
    parts = words.split("%s")
    query = parts[0] + "".join(f"${at}{part}" for at, part in enumerate(parts[1:], 1))
    return query.encode(encoding), [PyFormat.AUTO] * (len(parts) - 1)


def _beginning(driver: Connection[Any]) -> bytes:
    """What begins a transaction on this connection, as it is set."""
    words = ["BEGIN"]
    if (level := driver.isolation_level) is not None:
        words.append(f"ISOLATION LEVEL {level.name.replace('_', ' ')}")
    if (read_only := driver.read_only) is not None:
        words.append("READ ONLY" if read_only else "READ WRITE")
    if (deferrable := driver.deferrable) is not None:
        words.append("DEFERRABLE" if deferrable else "NOT DEFERRABLE")
    return " ".join(words).encode()


def _forget(pgconn: PGconn, name: bytes) -> None:
    """Have the server forget a prepared statement."""
    if capabilities.has_send_close_prepared():
        pgconn.send_close_prepared(name)
    else:
        pgconn.send_query_params(b"DEALLOCATE " + name, None)


def _answers(
    pgconn: PGconn, impatient: Callable[[], None] | None = None
) -> Generator[Wait, Ready | int, list[PGresult]]:
    """Send what is in the buffer, and collect all answers to it; waits by ``Connection.wait``.

    ``impatient`` is called each time that nothing comes for a while.
    """
    while pgconn.flush():
        # While the server waits for us to read, it does not read either.
        if (yield Wait.RW) & Ready.R:
            pgconn.consume_input()
    results: list[PGresult] = []
    while True:
        try:
            while pgconn.is_busy():
                if (yield Wait.R):
                    pgconn.consume_input()
                elif impatient is not None:
                    impatient()
            result = pgconn.get_result()
            if result is None and pgconn.status == _BAD:
                raise OperationalError("the connection was lost", pgconn=pgconn)
        except Error:
            # What the server said before it hung up is the cause.
            if any(one.status == _FATAL for one in results):
                return results
            raise
        if result is None:
            continue  # After the results of each statement.
        if result.status == _SYNC:
            break
        results.append(result)
    while (notice := pgconn.notifies()) is not None:
        # Somebody listens on this connection; whoever reads from it passes on what came between.
        if pgconn.notify_handler is not None:
            pgconn.notify_handler(notice)
    return results
