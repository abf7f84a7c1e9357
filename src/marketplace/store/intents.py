"""The book of intents: which worker may carry out what."""

from __future__ import annotations

from datetime import datetime, timedelta

from marketplace.domain.payment import Intent
from marketplace.store.runner import Runner
from marketplace.store.shelf import Shelf

_LEASE = """
WITH due AS MATERIALIZED (
  SELECT id FROM {intent}
  WHERE state = 'waiting' AND due_at <= :now AND (leased_until IS NULL OR leased_until <= :now)
  ORDER BY due_at, id LIMIT :limit SKIP_LOCKED)
UPDATE {intent} SET leased_by = :worker, leased_until = :until, version = version + 1
WHERE id IN (SELECT id FROM due)
RETURNING COLUMNS
"""
_OLDEST = "SELECT min(due_at) FROM {intent} WHERE state = 'waiting' AND due_at <= :now"


class Intents:
    """Intents that a worker may carry out; see ``marketplace.domain.books.IntentBook``."""

    def __init__(self, runner: Runner, shelf: Shelf) -> None:
        self._runner = runner
        self._shelf = shelf

    def lease(self, now: datetime, worker: str, lease_for: timedelta, limit: int) -> list[Intent]:
        """Waiting intents that are due and leased by nobody, now leased by this worker."""
        ready, adapter = self._shelf.ready[Intent], self._shelf.adapter
        text = _LEASE.replace("COLUMNS", ready.columns).replace("SKIP_LOCKED", adapter.skip_locked)
        statement = self._shelf.sql(text)
        values = {
            "worker": worker,
            "until": adapter.put_moment(now + lease_for),
            "now": adapter.put_moment(now),
            "limit": limit,
        }
        rows = self._runner.write_rows(statement, statement.fill(values))
        leased: list[Intent] = [ready.codec.decode(row) for row in rows]
        return sorted(leased, key=lambda intent: (intent.due_at, intent.id))

    def lag(self, now: datetime) -> timedelta | None:
        """How late the oldest due intent is; None when nothing waits."""
        adapter = self._shelf.adapter
        row = self._runner.row(self._shelf.sql(_OLDEST), (adapter.put_moment(now),))
        return None if row is None or row[0] is None else now - adapter.get_moment(row[0])
