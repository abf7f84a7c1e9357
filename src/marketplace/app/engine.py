"""Takes rows of a process: checks, effects in their order, the state, the timers, the event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marketplace.app import claiming, contesting, linking, seating
from marketplace.app.alone import refuse_too_much
from marketplace.app.asking import checked_asks
from marketplace.app.calling_off import call_off_what_nobody_waits_for
from marketplace.app.deferring import put_off, refuse_while_disputed
from marketplace.app.door import Act
from marketplace.app.handing import owe_the_rest
from marketplace.app.move import (
    TRANSACTION,
    Halt,
    Move,
    Outset,
    had_timers,
    moment_of,
    overdue,
    roles_of,
    timers_of,
)
from marketplace.app.passing import owe_what_was_passed_on
from marketplace.app.payouts import make_payouts
from marketplace.app.purses import beyond_due, carry_out
from marketplace.app.repricing import new_terms, reprice, set_moments
from marketplace.app.reviewing import open_windows
from marketplace.app.showing import revealed
from marketplace.app.till import COLLECTED, WAITS, Till
from marketplace.domain.effect import ClaimEffect, LinkEffect, MoneyEffect, MoneyKind, SeatEffect
from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import function_of
from marketplace.domain.hashing import plain
from marketplace.domain.offer import Offer
from marketplace.domain.party import CLOCK, PAYMENT_PROVIDER, Role
from marketplace.domain.question import FactsQuestion, TransitionQuestion
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Pending, Terms, Transaction
from marketplace.domain.transition import Transition
from marketplace.errors import (
    Conflict,
    Expired,
    Forbidden,
    IllegalTransition,
    Refused,
)

_question, _facts_asked = function_of(TransitionQuestion), function_of(FactsQuestion)
_pending = function_of(Pending)


def take(
    act: Act,
    transaction: Transaction,
    name: str,
    asks: Mapping[str, Any] | None = None,
    *,
    offer: Offer | None = None,
    role: Role | None = None,
) -> Transaction:
    """Take a row, if the process, the clock and every plugin allow it.

    ``role`` names a role the actor may play without a seat (the taker of an offer).
    Raises ``IllegalTransition`` with what is allowed, ``Forbidden``, ``Conflict`` while an
    answer from outside is awaited, ``Refused`` with the plugins' reasons.
    """
    move = Move.load(act, transaction, asks or {})
    return run(move, set_out(move, name, offer=offer, role=role), 0)


def enter(
    act: Act,
    outset: Outset,
    name: str,
    asks: Mapping[str, Any] | None = None,
    *,
    offer: Offer | None = None,
) -> Transaction:
    """Take the first row of a deal that was just begun, as ``take`` does any row."""
    move = Move.first(act, outset, asks or {})
    return run(move, set_out(move, name, offer=offer), 0)


def set_out(
    move: Move, name: str, *, offer: Offer | None = None, role: Role | None = None
) -> Transition:
    """What ``take`` does before a row's first effect: all that may refuse it; to be ``run``."""
    act, transaction, asks = move.act, move.transaction, move.asks
    move.offer = offer
    roles = roles_of(act, move.seats) | ({role} if role else set())
    act.about(transaction.id, transaction)
    row = allowed_row(move, name, roles)
    if row.agreed and (offer is None or offer.proposed is None):
        raise IllegalTransition(
            f"{name} needs both sides; may: offers.propose it, for the other side to accept",
            code="needs_both_sides",
            params={"row": name, "state": transaction.state},
        )
    move.asks = checked_asks(row, asks, transaction.currency)
    ask_plugins(move, row)
    linking.check(move, row)
    facts = act.context.hooks.propose_facts(_facts_question(move, row))
    if facts:
        attributes = {**transaction.attributes, **facts}
        act.context.check_attributes(transaction.vertical, "transaction", attributes)
        move.transaction = evolve(move.transaction, attributes=attributes)
    return row


def allowed_row(move: Move, name: str, roles: set[Role]) -> Transition:
    """The row, if it leaves this state, is for one of these roles, and it is time for it."""
    transaction, process = move.transaction, move.process
    row = process.row(name, transaction.state)
    if row is None:
        who, may, params = _may(move, name, roles)
        raise IllegalTransition(
            f"{who} may not {name} when {transaction.state}; may: {may}", params=params
        )
    if roles.isdisjoint(row.whose):
        who, may, params = _may(move, name, roles)
        raise Forbidden(
            f"{name} is for {' or '.join(map(str, row.who))}; {who} may: {may}",
            code="not_your_row",
            params=params,
        )
    if transaction.pending is not None:
        _, _, params = _may(move, name, roles)
        raise Conflict(
            f"{transaction.pending.row!r} still waits for an answer from outside; try again soon",
            code="pending",
            params={**params, "pending": transaction.pending.row},
        )
    if not row.is_timer and roles.isdisjoint(_NEVER_LATE):
        _refuse_what_is_overdue(move, row)
    guard = row.not_before and moment_of(row.not_before, transaction)
    if guard and move.act.at < guard:
        _, may, params = _may(move, name, roles)
        raise IllegalTransition(
            f"{name} is not before {guard.isoformat()}; may: {may}",
            code="too_early",
            params={**params, "not_before": guard.isoformat()},
        )
    refuse_while_disputed(move, row)
    return row


