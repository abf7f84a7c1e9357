"""What is due: found by its row, in order, also after everybody was away for a week."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from marketplace.domain.books import Timer
from marketplace.domain.transaction import Transaction
from marketplace.store.opening import open_store
from marketplace.store.store import SqlStore
from tests.store.making import DAY, HOUR, NOW


def timer(id: str, hours: float, name: str = "expire") -> Timer:
    """A timer about an offer, so many hours after ``NOW``."""
    return Timer("offer", id, name, NOW + hours * HOUR)


@pytest.mark.behaviour("C6")
def test_what_is_due_comes_in_order(store: SqlStore) -> None:
    """The oldest first, no more than asked for, a week late as well as at once; what is not yet
    due does not come."""
    timers = [timer("c", 3), timer("a", 1), timer("b", 2, "remind"), timer("b", 2)]
    with store.begin() as work:
        work.timers.arm(timers)
        assert work.timers.next_due() == NOW + HOUR
        assert work.timers.due(NOW + HOUR - HOUR / 3600, 10) == []
        assert work.timers.due(NOW + HOUR, 10) == [timer("a", 1)]
        assert work.timers.due(NOW + 7 * DAY, 3) == [timer("a", 1), timer("b", 2), timers[2]]
        assert work.timers.disarm([timer("a", 1), timer("b", 2)]) == 2
        assert work.timers.due(NOW + 7 * DAY, 10) == [timers[2], timer("c", 3)]
        work.timers.clear("offer", ["b", "c"])
        assert work.timers.next_due() is None


def test_a_timer_is_set_anew(store: SqlStore) -> None:
    """The same subject and name again replaces the time; only-if-missing does not; other kinds of
    subject are others; and who disarms an older time hears that it stood no more."""
    with store.begin() as work:
        work.timers.arm([timer("a", 1)])
        work.timers.arm([timer("a", 5)])
        work.timers.arm_missing([timer("a", 2), timer("b", 6)])
        work.timers.arm([Timer("request", "a", "expire", NOW)])
        assert work.timers.disarm([timer("a", 1)]) == 0
        work.timers.clear("request", ["a"])
        work.timers.clear("request", [])
        assert work.timers.due(NOW + DAY, 10) == [timer("a", 5), timer("b", 6)]


def test_timers_of_many_kinds_are_forgotten_together(store: SqlStore) -> None:
    """Those of each kind and no other, however many kinds there are; who then disarms one of them
    hears that it stood no more, but for one that was set anew, or whose forgetting was undone."""
    kinds = [f"kind {number}" for number in range(20)]
    due = [Timer(kind, id, "x", NOW) for kind in kinds for id in ("a", "b")]
    with store.begin() as work:
        work.timers.arm(due)
    with store.begin() as work:
        for kind in kinds[1:]:
            work.timers.clear(kind, ["a", "c"])
        assert work.timers.disarm([one for one in due if one.subject_id == "a"]) == 1
        left = [one for one in due if one.subject_id == "b"]
        assert sorted(work.timers.due(NOW, 100), key=str) == sorted(left, key=str)
        work.timers.clear(kinds[0], ["b"])
        work.timers.arm([left[0]])
        assert work.timers.disarm([left[0]]) == 1
        with suppress(KeyError), store.begin():
            work.timers.clear(kinds[1], ["b"])
            raise KeyError
        assert work.timers.disarm([left[1]]) == 1
        assert len(work.timers.due(NOW, 100)) == 18


def test_a_due_timer_and_a_command_never_lock_each_other(postgresql_url: str) -> None:
    """On PostgreSQL a worker holds a due timer and waits for its transaction, while a command
    that holds the transaction sets the timer anew: neither waits for the other for ever, and the
    worker hears that its timer stood no more."""
    store = open_store(postgresql_url)
    transaction = Transaction("tx_1", "rides", "ride", "v1", "requested", "NPR", NOW, NOW)
    due, later = (
        Timer("transaction", "tx_1", "x", NOW),
        Timer("transaction", "tx_1", "x", NOW + DAY),
    )
    with store.begin() as work:
        work.add(transaction)
        work.timers.arm([due])
    locked, looked, said = threading.Event(), threading.Event(), []

    def worker() -> None:
        assert locked.wait(10)
        with store.begin() as work:
            found = work.timers.due(NOW, 10)
            looked.set()
            work.get(Transaction, "tx_1")
            said.append((len(found), work.timers.disarm(found)))

    thread = threading.Thread(target=worker)
    thread.start()
    with store.begin() as work:
        work.get(Transaction, "tx_1")
        locked.set()
        assert looked.wait(10)
        work.timers.arm([later])
    thread.join(10)
    assert said == [(1, 0)]
    with store.begin(write=False) as work:
        assert work.timers.next_due() == NOW + DAY
    store.close()


def test_a_due_timer_is_passed_over_by_others(postgresql_url: str) -> None:
    """On PostgreSQL what one worker has, another does not get, until the first is done; one that
    did it in the meantime is not done again."""
    store, other = open_store(postgresql_url), open_store(postgresql_url)
    with store.begin() as work:
        work.timers.arm([timer("a", 0), timer("b", 0), timer("c", 0)])
    with store.begin() as work:
        mine = work.timers.due(NOW, 2)
        with other.begin() as elsewhere:
            theirs = elsewhere.timers.due(NOW, 2)
        assert (mine, theirs) == ([timer("a", 0), timer("b", 0)], [timer("c", 0)])
        work.timers.disarm(mine)
    with other.begin() as work:
        assert work.timers.due(NOW, 2) == [timer("c", 0)]
    store.close()
    other.close()
