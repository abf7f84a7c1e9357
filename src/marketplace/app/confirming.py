"""A customer who was sent to its bank said yes there: the row that waits for him goes on."""

from __future__ import annotations

from marketplace.app.answering import write_answer_to
from marketplace.app.calling_off import called_off, takes_up
from marketplace.app.door import Act
from marketplace.app.engine import take
from marketplace.app.giving_back import NOTHING_WAITS, goes_back, remember
from marketplace.domain.effect import MoneyKind
from marketplace.domain.evolving import evolve
from marketplace.domain.method import asked_as
from marketplace.domain.party import CUSTOMER, Actor
from marketplace.domain.payment import UNANSWERED, Answer, Intent, Payment
from marketplace.domain.process import Process
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Transaction
from marketplace.domain.transition import Transition
from marketplace.errors import Outcome, StaleVersion

OTHER_AMOUNT = "other_amount"


def confirmed(act: Act, intent: Intent, answer: Answer) -> Reason | str | None:
    """Take the row by which the customer would say so here, with the answer that is there already.

    Gives the reason where his money goes back instead, and in words what differs where the payment
    provider had called it off. What several deals ask together, or a row that does more, waits for
    the customer, who is told.
    """
    named = act.work.select(Intent, {"receipt": answer.reference or "", "kind": intent.kind})
    if any((one.answer or {}).get("outcome") == "done" for one in named):
        return None  # It was told before, or the customer said so here.
    if intent.transaction_id is None or intent.payment_id is None:
        payer = act.work.get(Payment, intent.parts[0].payment_id)
        told = {"checkout": intent.checkout_id}
        act.emit("payment.confirmed_at_bank", payer.id, told, [payer.party_id])
        return None
    payment = act.work.get(Payment, intent.payment_id)
    where = {"payment_id": payment.id, "reference": intent.receipt, "kind": intent.kind}
    if act.work.select(Intent, {**where, "state": list(UNANSWERED)}, limit=1):
        return None  # The customer said so here as well, and it is just being asked for.
    deal = act.work.get(Transaction, intent.transaction_id)
    wish = called_off(act, intent)
    if wish == "done":
        return f"{answer.reference} was called off, and is said to be confirmed all the same"
    why = NOTHING_WAITS if wish else _not_taken_up(act, intent, answer, deal, payment)
    return None if why is None else goes_back(act, intent, answer, why)


def _not_taken_up(
    act: Act, intent: Intent, answer: Answer, deal: Transaction, payment: Payment
) -> str | None:
    """Take the row that waits; gives why it cannot be taken, and None once it was."""
    process = act.context.process(deal)
    row = _confirming_row(process, deal, payment.purse, intent.kind)
    if row is None:
        named = payment.reference == intent.receipt
        if not named or not takes_up(process, deal.state, payment.purse, intent.kind):
            return NOTHING_WAITS
        remember(act, intent, answer, payment)
        return None
    mark = act.mark()
    try:
        with act.context.store.begin():
            take(evolve(act, actor=Actor(party_id=payment.party_id)), deal, row.name)
            asked = _asked_anew(act, payment, intent)
            act.asked.remove(asked.id)
            act.orders.pop(asked.id, None)
            write_answer_to(act, asked, answer)
    except StaleVersion:
        raise  # Somebody was just before it: all of it is tried again.
    except Outcome as no:
        act.back(mark)
        return no.code
    return None


def _confirming_row(
    process: Process, deal: Transaction, purse: str, kind: MoneyKind
) -> Transition | None:
    """The customer's row that asks for the same money, and leads back here while he is asked."""
    if deal.pending is not None:
        return None
    for row in process.rows_from(deal.state):
        effects = row.money_effects()
        if (
            CUSTOMER in row.who
            and row.needs_customer == deal.state
            and effects
            and asked_as(effects[0].kind) is kind
            and effects[0].purse == purse
            and not any(ask.required for ask in row.asks)
        ):
            return row
    return None


def _asked_anew(act: Act, payment: Payment, before: Intent) -> Intent:
    """What the row asks now; raises ``Outcome`` if that is not what was confirmed."""
    where = {"payment_id": payment.id, "state": list(UNANSWERED), "kind": before.kind}
    for one in act.work.select(Intent, where):
        if (one.amount, one.currency) == (before.amount, before.currency):
            return one
    raise Outcome("another amount than was confirmed is due now", code=OTHER_AMOUNT)
