"""A purse of a transaction: its payments, its accounts, what is due, and how it asks outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, field

from marketplace.app.books import Accounts, post, seats_of
from marketplace.app.door import Act
from marketplace.app.dues import after_posting
from marketplace.app.joining import BEGINNINGS, Joins
from marketplace.app.payable import payable_account
from marketplace.domain.effect import MoneyKind
from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import function_of
from marketplace.domain.ledger import MARKETPLACE, Account, Purpose, Transfer
from marketplace.domain.method import PaymentMethod
from marketplace.domain.money import Money
from marketplace.domain.party import PROVIDER
from marketplace.domain.payment import Intent, Payee, Payment
from marketplace.domain.process import Process
from marketplace.domain.quote import Line, nets, of_purse, units_owed
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import InvalidInput

_intent = function_of(Intent)

WAITS = "waits"
PASSES_ON = (MoneyKind.HOLD, MoneyKind.CHARGE, MoneyKind.CAPTURE)
"""Effects whose call says to whom earnings are passed on: as money is set aside, and taken."""
COLLECTED = "cash_collected"
"""The field by which a row asks what changed hands."""
Result = str | Reason | None


@define
class Till:
    """One purse of one transaction, with all that its effects look at."""

    act: Act
    transaction: Transaction
    process: Process
    purse: str
    lines: Sequence[Line]
    seats: Sequence[Seat]
    asks: Mapping[str, Any]
    payments: list[Payment]
    home: str
    """In whose escrow the purse lies."""
    accounts: Accounts
    """The accounts of the purse."""
    meets: bool = True
    """Whether cash may change hands in the row: only where it asks what was collected."""
    crossed: int | None = None
    """What an answer moved outside, where that is another currency than the deal's."""
    known_as: Mapping[str, Any] = field(factory=dict)
    """By what a journal is known again outside: payment provider, reference, intent."""
    _due: int | None = field(default=None, init=False)
    """What is due, once it was asked for. No ``cached_property``, with which every field of a till
    would be read in the slow way."""

    @classmethod
    def open(
        cls,
        act: Act,
        transaction: Transaction,
        process: Process,
        purse: str,
        lines: Sequence[Line],
        seats: Sequence[Seat],
        asks: Mapping[str, Any],
        known: Sequence[Payment] | None = None,
    ) -> Till:
        """The purse with its payments; a borrowed purse has the original's.

        ``known`` are all payments of the transaction, where they are known.
        """
        owner = payments_owner(transaction, process, purse)
        if known is not None and owner == transaction.id:
            payments = [one for one in known if one.purse == purse]
        else:
            # A payment that somebody else changes meanwhile is found stale when it is saved.
            act.work.gather(Payment, "transaction_id", [owner])
            where = {"transaction_id": owner, "purse": purse}
            payments = act.work.select(Payment, where, order="position")
        home = home_of(owner, purse)
        accounts = Accounts(home, transaction.currency)
        return cls(act, transaction, process, purse, lines, seats, asks, payments, home, accounts)

    @property
    def due(self) -> int:
        """What the lines say the customer owes, in minor units, never below zero.

        Lines that give the customer more than they ask are paid out by the settlement.
        """
        if self._due is None:
            self._due = max(units_owed(self.lines, self.transaction.currency, self.purse), 0)
        return self._due

    def lying(self, payment: Payment) -> int:
        """What was kept of a payment and still lies in escrow: nothing of a round that is settled.

        The payments before it come first, so that all together never exceed what lies there.
        """
        return self._first_come(payment, [one.kept for one in self.payments])

    def returnable(self, payment: Payment) -> int:
        """What of it can be given back: nothing that the payer's bank took back itself."""
        return self._first_come(payment, [one.refundable for one in self.payments])

    def _first_come(self, payment: Payment, amounts: Sequence[int]) -> int:
        if not any(amounts):
            return 0
        taken = dict(zip((one.id for one in self.payments), amounts, strict=True))
        if not taken.get(payment.id):
            return 0  # Nothing lies anywhere of what was never taken.
        rest = max(self.act.work.ledger.balance(self.accounts.escrow).posted, 0)
        for one, amount in zip(self.payments, amounts, strict=True):
            part = min(amount, rest)
            if one.id == payment.id:
                return part
            rest -= part
        return 0

    def method(self, payment: Payment) -> PaymentMethod:
        """The payment's method."""
        return self.act.context.method(payment.method)

    @property
    def guaranteed(self) -> bool:
        """Whether the marketplace bears what is not paid here: not if one method says otherwise."""
        return all(self.method(payment).guaranteed for payment in self.payments)

    def save(self, payment: Payment, **fields: Any) -> Payment:
        """Write a changed payment, and keep it in its place."""
        saved = self.act.work.save(evolve(payment, **fields))
        self.payments[[one.id for one in self.payments].index(payment.id)] = saved
        return saved

    @property
    def joins(self) -> Joins | None:
        """What the deal asks outside together with others just now, if it does."""
        joins = self.act.joins
        if joins is None or joins.checkout_id != self.transaction.checkout_id:
            return None
        return joins

    def halts(self, result: Result) -> Result:
        """What an effect came to by which a payment begins, or that it waits for the others'."""
        joins = self.joins
        return WAITS if result is None and joins is not None and joins.together else result

    def ask_outside(self, payment: Payment, kind: MoneyKind, amount: int) -> str:
        """Write an intent; a worker carries it out after the commit.

        What deals of a checkout begin together they ask together, when all have come so far.
        """
        context, joins = self.act.context, self.joins
        asked = outside(payment, kind, amount)
        intent = _intent(
            id=context.ids.new("intent"),
            kind=kind,
            provider=context.provider_of[payment.method].name,
            amount=asked.amount,
            currency=asked.currency,
            created_at=self.act.at,
            due_at=self.act.at,
            transaction_id=self.transaction.id,
            payment_id=payment.id,
            reference=payment.reference,
            inside=None if payment.rate is None else amount,
            payee=self._payee(payment, kind, amount),
        )
        if joins is not None and kind in BEGINNINGS and payment.checkout_id == joins.checkout_id:
            joins.ask(intent, payment, apart=kind not in self.method(payment).joins)
            return WAITS
        if payment.rate is not None and kind is MoneyKind.REFUND:
            payment = self.save(payment, outside=payment.outside - asked.amount)
        order = intent.order(payment.party_id, payment.method, payment.means)
        self.act.ask(intent.id, intent, order)
        return WAITS

    def _payee(self, payment: Payment, kind: MoneyKind, amount: int) -> Payee | None:
        """To whom the payment provider passes on what of the purse, as it does what is asked.

        Nobody, unless the method passes on, and one party alone performs and may be paid to an
        account there by now: then its earnings wait for a payout, as they do anyway.
        """
        context = self.act.context
        if not (self.method(payment).passes_on and kind in PASSES_ON and payment.rate is None):
            return None
        sitting = seats_of(self.seats, PROVIDER.name)
        if len(sitting) != 1:
            return None
        party = sitting[0].party_id
        account = payable_account(self.act.work, context, party, payment.currency, self.act.at)
        if account is None or account.provider != context.provider_of[payment.method].name:
            return None
        earned = nets(of_purse(self.lines, self.purse), payment.currency).get(PROVIDER.name)
        mine = 0 if earned is None or self.due <= 0 else earned.amount * amount // self.due
        return Payee(party, account.reference, min(max(mine, 0), amount))

    def source(self, payment: Payment) -> Account:
        """Where its money comes from, in the deal's currency: what we have at the payment
        provider, or fx clearing, where that is in another one."""
        if payment.rate is None:
            return self.accounts.clearing
        return self.accounts.of(MARKETPLACE, Purpose.FX)

    def crossing(self, payment: Payment, *, back: bool = False) -> list[Transfer]:
        """The other half of a journal that crosses two currencies: outside, what was moved."""
        if payment.rate is None or not self.crossed:
            return []
        there = Accounts(self.home, payment.rate.target)
        clearing, fx = there.clearing, there.of(MARKETPLACE, Purpose.FX)
        sides = (fx, clearing) if back else (clearing, fx)
        return [Transfer(*sides, self.crossed)]

    def refused(self, payment: Payment, reason: Reason, code: str = "payment_refused") -> Reason:
        """Tell the payer alone why its payment was refused; gives what the others may know."""
        self.act.emit(
            "payment.refused",
            payment.id,
            {"transaction": self.transaction.id, "purse": self.purse, "reason": reason},
            [payment.party_id],
        )
        return Reason(code, {"purse": self.purse, "method": payment.method})

    def write(self, kind: str, payment: Payment, transfers: Sequence[Transfer]) -> list[str]:
        """Post a journal about a payment; gives its transfers' ids."""
        key = f"{kind}:{payment.id}:{payment.version}"
        details: dict[str, object] = {
            "transaction": self.transaction.id,
            "purse": self.purse,
            "payment": payment.id,
            "method": payment.method,
            **self.known_as,
        }
        journal = post(self.act, kind, key, self.home, transfers, details=details)
        after_posting(self.act, journal)
        return [] if journal is None else [one.id for one in journal.transfers]


