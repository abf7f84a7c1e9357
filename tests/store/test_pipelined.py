"""What travels together: few round trips, and every error inside the block it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from typing import Any

import pytest
from attrs import evolve

from marketplace.domain.books import Timer
from marketplace.domain.ledger import Transfer
from marketplace.domain.party import Party
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import Conflict, InvalidInput, StaleVersion
from marketplace.store.opening import open_store
from marketplace.store.pipelined import PipelinedRunner
from marketplace.store.statement import Statement
from marketplace.store.store import SqlStore
from tests.store.making import CLEARING, NOW, command, escrow, event, journal, party


@pytest.fixture
def wired(postgresql_url: str) -> Iterator[SqlStore]:
    """A store at the other end of a wire, with a transaction in it."""
    store = open_store(postgresql_url)
    with store.begin() as work:
        work.add(party(), Transaction("tx_1", "rides", "ride", "v1", "a", "NPR", NOW, NOW))
    yield store
    store.close()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with every round trip to the database."""
    counted: list[str] = []
    exchange = PipelinedRunner._exchange

    def counting(self: Any, asks: Any) -> Any:
        counted.append(f"{len(self._waiting)} with {len(asks)}")
        return exchange(self, asks)

    monkeypatch.setattr(PipelinedRunner, "_exchange", counting)
    return counted


def step(store: SqlStore, number: int) -> None:
    """All that a step of a deal writes: state, money, timer, events, command."""
    with store.begin() as work:
        work.gather(Transaction, "id", ["tx_1"], lock=True)
        assert work.commands.find("pa_1", f"k{number}") is None
        transaction = work.get(Transaction, "tx_1")
        work.save(evolve(transaction, state=f"s{number}"))
        move = Transfer(CLEARING, escrow("tx_1"), 100)
        work.ledger.post([journal(f"jr_{number}", move)])
        work.timers.arm([Timer("transaction", "tx_1", "expire", NOW)])
        work.events.append([event(f"ev_{number}", "pa_1", "pa_2")])
        work.commands.append(command(f"co_{number}", key=f"k{number}"))


def test_a_step_takes_few_round_trips(wired: SqlStore, trips: list[str]) -> None:
    """A whole step of a deal, its commit included, asks the database three times: whether it was
    done before and what the deal is, what the books say, and whether all of it is kept, which says
    itself what it is chained to."""
    step(wired, 0)
    trips.clear()
    step(wired, 1)
    assert trips == ["0 with 2", "0 with 2", "6 with 1"]
    with wired.begin(write=False) as work:
        assert work.get(Transaction, "tx_1").version == 3
        assert [one.number for one in work.events.feed("pa_2", 0, 9)] == [1, 2]
        assert len(work.ledger.journals()) == 2
        assert work.commands.broken_chains() == []


def test_an_error_comes_before_its_block_ends(wired: SqlStore) -> None:
    """What was only sent and is refused by the database is told at the latest when its block
    ends, and undoes that block alone."""
    with wired.begin() as work:
        work.add(party("pa_2"))
        with pytest.raises(Conflict) as refused, wired.begin():  # noqa: PT012
            work.add(party("pa_3"))
            work.add(party("pa_1"))
        assert refused.value.code == "already_there"
        work.add(party("pa_4"))
    with pytest.raises(Conflict), wired.begin() as work:  # noqa: PT012
        work.add(party("pa_5"))
        work.add(party("pa_1"))
    with wired.begin(write=False) as work:
        assert [one.id for one in work.select(Party)] == ["pa_1", "pa_2", "pa_4"]


def test_what_cannot_be_sent_undoes_its_block_alone(wired: SqlStore) -> None:
    """A value that PostgreSQL takes in no text is refused as it is handed over, before its block's
    savepoint was even sent; that block is undone, and the one around it is kept."""
    with wired.begin() as work:
        work.add(party("pa_2"))
        for many in (1, 2):
            with pytest.raises(InvalidInput), wired.begin():  # noqa: PT012
                work.add(party("pa_3"))
                work.add(*(party(f"pa_{number + 4}", name="a\0b") for number in range(many)))
        work.add(party("pa_9"))
    with wired.begin(write=False) as work:
        assert [one.id for one in work.select(Party)] == ["pa_1", "pa_2", "pa_9"]


def test_what_was_never_sent_is_forgotten(wired: SqlStore, trips: list[str]) -> None:
    """A block that is undone before anything of it was sent asks nothing of the database, and
    what the block around it wrote before and writes after is kept."""
    with wired.begin() as work:
        work.add(party("pa_2"))
        trips.clear()
        with pytest.raises(KeyError), wired.begin():  # noqa: PT012
            work.add(party("pa_3"))
            raise KeyError
        assert trips == []
        work.add(party("pa_4"))
    with wired.begin(write=False) as work:
        assert [one.id for one in work.select(Party)] == ["pa_1", "pa_2", "pa_4"]


def test_what_is_gathered_comes_with_the_next_question(wired: SqlStore, trips: list[str]) -> None:
    """What is gathered is asked in the trip of the next question, behind it; for whoever looks for
    it before, at once; and not at all if nobody asks anything any more."""
    with wired.begin() as work:
        work.add(party("pa_2"), Seat("tx_1", "customer", "pa_1"), Seat("tx_1", "provider", "pa_2"))
    with wired.begin() as work:
        trips.clear()
        work.gather(Party, "id", ["pa_1", "pa_2"])
        work.gather(Seat, "transaction_id", ["tx_1"])
        assert trips == []
        assert work.get(Transaction, "tx_1").state == "a"
        seats = work.select(Seat, {"transaction_id": "tx_1"}, order="role")
        found = [work.find(Party, id=one.party_id) for one in seats]
        assert [one.id for one in found if one is not None] == ["pa_1", "pa_2"]
        assert trips == ["0 with 1"]
    with wired.begin() as work:
        trips.clear()
        work.gather(Seat, "transaction_id", ["tx_1"])
        work.gather(Party, "id", ["pa_1"])
        assert len(work.select(Seat, {"transaction_id": "tx_1"}, order="role")) == 2
        assert trips == ["0 with 0"]
        work.gather(Party, "id", ["pa_2"])
    assert trips == ["0 with 0"]


