"""The book of events: the outbox, and each party's own numbering of what it may hear."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from marketplace.domain.event import Delivery, Event
from marketplace.errors import InvalidInput
from marketplace.store.json_text import to_json
from marketplace.store.runner import Row, Runner
from marketplace.store.shelf import Shelf
from marketplace.store.statement import Statement, as_rows

# The counters are locked before the first event has its number, so that both numberings follow the
# order of commits; copies are counted back from where the counters then stand.
_TELL = """
WITH counted AS (
  INSERT INTO {party_counter} (party_id, last)
  SELECT name, number FROM PAIRS WHERE number > 0 ORDER BY name
  ON CONFLICT (party_id) DO UPDATE SET last = {party_counter}.last + excluded.last
  RETURNING party_id, last),
told AS (
  INSERT INTO {event} (COLUMNS)
  SELECT COLUMNS FROM EVENTS WHERE (SELECT count(*) FROM counted) >= 0)
INSERT INTO {event_recipient} (party_id, number, event_id)
SELECT r.party_id, c.last - r.number, r.event_id FROM COPIES
JOIN counted c ON c.party_id = r.party_id
"""
_COPY = ("party_id", "number", "event_id")
_FEED = """
SELECT r.party_id, r.number, COLUMNS
FROM {event_recipient} r JOIN {event} e ON e.id = r.event_id
WHERE r.party_id = :party_id AND r.number > :after ORDER BY r.number LIMIT :limit
"""
_UNDELIVERED = """
SELECT r.party_id, r.number, COLUMNS
FROM {party_counter} p
LEFT JOIN {delivery_cursor} c ON c.consumer = :consumer AND c.party_id = p.party_id
JOIN {event_recipient} r ON r.party_id = p.party_id AND r.number > coalesce(c.number, 0)
JOIN {event} e ON e.id = r.event_id
WHERE p.last > coalesce(c.number, 0) ORDER BY e.number, r.party_id LIMIT :limit
"""
_CURSORS = """
SELECT party_id, number FROM {delivery_cursor}
WHERE consumer = :consumer AND {any:party_id:parties}
"""
_MOVE = """
INSERT INTO {delivery_cursor} (consumer, party_id, number) VALUES (:consumer, :party_id, :number)
ON CONFLICT (consumer, party_id) DO UPDATE SET number = excluded.number
"""
_ABOUT = """
SELECT COLUMNS FROM {event} e WHERE e.subject_id = :subject_id ORDER BY e.number LIMIT :limit
"""


class Events:
    """The outbox inside a unit of work; see ``marketplace.domain.books.EventBook``.

    Events wait in memory until the unit of work ends, and are written then: a party's counter
    is locked for moments only, and all counters in ascending order, so that nobody's numbering
    stops another and no two lock each other.
    """

    def __init__(self, runner: Runner, shelf: Shelf) -> None:
        self._runner = runner
        self._shelf = shelf
        self.waiting: list[Event] = []

    def append(self, events: Sequence[Event]) -> None:
        """Write events, and number each party's copy without a gap."""
        if events:
            self._runner.about_to_write()
            self.waiting.extend(events)

    def flush(self) -> None:
        """Write what waits, and everybody's copy."""
        events, self.waiting = self.waiting, []
        if not events:
            return
        ready = self._shelf.ready[Event]
        rows = [ready.codec.encode(event) for event in events]
        if not self._shelf.adapter.with_writes:
            self._runner.send_many(ready.insert, rows)
            return
        more: dict[str, int] = {}
        for event in events:
            for party_id in dict.fromkeys(event.parties):
                more[party_id] = more.get(party_id, 0) + 1
        pairs, copies = to_json(more), []
        for event in events:
            for party_id in dict.fromkeys(event.parties):
                more[party_id] -= 1
                copies.append((party_id, more[party_id], event.id))
        values = (pairs, as_rows(ready.codec.columns, rows), as_rows(_COPY, copies))
        self._runner.write_waiting(_telling(self._shelf), [values])

    def feed(self, party_id: str, after: int, limit: int) -> list[Delivery]:
        """A party's events after its number, in order."""
        return self._deliveries(_FEED, party_id=party_id, after=after, limit=limit)

    def undelivered(self, consumer: str, limit: int) -> list[Delivery]:
        """What a consumer has not yet confirmed, in order per party."""
        return self._deliveries(_UNDELIVERED, consumer=consumer, limit=limit)

    def delivered(self, consumer: str, deliveries: Sequence[Delivery]) -> None:
        """Confirm, so that they do not come again.

        Raises ``InvalidInput`` where a party's number before one of them was never confirmed.
        """
        wanted: dict[str, set[int]] = {}
        for one in deliveries:
            wanted.setdefault(one.party_id, set()).add(one.number)
        parties = sorted(wanted)
        rows = self._runner.rows(
            self._shelf.sql(_CURSORS), (consumer, self._shelf.adapter.array(parties))
        )
        confirmed: dict[str, int] = dict(rows)
        moved: list[tuple[str, str, int]] = []
        for party_id in parties:
            last = confirmed.get(party_id, 0)
            for number in sorted(n for n in wanted[party_id] if n > last):
                if number != last + 1:
                    raise InvalidInput(
                        f"{consumer} confirmed {party_id} up to {last}; number {last + 1} is next"
                    )
                last = number
            moved.append((consumer, party_id, last))
        self._runner.send_many(self._shelf.sql(_MOVE), moved)

    def about(self, subject_id: str, limit: int = 1000) -> list[Event]:
        """Events about one subject, in the order they were written."""
        self.flush()
        ready, statement = self._sql(_ABOUT)
        rows = self._runner.rows(statement, (subject_id, limit))
        return [ready.codec.decode(row) for row in rows]

    def rewind(self, consumer: str, party_id: str, number: int) -> None:
        """Let a consumer have a party's events again, from after this number."""
        self._runner.send(self._shelf.sql(_MOVE), (consumer, party_id, number))

    def _deliveries(self, text: str, **values: Any) -> list[Delivery]:
        self.flush()
        ready, statement = self._sql(text)
        rows: list[Row] = self._runner.rows(statement, statement.fill(values))
        decode = ready.codec.decode
        return [Delivery(row[0], row[1], decode(row[2:])) for row in rows]

    def _sql(self, text: str) -> tuple[Any, Any]:
        return self._shelf.ready[Event], _asking(self._shelf, text)


@cache
def _asking(shelf: Shelf, text: str) -> Statement:
    """The statement of a text about events, put together once."""
    columns = ", ".join(f'e."{column}"' for column in shelf.ready[Event].codec.columns)
    return shelf.sql(text.replace("COLUMNS", columns))


@cache
def _telling(shelf: Shelf) -> Statement:
    """The statement that writes events and their copies, where one can."""
    ready = shelf.ready[Event]
    text = _TELL.replace("PAIRS", shelf.adapter.pairs).replace("COLUMNS", ready.columns)
    text = text.replace("EVENTS", shelf.rows_of("event", ready.codec.columns))
    return shelf.sql(text.replace("COPIES", shelf.rows_of("event_recipient", _COPY)))
