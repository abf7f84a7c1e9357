"""Making statements: of a party, whole or page by page, and of what the marketplace earned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice

from attrs import define, field

from marketplace.app.context import Context
from marketplace.app.entry_words import entry_reason
from marketplace.app.payable import reserved_of
from marketplace.app.reading import View
from marketplace.domain.ledger import MARKETPLACE, Account, Entry, Purpose
from marketplace.domain.money import Money
from marketplace.domain.party import Party
from marketplace.domain.ports import Work
from marketplace.domain.statement import (
    GAINS,
    OWN,
    Beside,
    Earnings,
    Gain,
    Statement,
    StatementEntry,
    StatementPart,
    counted,
)
from marketplace.domain.wording import render
from marketplace.errors import Conflict, InvalidInput, NotFound

Sums = Mapping[Purpose, int]
"""What counts in each account of a party, in minor units: a debt is below zero."""


def check_moment(name: str, one: datetime | None) -> None:
    """Raise ``InvalidInput`` for a moment without a zone."""
    if one is not None and not (isinstance(one, datetime) and one.tzinfo is not None):
        raise InvalidInput(f"{name} is a datetime with its time zone, or None, not {one!r}")


def check_moments(since: datetime | None, until: datetime | None) -> None:
    """Raise ``InvalidInput`` for moments without a zone, or in the wrong order."""
    check_moment("since", since)
    check_moment("until", until)
    if since is not None and until is not None and since > until:
        raise InvalidInput(f"since {since.isoformat()} lies after until {until.isoformat()}")


@define
class Telling:
    """A party's statement in the making: whose, of what, in which words."""

    context: Context
    party_id: str
    currency: str
    since: datetime | None
    until: datetime | None
    language: str
    _texts: dict[tuple[str, str, str | None], str] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        Money.zero(self.currency)
        check_moments(self.since, self.until)
        if self.language not in self.context.words:
            known = ", ".join(sorted(self.context.words))
            raise InvalidInput(f"there are no words in {self.language!r}; there are: {known}")

    def check(self, view: View) -> None:
        """Raise ``NotFound`` unless it is the reader's own, or the operator reads."""
        if view.work.find(Party, id=view.own(self.party_id)) is None:
            raise NotFound(f"no party {self.party_id!r}")

    def whole(self, view: View) -> Statement:
        """All of it, in one reading, a page of entries at a time."""
        self.check(view)
        work, opening = view.work, self.opening(view.work)
        entries = self._told(self.entries(work, 0), sum(opening.values()))
        return self._made(work, opening, entries, self.closing(work))

    def page(
        self, view: View, opening: Sums | None, after: int, limit: int
    ) -> tuple[Statement, Sums, int | None]:
        """So many entries from a number on; with what there is then, and where to go on.

        Raises ``Conflict`` where the pages do not come to what the ledger says at the end.
        """
        self.check(view)
        work = view.work
        before = self.opening(work) if opening is None else opening
        found = self.entries(work, after, limit + 2)
        entries = list(islice(found, limit))
        more = None
        for one in found:
            # Both sides of one transfer stay together: a page goes on after a number.
            if one.number != entries[-1].number:
                more = entries[-1].number
                break
            entries.append(one)
        told = self._told(entries, sum(before.values()))
        then = dict(before)
        for entry in told:
            then[entry.account] += entry.amount.amount
        if more is None and then != self.closing(work):
            raise Conflict(
                "something was posted into the time of this statement while it was read; "
                "read it again",
                code="statement_changed",
            )
        return self._made(work, before, told, then, last=more is None), then, more

    def accounts(self) -> list[Account]:
        """What makes up what the party has."""
        return [Account(self.party_id, purpose, self.currency) for purpose in OWN]

    def opening(self, work: Work) -> Sums:
        """What was there before the first instant that counts."""
        if self.since is None:
            return dict.fromkeys(OWN, 0)
        return self._counted(work.ledger.posted_before(self.accounts(), self.since))

    def closing(self, work: Work) -> Sums:
        """What is there at the end, by the ledger's own reckoning and not by the entries."""
        if self.until is None:
            held = {one: work.ledger.balance(one).posted for one in self.accounts()}
            return self._counted(held)
        return self._counted(work.ledger.posted_before(self.accounts(), self.until))

    def entries(self, work: Work, after: int, page: int = 500) -> Iterator[Entry]:
        """The ledger's own entries, as they are asked for."""
        return work.ledger.entries(
            self.accounts(), since=self.since, until=self.until, after=after, page=page
        )

    def _counted(self, held: Mapping[Account, int]) -> Sums:
        return {one.purpose: OWN[one.purpose] * amount for one, amount in held.items()}

    def _told(self, entries: Iterable[Entry], balance: int) -> list[StatementEntry]:
        told = []
        for one in entries:
            amount = counted(one)
            balance += amount
            what = entry_reason(one.kind, one.rule, self.context.words, one.details)
            key = (one.kind, one.rule, one.row)
            text = self._texts.get(key)
            if text is None:
                text = self._texts[key] = render(what, self.context.words, self.language)
            told.append(
                StatementEntry(
                    at=one.at,
                    what=what,
                    text=text,
                    account=one.account.purpose,
                    amount=Money(amount, self.currency),
                    balance=Money(balance, self.currency),
                    kind=one.kind,
                    rule=one.rule,
                    transaction_id=one.transaction_id,
                    row=one.row,
                    cause=one.cause,
                    journal_id=one.journal_id,
                    transfer_id=one.transfer_id,
                    number=one.number,
                )
            )
        return told

    def _made(
        self,
        work: Work,
        opening: Sums,
        entries: Iterable[StatementEntry],
        closing: Sums,
        *,
        last: bool = True,
    ) -> Statement:
        def money(amount: int) -> Money:
            return Money(amount, self.currency)

        return Statement(
            party_id=self.party_id,
            currency=self.currency,
            since=self.since,
            until=self.until,
            opening=money(sum(opening.values())),
            entries=tuple(entries),
            closing=money(sum(closing.values())),
            parts=tuple(
                StatementPart(one, money(opening[one]), money(closing[one])) for one in OWN
            ),
            beside=self._beside(work) if last else None,
        )

    def _beside(self, work: Work) -> Beside:
        others = [
            Account(self.party_id, purpose, self.currency)
            for purpose in (Purpose.AWAITED, Purpose.IN_TRANSIT)
        ]
        if self.until is None:
            held = [work.ledger.balance(one).posted for one in others]
        else:
            held = list(work.ledger.posted_before(others, self.until).values())
        escrow = work.ledger.in_escrow(self.party_id, self.currency, self.until)
        reserve = reserved_of(work, self.context, self.party_id, self.currency, self.until)
        sums = (escrow, *held, reserve)
        return Beside(*(Money(amount, self.currency) for amount in sums))


