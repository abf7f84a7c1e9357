"""Reading the ledger: an account's entries in order, what it held at a moment, sums by rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from attrs import evolve

from marketplace.domain.ledger import MARKETPLACE, Account, Entry, Journal, Purpose, Transfer
from marketplace.errors import InvalidInput
from marketplace.store.ledger_reading import account_id
from marketplace.store.runner import Runner
from marketplace.store.statement import Statement
from marketplace.store.store import SqlStore
from tests.store.making import CLEARING, DAY, NOW, REVENUE, escrow, journal, post, wallet

MINUTE = timedelta(minutes=1)


def payable(owner: str) -> Account:
    """What is owed to a party."""
    return Account(owner, Purpose.PAYABLE, "NPR")


def at(minutes: float, id: str, *transfers: Transfer, **fields: Any) -> Journal:
    """A journal of so many minutes after ``NOW``."""
    return evolve(journal(id, *transfers, **fields), at=NOW + minutes * MINUTE)


def shown(entries: Sequence[Entry]) -> list[tuple[str, str, int]]:
    """Each entry as its transfer, its account and its amount."""
    return [(one.transfer_id, one.account.purpose.value, one.amount) for one in entries]


def test_entries_come_in_the_order_of_posting(store: SqlStore) -> None:
    """Both sides of each transfer of these accounts, debit first, whatever the page and whatever
    the clocks said; with the other side, the rule, the journal's kind, cause and details."""
    debt = Account("pa_1", Purpose.RECEIVABLE, "NPR")
    post(store, at(0, "jr_0", Transfer(debt, escrow("tx_0"), 30, rule="books.owed")))
    post(store, at(9, "jr_1", Transfer(CLEARING, payable("pa_1"), 100, rule="goods", line=2)))
    said = {"transaction": "tx_1", "row": "finish"}
    post(store, at(3, "jr_2", Transfer(payable("pa_1"), debt, 30), kind="settle", details=said))
    post(store, at(4, "jr_3", Transfer(CLEARING, payable("pa_2"), 7)))
    accounts = [payable("pa_1"), debt]
    with store.begin(write=False) as work:
        for page in (1, 2, 500):
            found = list(work.ledger.entries(accounts, page=page))
            assert shown(found) == [
                ("jr_0.1", "provider receivable", 30),
                ("jr_1.1", "provider payable", 100),
                ("jr_2.1", "provider payable", -30),
                ("jr_2.1", "provider receivable", -30),
            ]
            assert list(work.ledger.entries(accounts, page=page, newest=True)) == found[::-1]
        second, third = found[1], found[2]
        assert (second.rule, second.other, second.at) == ("goods", CLEARING, NOW + 9 * MINUTE)
        assert (third.kind, third.cause, third.transaction_id) == ("settle", "tx_1", "tx_1")
        assert (third.row, third.other, third.journal_id) == ("finish", debt, "jr_2")
        after = work.ledger.entries(accounts, after=second.number)
        assert list(after) == found[2:]
        # Whoever counts since the third minute and before the ninth has neither the first nor
        # the second.
        between = {"since": NOW + 3 * MINUTE, "until": NOW + 9 * MINUTE}
        assert list(work.ledger.entries(accounts, **between)) == found[2:]
        moved = work.ledger.transfer("jr_1.1")
        assert moved is not None
        assert (moved[0].id, moved[1].rule, moved[1].line) == ("jr_1", "goods", 2)
        assert work.ledger.transfer("jr_1.2") is None


def test_what_waits_is_an_entry_only_where_it_is_asked_for(store: SqlStore) -> None:
    """A hold moves nothing yet: its posting is an entry, itself and its voiding are none, unless
    what waits is asked for too."""
    post(store, at(0, "jr_0", Transfer(CLEARING, wallet("pa_1"), 50)))
    for id in ("jr_1", "jr_2"):
        post(store, at(1, id, Transfer(wallet("pa_1"), escrow("tx_1"), 20, "pending")))
    taken = Transfer(wallet("pa_1"), escrow("tx_1"), 15, "post", "jr_1.1")
    given_up = Transfer(wallet("pa_1"), escrow("tx_1"), 20, "void", "jr_2.1")
    post(store, at(2, "jr_3", taken), at(2, "jr_4", given_up))
    with store.begin(write=False) as work:
        posted = list(work.ledger.entries([wallet("pa_1")]))
        assert [one.amount for one in posted] == [50, -15]
        every = list(work.ledger.entries([wallet("pa_1")], waiting=True))
        assert [one.phase for one in every] == ["posted", "pending", "pending", "post", "void"]
        held = work.ledger.posted_before([wallet("pa_1")], NOW + 2 * MINUTE)
        assert held == {wallet("pa_1"): 50}


