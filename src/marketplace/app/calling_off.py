"""What a customer was sent to its bank for, and nothing here waits for any more.

It is called off at the payment provider, so that a yes that comes days later moves no money.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from marketplace.app.door import Act
from marketplace.app.move import Move
from marketplace.domain.effect import MoneyKind
from marketplace.domain.evolving import evolve
from marketplace.domain.method import Way, asked_as
from marketplace.domain.payment import Intent, IntentState, Payment
from marketplace.domain.process import Process
from marketplace.domain.transaction import Transaction
from marketplace.domain.transition import Transition

_MOST = 1_000
YES = "confirmed"
"""Where the answer of an intent keeps what its customer said yes to since."""
_MOVES_MONEY = (MoneyKind.HOLD, MoneyKind.CHARGE)
"""What moves money once the customer says yes; means that are saved move none."""


def takes_up(process: Process, state: str, purse: str, kind: MoneyKind) -> bool:
    """Whether a row from this state asks for the same money, and so takes up what was begun."""
    effects = (effect for row in process.rows_from(state) for effect in row.money_effects())
    return any(one.purse == purse and asked_as(one.kind) is kind for one in effects)


def call_off_what_nobody_waits_for(move: Move, row: Transition, outcome: str) -> None:
    """As a deal comes into a state: call off what its customer may still say yes to, where no row
    takes that yes up from here."""
    begun = row.purses if outcome == "done" else frozenset()
    if begun >= move.process.purse_names and not move.process.linked:
        return
    where = {"transaction_id": move.transaction.id}
    payments = move.act.work.select(Payment, where, order="position", limit=_MOST)
    # What the row itself has just taken or set aside was said yes to.
    call_off_unwaited(move.act, (one for one in payments if one.purse not in begun))


def call_off_unwaited(act: Act, payments: Iterable[Payment]) -> None:
    """Call off what was asked for these payments where it waits for a yes at the bank that no deal
    takes up any more."""
    for payment in payments:
        asked = _asked_of_the_customer(act, payment)
        if asked is not None and _nobody_waits(act, asked):
            call_off(act, asked, payment)


def _asked_of_the_customer(act: Act, payment: Payment) -> Intent | None:
    """What began a payment and waits for its payer's yes at the bank; None where nothing does."""
    if payment.reference is None or payment.held or payment.captured:
        return None
    provider = act.context.provider_of[payment.method].name
    named = {"provider": provider, "reference": payment.reference}
    return _waiting_for_a_yes(act.work.select(Intent, named, order="created_at", limit=_MOST))


def _waiting_for_a_yes(about: Sequence[Intent]) -> Intent | None:
    """Of all that was asked about one hold or charge, what began it and waits for its customer."""
    if any(one.kind is MoneyKind.VOID and one.state != "failed" for one in about):
        return None
    begun = [one for one in about if one.kind in _MOVES_MONEY]
    said = [str((one.answer or {}).get("outcome")) for one in begun]
    if "done" in said or "needs customer" not in said:
        return None
    return begun[said.index("needs customer")]


def unsaid_yes(act: Act, deals: Iterable[Transaction], said: Intent) -> bool:
    """Whether these deals wait for a yes at the bank besides this one: all are taken up at once, so
    that none is given back because of another."""
    for deal in deals:
        where = {"transaction_id": deal.id}
        for payment in act.work.select(Payment, where, order="position", limit=_MOST):
            if payment.reference == said.receipt:
                continue
            other = _asked_of_the_customer(act, payment)
            if other is not None and YES not in (other.answer or {}):
                return True
    return False


def _nobody_waits(act: Act, asked: Intent) -> bool:
    """Whether no deal that is paid with it stands where its customer's yes is taken up."""
    for transaction_id, payment_id in deals_in(asked):
        payment = act.work.get(Payment, payment_id)
        if payment.reference != asked.receipt:
            continue  # It is to be paid with something else by now.
        deal = act.work.get(Transaction, transaction_id)
        if takes_up(act.context.process(deal), deal.state, payment.purse, asked.kind):
            return False
    return True


def deals_in(asked: Intent) -> list[tuple[str, str]]:
    """The deals that an intent asks for, each with its payment."""
    if asked.transaction_id is not None and asked.payment_id is not None:
        return [(asked.transaction_id, asked.payment_id)]
    return [(part.transaction_id, part.payment_id) for part in asked.parts]


def called_off(act: Act, asked: Intent) -> IntentState | None:
    """How the wish stands that what was begun comes to nothing; None where there was none."""
    about = {"provider": asked.provider, "reference": asked.receipt, "kind": MoneyKind.VOID}
    found = act.work.select(Intent, about, order="created_at", descending=True, limit=1)
    return found[0].state if found else None


def call_off(act: Act, asked: Intent, payment: Payment) -> None:
    """Ask that what was begun comes to nothing, where the payment provider can be asked that."""
    can = act.context.method(payment.method).way(MoneyKind.VOID) is Way.CALL
    if can and called_off(act, asked) in (None, "failed"):
        intent = Intent(
            id=act.context.ids.new("intent"),
            kind=MoneyKind.VOID,
            provider=asked.provider,
            amount=asked.amount,
            currency=asked.currency,
            created_at=act.at,
            due_at=act.at,
            transaction_id=payment.transaction_id,
            payment_id=payment.id,
            reference=asked.receipt,
            inside=asked.inside,
        )
        act.ask(intent.id, intent, intent.order(payment.party_id, payment.method, payment.means))
    forget(act, asked)


def forget(act: Act, asked: Intent) -> None:
    """Let what is asked for next begin anew, and take up no more what was begun by this name."""
    for _, payment_id in deals_in(asked):
        mine = act.work.get(Payment, payment_id)
        if mine.reference == asked.receipt and not mine.held:
            act.work.save(evolve(mine, reference=None))
