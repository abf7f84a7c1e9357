"""An account's balance, the movements that make it, and the events that were told."""

from __future__ import annotations

from .shelf import Body
from .world import Ask, World


def balance(world: World, ask: Ask) -> Body:
    """What is available and what is pending, by currency; either may be negative."""
    sums = world.balance(ask.account) or {"usd": (0, 0)}
    return {
        "object": "balance",
        "available": [_part(currency, sums[currency][0]) for currency in sorted(sums)],
        "livemode": False,
        "pending": [_part(currency, sums[currency][1]) for currency in sorted(sums)],
        "refund_and_dispute_prefunding": {"available": [], "pending": []},
    }


def _part(currency: str, amount: int) -> Body:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


def transaction(world: World, ask: Ask) -> Body:
    """One movement."""
    return world.find("balance_transaction", ask.names["id"], ask.account, "id")


def event(world: World, ask: Ask) -> Body:
    """One event."""
    return world.find("event", ask.names["id"], ask.account, "id")