def outside(payment: Payment, kind: MoneyKind, amount: int) -> Money:
    """What is asked outside for an amount of the deal's, in the currency in which it is paid.

    It is the difference between two whole sums, so that many small steps come to what one big
    step comes to; and who gets all back gets back what he paid. A refund is already counted in
    what is kept.
    """
    rate = payment.rate
    if rate is None:
        return Money(amount, payment.currency)
    before = payment.kept
    if kind in (MoneyKind.HOLD, MoneyKind.RAISE):
        # What is held stands on what is kept: so its capture is never more than its hold.
        before += payment.held
    if kind is not MoneyKind.REFUND:
        # Nobody is asked for less than the smallest coin; what that is too much comes back last.
        step = rate.convert(before + amount) - rate.convert(before)
        return Money(max(step, 1) if amount else 0, rate.target)
    step = rate.convert(before + amount) - rate.convert(before)
    return Money(min(step, payment.outside) if before else payment.outside, rate.target)


def payments_owner(transaction: Transaction, process: Process, purse: str) -> str:
    """Whose payments fill a purse: the original's for a borrowed one."""
    borrowed = purse in process.borrowed
    return transaction.origin_id if borrowed and transaction.origin_id else transaction.id


def home_of(transaction_id: str, purse: str) -> str:
    """The owner of a purse's escrow: each purse has its own, so that none pays for another."""
    return transaction_id if purse == "price" else f"{transaction_id}:{purse}"


