"""The ledger: accounts, journals and immutable transfers between two accounts.

A transfer debits one account and credits another with the same amount, so the sum over all
accounts is zero by construction. A pending transfer is resolved once: posted (in part or
whole) or voided, by a new row; no row is ever changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.money import Money
from marketplace.errors import LedgerError

MARKETPLACE = "marketplace"
"""The owner of the marketplace's own accounts."""


class Purpose(StrEnum):
    """What an account is for. Assets rise by debit, liabilities and income by credit."""

    PROCESSOR_CLEARING = "processor clearing"
    """Asset: our money at the payment provider."""
    PROCESSOR_FEES = "processor fees"
    """Expense: what the payment provider keeps."""
    CUSTOMER_RECEIVABLE = "customer receivable"
    """Asset: what a customer owes us (dues of an unpaid ride)."""
    ESCROW = "escrow"
    """Liability: taken for a transaction and not yet anybody's."""
    PAYABLE = "provider payable"
    """Liability: a party's earnings that we owe it. Never negative."""
    AWAITED = "awaited earnings"
    """Liability: earned of a customer who has not paid yet; the party's when he does."""
    RECEIVABLE = "provider receivable"
    """Asset: a provider's debt to us (commission of cash rides, refunds after payout)."""
    REVENUE = "platform revenue"
    """Income: our fees."""
    TAX = "tax payable"
    """Liability: taxes owed to an authority."""
    PROMOTION = "promotion expense"
    """Expense: discounts that we bear."""
    REFUND = "refund payable"
    """Liability: on its way back to a customer."""
    DISPUTE = "dispute suspense"
    """Asset: taken back by a customer's bank; nobody bears it yet, or the bank gives it back."""
    IN_TRANSIT = "payout in transit"
    """Liability: on its way to a provider's bank."""
    CASH = "cash with provider"
    """Asset: cash that a provider took for a transaction, until it is settled."""
    PASSED_ON = "passed on"
    """Asset: what a payment provider gave whoever performs as it took the money of a transaction,
    until it is settled."""
    WALLET = "wallet"
    """Liability: a party's credit with us. Never negative."""
    FX = "fx clearing"
    """Both legs of a conversion."""
    ROUNDING = "rounding"
    """What rounding to a cash coin gives or takes."""
    BAD_DEBT = "bad debt"
    """Expense: what was written off."""


DEBIT_NORMAL = frozenset(
    {
        Purpose.PROCESSOR_CLEARING,
        Purpose.PROCESSOR_FEES,
        Purpose.CUSTOMER_RECEIVABLE,
        Purpose.RECEIVABLE,
        Purpose.PROMOTION,
        Purpose.CASH,
        Purpose.PASSED_ON,
        Purpose.DISPUTE,
        Purpose.BAD_DEBT,
    }
)
"""Purposes whose balance is debits less credits; all others credits less debits."""

GUARDED = frozenset(
    {
        Purpose.ESCROW,
        Purpose.PAYABLE,
        Purpose.AWAITED,
        Purpose.RECEIVABLE,
        Purpose.CUSTOMER_RECEIVABLE,
        Purpose.REFUND,
        Purpose.IN_TRANSIT,
        Purpose.CASH,
        Purpose.PASSED_ON,
        Purpose.WALLET,
        Purpose.DISPUTE,
    }
)
"""Purposes whose balance the database keeps at or above zero: debt stands in a receivable."""


@frozen
class Account:
    """A place in the ledger: whose, what for, in which currency."""

    owner: str
    """A party's id, a transaction's id, or ``marketplace``."""
    purpose: Purpose
    currency: str

    @property
    def guarded(self) -> bool:
        """Whether the database refuses a negative balance."""
        return self.purpose in GUARDED

    def __str__(self) -> str:
        return f"{self.purpose.value} of {self.owner} in {self.currency}"


Phase = Literal["posted", "pending", "post", "void"]


@frozen
class Transfer:
    """One move: ``amount`` from the debited account's side to the credited one's."""

    debit: Account
    credit: Account
    amount: int
    phase: Phase = "posted"
    resolves: str | None = None
    """For ``post`` and ``void``: the pending transfer's id."""
    id: str = ""
    """Given by the ledger when it is written."""
    rule: str = ""
    """What explains the amount: a line's code, or a rule of the books; empty: the journal's kind
    says it all."""
    line: int | None = None
    """Of a settlement: which of the purse's lines it carries out, from 0; None: no line's."""

    def __attrs_post_init__(self) -> None:
        if type(self.amount) is not int or self.amount <= 0:
            raise LedgerError(f"a transfer moves a whole amount above zero, not {self.amount!r}")
        if self.debit == self.credit:
            raise LedgerError(f"a transfer needs two accounts, both are {self.debit}")
        if self.debit.currency != self.credit.currency:
            raise LedgerError(f"a transfer has one currency: {self.debit}, {self.credit}")
        if (self.resolves is not None) != (self.phase in ("post", "void")):
            raise LedgerError("post and void resolve a pending transfer, others resolve none")

    @property
    def money(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount, self.debit.currency)


@frozen
class Journal:
    """Transfers written together, for one cause."""

    id: str
    key: str
    """Unique: the same posting cannot be written twice."""
    kind: str
    """What happened: ``capture``, ``settle``, ``commission of cash``, ``payout``."""
    at: datetime
    actor: str
    cause: str
    """What it was written for: a transaction's, payout's or party's id."""
    transfers: Sequence[Transfer] = ()
    reverses: str | None = None
    """The journal whose mirror image this is."""
    details: Mapping[str, Any] = field(factory=dict)


@frozen
class Entry:
    """One side of a transfer, in the account's normal sense, with what its journal says."""

    at: datetime
    kind: str
    account: Account
    amount: int
    """Positive when the account's balance rose by it."""
    other: Account
    cause: str
    journal_id: str
    phase: str
    transfer_id: str = ""
    rule: str = ""
    """What explains the amount beyond the kind; see ``Transfer``."""
    details: Mapping[str, Any] = field(factory=dict)
    """What the journal is about: the transaction, the purse, the row …"""
    number: int = 0
    """Its transfer's place in the order of posting, over the whole ledger."""

    @property
    def money(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount, self.account.currency)

    @property
    def transaction_id(self) -> str | None:
        """The deal behind it, if there is one."""
        found = self.details.get("transaction")
        return None if found is None else str(found)

    @property
    def row(self) -> str | None:
        """The row of the deal's process by which it came, if one did."""
        found = self.details.get("row")
        return None if found is None else str(found)


@frozen
class Balance:
    """What an account holds, in its normal sense."""

    account: Account
    posted: int
    pending_in: int = 0
    pending_out: int = 0

    @property
    def available(self) -> int:
        """Posted less what pending transfers would take out."""
        return self.posted - self.pending_out

    @property
    def money(self) -> Money:
        """The posted balance as money."""
        return Money(self.posted, self.account.currency)


def mirrored(journal_transfers: Sequence[Transfer]) -> list[Transfer]:
    """The mirror image of posted transfers: debit and credit change places, each for its rule."""
    return [
        Transfer(one.credit, one.debit, one.amount, rule=one.rule, line=one.line)
        for one in journal_transfers
        if one.phase in ("posted", "post")
    ]
