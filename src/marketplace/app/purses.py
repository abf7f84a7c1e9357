"""Money effects on a purse: who pays how much by which method, in the books or by asking outside.

Every function answers ``None`` when it is done, ``WAITS`` when intents were written and the
transaction must wait for them, or the ``Reason`` for which it cannot be done.
"""

from __future__ import annotations

from attrs import evolve

from marketplace.app.books import Posting, post, reverse_settlement, settle
from marketplace.app.till import COLLECTED, WAITS, Result, Till, cannot_pay, shares
from marketplace.domain.effect import MoneyEffect, MoneyKind
from marketplace.domain.ledger import Account, Purpose, Transfer
from marketplace.domain.method import Way
from marketplace.domain.money import Money
from marketplace.domain.party import CUSTOMER
from marketplace.domain.payment import Payment
from marketplace.domain.reason import Reason
from marketplace.errors import InvalidInput


def carry_out(till: Till, effect: MoneyEffect) -> Result:
    """Do one money effect."""
    return _EFFECTS[effect.kind](till)


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
    """The books first: only when they agree is anybody outside asked."""
    no = cannot_pay(till)
    if no is not None:
        return no
    outside: list[tuple[Payment, int]] = []
    for payment, part in zip(list(till.payments), shares(till.due, till.payments), strict=True):
        more = part - payment.held - till.lying(payment)
        if more <= 0:
            continue
        way = till.method(payment).way(kind)
        if way is Way.CALL:
            outside.append((payment, more))
        elif way is Way.BOOKS:
            no = _hold_in_wallet(till, payment, more)
            if no is not None:
                undo(till, kind)
                return no
        else:
            till.save(payment, held=payment.held + more)
    for payment, more in outside:
        till.ask_outside(payment, kind, more)
    return WAITS if outside else None


def undo(till: Till, kind: MoneyKind) -> None:
    """One of several payments said no: give back what the others did in the same effect.

    Holds are given up; what was charged or captured goes back the way it came.
    """
    for payment in list(till.payments):
        outside = till.method(payment).way(MoneyKind.VOID) is Way.CALL
        if kind is MoneyKind.HOLD and payment.held:
            if outside:
                till.ask_outside(payment, MoneyKind.VOID, payment.held)
            else:
                give_up_hold(till, payment)
        elif kind in (MoneyKind.CHARGE, MoneyKind.CAPTURE) and payment.kept:
            _give_back(till, payment, payment.kept)


def _hold_in_wallet(till: Till, payment: Payment, more: int) -> Reason | None:
    wallet = till.accounts.of(payment.party_id, Purpose.WALLET)
    available = till.act.work.ledger.balance(wallet).available
    if available < more:
        return Reason("wallet_too_low", {"asked": more, "available": max(available, 0)})
    if payment.hold_transfer is not None:
        payment = _void_transfer(till, payment)
    ids = till.write(
        "hold",
        payment,
        [Transfer(wallet, till.accounts.escrow, payment.held + more, phase="pending")],
    )
    till.save(payment, held=payment.held + more, hold_transfer=ids[0])
    return None


def _charge(till: Till) -> Result:
    no = cannot_pay(till)
    if no is not None:
        return no
    outside: list[tuple[Payment, int]] = []
    direct = _direct(till)
    given = _given(till)
    for payment, part in zip(list(till.payments), shares(till.due, till.payments), strict=True):
        more = part - till.lying(payment)
        if more <= 0:
            continue
        way = till.method(payment).way(MoneyKind.CHARGE)
        if way is Way.CALL:
            outside.append((payment, more))
        elif way is Way.BOOKS and not till.method(payment).pays_provider_directly:
            no = _charge_wallet(till, payment, more)
            if no is not None:
                undo(till, MoneyKind.CHARGE)
                return no
        else:
            taken = _handed(given, more, last=payment.id == direct[-1].id) if direct else more
            given = None if given is None else given - taken
            _take_directly(till, payment, more, taken)
    for payment, more in outside:
        till.ask_outside(payment, MoneyKind.CHARGE, more)
    return WAITS if outside else None


def _capture(till: Till) -> Result:
    """Take what is due out of the holds, in their order; give the rest of each hold up."""
    rest = till.due - sum(till.lying(payment) for payment in till.payments)
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
    direct = _direct(till)
    given = _given(till) if till.meets else 0
    for payment in direct:
        last = payment is direct[-1]
        part = max(rest, 0) if last else min(payment.held, max(rest, 0))
        taken = _handed(given, part, last=last)
        given = None if given is None else given - taken
        rest -= _take_directly(till, payment, part, taken)
    if rest > 0:
        _owe(till, _debtor(till), rest)
    return result


def _collect(till: Till) -> Result:
    """Take what is missing; a further charge is a payment of its own, since each is refunded alone.

    What one of several could not give stays owed, and what the others gave stays taken.
    """
    if (no := cannot_pay(till)) is not None:
        return no
    missing = till.due - sum(till.lying(payment) for payment in till.payments)
    result: Result = None
    for payment, part in zip(list(till.payments), shares(till.due, till.payments), strict=True):
        more = min(part - till.lying(payment), missing)
        if more <= 0:
            continue
        missing -= more
        if till.method(payment).pays_provider_directly:
            _take_directly(till, payment, more, more)
        elif till.method(payment).way(MoneyKind.CHARGE) is Way.CALL:
            fresh = payment if not payment.captured else _further(till, payment, more)
            result = till.ask_outside(fresh, MoneyKind.CHARGE, more)
        else:
            no = _charge_wallet(till, payment, more)
            if no is not None:
                return no
    return result


