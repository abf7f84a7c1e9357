"""A transaction on its way along one row, with all that the way looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import define

from marketplace.app.door import Act
from marketplace.domain.books import Timer
from marketplace.domain.freezing import frozen
from marketplace.domain.listing import Listing
from marketplace.domain.offer import Offer
from marketplace.domain.party import CUSTOMER, Role, role_named
from marketplace.domain.payment import Payment
from marketplace.domain.ports import Work
from marketplace.domain.process import Process
from marketplace.domain.transaction import Seat, Terms, Transaction
from marketplace.domain.transition import OPENED, After, Transition, When

TRANSACTION = "transaction"
_MOST = 100_000
"""More than there are of anything in the deals of one checkout."""


@define
class Outset:
    """A transaction in its start state, with all that begins with it."""

    transaction: Transaction
    seats: Sequence[Seat]
    """In the order in which they are read."""
    terms: Terms
    payments: Sequence[Payment] = ()
    """By their position."""
    wares: Sequence[Listing] | None = None
    """The listings that it is about, locked, where they were looked at as it began."""


@define
class Move:
    """A transaction on its way along one row."""

    act: Act
    transaction: Transaction
    process: Process
    seats: list[Seat]
    terms: Terms
    asks: Mapping[str, Any]
    offer: Offer | None = None
    pays_out: bool = False
    waited: bool = False
    """Whether the row stood still until an answer came from outside."""
    terms_before: int = 0
    """The version of the terms before the row."""
    listing_id: str | None = None
    """The listing it had when the row began, known still when its seat is given up."""
    at_first: Sequence[Seat] = ()
    """Who sat where when the row began: who gives a seat up hears of it too."""
    undisputed: bool = False
    """Whether it is known that no dispute stops its money, as long as it is locked."""
    payments: Sequence[Payment] | None = None
    """All its payments as they are now, until money is first looked at; None: to be read."""
    wares: Sequence[Listing] | None = None
    """The listings that it is about, where they were looked at as it began."""

    @classmethod
    def load(cls, act: Act, transaction: Transaction, asks: Mapping[str, Any]) -> Move:
        """With its process, seats and the terms in force."""
        seats = act.work.select(Seat, {"transaction_id": transaction.id}, order="role")
        return cls._along(act, transaction, seats, current_terms(act, transaction), asks)

    @classmethod
    def load_each(cls, act: Act, transactions: Sequence[Transaction]) -> list[Move]:
        """The same of several, with their payments as well: of all of them at once."""
        where = {"transaction_id": [one.id for one in transactions]}
        seats: dict[str, list[Seat]] = {}
        for seat in act.work.select(Seat, where, order="role", limit=_MOST):
            seats.setdefault(seat.transaction_id, []).append(seat)
        payments: dict[str, list[Payment]] = {}
        for one in act.work.select(Payment, where, order="position", limit=_MOST):
            payments.setdefault(one.transaction_id, []).append(one)
        moves = []
        for deal in transactions:
            move = cls._along(act, deal, seats.get(deal.id, []), current_terms(act, deal), {})
            move.payments = payments.get(deal.id, [])
            moves.append(move)
        return moves

    @classmethod
    def first(cls, act: Act, outset: Outset, asks: Mapping[str, Any]) -> Move:
        """Of a deal that this command has just begun: nothing of it need be read."""
        move = cls._along(act, outset.transaction, list(outset.seats), outset.terms, asks)
        move.payments, move.wares = outset.payments, outset.wares
        return move

    @classmethod
    def _along(
        cls,
        act: Act,
        transaction: Transaction,
        seats: list[Seat],
        terms: Terms,
        asks: Mapping[str, Any],
    ) -> Move:
        process = act.context.process(transaction)
        move = cls(act, transaction, process, seats, terms, asks)
        move.listing_id, move.at_first = transaction.listing_id, tuple(seats)
        move.terms_before = terms.version
        return move

    @property
    def customer(self) -> str | None:
        """Who sits as its customer."""
        for one in self.seats:
            if one.role == CUSTOMER.name:
                return one.party_id
        return None


@frozen
class Halt:
    """A deal of a checkout that came to an effect by which its payment begins."""

    move: Move
    row: Transition
    step: int
    asked: Sequence[str]
    """Intents that it has written by itself."""


def deal_looked_at(transaction_id: str) -> Callable[[Work], None]:
    """For ``Door.run``: a deal, locked, who sits in it, and its terms."""

    def gather(work: Work) -> None:
        if isinstance(transaction_id, str):
            work.gather(Transaction, "id", [transaction_id], lock=True)
            work.gather(Seat, "transaction_id", [transaction_id])
            work.gather(Terms, "transaction_id", [transaction_id])

    return gather


def current_terms(act: Act, transaction: Transaction) -> Terms:
    """The version of the terms that is in force."""
    found = act.work.find(Terms, transaction_id=transaction.id, version=transaction.terms_version)
    assert found is not None, f"transaction {transaction.id} has no terms"
    return found


def roles_of(act: Act, seats: Iterable[Seat]) -> set[Role]:
    """Which roles the actor plays: its seats, or its impersonal role."""
    if act.actor.role is not None:
        return {act.actor.role}
    return {role_named(seat.role) for seat in seats if seat.party_id == act.actor.party_id}


def moment_of(when: When, transaction: Transaction) -> datetime | None:
    """The instant a ``when`` speaks of; None if the transaction lacks the moment."""
    if isinstance(when, After):
        return transaction.entered_at + when.delay
    if when.moment == OPENED:
        return transaction.created_at + when.offset
    moment = transaction.moments.get(when.moment)
    return None if moment is None else moment + when.offset


def timers_of(process: Process, transaction: Transaction) -> list[Timer]:
    """The clock's rows from this state, each with the instant at which it is due."""
    timers = []
    for row in process.timed_from(transaction.state):
        assert row.when is not None
        due = moment_of(row.when, transaction)
        if due is not None:
            timers.append(Timer(TRANSACTION, transaction.id, row.name, due))
    return timers


def had_timers(process: Process, transaction: Transaction, *, waited: bool = False) -> bool:
    """Whether timers can have been armed when it came into its state.

    A deal that begins comes into no state: at most it was written once more, when it ``waited``.
    """
    saved = transaction.version - waited
    if transaction.state == process.start and saved <= 1:
        return False
    return bool(process.timed_from(transaction.state))


def overdue(process: Process, transaction: Transaction, now: datetime) -> str | None:
    """The clock row that is due in this state and that no worker has taken yet."""
    for row in process.timed_from(transaction.state):
        due = None if row.when is None else moment_of(row.when, transaction)
        if due is not None and due <= now:
            return row.name
    return None
