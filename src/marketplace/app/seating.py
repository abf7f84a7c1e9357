"""Who sits where in a transaction, and the offers inside it that fill or lose a seat."""

from __future__ import annotations

from attrs import evolve

from marketplace.app.claiming import free_all
from marketplace.app.door import Act
from marketplace.app.move import Move
from marketplace.domain.effect import SeatEffect
from marketplace.domain.hashing import digest, plain
from marketplace.domain.offer import Offer, OfferState
from marketplace.domain.transaction import Seat, Terms, Transaction
from marketplace.errors import Conflict, Expired, IllegalTransition

OFFER = "offer"


def carry_out(move: Move, effect: SeatEffect) -> None:
    """Fill a role's seat from the accepted offer, or empty it."""
    work, transaction = move.act.work, move.transaction
    if not effect.fill:
        work.remove(Seat, transaction_id=transaction.id, role=effect.role)
        move.seats = [seat for seat in move.seats if seat.role != effect.role]
        if effect.role == "provider":
            move.transaction = evolve(transaction, listing_id=None)
        _vacate(move, effect.role)
        return
    offer = move.offer
    if offer is None:
        raise IllegalTransition(
            f"the {effect.role}'s seat is filled by accepting an offer; "
            "use offers.accept instead of taking the row",
            code="needs_an_offer",
        )
    seat = Seat(transaction.id, effect.role, offer.taker_id)
    work.add(seat)
    move.seats = [*move.seats, seat]
    if effect.role == "provider":
        move.transaction = evolve(transaction, listing_id=offer.listing_id)


def _vacate(move: Move, role: str) -> None:
    """The offer that filled a seat fills it no more: another one may be accepted for it."""
    where = {"transaction_id": move.transaction.id, "seat": role, "state": "accepted"}
    for offer in move.act.work.select(Offer, where):
        end_offer(move.act, offer, "vacated")


def end_offers(move: Move, state: str) -> None:
    """When the state seats nobody by an offer, whatever is still on the table is over.

    So is what was proposed to change the deal, when it is another one now.
    """
    if any(row.agreed for row in move.process.transitions):
        now = basis_of(move.transaction, move.terms)
        for offer in live_proposals(move.act, move.transaction.id):
            if offer.proposed is not None and offer.proposed.basis != now:
                end_offer(move.act, offer, "lost")
    if move.process.seat_row(state) is not None or not _seats_by_offer(move):
        return
    accepted = move.offer is not None
    for offer in live_offers(move.act, move.transaction.id):
        if move.offer is None or offer.id != move.offer.id:
            end_offer(move.act, offer, "lost" if accepted else "withdrawn")


def _seats_by_offer(move: Move) -> bool:
    return any(row.fills for row in move.process.transitions)


def refuse_ended(offer: Offer) -> None:
    """Raise for an offer that nobody can answer any more."""
    if offer.state == "expired":
        raise Expired(f"this offer was good until {offer.expires_at.isoformat()}")
    if offer.state != "made":
        raise Conflict(f"this offer is {offer.state}", code=f"offer_{offer.state}")


def live_offers(act: Act, transaction_id: str) -> list[Offer]:
    """Offers of a seat inside a transaction that can still be accepted."""
    return [one for one in _made(act, transaction_id) if one.proposed is None]


def live_proposals(act: Act, transaction_id: str) -> list[Offer]:
    """Rows that one side proposed and the other has not answered yet."""
    return [one for one in _made(act, transaction_id) if one.proposed is not None]


def _made(act: Act, transaction_id: str) -> list[Offer]:
    return act.work.select(Offer, {"transaction_id": transaction_id, "state": "made"})


def basis_of(transaction: Transaction, terms: Terms) -> str:
    """What a proposal rests on, as a hash: the deal's state, its moments and its terms."""
    moments = plain(transaction.moments)
    return digest([transaction.id, transaction.state, moments, terms.hash])


def end_offer(act: Act, offer: Offer, state: OfferState) -> Offer:
    """Bring an offer to a final state and give back what it leased."""
    saved = act.work.save(evolve(offer, state=state, ended_at=act.at))
    free_all(act, "offer", offer.id)
    act.work.timers.clear(OFFER, [offer.id])
    act.emit(
        f"offer.{state}",
        offer.id,
        {
            "transaction": offer.transaction_id,
            "request": offer.request_id,
            "listing": offer.listing_id,
        },
        [offer.maker_id, offer.taker_id],
    )
    return saved
