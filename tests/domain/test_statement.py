"""Statements: nothing that does not add up is ever made."""

from datetime import UTC, datetime

import pytest
from attrs import evolve

from marketplace import (
    Earnings,
    Gain,
    LedgerError,
    Money,
    Purpose,
    Reason,
    Statement,
    StatementEntry,
    StatementPart,
)

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def npr(amount: int) -> Money:
    """An amount in rupees, in paisa."""
    return Money(amount, "NPR")


def entry(amount: int, balance: int, account: Purpose = Purpose.PAYABLE) -> StatementEntry:
    """Something that came or went."""
    return StatementEntry(
        at=NOW,
        what=Reason("entry.settle"),
        text="deal settled",
        account=account,
        amount=npr(amount),
        balance=npr(balance),
        kind="settle",
        rule="",
        transaction_id="tx_1",
        row="finish",
        cause="tx_1",
        journal_id="jrn_1",
        transfer_id="jrn_1.1",
        number=1,
    )


def parts(payable: tuple[int, int], debt: tuple[int, int]) -> tuple[StatementPart, ...]:
    """What was and is in two accounts."""
    return (
        StatementPart(Purpose.PAYABLE, npr(payable[0]), npr(payable[1])),
        StatementPart(Purpose.RECEIVABLE, npr(debt[0]), npr(debt[1])),
    )


SOUND = Statement(
    party_id="pty_1",
    currency="NPR",
    since=None,
    until=NOW,
    opening=npr(-20),
    entries=(entry(100, 80), entry(-20, 60), entry(20, 80, Purpose.RECEIVABLE)),
    closing=npr(80),
    parts=parts((0, 80), (-20, 0)),
    beside=None,
)


@pytest.mark.parametrize(
    "wrong",
    [
        {"closing": npr(81)},
        {"opening": npr(0)},
        {"entries": SOUND.entries[:2]},
        {"entries": (entry(100, 81), *SOUND.entries[1:])},
        {"entries": (*SOUND.entries[:2], entry(20, 80))},
        {"parts": parts((0, 60), (-20, 20))},
        {"parts": parts((0, 80), (-20, 0))[:1]},
    ],
    ids=["closing", "opening", "left out", "running", "account", "parts", "fewer parts"],
)
def test_a_statement_that_does_not_add_up_is_not_made(wrong: dict[str, object]) -> None:
    """Opening and entries are the closing, entry by entry, in all and in each account: whatever of
    it is changed alone is refused."""
    assert [one.amount.amount for one in SOUND] == [100, -20, 20]
    assert len(SOUND) == 3
    with pytest.raises(LedgerError, match="does not add up"):
        evolve(SOUND, **wrong)


def test_a_profit_statement_adds_up() -> None:
    """What each rule brought and cost is the profit, and the four accounts are their rules."""
    gains = (
        Gain(Purpose.REVENUE, "settle", "commission", npr(300)),
        Gain(Purpose.REVENUE, "reverse settlement", "commission", npr(-100)),
        Gain(Purpose.PROMOTION, "settle", "discount", npr(-30)),
        Gain(Purpose.PROCESSOR_FEES, "processor fee", "", npr(-7)),
    )
    made = Earnings("NPR", None, NOW, gains, npr(163), tax=npr(13), fx=npr(0))
    assert (made.revenue, made.promotions) == (npr(200), npr(-30))
    assert (made.processor_fees, made.bad_debts) == (npr(-7), npr(0))
    with pytest.raises(LedgerError, match="does not add up"):
        evolve(made, profit=npr(176))
    with pytest.raises(LedgerError, match="does not add up"):
        evolve(made, gains=gains[1:])
