"""What a row opens beside its deal, before it is opened: who sits there, its price, who pays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marketplace.app.door import Act
from marketplace.app.following import follow_up_lines
from marketplace.app.listings import checked_attributes
from marketplace.app.move import Move
from marketplace.app.onboarding import refuse_unready
from marketplace.app.opening import check_seats
from marketplace.app.quotes import check_lines
from marketplace.app.seating import refuse_inactive
from marketplace.app.till import check_payments
from marketplace.app.wares import listings_of, shared
from marketplace.app.wares import priced as priced_items
from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import frozen
from marketplace.domain.item import Numbered
from marketplace.domain.link_plan import LinkPlan, LinkQuestion
from marketplace.domain.listing import Listing
from marketplace.domain.party import CUSTOMER, PROVIDER
from marketplace.domain.payment import Payment
from marketplace.domain.process import Process
from marketplace.domain.prover import admitted
from marketplace.domain.question import PolicyQuestion, PricingQuestion
from marketplace.domain.quote import Line
from marketplace.domain.request import Request
from marketplace.domain.transaction import Seat, Transaction
from marketplace.domain.vertical import WHOLE_SHARE
from marketplace.errors import Conflict, Forbidden, InvalidInput


@frozen
class Beside:
    """A deal that a row opens beside its own."""

    process: Process
    currency: str
    lines: Sequence[Line]
    sitting: Sequence[tuple[str, str, int]]
    """Role, party and share."""
    payments: Sequence[Payment]
    listing_id: str | None
    policies: Mapping[str, Any]
    items: Sequence[Numbered] = ()
    request: Request | None = None
    """Where others than the origin's people deal: what the customer among them asks for."""


def priced(move: Move, name: str) -> Beside | None:
    """What the link costs, and how it is paid; raises where it could not be. None: it opens
    nothing."""
    vertical = move.act.context.vertical(move.transaction.vertical)
    process = vertical.process(name)
    assert process is not None, f"{move.process.name} opens {name}, which its vertical has lost"
    asks = vertical.links.get(name)
    if asks is None:
        found: Beside | None = _with_the_same(move, process)
    else:
        plan = asks(_question(move))
        found = None if plan is None else _with_others(move, process, plan)
    if found is not None:
        for purse in process.purses:
            if process.collects(purse.name):
                mine = [one for one in found.payments if one.purse == purse.name]
                check_payments(found.lines, purse.name, mine)
    return found


def _question(move: Move) -> LinkQuestion:
    work, deal = move.act.work, move.transaction
    return LinkQuestion(
        transaction=deal,
        seats=tuple(move.seats),
        request=work.find(Request, id=deal.request_id),
        listing=work.find(Listing, id=deal.listing_id),
        work=work,
        at=move.act.at,
    )


def _with_the_same(move: Move, process: Process) -> Beside:
    """With the same people in the same seats."""
    origin = move.transaction
    lines = follow_up_lines(move.act, origin, process, move.seats, None)
    check_lines(lines, origin.currency)
    check_seats(lines, move.seats)
    return Beside(
        process=process,
        currency=origin.currency,
        lines=lines,
        sitting=[(seat.role, seat.party_id, seat.share_bp) for seat in move.seats],
        payments=_payments(move.act, origin, process, _customers(move.seats), origin.currency),
        listing_id=origin.listing_id,
        policies={},
    )


