"""Both sides of a reconciliation side by side, in a file of their own, however many there are.

A million movements and a million journals are sorted and met by SQLite, in a database that lives
in a temporary file and goes with it; here is never more than what has one name.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from attrs import define, field

from marketplace.domain.freezing import frozen
from marketplace.domain.notice import CLOCKS_DIFFER, Movement
from marketplace.domain.reconciliation import Difference, Why
from marketplace.domain.span import utc

_SCHEMA = """
CREATE TABLE side (
    name TEXT NOT NULL, currency TEXT NOT NULL, theirs INTEGER NOT NULL, part TEXT NOT NULL,
    amount INTEGER NOT NULL, fee INTEGER NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL,
    id TEXT NOT NULL
);
CREATE TABLE waiting (
    amount INTEGER NOT NULL, currency TEXT NOT NULL, name TEXT NOT NULL, at TEXT NOT NULL
);
"""


@frozen
class Booked:
    """What one journal says that moved at the payment provider, in one currency."""

    journal: str
    about: str
    part: str
    """Journals of one part belong to one movement: the deals of a checkout, paid by one charge."""
    kind: str
    amount: int
    fee: int
    """What of the journal is the provider's fee; the movement's amount is without it."""
    currency: str
    at: datetime
    movement: str = ""
    """The movement whose fee it is, where it was booked by that."""


@frozen
class Unbooked:
    """A fee that came with a movement alone."""

    movement: str
    about: str
    amount: int
    """In minor units; below zero: given back."""
    currency: str


@frozen
class _One:
    """What one side says of one thing."""

    id: str
    kind: str
    amount: int
    fee: int
    at: datetime


@define
class Sides:
    """Theirs and ours, put in page by page and met at the end."""

    since: datetime
    """When the reading began: what we wrote later they could not have told yet."""
    _database: sqlite3.Connection = field(init=False)

    def __attrs_post_init__(self) -> None:
        # An empty name is a temporary file that SQLite removes when it is closed.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")

    def close(self) -> None:
        """Forget everything."""
        self._database.close()

    def add_theirs(self, page: Iterable[Movement]) -> None:
        """Put in movements of the payment provider."""
        self._add(
            (one.about, one.amount.currency, 1, one.id, one.amount.amount, one.fee.amount,
             one.kind, _put(one.at), one.id)
            for one in page
        )  # fmt: skip

    def add_ours(self, page: Iterable[Booked]) -> None:
        """Put in journals of ours."""
        self._add(
            (one.about, one.currency, 0, one.movement or one.part, one.amount, one.fee,
             one.kind, _put(one.at), one.journal)
            for one in page
        )  # fmt: skip

    def _add(self, rows: Iterable[tuple[str | int, ...]]) -> None:
        self._database.executemany("INSERT INTO side VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def add_waiting(self, amount: int, currency: str, name: str, at: datetime) -> None:
        """Put in an order without an answer, by which so much may have moved since."""
        values = (amount, currency, name, _put(at - CLOCKS_DIFFER))
        self._database.execute("INSERT INTO waiting VALUES (?, ?, ?, ?)", values)

    def meet(self) -> Iterator[Difference | Unbooked]:
        """Every difference, by currency and name."""
        text = "SELECT * FROM side ORDER BY currency, name, theirs, at, id"
        for (currency, name), rows in groupby(self._database.execute(text), itemgetter(1, 0)):
            yield from self._meet(name, currency, list(rows))

    def _meet(
        self, name: str, currency: str, rows: list[tuple[str, ...]]
    ) -> Iterator[Difference | Unbooked]:
        theirs = [_one(row) for row in rows if row[2]]
        booked = {one.id for one in theirs}
        mine = [row for row in rows if not row[2]]
        by_movement: dict[str, int] = {}
        for row in mine:
            if row[3] in booked:
                by_movement[row[3]] = by_movement.get(row[3], 0) + int(row[5])
        parts = _parts([row for row in mine if row[3] not in booked])
        ours = [one for one in parts if one.amount]
        # What moved nothing but a fee is no other movement's: it is met by what we booked of fees.
        left, right = _paired([one for one in theirs if one.amount], ours)
        if left and right and sum(x.amount for x in left) == sum(x.amount for x in right):
            left, right = [], []  # One thing in several parts, on either side.
        met = [one for one in theirs if one not in left]
        kept = [one.fee for one in parts if one not in right]
        if met:
            yield from _fees(name, currency, met, by_movement, kept)
        else:
            right += [one for one in parts if not one.amount]
        while left and right:
            yield self._difference(name, currency, left.pop(0), right.pop(0))
        undone = not mine and not sum(one.amount - one.fee for one in left)
        for one in left:
            yield self._difference(name, currency, one, None, undone=undone)
        for one in right:
            yield self._difference(name, currency, None, one)

    def _difference(
        self,
        name: str,
        currency: str,
        theirs: _One | None,
        ours: _One | None,
        *,
        undone: bool = False,
    ) -> Difference:
        known = theirs or ours
        assert known is not None
        why: Why = "amount differs"
        if undone:
            why = "comes to nothing"
        elif ours is None:
            why = "under way" if self._waits(name, currency, known) else "theirs not ours"
        elif theirs is None:
            why = "under way" if known.at > self.since else "ours not theirs"
        return Difference(
            why=why,
            about=name,
            currency=currency,
            theirs=None if theirs is None else theirs.amount - theirs.fee,
            ours=None if ours is None else ours.amount - ours.fee,
            kind=known.kind,
            at=known.at,
            movement=None if theirs is None else theirs.id,
            journal=None if ours is None else ours.id,
        )

    def _waits(self, name: str, currency: str, theirs: _One) -> bool:
        """Whether an order without an answer may be it; each explains one movement."""
        found = self._database.execute(
            "SELECT rowid FROM waiting WHERE amount = ? AND currency = ? AND at <= ? "
            "ORDER BY name <> ?, at LIMIT 1",
            (theirs.amount, currency, _put(theirs.at), name),
        ).fetchone()
        if found is not None:
            self._database.execute("DELETE FROM waiting WHERE rowid = ?", found)
        return found is not None


def _put(at: datetime) -> str:
    """A moment as a text that sorts by time, whatever zone a payment provider tells it in."""
    return utc(at).isoformat()


def _one(row: tuple[str, ...]) -> _One:
    return _One(row[8], row[6], int(row[4]), int(row[5]), datetime.fromisoformat(row[7]))


def _parts(rows: list[tuple[str, ...]]) -> list[_One]:
    """Journals of one part together: what they say in all."""
    found: dict[str, _One] = {}
    for row in rows:
        one, part = _one(row), row[3] or row[8]
        before = found.get(part)
        if before is not None:
            kind = before.kind if before.amount else one.kind
            sums = before.amount + one.amount, before.fee + one.fee
            one = _One(before.id, kind, *sums, max(before.at, one.at))
        found[part] = one
    return list(found.values())


def _paired(theirs: list[_One], ours: list[_One]) -> tuple[list[_One], list[_One]]:
    """What is left on either side when equal amounts have met."""
    left, right = [], list(ours)
    for one in theirs:
        same = next((other for other in right if other.amount == one.amount), None)
        if same is None:
            left.append(one)
        else:
            right.remove(same)
    return left, right


def _fees(
    name: str, currency: str, met: list[_One], by_movement: dict[str, int], booked: list[int]
) -> Iterator[Unbooked | Difference]:
    """What of the fees of movements that both sides know is in no journal yet.

    What was kept and what was given back are each counted by themselves.
    """
    pools = {
        1: sum(fee for fee in booked if fee > 0),
        -1: sum(-fee for fee in booked if fee < 0),
    }
    for one in met:
        rest = one.fee - by_movement.get(one.id, 0)
        sign = 1 if rest > 0 else -1
        known = min(abs(rest), pools[sign])
        pools[sign] -= known
        if abs(rest) - known:
            yield Unbooked(one.id, name, sign * (abs(rest) - known), currency)
    too_much = pools[1] - pools[-1]
    if too_much:
        yield Difference(
            why="amount differs",
            about=name,
            currency=currency,
            theirs=0,
            ours=-too_much,
            kind="fee",
            at=met[-1].at,
            movement=met[-1].id,
        )
