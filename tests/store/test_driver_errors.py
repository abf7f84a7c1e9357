"""Errors of drivers: each is one of ours, and says something."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
import sqlalchemy as sa

from marketplace.errors import (
    Conflict,
    InvalidInput,
    LedgerError,
    MarketplaceError,
    NotFound,
    Refused,
    SetupError,
)
from marketplace.store.driver_errors import from_postgres, from_sqlite
from marketplace.store.store import SqlStore
from tests.store.making import party


@pytest.mark.parametrize(
    ("error", "cls", "code"),
    [
        (sqlite3.IntegrityError("UNIQUE constraint failed: party.id"), Conflict, "already_there"),
        (sqlite3.IntegrityError("FOREIGN KEY constraint failed"), NotFound, "not_found"),
        (sqlite3.IntegrityError("NOT NULL constraint failed: x.y"), InvalidInput, "invalid_input"),
        (sqlite3.IntegrityError("CHECK constraint failed: x_ck"), InvalidInput, "invalid_input"),
        (
            sqlite3.IntegrityError("CHECK constraint failed: a_balance_available_ck"),
            Refused,
            "overdrawn",
        ),
        (sqlite3.IntegrityError("ledger_append_only"), LedgerError, "append_only"),
        (sqlite3.OperationalError("database is locked"), Conflict, "busy"),
        (sqlite3.OperationalError("no such table: party"), SetupError, "schema"),
        (sqlite3.OperationalError("attempt to write a readonly database"), SetupError, "read_only"),
        (sqlite3.OperationalError("disk I/O error"), SetupError, "database"),
        (OverflowError("too large"), InvalidInput, "invalid_input"),
        (sa.exc.TimeoutError("pool"), Conflict, "busy"),
        (sa.exc.OperationalError("x", {}, sqlite3.OperationalError("locked")), Conflict, "busy"),
        (Conflict("as it is", code="mine"), Conflict, "mine"),
    ],
    ids=str,
)
def test_sqlites_errors_are_ours(error: Exception, cls: type[MarketplaceError], code: str) -> None:
    """What the driver of SQLite raises has a class and a code of ours."""
    ours = from_sqlite(error)
    assert (type(ours), ours.code) == (cls, code)


@pytest.mark.parametrize(
    ("state", "cls", "code"),
    [
        ("23505", Conflict, "already_there"),
        ("23P01", Conflict, "already_there"),
        ("23503", NotFound, "not_found"),
        ("23514", InvalidInput, "invalid_input"),
        ("22003", InvalidInput, "invalid_input"),
        ("40P01", Conflict, "deadlock"),
        ("40001", Conflict, "serialization"),
        ("55P03", Conflict, "busy"),
        ("42P01", SetupError, "schema"),
        ("25006", SetupError, "read_only"),
        ("57P01", SetupError, "database"),
    ],
)
def test_postgresqls_errors_are_ours(state: str, cls: type[MarketplaceError], code: str) -> None:
    """What psycopg raises has a class and a code of ours, by its SQLSTATE: a deadlock is told,
    never hidden by trying again."""
    error = (
        psycopg.errors.lookup(state)("said")
        if state != "57P01"
        else psycopg.errors.AdminShutdown("said")
    )
    ours = from_postgres(error)
    assert (type(ours), ours.code) == (cls, code)


def test_text_that_no_database_takes_is_invalid(store: SqlStore) -> None:
    """A lone surrogate is no text: invalid input on every database."""
    with pytest.raises(InvalidInput), store.begin() as work:
        work.add(party(name="\ud800"))


def test_no_error_of_a_library_leaves_the_store(store: SqlStore) -> None:
    """Missing tables, seen by a unit of work: an error of ours with the cause behind it."""
    with store.begin() as work:
        work.connection.execute(sa.DDL(f"DROP TABLE {store.tables.block.name}"))
    from marketplace.domain.party import Block

    with pytest.raises(SetupError) as refused, store.begin() as work:
        work.select(Block)
    assert refused.value.code == "schema"
    assert isinstance(refused.value.__cause__, sqlite3.Error | psycopg.Error)
