"""Seats beyond customer and provider: who is seated in a deal, by whom, and until when."""

from __future__ import annotations

from marketplace.app.door import Act
from marketplace.app.move import current_terms, overdue, roles_of
from marketplace.app.seating import refuse_to_seat
from marketplace.app.till import home_of
from marketplace.domain.bringing import NO_SEAT
from marketplace.domain.evolving import evolve
from marketplace.domain.party import CUSTOMER, OPERATOR
from marketplace.domain.payment import Payment
from marketplace.domain.process import Process
from marketplace.domain.transaction import Seat, Transaction
from marketplace.domain.vertical import Vertical, checked_share
from marketplace.errors import Conflict, Expired, Forbidden, IllegalTransition, InvalidInput


def third_roles(vertical: Vertical, process: Process) -> list[str]:
    """The roles of a deal that parties may be seated in, beyond customer and provider."""
    known = {one.role for one in vertical.seats} | {role.name for role in process.roles}
    filled = {row.fills for row in process.transitions if row.fills}
    return sorted(known - filled - NO_SEAT)


def seat_party(act: Act, transaction: Transaction, role: str, party_id: str, share_bp: int) -> Seat:
    """Seat a party in a role of a deal, and tell everybody in it."""
    seats = _changeable(act, transaction, role)
    share = checked_share(share_bp)
    if any((one.role, one.party_id) == (role, party_id) for one in seats):
        raise Conflict(
            f"party {party_id} is seated as {role} already; unseat it first to change its share",
            code="seated",
            params={"party": party_id, "role": role},
        )
    payers = act.work.select(Payment, {"transaction_id": transaction.id}, order="position")
    there = {one.party_id: CUSTOMER.name for one in payers}
    refuse_to_seat(act, party_id, there | {one.party_id: one.role for one in seats})
    seat = Seat(transaction.id, role, party_id, share)
    act.work.add(seat)
    _changed(act, transaction, "seated", seat, [*seats, seat])
    return seat


def unseat_party(act: Act, transaction: Transaction, role: str, party_id: str) -> None:
    """Empty a seat again, and tell everybody, the one who leaves as well."""
    seats = _changeable(act, transaction, role)
    mine = [one for one in seats if (one.role, one.party_id) == (role, party_id)]
    if not mine:
        sitting = ", ".join(one.party_id for one in seats if one.role == role) or "nobody"
        raise IllegalTransition(
            f"party {party_id} is not seated as {role}; there sits: {sitting}", code="not_seated"
        )
    act.work.remove(Seat, transaction_id=transaction.id, role=role, party_id=party_id)
    _changed(act, transaction, "unseated", mine[0], seats)


def _changeable(act: Act, transaction: Transaction, role: str) -> list[Seat]:
    """Who sits in the deal, if this actor may now change who sits in that role."""
    act.about(transaction.id, transaction)
    vertical = act.context.vertical(transaction.vertical)
    process = act.context.process(transaction)
    known = third_roles(vertical, process)
    if role not in known:
        raise InvalidInput(
            f"parties are seated as {', '.join(known) or 'nothing'} here, not as {role!r}",
            code="unknown_role",
            params={"role": role, "known": known},
        )
    seats = act.work.select(Seat, {"transaction_id": transaction.id}, order="role")
    seating = vertical.seating(role)
    may = [OPERATOR.name, *(seating.by if seating is not None else ())]
    if not {one.name for one in roles_of(act, seats)} & set(may):
        raise Forbidden(
            f"parties are seated as {role} by {' or '.join(may)}",
            code="not_your_seat",
            params={"role": role, "by": may},
        )
    _refuse_too_late(act, transaction, process, role)
    return seats


def _refuse_too_late(act: Act, transaction: Transaction, process: Process, role: str) -> None:
    if transaction.ended_at is not None:
        raise IllegalTransition(
            f"nobody is seated or unseated after the end: {transaction.state}", code="ended"
        )
    if transaction.pending is not None:
        raise Conflict(
            f"{transaction.pending.row!r} still waits for an answer from outside; try again soon",
            code="pending",
            params={"pending": transaction.pending.row},
        )
    due = overdue(process, transaction, act.at)
    if due is not None:
        raise Expired(
            f"{due!r} is due and comes first; nobody is seated or unseated before",
            code="too_late",
            params={"due": due},
        )
    lines = current_terms(act, transaction).lines
    for purse in sorted({one.purse for one in lines if role in (one.payer, one.payee)}):
        if _is_settled(act, home_of(transaction.id, purse)):
            raise IllegalTransition(
                f"the {role}'s part of the {purse} is settled; who sits there stays",
                code="settled",
                params={"role": role, "purse": purse},
            )


def _is_settled(act: Act, home: str) -> bool:
    journals = act.work.ledger.journals(cause=home)
    undone = {one.reverses for one in journals if one.reverses}
    return any(one.kind == "settle" and one.id not in undone for one in journals)


def _changed(act: Act, transaction: Transaction, what: str, seat: Seat, told: list[Seat]) -> None:
    """A new version of the deal, so that nobody acts on who sat there before; and the event."""
    act.work.save(evolve(transaction))
    act.emit(
        f"transaction.{what}",
        transaction.id,
        {"role": seat.role, "party": seat.party_id},
        [one.party_id for one in told],
    )
