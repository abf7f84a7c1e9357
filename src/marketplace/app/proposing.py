"""Rows that need both sides: one proposes, with fields and price; the other takes it as it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from marketplace.app.asking import checked_asks
from marketplace.app.door import Act
from marketplace.app.engine import allowed_row, ask_plugins, take
from marketplace.app.move import Move, current_terms, roles_of
from marketplace.app.putting import announce, tell_accepted
from marketplace.app.repricing import priced, set_moments
from marketplace.app.seating import OFFER, basis_of, end_offer, live_proposals
from marketplace.app.transactions import seen
from marketplace.domain.evolving import evolve
from marketplace.domain.hashing import plain
from marketplace.domain.offer import Offer, Proposed
from marketplace.domain.party import CUSTOMER, PROVIDER, Role
from marketplace.domain.question import Proposal
from marketplace.domain.quote import Quote
from marketplace.domain.transaction import Transaction
from marketplace.domain.transition import Transition
from marketplace.errors import Conflict, IllegalTransition, InvalidInput

OTHER_SIDE = {CUSTOMER: PROVIDER, PROVIDER: CUSTOMER}
"""Who is asked when nobody is named."""


def propose(
    act: Act,
    transaction_id: str,
    name: str,
    asks: Mapping[str, Any],
    *,
    to: Role | str | None = None,
    lives: timedelta | None = None,
    counters: Offer | None = None,
) -> Offer:
    """Ask the other side to want a row, filled in and priced as it would be taken now.

    It replaces what the same side proposed of this row before. Raises what taking it would raise,
    and ``InvalidInput`` when it is not clear who is asked.
    """
    transaction = seen(act, transaction_id)
    act.about(transaction_id, transaction)
    move = Move.load(act, transaction, asks)
    roles = roles_of(act, move.seats)
    row = allowed_row(move, name, roles)
    if not row.agreed:
        raise IllegalTransition(
            f"{name} needs nobody else; may: transactions.take it",
            code="needs_nobody_else",
            params={"row": name},
        )
    me = act.me()
    taker = _taker(move, row, roles, me, to)
    move.asks = checked_asks(row, asks, transaction.currency)
    ask_plugins(move, row)
    basis = basis_of(transaction, move.terms)
    set_moments(move, row)
    keeps = Proposal(move.terms.lines)
    price = keeps if row.lines is None else priced(move, row)
    if lives is None:
        lives = act.context.vertical(transaction.vertical).offer_lives
    if lives <= timedelta(0):
        raise InvalidInput(f"a proposal lives longer than no time: {lives}")
    for mine in live_proposals(act, transaction_id):
        assert mine.proposed is not None
        if mine.maker_id == me and mine.proposed.row == name:
            end_offer(act, mine, "withdrawn")
    quote = Quote(
        id=act.context.ids.new("quote"),
        request_id=transaction.request_id,
        listing_id=transaction.listing_id,
        currency=transaction.currency,
        lines=tuple(price.lines),
        created_at=act.at,
        expires_at=act.at + lives,
        subject_hash=basis,
        policies=dict(move.terms.policies),
    )
    offer = Offer(
        id=act.context.ids.new("offer"),
        maker_id=me,
        taker_id=taker,
        created_at=act.at,
        expires_at=quote.expires_at,
        quote_id=quote.id,
        request_id=transaction.request_id,
        listing_id=transaction.listing_id,
        transaction_id=transaction.id,
        counters_id=None if counters is None else counters.id,
        proposed=Proposed(name, basis, plain(move.asks), tuple(price.reasons)),
    )
    act.work.add(quote, offer)
    announce(act, offer, None)
    return offer


def _taker(move: Move, row: Transition, mine: set[Role], me: str, to: Role | str | None) -> str:
    """The one party that is asked: named by role or id, else the customer's or provider's other."""
    asked = {str(to)} if to is not None else {str(OTHER_SIDE.get(role, "")) for role in mine}
    agreeing = {role.name for role in row.who}
    others = [one for one in move.seats if one.party_id != me and one.role in agreeing]
    found = {one.party_id for one in others if {one.role, one.party_id} & asked}
    if len(found) == 1:
        return found.pop()
    may = ", ".join(sorted(f"{one.role} {one.party_id}" for one in others)) or "nobody sits there"
    raise InvalidInput(
        f"{row.name} is proposed to one other party; name it with to=, a role or an id; may: {may}",
        code="name_the_taker",
        params={"row": row.name},
    )


def lock_deal(act: Act, offer_id: str) -> None:
    """Lock an offer's deal before the offer: a row taken in it locks the two in this order."""
    offer = act.work.find(Offer, id=offer_id)
    if offer is not None and offer.proposed is not None and offer.transaction_id is not None:
        act.work.get(Transaction, offer.transaction_id)


def agree(act: Act, offer: Offer, *, as_it_is: bool) -> Transaction:
    """The other side wants it too: take the row with the fields and the lines that were proposed.

    Raises ``Conflict`` when the deal is another one by now.
    """
    assert offer.proposed is not None
    assert offer.transaction_id is not None
    if not as_it_is:
        raise InvalidInput(
            "what was proposed is taken as it is; may: accept it without more, or counter it"
        )
    transaction = act.work.get(Transaction, offer.transaction_id)
    if basis_of(transaction, current_terms(act, transaction)) != offer.proposed.basis:
        raise Conflict(
            f"the deal changed since {offer.proposed.row} was proposed; may: propose it anew",
            code="proposal_stale",
            params={"offer": offer.id, "row": offer.proposed.row, "state": transaction.state},
        )
    accepted = act.work.save(evolve(offer, state="accepted", ended_at=act.at))
    act.work.timers.clear(OFFER, [offer.id])
    moved = take(act, transaction, offer.proposed.row, offer.proposed.asks, offer=accepted)
    tell_accepted(act, accepted)
    return moved


def counter(
    act: Act, offer: Offer, asks: Mapping[str, Any], lives: timedelta | None = None
) -> Offer:
    """Answer a proposal with another one of the same row; fields that are not named stay."""
    assert offer.proposed is not None
    assert offer.transaction_id is not None
    end_offer(act, offer, "countered")
    filled = {**offer.proposed.asks, **asks}
    name, maker = offer.proposed.row, offer.maker_id
    return propose(act, offer.transaction_id, name, filled, to=maker, lives=lives, counters=offer)
