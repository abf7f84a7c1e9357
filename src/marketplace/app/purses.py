"""Money effects on a purse: who pays how much by which method, in the books or by asking outside.

Every function answers ``None`` when it is done, ``WAITS`` when intents were written and the
transaction must wait for them, or the ``Reason`` for which it cannot be done.
"""

from __future__ import annotations

from marketplace.app import bearing, handing
from marketplace.app.alone import refuse_too_much
from marketplace.app.books import DUES_ROLE, Posting, post, settle
from marketplace.app.dues import (
    after_posting,
    await_earnings,
    await_no_more,
    awaited_by,
    unpaid_after,
)
from marketplace.app.holding import captured_in_books, charge_wallet, give_up_hold, hold_in_wallet
from marketplace.app.reversing import reverse_settlement
from marketplace.app.till import WAITS, Result, Till, cannot_pay, outside, shares
from marketplace.domain.effect import MoneyEffect, MoneyKind
from marketplace.domain.evolving import evolve
from marketplace.domain.ledger import Purpose, Transfer
from marketplace.domain.method import Way
from marketplace.domain.party import CUSTOMER, PROVIDER
from marketplace.domain.payment import UNANSWERED, Intent, Payment
from marketplace.domain.quote import units_owed
from marketplace.domain.transaction import Seat
from marketplace.errors import Conflict, InvalidInput


def carry_out(till: Till, effect: MoneyEffect) -> Result:
    """Do one money effect."""
    return _EFFECTS[effect.kind](till)


def _save_means(till: Till) -> Result:
    result: Result = None
    for payment in till.payments:
        if till.method(payment).way(MoneyKind.SAVE) is Way.CALL:
            result = till.ask_outside(payment, MoneyKind.SAVE, 0)
    return till.halts(result)


def _hold(till: Till) -> Result:
    return _set_aside(till, MoneyKind.HOLD)


def _raise_hold(till: Till) -> Result:
    return _set_aside(till, MoneyKind.RAISE)


def _set_aside(till: Till, kind: MoneyKind) -> Result:
    """The books first: only when they agree is anybody outside asked."""
    no = cannot_pay(till)
    if no is not None:
        return no
    _refuse_while_given_up(till)
    to_ask: list[tuple[Payment, int]] = []
    for payment, part in zip(list(till.payments), shares(till.due, till.payments), strict=True):
        more = part - payment.held - till.lying(payment)
        if more <= 0:
            continue
        way = till.method(payment).way(kind)
        if way is Way.CALL:
            to_ask.append((payment, more))
        elif way is Way.BOOKS:
            no = hold_in_wallet(till, payment, more)
            if no is not None:
                undo(till, kind)
                return no
        else:
            till.save(payment, held=payment.held + more)
    for payment, more in to_ask:
        till.ask_outside(payment, kind, more)
    return till.halts(WAITS if to_ask else None)


def _refuse_while_given_up(till: Till) -> None:
    """Raise ``Conflict`` while a bank is still to give a hold up: it is there no more, soon."""
    held = [one.id for one in till.payments if one.held]
    if not held:
        return
    where = {"payment_id": held, "kind": MoneyKind.VOID, "state": UNANSWERED}
    if till.act.work.select(Intent, where, limit=1):
        raise Conflict(
            f"what was held of purse {till.purse!r} is still being given up; try again soon",
            code="pending",
            params={"purse": till.purse},
        )


def undo(till: Till, kind: MoneyKind) -> None:
    """One of several payments said no: give back what the others did in the same effect.

    Holds are given up; what was charged or captured goes back the way it came.
    """
    for payment in list(till.payments):
        by_call = till.method(payment).way(MoneyKind.VOID) is Way.CALL
        if kind is MoneyKind.HOLD and payment.held:
            if by_call:
                till.ask_outside(payment, MoneyKind.VOID, payment.held)
            else:
                give_up_hold(till, payment)
        elif kind in (MoneyKind.CHARGE, MoneyKind.CAPTURE) and (back := till.returnable(payment)):
            # What an earlier round settled lies there no more, and is nobody's to give back.
            give_back(till, payment, back)


