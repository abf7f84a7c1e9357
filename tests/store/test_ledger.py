"""The ledger: sums cannot be wrong, rows cannot be changed, refusals leave nothing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from attrs import evolve

from marketplace.domain.ledger import (
    MARKETPLACE,
    Account,
    Balance,
    Purpose,
    Transfer,
    mirrored,
)
from marketplace.errors import Conflict, InvalidInput, LedgerError, MarketplaceError, Refused
from marketplace.store.store import SqlStore
from tests.store.making import (
    CLEARING,
    HOUR,
    NOW,
    REVENUE,
    balance,
    escrow,
    journal,
    post,
    sound,
    wallet,
)


@pytest.mark.behaviour("C13")
@pytest.mark.invariant(1, 4)
def test_money_is_where_it_was_put(store: SqlStore) -> None:
    """A journal moves money from account to account, and each is read in its own sense."""
    post(
        store,
        journal("jr_1", Transfer(CLEARING, escrow("tx_1"), 1000)),
        journal(
            "jr_2",
            Transfer(escrow("tx_1"), REVENUE, 150),
            Transfer(escrow("tx_1"), wallet("pa_1"), 850),
        ),
    )
    assert balance(store, CLEARING) == Balance(CLEARING, 1000)
    assert balance(store, escrow("tx_1")) == Balance(escrow("tx_1"), 0)
    assert balance(store, wallet("pa_1")) == Balance(wallet("pa_1"), 850)
    assert balance(store, wallet("pa_2")) == Balance(wallet("pa_2"), 0)
    with store.begin(write=False) as work:
        assert work.ledger.trial() == [
            (Purpose.ESCROW, "NPR", 1000, 1000),
            (Purpose.REVENUE, "NPR", 0, 150),
            (Purpose.PROCESSOR_CLEARING, "NPR", 1000, 0),
            (Purpose.WALLET, "NPR", 0, 850),
        ]
        assert work.ledger.balances(owner="pa_1") == [Balance(wallet("pa_1"), 850)]
        assert work.ledger.balances(purpose=Purpose.REVENUE) == [Balance(REVENUE, 150)]
        assert work.ledger.balances("pa_1", Purpose.ESCROW) == []
        assert len(work.ledger.balances()) == 4
    sound(store)


def test_journals_are_found(store: SqlStore) -> None:
    """By key, by cause, by whose accounts they touch, page after page, with their transfers."""
    written = post(
        store,
        *(
            journal(
                f"jr_{number:02}",
                Transfer(CLEARING, wallet(f"pa_{number % 2}"), number + 1),
                cause=f"tx_{number % 3}",
                details={"number": number},
            )
            for number in range(12)
        ),
    )
    assert [one.transfers[0].id for one in written][:2] == ["jr_00.1", "jr_01.1"]
    with store.begin(write=False) as work:
        assert work.ledger.journal("jr_05") == written[5]
        assert work.ledger.journal("jr_99") is None
        assert work.ledger.journals() == written
        assert work.ledger.journals(cause="tx_1") == written[1::3]
        assert work.ledger.journals(owner="pa_1") == written[1::2]
        assert work.ledger.journals(owner=MARKETPLACE, cause="tx_0") == written[0::3]
        assert work.ledger.journals(after="jr_06", limit=3) == written[7:10]
        assert work.ledger.journals(owner="pa_1", after="jr_06") == written[7::2]


def test_a_key_is_used_once(store: SqlStore) -> None:
    """The same posting cannot be written twice, not even in one call, and nothing of it is."""
    first = journal("jr_1", Transfer(CLEARING, wallet("pa_1"), 1))
    post(store, first)
    again = journal("jr_2", Transfer(CLEARING, wallet("pa_2"), 1), key="jr_1")
    new = journal("jr_3", Transfer(CLEARING, wallet("pa_3"), 1))
    with store.begin() as work:
        for journals in ([again], [new, again], [new, evolve(new, id="jr_4")]):
            with pytest.raises(Conflict) as refused:
                work.ledger.post(journals)
            assert refused.value.code == "already_posted"
        assert [one.key for one in work.ledger.journals()] == ["jr_1"]
        assert (
            work.connection.execute(
                sa.select(sa.func.count("*")).select_from(work.tables.account)
            ).scalar()
            == 2
        )


@pytest.mark.invariant(5, 15)
def test_a_guarded_balance_never_falls_below_zero(store: SqlStore) -> None:
    """What is not there, or is promised to somebody, cannot be taken; the refusal says how much
    there is, and leaves nothing, not even the account it would have opened."""
    post(store, journal("jr_1", Transfer(CLEARING, wallet("pa_1"), 100)))
    post(store, journal("jr_2", Transfer(wallet("pa_1"), escrow("tx_1"), 60, "pending")))
    with store.begin() as work:
        before = work.connection.execute(sa.select(work.tables.account.c.id)).scalars().all()
        with pytest.raises(Refused) as refused:
            work.ledger.post([journal("jr_3", Transfer(wallet("pa_1"), wallet("pa_9"), 41))])
        assert refused.value.code == "overdrawn"
        assert refused.value.params["available"] == 40
        assert refused.value.params["asked"] == 41
        after = work.connection.execute(sa.select(work.tables.account.c.id)).scalars().all()
        assert before == after
        work.ledger.post([journal("jr_4", Transfer(wallet("pa_1"), wallet("pa_9"), 40))])
    assert balance(store, wallet("pa_1")) == Balance(wallet("pa_1"), 60, 0, 60)
    assert balance(store, wallet("pa_1")).available == 0
    sound(store)


def test_one_call_is_judged_by_its_sum(store: SqlStore) -> None:
    """In one call money may pass through an account that holds nothing before and after."""
    post(
        store,
        journal("jr_1", Transfer(wallet("pa_1"), REVENUE, 5)),
        journal("jr_2", Transfer(CLEARING, wallet("pa_1"), 5)),
    )
    assert balance(store, wallet("pa_1")).posted == 0


@pytest.mark.invariant(15, 16)
def test_a_pending_transfer_is_resolved_as_it_stands(store: SqlStore) -> None:
    """Posted in part or whole, or voided; once; between its own accounts; at most its amount."""
    hold = Transfer(CLEARING, escrow("tx_1"), 100, "pending")
    held = post(store, journal("jr_1", hold, hold))[0].transfers
    assert balance(store, escrow("tx_1")) == Balance(escrow("tx_1"), 0, 200, 0)
    assert balance(store, CLEARING) == Balance(CLEARING, 0, 200, 0)
    wrong = [
        evolve(hold, amount=101, phase="post", resolves=held[0].id),
        evolve(hold, credit=escrow("tx_2"), phase="post", resolves=held[0].id),
        evolve(hold, phase="void", resolves="jr_9.1"),
    ]
    with store.begin() as work:
        for one in wrong:
            with pytest.raises(LedgerError):
                work.ledger.post([journal("jr_2", one)])
    taken = evolve(hold, amount=70, phase="post", resolves=held[0].id)
    post(store, journal("jr_2", taken))
    assert balance(store, escrow("tx_1")) == Balance(escrow("tx_1"), 70, 100, 0)
    for phase in ("post", "void"):
        with pytest.raises(Conflict) as refused:
            post(store, journal("jr_3", evolve(taken, phase=phase, amount=1)))
        assert refused.value.code == "already_resolved"
    post(store, journal("jr_4", evolve(hold, phase="void", resolves=held[1].id)))
    assert balance(store, escrow("tx_1")) == Balance(escrow("tx_1"), 70)
    assert balance(store, CLEARING) == Balance(CLEARING, 70)
    with pytest.raises(LedgerError, match="no pending transfer"):
        post(store, journal("jr_5", evolve(hold, phase="void", resolves="jr_2.1")))
    sound(store)


def test_a_hold_made_and_resolved_in_one_call(store: SqlStore) -> None:
    """A pending transfer may be resolved by a later journal of the same call, once."""
    hold = Transfer(CLEARING, escrow("tx_1"), 100, "pending")
    take = evolve(hold, amount=60, phase="post", resolves="jr_1.1")
    post(store, journal("jr_1", hold), journal("jr_2", take))
    assert balance(store, escrow("tx_1")) == Balance(escrow("tx_1"), 60)
    with pytest.raises(Conflict):
        post(
            store,
            journal("jr_3", hold),
            journal("jr_4", evolve(take, resolves="jr_3.1")),
            journal("jr_5", evolve(take, resolves="jr_3.1")),
        )
    sound(store)


def test_a_journal_is_reversed_once(store: SqlStore) -> None:
    """The mirror image of a journal puts everything back, and exists once."""
    done = post(store, journal("jr_1", Transfer(CLEARING, REVENUE, 10)))[0]
    post(store, journal("jr_2", *mirrored(done.transfers), reverses="jr_1"))
    assert balance(store, REVENUE).posted == 0
    with pytest.raises(Conflict):
        post(store, journal("jr_3", *mirrored(done.transfers), reverses="jr_1"))


def test_an_empty_journal_is_refused(store: SqlStore) -> None:
    """A journal that moves nothing says nothing."""
    with pytest.raises(LedgerError, match="moves nothing"):
        post(store, journal("jr_1"))


def test_a_sum_beyond_what_is_kept_is_refused(store: SqlStore) -> None:
    """A balance has 64 bits as every amount has; more is invalid before it is written."""
    most = Transfer(CLEARING, wallet("pa_1"), 2**63 - 1)
    post(store, journal("jr_1", most))
    with store.begin() as work, pytest.raises(InvalidInput):
        work.ledger.post([journal("jr_2", evolve(most, amount=1))])


@pytest.mark.invariant(3)
@pytest.mark.parametrize("noun", ["journal", "transfer"])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_ledger_is_only_added_to(store: SqlStore, noun: str, verb: str) -> None:
    """Whoever writes, by whatever statement: the database itself changes no row and removes
    none, and says whose law that is."""
    post(store, journal("jr_1", Transfer(CLEARING, wallet("pa_1"), 1)))
    table = store.tables.nouns[noun]
    statement: sa.Delete | sa.Update = sa.delete(table)
    if verb == "update":
        statement = sa.update(table).values(id="other")
    with (
        pytest.raises(sa.exc.DBAPIError, match="ledger_append_only") as refused,
        store.begin() as work,
    ):
        work.connection.execute(statement)
    assert isinstance(store.adapter.translate(refused.value), LedgerError)
    assert balance(store, wallet("pa_1")).posted == 1


RAW = {
    "amount zero": {"amount": 0},
    "amount negative": {"amount": -1},
    "one account": {"credit": "marketplace/processor clearing/NPR"},
    "currency of neither": {"currency": "USD"},
    "accounts of two currencies": {"credit": "pa_1/wallet/USD"},
    "unknown account": {"credit": "nobody/wallet/NPR"},
    "resolves what is posted": {"phase": "post", "resolves": "jr_1.1"},
    "resolves too much": {"phase": "post", "resolves": "jr_2.1", "amount": 6},
    "resolves elsewhere": {"phase": "void", "resolves": "jr_2.1", "credit": "pa_2/wallet/NPR"},
}


@pytest.mark.invariant(2, 14, 16)
@pytest.mark.parametrize("change", RAW.values(), ids=RAW.keys())
def test_the_database_keeps_the_ledgers_laws(store: SqlStore, change: dict[str, object]) -> None:
    """A row written past the ledger's code is held to the same laws by the database: amounts
    above zero, two accounts, one currency, a pending transfer resolved as it stands. On SQLite
    also where foreign keys are switched off."""
    post(
        store,
        journal("jr_1", Transfer(CLEARING, wallet("pa_1"), 5)),
        journal("jr_2", Transfer(CLEARING, wallet("pa_1"), 5, "pending")),
        journal("jr_3", Transfer(CLEARING, wallet("pa_2"), 5)),
        journal(
            "jr_4",
            Transfer(evolve(CLEARING, currency="USD"), wallet("pa_1", "USD"), 5),
        ),
    )
    row = {
        "id": "raw",
        "journal_id": "jr_1",
        "debit": "marketplace/processor clearing/NPR",
        "credit": "pa_1/wallet/NPR",
        "amount": 5,
        "currency": "NPR",
        "phase": "posted",
        "resolves": None,
    }
    insert = sa.insert(store.tables.transfer)
    engine = sa.create_engine(store.engine.url)
    with engine.connect() as connection, connection.begin() as good:
        connection.execute(insert.values(**row))
        good.rollback()
    with engine.connect() as connection, connection.begin() as bad:
        with pytest.raises(sa.exc.DBAPIError) as refused:
            connection.execute(insert.values(**row | change))
        bad.rollback()
    engine.dispose()
    assert isinstance(store.adapter.translate(refused.value), MarketplaceError)
    sound(store)


@pytest.mark.invariant(5)
def test_the_database_keeps_guarded_balances(store: SqlStore) -> None:
    """A balance written past the ledger's code still cannot fall below zero."""
    post(store, journal("jr_1", Transfer(CLEARING, wallet("pa_1"), 5)))
    table = store.tables.balance
    for values in ({"posted": -1}, {"pending_out": 6}, {"pending_in": -1}):
        with pytest.raises(sa.exc.IntegrityError), store.begin() as work:
            work.connection.execute(
                sa.update(table).where(table.c.account_id == "pa_1/wallet/NPR").values(**values)
            )