def _may(move: Move, name: str, roles: set[Role]) -> tuple[str, str, dict[str, Any]]:
    """Who wants to take a row, what he may take instead, and both for whoever reads a refusal."""
    state = move.transaction.state
    who = " and ".join(sorted(str(role) for role in roles)) or "nobody"
    allowed = move.process.allowed(state, roles)
    params = {"row": name, "state": state, "roles": who, "allowed": allowed}
    return who, ", ".join(allowed) or "nothing now", params


_NEVER_LATE = frozenset({CLOCK, PAYMENT_PROVIDER})
"""Who may take any row although a row of the clock is due."""


def _refuse_what_is_overdue(move: Move, row: Transition) -> None:
    """A clock row that is due goes first, however late the worker is: the proofs rest on it."""
    due = overdue(move.process, move.transaction, move.act.at)
    if due is not None:
        raise Expired(
            f"{row.name} comes too late: {due!r} is due since {move.act.at.isoformat()} or before",
            code="too_late",
            params={"row": row.name, "due": due, "state": move.transaction.state},
        )


def ask_plugins(move: Move, row: Transition) -> None:
    """Raise ``Refused`` with every reason that a plugin gives against the row."""
    question = _question(
        transaction=move.transaction,
        row=row,
        actor=move.act.actor,
        seats=tuple(move.seats),
        asks=move.asks,
        work=move.act.work,
        at=move.act.at,
        offer=move.offer,
    )
    reasons = move.act.context.hooks.refuse_transition(question)
    if reasons:
        raise Refused(
            f"{row.name} is refused: {', '.join(reason.code for reason in reasons)}",
            reasons=tuple(reasons),
            params={"row": row.name, "transaction": move.transaction.id},
        )


def _facts_question(move: Move, row: Transition) -> FactsQuestion:
    return _facts_asked(
        transaction=move.transaction,
        row=row,
        seats=tuple(move.seats),
        asks=move.asks,
        work=move.act.work,
        at=move.act.at,
        choose=move.act.context.random.randrange,
        offer=move.offer,
    )


def run(move: Move, row: Transition, step: int) -> Transaction:
    """Carry out a row's effects from a step on; wait at the first that asks outside."""
    before, move.act.row = move.act.row, row.name
    try:
        return _run(move, row, step)
    finally:
        move.act.row = before


def _run(move: Move, row: Transition, step: int) -> Transaction:
    if step == 0:
        set_moments(move, row)
    if step == 0 and row.lines is not None:
        reprice(move, row)
    asking = row.last_money
    for index in range(step, len(row.effects)):
        effect = row.effects[index]
        if isinstance(effect, MoneyEffect):
            till = till_of(move, effect.purse)
            if put_off(move, till, effect):
                continue
            till.meets = COLLECTED in row.asked
            before = len(move.act.asked)
            result = carry_out(till, effect)
            joins = till.joins
            if result == WAITS and joins is not None:
                joins.waiting.append(Halt(move, row, index, move.act.asked[before:]))
                return move.transaction
            if result == WAITS:
                return wait(move, row, index, move.act.asked[before:])
            if isinstance(result, Reason):
                if joins is not None:
                    joins.no = result
                return arrive(move, row, row.failed or row.to, outcome="failed", reason=result)
            after_money(move, row, index)
        elif isinstance(effect, ClaimEffect):
            claiming.carry_out(move, effect)
        elif isinstance(effect, SeatEffect):
            seating.carry_out(move, effect)
        elif index < asking:
            # What is opened or moved beside it may be paid out of its purses.
            move.payments = None
            linking.carry_out(move, [effect], take)
    arrived = arrive(move, row, row.to)
    rest = row.effects[asking + 1 :]
    linking.carry_out(move, (one for one in rest if isinstance(one, LinkEffect)), take)
    return arrived


