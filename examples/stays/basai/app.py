"""Builds Basai's marketplace: the one place that names the plugins and the database.

``marketplace check --app basai.app:market`` and all other commands find it by this.
"""

import os
from typing import Any

from basai.rules import TAXES, HouseRules, deals, fees, processes
from marketplace import Clock, Marketplace, PayoutPlan, SystemClock
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.stays import Stays

DATABASE = "BASAI_DATABASE"
"""The environment variable with the database's URL."""


def trade() -> Stays:
    """The stays plugin as Basai has it."""
    return Stays(processes=processes(), deals=deals(), fees=fees(), taxes=TAXES)


def build(
    target: Any = "sqlite://", *, clock: Clock | None = None, card: Any = None, **options: Any
) -> Marketplace:
    """Basai on any database: a URL, an engine, a connection; by default in memory.

    ``card`` is who takes cards and pays out: Stripe, say. The sandbox is its stand-in.
    """
    time = clock or SystemClock()
    card = card or Sandbox(now=time.now)
    plugins = [trade(), card, HouseRules()]
    plan = PayoutPlan(minimum=500_00, provider=card.name)
    return Marketplace.open(target, plugins, clock=time, payouts=plan, create="missing", **options)


def market() -> Marketplace:
    """Basai on its own database."""
    return build(os.environ.get(DATABASE, "sqlite:///basai.sqlite"))
