"""What the ledger sums and finds: what was earned, what lies in escrow, by whom and until when."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from attrs import evolve

from marketplace.domain.ledger import (
    DEBIT_NORMAL,
    Account,
    Balance,
    Journal,
    Purpose,
    Transfer,
    mirrored,
)
from marketplace.domain.transaction import Seat, Transaction
from marketplace.store import ledger_reading
from marketplace.store.ledger_reading import LedgerReading, account_id
from marketplace.store.runner import Runner
from marketplace.store.store import SqlStore
from tests.store.making import CLEARING, NOW, REVENUE, escrow, journal, party, post, wallet

MINUTE = timedelta(minutes=1)


def at(minutes: float, id: str, *transfers: Transfer) -> Journal:
    """A journal of so many minutes after ``NOW``."""
    return evolve(journal(id, *transfers), at=NOW + minutes * MINUTE)


def test_what_was_earned_between_two_moments(store: SqlStore) -> None:
    """What came after the first moment and before the second: neither what came at one of them."""
    came = Transfer(CLEARING, wallet("pa_1"), 1)
    post(store, *(at(n, f"jr_{n}", evolve(came, amount=10**n)) for n in range(5)))
    with store.begin(write=False) as work:
        ledger, since = work.ledger, NOW + MINUTE
        assert ledger.earned(wallet("pa_1"), since) == 11_100
        assert ledger.earned(wallet("pa_1"), since, NOW + 4 * MINUTE) == 1_100
        assert ledger.earned(wallet("pa_1"), since, NOW + 3.5 * MINUTE) == 1_100
        assert ledger.earned(wallet("pa_1"), since, NOW + 2 * MINUTE) == 0


def test_what_lies_in_escrow_of_the_deals_of_a_party(store: SqlStore) -> None:
    """Every purse of the deals in which a party sits, in one currency, now or just before a moment;
    a deal in which it sits twice once, and no deal of others, however its id begins."""
    with store.begin() as work:
        work.add(party("pa_1"), party("pa_2"))
        for id in ("tx_1", "tx_10", "tx_2"):
            work.add(Transaction(id, "goods", "order", "v1", "a", "NPR", NOW, NOW))
        work.add(*(Seat("tx_1", role, "pa_1") for role in ("customer", "provider")))
        work.add(Seat("tx_2", "provider", "pa_1"), Seat("tx_10", "provider", "pa_2"))
    dollars = evolve(CLEARING, currency="USD")
    post(
        store,
        at(1, "jr_1", Transfer(CLEARING, escrow("tx_1"), 1_000)),
        at(2, "jr_2", Transfer(CLEARING, escrow("tx_1:deposit"), 200)),
        at(3, "jr_3", Transfer(CLEARING, escrow("tx_10"), 5)),
        at(3, "jr_4", Transfer(CLEARING, escrow("tx_2"), 30)),
        at(3, "jr_5", Transfer(dollars, escrow("tx_2", "USD"), 7)),
        at(4, "jr_6", Transfer(escrow("tx_1"), wallet("tx_1"), 400)),
        at(5, "jr_7", Transfer(CLEARING, escrow("tx_1"), 9_000, "pending")),
    )
    with store.begin(write=False) as work:
        ledger = work.ledger
        assert ledger.in_escrow("pa_1", "NPR") == 830
        assert ledger.in_escrow("pa_1", "USD") == 7
        assert ledger.in_escrow("pa_2", "NPR") == 5
        assert ledger.in_escrow("pa_9", "NPR") == 0
        then = [ledger.in_escrow("pa_1", "NPR", NOW + n * MINUTE) for n in (1, 2, 3, 4, 5, 6)]
        assert then == [0, 1_000, 1_200, 1_230, 830, 830]
        assert ledger.in_escrow("pa_1", "USD", NOW + 3 * MINUTE) == 0
        assert ledger.in_escrow("pa_9", "NPR", NOW + 9 * MINUTE) == 0


def test_journals_of_one_account(store: SqlStore) -> None:
    """Those that take of an account or add to it are found, page after page; none that touches
    another account of the same party."""
    came = Transfer(CLEARING, wallet("pa_1"), 100)
    went = Transfer(wallet("pa_1"), REVENUE, 1)
    other = Transfer(CLEARING, escrow("pa_1"), 1)
    written = post(
        store, journal("jr_1", came), journal("jr_2", other), journal("jr_3", went, went)
    )
    with store.begin(write=False) as work:
        found = work.ledger.journals
        mine = [written[0], written[2]]
        assert found(account=wallet("pa_1")) == mine
        assert found(account=wallet("pa_1"), limit=1) == mine[:1]
        assert found(account=wallet("pa_1"), after="jr_1") == mine[1:]
        assert found(account=wallet("pa_1"), after="jr_2", cause="tx_1") == mine[1:]
        assert found(account=wallet("pa_9")) == []


def test_a_journal_is_read_as_it_was_written(store: SqlStore) -> None:
    """Whatever its key is: what it reverses, what its transfers resolve, and who and what it was
    for come back; its second transfer is found by its id as well as its first."""
    hold = Transfer(CLEARING, escrow("tx_1"), 100, "pending", rule="hold", line=1)
    taken = evolve(hold, amount=70, phase="post", resolves="jr_1.1")
    other = Transfer(CLEARING, REVENUE, 5, rule="fee")
    done = post(store, journal("jr_1", hold), journal("jr_2", taken, other, key="taken"))
    back = post(store, journal("jr_3", *mirrored([other]), reverses="jr_2"))
    with store.begin(write=False) as work:
        assert work.ledger.journals() == [*done, *back]
        assert [one.reverses for one in work.ledger.journals()] == [None, None, "jr_2"]
        assert work.ledger.transfer("jr_2.2") == (done[1], done[1].transfers[1])
        assert work.ledger.transfer("jr_2.1") == (done[1], evolve(taken, id="jr_2.1"))


@pytest.mark.parametrize("owner", ["a/b", "a/b/c", "/", "a/wallet/NPR"])
def test_an_owner_may_have_any_name(store: SqlStore, owner: str) -> None:
    """An account's id is read from its end, so that whatever stands in its owner's name is its
    owner's."""
    post(store, journal("jr_1", Transfer(CLEARING, wallet(owner), 3)))
    with store.begin(write=False) as work:
        assert work.ledger.balances(owner) == [Balance(wallet(owner), 3)]
        assert work.ledger.journals()[0].transfers[0].credit == wallet(owner)


