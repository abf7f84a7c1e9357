"""Reading the ledger: balances, statements, what one deal moved, the trial balance, the profit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from marketplace.app.context import Context
from marketplace.app.door import By
from marketplace.app.reading import Reader
from marketplace.app.till import home_of
from marketplace.domain.ledger import (
    DEBIT_NORMAL,
    MARKETPLACE,
    Account,
    Balance,
    Journal,
    Purpose,
    Transfer,
)
from marketplace.domain.money import Money
from marketplace.domain.ports import Work
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import NotFound


@frozen
class Entry:
    """One side of a transfer, in the account's normal sense."""

    at: datetime
    kind: str
    account: Account
    amount: int
    """Positive when the account's balance rose by it."""
    other: Account
    cause: str
    journal_id: str
    phase: str

    @property
    def money(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount, self.account.currency)


@frozen
class TrialRow:
    """One purpose in one currency over the whole ledger."""

    purpose: str
    currency: str
    debits: int
    credits: int


class Ledgers:
    """The verbs of the ledger: it is read here, and written by what people do."""

    def __init__(self, context: Context, reader: Reader) -> None:
        self._context = context
        self._reader = reader

    def balance(self, party_id: str, currency: str, *, by: By) -> Money:
        """What the marketplace owes a party (positive), or the party owes it (negative)."""
        with self._reader.read(by) as view:
            return position(view.work, view.own(party_id), currency)

    def balances(self, party_id: str, *, by: By) -> Sequence[Balance]:
        """Every account of a party; its own or, for the operator, anybody's."""
        with self._reader.read(by) as view:
            return view.work.ledger.balances(owner=view.own(party_id))

    def entries(self, owner: str, *, by: By, limit: int = 1000) -> list[Entry]:
        """A party's entries in the order they were written."""
        with self._reader.read(by) as view:
            mine = view.own(owner)
            journals = view.work.ledger.journals(owner=mine, limit=limit) if mine else []
            return [one for one in _entries(journals) if one.account.owner == mine]

    def of_transaction(self, transaction_id: str, *, by: By, limit: int = 1000) -> list[Journal]:
        """Every journal that a transaction caused, over all its purses, in order of time."""
        with self._reader.read(by) as view:
            transaction = view.work.find(Transaction, id=transaction_id)
            seats = view.work.select(Seat, {"transaction_id": transaction_id}, order="role")
            people = {seat.party_id for seat in seats}
            if transaction is None or not (view.operator or view.actor.party_id in people):
                raise NotFound(f"no transaction {transaction_id!r}")
            process = self._context.process(transaction)
            homes = [home_of(transaction.id, purse.name) for purse in process.purses]
            found = [
                journal
                for home in homes
                for journal in view.work.ledger.journals(cause=home, limit=limit)
            ]
            # Those of one purse come in the order they were written, which a stable sort keeps.
            return sorted(found, key=lambda one: one.at)

    def trial(self) -> list[TrialRow]:
        """Debits and credits of every purpose; their sums are equal in each currency."""
        rows: dict[tuple[str, str], list[int]] = {}
        with self._context.store.begin(write=False) as work:
            for purpose, currency, debits, credits in work.ledger.trial():
                row = rows.setdefault((purpose, currency), [0, 0])
                row[0] += debits
                row[1] += credits
        return [TrialRow(*key, *sums) for key, sums in sorted(rows.items())]

    def profit(self, currency: str) -> Money:
        """Fees less promotions, processor's fees and bad debts."""
        gains = {Purpose.REVENUE: 1, Purpose.PROMOTION: -1}
        gains |= {Purpose.PROCESSOR_FEES: -1, Purpose.BAD_DEBT: -1}
        with self._context.store.begin(write=False) as work:
            total = sum(
                sign * work.ledger.balance(Account(MARKETPLACE, purpose, currency)).posted
                for purpose, sign in gains.items()
            )
        return Money(total, currency)

    def sums(self) -> dict[str, int]:
        """Debits less credits of the whole ledger by currency: zero in each, always."""
        result: dict[str, int] = {}
        for row in self.trial():
            result[row.currency] = result.get(row.currency, 0) + row.debits - row.credits
        return result

    def drift(self) -> list[str]:
        """Sentences for every materialised balance that differs from its transfers, and for every
        journal that joins two currencies in another way than through fx clearing."""
        with self._context.store.begin(write=False) as work:
            return [*work.ledger.drift(), *work.ledger.crossings()]

    def fx(self) -> Sequence[Balance]:
        """What the marketplace is out of balance by between currencies: one balance in each.

        What customers paid in one stands against what it owes in another, and moves with the rate
        until somebody changes the one into the other.
        """
        with self._context.store.begin(write=False) as work:
            return work.ledger.balances(MARKETPLACE, Purpose.FX)


def position(work: Work, party_id: str, currency: str) -> Money:
    """A party's payable and wallet less its debts."""
    signs = {Purpose.PAYABLE: 1, Purpose.WALLET: 1}
    signs |= {Purpose.RECEIVABLE: -1, Purpose.CUSTOMER_RECEIVABLE: -1}
    return Money(
        sum(
            sign * work.ledger.balance(Account(party_id, purpose, currency)).posted
            for purpose, sign in signs.items()
        ),
        currency,
    )


def _entries(journals: Sequence[Journal]) -> list[Entry]:
    return [
        entry
        for journal in journals
        for transfer in journal.transfers
        for entry in _both_sides(journal, transfer)
    ]


def _both_sides(journal: Journal, transfer: Transfer) -> list[Entry]:
    sides = []
    for account, other, sign in (
        (transfer.debit, transfer.credit, -1),
        (transfer.credit, transfer.debit, 1),
    ):
        normal = -sign if account.purpose in DEBIT_NORMAL else sign
        sides.append(
            Entry(
                at=journal.at,
                kind=journal.kind,
                account=account,
                amount=normal * transfer.amount,
                other=other,
                cause=journal.cause,
                journal_id=journal.id,
                phase=transfer.phase,
            )
        )
    return sides
