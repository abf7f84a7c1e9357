"""The smallest deals, to be made wrong in exactly one way."""

from collections.abc import Callable, Iterable
from typing import Any

from marketplace.domain.effect import (
    CAPTURE,
    HOLD,
    SETTLE,
    VOID,
    Effect,
)
from marketplace.domain.party import CLOCK, CUSTOMER, PROVIDER
from marketplace.domain.process import Process
from marketplace.domain.transition import Transition
from tests.support.trade_rows import HOUR
from tests.support.trades import varied

DEAL_ROWS = (
    Transition("pay", CUSTOMER, "start", "waiting", HOLD, failed="no", needs_customer="no"),
    Transition("perform", PROVIDER, "waiting", "done", CAPTURE, SETTLE, failed="stuck"),
    Transition("expire", CLOCK, "waiting", "over", VOID, after=HOUR),
    Transition("give_up", CLOCK, "stuck", "over", VOID, after=HOUR),
)


def deal(without: Iterable[str] = (), plus: Iterable[Transition] = (), **other: Any) -> Process:
    """The smallest whole deal: held, performed or expired, and a capture that may be refused."""
    rows = varied(DEAL_ROWS, without, plus)
    given: dict[str, Any] = {"start": "start", "final": {"done", "over", "no"}}
    return Process("deal", transitions=rows, **{**given, **other})


def performing(*effects: Effect) -> Process:
    """The deal with other effects in the row that performs it."""
    row = Transition("perform", PROVIDER, "waiting", "done", *effects, failed="stuck")
    return deal(["perform"], [row])


ASKED = (
    Transition("answer", CUSTOMER, "asked", "over", VOID),
    Transition("lapse", CLOCK, "asked", "over", VOID, after=HOUR),
)
"""A state for refusals, in which the customer may leave."""


def bare(*rows: Transition, **other: Any) -> Process:
    """A process of these rows, from ``a`` to ``z``."""
    return Process("bare", transitions=rows, **{"start": "a", "final": {"z"}, **other})


def go(*effects: Effect, **other: Any) -> Transition:
    """A row of the customer's from ``a`` to ``z``."""
    return Transition("go", CUSTOMER, "a", "z", *effects, **other)


Make = Callable[[], Process]
