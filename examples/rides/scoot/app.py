"""Builds Scoot's marketplace: the one place that names the plugins and the database.

``marketplace check --app scoot.app:market`` and all other commands find it by this.
"""

import os
from typing import Any

from marketplace import Clock, Marketplace, Money, PayoutPlan, SystemClock
from marketplace.plugins.cash import Cash
from marketplace.plugins.commission import Commission
from marketplace.plugins.rides import Rides
from marketplace.plugins.sandbox import Sandbox
from scoot.rules import HouseRules, fare, process

DATABASE = "SCOOT_DATABASE"
"""The environment variable with the database's URL."""


def build(
    target: Any = "sqlite://", *, clock: Clock | None = None, card: Any = None, **options: Any
) -> Marketplace:
    """Scoot on any database: a URL, an engine, a connection; by default in memory.

    ``card`` is who takes cards and pays out: Stripe, say. The sandbox is its stand-in.
    """
    time = clock or SystemClock()
    card = card or Sandbox(now=time.now)
    plugins = [
        Rides(fare=fare(), process=process(), documents=("licence",)),
        Cash(debt_limit=Money(300_00, "NPR")),
        Commission(bp=1_200),
        card,
        HouseRules(),
    ]
    plan = PayoutPlan(minimum=200_00, provider=card.name)
    return Marketplace.open(target, plugins, clock=time, payouts=plan, create="missing", **options)


def market() -> Marketplace:
    """Scoot on its own database."""
    return build(os.environ.get(DATABASE, "sqlite:///scoot.sqlite"))
