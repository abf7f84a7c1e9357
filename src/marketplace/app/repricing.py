"""A deal's price and moments, changed by a row: what is asked of plugins, what is frozen of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marketplace.app.door import Act
from marketplace.app.move import Move
from marketplace.app.wares import items_of
from marketplace.domain.evolving import evolve
from marketplace.domain.listing import Listing
from marketplace.domain.question import PricingQuestion, Proposal
from marketplace.domain.quote import Line, Quote
from marketplace.domain.reason import Reason
from marketplace.domain.request import Request
from marketplace.domain.transaction import Terms
from marketplace.domain.transition import Transition
from marketplace.errors import InvalidInput


def set_moments(move: Move, row: Transition) -> None:
    """A row that asks for one of the deal's moments moves it: an alteration of dates."""
    known = set(move.process.moments) & set(row.moments)
    asked = {name: move.asks[name] for name in known if name in move.asks}
    if not asked:
        return
    moments = {**move.transaction.moments, **asked}
    if "start" in moments and "end" in moments and moments["end"] <= moments["start"]:
        raise InvalidInput(
            f"{row.name}: it must end after it starts: {moments['start']} to {moments['end']}"
        )
    move.transaction = evolve(move.transaction, moments=moments)


def reprice(move: Move, row: Transition) -> None:
    """Freeze the lines of this occasion as new terms: what was agreed, or what plugins say now."""
    assert row.lines is not None
    proposal = _as_agreed(move) or priced(move, row)
    reasons = [
        Reason("repriced", {"occasion": row.lines, "row": row.name, "by": str(move.act.actor)})
    ]
    if row.fault:
        reasons.append(Reason("fault", {"role": row.fault, "occasion": row.lines}))
    new_terms(move, row.lines, proposal.lines, [*reasons, *proposal.reasons])


def _as_agreed(move: Move) -> Proposal | None:
    """The lines that one side proposed and the other has just accepted."""
    offer = move.offer
    if offer is None or offer.proposed is None:
        return None
    assert offer.quote_id is not None
    quote = move.act.work.get(Quote, offer.quote_id)
    params = {"row": offer.proposed.row, "maker": offer.maker_id, "taker": offer.taker_id}
    agreed = Reason("agreed_by_both", {**params, "offer": offer.id})
    return Proposal(quote.lines, (agreed, *offer.proposed.reasons))


def priced(move: Move, row: Transition) -> Proposal:
    """What the plugins say that the deal costs on the row's occasion."""
    assert row.lines is not None
    act, transaction = move.act, move.transaction
    question = PricingQuestion(
        occasion=row.lines,
        vertical=transaction.vertical,
        currency=transaction.currency,
        work=act.work,
        at=act.at,
        request=_maybe(act, Request, transaction.request_id),
        listing=_maybe(act, Listing, transaction.listing_id),
        transaction=transaction,
        seats=tuple(move.seats),
        terms=move.terms,
        row=row,
        actor=act.actor,
        asks=move.asks,
        items=items_of(act, transaction),
    )
    return act.context.price(question)


def _maybe(act: Act, kind: type[Any], id: str | None) -> Any:
    return None if id is None else act.work.get(kind, id)


def new_terms(move: Move, occasion: str, lines: Sequence[Line], reasons: Sequence[Reason]) -> None:
    """Append a version to the chain of terms."""
    before = move.terms
    move.terms = Terms(
        transaction_id=before.transaction_id,
        version=before.version + 1,
        occasion=occasion,
        lines=tuple(lines),
        policies=before.policies,
        process=before.process,
        process_version=before.process_version,
        at=move.act.at,
        previous_hash=before.hash,
        reasons=tuple(reasons),
    )
    move.act.work.add(move.terms)
    move.transaction = evolve(move.transaction, terms_version=move.terms.version)