def profit_of(work: Work, currency: str, since: datetime | None, until: datetime | None) -> Money:
    """What the marketplace earned between two moments, from what its accounts hold."""
    accounts = [Account(MARKETPLACE, purpose, currency) for purpose in GAINS]
    held = _held(work, accounts, since, until)
    return Money(sum(GAINS[one.purpose] * amount for one, amount in held.items()), currency)


def earnings_of(
    work: Work, currency: str, since: datetime | None, until: datetime | None
) -> Earnings:
    """The profit statement: rule by rule from the transfers, proved against the accounts."""
    accounts = [Account(MARKETPLACE, purpose, currency) for purpose in GAINS]
    gains = [
        Gain(account.purpose, kind, rule, Money(GAINS[account.purpose] * amount, currency))
        for account, kind, rule, amount in work.ledger.by_rule(accounts, since, until)
    ]
    beside = [Account(MARKETPLACE, purpose, currency) for purpose in (Purpose.TAX, Purpose.FX)]
    tax, fx = _held(work, beside, since, until).values()
    return Earnings(
        currency=currency,
        since=since,
        until=until,
        gains=tuple(gains),
        profit=profit_of(work, currency, since, until),
        tax=Money(tax, currency),
        fx=Money(fx, currency),
    )


def _held(
    work: Work, accounts: Iterable[Account], since: datetime | None, until: datetime | None
) -> dict[Account, int]:
    """By how much accounts rose between two moments, in their normal sense."""
    accounts = list(accounts)
    if until is None:
        held = {one: work.ledger.balance(one).posted for one in accounts}
    else:
        held = work.ledger.posted_before(accounts, until)
    before = {} if since is None else work.ledger.posted_before(accounts, since)
    return {one: amount - before.get(one, 0) for one, amount in held.items()}
