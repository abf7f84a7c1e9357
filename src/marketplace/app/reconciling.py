"""Comparing a payment provider's movements with our books: one journal for each, both ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import define, field

from marketplace.app.books import Posting, post
from marketplace.app.comparing import Booked, Sides, Unbooked
from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door
from marketplace.app.reading import Reader
from marketplace.domain.effect import MoneyKind
from marketplace.domain.ledger import MARKETPLACE, Account, Journal, Purpose
from marketplace.domain.money import whole
from marketplace.domain.notice import Movement
from marketplace.domain.party import OPERATOR
from marketplace.domain.payment import UNANSWERED, Intent, Payment, Payout
from marketplace.domain.ports import ReportsMovements, Work
from marketplace.domain.reconciliation import Both, Difference, Reconciliation
from marketplace.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    PluginError,
    SetupError,
)

PAGE = 100
"""Movements asked for at once."""
JOURNALS = 500
_AGAIN = 5
_SIGNS = {
    MoneyKind.CHARGE: 1,
    MoneyKind.COLLECT: 1,
    MoneyKind.CAPTURE: 1,
    MoneyKind.REFUND: -1,
    MoneyKind.PAY_OUT: -1,
    MoneyKind.TAKE_BACK: 1,
}
"""Which way an order moves the balance; holds and voids do not."""
_FEES = ("processor fee", "chargeback fee", "chargeback fee returned")


class Reconciling:
    """The verb of the ledger that compares it with what lies outside."""

    _context: Context
    _door: Door
    _reader: Reader

    def reconcile(
        self, provider: str, *, by: By = OPERATOR, book_fees: bool = False, most: int = 1_000
    ) -> Reconciliation:
        """Compare all that moved at a payment provider with what the books say of it.

        Reads only, page by page. With ``book_fees`` it writes one journal for the fee of each
        movement that came with it alone; running it again writes none twice. ``most`` differences
        are told, the others counted. Never inside a unit of work; for the operator.

        Raises ``NotFound`` for a payment provider that reports no movements.
        """
        if whole(most, "how many differences are told") < 0:
            raise InvalidInput(f"zero differences or more are told, not {most}")
        with self._reader.read(by) as view:
            if view.actor.role != OPERATOR:
                raise Forbidden("the books are compared by the operator")
        reporter = self._reporter(provider)
        sides = Sides(self._context.now())
        try:
            run = _Run(self._context, provider, reporter, sides)
            run.read()
            return self._told(run, by, most, book_fees=book_fees)
        finally:
            sides.close()

    def reporters(self) -> Sequence[str]:
        """The payment providers whose movements can be compared with the books."""
        every = sorted(self._context.providers.items())
        return [name for name, one in every if isinstance(one, ReportsMovements)]

    def _reporter(self, provider: str) -> ReportsMovements:
        if self._context.store.in_work() or self._context.store.joined:
            raise SetupError("a payment provider is asked outside; leave the unit of work first")
        named = isinstance(provider, str)
        found: object = self._context.providers.get(provider) if named else None
        if not isinstance(found, ReportsMovements):
            raise NotFound(
                f"no payment provider {provider!r} reports movements; "
                f"there are: {', '.join(self.reporters()) or 'none'}"
            )
        return found

    def _told(self, run: _Run, by: By, most: int, *, book_fees: bool) -> Reconciliation:
        kept: list[Difference] = []
        fees: list[Unbooked] = []
        more = unexplained = booked = 0
        under_way: dict[str, int] = {}
        for one in (*run.balances_off(), *run.sides.meet()):
            if isinstance(one, Unbooked):
                if book_fees:
                    fees.append(one)
                    if len(fees) == PAGE:
                        booked += self._book(run, by, fees)
                        fees = []
                    continue
                one = _not_booked(one, run)
            if one.explained:
                under_way[one.currency] = under_way.get(one.currency, 0) + one.amount
            else:
                unexplained += 1
            kept, more = ([*kept, one], more) if len(kept) < most else (kept, more + 1)
        booked += self._book(run, by, fees)
        return Reconciliation(
            provider=run.provider,
            at=run.sides.since,
            balances=tuple(
                Both(
                    currency=currency,
                    theirs=run.theirs[currency],
                    ours=run.ours.get(currency, 0),
                    elsewhere=run.elsewhere.get(currency, 0),
                    under_way=under_way.get(currency, 0),
                )
                for currency in sorted(run.theirs)
            ),
            differences=tuple(kept),
            more=more,
            unexplained=unexplained,
            movements=run.movements,
            journals=run.journals,
            waiting=run.waiting,
            fees_booked=booked,
        )

    def _book(self, run: _Run, by: By, fees: Sequence[Unbooked]) -> int:
        """Write one journal for each fee; gives how many were new."""
        if not fees:
            return 0

        def do(act: Act) -> int:
            written = 0
            for one in fees:
                key = f"processor fee:{run.provider}:{one.movement}"
                if act.work.ledger.journal(key) is not None:
                    continue
                posting = Posting()
                kept = Account(MARKETPLACE, Purpose.PROCESSOR_FEES, one.currency)
                clearing = Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, one.currency)
                sides = (kept, clearing) if one.amount > 0 else (clearing, kept)
                posting.move(*sides, abs(one.amount))
                details: dict[str, object] = {"provider": run.provider, "reference": one.about}
                details["movement"] = one.movement
                post(act, "processor fee", key, MARKETPLACE, posting.transfers, details=details)
                written += 1
            act.about(MARKETPLACE)
            return written

        body = {"provider": run.provider, "movements": [one.movement for one in fees]}
        written = self._door.run("ledger.book_fees", by, do, body=body)
        for one in fees:
            run.ours[one.currency] = run.ours.get(one.currency, 0) - one.amount
        return written


def _not_booked(one: Unbooked, run: _Run) -> Difference:
    return Difference(
        why="fee not booked",
        about=one.about,
        currency=one.currency,
        theirs=-one.amount,
        ours=0,
        kind="fee",
        at=run.sides.since,
        movement=one.movement,
    )


@define
class _Run:
    """One reading of both sides."""

    context: Context
    provider: str
    reporter: ReportsMovements
    sides: Sides
    theirs: dict[str, int] = field(factory=dict)
    """What they say lies there, by currency."""
    summed: dict[str, int] = field(factory=dict)
    """What their movements come to."""
    ours: dict[str, int] = field(factory=dict)
    elsewhere: dict[str, int] = field(factory=dict)
    movements: int = 0
    journals: int = 0
    waiting: int = 0

    def read(self) -> None:
        """Theirs first: what is written here meanwhile is known by its time."""
        after = self._read_theirs(None)
        with self.context.store.begin(write=False) as work:
            self._read_ours(work)
            self._read_waiting(work)
        for _ in range(_AGAIN):
            currencies = {*self.summed, *self.ours}
            self.theirs = {one: self.reporter.balance(one).amount for one in currencies}
            last = self._read_theirs(after)
            if last == after:
                return
            after = last
        raise Conflict("money moves there all the time; compare it again", code="busy")

    def _read_theirs(self, after: str | None) -> str | None:
        while page := list(self.reporter.movements(after, PAGE)):
            if page[-1].id == after or not all(isinstance(one, Movement) for one in page):
                raise PluginError(f"{self.provider} gives movements after the one that was named")
            self.sides.add_theirs(page)
            for one in page:
                gain = one.amount.amount - one.fee.amount
                currency = one.amount.currency
                self.summed[currency] = self.summed.get(currency, 0) + gain
            self.movements += len(page)
            after = page[-1].id
        return after

    def _read_ours(self, work: Work) -> None:
        for balance in work.ledger.balances(MARKETPLACE, Purpose.PROCESSOR_CLEARING):
            account, after = balance.account, None
            while page := work.ledger.journals(account=account, after=after, limit=JOURNALS):
                booked = list(self._booked(work, page, account))
                self.sides.add_ours(booked)
                self.journals += len(booked)
                after = page[-1].id

    def _booked(self, work: Work, page: Sequence[Journal], account: Account) -> Iterator[Booked]:
        names = _Names.of(work, page)
        currency = account.currency
        for one in page:
            moved, fee = _on(one, account)
            if not moved and not fee:
                continue
            if names.provider(self.context, one) != self.provider:
                before = self.elsewhere.get(currency, 0)
                self.elsewhere[currency] = before + moved - fee
                continue
            self.ours[currency] = self.ours.get(currency, 0) + moved - fee
            yield Booked(
                journal=one.id,
                about=names.reference(one),
                part=str(one.details.get("intent") or ""),
                kind=one.kind,
                amount=moved,
                fee=fee,
                currency=currency,
                at=one.at,
                movement=str(one.details.get("movement") or ""),
            )

    def _read_waiting(self, work: Work) -> None:
        after = None
        where = {"provider": self.provider, "state": UNANSWERED}
        while page := work.select(Intent, where, after=after, limit=JOURNALS):
            for one in page:
                sign = _SIGNS.get(one.kind, 0)
                if sign:
                    moved = sign * one.amount
                    self.sides.add_waiting(moved, one.currency, one.reference or "", one.created_at)
                    self.waiting += 1
            after = page[-1].id

    def balances_off(self) -> Iterator[Difference]:
        """Where what they say lies there is not what their movements come to."""
        for currency, lies in sorted(self.theirs.items()):
            come_to = self.summed.get(currency, 0)
            if lies != come_to:
                yield Difference(
                    why="balance differs",
                    about="",
                    currency=currency,
                    theirs=lies,
                    ours=come_to,
                    kind="balance",
                    at=self.sides.since,
                )


@define
class _Names:
    """Whose a journal is, and what the provider calls it, where the journal does not say so.

    Journals that were written before these were kept are known by their payment or payout.
    """

    payments: dict[str, Payment]
    payouts: dict[str, Payout]

    @classmethod
    def of(cls, work: Work, page: Sequence[Journal]) -> _Names:
        """For a page of journals, in one question for each kind."""
        bare = [one for one in page if "provider" not in one.details]
        ids = sorted({str(one.details["payment"]) for one in bare if "payment" in one.details})
        causes = sorted({one.cause for one in bare if one.kind.startswith("payout")})
        payments = work.select(Payment, {"id": ids}, limit=JOURNALS) if ids else []
        payouts = work.select(Payout, {"id": causes}, limit=JOURNALS) if causes else []
        return cls({one.id: one for one in payments}, {one.id: one for one in payouts})

    def provider(self, context: Context, journal: Journal) -> str:
        """The payment provider at which it moved; empty where it moved elsewhere."""
        told: Any = journal.details.get("provider")
        if told is not None:
            return str(told)
        if journal.cause in self.payouts:
            return self.payouts[journal.cause].provider
        method = str(journal.details.get("method") or "")
        payment = self.payments.get(str(journal.details.get("payment") or ""))
        method = method or ("" if payment is None else payment.method)
        provider = context.provider_of.get(method)
        return "" if provider is None else provider.name

    def reference(self, journal: Journal) -> str:
        """What the payment provider calls what moved; empty where nobody knows."""
        told = journal.details.get("reference")
        if told is None and journal.cause in self.payouts:
            told = self.payouts[journal.cause].reference
        if told is None:
            payment = self.payments.get(str(journal.details.get("payment") or ""))
            told = None if payment is None else payment.reference
        return str(told or "")


def _on(journal: Journal, account: Account) -> tuple[int, int]:
    """What a journal moved on the account, and what of it is a fee, which is counted apart."""
    moved = fee = 0
    for one in journal.transfers:
        if one.phase not in ("posted", "post") or account not in (one.debit, one.credit):
            continue
        amount = one.amount if one.debit == account else -one.amount
        other = one.credit if one.debit == account else one.debit
        if other.purpose is Purpose.PROCESSOR_FEES or journal.kind in _FEES:
            fee -= amount
        else:
            moved += amount
    return moved, fee