def test_what_rises_by_debit_and_what_by_credit_is_summed_both_ways(store: SqlStore) -> None:
    """An asset is its debits less its credits, an income its credits less its debits; and so with
    what still waits to come in and to go out."""
    fees = Account("marketplace", Purpose.PROCESSOR_FEES, "NPR")
    post(store, journal("jr_1", Transfer(CLEARING, REVENUE, 100), Transfer(fees, CLEARING, 30)))
    post(store, journal("jr_2", Transfer(REVENUE, fees, 8)))
    post(store, journal("jr_3", Transfer(CLEARING, REVENUE, 7, "pending")))
    post(store, journal("jr_4", Transfer(REVENUE, CLEARING, 5, "pending")))
    with store.begin(write=False) as work:
        assert work.ledger.balance(CLEARING) == Balance(CLEARING, 70, 7, 5)
        assert work.ledger.balance(REVENUE) == Balance(REVENUE, 92, 7, 5)
        assert work.ledger.balance(fees) == Balance(fees, 22, 0, 0)


def test_both_sides_of_the_least_transfer_come_debit_first(store: SqlStore) -> None:
    """One whole unit is as good as many: its debit comes before its credit, and the newest first
    the other way round."""
    debt = Account("pa_1", Purpose.RECEIVABLE, "NPR")
    accounts = [wallet("pa_2"), CLEARING, wallet("pa_1"), debt]
    post(
        store,
        journal("jr_1", Transfer(CLEARING, wallet("pa_1"), 1)),
        journal("jr_2", Transfer(wallet("pa_1"), wallet("pa_2"), 1)),
        journal("jr_3", Transfer(debt, CLEARING, 1)),
    )
    sides = [CLEARING, accounts[2], accounts[2], accounts[0], debt, CLEARING]
    with store.begin(write=False) as work:
        for some in (accounts, accounts[::-1]):
            assert [one.account for one in work.ledger.entries(some)] == sides
            newest = work.ledger.entries(some, newest=True)
            assert [one.account for one in newest] == sides[::-1]


