"""Goods: shops and workshops, by the piece, with orders, samples, licences and contracts.

``Goods(freight=…, taxes=…)`` is the plugin. What a seller sells, at which tiers, in which variants,
is data in each listing.
"""

from marketplace.plugins.goods.article import Article
from marketplace.plugins.goods.bargains import needs
from marketplace.plugins.goods.buybox import Candidate, Picking, Ranked, rank
from marketplace.plugins.goods.catalogue import Catalogue
from marketplace.plugins.goods.metrics import Level, Levels, SellerMetrics
from marketplace.plugins.goods.plugin import Goods
from marketplace.plugins.goods.processes import (
    backorder,
    claim,
    contract,
    digital,
    every,
    flash,
    group,
    order,
    sample,
    supplied_order,
)
from marketplace.plugins.goods.sellers import Sellers
from marketplace.plugins.goods.settings import Freight, GoodsTax, GoodsTimes, Limits
from marketplace.plugins.goods.supply import supply

__all__ = [
    "Article",
    "Candidate",
    "Catalogue",
    "Freight",
    "Goods",
    "GoodsTax",
    "GoodsTimes",
    "Level",
    "Levels",
    "Limits",
    "Picking",
    "Ranked",
    "SellerMetrics",
    "Sellers",
    "backorder",
    "claim",
    "contract",
    "digital",
    "every",
    "flash",
    "group",
    "needs",
    "order",
    "rank",
    "sample",
    "supplied_order",
    "supply",
]