def test_what_was_held_before_a_moment(store: SqlStore) -> None:
    """An account's balance of then is what was posted before the moment and not at it, also where
    the journals came in another order; what never had a transfer held nothing."""
    post(store, at(5, "jr_0", Transfer(CLEARING, payable("pa_1"), 100)))
    post(store, at(2, "jr_1", Transfer(CLEARING, payable("pa_1"), 11)))
    post(store, at(7, "jr_2", Transfer(payable("pa_1"), REVENUE, 60)))
    accounts = [payable("pa_1"), CLEARING, wallet("pa_9")]
    with store.begin(write=False) as work:
        ledger = work.ledger
        for minutes, held in ((2, 0), (2.5, 11), (5, 11), (6, 111), (9, 51)):
            then = ledger.posted_before(accounts, NOW + minutes * MINUTE)
            assert then[payable("pa_1")] == held, minutes
            assert then[wallet("pa_9")] == 0
        assert ledger.posted_before([CLEARING], NOW + 6 * MINUTE) == {CLEARING: 111}
        trial = {purpose: (debits, credits) for purpose, _, debits, credits in ledger.trial()}
        then = {row[0]: row[2:] for row in ledger.trial(NOW + 6 * MINUTE)}
        assert trial[Purpose.PAYABLE] == (60, 111)
        assert then == {Purpose.PAYABLE: (0, 111), Purpose.PROCESSOR_CLEARING: (111, 0)}
        with pytest.raises(InvalidInput, match="time zone"):
            ledger.trial((NOW + MINUTE).replace(tzinfo=None))


def test_sums_by_rule(store: SqlStore) -> None:
    """What an account took in and gave, by the journal's kind and the rule, in its own sense; in
    all or between two moments."""
    fees = Account(MARKETPLACE, Purpose.PROCESSOR_FEES, "NPR")
    paid = Transfer(CLEARING, payable("pa_1"), 100, rule="goods")
    fee = Transfer(payable("pa_1"), REVENUE, 15, rule="commission")
    post(store, at(1, "jr_1", paid, fee, kind="settle"))
    post(store, at(2, "jr_2", evolve(paid, amount=50), evolve(fee, amount=9), kind="settle"))
    back = Transfer(REVENUE, payable("pa_1"), 15, rule="commission")
    post(store, at(3, "jr_3", back, kind="reverse settlement"))
    post(store, at(3, "jr_4", Transfer(fees, CLEARING, 4), kind="processor fee"))
    with store.begin(write=False) as work:
        assert work.ledger.by_rule([REVENUE, fees]) == [
            (REVENUE, "reverse settlement", "commission", -15),
            (REVENUE, "settle", "commission", 24),
            (fees, "processor fee", "", 4),
        ]
        since, until = NOW + 2 * MINUTE, NOW + 3 * MINUTE
        assert work.ledger.by_rule([REVENUE, fees], since, until) == [
            (REVENUE, "settle", "commission", 9)
        ]


@pytest.mark.invariant(8)
@pytest.mark.attack(77)
def test_no_sum_is_too_large_to_be_read(store: SqlStore) -> None:
    """What accounts without a guard hold, and what any moved, is told to the last unit also beyond
    what a database's integer holds: two who deal for much close nobody's books."""
    most, home = 2**63 - 1, escrow("tx_1")
    for number in range(3):
        moves = (Transfer(CLEARING, home, most), Transfer(home, REVENUE, most - 1))
        post(store, at(number, f"jr_{number}", *moves, Transfer(home, wallet("pa_1"), 1)))
    end = NOW + DAY
    with store.begin(write=False) as work:
        book = work.ledger
        assert book.balance(CLEARING).posted == 3 * most
        assert {one.account: one.posted for one in book.balances()} == {
            CLEARING: 3 * most,
            REVENUE: 3 * most - 3,
            home: 0,
            wallet("pa_1"): 3,
        }
        for rows in (book.trial(), book.trial(end)):
            sides = {purpose: (debits, credits) for purpose, _, debits, credits in rows}
            assert sides[Purpose.ESCROW] == (3 * most, 3 * most)
            assert sum(debits - credits for debits, credits in sides.values()) == 0
        held = book.posted_before([CLEARING, REVENUE, home], end)
        assert held == {CLEARING: 3 * most, REVENUE: 3 * most - 3, home: 0}
        assert [net for *_, net in book.by_rule([CLEARING, REVENUE])] == [3 * most, 3 * most - 3]
        assert book.earned(wallet("pa_1"), NOW - DAY) == 3
        assert book.drift() == []


