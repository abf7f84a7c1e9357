"""Real orders of many sellers through the real engine, in the order in which they happened.

``replay_orders(folder)`` reads the files that Olist published, opens a marketplace of its sellers,
plays every order's life, and gives what came of it. It raises where the ledger does not say what
the files say.
"""

from marketplace.plugins.goods.demo.olist.result import Replayed
from marketplace.plugins.goods.demo.olist.shop import OrderPolicy
from marketplace.plugins.goods.demo.olist.whole import replay_orders

__all__ = ["OrderPolicy", "Replayed", "replay_orders"]