@pytest.mark.invariant(4)
def test_drift_is_told(store: SqlStore) -> None:
    """A balance that somebody changed by hand is found, and so is one that was removed."""
    post(store, journal("jr_1", Transfer(CLEARING, wallet("pa_1"), 5)))
    post(store, journal("jr_2", Transfer(CLEARING, wallet("pa_2"), 5)))
    table = store.tables.balance
    with store.begin() as work:
        one = table.c.account_id == "pa_1/wallet/NPR"
        work.connection.execute(sa.update(table).where(one).values(posted=6))
        work.connection.execute(sa.delete(table).where(~one))
        assert work.ledger.drift() == [
            (
                "account pa_1/wallet/NPR is kept as 6 posted, 0 and 0 pending; "
                "its transfers say 5, 0 and 0"
            ),
            "account pa_2/wallet/NPR has transfers and no balance",
        ]


def test_what_came_in_lately_is_told(store: SqlStore) -> None:
    """What an account earned after a moment: what came in, less what the same journals took out;
    neither what waits, nor what was only taken, nor a payout that came back."""
    held = Transfer(CLEARING, wallet("pa_1"), 9, "pending")
    post(
        store,
        evolve(journal("jr_1", Transfer(CLEARING, wallet("pa_1"), 1_000)), at=NOW - HOUR),
        journal("jr_2", Transfer(CLEARING, wallet("pa_1"), 500)),
        evolve(
            journal(
                "jr_3",
                Transfer(CLEARING, wallet("pa_1"), 70),
                Transfer(wallet("pa_1"), REVENUE, 20),
                held,
            ),
            at=NOW + HOUR,
        ),
        evolve(journal("jr_4", Transfer(wallet("pa_1"), REVENUE, 5)), at=NOW + HOUR),
        evolve(
            journal("jr_5", Transfer(CLEARING, wallet("pa_1"), 3), kind="payout returned"),
            at=NOW + HOUR,
        ),
    )
    with store.begin(write=False) as work:
        ledger = work.ledger
        earned = [ledger.earned(wallet("pa_1"), NOW + since) for since in (-2 * HOUR, -HOUR, HOUR)]
        assert earned == [1_550, 550, 0]
        assert ledger.earned(wallet("pa_1"), NOW) == 50
        assert ledger.earned(wallet("pa_9"), NOW) == 0


