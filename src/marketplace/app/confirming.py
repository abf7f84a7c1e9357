"""A customer who was sent to its bank said yes there: the row that waits for him goes on."""

from __future__ import annotations

from marketplace.app.answering import write_answer_to
from marketplace.app.door import Act
from marketplace.app.engine import take
from marketplace.domain.effect import MoneyKind
from marketplace.domain.evolving import evolve
from marketplace.domain.method import asked_as
from marketplace.domain.party import CUSTOMER, Actor
from marketplace.domain.payment import UNANSWERED, Answer, Intent, Payment
from marketplace.domain.transaction import Transaction
from marketplace.domain.transition import Transition
from marketplace.errors import Outcome


def confirmed(act: Act, intent: Intent, answer: Answer) -> str | None:
    """Take the row by which the customer would say so here, with the answer that is there already.

    Gives what is wrong where money was moved outside and nothing waits for it any more. What
    several deals ask together waits for the customer, who is told.
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
    where = {"payment_id": payment.id, "state": list(UNANSWERED), "kind": intent.kind}
    if act.work.select(Intent, where, limit=1):
        return None  # The customer said so here as well, and it is just being asked for.
    deal = act.work.get(Transaction, intent.transaction_id)
    row = _confirms(act, deal, payment, intent.kind)
    late = f"{answer.reference} was confirmed at the bank, and nothing waits for it any more"
    if row is None:
        return late
    mark = act.mark()
    try:
        with act.context.store.begin():
            take(evolve(act, actor=Actor(party_id=payment.party_id)), deal, row.name)
            asked = _asked_anew(act, payment, intent)
            if asked is None:
                return f"{answer.reference} was confirmed over another amount than is due now"
            act.asked.remove(asked.id)
            act.orders.pop(asked.id, None)
            write_answer_to(act, asked, answer)
    except Outcome as no:
        act.back(mark)
        return f"{late}: {no.message}"
    return None


def _confirms(act: Act, deal: Transaction, payment: Payment, kind: MoneyKind) -> Transition | None:
    """The customer's row that asks for the same money, and leads back here while he is asked."""
    if deal.pending is not None:
        return None
    for row in act.context.process(deal).rows_from(deal.state):
        effects = row.money_effects()
        if (
            CUSTOMER in row.who
            and row.needs_customer == deal.state
            and effects
            and asked_as(effects[0].kind) is kind
            and effects[0].purse == payment.purse
            and not any(ask.required for ask in row.asks)
        ):
            return row
    return None


def _asked_anew(act: Act, payment: Payment, before: Intent) -> Intent | None:
    """What the row asks now, if it is what was confirmed."""
    where = {"payment_id": payment.id, "state": list(UNANSWERED), "kind": before.kind}
    for one in act.work.select(Intent, where):
        if (one.amount, one.currency) == (before.amount, before.currency):
            return one
    return None
