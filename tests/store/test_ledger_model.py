"""The ledger against a model of it: whatever is posted, balances are their transfers."""

from __future__ import annotations

import itertools

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.domain.ledger import (
    MARKETPLACE,
    Account,
    Balance,
    Purpose,
    Transfer,
)
from marketplace.errors import Refused
from marketplace.store.opening import open_store
from tests.store.making import CLEARING, REVENUE, balance, escrow, journal, post, sound, wallet

ACCOUNTS = [
    CLEARING,
    REVENUE,
    wallet("pa_1"),
    wallet("pa_2"),
    escrow("tx_1"),
    Account("pa_1", Purpose.RECEIVABLE, "NPR"),
    Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, "USD"),
    wallet("pa_1", "USD"),
]

moves = st.tuples(
    st.sampled_from(ACCOUNTS),
    st.sampled_from(ACCOUNTS),
    st.integers(1, 100),
    st.sampled_from(["posted", "posted", "pending", "post", "void"]),
    st.integers(0, 50),
)


class Model:
    """The ledger again, as simply as can be: a list of transfers."""

    def __init__(self) -> None:
        self.transfers: list[Transfer] = []

    def balance(self, account: Account) -> Balance:
        """Summed anew from every transfer."""
        resolved = {one.resolves for one in self.transfers}
        debit_normal = account.purpose in (Purpose.PROCESSOR_CLEARING, Purpose.RECEIVABLE)
        posted = into = out = 0
        for one in self.transfers:
            for side, debited in ((one.debit, True), (one.credit, False)):
                if side != account:
                    continue
                rises = debited == debit_normal
                if one.phase in ("posted", "post"):
                    posted += one.amount if rises else -one.amount
                elif one.phase == "pending" and one.id not in resolved:
                    into, out = into + rises * one.amount, out + (not rises) * one.amount
        return Balance(account, posted, into, out)

    def allows(self, transfers: list[Transfer]) -> bool:
        """Whether no guarded account would be overdrawn by these."""
        after = Model()
        after.transfers = self.transfers + transfers
        return all(after.balance(account).available >= 0 for account in ACCOUNTS if account.guarded)


@pytest.mark.invariant(1, 4, 5)
@given(st.lists(st.lists(moves, min_size=1, max_size=3), max_size=25))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_the_ledger_is_its_transfers(
    wanted: list[list[tuple[Account, Account, int, str, int]]],
) -> None:
    """Whatever is posted in whatever order: the ledger allows exactly what a list of transfers
    summed anew each time allows, and every balance is what that list says."""
    store, model, ids = open_store("sqlite://"), Model(), itertools.count()
    for group in wanted:
        transfers: list[Transfer] = []
        key = f"jr_{next(ids)}"
        for debit, credit, amount, phase, which in group:
            open_ = [
                one
                for one in model.transfers
                if one.phase == "pending"
                and one.id not in {x.resolves for x in model.transfers + transfers}
            ]
            id = f"{key}.{len(transfers) + 1}"
            if phase in ("post", "void"):
                if open_:
                    one = open_[which % len(open_)]
                    part = min(amount, one.amount)
                    changes = {"phase": phase, "amount": part, "resolves": one.id, "id": id}
                    transfers.append(evolve(one, **changes))
            elif debit != credit and debit.currency == credit.currency:
                transfers.append(evolve(Transfer(debit, credit, amount), phase=phase, id=id))
        if not transfers:
            continue
        allowed = model.allows(transfers)
        try:
            post(store, journal(key, *transfers))
            assert allowed, transfers
            model.transfers += transfers
        except Refused:
            assert not allowed, transfers
    for account in ACCOUNTS:
        assert balance(store, account) == model.balance(account)
    with store.begin(write=False) as work:
        for one in work.ledger.balances():
            assert one == model.balance(one.account)
    sound(store)
    store.close()
