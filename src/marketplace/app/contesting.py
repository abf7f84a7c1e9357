"""What a deal's own rows make of its being contested: a dispute that they open and end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from marketplace.app.door import Act
from marketplace.app.move import Move, timers_of
from marketplace.domain.dispute import Dispute, DisputeKind, Evidence
from marketplace.domain.evolving import evolve
from marketplace.domain.transaction import Seat, Transaction
from marketplace.domain.transition import Transition

CONTEST: DisputeKind = "contest"


def follow(move: Move, row: Transition, before: Transaction) -> None:
    """Open a dispute when a party brings the deal where it is contested; end it when it leaves."""
    deal = move.transaction
    contested = move.act.context.vertical(deal.vertical).disputed_in
    was, is_now = before.state in contested, deal.state in contested
    if is_now and not was and move.act.actor.party_id is not None:
        _open(move, row, move.act.actor.party_id)
    elif is_now and was:
        _follow_the_clock(move)
    elif was and not is_now:
        _end(move, row)


def _open(move: Move, row: Transition, party: str) -> None:
    act, deal = move.act, move.transaction
    dispute = Dispute(
        id=act.context.ids.new("dispute"),
        transaction_id=deal.id,
        opened_by=party,
        cause=row.name,
        created_at=act.at,
        answer_by=_answer_by(move),
        evidence=(Evidence(party, str(move.asks.get("why", "")), act.at),),
        kind=CONTEST,
    )
    act.work.add(dispute)
    tell_dispute(act, "dispute.opened", dispute)


def _follow_the_clock(move: Move) -> None:
    """Whoever has to answer now has until the clock takes the next row."""
    for dispute in contests(move.act, move.transaction.id):
        move.act.work.save(evolve(dispute, answer_by=_answer_by(move)))


def _end(move: Move, row: Transition) -> None:
    act = move.act
    for dispute in contests(act, move.transaction.id):
        outcome = {"row": row.name, "state": move.transaction.state}
        act.work.save(evolve(dispute, state="decided", outcome=outcome, decided_at=act.at))
        tell_dispute(act, "dispute.decided", dispute)


def _answer_by(move: Move) -> datetime:
    """When the clock takes a row of the state that the deal is in."""
    wait = move.act.context.vertical(move.transaction.vertical).dispute_answer
    dues = [timer.due_at for timer in timers_of(move.process, move.transaction)]
    return min(dues, default=move.act.at + wait)


def contests(act: Act, transaction_id: str) -> Sequence[Dispute]:
    """The dispute of a deal's own rows that is under way, if there is one."""
    where = {"transaction_id": transaction_id, "kind": CONTEST, "state": "open"}
    found: Sequence[Dispute] = act.work.select(Dispute, where, limit=1)
    return found


def seats_of(work: Any, transaction_id: str) -> Sequence[Seat]:
    """Who sits in a deal."""
    found: Sequence[Seat] = work.select(Seat, {"transaction_id": transaction_id}, order="role")
    return found


def tell_dispute(act: Act, kind: str, dispute: Dispute, **more: Any) -> None:
    """Tell everybody who sits in the deal."""
    parties = [seat.party_id for seat in seats_of(act.work, dispute.transaction_id)]
    act.emit(kind, dispute.id, {"transaction": dispute.transaction_id, **more}, parties)
