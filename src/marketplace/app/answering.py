"""What a payment provider says of one order, written with everything that follows from it."""

from __future__ import annotations

from marketplace.app import differing
from marketplace.app.door import Act
from marketplace.app.giving_back import not_called_off
from marketplace.app.payouts import finish_payout
from marketplace.app.resuming import (
    BEGINS,
    refund_returned,
    resume,
    whole_or_nothing,
    write_fee,
)
from marketplace.app.resuming_together import resume_together
from marketplace.app.taking_back import finish_take_back
from marketplace.app.well_formed import malformed
from marketplace.domain.effect import MoneyKind
from marketplace.domain.evolving import evolve
from marketplace.domain.hashing import plain
from marketplace.domain.money import Money
from marketplace.domain.payment import (
    OUTCOMES,
    UNANSWERED,
    Answer,
    Intent,
    IntentState,
    Payment,
    Payout,
)
from marketplace.domain.ports import Work
from marketplace.domain.reason import Reason
from marketplace.errors import Conflict, InvalidInput

_WHOLE_PAYOUTS = {MoneyKind.PAY_OUT: "pays out", MoneyKind.TAKE_BACK: "takes back"}
"""What is asked of a payout, in words: it is done whole or not at all."""


def write_answer_to(act: Act, intent: Intent, answer: Answer) -> None:
    """Write an answer and everything that follows from it.

    A second answer changes nothing; one that says otherwise stops the deal's money: somebody was
    slower than whoever looked the order up, and what it did is in no books.
    """
    if intent.state not in UNANSWERED:
        _stop_where_it_contradicts(act, intent, answer)
        return
    taken = whole_or_nothing(intent, answer)
    state: IntentState = "failed" if taken.outcome == "failed" else "done"
    begins = intent.kind in (*BEGINS, MoneyKind.PAY_OUT)
    saved = act.work.save(
        evolve(
            intent,
            state=state,
            answer=plain(taken),
            reference=(answer.reference if begins else None) or intent.reference,
            receipt=answer.reference,
            leased_by=None,
            leased_until=None,
        )
    )
    if intent.kind is MoneyKind.TAKE_BACK:
        finish_take_back(act, intent, answer)
        return
    if intent.payout_id is not None:
        payout = act.work.get(Payout, intent.payout_id)
        act.about(payout.id, payout)
        if payout.state in ("made", "sent"):
            finish_payout(act, payout, answer)
            if answer.fee is not None and answer.fee.amount and answer.outcome == "done":
                write_fee(act, intent, answer, payout.id, {})
        return
    if intent.checkout_id is not None:
        resume_together(act, intent, answer, saved)
    else:
        resume(act, intent, answer, saved)
    if intent.kind is MoneyKind.VOID and state == "failed":
        not_called_off(act, intent)


def _stop_where_it_contradicts(act: Act, intent: Intent, answer: Answer) -> None:
    if str((intent.answer or {}).get("outcome")) == "needs customer":
        return  # What the customer said meanwhile is read back.
    said = differing.contradicts(intent, answer, intent.key)
    if said is not None:
        what = "payment_differs" if intent.payout_id is None else "payout_differs"
        reason = Reason(what, {"said": said, "provider": intent.provider})
        differing.stop(act, differing.payments_in(act, [intent]), reason)
        if intent.payout_id is not None:
            differing.tell_payout(act, intent.payout_id, reason)


def write_refund_returned(act: Act, intent: Intent, reason: str) -> Payment:
    """Write that a refund which was paid came back; told twice, it counts once.

    Raises ``InvalidInput`` for any other intent, ``Conflict`` for one without an answer yet.
    """
    if intent.kind is not MoneyKind.REFUND:
        raise InvalidInput(f"only a refund is returned, this is to {intent.kind.value}")
    if intent.state in UNANSWERED:
        raise Conflict(
            f"only a paid refund is returned, this one is {intent.state}; answer it",
            code="pending",
        )
    payment = payment_of(act.work, intent)
    act.about(payment.id, payment)
    if not differing.moved(intent):
        return payment
    came_back = plain(Reason("refund_returned", {"reason": reason}))
    told = {**(intent.answer or {}), "reason": came_back}
    act.work.save(evolve(intent, state="failed", answer=told))
    return refund_returned(act, intent, reason)


def payment_of(work: Work, intent: Intent) -> Payment:
    """The payment that an intent is about; of several, the first: they have the same payer."""
    payment_id = intent.parts[0].payment_id if intent.parts else intent.payment_id
    assert payment_id is not None
    return work.get(Payment, payment_id)


def misfit(intent: Intent, answer: object, *, looked_up: bool = False) -> str | None:
    """What is wrong with an answer that says nothing certain: what then happened nobody knows."""
    if answer is None and looked_up:
        return None
    if not isinstance(answer, Answer):
        return f"answers an Answer to {intent.kind.value}, not {answer!r}"
    if answer.outcome not in OUTCOMES:
        return f"answers {' or '.join(map(repr, OUTCOMES))}, not {answer.outcome!r}"
    if (wrong := malformed(answer)) is not None:
        return wrong
    moved = answer.amount
    if moved is not None and (moved.currency != intent.currency or moved.amount > intent.amount):
        asked = Money(intent.amount, intent.currency)
        return f"was asked to {intent.kind.value} {asked} at most, and says {moved}"
    if moved is not None and moved.amount < 0:
        return f"says that it moved {moved}; what it moves is zero or more"
    does = _WHOLE_PAYOUTS.get(intent.kind)
    if does is not None and moved is not None and moved.amount != intent.amount:
        return f"{does} {Money(intent.amount, intent.currency)} or nothing, and says {moved}"
    return _misfit_of_passing(intent, answer)


def _misfit_of_passing(intent: Intent, answer: Answer) -> str | None:
    """What is wrong with what an answer says that was passed on, or taken back."""
    said = answer.passed_on
    if said is None or (said.currency == intent.currency and not said.amount):
        return None
    moved = intent.amount if answer.amount is None else answer.amount.amount
    least, most = 0, 0
    if intent.kind in (MoneyKind.CHARGE, MoneyKind.CAPTURE) and intent.payee is not None:
        most = min(intent.payee.amount, moved)
    elif intent.kind is MoneyKind.REFUND:
        least = -moved
    if said.currency == intent.currency and least <= said.amount <= most:
        return None
    return (
        f"was asked to {intent.kind.value} {Money(intent.amount, intent.currency)} and to pass on "
        f"{least} to {most} minor units of it, and says that it passed on {said}"
    )
