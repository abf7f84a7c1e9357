"""Money set aside and taken in the books alone: wallets, and the pending transfers of holds."""

from __future__ import annotations

from marketplace.app.till import Till
from marketplace.domain.effect import MoneyKind
from marketplace.domain.ledger import Account, Purpose, Transfer
from marketplace.domain.method import Way
from marketplace.domain.payment import Payment
from marketplace.domain.reason import Reason

HOLD_OF_PAYMENT = "hold"
"""The timer of a hold that will die."""


def hold_in_wallet(till: Till, payment: Payment, more: int) -> Reason | None:
    wallet = till.accounts.of(payment.party_id, Purpose.WALLET)
    till.act.work.ledger.lock([wallet])
    available = till.act.work.ledger.balance(wallet).available
    if available < more:
        return till.refused(payment, _too_low(more, available, wallet.currency))
    if payment.hold_transfer is not None:
        payment = _void_transfer(till, payment)
    ids = till.write(
        "hold",
        payment,
        [Transfer(wallet, till.accounts.escrow, payment.held + more, phase="pending")],
    )
    till.save(payment, held=payment.held + more, hold_transfer=ids[0])
    return None


def _too_low(asked: int, available: int, currency: str) -> Reason:
    told = {"asked": asked, "available": max(available, 0), "currency": currency}
    return Reason("wallet_too_low", told)


def charge_wallet(till: Till, payment: Payment, more: int) -> Reason | None:
    wallet = till.accounts.of(payment.party_id, Purpose.WALLET)
    till.act.work.ledger.lock([wallet])
    available = till.act.work.ledger.balance(wallet).available
    if available < more:
        return till.refused(payment, _too_low(more, available, wallet.currency))
    till.write("charge", payment, [Transfer(wallet, till.accounts.escrow, more)])
    till.save(payment, captured=payment.captured + more)
    return None


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
        more = till.crossing(payment) if part else []
        till.write("capture" if part else "void", payment, [*more, transfer])
    elif part and till.method(payment).way(MoneyKind.CAPTURE) is Way.CALL:
        # Its hold was given up in the books while the answer was on its way: it was taken.
        taken = Transfer(till.source(payment), till.accounts.escrow, part)
        till.write("capture", payment, [*till.crossing(payment), taken])
    outside = payment.outside + ((till.crossed or 0) if part else 0)
    captured = payment.captured + part
    till.save(payment, held=0, hold_transfer=None, captured=captured, outside=outside)
    _dies_no_more(till, payment)


def _source(till: Till, payment: Payment) -> Account:
    """Where a hold's money comes from: our clearing account, or the payer's wallet."""
    if till.method(payment).way(MoneyKind.HOLD) is Way.CALL:
        return till.source(payment)
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


def give_up_hold(till: Till, payment: Payment) -> None:
    """Write that a hold is gone."""
    if payment.hold_transfer is not None:
        payment = _void_transfer(till, payment)
    till.save(payment, held=0)
    _dies_no_more(till, payment)


def _dies_no_more(till: Till, payment: Payment) -> None:
    """Of a hold that is taken or given up the clock has nothing to say any more."""
    if payment.holds_until is not None:
        till.act.work.timers.clear(HOLD_OF_PAYMENT, [payment.id])
