"""The marketplace of the bazaar: its plugins and settings, and where its shops and buyers are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import field, frozen

from marketplace import ManualClock, Marketplace, PayoutPlan
from marketplace.demo.left import bank_beside
from marketplace.plugins.commission import Commission
from marketplace.plugins.coupons import Coupons
from marketplace.plugins.goods.plugin import Goods
from marketplace.plugins.goods.settings import Freight, GoodsTax
from marketplace.plugins.sandbox import Sandbox

BAZAAR = "goods"
"""What the bazaar calls what it leaves."""
CURRENCY = "NPR"
ZONE = "Asia/Kathmandu"
OPENS = date(2026, 9, 14)
DAYS = 56
"""To the eighth of November; Dashain and Tihar are in it."""
COMMISSION_BP, TAX_BP = 1_000, 1_300
FREIGHT = {
    "courier": Freight(
        {
            "NP": ((1_000, 150_00), (5_000, 350_00), (30_000, 1_200_00)),
            "*": ((2_000, 2_800_00), (10_000, 7_500_00)),
        },
        CURRENCY,
    )
}
TAXES = {"NP": GoodsTax("VAT", 1_300)}
PURSES = ("price", "part1", "part2")
CODE = "DASHAIN"
"""A coupon of the bazaar's own, over all that is in a basket."""


@frozen
class Quarter:
    """A part of the valley, by its public name, to some hundred metres."""

    name: str
    lat: float
    lon: float


QUARTERS = (
    Quarter("Thamel", 27.7154, 85.3123), Quarter("Asan", 27.7078, 85.3125),
    Quarter("Boudha", 27.7215, 85.3620), Quarter("Patan", 27.6727, 85.3253),
    Quarter("Bhaktapur", 27.6720, 85.4298), Quarter("Kirtipur", 27.6780, 85.2775),
    Quarter("Baluwatar", 27.7280, 85.3305), Quarter("Kalanki", 27.6935, 85.2815),
    Quarter("Baneshwor", 27.6893, 85.3436), Quarter("Budhanilkantha", 27.7650, 85.3650),
    Quarter("Gokarna", 27.7390, 85.3880), Quarter("Thimi", 27.6790, 85.3870),
)  # fmt: skip
ABROAD = ("DE", "JP", "US")


@frozen
class Article:
    """Something that a shop sells; sums in paisa."""

    title: str
    said: Mapping[str, Any]
    stock: int
    samples: int = 0
    group_stock: int = 0
    """How many pieces are sold to those who buy together."""
    wish: str = ""
    """What a buyer may wish for, as text."""


@frozen
class Shop:
    """Who sells, where, and what."""

    name: str
    quarter: Quarter
    articles: tuple[Article, ...] = field(factory=tuple)


def _colours(*names: str) -> list[dict[str, Any]]:
    return [{"key": name, "name": name.title()} for name in names]


SHOPS = (
    Shop("Asha Pashmina", QUARTERS[0], (
        Article("A pashmina shawl", {
            "category": "pashmina", "price": 6_500_00, "weight_g": 220, "freight": "courier",
            "variants": _colours("crimson", "indigo", "natural"),
            "custom": [{"name": "initials", "kind": "text", "max": 3, "price": 300_00}],
            "returns": "seller_pays",
        }, stock=60, wish="initials"),
        Article("A stole of wool", {
            "category": "pashmina", "price": 1_800_00, "weight_g": 180, "freight": "courier",
        }, stock=120),
    )),
    Shop("Patan Bowls", QUARTERS[3], (
        Article("A singing bowl, beaten by hand", {
            "category": "bowls", "weight_g": 900, "freight": "courier",
            "tiers": [{"from": 1, "price": 3_200_00}, {"from": 3, "price": 2_900_00}],
            "sample": {"price": 900_00, "most": 1},
        }, stock=140, samples=20),
        Article("A cushion for a bowl", {
            "category": "bowls", "price": 450_00, "weight_g": 90,
            "freight": {"first": 100_00, "more": 20_00, "free_from": 2_000_00},
        }, stock=200),
    )),
    Shop("Bhaktapur Thangka Studio", QUARTERS[4], (
        Article("A thangka, printed", {
            "category": "thangka", "price": 2_400_00, "weight_g": 300, "freight": "courier",
        }, stock=80),
        Article("A thangka, painted for you", {
            "category": "thangka", "price": 48_000_00, "weight_g": 1_500, "freight": "courier",
            "parts": [3_000, 7_000], "lead_days": 30,
        }, stock=12),
    )),
    Shop("Ilam Leaf", QUARTERS[1], (
        Article("First flush tea, 100 g", {
            "category": "tea", "weight_g": 130, "freight": "courier", "moq": 2, "multiple": 2,
            "tiers": [{"from": 2, "price": 700_00}, {"from": 10, "price": 620_00}],
            "sample": {"price": 80_00, "most": 2},
            "group": {"price": 540_00, "least": 8, "closes": "2026-10-16T18:00:00+05:45"},
        }, stock=400, samples=60, group_stock=60),
        Article("How to brew it, a small book", {
            "category": "tea", "price": 250_00, "digital": True,
        }, stock=0),
    )),
    Shop("Lokta Papers", QUARTERS[2], (
        Article("A notebook of lokta paper", {
            "category": "paper", "price": 380_00, "weight_g": 240, "freight": "courier",
            "group": {"price": 290_00, "least": 200, "closes": "2026-10-30T18:00:00+05:45"},
        }, stock=300, group_stock=250),
    )),
)  # fmt: skip


def open_bazaar(url: str, clock: ManualClock, seed: int | None = None) -> Marketplace:
    """Goods with freight by weight, a tax, a commission, and coupons."""
    return Marketplace.open(
        url,
        plugins=[
            Goods(freight=FREIGHT, taxes=TAXES),
            Coupons(),
            Commission(bp=COMMISSION_BP, tax_bp=TAX_BP, purses=PURSES),
            Sandbox(bank_beside(url), now=clock.now),
        ],
        clock=clock,
        seed=seed,
        create="missing",
        payouts=PayoutPlan(provider="sandbox"),
    )
