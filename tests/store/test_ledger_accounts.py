"""The ledger's accounts: made on first use by whoever comes first, and locked."""

from __future__ import annotations

from contextlib import suppress

import pytest
import sqlalchemy as sa

from marketplace.domain.ledger import Account, Balance, Transfer
from marketplace.errors import InvalidInput, LedgerError, Refused
from marketplace.store.opening import open_store
from marketplace.store.runner import Runner
from marketplace.store.statement import Statement
from marketplace.store.store import SqlStore
from tests.store.making import CLEARING, REVENUE, balance, escrow, journal, post, sound, wallet

MOST = 2**63 - 1


def test_an_account_that_somebody_else_made_is_met(store: SqlStore, database_url: str) -> None:
    """Two stores of one database, each of which knows the accounts that it made itself: what one
    posts to the other's accounts is added to what is there, and may be taken of it."""
    post(store, journal("jr_1", Transfer(CLEARING, wallet("pa_1"), 100)))
    other = open_store(database_url)
    post(other, journal("jr_2", Transfer(wallet("pa_1"), wallet("pa_2"), 70)))
    post(store, journal("jr_3", Transfer(wallet("pa_2"), wallet("pa_1"), 20)))
    other.close()
    assert balance(store, wallet("pa_1")) == Balance(wallet("pa_1"), 50)
    assert balance(store, wallet("pa_2")) == Balance(wallet("pa_2"), 50)
    sound(store)


