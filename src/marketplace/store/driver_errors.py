"""Errors of the drivers, said in this library's words: none of theirs leaves the store."""

from __future__ import annotations

import sqlite3
from typing import Any

import sqlalchemy.exc

from marketplace.errors import (
    Conflict,
    InvalidInput,
    LedgerError,
    MarketplaceError,
    NotFound,
    Refused,
    SetupError,
    SoldOut,
)

# What triggers and constraints of ours say, and what it means. The words are a part of the
# constraint's name or of what its trigger raises.
_OURS: tuple[tuple[str, type[MarketplaceError], str, str], ...] = (
    ("balance_available", Refused, "overdrawn", "a guarded balance would fall below zero"),
    ("balance_pending", LedgerError, "ledger", "more was resolved than is pending"),
    ("capacity_bucket_used", Conflict, "in_use", "more is claimed than that capacity"),
    ("reservation_overlap", SoldOut, "sold_out", "the span is taken"),
    ("resource_in_use", Conflict, "in_use", "kind and grain stay while anything is claimed"),
    ("seat_of_nobody", Conflict, "party_erased", "somebody in it was just erased"),
    ("ledger_append_only", LedgerError, "append_only", "the ledger is only ever added to"),
    ("transfer_resolves_uq", Conflict, "already_resolved", "it was resolved already"),
    ("command_actor_key_uq", Conflict, "key_in_use", "the key was just used elsewhere"),
    ("journal_key_uq", Conflict, "already_posted", "it was posted already"),
    ("transfer_currency", LedgerError, "ledger", "a transfer has one currency"),
    ("transfer_resolves", LedgerError, "ledger", "it resolves no pending transfer as it stands"),
)

_KINDS: dict[str, tuple[type[MarketplaceError], str, str]] = {
    "unique": (Conflict, "already_there", "there is one like it already"),
    "foreign": (NotFound, "not_found", "it refers to something that is not there"),
    "check": (InvalidInput, "invalid_input", "a value is outside what its table allows"),
    "null": (InvalidInput, "invalid_input", "a value is missing"),
    "data": (InvalidInput, "invalid_input", "a value cannot be kept as it is"),
    "busy": (Conflict, "busy", "the database is busy; try again"),
    "deadlock": (Conflict, "deadlock", "two units of work waited for each other; try again"),
    "serialization": (Conflict, "serialization", "another unit of work was first; try again"),
    "schema": (SetupError, "schema", "the database lacks a table; run `marketplace migrate`"),
    "read_only": (SetupError, "read_only", "this unit of work only reads"),
    "other": (SetupError, "database", "the database could not do it"),
}


def from_sqlite(error: Exception) -> MarketplaceError:
    """What an error of Python's SQLite driver means."""
    error = _inner(error)
    if isinstance(error, MarketplaceError):
        return error
    said = str(error)
    if isinstance(error, sqlite3.IntegrityError):
        if "FOREIGN KEY" in said:
            return _say("foreign", said)
        if "UNIQUE" in said:
            return _say("unique", said)
        return _say("null" if "NOT NULL" in said else "check", said)
    if isinstance(error, sqlite3.OperationalError):
        if "locked" in said or "busy" in said:
            return _say("busy", said)
        if "no such table" in said or "no such column" in said:
            return _say("schema", said)
        return _say("read_only" if "readonly" in said else "other", said)
    return _general(error)


def from_postgres(error: Exception) -> MarketplaceError:
    """What an error of psycopg's means, by its SQLSTATE."""
    error = _inner(error)
    if isinstance(error, MarketplaceError):
        return error
    state = getattr(error, "sqlstate", None)
    if state is None:
        return _general(error)
    diagnosis = getattr(error, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None) or ""
    said = f"{constraint} {getattr(diagnosis, 'message_primary', None) or error}".strip()
    return _say(_STATES.get(state, _STATES.get(state[:2], "other")), said)


_STATES = {
    "23505": "unique",
    "23P01": "unique",
    "23503": "foreign",
    "23514": "check",
    "23502": "null",
    "22": "data",
    "40P01": "deadlock",
    "40001": "serialization",
    "55P03": "busy",
    "57014": "busy",
    "42P01": "schema",
    "42703": "schema",
    "3F000": "schema",
    "25006": "read_only",
    "P0001": "check",
}


def _general(error: Exception) -> MarketplaceError:
    if isinstance(error, sqlalchemy.exc.TimeoutError):
        return _say("busy", "every connection is in use")
    if isinstance(error, OverflowError | UnicodeError | ValueError | TypeError):
        return _say("data", str(error))
    if type(error).__name__ in ("DataError", "InterfaceError", "ProgrammingError"):
        return _say("data", str(error))
    return _say("other", str(error) or type(error).__name__)


def _inner(error: Exception) -> Exception:
    original: Any = getattr(error, "orig", None)
    return original if isinstance(original, Exception) else error


def _say(kind: str, said: str) -> MarketplaceError:
    for words, cls, code, meaning in _OURS:
        if words in said:
            return cls(f"{meaning} ({said})", code=code)
    cls, code, meaning = _KINDS[kind]
    return cls(f"{meaning} ({said})", code=code)
