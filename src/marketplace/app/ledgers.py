"""Reading the ledger: balances, statements, what one deal moved, the trial balance, the profit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from marketplace.app.context import Context
from marketplace.app.door import By, Door
from marketplace.app.reading import Reader
from marketplace.app.reconciling import Reconciling
from marketplace.app.statements import (
    Telling,
    check_moment,
    check_moments,
    earnings_of,
    profit_of,
)
from marketplace.app.till import home_of
from marketplace.domain.freezing import frozen
from marketplace.domain.ledger import MARKETPLACE, Account, Balance, Entry, Journal, Purpose
from marketplace.domain.money import Money
from marketplace.domain.ports import Work
from marketplace.domain.statement import OWN, Earnings, Statement
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import NotFound


@frozen
class TrialRow:
    """One purpose in one currency over the whole ledger."""

    purpose: str
    currency: str
    debits: int
    credits: int


class Ledgers(Reconciling):
    """The verbs of the ledger: it is read here, and written by what people do."""

    def __init__(self, context: Context, door: Door, reader: Reader) -> None:
        self._door = door
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

    def entries(
        self, owner: str, *, by: By, limit: int = 1000, newest: bool = False
    ) -> list[Entry]:
        """A party's entries in all its accounts, in the order they were written, those that wait
        among them; the first so many, or the ``newest`` so many."""
        with self._reader.read(by) as view:
            mine = view.own(owner)
            accounts = (
                [one.account for one in view.work.ledger.balances(owner=mine)] if mine else []
            )
            found = view.work.ledger.entries(accounts, newest=newest, waiting=True, page=limit)
            some = list(islice(found, limit))
            return some[::-1] if newest else some

    def statement(
        self,
        party: str,
        currency: str,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        by: By,
        language: str = "en",
    ) -> Statement:
        """What a party had at ``since``, each entry before ``until``, and what it had then.

        What it has is its earnings and its wallet less its debts; money in escrow, awaited, on
        its way to a bank and the reserve are told beside it. Its own, or any for the operator;
        raises ``NotFound`` for somebody else's, ``InvalidInput`` for moments without a zone.
        """
        telling = Telling(self._context, party, currency, since, until, language)
        with self._reader.read(by) as view:
            return telling.whole(view)

    def statement_pages(
        self,
        party: str,
        currency: str,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        by: By,
        language: str = "en",
        limit: int | None = None,
    ) -> Iterator[Statement]:
        """The same in pages of about ``limit`` entries (what a page may hold if it is not said),
        each a statement that opens where the one before closed, and is read when it is asked for.

        Raises ``Conflict`` at the end, code ``statement_changed``, if something was posted
        meanwhile where a page had been read already.
        """
        telling = Telling(self._context, party, currency, since, until, language)
        return self._pages(telling, by, self._context.limits.page if limit is None else limit)

    def _pages(self, telling: Telling, by: By, limit: int) -> Iterator[Statement]:
        opening, after = None, 0
        while True:
            with self._reader.read(by) as view:
                view.check_limit(limit)
                made, opening, more = telling.page(view, opening, after, limit)
            yield made
            if more is None:
                return
            after = more

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

    def trial(self, at: datetime | None = None) -> list[TrialRow]:
        """Debits and credits of every purpose, of all that was posted, or before ``at``; their
        sums are equal in each currency."""
        check_moment("at", at)
        rows: dict[tuple[str, str], list[int]] = {}
        with self._context.store.begin(write=False) as work:
            for purpose, currency, debits, credits in work.ledger.trial(at):
                row = rows.setdefault((purpose, currency), [0, 0])
                row[0] += debits
                row[1] += credits
        return [TrialRow(*key, *sums) for key, sums in sorted(rows.items())]

    def profit(
        self, currency: str, since: datetime | None = None, until: datetime | None = None
    ) -> Money:
        """Fees less promotions, processor's fees and bad debts: ever, or between two moments."""
        check_moments(since, until)
        with self._context.store.begin(write=False) as work:
            return profit_of(work, currency, since, until)

    def earnings(
        self, currency: str, since: datetime | None = None, until: datetime | None = None
    ) -> Earnings:
        """The profit statement: what each rule brought or cost between two moments; its sum is
        the profit. For whoever runs the marketplace, as ``profit`` and ``trial`` are."""
        check_moments(since, until)
        with self._context.store.begin(write=False) as work:
            return earnings_of(work, currency, since, until)

    def sums(self, at: datetime | None = None) -> dict[str, int]:
        """Debits less credits of the whole ledger by currency: zero in each, always."""
        result: dict[str, int] = {}
        for row in self.trial(at):
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
    return Money(
        sum(
            sign * work.ledger.balance(Account(party_id, purpose, currency)).posted
            for purpose, sign in OWN.items()
        ),
        currency,
    )
