"""Offers inside a transaction: put to candidates, ended by the clock, searched for again."""

from __future__ import annotations

from datetime import datetime, timedelta

from marketplace.app.claiming import lease
from marketplace.app.door import Act
from marketplace.app.engine import take
from marketplace.app.move import overdue
from marketplace.app.seating import OFFER, end_offer, live_offers
from marketplace.domain.books import Timer
from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import frozen
from marketplace.domain.listing import Listing
from marketplace.domain.offer import Offer
from marketplace.domain.party import CUSTOMER, OPERATOR, PROVIDER, Actor
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import SoldOut


@frozen
class Put:
    """An offer to be made inside a transaction: to which listing, for how long."""

    transaction_id: str
    listing_id: str
    lives: timedelta | None = None


def put_offer(act: Act, put: Put) -> Offer | None:
    """Make one offer inside a transaction; None when it is late or the attention is taken."""
    act.work.gather(Seat, "transaction_id", [put.transaction_id])
    transaction = act.work.get(Transaction, put.transaction_id)
    process = act.context.process(transaction)
    row = process.seat_row(transaction.state)
    offering = process.offer_rows and process.row(process.offer_rows[0], transaction.state)
    late = overdue(process, transaction, act.at) is not None
    if transaction.pending is not None or late or (row is None and not offering):
        return None
    target = act.work.get(Listing, put.listing_id)
    vertical = act.context.vertical(transaction.vertical)
    seat = row.fills if row is not None else PROVIDER.name
    customers = _customers(act, transaction)
    named = [party for one in vertical.seats for party, _ in one.named(target)]
    if {target.provider_id, *named} & set(customers) or target.state != "published":
        return None
    expires_at = act.at + (put.lives or vertical.offer_lives)
    offer = Offer(
        id=act.context.ids.new("offer"),
        maker_id=customers[0],
        taker_id=target.provider_id,
        created_at=act.at,
        expires_at=expires_at,
        quote_id=None,
        request_id=transaction.request_id,
        listing_id=target.id,
        transaction_id=transaction.id,
        seat=seat,
    )
    try:
        with act.context.store.begin():
            if vertical.offer_claims is not None:
                lease(act, offer, vertical.offer_claims, expires_at)
    except SoldOut:
        return None
    act.work.add(offer)
    if offering and process.offer_rows:
        dispatch = evolve(act, actor=Actor(role=OPERATOR))
        transaction = take(dispatch, transaction, process.offer_rows[0])
    announce(act, offer, None)
    return offer


def search_again(act: Act, offer: Offer) -> None:
    """When the last live offer inside a transaction ended, its process may search again."""
    if offer.proposed is not None or offer.transaction_id is None:
        return
    if live_offers(act, offer.transaction_id):
        return
    transaction = act.work.get(Transaction, offer.transaction_id)
    process = act.context.process(transaction)
    if overdue(process, transaction, act.at) is not None:
        return
    if process.offer_rows and process.row(process.offer_rows[1], transaction.state):
        dispatch = evolve(act, actor=Actor(role=OPERATOR))
        take(dispatch, transaction, process.offer_rows[1])


def expire(act: Act, offer: Offer, now: datetime) -> None:
    """Time is up for an offer, if nobody answered it yet."""
    if offer.state == "made" and offer.expires_at <= now:
        end_offer(act, offer, "expired")
        search_again(act, offer)


def announce(act: Act, offer: Offer, claims: str | None) -> None:
    """Set the offer's timer, lease what it claims, and tell both sides."""
    if claims is not None:
        lease(act, offer, claims, offer.expires_at)
    act.work.timers.arm([Timer(OFFER, offer.id, "expire", offer.expires_at)])
    act.emit(
        "offer.made",
        offer.id,
        {
            "transaction": offer.transaction_id,
            "request": offer.request_id,
            "listing": offer.listing_id,
            "taker": offer.taker_id,
            "expires_at": offer.expires_at.isoformat(),
            "row": None if offer.proposed is None else offer.proposed.row,
        },
        [offer.maker_id, offer.taker_id],
    )


def tell_accepted(act: Act, offer: Offer) -> None:
    """Tell both sides that the offer was accepted."""
    data = {"transaction": offer.transaction_id, "request": offer.request_id}
    act.emit("offer.accepted", offer.id, data, [offer.maker_id, offer.taker_id])


def _customers(act: Act, transaction: Transaction) -> list[str]:
    # All of them, since the row that follows looks at all.
    seats = act.work.select(Seat, {"transaction_id": transaction.id}, order="party_id")
    return [seat.party_id for seat in seats if seat.role == CUSTOMER.name]