def fill(store: SqlStore, parties: int, journals: int) -> None:
    """So many journals, one of each party in turn: written as rows, which is quicker."""
    owners = [payable(f"pa_{number}") for number in range(parties)]
    post(store, *(at(0, f"jr_of_{one.owner}", Transfer(CLEARING, one, 1)) for one in owners))
    numbers = range(1, journals + 1)
    said = {"kind": "test", "actor": "clock", "cause": "tx_1", "details": "{}"}
    headers = [
        {"id": f"jr_{n:05}", "key": f"jr_{n:05}", "at": NOW + n * MINUTE, **said} for n in numbers
    ]
    moved = {"debit": account_id(CLEARING), "currency": "NPR", "phase": "posted", "rule": ""}
    moves = [
        {
            "id": f"jr_{n:05}.1",
            "journal_id": f"jr_{n:05}",
            "credit": account_id(owners[n % parties]),
            "amount": n,
            **moved,
        }
        for n in numbers
    ]
    with store.begin() as work:
        work.connection.execute(work.tables.journal.insert(), headers)
        work.connection.execute(work.tables.transfer.insert(), moves)
        if store.dialect == "postgresql":
            # As it does by itself; a SQLite of ours keeps no statistics.
            work.connection.exec_driver_sql("ANALYZE")


def test_others_rows_are_not_read(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among many who have as much, a party's entries, its balance of any moment and its newest
    entries are found by indexes alone: no table of everybody's is read through."""
    fill(store, parties=400, journals=20_000)
    asked: list[tuple[Statement, Sequence[Any]]] = []
    rows = Runner.rows

    def noting(runner: Runner, statement: Statement, params: Sequence[Any] = ()) -> Any:
        asked.append((statement, params))
        return rows(runner, statement, params)

    def noting_one(runner: Runner, statement: Statement, params: Sequence[Any] = ()) -> Any:
        return noting(runner, statement, params)[0]

    mine = [payable("pa_7")]
    with store.begin(write=False) as work:
        monkeypatch.setattr(Runner, "rows", noting)
        monkeypatch.setattr(Runner, "row", noting_one)
        until = NOW + 15_000 * MINUTE
        found = list(work.ledger.entries(mine, since=NOW + 5_000 * MINUTE, until=until, page=20))
        assert [one.amount for one in found] == list(range(5_207, 15_000, 400))
        assert len(list(islice(work.ledger.entries(mine, newest=True, page=20), 20))) == 20
        assert work.ledger.posted_before(mine, until) == {mine[0]: 1 + sum(range(7, 15_000, 400))}
        monkeypatch.undo()
        assert len(asked) > 5
        how = "EXPLAIN QUERY PLAN " if store.dialect == "sqlite" else "EXPLAIN "
        for statement, params in asked:
            plan = work.runner.rows(Statement(how + statement.sql, statement.names), params)
            steps = [str(row[-1]) for row in plan]
            # What was found already, the subquery ``p`` or ``s``, is read through.
            wrong = [one for one in steps if one.startswith("SCAN") or "Seq Scan" in one]
            assert set(wrong) <= {"SCAN p", "SCAN s"}, steps


@pytest.mark.parametrize(
    ("asked", "by"),
    [
        ({"owner": "pa_1"}, "account_owner_ix (owner=?)"),
        ({"owner": "pa_1", "purpose": Purpose.PAYABLE}, "account_owner_ix (owner=?)"),
        ({"purpose": Purpose.PAYABLE}, "account_purpose_ix (purpose=?)"),
    ],
    ids=["of one", "of one and a purpose", "of a purpose"],
)
def test_accounts_are_found_by_the_index_of_fewest(
    memory: SqlStore, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], by: str
) -> None:
    """One owner's accounts are looked up by the owner, a purpose's by an index without escrows, as
    each deal has one: SQLite, which keeps no statistics, would read all providers' for one."""
    said: list[tuple[Statement, Sequence[Any]]] = []
    rows = Runner.rows

    def noting(runner: Runner, statement: Statement, params: Sequence[Any] = ()) -> Any:
        said.append((statement, params))
        return rows(runner, statement, params)

    post(memory, at(0, "jr_0", Transfer(CLEARING, payable("pa_1"), 100)))
    with memory.begin(write=False) as work:
        monkeypatch.setattr(Runner, "rows", noting)
        assert payable("pa_1") in [one.account for one in work.ledger.balances(**asked)]
        monkeypatch.undo()
        ((statement, params),) = said
        plan = work.runner.rows(Statement(f"EXPLAIN QUERY PLAN {statement.sql}", ()), params)
    steps = [row[3] for row in plan if row[3].startswith(("SEARCH a ", "SCAN a"))]
    assert steps == [f"SEARCH a USING INDEX {by}"] * 2