def till_of(move: Move, purse: str) -> Till:
    """A purse of the deal, with the lines in force."""
    # Whoever holds a till may change its payments: they are known only once.
    known, move.payments = move.payments, None
    return Till.open(
        move.act,
        move.transaction,
        move.process,
        purse,
        move.terms.lines,
        move.seats,
        move.asks,
        known,
    )


def after_money(move: Move, row: Transition, step: int) -> None:
    """What was not held and is due is owed once the rest is captured; a void owes nothing any more,
    unless the row brings lines of its own, or goes on to take the same purse in another way; a
    payout at once is remembered for the end of the row.
    """
    effect = row.effects[step]
    assert isinstance(effect, MoneyEffect)
    if effect.kind is MoneyKind.VOID and row.lines is None:
        if any(
            isinstance(later, MoneyEffect) and later.purse == effect.purse
            for later in row.effects[step + 1 :]
        ):
            return
        left = [line for line in move.terms.lines if line.purse != effect.purse]
        if len(left) != len(move.terms.lines):
            new_terms(move, "void", left, [Reason("hold_given_up", {"purse": effect.purse})])
    elif effect.kind is MoneyKind.CAPTURE:
        owe_the_rest(till_of(move, effect.purse))
    elif effect.kind is MoneyKind.PAY_OUT:
        move.pays_out = True


def wait(move: Move, row: Transition, step: int, intents: Sequence[str]) -> Transaction:
    """Stop at an effect until the intents are answered."""
    act = move.act
    for later in row.effects[step + 1 :]:
        # Once the bank was asked nobody is there to be told that he may not.
        if isinstance(later, MoneyEffect) and later.kind is MoneyKind.REFUND:
            till = till_of(move, later.purse)
            refuse_too_much(till, beyond_due(till))
    pending = _pending(
        row.name, step, plain(move.asks), str(act.actor), tuple(intents), move.terms_before
    )
    saved = act.work.save(evolve(move.transaction, pending=pending))
    act.emit(
        "transaction.waits",
        saved.id,
        {"row": row.name, "for": str(row.effects[step])},
        [seat.party_id for seat in move.seats],
    )
    return saved


def arrive(
    move: Move,
    row: Transition,
    state: str,
    *,
    outcome: str = "done",
    reason: Reason | None = None,
) -> Transaction:
    """Come into a state: save, arm its timers, tell everybody, open reviews at the end."""
    if outcome != "done" and state == move.transaction.state:
        _back_to_the_terms_before(move, row)
    act, before = move.act, move.transaction
    final = state in move.process.final
    saved = act.work.save(
        evolve(
            before,
            state=state,
            attributes=revealed(act, before, state),
            pending=None,
            entered_at=act.at,
            ended_at=act.at if final else None,
        )
    )
    move.transaction = saved
    owe_what_was_passed_on(move)
    left = state != before.state and before.state in move.process.sent_to_bank
    if left or outcome == "needs_customer":
        call_off_what_nobody_waits_for(move, row, outcome)
    if had_timers(move.process, before, waited=move.waited):
        act.work.timers.clear(TRANSACTION, [saved.id])
    act.work.timers.arm(timers_of(move.process, saved))
    act.emit(
        f"transaction.{row.name}" if outcome == "done" else f"transaction.{row.name}.{outcome}",
        saved.id,
        {
            "from": before.state,
            "to": state,
            "outcome": outcome,
            "listing": before.listing_id or move.listing_id,
            "by": _taken_by(move, row),
            "row": row.name,
            "fault": row.fault,
            "reason": None if reason is None else plain(reason),
        },
        [seat.party_id for seat in (*move.at_first, *move.seats)],
    )
    seating.end_offers(move, before.state, state)
    contesting.follow(move, row, before)
    if final and state in move.process.review_after:
        open_windows(act, saved, move.seats)
    if move.pays_out:
        make_payouts(act, saved, move.seats)
    return saved


def _back_to_the_terms_before(move: Move, row: Transition) -> None:
    """A row that came to nothing and left the deal where it was changes no price either."""
    if move.terms.version == move.terms_before:
        return
    before = move.act.work.find(
        Terms, transaction_id=move.transaction.id, version=move.terms_before
    )
    assert before is not None, f"{move.transaction.id} lost version {move.terms_before}"
    new_terms(move, "undone", before.lines, [Reason("row_came_to_nothing", {"row": row.name})])


def _taken_by(move: Move, row: Transition) -> str:
    """The role in which the actor took the row."""
    actor = move.act.actor
    if actor.role is not None:
        mine = {actor.role.name}
    else:
        seats = (*move.at_first, *move.seats)
        mine = {one.role for one in seats if one.party_id == actor.party_id}
    for role in row.who:
        if role.name in mine:
            return role.name
    return str(actor)
