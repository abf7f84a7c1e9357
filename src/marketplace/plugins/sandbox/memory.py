"""What the sandbox remembers: orders with their answers, what stands, what moved, what to tell."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from attrs import define, field

from marketplace import Money, Movement, NotFound

_SCHEMA = """
CREATE TABLE IF NOT EXISTS asked (
    key TEXT PRIMARY KEY, body TEXT NOT NULL, answer TEXT NOT NULL, calls INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS charge (
    reference TEXT PRIMARY KEY, currency TEXT NOT NULL, held INTEGER NOT NULL,
    captured INTEGER NOT NULL, refunded INTEGER NOT NULL, means TEXT, until TEXT,
    taken_back INTEGER NOT NULL DEFAULT 0, passed_on INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS asked_about (reference TEXT NOT NULL, key TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS challenge (
    reference TEXT PRIMARY KEY, about TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL, state TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS refund (
    reference TEXT PRIMARY KEY, charge TEXT NOT NULL, amount INTEGER NOT NULL,
    returned TEXT
);
CREATE TABLE IF NOT EXISTS payout (
    reference TEXT PRIMARY KEY, amount INTEGER NOT NULL, currency TEXT NOT NULL, returned TEXT,
    taken_back INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS chargeback (
    reference TEXT PRIMARY KEY, charge TEXT NOT NULL, amount INTEGER NOT NULL,
    fee INTEGER NOT NULL, fee_returned INTEGER NOT NULL, currency TEXT NOT NULL,
    state TEXT NOT NULL, cause TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS account (reference TEXT PRIMARY KEY, payable INTEGER, reason TEXT);
CREATE TABLE IF NOT EXISTS moved (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, reference TEXT NOT NULL,
    amount INTEGER NOT NULL, fee INTEGER NOT NULL, currency TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS told (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, about TEXT NOT NULL,
    at TEXT NOT NULL, account TEXT, sent INTEGER NOT NULL DEFAULT 0
);
"""


@cache
def _insert(table: str, columns: int) -> str:
    """The statement that inserts a row of so many columns."""
    return f"INSERT INTO {table} VALUES ({', '.join(['?'] * columns)})"


@define(eq=False)
class Memory:
    """One file, or one database in memory; whoever reads or writes it takes turns."""

    path: str | Path
    now: Callable[[], datetime]
    _lock: Any = field(factory=threading.Lock, init=False, repr=False)
    _database: sqlite3.Connection = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._database = sqlite3.connect(
            str(self.path), check_same_thread=False, isolation_level=None, timeout=30
        )
        # A file is for processes that die, not for machines that do: nothing waits for the disk.
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(_SCHEMA)

    @contextmanager
    def turn(self) -> Iterator[Memory]:
        """All that is written in the block is kept, or none of it."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self
                self._database.execute("COMMIT")
            except BaseException:
                self._database.execute("ROLLBACK")
                raise

    def rows(self, text: str, *values: Any) -> list[Any]:
        """What a statement gives, inside a turn."""
        return self._database.execute(text, values).fetchall()

    def row(self, text: str, *values: Any) -> Any:
        """The first of it, or None."""
        return self._database.execute(text, values).fetchone()

    def read(self, text: str, *values: Any) -> list[Any]:
        """What a statement gives, in a turn of its own."""
        with self._lock:
            return self.rows(text, *values)

    def add(self, table: str, *values: Any) -> None:
        """Insert a row, inside a turn."""
        self._database.execute(_insert(table, len(values)), values)

    # -- what moved ------------------------------------------------------------------------

    def moved(self, kind: str, reference: str, amount: int, currency: str, fee: int = 0) -> None:
        """Note a movement of the balance, inside a turn; nothing moved is no movement."""
        if amount or fee:
            at = self.now().isoformat()
            self.add("moved", None, kind, reference, amount, fee, currency, at)

    def movements(self, after: str | None, limit: int) -> list[Movement]:
        """Movements in the order in which they came about, after the one with this id."""
        number = 0
        if after is not None:
            number = int(after.removeprefix("mv_")) if after.removeprefix("mv_").isdigit() else -1
            known = "SELECT 1 FROM moved WHERE number = ?"
            if number < 0 or not self.read(known, number):
                raise NotFound(f"no movement {after!r}")
        text = "SELECT number, kind, amount, currency, fee, reference, at FROM moved"
        found = self.read(f"{text} WHERE number > ? ORDER BY number LIMIT ?", number, limit)
        return [
            Movement(
                id=f"mv_{number}",
                kind=kind,
                amount=Money(amount, currency),
                fee=Money(fee, currency),
                about=about,
                at=datetime.fromisoformat(at),
            )
            for number, kind, amount, currency, fee, about, at in found
        ]

    def balance(self, currency: str) -> Money:
        """The sum of what moved, less the fees."""
        text = "SELECT COALESCE(SUM(amount - fee), 0) FROM moved WHERE currency = ?"
        return Money(int(self.read(text, currency)[0][0]), currency)

    # -- what to tell ----------------------------------------------------------------------

    def tell(self, kind: str, about: str, account: str | None = None) -> None:
        """Note something to tell, inside a turn."""
        self.add("told", None, kind, about, self.now().isoformat(), account, 0)

    def to_tell(self, *, again: bool) -> Sequence[tuple[int, str, str, str, str | None]]:
        """Number, kind, name, time and account of what is to be told, now marked as told."""
        with self.turn():
            text = "SELECT number, kind, about, at, account FROM told"
            found = self.rows(f"{text} WHERE sent <= ? ORDER BY number", int(again))
            self.rows("UPDATE told SET sent = 1")
        return found


def body_of(one: tuple[int, str, str, str, str | None], *, live: bool) -> bytes:
    """What is sent of something to tell."""
    number, kind, about, at, account = one
    told = {"id": f"ntc_{number:06}", "kind": kind, "about": about, "at": at, "live": live}
    return json.dumps({**told, "account": account}, sort_keys=True).encode()
