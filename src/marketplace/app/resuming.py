"""What follows from a payment provider's answer: the books, and the row that waited for it."""

from __future__ import annotations

from attrs import evolve

from marketplace.app.asking import checked_asks
from marketplace.app.books import Posting, post
from marketplace.app.door import Act
from marketplace.app.engine import after_money, arrive, run
from marketplace.app.move import Move
from marketplace.app.purses import Till, captured_in_books, give_up_hold
from marketplace.domain.effect import MoneyEffect, MoneyKind
from marketplace.domain.ledger import MARKETPLACE, Account, Purpose, Transfer
from marketplace.domain.party import PAYMENT_PROVIDER, Actor, Role
from marketplace.domain.payment import Answer, Intent, Payment
from marketplace.domain.transaction import Transaction
from marketplace.domain.transition import Transition


def resume(act: Act, intent: Intent, answer: Answer) -> None:
    """Write what the answer did to the money; go on with the row when it was the last one."""
    assert intent.transaction_id is not None
    assert intent.payment_id is not None
    transaction = act.work.get(Transaction, intent.transaction_id)
    act.about(transaction.id, transaction)
    pending = transaction.pending
    move = Move.load(act, transaction, {})
    payment = act.work.get(Payment, intent.payment_id)
    till = Till.open(
        act,
        transaction,
        move.process,
        payment.purse,
        move.terms.lines,
        move.seats,
        {},
    )
    _write(till, payment, intent, answer)
    if pending is None:
        return
    row = move.process.row(pending.row, transaction.state)
    assert row is not None, f"{transaction.id} waits on {pending.row!r}, which left its process"
    effect = row.effects[pending.step]
    if not isinstance(effect, MoneyEffect) or not _belongs(intent, effect, payment):
        return
    move.asks = checked_asks(row, pending.asks, transaction.currency)
    _go_on(move, row, pending.step, pending.actor, answer)


def _belongs(intent: Intent, effect: MoneyEffect, payment: Payment) -> bool:
    """Whether the pending effect is the one that wrote this intent."""
    same = effect.kind is intent.kind
    # A capture of nothing is a void outside, and still the capture that the row waits for.
    captured_nothing = effect.kind is MoneyKind.CAPTURE and intent.kind is MoneyKind.VOID
    return effect.purse == payment.purse and (same or captured_nothing)


def _go_on(move: Move, row: Transition, step: int, actor: str, answer: Answer) -> None:
    act = move.act
    others = act.work.select(
        Intent, {"transaction_id": move.transaction.id, "state": ["waiting", "parked"]}
    )
    effect = row.effects[step]
    assert isinstance(effect, MoneyEffect)
    if answer.outcome != "done":
        _undo_others(move, effect, others)
        failed = answer.outcome == "failed"
        target = row.failed if failed else (row.needs_customer or row.failed)
        outcome = "failed" if failed else "needs_customer"
        arrive(
            move,
            row,
            target or move.transaction.state,
            outcome=outcome,
            reason=answer.reason,
        )
        return
    if any(one.kind is effect.kind or one.kind is MoneyKind.VOID for one in others):
        return
    move.transaction = evolve(move.transaction, pending=None)
    move.act = _as_whoever_took_it(act, actor)
    after_money(move, effect)
    run(move, row, step + 1)


def _as_whoever_took_it(act: Act, actor: str) -> Act:
    """The rest of the row is still done by whoever took it; events go with the answer's."""
    impersonal = actor in ("operator", "clock", PAYMENT_PROVIDER.name)
    who = Actor(role=Role(actor)) if impersonal else Actor(party_id=actor)
    return evolve(act, actor=who)


def _undo_others(move: Move, effect: MoneyEffect, others: list[Intent]) -> None:
    """One of several payments said no: give up what the others already set aside."""
    if effect.kind not in (MoneyKind.HOLD, MoneyKind.RAISE):
        return
    till = Till.open(
        move.act,
        move.transaction,
        move.process,
        effect.purse,
        move.terms.lines,
        move.seats,
        {},
    )
    for payment in list(till.payments):
        if payment.held and effect.kind is MoneyKind.HOLD:
            if payment.reference is not None:
                till.ask_outside(payment, MoneyKind.VOID, payment.held)
            else:
                give_up_hold(till, payment)


def _write(till: Till, payment: Payment, intent: Intent, answer: Answer) -> None:
    """The books' side of an answer."""
    kind, moved = intent.kind, answer.amount.amount if answer.amount else intent.amount
    if answer.outcome != "done":
        if kind is MoneyKind.REFUND:
            on_its_way = till.accounts.of(payment.party_id, Purpose.REFUND)
            back = Transfer(on_its_way, till.accounts.escrow, intent.amount)
            till.write("refund failed", payment, [back])
            till.save(payment, refunded=payment.refunded - intent.amount)
        return
    if answer.reference is not None and payment.reference is None:
        payment = till.save(payment, reference=answer.reference)
    if kind in (MoneyKind.HOLD, MoneyKind.RAISE):
        _write_hold(till, payment, moved, answer)
    elif kind is MoneyKind.CHARGE:
        till.write(
            "charge", payment, [Transfer(till.accounts.clearing, till.accounts.escrow, moved)]
        )
        till.save(payment, captured=payment.captured + moved)
    elif kind is MoneyKind.CAPTURE:
        captured_in_books(till, payment, moved)
    elif kind is MoneyKind.VOID:
        give_up_hold(till, payment)
    elif kind is MoneyKind.REFUND:
        on_its_way = till.accounts.of(payment.party_id, Purpose.REFUND)
        till.write("refund paid", payment, [Transfer(on_its_way, till.accounts.clearing, moved)])
        till.save(payment)
    if answer.fee is not None and answer.fee.amount:
        _write_fee(till, intent, answer)


def _write_hold(till: Till, payment: Payment, moved: int, answer: Answer) -> None:
    """A hold is a pending transfer; raising one replaces it by a larger one."""
    transfers = []
    if payment.hold_transfer is not None:
        transfers.append(
            Transfer(
                till.accounts.clearing,
                till.accounts.escrow,
                payment.held,
                phase="void",
                resolves=payment.hold_transfer,
            )
        )
    whole = payment.held + moved
    transfers.append(Transfer(till.accounts.clearing, till.accounts.escrow, whole, phase="pending"))
    ids = till.write("hold", payment, transfers)
    till.save(
        payment,
        held=whole,
        hold_transfer=ids[-1],
        holds_until=answer.holds_until or payment.holds_until,
    )


def _write_fee(till: Till, intent: Intent, answer: Answer) -> None:
    assert answer.fee is not None
    posting = Posting()
    fees = Account(MARKETPLACE, Purpose.PROCESSOR_FEES, answer.fee.currency)
    clearing = Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, answer.fee.currency)
    posting.move(fees, clearing, answer.fee.amount)
    post(
        till.act,
        "processor fee",
        f"processor fee:{intent.id}",
        till.home,
        posting.transfers,
        details={"transaction": till.transaction.id},
    )
