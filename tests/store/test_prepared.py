"""What is prepared on a connection to PostgreSQL, and what is done when the server forgot it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from marketplace.domain.party import Party
from marketplace.store import wire
from marketplace.store.opening import open_store
from marketplace.store.wire import Wire, command
from tests.store.making import party
from tests.store.wiring import driver_of, prepared, said


def test_a_statement_is_prepared_once(driver: psycopg.Connection[Any]) -> None:
    """What is said again is prepared already, in later units of work on the connection too, and for
    each row of many; what has other types is another statement, and marks of a transaction none."""
    info: dict[Any, Any] = {}
    line = Wire(driver, info)
    many = line.say_many("SELECT %s", [("a",), ("b",)])
    line.exchange([line.say("SELECT %s", ("c",)), many, command("SAVEPOINT a"), many])
    driver.commit()
    line = Wire(driver, info)
    said(line, "SELECT %s", "d")
    assert prepared(driver) == ["SELECT $1"]
    said(line, "SELECT %s", 1)
    assert prepared(driver) == ["SELECT $1"] * 2


def test_nothing_is_prepared_where_nothing_may_be(driver: psycopg.Connection[Any]) -> None:
    """Where the connection's threshold is None, as behind a pooler, each is sent whole."""
    driver.prepare_threshold = None
    line = Wire(driver, {})
    assert [said(line, "SELECT %s", "a") for _ in range(9)] == [[("a",)]] * 9
    assert prepared(driver) == []


def test_what_was_not_run_is_not_prepared(driver: psycopg.Connection[Any]) -> None:
    """A statement behind one that failed was not prepared, and one that failed as it was run was:
    both can be said afterwards."""
    line = Wire(driver, {})
    divide, behind = line.say("SELECT 1 / %s", (0,)), line.say("SELECT %s", ("a",))
    with pytest.raises(psycopg.errors.DivisionByZero):
        line.exchange([divide, behind])
    driver.rollback()
    assert prepared(driver) == ["SELECT 1 / $1"]
    assert said(line, "SELECT 1 / %s", 1) == [(1,)]
    assert said(line, "SELECT %s", "a") == [("a",)]
    assert len(prepared(driver)) == 2


@pytest.mark.parametrize("closes", [True, False])
def test_a_connection_keeps_so_many(
    driver: psycopg.Connection[Any], closes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many different statements are said, so many stay prepared, those said last; whichever
    way this libpq can have the server forget one."""
    monkeypatch.setattr(wire, "KEPT_STATEMENTS", 3)
    if not closes:
        monkeypatch.setattr(wire.capabilities, "has_send_close_prepared", lambda: False)
    line = Wire(driver, {})
    for number in (1, 2, 3, 1, 4, 5, 5):
        assert said(line, f"SELECT {number}") == [(number,)]
    assert sorted(prepared(driver)) == ["SELECT 1", "SELECT 4", "SELECT 5"]


def test_what_the_server_forgot_is_prepared_again(engine: sa.Engine) -> None:
    """Where psycopg has prepared statements of its own, it has the server forget all that are when
    a transaction is undone, ours too: the next unit of work prepares them again and ends well, and
    so does whoever joins a transaction in which they are forgotten meanwhile."""
    info: dict[Any, Any] = {}
    with engine.connect() as connection:
        driver = driver_of(connection)
        for _ in range(2):
            line = Wire(driver, info)
            line.exchange([line.say("SELECT %s", ("a",)), line.say("SELECT %s", (1,))])
            driver.execute("SELECT 2", prepare=True)
            driver.rollback()
            assert prepared(driver) == []
            driver.rollback()
        line = Wire(driver, info)
        assert said(line, "SELECT %s", "b") == [("b",)]
        driver.execute("DEALLOCATE ALL")
        joined = Wire(driver, info)
        assert said(joined, "SELECT %s", "c") == [("c",)]
        line.doubt()
        assert said(line, "SELECT %s", "d") == [("d",)]
        driver.rollback()
        line = Wire(driver, info)
        # That this one is prepared says nothing of those that were before.
        assert said(line, "SELECT 3") == [(3,)]
        assert said(line, "SELECT %s", "e") == [("e",)]


def test_whoever_is_sure_in_vain_is_told(driver: psycopg.Connection[Any]) -> None:
    """The control of the law above: who does not doubt in the midst of a transaction meets an
    error; and the transaction after it goes well all the same."""
    info: dict[Any, Any] = {}
    line = Wire(driver, info)
    said(line, "SELECT %s", "a")
    driver.execute("DEALLOCATE ALL")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        said(line, "SELECT %s", "a")
    driver.rollback()
    assert said(Wire(driver, info), "SELECT %s", "a") == [("a",)]


def test_a_table_may_change_under_what_is_prepared(engine: sa.Engine) -> None:
    """Somebody changes a column's type while a statement that reads it is prepared elsewhere: the
    unit of work after that reads it as it is, at its first try."""
    info: dict[Any, Any] = {}
    with engine.connect() as connection, engine.connect() as other:
        other.execute(sa.text("CREATE TABLE changing (a int)"))
        other.execute(sa.text("INSERT INTO changing VALUES (1)"))
        other.commit()
        driver = driver_of(connection)
        assert said(Wire(driver, info), "SELECT a FROM changing") == [(1,)]
        driver.commit()
        other.execute(sa.text("ALTER TABLE changing ALTER a TYPE text"))
        other.commit()
        assert said(Wire(driver, info), "SELECT a FROM changing") == [("1",)]


def test_a_plugin_that_has_the_connection_may_undo_its_part(engine: sa.Engine) -> None:
    """On an engine of the caller's a plugin undoes a savepoint of its own on the connection that it
    was lent, upon which all that was prepared is forgotten: the unit of work goes on."""
    store = open_store(engine)
    with store.begin() as work:
        work.add(party("pa_0"))
    for number in (1, 2, 3):
        with store.begin() as work:
            work.add(party(f"pa_{number}"))
            assert work.find(Party, id="pa_0") is not None
            driver = driver_of(work.connection)
            driver.execute("SELECT 1", prepare=True)
            with work.connection.begin_nested() as nested:
                nested.rollback()
            assert prepared(driver) == []
            work.add(party(f"pa_{number + 10}"))
            assert len(work.select(Party)) == 2 * number + 1
    with store.begin(write=False) as work:
        assert len(work.select(Party)) == 7
