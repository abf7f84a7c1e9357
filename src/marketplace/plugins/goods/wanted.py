"""What a customer wants of a seller's articles, and why it cannot be had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve, frozen

from marketplace import Item, Listing, PricedItem, Reason, Request
from marketplace.plugins.goods.product import Product
from marketplace.plugins.goods.settings import Freight


@frozen
class Wanted:
    """So many pieces of one article."""

    number: int | None
    """Which item of the basket it is; None where one listing is asked for and no basket."""
    item: Item
    product: Product

    @property
    def quantity(self) -> int:
        """How many pieces."""
        return self.item.quantity

    @property
    def variant(self) -> str | None:
        """Of which kind, if one is named."""
        return self.item.option or None

    @property
    def custom(self) -> Mapping[str, str]:
        """What its buyer wishes, by the wishes' names."""
        found: Mapping[str, str] = self.item.attributes.get("custom", {})
        return found

    @property
    def sample(self) -> bool:
        """Whether it is bought to be tried."""
        return self._said("sample")

    @property
    def backorder(self) -> bool:
        """Whether it is bought before it is there."""
        return self._said("backorder")

    @property
    def flash(self) -> bool:
        """Whether it is bought at the price of a few hours."""
        return self._said("flash")

    @property
    def group(self) -> bool:
        """Whether it is bought together with others, if enough join."""
        return self._said("group")

    def _said(self, way: str) -> bool:
        found: bool = self.item.attributes.get(way, False)
        return found

    @property
    def told(self) -> dict[str, Any]:
        """What a line about it says of it."""
        item = {} if self.number is None else {"item": self.number}
        return {"article": self.product.title, "quantity": self.quantity, **item}

    @property
    def lead_days(self) -> int:
        """Days before it can be handled: it is made, or has to come first."""
        return self.product.lead_days + (self.product.backorder or 0) * self.backorder

    @property
    def kind(self) -> str:
        """What keeps it apart from other things of its seller: it is a deal of another process."""
        if self.item.attributes:  # Most say nothing.
            if self.sample:
                return "sample"
            if self.backorder:
                return "backorder"
            if self.flash:
                return "flash"
            if self.group:
                # One group is of one article: each has its own end.
                return f"{JOINED}{self.product.listing_id}"
        if self.product.digital:
            return "digital"
        if self.product.supplied:
            return f"{SENT_BY}{self.product.listing_id}"
        parts = self.product.parts
        return f"{MADE}{'/'.join(map(str, parts))}" if parts else ""


JOINED = "group "
"""What a kind begins with that is bought together with others; the listing's id follows."""

SENT_BY = "supplied "
"""What a kind begins with that a supplier sends; the listing's id follows, which names him."""

MADE = "made "
"""What a kind begins with that is paid in parts, the basis points of which follow."""


@frozen
class Basket:
    """What one deal is about: articles of one seller, and where they go."""

    wanted: Sequence[Wanted]
    country: str | None

    @classmethod
    def of(
        cls, request: Request, listing: Listing | None, items: Iterable[PricedItem] = ()
    ) -> Basket:
        """Out of a request that the schema has let through."""
        found = wanted_in(request, listing, items)
        return cls(found, request.attributes.get("ship_to", {}).get("country"))

    def together(self, one: Wanted) -> int:
        """How many pieces of its article are bought, in whatever variants: tiers count them all."""
        return sum(
            other.quantity
            for other in self.wanted
            if other.product.listing_id == one.product.listing_id and other.kind == one.kind
        )

    @property
    def weighed(self) -> dict[str, int]:
        """Name of a freight table to the grams of all that goes by it."""
        found: dict[str, int] = {}
        for one in self.wanted:
            named = one.product.freight
            if isinstance(named, str) and not one.product.digital:
                grams = one.product.weight(one.variant) * one.quantity
                found[named] = found.get(named, 0) + grams
        return found

    def refusals(self, tables: Mapping[str, Freight], at: datetime) -> Sequence[Reason]:
        """Every reason against it, each naming its article; none: it has a price."""
        found = [
            evolve(reason, params={**reason.params, **named(one)})
            for one in self.wanted
            for reason in _against(one, self.together(one), at)
        ]
        if found or all(one.product.digital for one in self.wanted):
            return found
        if self.country is None:
            return [Reason("goods_needs_a_country")]
        for name, weight in self.weighed.items():
            steps = tables[name].steps(self.country) if name in tables else ()
            if not steps:
                found.append(Reason("goods_not_sent_there", {"country": self.country}))
            elif weight > steps[-1][0]:
                params = {"weight_g": weight, "most_g": steps[-1][0], "country": self.country}
                found.append(Reason("goods_too_heavy", params))
        return found


