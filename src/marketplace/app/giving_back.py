"""Money that a customer said yes to at its bank when nothing here waited for it any more.

It is not kept: what was set aside is given up, and what was taken is written in the books and goes
back the way it came.
"""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.app.answers import from_plain
from marketplace.app.calling_off import YES, call_off, deals_in, forget
from marketplace.app.door import Act
from marketplace.app.engine import till_of
from marketplace.app.move import Move
from marketplace.app.purses import further, give_back
from marketplace.app.resuming import posting, write_answer, write_fee
from marketplace.app.resuming_together import parts_of, shared_out
from marketplace.app.till import home_of
from marketplace.domain.effect import MoneyKind
from marketplace.domain.evolving import evolve
from marketplace.domain.hashing import plain
from marketplace.domain.money import Money
from marketplace.domain.payment import Answer, Intent, Payment
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Transaction

NOTHING_WAITS = "nothing_waits"


def remember(act: Act, intent: Intent, answer: Answer) -> None:
    """Keep that the customer said yes at its bank, and tell him that it is his turn here.

    If the deal goes on without it, what was taken by then goes back.
    """
    before = intent.answer or {}
    if YES in before:
        return
    act.work.save(evolve(intent, answer={**before, YES: plain(answer)}))
    payment = act.work.get(Payment, deals_in(intent)[0][1])
    told = {"transaction": intent.transaction_id, "checkout": intent.checkout_id}
    act.emit("payment.confirmed_at_bank", payment.id, told, [payment.party_id])


def yes_waits(asked: Sequence[Intent]) -> bool:
    """Whether the customer said yes to a hold or charge at its bank, and not here so far."""
    answers = [one.answer or {} for one in asked]
    return any(YES in one for one in answers) and all(
        one.get("outcome") != "done" for one in answers
    )


def not_called_off(act: Act, wish: Intent) -> None:
    """What was to be called off is taken already: if the customer's yes is known it goes back now,
    and else as soon as the payment provider tells of it."""
    where = {"provider": wish.provider, "receipt": wish.reference}
    for begun in act.work.select(Intent, where):
        yes = (begun.answer or {}).get(YES)
        if yes is not None:
            goes_back(act, begun, from_plain(yes, Answer), NOTHING_WAITS)
            return


def goes_back(act: Act, intent: Intent, answer: Answer, why: str) -> Reason:
    """Give up what was set aside, or back what was taken, and tell whose it is."""
    payment = act.work.get(Payment, deals_in(intent)[0][1])
    if intent.kind is MoneyKind.HOLD:
        call_off(act, intent, payment)
    else:
        _take_and_give_back(act, intent, answer)
    money = answer.amount or Money(intent.amount, intent.currency)
    said = Reason(
        "confirmed_too_late",
        {
            "reference": intent.receipt,
            "money": {"amount": money.amount, "currency": money.currency},
            "why": why,
        },
    )
    told = {**said.params, "transaction": payment.transaction_id, "reason": said}
    act.emit("payment.goes_back", payment.id, told, [payment.party_id])
    return said


def _take_and_give_back(act: Act, intent: Intent, answer: Answer) -> None:
    """Write what the payment provider took, for each deal as a payment of its own, and its refund.

    No deal is paid by it, so it waits for nothing and keeps nobody waiting.
    """
    act.work.save(evolve(intent, answer=plain(answer)))
    parts = shared_out(intent, answer, parts_of(intent))
    deals = [act.work.get(Transaction, part.transaction_id) for part, _, _ in parts]
    moves = [Move.load(act, deal, {}) for deal in deals]
    taken: list[Payment] = []
    with posting(act, intent):
        for move, (part, asked, said) in zip(moves, parts, strict=True):
            act.about(move.transaction.id, move.transaction)
            payment = act.work.get(Payment, part.payment_id)
            taken.append(further(till_of(move, payment.purse), payment, 0))
            write_answer(move, taken[-1].id, asked, said)
        if answer.fee is not None and answer.fee.amount:
            home = home_of(deals[0].id, taken[0].purse)
            about: dict[str, object] = {
                "checkout": intent.checkout_id,
                "transaction": intent.transaction_id,
            }
            write_fee(act, intent, answer, intent.checkout_id or home, about)
    for move, mine in zip(moves, taken, strict=True):
        till = till_of(move, mine.purse)
        found = next(one for one in till.payments if one.id == mine.id)
        give_back(till, found, found.captured)
    forget(act, intent)