def test_what_is_gathered_never_hides_what_was_written_since(wired: SqlStore) -> None:
    """What a unit of work writes after it gathered is what it reads; a row that is locked by the
    next question is gathered as it is under the lock, whoever changed it before."""
    with wired.begin() as work:
        work.gather(Transaction, "id", ["tx_1"])
        work.save(evolve(work.get(Transaction, "tx_1"), state="b"))
        work.gather(Transaction, "id", ["tx_1"])
        assert work.get(Transaction, "tx_1").state == "b"
        work.gather(Seat, "transaction_id", ["tx_1"])
        work.add(Seat("tx_1", "customer", "pa_1"))
        assert len(work.select(Seat, {"transaction_id": "tx_1"}, order="role")) == 1
    other = wired.begin()
    with wired.begin() as work:
        work.gather(Seat, "transaction_id", ["tx_1"])
        changes = Thread(target=_seat_another, args=(wired, other))
        changes.start()
        changes.join()
        work.get(Transaction, "tx_1")
        assert len(work.select(Seat, {"transaction_id": "tx_1"}, order="role")) == 2


def _seat_another(store: SqlStore, unit: Any) -> None:
    """Somebody else, in a unit of work of his own, takes a seat."""
    with unit as work:
        work.get(Transaction, "tx_1")
        work.add(Seat("tx_1", "provider", "pa_1"))


def test_many_statements_do_not_wait_for_ever(wired: SqlStore) -> None:
    """However much is only sent, so much at most waits in memory; all of it arrives in order."""
    with wired.begin() as work:
        for number in range(1200):
            due = NOW.replace(minute=number % 60)
            work.timers.arm([Timer("offer", f"of_{number % 7}", "x", due)])
            assert len(work.runner._waiting) < 500  # type: ignore[attr-defined]
    with wired.begin() as work:
        due_timers = work.timers.due(NOW.replace(minute=59), 99)
    found = {one.subject_id: one.due_at.minute for one in due_timers}
    last = {f"of_{number % 7}": number % 60 for number in range(1200)}
    assert found == last


def test_a_version_is_asked_unless_it_is_held(wired: SqlStore) -> None:
    """What was locked when it was read needs no question when it is saved; what was read before,
    or is saved a second time from an old value, does, and is found stale."""
    with wired.begin(write=False) as work:
        old = work.get(Transaction, "tx_1")
    with wired.begin() as work:
        held = work.get(Transaction, "tx_1")
        second = work.save(evolve(held, state="b"))
        third = work.save(evolve(second, state="c"))
        with pytest.raises(StaleVersion):
            work.save(evolve(held, state="d"))
        with pytest.raises(KeyError), wired.begin():  # noqa: PT012
            work.save(evolve(third, state="e"))
            raise KeyError
        work.save(evolve(third, state="f"))
    with wired.begin() as work:
        with pytest.raises(StaleVersion):
            work.save(evolve(old, state="g"))
        assert (work.get(Transaction, "tx_1").state, third.version) == ("f", 3)


def test_whoever_writes_is_told_what_came_of_it_later(wired: SqlStore, trips: list[str]) -> None:
    """What a write gives comes with the next question, before it; asked for sooner, or never by
    any question, it is there all the same. What was undone before it was sent is never told."""
    statement = Statement('UPDATE "party" SET name = name WHERE id = %s RETURNING id', ())
    with wired.begin() as work:
        trips.clear()
        told = work.runner.write_later(statement, ("pa_1",))
        assert trips == []
        assert work.find(Seat, transaction_id="tx_1") is None
        assert trips == ["1 with 1"]
        assert told() == [("pa_1",)]
        assert work.runner.write_later(statement, ("pa_9",))() == []
        assert trips == ["1 with 1", "1 with 0"]
    heard: list[Any] = []
    with wired.begin() as work:
        with suppress(KeyError), wired.begin():
            work.runner.send(statement, ("pa_1",), heard.append)
            raise KeyError
        work.runner.send(statement, ("pa_1",), heard.append)
        assert work.find(Seat, transaction_id="tx_1") is None
    assert heard == [[("pa_1",)]]


def test_deals_of_a_checkout_are_locked_on_the_way(wired: SqlStore, trips: list[str]) -> None:
    """Gathered by their checkout, locked, its deals are there to be locked without a question; a
    deal that nobody has locked is asked for."""
    deal = Transaction("tx_2", "goods", "order", "v1", "a", "NPR", NOW, NOW, checkout_id="co_1")
    with wired.begin() as work:
        work.add(deal)
    with wired.begin() as work:
        trips.clear()
        work.gather(Transaction, "checkout_id", ["co_1"], lock=True)
        work.gather(Seat, "transaction_id", ["tx_2"])
        assert work.select(Transaction, {"checkout_id": "co_1"}, lock=True) == [deal]
        assert work.get(Transaction, "tx_2") == deal
        assert trips == ["0 with 0"]
    with wired.begin() as work:
        trips.clear()
        work.gather(Transaction, "checkout_id", ["co_1"])
        assert work.select(Transaction, {"checkout_id": "co_1"}) == [deal]
        assert trips == ["0 with 0"]
        assert work.select(Transaction, {"checkout_id": "co_1"}, lock=True) == [deal]
        assert trips == ["0 with 0", "0 with 1"]
