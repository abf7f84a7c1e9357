"""Haat's first people: three stalls, and two who order from home."""

from typing import Any

from attrs import frozen

from haat.rules import attributes
from marketplace import Listing, Marketplace, Party

STALLS: tuple[tuple[str, str, int, int, int, dict[str, Any]], ...] = (
    ("Sunita's Pickles", "Lapsi pickle, a jar", 350, 600, 40, {"category": "food"}),
    ("Ganesh Copper", "A copper pot", 2_400, 1_800, 6, {}),
    ("Dhaka Cloth", "A dhaka scarf", 900, 200, 15, {
        "category": "cloth",
        "variants": [{"key": "red", "name": "Red"}, {"key": "black", "name": "Black"}],
    }),
)  # fmt: skip
"""Who sells, what, for how many rupees, how many grams, how many, and what else is to be said."""


@frozen
class Stall:
    """Somebody who sells, and what."""

    party: Party
    article: Listing


@frozen
class Square:
    """Everybody there is."""

    stalls: tuple[Stall, ...]
    neighbours: tuple[Party, ...]


def fill(market: Marketplace) -> Square:
    """Everybody joins, and every stall holds its article out."""
    neighbours = tuple(market.parties.join(name) for name in ("Mina", "Suresh"))
    return Square(tuple(_stall(market, *one) for one in STALLS), neighbours)


def _stall(
    market: Marketplace,
    name: str,
    title: str,
    price: int,
    weight_g: int,
    count: int,
    said: dict[str, Any],
) -> Stall:
    party = market.parties.join(name, language="ne")
    drafted = market.listings.draft(
        "goods", by=party, title=title, currency="NPR",
        attributes=attributes(price, weight_g, **said),
    )  # fmt: skip
    for one in market.listings.stock(drafted.id, by=party):
        if one.resource == "stock":
            market.listings.supply(drafted.id, by=party, option=one.option, add=count)
    return Stall(party, market.listings.publish(drafted.id, by=party))
