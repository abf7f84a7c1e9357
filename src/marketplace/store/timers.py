"""The book of what is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from marketplace.domain.books import Timer
from marketplace.store.hand import Hand
from marketplace.store.runner import Runner
from marketplace.store.shelf import Shelf

MOST_WAITING = 500
"""How many timers may wait to be written."""

_ARM = """
INSERT INTO {timer} (subject_kind, subject_id, name, due_at, tries, parked)
VALUES (:subject_kind, :subject_id, :name, :due_at, 0, FALSE)
ON CONFLICT (subject_id, subject_kind, name) DO UPDATE
SET due_at = excluded.due_at, tries = 0, since = NULL, why = NULL, parked = FALSE
"""
_ARM_MISSING = """
INSERT INTO {timer} (subject_kind, subject_id, name, due_at, tries, parked)
VALUES (:subject_kind, :subject_id, :name, :due_at, 0, FALSE)
ON CONFLICT (subject_id, subject_kind, name) DO NOTHING
"""
_PUT_OFF = """
UPDATE {timer} SET due_at = :due_at, tries = :tries, since = :since, why = :why, parked = :parked
WHERE subject_kind = :subject_kind AND subject_id = :subject_id AND name = :name
"""
_CLEAR = "DELETE FROM {timer} WHERE "
_OF_A_KIND = "(subject_kind = :kind_PLACE AND {any:subject_id:ids_PLACE})"
_PLACES = "abcdefgh"
"""Kinds of which timers are forgotten by one statement."""
_DISARM = """
DELETE FROM {timer}
WHERE subject_kind = :subject_kind AND subject_id = :subject_id AND name = :name
  AND due_at = :due_at
