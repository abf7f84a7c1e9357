"""Deals beside a deal: opened by its rows, and moved by them, in the same unit of work."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from marketplace.app.beside import priced
from marketplace.app.door import Act
from marketplace.app.move import Move, overdue
from marketplace.app.opening import begin, write_down
from marketplace.domain.books import Timer
from marketplace.domain.effect import LinkEffect
from marketplace.domain.evolving import evolve
from marketplace.domain.link import entry
from marketplace.domain.party import OPERATOR, ORIGIN, Actor
from marketplace.domain.span import MINUTE
from marketplace.domain.transaction import Transaction
from marketplace.domain.transition import Transition
from marketplace.errors import MarketplaceError, Outcome, Refused

logger = logging.getLogger("marketplace.linking")

LINK = "link"
"""The timer of a row that an origin could not take yet."""
OPENING = "opening"
"""The timer of a deal that an origin could not open yet."""
TELLING = "telling"
"""The timer of a row of its origin that a linked deal could not take yet."""

Take = Callable[[Act, Transaction, str, Mapping[str, Any]], Transaction]


def check(move: Move, row: Transition) -> None:
    """Refuse a row, while a party is there to be told, whose link could not be paid.

    Later, after a bank was asked, nobody could be told.
    """
    if move.act.actor.party_id is None:
        return
    for effect in row.links:
        if effect.row is None and not _beside(move, effect.process):
            _check_opening(move, effect.process)


def _check_opening(move: Move, name: str) -> None:
    try:
        priced(move, name)
    except Outcome as outcome:
        vertical = move.act.context.vertical(move.transaction.vertical)
        if name not in vertical.links:
            raise
        # Other people's listings and prices are none of this actor's business.
        logger.info("%s beside %s cannot be opened: %s", name, move.transaction.id, outcome)
        raise Refused("what it depends on cannot be had now", code="not_beside") from None


def carry_out(move: Move, links: Iterable[LinkEffect], take: Take) -> None:
    """Open what these links open, take what they take; what is done already is not done again.

    Only one deal of a process is beside an origin at a time. A link that fails undoes itself
    alone and is tried again by the clock: the deal's own row rests on no other deal.
    """
    for effect in links:
        if effect.row is None:
            if not _beside(move, effect.process):
                name = effect.process
                with _courtesy(move.act, _soon(move.act, OPENING, move.transaction.id, name)):
                    _open(move, name, take)
        elif effect.up:
            _tell(move, effect.row, take)
        else:
            _take_beside(move, effect.process, effect.row, take)


def _take_beside(move: Move, process: str, row: str, take: Take) -> None:
    act, beside = move.act, _beside(move, process)
    if not beside:
        _open_no_more(move, process, row)
    for one in beside:
        again = _soon(act, LINK, one.id, row)
        with _courtesy(act, again):
            call(act, one, row, {**move.transaction.moments, **move.asks}, take, again)


def _tell(move: Move, row: str, take: Take) -> None:
    """Take a row of the deal that opened this one; who was opened by hand has nobody to tell."""
    act, mine = move.act, move.transaction
    origin = act.work.find(Transaction, id=mine.origin_id)
    if origin is not None:
        again = _soon(act, TELLING, mine.id, row)
        with _courtesy(act, again):
            call(act, origin, row, {**mine.moments, **move.asks}, take, again)


def _soon(act: Act, kind: str, subject: str, name: str) -> Timer:
    return Timer(kind, subject, name, act.at + MINUTE)


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


def _open(move: Move, name: str, take: Take) -> None:
    """Begin what has a price, with whoever sits in it, and enter it."""
    act, origin = move.act, move.transaction
    beside = priced(move, name)
    if beside is None or not beside.lines:
        return
    if beside.request is not None:
        act.work.add(beside.request)
    outset = begin(
        act,
        origin.vertical,
        beside.process,
        beside.currency,
        lines=beside.lines,
        policies=beside.policies,
        seats=beside.sitting,
        moments=dict(origin.moments),
        request_id=origin.request_id if beside.request is None else beside.request.id,
        listing_id=beside.listing_id,
        items=beside.items,
        origin_id=origin.id,
        link=name,
    )
    write_down(act, [outset])
    opened = outset.transaction
    act.work.add(*(evolve(one, transaction_id=opened.id) for one in beside.payments))
    first = entry(beside.process)
    assert first is not None, f"nobody enters {name}"
    take(_as_origin(act), opened, first.name, {})


def call(
    act: Act,
    other: Transaction,
    name: str,
    told: Mapping[str, Any],
    take: Take,
    again: Timer,
) -> None:
    """Take a row of a linked deal as its origin, or of the origin as what it opened, with what is
    told of the same name; soon, if it cannot be now.

    It cannot while an answer from outside is awaited, or while a row of the clock is due. A deal
    that stands where the row does not leave is let be.
    """
    other = act.work.get(Transaction, other.id)
    process = act.context.process(other)
    waits = other.pending is not None or overdue(process, other, act.at) is not None
    if waits and other.ended_at is None:
        act.work.timers.arm([again])
        return
    row = process.row(name, other.state)
    if row is None or ORIGIN not in row.who:
        return
    asks = {ask.name: told[ask.name] for ask in row.asks if ask.name in told}
    take(_as_origin(act), other, name, asks)


def call_again(act: Act, timer: Timer, take: Take) -> None:
    """What an origin could not take a while ago, by what it can tell now."""
    linked = act.work.get(Transaction, timer.subject_id)
    origin = act.work.find(Transaction, id=linked.origin_id)
    if origin is not None:
        again = _soon(act, LINK, linked.id, timer.name)
        call(act, linked, timer.name, _kept(origin), take, again)


def tell_again(act: Act, timer: Timer, take: Take) -> None:
    """What a linked deal could not take of its origin a while ago."""
    linked = act.work.get(Transaction, timer.subject_id)
    origin = act.work.find(Transaction, id=linked.origin_id)
    if origin is not None:
        again = _soon(act, TELLING, linked.id, timer.name)
        call(act, origin, timer.name, _kept(linked), take, again)


def _kept(transaction: Transaction) -> Mapping[str, Any]:
    """What a deal can tell later: its moments, and the plain facts that its plugins kept of it."""
    facts = transaction.attributes.items()
    plain = {name: value for name, value in facts if type(value) in (str, int)}
    return {**plain, **transaction.moments}


def open_again(act: Act, timer: Timer, take: Take) -> None:
    """What an origin could not open a while ago, unless it has ended or has it by now."""
    move = Move.load(act, act.work.get(Transaction, timer.subject_id), {})
    if move.transaction.ended_at is None and not _beside(move, timer.name):
        _open(move, timer.name, take)


def _as_origin(act: Act) -> Act:
    # Who stands behind the operator stays known: what he may do alone, his rows may here.
    name = act.actor.name if act.actor.role in (OPERATOR, ORIGIN) else ""
    return evolve(act, actor=Actor(role=ORIGIN, name=name))
