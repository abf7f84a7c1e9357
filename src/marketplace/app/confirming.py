"""A customer who was sent to its bank said yes there: the rows that wait for him go on."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.app.answering import write_answer_to
from marketplace.app.as_one import paying
from marketplace.app.calling_off import called_off, deals_in, takes_up, unsaid_yes
from marketplace.app.door import Act
from marketplace.app.engine import take
from marketplace.app.giving_back import NOTHING_WAITS, goes_back, remember
from marketplace.app.joining import Joins
from marketplace.app.resuming import gather_deals
from marketplace.app.resuming_together import come_to_a_halt, deals_of
from marketplace.domain.checkout import Checkout
from marketplace.domain.effect import MoneyKind
from marketplace.domain.evolving import evolve
from marketplace.domain.method import asked_as
from marketplace.domain.party import CUSTOMER, Actor
from marketplace.domain.payment import UNANSWERED, Answer, Intent, Payment
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Transaction
from marketplace.domain.transition import Transition
from marketplace.errors import Conflict, Outcome, StaleVersion

MOST = 1_000
"""The most questions of a checkout that are looked at together."""


def confirmed(act: Act, intent: Intent, answer: Answer) -> Reason | str | None:
    """Take the row by which the customer would say so here, with the answer that is there already;
    of what deals of a checkout asked together, the row of each of them. Where the row does more,
    or the bank waits for another yes of theirs, it waits for the customer, who is told.

    Gives the reason where his money goes back instead, and in words what differs where the payment
    provider had called it off. Raises ``Conflict`` (code ``not_yet``) while a deal waits for
    another answer.
    """
    told = {"provider": intent.provider, "receipt": answer.reference or "", "kind": intent.kind}
    named = act.work.select(Intent, told)
    if any((one.answer or {}).get("outcome") == "done" for one in named):
        return None  # It was told before, or the customer said so here.
    if any(one.reference == intent.receipt for one in _being_asked(act, intent)):
        return None  # The customer said so here as well, and it is just being asked for.
    deals = _deals(act, intent)
    if any(deal.pending is not None for deal in deals):
        raise Conflict(
            f"{answer.reference} was confirmed at the bank, and what it is for waits for another "
            "answer; tell it again later",
            code="not_yet",
            params={"provider": intent.provider},
        )
    wish = called_off(act, intent)
    if wish == "done":
        return f"{answer.reference} was called off, and is said to be confirmed all the same"
    why = NOTHING_WAITS if wish else _not_taken_up(act, intent, answer, deals)
    if why is None or intent.kind is MoneyKind.SAVE:
        return None  # Means that nothing waits for moved nothing, either.
    return goes_back(act, intent, answer, why)


def _payments(intent: Intent) -> set[str]:
    """What is paid by it: one payment, or one of each deal that asked."""
    return {payment_id for _, payment_id in deals_in(intent)}


def _being_asked(act: Act, intent: Intent) -> list[Intent]:
    """Questions without an answer about the same payments, by the deals together or by one."""
    where = {"state": list(UNANSWERED), "kind": intent.kind}
    mine = _payments(intent)
    asked = act.work.select(Intent, {**where, "payment_id": sorted(mine)}, limit=MOST)
    if intent.checkout_id is not None:
        asked += act.work.select(Intent, {**where, "checkout_id": intent.checkout_id}, limit=MOST)
    return [one for one in asked if mine & _payments(one)]


def _deals(act: Act, intent: Intent) -> list[Transaction]:
    """The deals that go on by it: of a checkout that is all or nothing, all."""
    if intent.checkout_id is None:
        return [act.work.get(Transaction, str(intent.transaction_id))]
    deals = deals_of(act, intent.checkout_id)
    if act.work.get(Checkout, intent.checkout_id).together:
        return deals
    return [deal for deal in deals if intent.about(deal.id) is not None]


def _not_taken_up(
    act: Act, intent: Intent, answer: Answer, deals: Sequence[Transaction]
) -> str | None:
    """Take in each of the deals the customer's row by which it is paid; gives why that cannot be,
    and None once it was, or once he was told that it is his turn."""
    rows = [_confirms(act, deal, intent) for deal in deals]
    if None in rows or unsaid_yes(act, deals, intent):
        if not all(_may_yet_be_taken_up(act, intent, deal) for deal in deals):
            return NOTHING_WAITS
        remember(act, intent, answer)
        return None
    mark = act.mark()
    try:
        with act.context.store.begin():
            _take(act, intent, deals, [row for row in rows if row is not None])
            write_answer_to(act, _asked_anew(act, intent), answer)
    except StaleVersion:
        raise  # Somebody was just before it: all of it is tried again.
    except Outcome as no:
        act.back(mark)
        return no.code
    return None


def _take(
    act: Act, intent: Intent, deals: Sequence[Transaction], rows: Sequence[Transition]
) -> None:
    if intent.checkout_id is None:
        payer = act.work.get(Payment, str(intent.payment_id)).party_id
        whoever = evolve(act, actor=Actor(party_id=payer))
    else:
        checkout = act.work.get(Checkout, intent.checkout_id)
        whoever = evolve(act, actor=Actor(party_id=checkout.customer_id))
        whoever.joins = Joins(checkout.id, checkout.together)
        gather_deals(act.work, [deal.id for deal in deals])
    for deal, row in zip(deals, rows, strict=True):
        take(whoever, deal, row.name)
    if whoever.joins is not None:
        come_to_a_halt(whoever)


def _confirms(act: Act, deal: Transaction, intent: Intent) -> Transition | None:
    """The customer's row that asks for the same money, and leads back here while he is asked."""
    process = act.context.process(deal)
    if intent.checkout_id is not None:
        found = paying(process, deal.state)
        return found if found is not None and _leads_back(found, deal) else None
    purse = act.work.get(Payment, str(intent.payment_id)).purse
    for row in process.rows_from(deal.state):
        effects = row.money_effects()
        if (
            CUSTOMER in row.who
            and _leads_back(row, deal)
            and effects
            and asked_as(effects[0].kind) is intent.kind
            and effects[0].purse == purse
        ):
            return row
    return None


def _leads_back(row: Transition, deal: Transaction) -> bool:
    """Whether it can be taken without a word of the customer's, who is waited for here."""
    return row.needs_customer == deal.state and not any(ask.required for ask in row.asks)


def _may_yet_be_taken_up(act: Act, intent: Intent, deal: Transaction) -> bool:
    """Whether a row that does more takes the same up; what has no part in it has nothing to."""
    payment_id = intent.about(deal.id)
    if payment_id is None:
        return True
    payment, process = act.work.get(Payment, payment_id), act.context.process(deal)
    named = payment.reference == intent.receipt
    return named and takes_up(process, deal.state, payment.purse, intent.kind)


def _asked_anew(act: Act, before: Intent) -> Intent:
    """What the rows ask now, if it is what was confirmed: it is asked of nobody.

    Raises ``Conflict`` where it is something else.
    """
    asked = _being_asked(act, before)
    for one in asked:
        said = (one.amount, one.currency, _payments(one))
        if said == (before.amount, before.currency, _payments(before)):
            act.asked.remove(one.id)
            act.orders.pop(one.id, None)
            return one
    raise Conflict("something else is due now than was confirmed", code="due_otherwise")