def apart(basket: Basket) -> list[Basket]:
    """A basket of several sellers, one for each article: what is refused there is refused here.

    What goes into one parcel is known once it is priced, seller by seller.
    """
    articles: dict[str, list[Wanted]] = {}
    for one in basket.wanted:
        articles.setdefault(one.product.listing_id, []).append(one)
    return [Basket(some, basket.country) for some in articles.values()]


def wanted_in(
    request: Request, listing: Listing | None, items: Iterable[PricedItem]
) -> list[Wanted]:
    """The items of a basket as this trade reads them; without any, what is asked of a listing."""
    found = [wanted_of(one) for one in items]
    if found or listing is None:
        return found
    return [Wanted(None, Item(listing.id, request.quantity), Product.of(listing))]


def wanted_of(priced: PricedItem) -> Wanted:
    """An item of a basket as this trade reads it."""
    return Wanted(priced.number, priced.item, Product.of(priced.listing))


def named(wanted: Wanted) -> dict[str, Any]:
    """Which article a reason speaks of."""
    return {name: value for name, value in wanted.told.items() if name != "quantity"}


def _against(wanted: Wanted, pieces: int, at: datetime) -> Sequence[Reason]:
    """Every reason against an item, of whose article so many are bought in the same way."""
    return [*_quantity(wanted, pieces), *_kind(wanted), *_way(wanted, pieces, at)]


def _quantity(wanted: Wanted, pieces: int) -> Sequence[Reason]:
    product, has = wanted.product, {"wanted": pieces}
    if wanted.sample:
        if product.sample is None:
            return [Reason("goods_no_sample_offered")]
        most = product.sample[1]
        above = pieces > most
        return [Reason("goods_too_many_samples", has | {"most": most})] if above else []
    if pieces < product.moq:
        return [Reason("goods_below_least", has | {"least": product.moq})]
    if pieces % product.multiple:
        return [Reason("goods_whole_cartons", has | {"multiple": product.multiple})]
    return []


def _kind(wanted: Wanted) -> Sequence[Reason]:
    found, product = list[Reason](), wanted.product
    if wanted.variant is None and product.variants:
        found.append(Reason("goods_needs_a_variant", {"known": ", ".join(product.variants)}))
    elif wanted.variant is not None and wanted.variant not in product.variants:
        found.append(Reason("goods_unknown_variant", {"name": wanted.variant}))
    for name, value in wanted.custom.items():
        wish = product.custom.get(name)
        if wish is None:
            found.append(Reason("goods_unknown_custom", {"name": name}))
        elif wish.kind == "choice" and value not in wish.choices:
            known = ", ".join(wish.choices)
            found.append(Reason("goods_unknown_choice", {"name": name, "known": known}))
        elif len(value) > wish.most:
            found.append(Reason("goods_custom_too_long", {"name": name, "most": wish.most}))
    return found


def _way(wanted: Wanted, pieces: int, at: datetime) -> Sequence[Reason]:
    """Whether it is sold in this way, and now."""
    if wanted.product.by_offer:
        return [Reason("goods_by_offer")]
    product, ways = wanted.product, (wanted.sample, wanted.backorder, wanted.flash, wanted.group)
    if sum(ways) > 1:
        return [Reason("goods_one_way")]
    if wanted.backorder and product.backorder is None:
        return [Reason("goods_no_backorder")]
    if wanted.group and (product.group is None or at >= product.group.closes):
        return [Reason("goods_no_group_now")]
    if not wanted.flash:
        return []
    flash = product.flash
    if flash is None or not flash.begins <= at < flash.ends:
        return [Reason("goods_no_flash_now")]
    if flash.each is not None and pieces > flash.each:
        return [Reason("goods_flash_each", {"wanted": pieces, "most": flash.each})]
    return []
