"""A listing of goods, ready to be asked; and what no schema can say of its attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from attrs import frozen

from marketplace import Listing, Reason

Plain = TypeVar("Plain", str, int, bool)


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


# No slots: beside what is worked out once they would have every field read in the slow way.
@frozen(slots=False)
class Product:
    """An article as its seller holds it out, in a listing that the schema has let through; sums in
    minor units. It is read where it is asked: most ask for little of it."""

    listing: Listing
    parts: tuple[int, ...]
    """Basis points of the price that are paid one after the other; none: all at once."""

    @classmethod
    def of(cls, listing: Listing) -> Product:
        """The article of a listing, as it is held out there."""
        return cls(listing, tuple(listing.attributes.get("parts", ())))

    @property
    def listing_id(self) -> str:
        """The listing's."""
        return self.listing.id

    @property
    def title(self) -> str:
        """The listing's."""
        return self.listing.title

    @property
    def currency(self) -> str:
        """The listing's."""
        return self.listing.currency

    @property
    def price(self) -> int | None:
        """The price of each, however many; None: it has tiers, or is sold by offer."""
        found: int | None = self.listing.attributes.get("price")
        return found

    @cached_property
    def tiers(self) -> tuple[tuple[int, int], ...]:
        """From so many pieces on, the price of each."""
        return tuple(
            (one["from"], one["price"]) for one in self.listing.attributes.get("tiers", ())
        )

    @property
    def moq(self) -> int:
        """So many are bought at least."""
        return self._said("moq", 1)

    @property
    def multiple(self) -> int:
        """So many are in a carton."""
        return self._said("multiple", 1)

    @cached_property
    def variants(self) -> Mapping[str, Variant]:
        """Its kinds by their keys."""
        return {one["key"]: _variant(one) for one in self.listing.attributes.get("variants", ())}

    @cached_property
    def custom(self) -> Mapping[str, Custom]:
        """The wishes that are fulfilled, by their names."""
        return {one["name"]: _custom(one) for one in self.listing.attributes.get("custom", ())}

    @property
    def weight_g(self) -> int:
        """The grams of a piece."""
        return self._said("weight_g", 0)

    @property
    def lead_days(self) -> int:
        """Days before it can be handled."""
        return self._said("lead_days", 0)

    @property
    def digital(self) -> bool:
        """Whether nothing of it is sent by parcel."""
        return self._said("digital", False)

    @property
    def sample(self) -> tuple[int, int] | None:
        """The price of a sample, and how many one customer gets at once."""
        said = self.listing.attributes.get("sample")
        return None if said is None else (said["price"], said["most"])

    @property
    def freight(self) -> str | Mapping[str, int] | None:
        """The name of a table, or what the first and each more costs."""
        found: str | Mapping[str, int] | None = self.listing.attributes.get("freight")
        return found

    @property
    def returns(self) -> str:
        """Who pays for the way back."""
        return self._said("returns", "buyer_pays")

    @property
    def backorder(self) -> int | None:
        """Days until goods that are not there yet are sent; None: they are not sold."""
        said = self.listing.attributes.get("backorder")
        return None if said is None else int(said["days"])

    @cached_property
    def flash(self) -> Flash | None:
        """The price of a few hours, if there is one."""
        said = self.listing.attributes.get("flash")
        return None if said is None else _flash(said)

    @cached_property
    def group(self) -> Group | None:
        """The price for those who buy together, if there is one."""
        said = self.listing.attributes.get("group")
        return None if said is None else _group(said)

    @property
    def by_offer(self) -> bool:
        """Whether it has no price of its own: its seller makes offers for needs."""
        return self._said("by_offer", False)

    @property
    def supplied(self) -> bool:
        """Whether somebody else sends it."""
        return "supplier" in self.listing.attributes

    def _said(self, name: str, unsaid: Plain) -> Plain:
        found: Plain = self.listing.attributes.get(name, unsaid)
        return found

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
    flash, _ = product.flash, product.group  # What names a time that there is not breaks here.
    if flash is not None and flash.begins >= flash.ends:
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
