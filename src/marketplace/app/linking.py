"""Deals beside a deal: opened by its rows, and moved by them, in the same unit of work."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from attrs import evolve

from marketplace.app.door import Act
from marketplace.app.following import follow_up_lines
from marketplace.app.move import Move, overdue
from marketplace.app.opening import begin, check_seats
from marketplace.app.quotes import check_lines
from marketplace.app.till import check_payments
from marketplace.domain.books import Timer
from marketplace.domain.effect import LinkEffect
from marketplace.domain.link import entry
from marketplace.domain.party import CUSTOMER, OPERATOR, ORIGIN, Actor
from marketplace.domain.payment import Payment
from marketplace.domain.process import Process
from marketplace.domain.quote import Line
from marketplace.domain.span import MINUTE
from marketplace.domain.transaction import Seat, Transaction
from marketplace.domain.transition import Transition
from marketplace.errors import MarketplaceError

logger = logging.getLogger("marketplace.linking")

LINK = "link"
"""The timer of a row that an origin could not take yet."""
OPENING = "opening"
"""The timer of a deal that an origin could not open yet."""

Take = Callable[[Act, Transaction, str, Mapping[str, Any]], Transaction]


def check(move: Move, row: Transition) -> None:
    """Refuse a row, while a party is there to be told, whose link could not be paid.

    Later, after a bank was asked, nobody could be told.
    """
    if move.act.actor.party_id is None:
        return
    for effect in row.links:
        if effect.row is None and not _beside(move, effect.process):
            _priced(move, effect.process)


def carry_out(move: Move, links: Iterable[LinkEffect], take: Take) -> None:
    """Open what these links open, take what they take; what is done already is not done again.

    Only one deal of a process is beside an origin at a time. A link that fails undoes itself
    alone and is tried again by the clock: the deal's own row rests on no other deal.
    """
    act, origin = move.act, move.transaction
    for effect in links:
        beside = _beside(move, effect.process)
        if effect.row is not None and not beside:
            _open_no_more(move, effect.process, effect.row)
        if effect.row is not None:
            for one in beside:
                with _courtesy(act, Timer(LINK, one.id, effect.row, act.at + MINUTE)):
                    call(act, one, effect.row, origin.moments, take)
        elif not beside:
            with _courtesy(act, Timer(OPENING, origin.id, effect.process, act.at + MINUTE)):
                _open(move, effect.process, take)


@contextmanager
def _courtesy(act: Act, again: Timer) -> Iterator[None]:
    """A block that is undone alone when it is refused, and then tried again later."""
    mark = act.mark()
    try:
        with act.context.store.begin():
            yield
    except MarketplaceError as error:
        logger.warning("%s of %s waits: %s", again.name, again.subject_id, error)
        act.back(mark)
        act.work.timers.arm([again])


def _open_no_more(move: Move, name: str, row: str) -> None:
    """What is ended before it could be opened is not opened any more."""
    process = move.act.context.vertical(move.transaction.vertical).process(name)
    taken = None if process is None else process.row(row, process.start)
    if process is None or taken is None or taken.to not in process.final:
        return
    where = {"subject_kind": OPENING, "subject_id": move.transaction.id, "name": name}
    move.act.work.timers.disarm(move.act.work.select(Timer, where, order="name"))


def _beside(move: Move, name: str) -> list[Transaction]:
    """The deals of a process beside this one that have not ended."""
    found = move.act.work.select(Transaction, {"origin_id": move.transaction.id})
    return [one for one in found if one.link == name and one.ended_at is None]


def _priced(move: Move, name: str) -> tuple[Process, Sequence[Line], list[Payment]]:
    """What the link costs, and how it is paid; raises ``InvalidInput`` when it cannot be."""
    origin = move.transaction
    process = move.act.context.vertical(origin.vertical).process(name)
    assert process is not None, f"{origin.process} opens {name}, which its vertical has lost"
    lines = follow_up_lines(move.act, origin, process, move.seats, None)
    check_lines(lines, origin.currency)
    check_seats(lines, move.seats)
    payments = _payments_beside(move.act, origin, process, move.seats)
    for purse in process.purses:
        if process.collects(purse.name):
            mine = [one for one in payments if one.purse == purse.name]
            check_payments(lines, purse.name, mine)
    return process, lines, payments


def _open(move: Move, name: str, take: Take) -> None:
    """Begin what has a price, with the same people in the same seats, and enter it."""
    act, origin = move.act, move.transaction
    process, lines, payments = _priced(move, name)
    if not lines:
        return
    opened = begin(
        act,
        origin.vertical,
        process,
        origin.currency,
        lines=lines,
        policies={},
        seats=[(seat.role, seat.party_id, seat.share_bp) for seat in move.seats],
        moments=dict(origin.moments),
        request_id=origin.request_id,
        listing_id=origin.listing_id,
        origin_id=origin.id,
        link=name,
    )
    act.work.add(*(evolve(one, transaction_id=opened.id) for one in payments))
    first = entry(process)
    assert first is not None, f"nobody enters {name}"
    take(_as_origin(act), opened, first.name, {})


def _payments_beside(
    act: Act, origin: Transaction, process: Process, seats: Sequence[Seat]
) -> list[Payment]:
    """The origin's payments again, for the purses of what it opens.

    Somebody else's payment pays no more than that party agreed to, so it is left out unless it
    was named for the purse.
    """
    theirs = act.work.select(Payment, {"transaction_id": origin.id}, order="position")
    fit = [one for one in theirs if _serves(act, process, one.method)]
    customers = {seat.party_id for seat in seats if seat.role == CUSTOMER.name}
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
                currency=origin.currency,
                created_at=act.at,
                means=one.means,
                asked=one.asked,
                position=position,
            )
            for position, one in enumerate(chosen)
        ]
    return made


def _serves(act: Act, process: Process, name: str) -> bool:
    """Whether a payment method may pay what is opened: it is named, or can do all its effects."""
    if process.admits is not None:
        return name in process.admits
    method = act.context.method(name)
    effects = (effect for row in process.transitions for effect in row.money_effects())
    return all(method.way(effect.kind) is not None for effect in effects)


def call(
    act: Act, linked: Transaction, name: str, moments: Mapping[str, datetime], take: Take
) -> None:
    """Take a row of a linked deal as its origin, at its moments; soon, if it cannot be now.

    It cannot while an answer from outside is awaited, or while a row of the clock is due. A deal
    that stands where the row does not leave is let be.
    """
    linked = act.work.get(Transaction, linked.id)
    process = act.context.process(linked)
    waits = linked.pending is not None or overdue(process, linked, act.at) is not None
    if waits and linked.ended_at is None:
        act.work.timers.arm([Timer(LINK, linked.id, name, act.at + MINUTE)])
        return
    row = process.row(name, linked.state)
    if row is None or ORIGIN not in row.who:
        return
    times = {ask.name: moments[ask.name] for ask in row.asks if ask.name in moments}
    take(_as_origin(act), linked, name, times)


def call_again(act: Act, timer: Timer, take: Take) -> None:
    """What an origin could not take a while ago, by the moments that it has now."""
    linked = act.work.get(Transaction, timer.subject_id)
    origin = act.work.find(Transaction, id=linked.origin_id)
    if origin is not None:
        call(act, linked, timer.name, origin.moments, take)


def open_again(act: Act, timer: Timer, take: Take) -> None:
    """What an origin could not open a while ago, unless it has ended or has it by now."""
    move = Move.load(act, act.work.get(Transaction, timer.subject_id), {})
    if move.transaction.ended_at is None and not _beside(move, timer.name):
        _open(move, timer.name, take)


def _as_origin(act: Act) -> Act:
    # Who stands behind the operator stays known: what he may do alone, his rows may here.
    name = act.actor.name if act.actor.role in (OPERATOR, ORIGIN) else ""
    return evolve(act, actor=Actor(role=ORIGIN, name=name))
