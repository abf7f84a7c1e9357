"""The sandbox's card, the tokens by which it does wrong, and how it loses an answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from attrs import evolve

from marketplace import ALL_CALLED, Money, Order, PaymentMethod, PaymentProviderUnavailable

CARD = PaymentMethod(
    "card",
    ways=ALL_CALLED,
    hold_lives=timedelta(days=7),
    needs_customer=True,
)

PASSING = evolve(CARD, passes_on=True)
"""The same card, with which the sandbox passes earnings on as it takes the money."""

DECLINED = "tok_declined"
"""A means that every hold and charge declines."""
CHALLENGED = "tok_challenged"
"""A means whose first hold or charge asks the customer to act, and then goes well."""
IN_PART = "tok_in_part"
"""A means of which every hold, raise and charge gives only half: what no provider should do."""
DIES_EARLY = "tok_capture_fails"
"""A means whose hold goes well and whose capture fails."""
NOT_BACK = "tok_refund_fails"
"""A means that pays well and takes nothing back (a card that was closed since)."""
CLOSED_ACCOUNT = "acc_closed"
"""An account that no payout arrives at."""
EMPTY_ACCOUNT = "acc_empty"
"""An account whose owner moves all that arrives on at once: nothing can be taken back from it."""


def given(order: Order, means: str | None) -> Money:
    """How much of what is asked it sets aside or takes: all, but for a means that gives half."""
    asked = order.amount
    return Money(asked.amount // 2, asked.currency) if means == IN_PART else asked


def unavailable(times: int) -> Callable[[Order], None]:
    """For ``before``: no answer so many times, then all is well."""
    left = [times]

    def lose(order: Order) -> None:
        if left[0] > 0:
            left[0] -= 1
            raise PaymentProviderUnavailable(f"no answer to {order.kind.value}")

    return lose
