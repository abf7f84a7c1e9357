"""Processes of five trades and three ways to pay, to try proofs on.

Each is a function that makes the process anew with some of its rows left out, replaced or added,
so that a test can break exactly one thing.
"""

from collections.abc import Iterable
from typing import Any

from marketplace.domain.effect import MoneyKind
from marketplace.domain.method import PaymentMethod, Way
from marketplace.domain.process import Process
from marketplace.domain.quote import PRICE
from marketplace.domain.transition import Purse, Transition
from tests.support.trade_rows import (
    DAY,
    ESCROW_ROWS,
    GOODS_ROWS,
    RIDE_ROWS,
    STAY_ROWS,
    SUBSCRIPTION_ROWS,
)

_OUTSIDE = ("save", "hold", "raise", "charge", "capture", "void", "refund")
CARD = PaymentMethod(
    "card",
    ways={MoneyKind(kind): Way.CALL for kind in _OUTSIDE},
    hold_lives=7 * DAY,
    needs_customer=True,
)
WALLET = PaymentMethod(
    "wallet",
    ways={MoneyKind(kind): Way.BOOKS for kind in _OUTSIDE},
    fails_on_books=frozenset({MoneyKind.HOLD, MoneyKind.RAISE, MoneyKind.CHARGE}),
)
CASH = PaymentMethod(
    "cash",
    ways={
        MoneyKind.HOLD: Way.NOTHING,
        MoneyKind.RAISE: Way.NOTHING,
        MoneyKind.VOID: Way.NOTHING,
        MoneyKind.CHARGE: Way.BOOKS,
        MoneyKind.CAPTURE: Way.BOOKS,
        MoneyKind.REFUND: Way.BOOKS,
    },
    pays_provider_directly=True,
)
METHODS = (CARD, WALLET, CASH)


def varied(
    rows: Iterable[Transition], without: Iterable[str] = (), plus: Iterable[Transition] = ()
) -> list[Transition]:
    """The rows of a process with some left out (by name) and others added at the end."""
    gone = set(without)
    kept = [row for row in rows if row.name not in gone]
    return [*kept, *plus]


def ride(without: Iterable[str] = (), plus: Iterable[Transition] = (), **other: Any) -> Process:
    """A ride, with re-dispatch when the driver cancels or never comes."""
    given: dict[str, Any] = {
        "start": "requested",
        "final": {"completed", "expired", "cancelled", "unpaid"},
        "review_after": ("completed",),
        "paid": ("riding", "delivered", "completed"),
    }
    rows = varied(RIDE_ROWS, without, plus)
    return Process("ride", transitions=rows, **{**given, **other})


def stay(without: Iterable[str] = (), plus: Iterable[Transition] = (), **other: Any) -> Process:
    """A home asked for months ahead: means saved, accepted, held two days before the start."""
    given: dict[str, Any] = {
        "start": "draft",
        "final": {"completed", "declined", "expired", "cancelled"},
        "review_after": ("completed",),
        "paid": ("staying", "completed"),
        "admits": ("card", "wallet"),
    }
    rows = varied(STAY_ROWS, without, plus)
    return Process("stay", transitions=rows, **{**given, **other})


def goods(without: Iterable[str] = (), plus: Iterable[Transition] = (), **other: Any) -> Process:
    """An order of goods: money kept until the buyer confirms or the dispute window closes."""
    given: dict[str, Any] = {
        "start": "basket",
        "final": {"completed", "expired", "cancelled", "refunded"},
        "paid": ("shipped", "completed"),
    }
    rows = varied(GOODS_ROWS, without, plus)
    return Process("goods", transitions=rows, **{**given, **other})


def subscription(
    without: Iterable[str] = (), plus: Iterable[Transition] = (), **other: Any
) -> Process:
    """A creator's page by the month: a round without end, each settled before the next."""
    given: dict[str, Any] = {
        "start": "offered",
        "final": {"ended"},
        "purses": (Purse(PRICE, series=True),),
    }
    rows = varied(SUBSCRIPTION_ROWS, without, plus)
    return Process("subscription", transitions=rows, **{**given, **other})


def escrow(without: Iterable[str] = (), plus: Iterable[Transition] = (), **other: Any) -> Process:
    """Two peers and a moderator, two of the three decide; a time lock if only one is left."""
    given: dict[str, Any] = {
        "start": "listed",
        "final": {"completed", "cancelled", "slashed"},
        "purses": (Purse(), Purse("bond")),
        "paid": ("paid", "completed"),
    }
    rows = varied(ESCROW_ROWS, without, plus)
    return Process("escrow", transitions=rows, **{**given, **other})


TRADES = {
    "ride": ride,
    "stay": stay,
    "goods": goods,
    "subscription": subscription,
    "escrow": escrow,
}