def _charge(till: Till) -> Result:
    no = cannot_pay(till)
    if no is not None:
        return no
    to_ask: list[tuple[Payment, int]] = []
    direct = handing.direct(till)
    given = handing.given(till)
    for payment, part in zip(list(till.payments), shares(till.due, till.payments), strict=True):
        more = part - till.lying(payment)
        if more <= 0:
            continue
        way = till.method(payment).way(MoneyKind.CHARGE)
        if way is Way.CALL:
            to_ask.append((payment, more))
        elif way is Way.BOOKS and not till.method(payment).pays_provider_directly:
            no = charge_wallet(till, payment, more)
            if no is not None:
                undo(till, MoneyKind.CHARGE)
                return no
        else:
            taken = (
                handing.handed(given, more, last=payment.id == direct[-1].id) if direct else more
            )
            given = None if given is None else given - taken
            handing.take_directly(till, payment, more, taken)
    for payment, more in to_ask:
        till.ask_outside(payment, MoneyKind.CHARGE, more)
    return till.halts(WAITS if to_ask else None)


def _capture(till: Till) -> Result:
    """Take what is due out of the holds, in their order; give the rest of each hold up.

    What they lack is owed once it was taken, and not where a bank refuses: there the row says
    what becomes of the whole.
    """
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
    direct = handing.direct(till)
    given = handing.given(till) if till.meets else 0
    for payment in direct:
        last = payment is direct[-1]
        part = max(rest, 0) if last else min(payment.held, max(rest, 0))
        taken = handing.handed(given, part, last=last)
        given = None if given is None else given - taken
        rest -= handing.take_directly(till, payment, part, taken)
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
            handing.take_directly(till, payment, more, more)
        elif till.method(payment).way(MoneyKind.CHARGE) is Way.CALL:
            fresh = payment if not payment.captured else further(till, payment, more)
            result = till.ask_outside(fresh, MoneyKind.CHARGE, more)
        else:
            no = charge_wallet(till, payment, more)
            if no is not None:
                return no
    return till.halts(result)


def further(till: Till, payment: Payment, asked: int) -> Payment:
    """Another payment by the same party and means, of so much of what is due."""
    position = max(one.position for one in till.payments) + 1
    identity, at = till.act.context.ids.new("payment"), till.act.at
    empty = evolve(payment, held=0, captured=0, refunded=0, charged_back=0, outside=0, version=1)
    unasked = evolve(empty, hold_transfer=None, reference=None, holds_until=None)
    fresh = evolve(unasked, id=identity, created_at=at, asked=asked, position=position)
    till.act.work.add(fresh)
    till.payments.append(fresh)
    return fresh


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


def _refund(till: Till) -> Result:
    """Give back what was taken beyond what is due, the last payment's first."""
    excess = beyond_due(till)
    refuse_too_much(till, excess)
    for payment in reversed(list(till.payments)):
        back = min(till.returnable(payment), max(excess, 0))
        excess -= back
        if back:
            give_back(till, payment, back)
    bearing.cover(bearing.of_till(till), _beyond(till))
    return None


def beyond_due(till: Till) -> int:
    """What a refund would give back now."""
    return sum(till.returnable(payment) for payment in till.payments) - till.due


def _beyond(till: Till) -> int:
    """What lies in escrow beyond what the customer owes of the purse."""
    owed = units_owed(till.lines, till.transaction.currency, till.purse)
    return till.act.work.ledger.balance(till.accounts.escrow).posted - owed


def give_back(till: Till, payment: Payment, back: int) -> None:
    """By the way it came: outside, or as credit in the payer's wallet.

    Nobody waits for the bank: in refund payable the money is the payer's, whatever it answers.
    """
    escrow, accounts = till.accounts.escrow, till.accounts
    if till.method(payment).way(MoneyKind.REFUND) is Way.CALL:
        on_its_way = accounts.of(payment.party_id, Purpose.REFUND)
        till.write("refund", payment, [Transfer(escrow, on_its_way, back)])
        payment = till.save(payment, refunded=payment.refunded + back)
        if payment.rate is not None and not outside(payment, MoneyKind.REFUND, back):
            # In the payer's currency it is less than the smallest coin, and comes with the next.
            till.write("refund paid", payment, [Transfer(on_its_way, till.source(payment), back)])
            till.save(payment)
            return
        till.ask_outside(payment, MoneyKind.REFUND, back)
        return
    wallet = accounts.of(payment.party_id, Purpose.WALLET)
    till.write("refund", payment, [Transfer(escrow, wallet, back)])
    till.save(payment, refunded=payment.refunded + back)


