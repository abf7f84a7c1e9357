"""Goods: shops and workshops, by the piece, with orders, samples, licences and contracts.

``Goods(freight=…, taxes=…)`` is the plugin. What a seller sells, at which tiers, in which variants,
is data in each listing.
"""

from marketplace.plugins.goods.bargains import needs
from marketplace.plugins.goods.plugin import Goods
from marketplace.plugins.goods.processes import (
    claim,
    contract,
    digital,
    every,
    order,
    sample,
    supplied_order,
)
from marketplace.plugins.goods.settings import Freight, GoodsTax, GoodsTimes, Limits
from marketplace.plugins.goods.supply import supply

__all__ = [
    "Freight",
    "Goods",
    "GoodsTax",
    "GoodsTimes",
    "Limits",
    "claim",
    "contract",
    "digital",
    "every",
    "needs",
    "order",
    "sample",
    "supplied_order",
    "supply",
]
