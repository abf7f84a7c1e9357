"""Money effects on a purse: who pays how much by which method, in the books or by asking outside.

Every function answers ``None`` when it is done, ``WAITS`` when intents were written and the
transaction must wait for them, or the ``Reason`` for which it cannot be done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, evolve

from marketplace.app.books import Accounts, Posting, post, reverse_settlement, settle
from marketplace.app.door import Act
from marketplace.domain.effect import MoneyEffect, MoneyKind
from marketplace.domain.ledger import Account, Purpose, Transfer
from marketplace.domain.method import PaymentMethod, Way
from marketplace.domain.money import Money
from marketplace.domain.payment import Intent, Payment
from marketplace.domain.process import Process
from marketplace.domain.quote import Line, customer_owes
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import InvalidInput, Refused

WAITS = "waits"
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
    ) -> Till:
        """The purse with its payments; a borrowed purse has the original's."""
        owner = payments_owner(transaction, process, purse)
        payments = act.work.select(
            Payment, {"transaction_id": owner, "purse": purse}, order="position"
        )
        return cls(act, transaction, process, purse, lines, seats, asks, payments)

    @property
    def home(self) -> str:
        """In whose escrow the purse lies."""
        owner = payments_owner(self.transaction, self.process, self.purse)
        return home_of(owner, self.purse)

    @property
    def accounts(self) -> Accounts:
        """The accounts of the purse."""
        return Accounts(self.home, self.transaction.currency)

    @property
    def due(self) -> int:
        """What the lines say the customer owes, in minor units, never below zero.

        Lines that give the customer more than they ask are paid out by the settlement.
        """
        owed = customer_owes(self.lines, self.transaction.currency, self.purse)
        return max(owed.amount, 0)

    def method(self, payment: Payment) -> PaymentMethod:
        """The payment's method."""
        return self.act.context.method(payment.method)

    def save(self, payment: Payment, **fields: Any) -> Payment:
        """Write a changed payment, and keep it in its place."""
        saved = self.act.work.save(evolve(payment, **fields))
        self.payments[[one.id for one in self.payments].index(payment.id)] = saved
        return saved

    def ask_outside(self, payment: Payment, kind: MoneyKind, amount: int) -> str:
        """Write an intent; a worker carries it out after the commit."""
        context = self.act.context
        self.act.work.add(
            Intent(
                id=context.ids.new("intent"),
                kind=kind,
                provider=context.provider_of[payment.method].name,
                amount=amount,
                currency=payment.currency,
                created_at=self.act.at,
                due_at=self.act.at,
                transaction_id=self.transaction.id,
                payment_id=payment.id,
                reference=payment.reference,
            )
        )
        self.act.asked.append(kind.value)
        return WAITS

    def write(self, kind: str, payment: Payment, transfers: Sequence[Transfer]) -> list[str]:
        """Post a journal about a payment; gives its transfers' ids."""
        key = f"{kind}:{payment.id}:{payment.version}"
        details = {
            "transaction": self.transaction.id,
            "purse": self.purse,
            "payment": payment.id,
            "method": payment.method,
        }
        journal = post(self.act, kind, key, self.home, transfers, details=dict(details))
        return [] if journal is None else [one.id for one in journal.transfers]


def payments_owner(transaction: Transaction, process: Process, purse: str) -> str:
    """Whose payments fill a purse: the original's for a borrowed one."""
    borrowed = any(one.name == purse and one.starts_settled for one in process.purses)
    return transaction.origin_id if borrowed and transaction.origin_id else transaction.id


def home_of(transaction_id: str, purse: str) -> str:
    """The owner of a purse's escrow: each purse has its own, so that none pays for another."""
    return transaction_id if purse == "price" else f"{transaction_id}:{purse}"


def carry_out(till: Till, effect: MoneyEffect) -> Result:
    """Do one money effect."""
    return _EFFECTS[effect.kind](till)


def shares(due: int, payments: Sequence[Payment]) -> list[int]:
    """Who pays how much of what is due: fixed parts in order, the rest by whoever takes it."""
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


def _save_means(till: Till) -> Result:
    result: Result = None
    for payment in till.payments:
        if till.method(payment).way(MoneyKind.SAVE) is Way.CALL:
            result = till.ask_outside(payment, MoneyKind.SAVE, 0)
    return result


def _hold(till: Till) -> Result:
    return _set_aside(till, MoneyKind.HOLD)


def _raise_hold(till: Till) -> Result:
    return _set_aside(till, MoneyKind.RAISE)