def _settle(till: Till) -> Result:
    """Settle; then see what the settlement paid of dues, and who waits for dues of its own.

    What the payer's bank took back for good comes before the payer, and then out of what
    everybody was given.
    """
    suspense = bearing.of_till(till)
    if suspense is not None:
        bearing.cover(suspense, _beyond(till))
    _settle_lines(till)
    bearing.bear(suspense)
    return None


def _settle_lines(till: Till) -> None:
    act, home = till.act, till.home
    # A line for dues is for older ones; what is over without one is this purse's own first.
    first = "" if any(line.payee == DUES_ROLE for line in till.lines) else home
    if till.guaranteed:
        settled = settle(act, till.transaction, till.purse, till.lines, till.seats, home)
        after_posting(act, settled, first=first)
        return

    def unpaid(paid: int) -> int:
        customer = next(seat.party_id for seat in till.seats if seat.role == CUSTOMER.name)
        debt = till.accounts.of(customer, Purpose.CUSTOMER_RECEIVABLE)
        return unpaid_after(act, debt, home, first, paid)

    settled = settle(act, till.transaction, till.purse, till.lines, till.seats, home, unpaid)
    after_posting(act, settled, first=first)
    await_earnings(act, home, settled)


def _transfer(till: Till) -> Result:
    """Move the lines with no payment behind: what escrow lacks, the customer gives or owes.

    Who is the customer of what his own sale opened owes it as a seller: it goes first out of what
    he earns next.
    """
    customers = [seat.party_id for seat in till.seats if seat.role == CUSTOMER.name]
    short = till.due - till.act.work.ledger.balance(till.accounts.escrow).posted
    if short > 0 and customers:
        customer, escrow = customers[0], till.accounts.escrow
        payable = till.accounts.of(customer, Purpose.PAYABLE)
        till.act.work.ledger.lock([payable])
        given = min(short, max(till.act.work.ledger.balance(payable).available, 0))
        posting = Posting()
        posting.move(payable, escrow, given)
        sells = _sells_above(till, customer)
        if sells:
            posting.move(till.accounts.of(customer, Purpose.RECEIVABLE), escrow, short - given)
        details: dict[str, object] = {"transaction": till.transaction.id, "purse": till.purse}
        key = f"transfer:{till.transaction.id}:{till.purse}:{till.transaction.version}"
        post(till.act, "transfer", key, till.home, posting.transfers, details=details)
        if short > given and not sells:
            handing.owe(till, customer, short - given)
    return _settle(till)


def _sells_above(till: Till, party: str) -> bool:
    """Whether it is the provider of the deal that opened this one."""
    origin = till.transaction.origin_id
    where = {"transaction_id": origin, "role": PROVIDER.name, "party_id": party}
    return origin is not None and bool(till.act.work.select(Seat, where, order="role", limit=1))


def _reverse(till: Till) -> Result:
    act, home = till.act, till.home
    bearing.bear_no_more(bearing.of_till(till))
    awaited = {} if till.guaranteed else awaited_by(act, home)
    undone = reverse_settlement(act, till.transaction, till.purse, home, awaited)
    if undone is not None and awaited:
        await_no_more(act, home)
    after_posting(act, undone)
    return None


def _record(till: Till) -> Result:
    """Write down a sum paid outside, whatever the method."""
    if not till.payments:
        raise InvalidInput(f"purse {till.purse!r} records a payment and none was named")
    given = handing.given(till)
    handing.take_directly(till, till.payments[-1], till.due, till.due if given is None else given)
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
