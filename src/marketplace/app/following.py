"""What comes after a deal's end, opened by hand: who may, when, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.app.door import Act
from marketplace.app.move import Outset, current_terms, roles_of
from marketplace.app.opening import begin, check_seats, payments_of, write_down
from marketplace.app.quotes import check_lines
from marketplace.domain.money import Money
from marketplace.domain.party import CUSTOMER
from marketplace.domain.payment import Pay
from marketplace.domain.process import Process
from marketplace.domain.question import PricingQuestion
from marketplace.domain.quote import Line
from marketplace.domain.request import Request
from marketplace.domain.transaction import Seat, Transaction
from marketplace.domain.vertical import Vertical
from marketplace.errors import (
    Forbidden,
    IllegalTransition,
    InvalidInput,
    MarketplaceError,
    NotFound,
)


def open_follow_up(
    act: Act,
    origin: Transaction,
    name: str,
    pays: Sequence[Pay],
    *,
    amount: Money | None = None,
    lines: Sequence[Line] | None = None,
) -> Outset:
    """A small transaction after another one's end, with the same people in the same seats."""
    vertical = act.context.vertical(origin.vertical)
    process = vertical.process(name)
    if process is None or not process.follows:
        raise _follows_nothing(act, vertical, origin, name)
    if origin.state not in process.follows:
        raise IllegalTransition(
            f"{name} follows {' or '.join(process.follows)}, this one is {origin.state}",
            code="not_ended_so",
        )
    if process.within is not None and origin.ended_at is not None:
        until = origin.ended_at + process.within
        if act.at > until:
            raise IllegalTransition(
                f"{name} could be opened until {until.isoformat()}",
                code="too_late",
                params={"until": until.isoformat()},
            )
    seats = act.work.select(Seat, {"transaction_id": origin.id}, order="role")
    if process.opened_by and not roles_of(act, seats) & set(process.opened_by):
        raise Forbidden(f"{name} is opened by {' or '.join(map(str, process.opened_by))}")
    customers = [seat.party_id for seat in seats if seat.role == CUSTOMER.name]
    if lines is None:
        lines = follow_up_lines(act, origin, process, seats, amount)
    check_lines(lines, origin.currency)
    check_seats(lines, seats)
    outset = begin(
        act,
        origin.vertical,
        process,
        origin.currency,
        lines=lines,
        policies={},
        seats=[(seat.role, seat.party_id, seat.share_bp) for seat in seats],
        moments=dict(origin.moments),
        request_id=origin.request_id,
        listing_id=origin.listing_id,
        origin_id=origin.id,
        link=name,
    )
    payer = customers[0] if customers else None
    outset.payments = payments_of(act, outset.transaction, process, lines, pays, payer)
    write_down(act, [outset])
    return outset


def _follows_nothing(
    act: Act, vertical: Vertical, origin: Transaction, name: str
) -> MarketplaceError:
    """Why this is not opened by hand, and what may be: a deposit is opened by its stay's rows."""
    known = ", ".join(one.name for one in vertical.follow_ups if one.follows) or "nothing"
    mine = act.context.process(origin)
    rows = [
        row.name
        for row in mine.transitions
        if any(link.process == name and link.row is None for link in row.links)
    ]
    if not rows:
        return NotFound(f"nothing called {name!r} follows a {mine.name}; may be opened: {known}")
    opened_by = ", ".join(dict.fromkeys(rows))
    return IllegalTransition(
        f"{name} is opened by rows of {mine.name} ({opened_by}) where it has a price, and by "
        f"nobody else; may be opened: {known}",
        code="opened_by_rows",
        params={"process": name, "rows": opened_by},
    )


def follow_up_lines(
    act: Act,
    origin: Transaction,
    process: Process,
    seats: Sequence[Seat],
    amount: Money | None,
) -> Sequence[Line]:
    """What a follow-up costs, by the plugins, on the occasion of its name."""
    if amount is not None and not isinstance(amount, Money):
        raise InvalidInput(f"an amount is Money, not {amount!r}")
    if amount is not None and (amount.currency != origin.currency or amount.amount < 0):
        raise InvalidInput(f"an amount here is {origin.currency} and not negative: {amount}")
    request = None if origin.request_id is None else act.work.get(Request, origin.request_id)
    question = PricingQuestion(
        occasion=process.name,
        vertical=origin.vertical,
        currency=origin.currency,
        work=act.work,
        at=act.at,
        request=request,
        transaction=origin,
        seats=tuple(seats),
        terms=current_terms(act, origin),
        actor=act.actor,
        asks={} if amount is None else {"amount": amount},
    )
    return act.context.price(question).lines
