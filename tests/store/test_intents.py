"""Intents: leased by one worker at a time, until the lease ends."""

from __future__ import annotations

import pytest
from attrs import evolve

from marketplace.domain.effect import MoneyKind
from marketplace.domain.payment import Intent
from marketplace.store.opening import open_store
from marketplace.store.store import SqlStore
from tests.store.making import DAY, HOUR, NOW


def intent(id: str, hours: float = 0, **fields: object) -> Intent:
    """A waiting intent, due so many hours after ``NOW``."""
    due = NOW + hours * HOUR
    return evolve(Intent(id, MoneyKind.HOLD, "sandbox", 100, "NPR", NOW, due), **fields)


@pytest.mark.invariant(40)
def test_a_worker_leases_what_waits(store: SqlStore) -> None:
    """The oldest first, no more than asked for; not what is done, not yet due, or another's; and
    again when the lease has ended, with the version raised by each lease."""
    with store.begin() as work:
        work.add(intent("c", 2), intent("a"), intent("b", 1), intent("d", 0, state="done"))
        assert work.intents.lag(NOW + 3 * HOUR) == 3 * HOUR
        assert work.intents.lag(NOW - HOUR) is None
    with store.begin() as work:
        leased = work.intents.lease(NOW + HOUR, "one", HOUR, 1)
        assert leased == [intent("a", leased_by="one", leased_until=NOW + 2 * HOUR, version=2)]
        assert work.get(Intent, "a") == leased[0]
        again = work.intents.lease(NOW + HOUR, "other", HOUR, 10)
        assert [one.id for one in again] == ["b"]
        assert work.intents.lease(NOW + HOUR, "other", HOUR, 10) == []
    with store.begin() as work:
        late = work.intents.lease(NOW + DAY, "other", HOUR, 10)
        assert [(one.id, one.version) for one in late] == [("a", 3), ("b", 3), ("c", 2)]
        for one in late:
            work.save(evolve(one, state="done"))
        assert work.intents.lag(NOW + DAY) is None
        assert work.intents.lease(NOW + 9 * DAY, "other", HOUR, 10) == []


def test_a_lease_waits_for_nobody(postgresql_url: str) -> None:
    """On PostgreSQL what another unit of work has locked is passed over."""
    store, other = open_store(postgresql_url), open_store(postgresql_url)
    with store.begin() as work:
        work.add(intent("a"), intent("b"))
    with store.begin() as work:
        work.get(Intent, "a")
        with other.begin() as elsewhere:
            leased = elsewhere.intents.lease(NOW, "other", HOUR, 10)
        assert [one.id for one in leased] == ["b"]
    store.close()
    other.close()
