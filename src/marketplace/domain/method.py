"""Payment methods: what each can do, and how, so that one process serves card, wallet and cash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum

from attrs import field

from marketplace.domain.effect import MoneyKind
from marketplace.domain.freezing import frozen
from marketplace.errors import SetupError


class Way(StrEnum):
    """How a method carries out a money effect."""

    CALL = "call"
    """By asking a payment provider outside: an intent is written, the answer comes later."""
    BOOKS = "books"
    """In the ledger alone, in the same database transaction (a wallet, recorded cash)."""
    NOTHING = "nothing"
    """Nothing happens: holding cash that is still in the rider's pocket is a promise."""


CAN_FAIL = frozenset(
    {
        MoneyKind.SAVE,
        MoneyKind.HOLD,
        MoneyKind.RAISE,
        MoneyKind.CHARGE,
        MoneyKind.CAPTURE,
    }
)
"""Effects whose call may come back with a final no that a row must answer.

A void is repeated until it is done. A refund that is refused is owed all the same: it becomes the
payer's credit, whatever became of the transaction.
"""

NOBODY_WAITS_FOR = frozenset({MoneyKind.REFUND})
"""Effects that are done once they stand in the books: the call outside follows, the row goes on."""

CAN_NEED_THE_CUSTOMER = frozenset(
    {MoneyKind.SAVE, MoneyKind.HOLD, MoneyKind.RAISE, MoneyKind.CHARGE}
)
"""Effects whose call may ask the customer to do something first (a bank's challenge)."""

INTERNAL = frozenset(
    {
        MoneyKind.SETTLE,
        MoneyKind.REVERSE,
        MoneyKind.PAY_OUT,
        MoneyKind.TRANSFER,
        MoneyKind.RECORD,
    }
)
"""Effects that every marketplace carries out in its own books, whatever the method.

A payout's call to the bank belongs to the payout, which is a thing of its own.
"""


def asked_as(kind: MoneyKind) -> MoneyKind:
    """What a payment provider is asked for: what is collected is a charge, and needs no way of its
    own."""
    return MoneyKind.CHARGE if kind is MoneyKind.COLLECT else kind


_BEGINNINGS = (MoneyKind.SAVE, MoneyKind.HOLD, MoneyKind.CHARGE)
"""Effects by which a payment begins."""
_JOINED = frozenset({MoneyKind.SAVE, MoneyKind.CHARGE})


def _kinds(kinds: Iterable[MoneyKind]) -> frozenset[MoneyKind]:
    return frozenset(kinds)


@frozen
class PaymentMethod:
    """A way to pay: which effects it knows, and how each is done."""

    name: str
    """``card``, ``wallet``, ``cash``: unique in a marketplace."""
    ways: Mapping[MoneyKind, Way]
    """Effects missing here cannot be done by this method, and the prover refuses them."""
    hold_lives: timedelta | None = None
    """How long a hold is good for; None for ever."""
    needs_customer: bool = False
    """Whether a call may ask the customer to act (a bank's challenge)."""
    pays_provider_directly: bool = False
    """The customer hands the money to the provider (cash): the provider owes the commission."""
    guaranteed: bool = True
    """Whether the marketplace bears what the customer did not pay. If not, everybody else's share
    of it waits until the customer pays it, and is lost with what is written off."""
    passes_on: bool = False
    """Whether its payment provider passes the earnings of whoever performs on by itself, as it
    takes the money (a destination charge), where one party performs and may be paid there."""
    fails_on_books: frozenset[MoneyKind] = field(default=frozenset(), converter=_kinds)
    """Effects done in the books that may still say no (a wallet without enough in it)."""
    joins: frozenset[MoneyKind] = field(default=_JOINED, converter=_kinds)
    """Effects that the deals of a checkout ask for in one call. Never a hold, which several deals
    could not capture each in its own time."""

    @joins.validator
    def _joins_what_can_be_shared(self, attribute: object, value: frozenset[MoneyKind]) -> None:
        if not value <= _JOINED:
            named = ", ".join(sorted(kind.value for kind in value - _JOINED))
            raise SetupError(
                f"payment method {self.name!r} joins {named}; deals share a save or a charge alone"
            )

    @property
    def calls(self) -> bool:
        """Whether somebody outside is asked for the customer's money."""
        return Way.CALL in map(self.ways.get, _BEGINNINGS)

    def way(self, kind: MoneyKind) -> Way | None:
        """How an effect is done; None if this method cannot do it."""
        kind = asked_as(kind)
        return Way.BOOKS if kind in INTERNAL else self.ways.get(kind)

    def waits(self, kind: MoneyKind) -> bool:
        """Whether a row waits for an answer from outside before it goes on from the effect."""
        return self.way(kind) is Way.CALL and kind not in NOBODY_WAITS_FOR

    def may_fail(self, kind: MoneyKind) -> bool:
        """Whether the effect can come back with a no."""
        kind = asked_as(kind)
        called = self.way(kind) is Way.CALL and kind in CAN_FAIL
        return called or kind in self.fails_on_books

    def may_need_customer(self, kind: MoneyKind) -> bool:
        """Whether the effect can come back asking the customer to act."""
        kind = asked_as(kind)
        return self.needs_customer and self.way(kind) is Way.CALL and kind in CAN_NEED_THE_CUSTOMER


ALL_CALLED: Mapping[MoneyKind, Way] = dict.fromkeys(
    (
        MoneyKind.SAVE,
        MoneyKind.HOLD,
        MoneyKind.RAISE,
        MoneyKind.CHARGE,
        MoneyKind.CAPTURE,
        MoneyKind.VOID,
        MoneyKind.REFUND,
    ),
    Way.CALL,
)
"""Every effect on a customer's money, each by asking outside: the ways of a card."""

ANY_METHOD = PaymentMethod("any method", ways=ALL_CALLED, needs_customer=True)
"""Can do everything, and everything of it may go wrong: what a process is proved for at first."""

FREE_OF_CHARGE = PaymentMethod("no payment", ways=dict.fromkeys(ALL_CALLED, Way.NOTHING))
"""The method of a transaction in which nothing is paid."""
