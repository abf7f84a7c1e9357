"""Opens again what a run of this demo left behind."""

from __future__ import annotations

from marketplace import ManualClock, Marketplace
from marketplace.demo.left import reopened
from marketplace.plugins.goods.demo.bazaar.town import BAZAAR, open_bazaar
from marketplace.plugins.goods.demo.olist.shop import Bank, OrderPolicy, open_shop

ORDERS = "orders"
"""What the replay of real orders calls what it leaves."""


def open_orders(url: str, clock: ManualClock) -> Marketplace:
    """The marketplace of a replay."""
    return open_shop(url, clock, OrderPolicy(), Bank())


def opened(url: str | None = None) -> tuple[Marketplace, str] | None:
    """The marketplace of the newest run, and its time zone; None when that was another demo's."""
    return reopened({BAZAAR: open_bazaar, ORDERS: open_orders}, url)
