"""What follows from an answer for deals of a checkout, and from their having come to a halt."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.app.claiming_together import confirm_together
from marketplace.app.door import Act
from marketplace.app.engine import after_money, arrive, run, till_of, wait
from marketplace.app.joining import Joins
from marketplace.app.move import Halt, Move
from marketplace.app.purses import undo
from marketplace.app.resuming import (
    as_whoever_took_it,
    gather_deals,
    go_on,
    posting,
    waiting_row,
    waits_only_for,
    whole_or_nothing,
    write_answer,
    write_fee,
)
from marketplace.domain.checkout import Checkout
from marketplace.domain.effect import MoneyEffect
from marketplace.domain.evolving import evolve
from marketplace.domain.money import Money, split
from marketplace.domain.payment import Answer, Intent, IntentPart
from marketplace.domain.ports import Work
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Transaction


def resume_together(act: Act, intent: Intent, answer: Answer, answered: Intent) -> None:
    """Write what the answer did to each deal's money; then all that wait for it go on.

    ``intent`` is as it was before the answer, and ``answered`` as it is with it. One unit of work:
    a no reaches every deal in the commit in which it reaches the first.
    """
    assert intent.checkout_id is not None
    checkout = act.work.get(Checkout, intent.checkout_id)
    act.about(checkout.id, checkout)
    parts = gather_of_checkout(act.work, intent)
    deals = deals_of(act, checkout.id)
    if len(deals) > len(parts):
        gather_deals(act.work, [deal.id for deal in deals])
    moves = {move.transaction.id: move for move in Move.load_each(act, deals)}
    going_on = [
        (move, pending)
        for move in moves.values()
        if (pending := move.transaction.pending) is not None and intent.id in pending.intents
    ]
    done = whole_or_nothing(intent, answer).outcome == "done"
    # Those that wait for nothing else go on behind what they waited for. What they claim is made
    # firm on the way to what is asked next: of the books.
    behind = [
        (move.transaction, waiting_row(move, one), one.step + 1)
        for move, one in going_on
        if done and waits_only_for(one, intent)
    ]
    confirmed = confirm_together(act, behind)
    with posting(act, intent):
        for part, asked, said in shared_out(intent, answer, parts):
            write_answer(moves[part.transaction_id], part.payment_id, asked, said)
        if answer.fee is not None and answer.fee.amount and answer.outcome == "done":
            write_fee(act, intent, answer, checkout.id, {"checkout": checkout.id})
    confirmed()
    act.joins = Joins(checkout.id, checkout.together)
    takers: dict[str, Act] = {}
    for move, pending in going_on:
        if pending.actor not in takers:
            takers[pending.actor] = as_whoever_took_it(act, pending.actor)
        taker = takers[pending.actor]
        known = done and waits_only_for(pending, intent)
        go_on(move, pending, taker, [answered] if known else None)
    come_to_a_halt(act)


def gather_of_checkout(work: Work, intent: Intent) -> Sequence[IntentPart]:
    """Lock the deals of an answer's checkout, and read what is looked at of those it is about,
    which most often are all of them; gives what it asked for each."""
    parts = parts_of(intent)
    work.gather(Transaction, "checkout_id", [str(intent.checkout_id)], lock=True)
    gather_deals(work, [part.transaction_id for part in parts])
    return parts


def deals_of(act: Act, checkout_id: str) -> list[Transaction]:
    """The deals of a checkout, locked in the order of their ids, so that nobody waits in a ring."""
    limit = act.context.limits.page
    return act.work.select(Transaction, {"checkout_id": checkout_id}, limit=limit, lock=True)


def parts_of(intent: Intent) -> Sequence[IntentPart]:
    """What a question of a checkout asks for each deal, also where that is one alone."""
    if intent.parts:
        return intent.parts
    assert intent.transaction_id is not None
    assert intent.payment_id is not None
    whose = (intent.transaction_id, intent.payment_id)
    return (IntentPart(*whose, intent.amount, intent.inside),)


def shared_out(
    intent: Intent, answer: Answer, parts: Sequence[IntentPart]
) -> list[tuple[IntentPart, Intent, Answer]]:
    """Each deal's part of a question with its part of the answer."""
    if not intent.parts and answer.amount is not None:
        return [(parts[0], intent, answer)]
    moved = intent.amount if answer.amount is None else answer.amount.amount
    amounts = [part.amount for part in parts]
    given = split(moved, amounts) if sum(amounts) else [moved, *(0 for _ in parts[1:])]
    return [
        (
            part,
            evolve(intent, amount=part.amount, inside=part.inside),
            evolve(answer, amount=Money(mine, intent.currency)),
        )
        for part, mine in zip(parts, given, strict=True)
    ]


def come_to_a_halt(act: Act) -> None:
    """All deals of the checkout stand still: ask what they ask, or go on where nothing is asked.

    A no in our own books reaches all of them here, before anybody outside is asked.
    """
    joins = act.joins
    assert joins is not None
    while joins.waiting:
        halts, joins.waiting = joins.waiting, []
        if joins.no is not None and joins.together:
            joins.forget()
            for one in halts:
                _undo(one)
            continue
        asked = joins.asked()
        intents = [intent for intent, _ in asked]
        for intent, order in asked:
            act.ask(intent.id, intent, order)
        everything = [one.id for one in intents] + [id for one in halts for id in one.asked]
        for one in halts:
            mine = everything if joins.together else _own(one, intents)
            if mine:
                wait(one.move, one.row, one.step, mine)
            else:
                after_money(one.move, one.row, one.step)
                run(one.move, one.row, one.step + 1)
    act.joins = None


def _own(halt: Halt, intents: Sequence[Intent]) -> list[str]:
    deal = halt.move.transaction.id
    return [*halt.asked, *(one.id for one in intents if one.about(deal) is not None)]


def _undo(halt: Halt) -> None:
    move, row = halt.move, halt.row
    effect = row.effects[halt.step]
    assert isinstance(effect, MoneyEffect)
    undo(till_of(move, effect.purse), effect.kind)
    arrive(move, row, row.failed or row.to, outcome="failed", reason=Reason("paid_as_one"))
