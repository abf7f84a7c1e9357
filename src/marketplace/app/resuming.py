"""What follows from a payment provider's answer: the books, and the row that waited for it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from marketplace.app.asking import checked_asks
from marketplace.app.books import Posting, post, posted_together
from marketplace.app.door import Act
from marketplace.app.engine import after_money, arrive, run, take, till_of
from marketplace.app.holding import HOLD_OF_PAYMENT, captured_in_books, give_up_hold
from marketplace.app.move import Move
from marketplace.app.passing import owe_what_was_passed_on, write_passed_on
from marketplace.app.purses import undo
from marketplace.app.refunds import refund_answered, refund_came_back
from marketplace.app.till import Till
from marketplace.domain.books import Timer
from marketplace.domain.effect import MoneyEffect, MoneyKind
from marketplace.domain.evolving import evolve
from marketplace.domain.ledger import MARKETPLACE, Account, Purpose, Transfer
from marketplace.domain.money import Money, divide
from marketplace.domain.party import IMPERSONAL, Actor, role_named
from marketplace.domain.payment import UNANSWERED, Answer, Intent, Payment
from marketplace.domain.ports import Work
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Pending, Seat, Terms, Transaction
from marketplace.domain.transition import Transition
from marketplace.domain.walking import HOLD_EXPIRED


def resume(act: Act, intent: Intent, answer: Answer, answered: Intent) -> None:
    """Write what the answer did to the money; go on with the row when it was the last one.

    ``intent`` is as it was before the answer, and ``answered`` as it is with it.
    """
    assert intent.transaction_id is not None
    assert intent.payment_id is not None
    gather_deals(act.work, [intent.transaction_id])
    transaction = act.work.get(Transaction, intent.transaction_id)
    act.about(transaction.id, transaction)
    pending = transaction.pending
    (move,) = Move.load_each(act, [transaction])
    with posting(act, intent):
        write_answer(move, intent.payment_id, intent, answer)
        if answer.fee is not None and answer.fee.amount and answer.outcome == "done":
            till = till_of(move, act.work.get(Payment, intent.payment_id).purse)
            write_fee(act, intent, answer, till.home, {"transaction": transaction.id})
    if pending is None:
        return
    if intent.id in pending.intents:
        asked = [answered] if waits_only_for(pending, intent) else None
        go_on(move, pending, as_whoever_took_it(act, pending.actor), asked)


def gather_deals(work: Work, deals: Sequence[str]) -> None:
    """Read what is looked at of deals in a few statements, not in a few for each of them."""
    work.gather(Seat, "transaction_id", deals)
    work.gather(Terms, "transaction_id", deals)
    work.gather(Payment, "transaction_id", deals, lock=True)


def lock_deals(work: Work, deals: Sequence[str]) -> None:
    """Lock several deals at once, in the order of their ids, with what is looked at of them."""
    work.gather(Transaction, "id", deals, lock=True)
    gather_deals(work, deals)


def posting(act: Act, intent: Intent) -> AbstractContextManager[None]:
    """Where the journals of an answer are posted: those of a charge and its fee together."""
    return posted_together(act) if intent.kind is MoneyKind.CHARGE else nullcontext()


def write_answer(move: Move, payment_id: str, intent: Intent, answer: Answer) -> None:
    """What the answer did to the money of one deal; ``intent`` says how much of it was asked."""
    act, known = move.act, move.payments or ()
    payment = next((one for one in known if one.id == payment_id), None)
    if payment is None:
        payment = act.work.get(Payment, payment_id)
    till = till_of(move, payment.purse)
    asked, said, till.crossed = inside(payment, intent, answer)
    pending = move.transaction.pending
    # What it moves comes by the row that asked; go_on says so of the rest of it.
    act.row = pending.row if pending is not None and intent.id in pending.intents else None
    till.known_as = known_as(intent, answer.reference)
    _write(till, payment, asked, said)
    if answer.passed_on is not None:
        write_passed_on(till, act.work.get(Payment, payment_id), answer)
    if intent.kind is MoneyKind.REFUND:
        owe_what_was_passed_on(move)
    act.row = None
    if whole_or_nothing(intent, answer).outcome != answer.outcome:
        act.emit(
            "payment.in_part",
            payment.id,
            {"transaction": move.transaction.id, "asked": intent.amount, "moved": answer.amount},
            [payment.party_id],
        )


def inside(payment: Payment, intent: Intent, answer: Answer) -> tuple[Intent, Answer, int | None]:
    """The question and the answer in the deal's currency, and what was moved in the payer's."""
    if payment.rate is None or intent.inside is None:
        return intent, answer, None
    moved = intent.amount if answer.amount is None else answer.amount.amount
    mine = intent.inside
    if moved != intent.amount:
        mine = divide(moved * intent.inside, intent.amount)
    asked = evolve(intent, amount=intent.inside, currency=payment.currency)
    return asked, evolve(answer, amount=Money(mine, payment.currency)), moved


def go_on(move: Move, pending: Pending, taker: Act, asked: Sequence[Intent] | None = None) -> None:
    """Take up the row that waited, if all that it waited for is answered.

    ``taker`` is the command as that of whoever took the row; ``asked`` is all that it waited for,
    where that is known.
    """
    row = waiting_row(move, pending)
    move.asks = checked_asks(row, pending.asks, move.transaction.currency)
    move.terms_before = pending.terms_before
    if asked is None:
        ids = list(pending.intents)
        asked = move.act.work.select(Intent, {"id": ids}, limit=len(ids))
    if not any(one.state in UNANSWERED for one in asked):
        _go_on(move, row, pending, taker, asked)


def waits_only_for(pending: Pending, intent: Intent) -> bool:
    """Whether a row waits for nothing else."""
    return tuple(pending.intents) == (intent.id,)


def waiting_row(move: Move, pending: Pending) -> Transition:
    """The row that waits."""
    deal = move.transaction
    row = move.process.row(pending.row, deal.state)
    assert row is not None, f"{deal.id} waits on {pending.row!r}, which left its process"
    return row


WHOLE = frozenset(
    {MoneyKind.HOLD, MoneyKind.RAISE, MoneyKind.CHARGE, MoneyKind.CAPTURE, MoneyKind.REFUND}
)
"""Effects that are done whole or not at all: less than was asked is a no."""


def whole_or_nothing(intent: Intent, answer: Answer) -> Answer:
    """The answer as the row takes it: a part of what was asked is a no, with its reason.

    The books write what was really moved, and what follows a no gives it back.
    """
    moved = answer.amount
    if answer.outcome != "done" or moved is None or intent.kind not in WHOLE:
        return answer
    if moved.amount == intent.amount:
        return answer
    params = {"asked": intent.amount, "moved": moved.amount, "currency": intent.currency}
    return evolve(answer, outcome="failed", reason=Reason("only_in_part", params))


def _go_on(
    move: Move, row: Transition, pending: Pending, taker: Act, asked: Sequence[Intent]
) -> None:
    """When the last answer is in: on to the next effect, or where the no leads."""
    effect = row.effects[pending.step]
    assert isinstance(effect, MoneyEffect)
    outcomes = {one.id: str((one.answer or {}).get("outcome")) for one in asked}
    if set(outcomes.values()) == {"done"}:
        move.act = taker
        move.transaction, move.waited = evolve(move.transaction, pending=None), True
        after_money(move, row, pending.step)
        run(move, row, pending.step + 1)
        return
    till = till_of(move, effect.purse)
    undo(till, effect.kind)
    failed = "failed" in outcomes.values()
    target = row.failed if failed else (row.needs_customer or row.failed)
    arrive(
        move,
        row,
        target or move.transaction.state,
        outcome="failed" if failed else "needs_customer",
        reason=_said(till, asked),
    )


def _said(till: Till, asked: Sequence[Intent]) -> Reason | None:
    """What everybody may know of the answers that were no yes; each payer is told its own."""
    said = None
    for intent in asked:
        answer = intent.answer or {}
        payment_id = intent.about(till.transaction.id)
        if answer.get("outcome") == "done":
            continue
        failed = answer.get("outcome") == "failed"
        code = "payment_refused" if failed else "payment_needs_payer"
        if payment_id is None:
            said = said or Reason("paid_as_one")
            continue
        given = answer.get("reason") or {"code": "no_reason_given"}
        reason = Reason(given["code"], given.get("params", {}), given.get("plugin", ""))
        payment = till.act.work.get(Payment, payment_id)
        told = till.refused(payment, reason, code)
        said = said or told
    return said


def as_whoever_took_it(act: Act, actor: str) -> Act:
    """The rest of the row is still done by whoever took it; events go with the answer's."""
    who = Actor(role=role_named(actor)) if actor in _IMPERSONAL else Actor(party_id=actor)
    return evolve(act, actor=who, resumed=True)