def test_an_account_is_made_once(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who posts twice to an account asks for it once, in one unit of work as well as in two."""
    said: list[str] = []
    meet = Runner.meet

    def noting(runner: Runner, statement: Statement) -> None:
        said.append(statement.sql)
        meet(runner, statement)

    monkeypatch.setattr(Runner, "meet", noting)
    move = Transfer(CLEARING, wallet("pa_1"), 1)
    with store.begin() as work:
        work.ledger.post([journal("jr_1", move)])
        work.ledger.post([journal("jr_2", move)])
    post(store, journal("jr_3", move))
    opening = f'INSERT INTO "{store.tables.account.name}" '
    assert len([one for one in said if opening in one]) == 1
    assert balance(store, wallet("pa_1")).posted == 3


def test_what_is_held_is_not_read_again(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A balance that was locked, or posted to, is known until the unit of work ends, and is what
    the database says; what an undone block posted is not in it, and neither is what a plugin
    changed on the connection. Who only reads asks each time."""
    first, second = wallet("pa_1"), wallet("pa_2")
    post(store, journal("jr_1", Transfer(CLEARING, first, 100), Transfer(CLEARING, second, 1)))
    asked: list[str] = []
    meet = Runner.meet

    def noting(runner: Runner, statement: Statement) -> None:
        if "balance" in statement.sql and statement.sql.startswith("SELECT"):
            asked.append(statement.sql)
        meet(runner, statement)

    monkeypatch.setattr(Runner, "meet", noting)

    def posted(*accounts: Account) -> list[int]:
        return [work.ledger.balance(one).posted for one in accounts]

    with store.begin() as work:
        work.ledger.lock([second, first])
        work.ledger.lock([first])
        assert posted(first, second) == [100, 1]
        work.ledger.post([journal("jr_2", Transfer(first, second, 30))])
        assert posted(first, second) == [70, 31]
        assert len(asked) == 1
        with suppress(KeyError), store.begin():
            work.ledger.post([journal("jr_3", Transfer(first, second, 70))])
            assert posted(first, second) == [0, 101]
            raise KeyError
        assert posted(first, second) == [70, 31]
        with pytest.raises(Refused):
            work.ledger.post([journal("jr_4", Transfer(first, second, 71))])
        work.ledger.post([journal("jr_5", Transfer(first, wallet("pa_3"), 70))])
        assert posted(first, wallet("pa_3")) == [0, 70]
        raw = sa.update(store.tables.balance).values(posted=5)
        work.connection.execute(raw)
        assert posted(first, second) == [5, 5]
        work.connection.execute(sa.update(store.tables.balance).values(posted=0))
        for owner, amount in (("pa_2", 31), ("pa_3", 70)):
            of = store.tables.balance.c.account_id == f"{owner}/wallet/NPR"
            work.connection.execute(sa.update(store.tables.balance).where(of).values(posted=amount))
    asked.clear()
    with store.begin(write=False) as work:
        assert posted(first, first, second) == [0, 0, 31]
    assert len(asked) == 3
    sound(store)


def test_what_is_remembered_is_bounded(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that met very many accounts forgets them and meets them anew: it remembers no more
    than so many and those of one unit of work, however long it runs, and posts as before."""
    monkeypatch.setattr("marketplace.store.known.MOST_KNOWN", 4)
    for number in range(20):
        move = Transfer(CLEARING, wallet(f"pa_{number % 7}"), 10)
        post(store, journal(f"jr_{number}", move))
        assert len(store.known.accounts) <= 4 + 2
    assert balance(store, wallet("pa_0")).posted == 30
    assert balance(store, wallet("pa_6")).posted == 20
    sound(store)


def test_as_much_may_wait_as_is_kept(store: SqlStore) -> None:
    """The most that an amount can be may wait for a new account; one more is refused before it
    is written, and so is one more of several."""
    most = Transfer(CLEARING, escrow("tx_1"), MOST, "pending")
    post(store, journal("jr_1", most))
    assert balance(store, escrow("tx_1")) == Balance(escrow("tx_1"), 0, MOST, 0)
    with store.begin() as work:
        with pytest.raises(InvalidInput) as refused:
            work.ledger.post([journal("jr_2", Transfer(CLEARING, escrow("tx_1"), 1, "pending"))])
        assert str(refused.value) == f"account tx_1/escrow/NPR would hold more than {MOST}"
        assert [one.id for one in work.ledger.journals()] == ["jr_1"]


def test_a_balance_that_is_gone_is_named(store: SqlStore) -> None:
    """Where somebody removed the balances of accounts nothing is posted to them, and the refusal
    names all of them in order."""
    moves = [Transfer(CLEARING, wallet(owner), 5) for owner in ("pa_2", "pa_1", "pa_3")]
    post(store, journal("jr_1", *moves))
    table = store.tables.balance
    with store.begin() as work:
        kept = table.c.account_id == "pa_3/wallet/NPR"
        work.connection.execute(sa.delete(table).where(~kept))
    with pytest.raises(LedgerError) as refused, store.begin() as work:
        work.ledger.post([journal("jr_2", *moves)])
    assert str(refused.value) == "no balance is kept of pa_1/wallet/NPR, pa_2/wallet/NPR"
    assert balance(store, wallet("pa_3")).posted == 5


@pytest.mark.invariant(5)
def test_who_locks_an_account_keeps_others_from_it(store: SqlStore) -> None:
    """Where several write at once, guarded balances that are locked are kept until the end, and
    no other; where one writes at a time, or nothing is guarded, there is nothing to lock, so that
    whoever only reads may ask for it."""
    post(store, journal("jr_1", *(Transfer(CLEARING, wallet(f"pa_{n}"), 1) for n in (1, 2, 3))))
    with store.begin(write=False) as work:
        work.ledger.lock([REVENUE, CLEARING])
    if not store.adapter.row_lock:
        with store.begin(write=False) as work:
            work.ledger.lock([wallet("pa_1")])
        return
    free = "SELECT account_id FROM {} WHERE account_id = '{}' FOR UPDATE NOWAIT"
    with store.begin() as work:
        work.ledger.lock([wallet("pa_2"), REVENUE, wallet("pa_1")])
        for owner, locked in {"pa_1": True, "pa_2": True, "pa_3": False}.items():
            asked = sa.text(free.format(store.tables.balance.name, f"{owner}/wallet/NPR"))
            with store.engine.connect() as other:
                if locked:
                    with pytest.raises(sa.exc.OperationalError, match="could not obtain lock"):
                        other.execute(asked)
                else:
                    assert other.execute(asked).scalar() == f"{owner}/wallet/NPR"