def shares(due: int, payments: Sequence[Payment]) -> list[int]:
    """Who pays how much of what is due: fixed parts in order, the rest by whoever takes it."""
    if len(payments) == 1 and payments[0].asked is None:
        return [due]
    rest, result = due, []
    for payment in payments:
        part = 0 if payment.asked is None else min(payment.asked, rest)
        result.append(part)
        rest -= part
    takers = [index for index, payment in enumerate(payments) if payment.asked is None]
    if takers:
        result[takers[0]] += rest
    elif rest:
        raise InvalidInput(
            f"the payments leave {rest} minor units of {due} unpaid; let one of them take the rest",
            code="payments_fall_short",
            params={"rest": rest, "due": due},
        )
    return result


def cannot_pay(till: Till) -> Reason | None:
    """Why the payments cannot fill the purse, if they cannot.

    What was named at the opening filled it then; lines that came later may ask for more. That is
    nobody's mistake at this moment, so it is a no like a bank's: the row says where it leads.
    """
    if not till.due:
        return None
    if not till.payments:
        return Reason("no_way_to_pay", {"purse": till.purse, "due": till.due})
    try:
        shares(till.due, till.payments)
    except InvalidInput as error:
        return Reason(error.code, {"purse": till.purse, **error.params})
    return None


def check_payments(lines: Sequence[Line], purse: str, payments: Sequence[Payment]) -> None:
    """At the opening, before anybody asks for money: what is due can be paid by those named.

    Raises ``InvalidInput``: a purse without a way to pay would stop the deal much later, when
    only the clock is there to be told.
    """
    currency = lines[0].amount.currency if lines else ""
    due = units_owed(lines, currency, purse)
    if due <= 0:
        return
    if not payments:
        told = Money(due, currency)
        raise InvalidInput(
            f"purse {purse!r} has {told} due and no way to pay; give pay=[Pay(method)]",
            code="no_way_to_pay",
            params={"purse": purse},
        )
    shares(due, payments)
