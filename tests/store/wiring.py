"""What tests of the wire to PostgreSQL share: its rows, what is prepared, the driver beneath."""

from __future__ import annotations

from typing import Any

import psycopg
import sqlalchemy as sa

from marketplace.store.wire import Wire


def driver_of(connection: sa.Connection) -> psycopg.Connection[Any]:
    """What SQLAlchemy's connection stands on."""
    found = connection.connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found


def said(line: Wire, words: str, *params: Any) -> list[tuple[Any, ...]]:
    """The rows that a statement gives."""
    return line.exchange([line.say(words, params)])[0].fetchall()


def prepared(driver: psycopg.Connection[Any]) -> list[str]:
    """What is prepared on the connection by us."""
    named = "SELECT statement FROM pg_prepared_statements WHERE name LIKE 'marketplace%'"
    return [row[0] for row in driver.execute(named)]
