"""What a unit of work has in hand: it reads as the database would, and all of it arrives."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import Any

import pytest
from attrs import evolve

from marketplace.domain.party import Party
from marketplace.domain.payment import Payment
from marketplace.domain.ports import Work
from marketplace.domain.transaction import Seat, Terms, Transaction
from marketplace.errors import Conflict, NotFound, Outcome, StaleVersion
from marketplace.store.opening import open_store
from marketplace.store.pipelined import PipelinedRunner
from marketplace.store.runner import Runner
from marketplace.store.statement import Statement
from marketplace.store.store import SqlStore
from tests.store.making import NOW, party, somebody_writes, wallet

STATES = ("a", "b", "c")


def deal(number: int) -> Transaction:
    """A deal of this number."""
    return Transaction(f"tx_{number}", "goods", "order", "v1", "a", "NPR", NOW, NOW)


def terms(number: int, version: int = 1) -> Terms:
    """What was agreed in it."""
    return Terms(f"tx_{number}", version, "agreed", (), {}, "order", "v1", NOW, "")


def payment(number: int, position: int = 0) -> Payment:
    """One that fills its price."""
    id = f"py_{number}_{position}"
    return Payment(id, f"tx_{number}", "price", "pa_1", "card", "NPR", NOW, position=position)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with every statement that a unit of work says or waits with."""
    spoken: list[str] = []
    runs = {cls: cls._run for cls in (Runner, PipelinedRunner)}
    many, soon = Runner._run_many, PipelinedRunner.soon

    def one(self: Any, sql: str, params: Any) -> Any:
        spoken.append(sql)
        return runs[type(self)](self, sql, params)

    def several(self: Any, sql: str, params: Any) -> Any:
        if len(params) > 1:
            spoken.append(sql)
        return many(self, sql, params)

    def behind(self: Any, statement: Statement, params: Any, then: Any) -> None:
        spoken.append(statement.sql)
        soon(self, statement, params, then)

    for cls in runs:
        monkeypatch.setattr(cls, "_run", one)
    monkeypatch.setattr(PipelinedRunner, "soon", behind)
    monkeypatch.setattr(Runner, "_run_many", several)
    return spoken