def _set_aside(till: Till, kind: MoneyKind) -> Result:
    _need_payments(till)
    result: Result = None
    for payment, part in zip(till.payments, shares(till.due, till.payments), strict=True):
        more = part - payment.held - payment.kept
        if more <= 0:
            continue
        way = till.method(payment).way(kind)
        if way is Way.CALL:
            result = till.ask_outside(payment, kind, more)
        elif way is Way.BOOKS:
            no = _hold_in_wallet(till, payment, more)
            if no is not None:
                return no
        else:
            till.save(payment, held=payment.held + more)
    return result


def _hold_in_wallet(till: Till, payment: Payment, more: int) -> Reason | None:
    wallet = till.accounts.of(payment.party_id, Purpose.WALLET)
    available = till.act.work.ledger.balance(wallet).available
    if available < more:
        return Reason("wallet_too_low", {"asked": more, "available": max(available, 0)})
    if payment.hold_transfer is not None:
        _void_transfer(till, payment)
    ids = till.write(
        "hold",
        payment,
        [Transfer(wallet, till.accounts.escrow, payment.held + more, phase="pending")],
    )
    till.save(payment, held=payment.held + more, hold_transfer=ids[0])
    return None


def _need_payments(till: Till) -> None:
    if till.due and not till.payments:
        raise InvalidInput(
            f"purse {till.purse!r} has {Money(till.due, till.transaction.currency)} due and no "
            "way to pay; give pay=[Pay(method)]",
            code="no_way_to_pay",
            params={"purse": till.purse},
        )


def _charge(till: Till) -> Result:
    _need_payments(till)
    result: Result = None
    for payment, part in zip(till.payments, shares(till.due, till.payments), strict=True):
        more = part - payment.kept
        if more <= 0:
            continue
        way = till.method(payment).way(MoneyKind.CHARGE)
        if way is Way.CALL:
            result = till.ask_outside(payment, MoneyKind.CHARGE, more)
        elif way is Way.BOOKS and not till.method(payment).pays_provider_directly:
            wallet = till.accounts.of(payment.party_id, Purpose.WALLET)
            available = till.act.work.ledger.balance(wallet).available
            if available < more:
                return Reason("wallet_too_low", {"asked": more, "available": max(available, 0)})
            till.write("charge", payment, [Transfer(wallet, till.accounts.escrow, more)])
            till.save(payment, captured=payment.captured + more)
        else:
            _take_directly(till, payment, more)
    return result


def _capture(till: Till) -> Result:
    """Take what is due out of the holds, in their order; give the rest of each hold up."""
    _need_payments(till)
    rest = till.due - sum(payment.kept for payment in till.payments)
    result: Result = None
    for payment in till.payments:
        method = till.method(payment)
        if method.pays_provider_directly:
            continue
        part = min(payment.held, max(rest, 0))
        rest -= part
        if not payment.held:
            continue
        if method.way(MoneyKind.CAPTURE) is Way.CALL:
            kind = MoneyKind.CAPTURE if part else MoneyKind.VOID
            result = till.ask_outside(payment, kind, part or payment.held)
        else:
            captured_in_books(till, payment, part)
    direct = [one for one in till.payments if till.method(one).pays_provider_directly]
    for payment in direct:
        part = max(rest, 0) if payment is direct[-1] else min(payment.held, max(rest, 0))
        rest -= _take_directly(till, payment, part)
    if rest > 0 and till.payments:
        _owe(till, till.payments[-1].party_id, rest)
    return result


def _take_directly(till: Till, payment: Payment, part: int) -> int:
    """Record what the customer gave the provider by hand; change becomes credit, a gap dues."""
    given = till.asks.get("cash_collected")
    taken = given.amount if isinstance(given, Money) else part
    posting = Posting()
    posting.move(till.accounts.cash, till.accounts.escrow, min(taken, part))
    wallet = till.accounts.of(payment.party_id, Purpose.WALLET)
    posting.move(till.accounts.cash, wallet, max(taken - part, 0))
    till.write("cash", payment, posting.transfers)
    till.save(payment, held=0, captured=payment.captured + min(taken, part))
    return min(taken, part)


def _owe(till: Till, party: str, amount: int) -> None:
    """Book dues: what the lines ask beyond what could be taken is the customer's debt."""
    dues = till.accounts.of(party, Purpose.CUSTOMER_RECEIVABLE)
    post(
        till.act,
        "dues",
        f"dues:{till.transaction.id}:{till.purse}:{till.transaction.version}",
        till.home,
        [Transfer(dues, till.accounts.escrow, amount)],
        details={"transaction": till.transaction.id, "purse": till.purse, "party": party},
    )
    till.act.emit(
        "transaction.dues",
        till.transaction.id,
        {"party": party, "amount": amount, "currency": till.transaction.currency},
        [party],
    )


