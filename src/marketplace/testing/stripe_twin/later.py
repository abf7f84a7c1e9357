"""What happens by itself as the twin's clock goes on."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from . import disputes, holds, payouts, refunds
from .shelf import Body
from .world import World

HAPPENS: MappingProxyType[str, Callable[[World, Body], None]] = MappingProxyType(
    {
        "dispute": disputes.by_the_card,
        "dispute falls due": disputes.fall_due,
        "dispute is read": disputes.read,
        "hold dies": holds.die,
        "payout arrives": payouts.arrive,
        "payout fails": payouts.fail,
        "refund turns": refunds.turn,
    }
)


def catch_up(world: World) -> None:
    """Do everything that fell due, in its order, each as of its own instant."""
    now = world.now()
    while (due := world.shelf.next_due(now)) is not None:
        at, what, name = due
        body = world.shelf.get(name)
        assert body is not None
        world.at = at
        try:
            HAPPENS[what](world, body)
        finally:
            world.at = None