def _further(till: Till, payment: Payment, more: int) -> Payment:
    """Another payment by the same party and means."""
    position = max(one.position for one in till.payments) + 1
    identity, at = till.act.context.ids.new("payment"), till.act.at
    empty = evolve(payment, captured=0, refunded=0, reference=None, holds_until=None, version=1)
    fresh = evolve(empty, id=identity, created_at=at, asked=more, position=position)
    till.act.work.add(fresh)
    till.payments.append(fresh)
    return fresh


def _charge_wallet(till: Till, payment: Payment, more: int) -> Reason | None:
    wallet = till.accounts.of(payment.party_id, Purpose.WALLET)
    available = till.act.work.ledger.balance(wallet).available
    if available < more:
        return Reason("wallet_too_low", {"asked": more, "available": max(available, 0)})
    till.write("charge", payment, [Transfer(wallet, till.accounts.escrow, more)])
    till.save(payment, captured=payment.captured + more)
    return None


def _direct(till: Till) -> list[Payment]:
    """The payments that the customers make by hand, in their order."""
    return [one for one in till.payments if till.method(one).pays_provider_directly]


def _given(till: Till) -> int | None:
    """All that was collected by hand, over every payment; None when nobody said."""
    given = till.asks.get(COLLECTED)
    return given.amount if isinstance(given, Money) else None


def _handed(given: int | None, part: int, *, last: bool) -> int:
    """What one payment gave of it: its part, and the last one all that is left."""
    if given is None:
        return part
    return given if last else min(given, part)


def _take_directly(till: Till, payment: Payment, part: int, taken: int) -> int:
    """Record what the customer gave the provider by hand; change becomes credit, a gap dues."""
    posting = Posting()
    posting.move(till.accounts.cash, till.accounts.escrow, min(taken, part))
    wallet = till.accounts.of(payment.party_id, Purpose.WALLET)
    posting.move(till.accounts.cash, wallet, max(taken - part, 0))
    till.write("cash", payment, posting.transfers)
    till.save(payment, held=0, captured=payment.captured + min(taken, part))
    return min(taken, part)


def _debtor(till: Till) -> str:
    """Who owes what could not be taken: whoever pays last, else the customer."""
    if till.payments:
        return till.payments[-1].party_id
    for seat in till.seats:
        if seat.role == CUSTOMER.name:
            return seat.party_id
    raise InvalidInput(f"purse {till.purse!r} has {till.due} due and nobody who could owe it")


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
    elif part and till.method(payment).way(MoneyKind.CAPTURE) is Way.CALL:
        # Its hold was given up in the books while the answer was on its way: it was taken.
        taken = Transfer(till.accounts.clearing, till.accounts.escrow, part)
        till.write("capture", payment, [taken])
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
    excess = sum(till.lying(payment) for payment in till.payments) - till.due
    for payment in reversed(list(till.payments)):
        back = min(till.lying(payment), max(excess, 0))
        excess -= back
        if back:
            _give_back(till, payment, back)
    return None


def _give_back(till: Till, payment: Payment, back: int) -> None:
    """By the way it came: outside, or as credit in the payer's wallet.

    Nobody waits for the bank: in refund payable the money is the payer's, whatever it answers.
    """
    escrow, accounts = till.accounts.escrow, till.accounts
    if till.method(payment).way(MoneyKind.REFUND) is Way.CALL:
        on_its_way = accounts.of(payment.party_id, Purpose.REFUND)
        till.write("refund", payment, [Transfer(escrow, on_its_way, back)])
        payment = till.save(payment, refunded=payment.refunded + back)
        till.ask_outside(payment, MoneyKind.REFUND, back)
        return
    wallet = accounts.of(payment.party_id, Purpose.WALLET)
    till.write("refund", payment, [Transfer(escrow, wallet, back)])
    till.save(payment, refunded=payment.refunded + back)


def _settle(till: Till) -> Result:
    settle(till.act, till.transaction, till.purse, till.lines, till.seats, till.home)
    return None


def _transfer(till: Till) -> Result:
    """Move the lines with no payment behind: what escrow lacks, the customer gives or owes."""
    customers = [seat.party_id for seat in till.seats if seat.role == CUSTOMER.name]
    short = till.due - till.act.work.ledger.balance(till.accounts.escrow).posted
    if short > 0 and customers:
        payable = till.accounts.of(customers[0], Purpose.PAYABLE)
        given = min(short, max(till.act.work.ledger.balance(payable).available, 0))
        if given:
            details = {"transaction": till.transaction.id, "purse": till.purse}
            key = f"transfer:{till.transaction.id}:{till.purse}:{till.transaction.version}"
            moved = [Transfer(payable, till.accounts.escrow, given)]
            post(till.act, "transfer", key, till.home, moved, details=dict(details))
        if short > given:
            _owe(till, customers[0], short - given)
    return _settle(till)


def _reverse(till: Till) -> Result:
    reverse_settlement(till.act, till.transaction, till.purse, till.home)
    return None


def _record(till: Till) -> Result:
    """Write down a sum paid outside, whatever the method."""
    if not till.payments:
        raise InvalidInput(f"purse {till.purse!r} records a payment and none was named")
    given = _given(till)
    _take_directly(till, till.payments[-1], till.due, till.due if given is None else given)
    return None


_EFFECTS = {
    MoneyKind.SAVE: _save_means,
    MoneyKind.HOLD: _hold,
    MoneyKind.RAISE: _raise_hold,
    MoneyKind.CHARGE: _charge,
    MoneyKind.COLLECT: _collect,
    MoneyKind.CAPTURE: _capture,
    MoneyKind.VOID: _void,
    MoneyKind.REFUND: _refund,
    MoneyKind.SETTLE: _settle,
    MoneyKind.PAY_OUT: _settle,
    MoneyKind.TRANSFER: _transfer,
    MoneyKind.REVERSE: _reverse,
    MoneyKind.RECORD: _record,
}