"""
_DUE = """
SELECT subject_kind, subject_id, name, due_at, tries, since, why FROM {timer}
WHERE due_at <= :now AND NOT parked ORDER BY due_at, subject_id, subject_kind, name LIMIT :limit
"""
_STILL = """
SELECT subject_kind, subject_id, name, due_at, tries, since, why FROM {timer}
WHERE due_at <= :now AND NOT parked AND {any:subject_id:ids}
"""
_NEXT = "SELECT min(due_at) FROM {timer} WHERE NOT parked"


class Timers:
    """What is due, inside a unit of work; see ``marketplace.domain.books.TimerBook``."""

    def __init__(self, runner: Runner, shelf: Shelf, hand: Hand) -> None:
        self._runner = runner
        self._shelf = shelf
        self._hand = hand
        if runner.writable:
            hand.also.append(self)
        # Subjects whose timers are to be forgotten, by kind, and then those that are to be set.
        self._cleared: dict[str, set[str]] = {}
        # Kinds and subjects whose timers were forgotten, with the names of those set since.
        self._gone: dict[tuple[str, str], set[str]] = {}
        self._armed: dict[tuple[str, str, str], tuple[str, str, str, Any]] = {}

    def arm(self, timers: Sequence[Timer]) -> None:
        """Set timers; the same subject and name again replaces the time."""
        if timers:
            self._runner.about_to_write()
            for row in self._encoded(timers):
                self._armed[row[1], row[0], row[2]] = row
            self._set_since(timers)
            self._wait()

    def _set_since(self, timers: Sequence[Timer]) -> None:
        for one in timers:
            names = self._gone.get((one.subject_kind, one.subject_id))
            if names is not None:
                names.add(one.name)

    def _wait(self) -> None:
        self._hand.delayed.add("timer")
        if len(self._armed) + sum(map(len, self._cleared.values())) > MOST_WAITING:
            self._hand.flush()

    def flush(self) -> None:
        """Write what waits: what was cleared was cleared before anything waited to be armed."""
        cleared, self._cleared = self._cleared, {}
        armed, self._armed = self._armed, {}
        kinds = sorted(cleared)
        for start in range(0, len(kinds), len(_PLACES)):
            some = kinds[start : start + len(_PLACES)]
            of_each = [_OF_A_KIND.replace("PLACE", place) for place in _PLACES[: len(some)]]
            ids = [self._shelf.adapter.array(sorted(cleared[kind])) for kind in some]
            params = [one for pair in zip(some, ids, strict=True) for one in pair]
            statement = self._shelf.sql(_CLEAR + " OR ".join(of_each))
            self._runner.write_waiting(statement, [params])
        if armed:
            rows = [armed[key] for key in sorted(armed)]
            self._runner.write_waiting(self._shelf.sql(_ARM), rows)

    def drop(self) -> None:
        """What waits is undone."""
        self._gone.clear()
        self._cleared.clear()
        self._armed.clear()

    def arm_missing(self, timers: Sequence[Timer]) -> None:
        """Set timers whose subject and name have none yet."""
        self._set_since(timers)
        self._runner.send_many(self._shelf.sql(_ARM_MISSING), self._encoded(timers))

    def put_off(self, timers: Sequence[Timer]) -> None:
        """Set timers again that could not be done, with what they say of their tries."""
        put = self._shelf.adapter.put_moment
        statement = self._shelf.sql(_PUT_OFF)
        for one in sorted(timers, key=_order):
            values = {
                "subject_kind": one.subject_kind,
                "subject_id": one.subject_id,
                "name": one.name,
                "due_at": put(one.due_at),
                "tries": one.tries,
                "since": None if one.since is None else put(one.since),
                "why": one.why,
                "parked": one.parked,
            }
            self._runner.send(statement, statement.fill(values))

    def _encoded(self, timers: Sequence[Timer]) -> list[tuple[str, str, str, Any]]:
        put = self._shelf.adapter.put_moment
        return [
            (one.subject_kind, one.subject_id, one.name, put(one.due_at))
            for one in sorted(timers, key=_order)
        ]

    def clear(self, subject_kind: str, subject_ids: Sequence[str]) -> None:
        """Forget every timer of these subjects."""
        if not subject_ids:
            return
        self._runner.about_to_write()
        gone = set(subject_ids)
        for key in [one for one in self._armed if one[0] in gone and one[1] == subject_kind]:
            del self._armed[key]
        self._cleared.setdefault(subject_kind, set()).update(gone)
        self._gone.update({(subject_kind, id): set() for id in gone})
        self._wait()

    def due(self, now: datetime, limit: int) -> list[Timer]:
        """What is due, the oldest first, no one else's until the end of this unit of work.

        What the timers are *about* is not locked: lock it, then ask ``disarm`` whether the
        timer still stood.
        """
        adapter = self._shelf.adapter
        self._runner.about_to_write()
        statement = self._shelf.sql(adapter.due_timers or _DUE)
        values = {"now": adapter.put_moment(now), "limit": limit}
        rows = self._runner.rows(statement, statement.fill(values))
        if adapter.due_timers is not None and rows:
            # Between the look and the lock another may have done with one: look again.
            ids = adapter.array(sorted({row[1] for row in rows}))
            still = self._runner.rows(self._shelf.sql(_STILL), (values["now"], ids))
            rows = sorted(set(rows) & set(still), key=lambda row: (row[3], row[1], row[0], row[2]))
        moment = adapter.get_moment
        return [
            Timer(kind, id, name, moment(due), tries, since and moment(since), why)
            for kind, id, name, due, tries, since, why in rows
        ]

    def disarm(self, timers: Sequence[Timer]) -> int:
        """Forget these very timers; gives how many of them still stood."""
        left = [one for one in timers if self._stands(one)]
        return self._runner.write_many(self._shelf.sql(_DISARM), self._encoded(left))

    def _stands(self, timer: Timer) -> bool:
        """Whether it may be there: it was not forgotten here, or was set anew."""
        names = self._gone.get((timer.subject_kind, timer.subject_id))
        return names is None or timer.name in names

    def next_due(self) -> datetime | None:
        """When the earliest is due."""
        row = self._runner.row(self._shelf.sql(_NEXT))
        return None if row is None or row[0] is None else self._shelf.adapter.get_moment(row[0])


def _order(timer: Timer) -> tuple[str, str, str]:
    return timer.subject_id, timer.subject_kind, timer.name
