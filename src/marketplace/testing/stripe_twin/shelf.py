"""Where the twin keeps what it knows: one SQLite file, or memory."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    account TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS object_kind ON object (kind, account);
CREATE TABLE IF NOT EXISTS asked (
    account TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, question TEXT NOT NULL,
    status INTEGER NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (account, key)
);
CREATE TABLE IF NOT EXISTS due (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, what TEXT NOT NULL,
    id TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS call (number INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
"""
Body = dict[str, Any]


class Shelf:
    """Objects by id, answers by key, what falls due, settings, and every call. One writer."""

    def __init__(self, path: str) -> None:
        # One thread at a time: what is written in a work is nobody else's before it is whole.
        self.lock = threading.RLock()
        self._database = sqlite3.connect(
            path, check_same_thread=False, isolation_level=None, timeout=30
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    @contextmanager
    def work(self) -> Iterator[None]:
        """All or nothing of what is written inside; other threads and processes wait."""
        with self.lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Inside a work: what an exception that leaves it takes back."""
        self._database.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK TO attempt")
            self._database.execute("RELEASE attempt")
            raise
        self._database.execute("RELEASE attempt")

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.lock:
            return self._database.execute(statement, values).fetchall()

    def count(self) -> int:
        """A number that no call gave before."""
        self._rows(
            "INSERT INTO setting VALUES ('count', '1') "
            "ON CONFLICT (name) DO UPDATE SET value = value + 1"
        )
        return int(self.setting("count", "0"))

    def add(self, account: str, body: Body) -> None:
        """Keep a new object, last in its list."""
        self._rows(
            "INSERT INTO object (id, kind, account, body) VALUES (?, ?, ?, ?)",
            body["id"],
            body["object"],
            account,
            json.dumps(body),
        )

    def put(self, body: Body) -> None:
        """Keep an object's new state."""
        self._rows("UPDATE object SET body = ? WHERE id = ?", json.dumps(body), body["id"])

    def get(self, name: str, account: str | None = None) -> Body | None:
        """An object by its id, of an account where one is named."""
        for body, owner in self._rows("SELECT body, account FROM object WHERE id = ?", name):
            if account is None or owner == account:
                found: Body = json.loads(body)
                return found
        return None

    def owner(self, name: str) -> str:
        """Whose an object is: a connected account, or '' for the platform."""
        return str(self._rows("SELECT account FROM object WHERE id = ?", name)[0][0])

    def every(self, kind: str, account: str | None = None) -> list[Body]:
        """All objects of a kind, oldest first."""
        rows = self._rows(
            "SELECT body FROM object WHERE kind = ? AND (? IS NULL OR account = ?) ORDER BY number",
            kind,
            account,
            account,
        )
        return [json.loads(row[0]) for row in rows]

    def events(self) -> list[Body]:
        """Everything that was told, of either version, in the order in which it happened."""
        rows = self._rows(
            "SELECT body FROM object WHERE kind IN ('event', 'v2.core.event') ORDER BY number"
        )
        return [json.loads(row[0]) for row in rows]

    def answered(self, account: str, key: str) -> tuple[int, str, int, str] | None:
        """Instant, question, status and answer that a key stands for."""
        rows = self._rows(
            "SELECT at, question, status, answer FROM asked WHERE account = ? AND key = ?",
            account,
            key,
        )
        return (rows[0][0], rows[0][1], rows[0][2], rows[0][3]) if rows else None

    def answer(self, account: str, key: str, at: int, question: str, http: int, said: str) -> None:
        """Remember an answer under its key."""
        self._rows(
            "INSERT OR REPLACE INTO asked VALUES (?, ?, ?, ?, ?, ?)",
            account,
            key,
            at,
            question,
            http,
            said,
        )

    def later(self, at: int, what: str, name: str) -> None:
        """Have something happen to an object at an instant."""
        self._rows("INSERT INTO due (at, what, id) VALUES (?, ?, ?)", at, what, name)

    def next_due(self, now: int) -> tuple[int, str, str] | None:
        """Instant, what, and to whom of the earliest thing that fell due; it is due no more."""
        rows = self._rows(
            "SELECT number, at, what, id FROM due WHERE at <= ? ORDER BY at, number LIMIT 1", now
        )
        if not rows:
            return None
        self._rows("DELETE FROM due WHERE number = ?", rows[0][0])
        return rows[0][1], rows[0][2], rows[0][3]

    def setting(self, name: str, otherwise: str) -> str:
        """A setting's text."""
        rows = self._rows("SELECT value FROM setting WHERE name = ?", name)
        return str(rows[0][0]) if rows else otherwise

    def set(self, name: str, value: str) -> None:
        """Keep a setting."""
        self._rows("INSERT OR REPLACE INTO setting VALUES (?, ?)", name, value)

    def note(self, body: Body) -> None:
        """Keep a call that was made."""
        self._rows("INSERT INTO call (body) VALUES (?)", json.dumps(body))

    def notes(self) -> list[Body]:
        """Every call, in the order in which they were answered."""
        return [json.loads(row[0]) for row in self._rows("SELECT body FROM call ORDER BY number")]
