"""Builds Haat's marketplace: the one place that names the plugins and the database.

``marketplace check --app haat.app:market`` and all other commands find it by this.
"""

import os
from typing import Any

from haat.rules import COMMISSION_BP, DEBT, FREIGHT, HouseRules, processes, times
from marketplace import Clock, Marketplace, PayoutPlan, SystemClock
from marketplace.plugins.cash import Cash
from marketplace.plugins.commission import Commission
from marketplace.plugins.goods import Goods
from marketplace.plugins.sandbox import Sandbox

DATABASE = "HAAT_DATABASE"
"""The environment variable with the database's URL."""


def trade() -> Goods:
    """The goods plugin as Haat has it."""
    return Goods(times=times(), freight=FREIGHT, processes=processes())


def build(
    target: Any = "sqlite://", *, clock: Clock | None = None, card: Any = None, **options: Any
) -> Marketplace:
    """Haat on any database: a URL, an engine, a connection; by default in memory.

    ``card`` is who takes cards and pays out: Stripe, say. The sandbox is its stand-in.
    """
    time = clock or SystemClock()
    card = card or Sandbox(now=time.now)
    plugins = [
        trade(), Commission(bp=COMMISSION_BP), Cash(debt_limit=DEBT), card, HouseRules(),
    ]  # fmt: skip
    plan = PayoutPlan(minimum=500_00, provider=card.name)
    return Marketplace.open(target, plugins, clock=time, payouts=plan, create="missing", **options)


def market() -> Marketplace:
    """Haat on its own database."""
    return build(os.environ.get(DATABASE, "sqlite:///haat.sqlite"))