@pytest.mark.invariant(14)
def test_a_journal_crosses_currencies_through_fx_only(store: SqlStore) -> None:
    """Two currencies in one journal are told, unless one goes into fx and the other comes out."""
    fx, abroad = Account(MARKETPLACE, Purpose.FX, "NPR"), Account(MARKETPLACE, Purpose.FX, "USD")
    home = evolve(CLEARING, currency="USD")
    post(
        store,
        journal("jr_1", Transfer(CLEARING, fx, 130), Transfer(abroad, wallet("pa_1", "USD"), 1)),
        journal("jr_2", Transfer(CLEARING, REVENUE, 1), Transfer(home, wallet("pa_1", "USD"), 1)),
        journal("jr_3", Transfer(CLEARING, REVENUE, 1), Transfer(CLEARING, wallet("pa_1"), 1)),
    )
    with store.begin(write=False) as work:
        assert work.ledger.crossings() == [
            "journal jr_2 moves 2 currencies, and not from one through fx into another"
        ]


def test_what_waits_drifts_too(store: SqlStore) -> None:
    """A balance is held against what its transfers have posted, and what still waits to come in
    and to go out; one that no transfer made is told, too."""
    post(store, journal("jr_1", Transfer(CLEARING, wallet("pa_1"), 9)))
    post(store, journal("jr_2", Transfer(wallet("pa_1"), wallet("pa_2"), 4, "pending")))
    sound(store)
    table = store.tables.balance
    with store.begin() as work:
        work.connection.execute(
            sa.update(table).values(pending_in=table.c.pending_in + 1, posted=9, pending_out=2)
        )
        assert work.ledger.drift() == [
            (
                "account pa_1/wallet/NPR is kept as 9 posted, 1 and 2 pending;"
                " its transfers say 9, 0 and 4"
            ),
            (
                "account pa_2/wallet/NPR is kept as 9 posted, 5 and 2 pending;"
                " its transfers say 0, 4 and 0"
            ),
        ]


def test_a_guarded_account_is_locked_and_read_without_a_transfer(store: SqlStore) -> None:
    """Locking what is not there makes nothing, and an account without a transfer holds nothing,
    guarded or not."""
    with store.begin() as work:
        work.ledger.lock([wallet("pa_1"), REVENUE, wallet("pa_1")])
        work.ledger.lock([REVENUE])
        assert work.ledger.balance(wallet("pa_1")) == Balance(wallet("pa_1"), 0, 0, 0)
        assert work.ledger.balance(REVENUE) == Balance(REVENUE, 0, 0, 0)
        assert work.ledger.balances() == []
        assert work.ledger.made == set()
