"""Statements: what somebody had, what came and went, and what is there now; each proves its sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from marketplace.domain.freezing import frozen
from marketplace.domain.ledger import Entry, Purpose
from marketplace.domain.money import Money
from marketplace.domain.reason import Reason
from marketplace.errors import LedgerError

OWN: Mapping[Purpose, int] = {
    Purpose.PAYABLE: 1,
    Purpose.WALLET: 1,
    Purpose.RECEIVABLE: -1,
    Purpose.CUSTOMER_RECEIVABLE: -1,
}
"""The accounts that make up what a party has with us: what we owe it, less what it owes us."""

GAINS: Mapping[Purpose, int] = {
    Purpose.REVENUE: 1,
    Purpose.PROMOTION: -1,
    Purpose.PROCESSOR_FEES: -1,
    Purpose.BAD_DEBT: -1,
}
"""The marketplace's own accounts that make up what it earned."""


@frozen
class StatementEntry:
    """One amount that came or went, and what was there after it."""

    at: datetime
    what: Reason
    """Why: a code with its parameters, told in words by ``text``."""
    text: str
    account: Purpose
    amount: Money
    """What the party has more by it; negative: less. Of a debt, what it owes less."""
    balance: Money
    """What the party has, all its accounts together, after this entry."""
    kind: str
    """The journal's kind."""
    rule: str
    """The line's code, or the rule of the books, that explains the amount; empty: the kind does."""
    transaction_id: str | None
    """The deal behind it, if there is one."""
    row: str | None
    """The row of that deal's process by which it came, if one did."""
    cause: str
    """What it was posted for: a purse of a deal, a payout, the party itself."""
    journal_id: str
    transfer_id: str
    """What ``market.why.entry`` explains down to the line and its inputs."""
    number: int
    """Its place in the order of posting, over the whole ledger."""


@frozen
class StatementPart:
    """One account of a statement, in the sense in which it counts: a debt is below zero."""

    account: Purpose
    opening: Money
    closing: Money


@frozen
class Beside:
    """Money of a party's deals that is not its own to have now; no part of any balance."""

    escrow: Money
    """Taken for deals in which the party sits, whatever its seat, and not yet anybody's."""
    awaited: Money
    """Earned of customers who have not paid yet."""
    in_transit: Money
    """On its way to the party's bank."""
    reserve: Money
    """Of its earnings, what stays for what may be given back, by the terms of today."""


@frozen
class Statement:
    """What a party had, what came and went in the order of posting, and what it has then.

    Proved when it is made: raises ``LedgerError`` unless opening and entries come to the closing,
    entry by entry, in all and in each account.
    """

    party_id: str
    currency: str
    since: datetime | None
    """The first instant that counts; None: the beginning."""
    until: datetime | None
    """The first instant that counts no more; None: all that was posted when it was made."""
    opening: Money
    entries: Sequence[StatementEntry]
    closing: Money
    parts: Sequence[StatementPart]
    """The accounts behind it, in a stable order."""
    beside: Beside | None
    """None for a page of a statement that is not its last."""

    def __attrs_post_init__(self) -> None:
        running = self.opening.amount
        by_account = {part.account: part.opening.amount for part in self.parts}
        for one in self.entries:
            running += one.amount.amount
            by_account[one.account] = by_account.get(one.account, 0) + one.amount.amount
            _equal(one.balance, running, f"after {one.transfer_id}")
        _equal(self.closing, running, "at its end")
        for part in self.parts:
            _equal(part.closing, by_account[part.account], f"in {part.account.value}")
        for name, whole in (("opening", self.opening), ("closing", self.closing)):
            parts = sum(getattr(part, name).amount for part in self.parts)
            _equal(whole, parts, f"over its accounts, {name}")

    def __iter__(self) -> Iterator[StatementEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def _equal(said: Money, true: int, where: str) -> None:
    if said.amount != true:
        raise LedgerError(
            f"a statement does not add up {where}: it says {said}, its entries come to {true} "
            "minor units"
        )


@frozen
class Gain:
    """What one rule brought the marketplace, or cost it (below zero)."""

    account: Purpose
    kind: str
    """The journals' kind: ``settle``, ``payout``, ``write off`` …"""
    rule: str
    """The line's code, or the rule of the books; empty where the kind says it all."""
    amount: Money


@frozen
class Earnings:
    """The marketplace's profit statement: by rule, and what stands beside it.

    Proved when it is made: raises ``LedgerError`` unless its parts come to ``profit``.
    """

    currency: str
    since: datetime | None
    until: datetime | None
    gains: Sequence[Gain]
    """By account, kind and rule."""
    profit: Money
    tax: Money
    """Taxes that came in for an authority, less what was given back: owed, and no profit."""
    fx: Money
    """What its conversions of currencies took in here, less what they gave."""

    def __attrs_post_init__(self) -> None:
        if (parts := sum(one.amount.amount for one in self.gains)) != self.profit.amount:
            raise LedgerError(
                f"a profit statement does not add up: it says {self.profit}, its parts come to "
                f"{parts} minor units"
            )

    def _of(self, account: Purpose) -> Money:
        parts = (one.amount.amount for one in self.gains if one.account is account)
        return Money(sum(parts), self.currency)

    @property
    def revenue(self) -> Money:
        """Fees of the marketplace."""
        return self._of(Purpose.REVENUE)

    @property
    def promotions(self) -> Money:
        """Discounts that it bore: zero or below."""
        return self._of(Purpose.PROMOTION)

    @property
    def processor_fees(self) -> Money:
        """What payment providers kept: zero or below."""
        return self._of(Purpose.PROCESSOR_FEES)

    @property
    def bad_debts(self) -> Money:
        """What was written off: zero or below."""
        return self._of(Purpose.BAD_DEBT)


def counted(entry: Entry) -> int:
    """What a party has more by an entry in one of its own accounts, in minor units."""
    return OWN[entry.account.purpose] * entry.amount