_IMPERSONAL = frozenset(role.name for role in IMPERSONAL)


def _write(till: Till, payment: Payment, intent: Intent, answer: Answer) -> None:
    """The books' side of an answer."""
    kind, moved = intent.kind, answer.amount.amount if answer.amount else intent.amount
    if kind is MoneyKind.REFUND:
        refund_answered(till, payment, intent.amount, answer)
    if answer.outcome == "failed":
        return
    if answer.reference is not None and kind in BEGINS:
        # A hold after saved means, or after a hold that was given up, is another object
        # outside: what follows must speak of it and no longer of the one before. One that waits
        # for its customer is taken up by that name when it is asked for again.
        payment = till.save(payment, reference=answer.reference)
    if answer.outcome != "done":
        return
    if kind in (MoneyKind.HOLD, MoneyKind.RAISE):
        _write_hold(till, payment, moved, answer)
    elif kind is MoneyKind.CHARGE:
        posting = Posting(till.crossing(payment))
        posting.move(till.source(payment), till.accounts.escrow, moved)
        till.write("charge", payment, posting.transfers)
        taken = payment.outside + (till.crossed or 0)
        till.save(payment, captured=payment.captured + moved, outside=taken)
    elif kind is MoneyKind.CAPTURE:
        captured_in_books(till, payment, moved)
    elif kind is MoneyKind.VOID and intent.reference == payment.reference:
        # What else is given up was never held: its customer was still to say yes to it.
        give_up_hold(till, payment)