@pytest.fixture
def met(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with every statement that a unit of work comes to, whichever way it goes from there."""
    told: list[str] = []
    meet = Runner.meet

    def noting(self: Any, statement: Statement) -> None:
        told.append(statement.sql)
        meet(self, statement)

    monkeypatch.setattr(Runner, "meet", noting)
    return told


def _step(work: Work, dice: Random, made: list[int]) -> Any:
    """One thing that a command might do; gives what it found."""
    number = dice.choice(made) if made else 0
    kind, field = dice.choice(((Seat, "role"), (Terms, "version"), (Payment, "position")))
    match dice.randrange(8) if made else 0:
        case 0:
            new = len(made)
            made.append(new)
            work.add(deal(new))
            work.add(Seat(f"tx_{new}", "customer", "pa_1"), Seat(f"tx_{new}", "provider", "pa_2"))
            work.add(terms(new), payment(new))
            return new
        case 1:
            return work.get(Transaction, f"tx_{number}")
        case 2:
            found = work.get(Transaction, f"tx_{number}")
            return work.save(evolve(found, state=dice.choice(STATES)))
        case 3:
            where = {"transaction_id": f"tx_{number}"}
            return work.select(kind, where, order=field, descending=dice.random() < 0.5, limit=2)
        case 4:
            wanted = [f"tx_{one}" for one in dice.sample(made, min(3, len(made)))]
            work.gather(kind, "transaction_id", wanted)
            return [work.select(kind, {"transaction_id": one}, order=field) for one in wanted]
        case 5:
            place = len(work.select(Payment, {"transaction_id": f"tx_{number}"}))
            work.add(payment(number, place))
            return work.find(Payment, transaction_id=f"tx_{number}", position=place)
        case 6:
            work.put(Seat(f"tx_{number}", "provider", dice.choice(("pa_1", "pa_2")), 5_000))
            where = {"transaction_id": [f"tx_{number}"], "role": "provider", "share_bp": 5_000}
            return work.select(Seat, where, order="party_id")
        case _:
            found = work.get(Payment, f"py_{number}_0")
            return work.save(evolve(found, captured=found.captured + 1))


def _told(store: SqlStore, seed: int, *, plainly: bool) -> list[Any]:
    """What a life of units of work found, and what is left of it; ``plainly``: all from the
    database, which a look at the connection sees to."""
    dice, made, told = Random(seed), list[int](), list[Any]()
    with store.begin() as work:
        work.add(party("pa_1"), party("pa_2"))
    for _ in range(6):
        with store.begin() as work:
            for _ in range(dice.randrange(1, 8)):
                inner, undone = dice.random() < 0.3, dice.random() < 0.5
                before = list(made)
                try:
                    if not inner:
                        told.append(_step(work, dice, made))
                    else:
                        with store.begin():
                            told.append(_step(work, dice, made))
                            if undone:
                                raise KeyError
                except KeyError:
                    made[:] = before
                if plainly:
                    assert work.connection is not None
    with store.begin(write=False) as work:
        told.append([work.select(Transaction), work.select(Payment)])
        told.append([work.select(Seat, order="role"), work.select(Terms, order="version")])
    return told


@pytest.mark.parametrize("seed", range(12))
def test_what_is_in_hand_reads_as_the_database_would(seed: int, database_url: str) -> None:
    """Whatever is made, changed, gathered, read and undone in units of work: each reading finds
    what it would find in the database, and at the end the same is there."""
    lives = []
    for number, plainly in enumerate((False, True)):
        store = open_store(database_url, create="missing", prefix=f"life{number}_")
        lives.append(_told(store, seed, plainly=plainly))
        store.close()
    assert lives[0] == lives[1]


def test_what_was_just_made_is_not_read(memory: SqlStore, said: list[str]) -> None:
    """A deal with all that belongs to it is written in one statement a table, changes and all, and
    is read without any."""
    with memory.begin() as work:
        work.add(party("pa_1"))
        said.clear()
        for number in range(3):
            work.add(deal(number))
            work.add(Seat(f"tx_{number}", "customer", "pa_1"), payment(number))
        for number in range(3):
            work.save(evolve(work.get(Transaction, f"tx_{number}"), state="b"))
            assert work.find(Seat, transaction_id=f"tx_{number}", role="provider") is None
            assert len(work.select(Payment, {"transaction_id": f"tx_{number}"})) == 1
            assert work.select(Terms, {"transaction_id": f"tx_{number}"}, order="version") == []
        assert [one for one in said if not one.startswith("SAVEPOINT")] == []
    mine = [one for one in said if one.startswith(("INSERT", "UPDATE", "SELECT"))]
    assert [one.split('"')[1] for one in mine] == ["transaction", "seat", "payment"]
    with memory.begin(write=False) as work:
        assert {(one.state, one.version) for one in work.select(Transaction)} == {("b", 2)}


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("plainly", [False, True])
def test_rows_in_hand_come_in_the_order_of_the_database(
    store: SqlStore, plainly: bool, descending: bool
) -> None:
    """Rows are ordered by a field and then by their key, either way; and one of which the field is
    empty comes last, whether they are in hand or read."""
    asked = {0: 2, 1: None, 2: 1, 3: 2, 4: None}
    with store.begin() as work:
        work.add(party("pa_1"), deal(1))
        work.add(*(evolve(payment(1, place), asked=value) for place, value in asked.items()))
        if plainly:
            assert work.connection is not None
        where = {"transaction_id": "tx_1", "party_id": ["pa_1", "pa_2"]}
        found = work.select(Payment, where, order="asked", descending=descending)
        where["position"] = [1, 3, 9, None]
        some = work.select(Payment, where, descending=descending)
        none = work.select(Payment, {**where, "means": "gold"}, descending=descending)
    orders = [[3, 0, 2, 4, 1], [3, 1]] if descending else [[2, 0, 3, 1, 4], [1, 3]]
    assert [[one.position for one in each] for each in (found, some, none)] == [*orders, []]


def test_what_others_may_change_is_read(store: SqlStore, said: list[str]) -> None:
    """What somebody else made is not known to be whole, so that what belongs to it is asked for:
    once where only one can write, each time where others may; gathered, it is not asked again."""
    with store.begin() as work:
        work.add(party("pa_1"), deal(1), Seat("tx_1", "customer", "pa_1"), payment(1))
    somebody_writes(store)
    with store.begin() as work:
        work.get(Transaction, "tx_1")
        said.clear()
        for _ in range(2):
            assert len(work.select(Seat, {"transaction_id": "tx_1"}, order="role")) == 1
        alone = work.dialect == "sqlite"
        assert len(said) == (1 if alone else 2)
        work.gather(Seat, "transaction_id", ["tx_1"])
        for _ in range(2):
            assert len(work.select(Seat, {"transaction_id": "tx_1"}, order="role")) == 1
        assert len(said) == (1 if alone else 3)


def test_a_block_that_ended_well_leaves_what_it_read(store: SqlStore, met: list[str]) -> None:
    """What was locked before a block inside, or in it, is still locked after it, and not read
    again; unless a plugin had the connection, and may have changed it as late as at its end."""
    with store.begin() as work:
        work.add(party("pa_1"), deal(1), deal(2))
    with store.begin() as work:
        work.get(Transaction, "tx_1")
        with store.begin():
            work.add(party("pa_2"))
            work.get(Transaction, "tx_2")
        met.clear()
        assert [work.get(Transaction, f"tx_{one}").state for one in (1, 2)] == ["a", "a"]
        assert met == []
        with store.begin():
            connection = work.connection
            work.get(Transaction, "tx_1")
            table = work.names("transaction")
            connection.exec_driver_sql(f"UPDATE \"{table}\" SET state = 'z'")
        assert [work.get(Transaction, f"tx_{one}").state for one in (1, 2)] == ["z", "z"]


def test_what_stays_as_it_is_is_read_once(
    store: SqlStore, met: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Terms never change: whoever made or read them finds them by their key without asking, also
    in another unit of work; but not those of one that was undone, nor more than so many."""
    agreed = [terms(1, version) for version in (1, 2, 3)]

    def found(version: int) -> Terms | None:
        with store.begin(write=False) as work:
            return work.find(Terms, transaction_id="tx_1", version=version)

    with store.begin() as work:
        work.add(party("pa_1"), deal(1), agreed[0])
    with suppress(KeyError), store.begin() as work:
        work.add(agreed[2])
        assert work.find(Terms, transaction_id="tx_1", version=3) == agreed[2]
        raise KeyError
    with store.begin() as work:
        with suppress(KeyError), store.begin():
            work.add(agreed[1])
            raise KeyError
        assert work.find(Terms, transaction_id="tx_1", version=2) is None
    met.clear()
    assert [found(1), found(1)] == [agreed[0]] * 2
    assert met == []
    with store.begin() as work:
        work.gather(Terms, "transaction_id", ["tx_1"])
        assert work.find(Terms, transaction_id="tx_1", version=1) == agreed[0]
    assert met == []
    assert [found(2), found(3)] == [None, None]
    assert len(met) == 2
    monkeypatch.setattr("marketplace.store.known.MOST_FIXED", 2)
    with store.begin() as work:
        work.add(*agreed[1:])
    for number in (2, 3):
        with store.begin() as work:
            work.add(deal(number), terms(number))
        assert len(store.known.rows) <= 3
    assert [found(one) for one in (1, 2, 3)] == agreed


def test_a_change_of_the_table_is_seen(store: SqlStore) -> None:
    """What a plugin changes by the connection, or a book by a statement of its own, is not read
    as it was in hand; and a value from before it is stale."""
    with store.begin() as work:
        work.add(party("pa_1"), deal(1), payment(1))
        mine = work.get(Transaction, "tx_1")
        table = work.names("transaction")
        work.connection.exec_driver_sql(f"UPDATE \"{table}\" SET state = 'z', version = 9")
        assert work.get(Transaction, "tx_1").state == "z"
        with pytest.raises(StaleVersion):
            work.save(evolve(mine, state="b"))


def test_what_is_refused_is_told_before_its_block_ends(store: SqlStore) -> None:
    """A row that waits and may not be written is refused at the latest when its block ends, and
    takes along only what was written in it."""
    with store.begin() as work:
        work.add(party("pa_1"), deal(1))
        with pytest.raises(NotFound), store.begin():
            work.add(Seat("tx_9", "customer", "pa_1"))
        with pytest.raises(Conflict), store.begin():
            work.add(deal(1))
        assert work.select(Seat, {"transaction_id": "tx_1"}, order="role") == []
        work.add(Seat("tx_1", "customer", "pa_1"))
    with store.begin(write=False) as work:
        assert [one.party_id for one in work.select(Seat, order="role")] == ["pa_1"]
    with pytest.raises(Outcome), store.begin() as work:
        work.add(payment(9))
    with store.begin(write=False) as work:
        assert work.select(Payment) == []
        assert [one.id for one in work.select(Party)] == ["pa_1"]


def test_what_waits_is_written_before_what_names_it(store: SqlStore) -> None:
    """A row of another table that names one which waits finds it there, whatever came first."""
    with store.begin() as work:
        work.add(party("pa_1"))
        work.add(payment(1), deal(1))
        work.add(deal(2))
        work.timers.clear("transaction", ["tx_2"])
        assert [one.id for one in work.select(Payment)] == ["py_1_0"]


def test_nothing_is_read_from_hand_once_it_is_broken(store: SqlStore) -> None:
    """After an error of the database nothing of the block can be kept, and nothing is read in it as
    if it were there; nor does anything more come to wait."""
    broke = pytest.raises(Conflict, match="broke this unit of work")
    with broke, store.begin() as work:
        work.add(party("pa_1"), deal(1), terms(1))
        work.ledger.lock([wallet("pa_1")])
        with pytest.raises(NotFound):  # noqa: PT012
            work.add(Seat("tx_9", "customer", "pa_1"))
            work.select(Seat, order="role")
        for attempt in (
            lambda: work.get(Transaction, "tx_1"),
            lambda: work.select(Payment, {"transaction_id": "tx_1"}),
            lambda: work.find(Terms, transaction_id="tx_1", version=1),
            lambda: work.ledger.balance(wallet("pa_1")),
            lambda: work.add(payment(1)),
        ):
            with pytest.raises(Conflict, match="broke this unit of work"):
                attempt()
    with store.begin(write=False) as work:
        assert work.select(Transaction) == []
