"""What the ledger refuses, it refuses in words that name what there is."""

from __future__ import annotations

import pytest
from attrs import evolve

from marketplace.domain.ledger import Transfer
from marketplace.errors import Conflict, InvalidInput, LedgerError, Refused
from marketplace.store.store import SqlStore
from tests.store.making import CLEARING, balance, escrow, journal, post, wallet


def test_what_is_refused_is_told_in_full(store: SqlStore) -> None:
    """A refusal names the accounts, the transfers and the keys, in words and as parameters."""
    ours, theirs = wallet("pa_1"), escrow("tx_1")
    hold = Transfer(ours, theirs, 60, "pending")
    post(store, journal("jr_1", Transfer(CLEARING, ours, 100)), journal("jr_2", hold))
    post(store, journal("jr_3", evolve(hold, phase="post", resolves="jr_2.1", amount=50)))
    post(store, journal("jr_4", Transfer(ours, theirs, 30, "pending")))
    refused = [
        (journal("jr_9", Transfer(ours, theirs, 21)), Refused, "overdrawn",
         "account pa_1/wallet/NPR has 20 available, 21 is asked of it",
         {"account": "pa_1/wallet/NPR", "available": 20, "asked": 21}),
        (journal("jr_9", evolve(hold, phase="void", resolves="jr_2.1")), Conflict,
         "already_resolved", "transfer jr_2.1 was resolved already", {"transfer": "jr_2.1"}),
        (journal("jr_9", Transfer(CLEARING, ours, 1), key="jr_1"), Conflict, "already_posted",
         "already posted: jr_1", {"keys": ["jr_1"]}),
        (journal("jr_9", Transfer(CLEARING, ours, 2**63 - 50)), InvalidInput, None,
         f"account pa_1/wallet/NPR would hold more than {2**63 - 1}", None),
        (journal("jr_9", evolve(hold, phase="post", resolves="jr_4.1", amount=31)), LedgerError,
         None, "jr_4.1 has 30 pending, not 31", None),
        (journal("jr_9", Transfer(ours, escrow("tx_2"), 1, "void", "jr_4.1")), LedgerError, None,
         f"void of jr_4.1 must move from {ours} to {theirs}", None),
        (journal("jr_9", evolve(hold, phase="void", resolves="jr_1.1")), LedgerError, None,
         "jr_1.1 is no pending transfer that could be resolved", None),
        (journal("jr_9", evolve(hold, phase="void", resolves="jr_8.1")), LedgerError, None,
         "jr_8.1 is no pending transfer that could be resolved", None),
        (journal("jr_9"), LedgerError, None,
         "journal 'jr_9' moves nothing; it needs a transfer", None),
    ]  # fmt: skip
    for wrong, kind, code, told, params in refused:
        with pytest.raises(kind) as caught:
            post(store, wrong)
        assert (str(caught.value), caught.value.params) == (told, params or {})
        assert code is None or caught.value.code == code
    post(store, journal("jr_9", Transfer(CLEARING, ours, 2**63 - 51)))
    assert balance(store, ours).posted == 2**63 - 1