def captured_in_books(till: Till, payment: Payment, part: int) -> None:
    """Post a hold's pending transfer in part or whole; what is not posted is given up."""
    pending = payment.hold_transfer
    if pending is not None:
        source = _source(till, payment)
        transfer = (
            Transfer(source, till.accounts.escrow, part, phase="post", resolves=pending)
            if part
            else Transfer(
                source, till.accounts.escrow, payment.held, phase="void", resolves=pending
            )
        )
        till.write("capture" if part else "void", payment, [transfer])
    till.save(payment, held=0, hold_transfer=None, captured=payment.captured + part)


def _source(till: Till, payment: Payment) -> Account:
    """Where a hold's money comes from: our clearing account, or the payer's wallet."""
    if till.method(payment).way(MoneyKind.HOLD) is Way.CALL:
        return till.accounts.clearing
    return till.accounts.of(payment.party_id, Purpose.WALLET)


def _void_transfer(till: Till, payment: Payment) -> Payment:
    transfer = Transfer(
        _source(till, payment),
        till.accounts.escrow,
        payment.held,
        phase="void",
        resolves=payment.hold_transfer,
    )
    till.write("void", payment, [transfer])
    return till.save(payment, hold_transfer=None)


def _void(till: Till) -> Result:
    result: Result = None
    for payment in till.payments:
        if not payment.held:
            continue
        if till.method(payment).way(MoneyKind.VOID) is Way.CALL:
            result = till.ask_outside(payment, MoneyKind.VOID, payment.held)
        else:
            give_up_hold(till, payment)
    return result


def give_up_hold(till: Till, payment: Payment) -> None:
    """Write that a hold is gone."""
    if payment.hold_transfer is not None:
        payment = _void_transfer(till, payment)
    till.save(payment, held=0)


def _refund(till: Till) -> Result:
    """Give back what was taken beyond what is due, the last payment's first."""
    excess = sum(payment.kept for payment in till.payments) - till.due
    result: Result = None
    for payment in reversed(list(till.payments)):
        back = min(payment.kept, max(excess, 0))
        excess -= back
        if not back:
            continue
        escrow, accounts = till.accounts.escrow, till.accounts
        if till.method(payment).way(MoneyKind.REFUND) is Way.CALL:
            on_its_way = accounts.of(payment.party_id, Purpose.REFUND)
            till.write("refund", payment, [Transfer(escrow, on_its_way, back)])
            payment = till.save(payment, refunded=payment.refunded + back)
            result = till.ask_outside(payment, MoneyKind.REFUND, back)
        else:
            wallet = accounts.of(payment.party_id, Purpose.WALLET)
            till.write("refund", payment, [Transfer(escrow, wallet, back)])
            till.save(payment, refunded=payment.refunded + back)
    return result


def _settle(till: Till) -> Result:
    settle(till.act, till.transaction, till.purse, till.lines, till.seats, till.home)
    return None


def _reverse(till: Till) -> Result:
    reverse_settlement(till.act, till.transaction, till.purse, till.home)
    return None


def _record(till: Till) -> Result:
    """Write down a sum paid outside, whatever the method."""
    if not till.payments:
        raise InvalidInput(f"purse {till.purse!r} records a payment and none was named")
    _take_directly(till, till.payments[-1], till.due)
    return None


_EFFECTS = {
    MoneyKind.SAVE: _save_means,
    MoneyKind.HOLD: _hold,
    MoneyKind.RAISE: _raise_hold,
    MoneyKind.CHARGE: _charge,
    MoneyKind.CAPTURE: _capture,
    MoneyKind.VOID: _void,
    MoneyKind.REFUND: _refund,
    MoneyKind.SETTLE: _settle,
    MoneyKind.PAY_OUT: _settle,
    MoneyKind.TRANSFER: _settle,
    MoneyKind.REVERSE: _reverse,
    MoneyKind.RECORD: _record,
}


def dues_of(act: Act, party_id: str, currency: str) -> Money:
    """What a customer still owes from earlier deals."""
    account = Account(party_id, Purpose.CUSTOMER_RECEIVABLE, currency)
    return act.work.ledger.balance(account).money


def credit_party(
    act: Act, party_id: str, money: Money, source: Account, kind: str, key: str
) -> None:
    """Credit a party from an account: its dues and debts first, the rest to its wallet."""
    if money.amount <= 0:
        raise Refused(f"a credit must be above zero, not {money}")
    posting = Posting()
    wallet = Account(party_id, Purpose.WALLET, money.currency)
    posting.move(source, wallet, money.amount)
    rest = money.amount
    for purpose in (Purpose.RECEIVABLE, Purpose.CUSTOMER_RECEIVABLE):
        debt = Account(party_id, purpose, money.currency)
        owed = min(rest, max(act.work.ledger.balance(debt).posted, 0))
        posting.move(wallet, debt, owed)
        rest -= owed
    post(act, kind, key, party_id, posting.transfers)
