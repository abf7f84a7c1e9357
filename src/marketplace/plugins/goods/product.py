"""A listing of goods, ready to be asked; and what no schema can say of its attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from marketplace import Listing, Reason


@frozen
class Variant:
    """One of several kinds of an article: red, in XL."""

    key: str
    price: int | None
    """Instead of the article's; None: the article's, and ``more``."""
    more: int
    weight_g: int | None


@frozen
class Custom:
    """A wish that a seller fulfils: an engraving, a colour of the maker's."""

    name: str
    kind: str
    """``text`` or ``choice``."""
    price: int
    """More for each piece."""
    choices: tuple[str, ...]
    most: int
    """Letters at most."""


@frozen
class Flash:
    """A price of a few hours."""

    price: int
    begins: datetime
    ends: datetime
    each: int | None
    """How many one order may be of, in whatever variants."""


@frozen
class Group:
    """A price for those who buy together."""

    price: int
    least: int
    """So many pieces, or none is sold."""
    closes: datetime


@frozen
class Product:
    """An article as its seller holds it out; sums in minor units."""

    listing_id: str
    title: str
    currency: str
    price: int | None
    tiers: tuple[tuple[int, int], ...]
    """From so many pieces on, the price of each."""
    moq: int
    multiple: int
    variants: Mapping[str, Variant]
    custom: Mapping[str, Custom]
    weight_g: int
    lead_days: int
    digital: bool
    sample: tuple[int, int] | None
    """The price of a sample, and how many one customer gets at once."""
    freight: str | Mapping[str, int] | None
    returns: str
    parts: tuple[int, ...]
    """Basis points of the price that are paid one after the other; none: all at once."""
    backorder: int | None = None
    """Days until goods that are not there yet are sent; None: they are not sold."""
    flash: Flash | None = None
    group: Group | None = None
    by_offer: bool = False
    """Whether it has no price of its own: its seller makes offers for needs."""
    supplied: bool = False
    """Whether somebody else sends it."""

    @classmethod
    def of(cls, listing: Listing) -> Product:
        """Out of a listing that the schema has let through."""
        said = listing.attributes
        sample = said.get("sample")
        return cls(
            listing_id=listing.id,
            title=listing.title,
            currency=listing.currency,
            price=said.get("price"),
            tiers=tuple((one["from"], one["price"]) for one in said.get("tiers", ())),
            moq=said.get("moq", 1),
            multiple=said.get("multiple", 1),
            variants={one["key"]: _variant(one) for one in said.get("variants", ())},
            custom={one["name"]: _custom(one) for one in said.get("custom", ())},
            weight_g=said.get("weight_g", 0),
            lead_days=said.get("lead_days", 0),
            digital=said.get("digital", False),
            sample=None if sample is None else (sample["price"], sample["most"]),
            freight=said.get("freight"),
            returns=said.get("returns", "buyer_pays"),
            by_offer=said.get("by_offer", False),
            supplied="supplier" in said,
            parts=tuple(said.get("parts", ())),
            backorder=said["backorder"]["days"] if "backorder" in said else None,
            flash=_flash(said["flash"]) if "flash" in said else None,
            group=_group(said["group"]) if "group" in said else None,
        )

    def unit(self, quantity: int, variant: str | None) -> tuple[int, int]:
        """The price of one piece among so many, and from how many on it holds."""
        chosen = None if variant is None else self.variants[variant]
        since, price = 1, self.price or 0
        for least, each in self.tiers:
            if quantity >= least:
                since, price = least, each
        if chosen is not None:
            price = chosen.price if chosen.price is not None else price + chosen.more
        return price, since

    def weight(self, variant: str | None) -> int:
        """The grams of one piece."""
        chosen = None if variant is None else self.variants[variant].weight_g
        return self.weight_g if chosen is None else chosen


def _flash(said: Mapping[str, Any]) -> Flash:
    begins, ends = (datetime.fromisoformat(said[name]) for name in ("from", "to"))
    return Flash(said["price"], begins, ends, said.get("each"))


def _group(said: Mapping[str, Any]) -> Group:
    return Group(said["price"], said["least"], datetime.fromisoformat(said["closes"]))


def _variant(said: Mapping[str, Any]) -> Variant:
    return Variant(said["key"], said.get("price"), said.get("more", 0), said.get("weight_g"))


def _custom(said: Mapping[str, Any]) -> Custom:
    choices = tuple(said.get("choices", ()))
    return Custom(said["name"], said["kind"], said.get("price", 0), choices, said.get("max", 200))


def faults(listing: Listing, tables: Mapping[str, str]) -> Sequence[Reason]:
    """Why an article cannot be held out; ``tables`` are the freight tables' currencies."""
    said, product = listing.attributes, Product.of(listing)
    found = list(_price_faults(product))
    if len(product.custom) < len(said.get("custom", ())):
        found.append(Reason("goods_named_twice", {"field": "custom"}))
    for wish in product.custom.values():
        if (wish.kind == "choice") != bool(wish.choices):
            found.append(Reason("goods_choices_of_a_choice", {"name": wish.name}))
    if product.flash is not None and product.flash.begins >= product.flash.ends:
        found.append(Reason("goods_flash_lasts"))
    table = product.freight
    if isinstance(table, str) and table not in tables:
        known = ", ".join(sorted(tables))
        found.append(Reason("goods_unknown_freight", {"name": table, "known": known}))
    elif isinstance(table, str) and tables[table] != product.currency:
        found.append(Reason("goods_freight_currency", {"name": table, "currency": tables[table]}))
    if product.parts and (product.digital or sum(product.parts) != 10_000):
        found.append(Reason("goods_parts_of_a_whole", {"bp": sum(product.parts)}))
    return found


def _price_faults(product: Product) -> Sequence[Reason]:
    froms = [least for least, _ in product.tiers]
    if not product.by_offer and (product.price is None) == (not froms):
        return [Reason("goods_one_price")]
    if froms and (froms != sorted(set(froms)) or froms[0] != product.moq):
        return [Reason("goods_tiers_ascend", {"first": froms[0], "moq": product.moq})]
    if product.moq % product.multiple:
        params = {"moq": product.moq, "multiple": product.multiple}
        return [Reason("goods_moq_of_cartons", params)]
    return []