def test_a_trial_balance_is_in_order_of_currency_and_purpose(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Currencies come by their name, and the purposes of each by theirs, in whatever order the
    database has found them."""
    moves = []
    for number, purpose in enumerate(Purpose):
        for currency in ("USD", "NPR", "EUR"):
            ours, one = evolve(CLEARING, currency=currency), Account("any", purpose, currency)
            sides = (one, ours) if purpose in DEBIT_NORMAL else (ours, one)
            moves.append(Transfer(*sides, 1 + number % 5))
    post(store, journal("jr_1", *moves))
    found = Runner.rows
    with store.begin(write=False) as work:
        rows = work.ledger.trial()
        monkeypatch.setattr(Runner, "rows", lambda runner, *given: found(runner, *given)[::-1])
        assert work.ledger.trial() == rows
        monkeypatch.undo()
    places = [(currency, purpose.value) for purpose, currency, *_ in rows]
    assert places == sorted(places)
    assert {currency for currency, _ in places} == {"EUR", "NPR", "USD"}


def test_a_balance_that_no_transfer_made_is_drift(store: SqlStore) -> None:
    """An account that holds nothing and never had a transfer is sound; one that holds something
    without any is told."""
    with store.begin() as work:
        tables = work.tables
        work.connection.execute(
            tables.account.insert(),
            {"id": account_id(wallet("pa_1")), "owner": "pa_1", "purpose": "wallet",
             "currency": "NPR", "guarded": True},
        )  # fmt: skip
        work.connection.execute(
            tables.balance.insert(),
            {"account_id": account_id(wallet("pa_1")), "posted": 0, "pending_in": 0,
             "pending_out": 0},
        )  # fmt: skip
        assert work.ledger.drift() == []
        work.connection.execute(sa.update(tables.balance).values(posted=3))
        assert work.ledger.drift() == [
            (
                "account pa_1/wallet/NPR is kept as 3 posted, 0 and 0 pending;"
                " its transfers say 0, 0 and 0"
            )
        ]


def test_no_more_is_read_at_once_than_was_asked_for(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless somebody says otherwise a thousand journals are a page, and entries are read five
    hundred at a time, of which each is told once."""
    came = Transfer(CLEARING, wallet("pa_1"), 1)
    post(store, *(journal(f"jr_{n:04}", came) for n in range(1_001)))
    asked: list[int] = []
    rows = Runner.rows

    def noting(runner: Runner, *given: object) -> object:
        found = rows(runner, *given)  # type: ignore[arg-type]
        asked.append(len(found))
        return found

    with store.begin(write=False) as work:
        assert len(work.ledger.journals()) == 1_000
        monkeypatch.setattr(Runner, "rows", noting)
        entries = list(work.ledger.entries([wallet("pa_1")]))
        monkeypatch.undo()
        assert [one.number for one in entries] == sorted({one.number for one in entries})
        assert len(entries) == 1_001
        assert sorted(asked) == [0, 1, 500, 500]


def test_drift_is_found_page_by_page(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few balances are looked at once, the same is told: of those that were changed, and of
    accounts whose balance is gone, before, between and behind the others. No more are read at a
    time than a page and the accounts whose balance is gone."""
    owners = [f"pa_{number}" for number in range(7)]
    post(store, *(journal(f"jr_{one}", Transfer(CLEARING, wallet(one), 5)) for one in owners))
    table = store.tables.balance
    with store.begin() as work:
        gone = [account_id(wallet(one)) for one in ("pa_0", "pa_3", "pa_6")]
        changed = [account_id(wallet(one)) for one in ("pa_2", "pa_5")]
        work.connection.execute(sa.delete(table).where(table.c.account_id.in_(gone)))
        change = sa.update(table).where(table.c.account_id.in_(changed))
        work.connection.execute(change.values(posted=6))
    most: list[int] = []
    rows = LedgerReading._rows

    def noted(self: LedgerReading, text: str, *values: object) -> list[tuple[object, ...]]:
        found = rows(self, text, *values)
        most.append(len(found))
        return found

    monkeypatch.setattr(LedgerReading, "_rows", noted)
    told = {}
    for page in (1, 2, 3, 4, 5, 1_000):
        monkeypatch.setattr(ledger_reading, "PAGE", page)
        most.clear()
        with store.begin(write=False) as work:
            told[page] = sorted(work.ledger.drift())
        assert max(most) <= page + len(gone)
    assert max(most) == len(owners), "the control: all at once"
    assert len(told[1_000]) == 5
    assert all(told[page] == told[1_000] for page in told)