def _with_others(move: Move, process: Process, plan: LinkPlan) -> Beside:
    """With people of its own, as if its customer had asked for it and bought it himself."""
    act, origin = move.act, move.transaction
    customer = plan.seats.get(CUSTOMER.name)
    if customer is None or plan.seats.get(PROVIDER.name) is None:
        raise InvalidInput(f"a {process.name} has a customer and a provider: {dict(plan.seats)}")
    if len(set(plan.seats.values())) < len(plan.seats):
        raise Forbidden("a party cannot deal with itself", code="self_dealing")
    for party in plan.seats.values():
        refuse_inactive(act, party)
    wares = _held_out(act, plan)
    for one in wares:
        refuse_unready(act, one, "deal")
    listing = shared(wares)
    currency = wares[0].currency if wares else origin.currency
    request = Request(
        id=act.context.ids.new("request"),
        vertical=origin.vertical,
        customer_id=customer,
        currency=currency,
        created_at=act.at,
        state="agreed",
        items=tuple(plan.items),
        attributes=checked_attributes(act.context, origin.vertical, "request", plan.attributes),
    )
    items = tuple(Numbered(number, item) for number, item in enumerate(plan.items, 1))
    seats = [Seat(origin.id, role, party) for role, party in sorted(plan.seats.items())]
    lines, known = plan.lines, priced_items(items, wares)
    if lines is None:
        question = PricingQuestion(
            occasion=process.name,
            vertical=origin.vertical,
            currency=currency,
            work=act.work,
            at=act.at,
            request=request,
            listing=listing,
            seats=tuple(seats),
            actor=act.actor,
            items=known,
            provider_id=plan.seats[PROVIDER.name],
        )
        lines = act.context.price(question).lines
    check_lines(lines, currency)
    check_seats(lines, seats)
    policy = PolicyQuestion(
        origin.vertical, request, listing, act.work, act.at, known, lines=tuple(lines)
    )
    return Beside(
        process=process,
        currency=currency,
        lines=lines,
        sitting=[(seat.role, seat.party_id, WHOLE_SHARE) for seat in seats],
        payments=_payments(act, origin, process, {customer}, currency, others=False),
        listing_id=None if listing is None else listing.id,
        items=items,
        policies=dict(act.context.hooks.propose_policies(policy)),
        request=request,
    )


def _held_out(act: Act, plan: LinkPlan) -> list[Listing]:
    """The listings that are dealt in, each of them held out."""
    known = listings_of(act, plan.items)
    for item in plan.items:
        listing = known.get(item.listing_id)
        if listing is None or listing.state != "published":
            raise Conflict(
                f"what would be dealt in beside this is {listing.state if listing else 'not here'}",
                code="listing_over",
                params={"listing": item.listing_id},
            )
    return [known[one] for one in sorted(known)]


def _customers(seats: Sequence[Seat]) -> set[str]:
    return {seat.party_id for seat in seats if seat.role == CUSTOMER.name}


def _payments(
    act: Act,
    origin: Transaction,
    process: Process,
    customers: set[str],
    currency: str,
    *,
    others: bool = True,
) -> list[Payment]:
    """The origin's payments again, for the purses of what it opens, in its ``currency``.

    Somebody else's payment pays no more than that party agreed to, so it is left out unless it
    was named for the purse; without ``others`` it is left out in any case.
    """
    theirs = act.work.select(Payment, {"transaction_id": origin.id}, order="position")
    fit = [one for one in theirs if _serves(act, process, one.method)]
    fit = [one for one in fit if others or one.party_id in customers]
    if currency != origin.currency:
        # A part of a sum in other money, or the rate of that, says nothing here.
        fit = [evolve(one, currency=currency, asked=None, rate=None) for one in fit]
    made: list[Payment] = []
    for purse in process.purses:
        named = [one for one in fit if one.purse == purse.name]
        usual = [one for one in fit if one.party_id in customers]
        whole = [one for one in usual if one.asked is None] or usual
        chosen = named or [evolve(one, asked=None) for one in whole[:1]]
        if not process.collects(purse.name):
            continue
        made += [
            Payment(
                id=act.context.ids.new("payment"),
                transaction_id=origin.id,
                purse=purse.name,
                party_id=one.party_id,
                method=one.method,
                currency=currency,
                created_at=act.at,
                means=one.means,
                asked=one.asked,
                position=position,
                rate=one.rate,
            )
            for position, one in enumerate(chosen)
        ]
    return made


def _serves(act: Act, process: Process, name: str) -> bool:
    """Whether a payment method may pay what is opened: it is named, or can do all its effects."""
    method = act.context.methods.get(name)
    return method is not None and bool(admitted(process, [method]))
