"""What is started on a wire: answers come in their place, and every way out leaves it at rest."""

from __future__ import annotations

import os
from socket import SHUT_RDWR, socket
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.pq import PipelineStatus, TransactionStatus

from marketplace.store.wire import LISTENER, Wire, command
from tests.store.wiring import driver_of, prepared, said


@pytest.fixture
def table(engine: sa.Engine) -> None:
    """A table of two rows."""
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (a int PRIMARY KEY, b int)"))
        connection.execute(sa.text("INSERT INTO t VALUES (1, 0), (2, 0)"))


def begun(line: Wire) -> Wire:
    """A wire in a transaction."""
    said(line, "SELECT a FROM t")
    return line


@pytest.mark.usefixtures("table")
def test_two_that_wait_for_each_other_under_way_are_told(engine: sa.Engine) -> None:
    """Two lock each other's rows by what is under way: one is broken off, by the next it asks, and
    the other's answers are its own."""
    lock = "UPDATE t SET b = b + 1 WHERE a = %s RETURNING a, b"
    with engine.connect() as first, engine.connect() as second:
        lines = [begun(Wire(driver_of(one), {})) for one in (first, second)]
        for number, line in enumerate(lines, start=1):
            assert said(line, lock, number) == [(number, 1)]
        for number, line in zip((2, 1), lines, strict=True):
            assert line.start([line.say(lock, (number,))])
        came: list[Any] = []
        for line in lines:
            try:
                came.append([one.fetchall() for one in line.exchange([line.say("SELECT 7")])])
            except psycopg.errors.DeadlockDetected:
                came.append("broken off")
                line.driver.rollback()
        assert sorted(came, key=str) in (
            [[[(1, 1)], [(7,)]], "broken off"],
            [[[(2, 1)], [(7,)]], "broken off"],
        )


@pytest.mark.usefixtures("table")
def test_whoever_was_second_under_way_is_told(
    engine: sa.Engine, driver: psycopg.Connection[Any]
) -> None:
    """What cannot be ordered behind what another did is told by the next exchange, in the same
    class as by an exchange alone; what is said behind it is not run."""
    driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    line = begun(Wire(driver, {}))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE t SET b = 5 WHERE a = 1"))
    assert line.start([line.say("UPDATE t SET b = 6 WHERE a = 1")])
    assert line.start([line.say("UPDATE t SET b = 6 WHERE a = 2")])
    with pytest.raises(psycopg.errors.SerializationFailure):
        said(line, "SELECT a FROM t")
    driver.rollback()
    assert said(line, "SELECT a, b FROM t ORDER BY a") == [(1, 5), (2, 0)]


@pytest.mark.usefixtures("table")
def test_answers_come_in_their_order(driver: psycopg.Connection[Any]) -> None:
    """What was started comes first among the answers, each once, prepared or not, one of many rows
    too, and however much it is; a listener is told each in its order."""
    told: list[str] = []
    info = {LISTENER: lambda words, *_: told.append(words)}
    line = begun(Wire(driver, info))
    many = line.say_many("INSERT INTO t VALUES (%s, 0) RETURNING a", [(3,), (4,)])
    assert line.start([many, line.say("SELECT %s", ("a",))])
    assert line.start([command("SAVEPOINT s")])
    big = "x" * 1_000_000
    assert all(line.start([line.say("SELECT %s", (big,))]) for _ in range(20))
    answers = line.exchange([line.say("SELECT %s", ("b",))])
    assert answers[0].fetchall() == [(4,)]
    assert answers[1].fetchall() == [("a",)]
    assert [one.fetchall() for one in answers[3:]] == [*[[(big,)]] * 20, [("b",)]]
    assert told[1:4] == [many.words, "SELECT %s", "SAVEPOINT s"]
    assert len(told) == 1 + 2 + 1 + 20 + 1
    assert len([one for one in prepared(driver) if one == "SELECT $1"]) == 1


@pytest.mark.usefixtures("table")
def test_nothing_is_started_where_it_cannot_be(driver: psycopg.Connection[Any]) -> None:
    """Nothing is started before a transaction, in one that is broken, where each statement stands
    for itself, or once somebody else uses the connection."""
    line = Wire(driver, {})
    assert not line.start([line.say("SELECT 1")])
    begun(line)
    with pytest.raises(psycopg.errors.UniqueViolation):
        said(line, "INSERT INTO t VALUES (1, 0)")
    assert not line.start([line.say("SELECT 1")])
    driver.rollback()
    begun(line).doubt()
    assert not line.start([line.say("SELECT 1")])
    driver.rollback()
    driver.autocommit = True
    assert not begun(Wire(driver, {})).start([line.say("SELECT 1")])
    assert driver.info.pipeline_status == PipelineStatus.OFF


@pytest.mark.usefixtures("table")
def test_what_is_drained_is_over(driver: psycopg.Connection[Any]) -> None:
    """Drained, a wire is at rest: whether all went well or not, the transaction goes on, or can be
    undone, what was prepared is known, and no answer is left for the next question."""
    info: dict[Any, Any] = {}
    line = begun(Wire(driver, info))
    line.drain()
    assert line.start([line.say("SELECT 'left', %s", ("over",))])
    line.drain()
    assert driver.info.pipeline_status == PipelineStatus.OFF
    assert driver.info.transaction_status == TransactionStatus.INTRANS
    assert said(line, "SELECT 'left', %s", "a") == [("left", "a")]
    assert len([one for one in prepared(driver) if "left" in one]) == 1
    assert line.start([line.say("INSERT INTO t VALUES (1, 0)"), line.say("SELECT 3")])
    line.drain()
    assert driver.info.transaction_status == TransactionStatus.INERROR
    driver.rollback()
    assert said(line, "SELECT 4") == [(4,)]


@pytest.mark.usefixtures("table")
def test_a_line_that_is_cut_is_drained_in_silence(driver: psycopg.Connection[Any]) -> None:
    """Where the connection is gone without a word, nothing is left to drain, and whoever undoes is
    told his own error alone; whoever asks is told that it is gone."""
    line = begun(Wire(driver, {}))
    assert line.start([line.say("SELECT 1")])
    with socket(fileno=os.dup(driver.fileno())) as cut:
        cut.shutdown(SHUT_RDWR)
    line.drain()
    assert driver.closed
    with pytest.raises(psycopg.OperationalError):
        said(line, "SELECT 2")


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("name", ["_put", "_set_out"])
def test_whoever_is_broken_off_while_he_starts_is_at_rest(
    driver: psycopg.Connection[Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks while a statement is put on its way, nobody knows how much of it is: what
    cannot be known is closed, and a pipeline that was not used is left."""
    line = begun(Wire(driver, {}))
    real = getattr(Wire, name)

    def breaks(*args: Any, **named: Any) -> None:
        real(*args, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(Wire, name, breaks)
    with pytest.raises(KeyboardInterrupt):
        line.start([line.say("SELECT 1")])
    monkeypatch.undo()
    line.drain()
    if name == "_put":
        assert driver.closed
    else:
        assert driver.info.pipeline_status == PipelineStatus.OFF
        assert said(line, "SELECT 2") == [(2,)]