def _write_hold(till: Till, payment: Payment, moved: int, answer: Answer) -> None:
    """A hold is a pending transfer; raising one replaces it by a larger one."""
    transfers = []
    if payment.hold_transfer is not None:
        transfers.append(
            Transfer(
                till.source(payment),
                till.accounts.escrow,
                payment.held,
                phase="void",
                resolves=payment.hold_transfer,
            )
        )
    whole = payment.held + moved
    if not whole:
        return
    transfers.append(Transfer(till.source(payment), till.accounts.escrow, whole, phase="pending"))
    ids = till.write("hold", payment, transfers)
    till.save(
        payment,
        held=whole,
        hold_transfer=ids[-1],
        holds_until=answer.holds_until or payment.holds_until,
    )
    if answer.holds_until is not None:
        dies = Timer(HOLD_OF_PAYMENT, payment.id, "dies", answer.holds_until)
        till.act.work.timers.arm([dies])


BEGINS = (MoneyKind.SAVE, MoneyKind.HOLD, MoneyKind.CHARGE)
"""Effects by which something begins outside that later effects name."""


def hold_died(act: Act, payment_id: str) -> None:
    """The payment provider says that a hold is no more: its row is taken, if there is one."""
    payment = act.work.get(Payment, payment_id)
    if not payment.held:
        return
    transaction = act.work.get(Transaction, payment.transaction_id)
    move = Move.load(act, transaction, {})
    till = till_of(move, payment.purse)
    give_up_hold(till, payment)
    act.emit("payment.hold_died", payment.id, {"transaction": transaction.id}, [payment.party_id])
    if transaction.pending is not None:
        return
    for row in move.process.rows_from(transaction.state):
        if row.on in (HOLD_EXPIRED, f"{HOLD_EXPIRED} {payment.purse}"):
            # A purse is held whole or not at all: what others set aside for it is theirs again.
            undo(till, MoneyKind.HOLD)
            take(act, transaction, row.name)
            return


def refund_returned(act: Act, intent: Intent, reason: str) -> Payment:
    """The payment provider says that a refund which it paid came back: it becomes credit."""
    assert intent.payment_id is not None
    assert intent.transaction_id is not None
    payment = act.work.get(Payment, intent.payment_id)
    move = Move.load(act, act.work.get(Transaction, intent.transaction_id), {})
    till = till_of(move, payment.purse)
    said = (intent.answer or {}).get("amount") or {"amount": intent.amount}
    told = Answer("done", amount=Money(said["amount"], intent.currency))
    _, moved, till.crossed = inside(payment, intent, told)
    assert moved.amount is not None
    came_back = Reason("refund_returned", {"reason": reason})
    # Another movement than the refund's own, by the same name.
    till.known_as = {"provider": intent.provider, "reference": intent.receipt or ""}
    refund_came_back(till, payment, moved.amount.amount, came_back)
    return next(one for one in till.payments if one.id == payment.id)


def known_as(intent: Intent, reference: str | None) -> dict[str, object]:
    """By what the journals of an answer are known again in the payment provider's own books."""
    name = reference or intent.reference or ""
    return {"provider": intent.provider, "reference": name, "intent": intent.id}


def write_fee(
    act: Act, intent: Intent, answer: Answer, cause: str, details: dict[str, object]
) -> None:
    """What the payment provider keeps for a call."""
    fee = answer.fee
    assert fee is not None
    posting = Posting()
    fees = Account(MARKETPLACE, Purpose.PROCESSOR_FEES, fee.currency)
    clearing = Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, fee.currency)
    posting.move(fees, clearing, fee.amount)
    key = f"processor fee:{intent.id}"
    told = {**details, **known_as(intent, answer.reference)}
    post(act, "processor fee", key, cause, posting.transfers, details=told)
