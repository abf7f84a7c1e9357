"""Who sits where in a transaction, and the offers inside it that fill or lose a seat."""

from __future__ import annotations

from collections.abc import Mapping

from marketplace.app.claiming import free_all
from marketplace.app.door import Act
from marketplace.app.move import Move
from marketplace.app.onboarding import refuse_unready
from marketplace.domain.effect import SeatEffect
from marketplace.domain.evolving import evolve
from marketplace.domain.hashing import digest, plain
from marketplace.domain.listing import Listing
from marketplace.domain.offer import Offer, OfferState
from marketplace.domain.party import PROVIDER, Block, Party
from marketplace.domain.process import Process
from marketplace.domain.transaction import Seat, Terms, Transaction
from marketplace.errors import Conflict, Expired, Forbidden, IllegalTransition

OFFER = "offer"


def carry_out(move: Move, effect: SeatEffect) -> None:
    """Fill a role's seat from the accepted offer, or empty it."""
    work, transaction = move.act.work, move.transaction
    if not effect.fill:
        empty = {effect.role}
        if effect.role == PROVIDER.name:
            empty |= _roles_by_listing(move)
            move.transaction = evolve(transaction, listing_id=None)
        for role in sorted(empty):
            work.remove(Seat, transaction_id=transaction.id, role=role)
        move.seats = [seat for seat in move.seats if seat.role not in empty]
        _vacate(move, effect.role)
        return
    offer = move.offer
    if offer is None:
        raise IllegalTransition(
            f"the {effect.role}'s seat is filled by accepting an offer; "
            "use offers.accept instead of taking the row",
            code="needs_an_offer",
        )
    filled = [Seat(transaction.id, effect.role, offer.taker_id)]
    if effect.role == PROVIDER.name:
        move.transaction = evolve(transaction, listing_id=offer.listing_id)
        if offer.listing_id is not None:
            listing = work.get(Listing, offer.listing_id)
            refuse_unready(move.act, listing, "deal")
            there = {one.party_id: one.role for one in (*move.seats, *filled)}
            named = named_seats(move.act, listing, there)
            filled += [Seat(transaction.id, *one) for one in named]
    work.add(*filled)
    move.seats = [*move.seats, *filled]


def _roles_by_listing(move: Move) -> set[str]:
    """Roles whose parties come and go with the provider's listing."""
    vertical = move.act.context.vertical(move.transaction.vertical)
    return {one.role for one in vertical.seats if one.listing is not None}


def named_seats(act: Act, listing: Listing, there: Mapping[str, str]) -> list[tuple[str, str, int]]:
    """Role, party and share of everybody whom a listing names beside its provider.

    ``there`` says who sits in the deal already, and as what. Raises what ``refuse_to_seat`` does.
    """
    found: list[tuple[str, str, int]] = []
    for seating in act.context.vertical(listing.vertical).seats:
        for party, share in seating.named(listing):
            refuse_to_seat(act, party, {**there, **{one: role for role, one, _ in found}})
            found.append((seating.role, party, share))
    return found


def refuse_to_seat(act: Act, party_id: str, there: Mapping[str, str]) -> None:
    """Only an active party may be seated, and nobody on two sides of one deal.

    Raises ``NotFound``, ``Conflict`` (code ``party_inactive``) or ``Forbidden``.
    """
    refuse_inactive(act, party_id)
    if party_id in there:
        raise Forbidden(
            f"party {party_id} sits in this deal as {there[party_id]} already; seat another one",
            code="self_dealing",
            params={"party": party_id, "role": there[party_id]},
        )
    where = {"party_id": [party_id, *there], "blocked_id": [party_id, *there]}
    for block in act.work.select(Block, where, limit=len(there) ** 2 + 2 * len(there) + 1):
        if party_id in (block.party_id, block.blocked_id):
            raise Forbidden(
                f"party {party_id} and another one of the deal are not to be matched",
                code="blocked",
                params={"party": party_id},
            )


def refuse_inactive(act: Act, party_id: str) -> None:
    """Raise ``NotFound``, or ``Conflict`` for a party that takes part no more."""
    state = act.work.get(Party, party_id).state
    if state != "active":
        raise Conflict(f"the other side is {state}; deal with somebody else", code="party_inactive")


def _vacate(move: Move, role: str) -> None:
    """The offer that filled a seat fills it no more: another one may be accepted for it."""
    where = {"transaction_id": move.transaction.id, "seat": role, "state": "accepted"}
    for offer in move.act.work.select(Offer, where):
        end_offer(move.act, offer, "vacated")


def end_offers(move: Move, before: str, state: str) -> None:
    """When the state seats nobody by an offer, whatever is still on the table is over.

    So is what was proposed to change the deal, when it is another one now. What was proposed in
    a state earlier than the one ``before`` was over when the deal came into that one.
    """
    if move.process.is_agreed_from(before):
        now = basis_of(move.transaction, move.terms)
        for offer in live_proposals(move.act, move.transaction.id):
            if offer.proposed is not None and offer.proposed.basis != now:
                end_offer(move.act, offer, "lost")
    if move.process.seat_row(state) is not None or not _offers_seats(move.process, before):
        return
    accepted = move.offer is not None
    for offer in live_offers(move.act, move.transaction.id):
        if move.offer is None or offer.id != move.offer.id:
            end_offer(move.act, offer, "lost" if accepted else "withdrawn")


def _offers_seats(process: Process, state: str) -> bool:
    """Whether an offer of a seat can be on the table in a state: elsewhere none is made, and those
    that were there ended when the deal came into it."""
    offering = process.offer_rows and process.row(process.offer_rows[0], state)
    return process.seat_row(state) is not None or bool(offering)


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
