"""Ledger values: what an account is for, what a transfer may be, and its mirror image."""

from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve

from marketplace.domain.ledger import (
    DEBIT_NORMAL,
    GUARDED,
    MARKETPLACE,
    Account,
    Balance,
    Entry,
    Purpose,
    Transfer,
    mirrored,
)
from marketplace.domain.money import Money
from marketplace.errors import LedgerError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLEARING = Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, "NPR")
ESCROW = Account("tx_1", Purpose.ESCROW, "NPR")
MOVE = Transfer(CLEARING, ESCROW, 700)

# As a bookkeeper would write them down: the sense of each account, and whether it may be short.
ASSETS = {"processor clearing", "customer receivable", "provider receivable", "cash with provider"}
ASSETS |= {"passed on", "dispute suspense"}
EXPENSES = {"processor fees", "promotion expense", "bad debt"}
LIABILITIES = {"escrow", "provider payable", "awaited earnings", "tax payable", "refund payable"}
LIABILITIES |= {"payout in transit", "wallet"}
OURS = {"platform revenue", "fx clearing", "rounding"}


def test_every_account_has_a_sense() -> None:
    """Law: what we own and what we spend rises by debit; what we owe and earn by credit."""
    assert {one.value for one in DEBIT_NORMAL} == ASSETS | EXPENSES
    assert {one.value for one in Purpose} == ASSETS | EXPENSES | LIABILITIES | OURS


@pytest.mark.invariant(5)
def test_what_somebody_has_or_owes_never_falls_below_nothing() -> None:
    """Law: whatever somebody else owns or owes is guarded; our own sums may be on either side."""
    ours = EXPENSES | OURS | {"processor clearing", "tax payable"}
    assert {one.value for one in GUARDED} == {one.value for one in Purpose} - ours
    assert (ESCROW.guarded, CLEARING.guarded) == (True, False)


def test_a_transfer_is_told_in_its_currency() -> None:
    """Law: a transfer's amount, a balance and an account are told with the currency."""
    assert MOVE.money == Money(700, "NPR")
    assert Balance(ESCROW, 500, 3, 40).money == Money(500, "NPR")
    assert Balance(ESCROW, 500, 3, 40).available == 460
    assert Balance(ESCROW, 500) == Balance(ESCROW, 500, 0, 0)
    assert str(ESCROW) == "escrow of tx_1 in NPR"


NONE_RESOLVED = "post and void resolve a pending transfer, others resolve none"


@pytest.mark.invariant(2, 14)
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"amount": 0}, "a transfer moves a whole amount above zero, not 0"),
        ({"amount": -1}, "a transfer moves a whole amount above zero, not -1"),
        ({"amount": True}, "a transfer moves a whole amount above zero, not True"),
        ({"amount": 1.5}, "a transfer moves a whole amount above zero, not 1.5"),
        ({"debit": ESCROW}, "a transfer needs two accounts, both are escrow of tx_1 in NPR"),
        (
            {"credit": evolve(ESCROW, currency="USD")},
            f"a transfer has one currency: {CLEARING}, escrow of tx_1 in USD",
        ),
        ({"phase": "post"}, NONE_RESOLVED),
        ({"phase": "void"}, NONE_RESOLVED),
        ({"resolves": "jr_1.1"}, NONE_RESOLVED),
        ({"phase": "pending", "resolves": "jr_1.1"}, NONE_RESOLVED),
    ],
    ids=range(10),
)
def test_what_is_no_transfer_is_refused(change: dict[str, Any], told: str) -> None:
    """Law: one debit, one credit, one currency, a whole amount above zero, and only what resolves
    a pending transfer names one."""
    with pytest.raises(LedgerError) as refused:
        evolve(MOVE, **change)
    assert str(refused.value) == told


def test_the_smallest_transfer_is_one_unit() -> None:
    """Law: one minor unit is moved, and resolved, like any other amount."""
    assert evolve(MOVE, amount=1).money == Money(1, "NPR")
    for phase in ("post", "void"):
        assert evolve(MOVE, phase=phase, resolves="jr_1.1").resolves == "jr_1.1"


def test_what_came_to_nothing_has_no_mirror_image() -> None:
    """Law: the mirror image puts back what was posted, in its order, and nothing that is pending
    or void."""
    posted = evolve(MOVE, phase="post", resolves="jr_1.1", id="jr_2.1", amount=5)
    pending = evolve(MOVE, phase="pending", id="jr_1.1")
    void = evolve(MOVE, phase="void", resolves="jr_1.1")
    moved = evolve(MOVE, id="jr_3.1", rule="fare", line=2)
    assert mirrored([posted, pending, void, moved]) == [
        Transfer(ESCROW, CLEARING, 5),
        Transfer(ESCROW, CLEARING, 700, rule="fare", line=2),
    ]


def test_an_entry_says_what_it_is_about() -> None:
    """One side of a transfer is told with its currency, its deal and the row, where it has them."""
    plain = Entry(NOON, "top_up", ESCROW, -5, CLEARING, "pa_1", "jr_1", "posted")
    deal = evolve(plain, details={"transaction": "tx_1", "row": "finish"})
    assert plain.money == Money(-5, "NPR")
    assert (plain.transaction_id, plain.row) == (None, None)
    assert (deal.transaction_id, deal.row) == ("tx_1", "finish")
