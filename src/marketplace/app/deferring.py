"""What a dispute stops: money is given to nobody, and waits in escrow; the deal itself goes on.

A row that does nothing but give a purse away is not taken while a dispute is open. Any other row
goes on: capacity is freed, holds are captured or given up, penalties are paid, the state is left.
Only its settlement is put off, and carried out by the terms of that moment when the dispute ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from marketplace.app.books import planned
from marketplace.app.door import Act
from marketplace.app.move import Move
from marketplace.app.opening import check_seats
from marketplace.app.payouts import make_payouts
from marketplace.app.purses import carry_out
from marketplace.app.quotes import check_lines
from marketplace.app.repricing import new_terms
from marketplace.app.till import Till, payments_owner
from marketplace.domain.deferral import Deferral
from marketplace.domain.dispute import Dispute
from marketplace.domain.effect import TRANSFER, MoneyEffect, MoneyKind
from marketplace.domain.process import Process
from marketplace.domain.quote import Line
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Seat, Terms, Transaction
from marketplace.domain.transition import Transition
from marketplace.errors import Conflict, IllegalTransition, InvalidInput

GIVES_AWAY = frozenset({MoneyKind.SETTLE, MoneyKind.PAY_OUT})


def live_dispute(act: Act, transaction_id: str) -> Dispute | None:
    """The dispute about a deal that is not yet withdrawn or decided."""
    where = {"transaction_id": transaction_id, "state": ["open", "escalated"]}
    return next(iter(act.work.select(Dispute, where, limit=1)), None)


def gives_away(effect: object) -> bool:
    """Whether it gives a price away: a dispute stops that, and no penalty between roles."""
    return isinstance(effect, MoneyEffect) and (effect.kind in GIVES_AWAY or effect == TRANSFER)


def refuse_while_disputed(move: Move, row: Transition) -> None:
    """Raise ``Conflict`` for a row that a dispute stops wholly.

    That is one that does nothing else; one that gives away what a series of payments fills, where
    the next one cannot be told from this; and a follow-up's that opens the original's purse.
    """
    for effect in row.money_effects():
        owner = payments_owner(move.transaction, move.process, effect.purse)
        series = any(one.name == effect.purse and one.series for one in move.process.purses)
        stops = gives_away(effect) and (series or _only_gives(row))
        if owner == move.transaction.id and not stops:
            continue
        dispute = live_dispute(move.act, owner)
        if dispute is not None:
            raise Conflict(
                f"money cannot move on while dispute {dispute.id} is {dispute.state}",
                code="disputed",
                params={"dispute": dispute.id},
            )


def _only_gives(row: Transition) -> bool:
    return all(gives_away(effect) for effect in row.effects)


def put_off(move: Move, till: Till, effect: MoneyEffect) -> bool:
    """Leave a purse in escrow if the deal is disputed; gives whether it was.

    Raises what the settlement itself would raise, so that nothing is put off that cannot be done.
    """
    where = {"transaction_id": move.transaction.id, "purse": effect.purse}
    if effect.kind is MoneyKind.REVERSE:
        # What was not yet given away needs no reversal, and is not to be given away later.
        return bool(move.act.work.remove(Deferral, **where))
    refunds = effect.kind is MoneyKind.REFUND and any(one.charged_back for one in till.payments)
    if not refunds and not gives_away(effect):
        return False
    dispute = live_dispute(move.act, move.transaction.id)
    if dispute is None:
        return False
    if effect.kind in GIVES_AWAY:
        planned(move.act, till.transaction, till.purse, till.lines, till.seats, till.home)
    waiting = None if refunds else move.act.work.find(Deferral, **where)
    move.act.work.put(
        Deferral(
            transaction_id=move.transaction.id,
            purse=effect.purse,
            kind=effect.kind,
            terms_version=move.terms.version,
            dispute_id=dispute.id,
            created_at=move.act.at,
            refunds=refunds or (waiting is not None and waiting.refunds),
        )
    )
    if refunds:
        # What no bank took back is given back now; the rest when the bank has decided.
        return False
    params = {"purse": effect.purse, "dispute": dispute.id}
    move.act.emit(
        "transaction.settlement_waits",
        move.transaction.id,
        {**params, "reason": Reason("settlement_waits", params)},
        [seat.party_id for seat in move.seats],
    )
    return True


def decide_deferred(act: Act, dispute: Dispute, lines: Sequence[Line]) -> None:
    """Let what waits be settled by these lines; what the customer paid beyond them goes back.

    Raises ``IllegalTransition`` where nothing waits: the deal goes on by its rows, or was settled
    already and is corrected by a follow-up.
    """
    transaction = act.work.get(Transaction, dispute.transaction_id)
    where = {"transaction_id": transaction.id}
    waiting = act.work.select(Deferral, where, order="purse")
    if not waiting:
        raise IllegalTransition(
            "nothing of this deal waits in escrow, so that no lines can be decided; while it goes "
            "on its rows move its money, and once it is settled its adjustment does"
        )
    purses = sorted({one.purse for one in waiting})
    strange = sorted({line.purse for line in lines} - set(purses))
    if strange:
        raise InvalidInput(f"what waits is {', '.join(purses)}; no line is for {strange[0]}")
    move = Move.load(act, transaction, {})
    kept = [line for line in move.terms.lines if line.purse not in purses]
    check_lines(lines, transaction.currency)
    check_seats(lines, move.seats)
    said = Reason("decided_so", {"dispute": dispute.id, "cause": dispute.cause})
    new_terms(move, "decision", [*kept, *lines], [said])
    act.work.save(move.transaction)
    for one in waiting:
        act.work.put(evolve(one, terms_version=move.terms.version, refunds=True))


def settle_deferred(act: Act, transaction: Transaction, process: Process) -> Transaction:
    """Carry out what waited for the end of a dispute, in the order of the purses."""
    waiting = act.work.select(Deferral, {"transaction_id": transaction.id}, order="purse")
    if not waiting:
        return transaction
    seats = act.work.select(Seat, {"transaction_id": transaction.id}, order="role")
    # A version of its own: journals are named by it.
    transaction = act.work.save(transaction)
    for one in waiting:
        terms = act.work.find(Terms, transaction_id=transaction.id, version=one.terms_version)
        assert terms is not None, f"{transaction.id} lost version {one.terms_version}"
        till = Till.open(act, transaction, process, one.purse, terms.lines, seats, {})
        for kind in (MoneyKind.REFUND, one.kind) if one.refunds else (one.kind,):
            carry_out(till, MoneyEffect(kind, one.purse))
        act.work.remove(Deferral, transaction_id=transaction.id, purse=one.purse)
        act.emit(
            "transaction.settlement_done",
            transaction.id,
            {"purse": one.purse, "dispute": one.dispute_id},
            [seat.party_id for seat in seats],
        )
    if any(one.kind is MoneyKind.PAY_OUT for one in waiting):
        make_payouts(act, transaction, seats)
    return transaction
