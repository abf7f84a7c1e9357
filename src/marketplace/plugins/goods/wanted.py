"""What a customer wants of a listing of goods, and why it cannot be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from marketplace import Reason, Request
from marketplace.plugins.goods.product import Product
from marketplace.plugins.goods.settings import Freight


@frozen
class Wanted:
    """So many pieces of one article."""

    quantity: int
    variant: str | None
    custom: Mapping[str, str]
    sample: bool
    country: str | None
    """Where they go."""

    @classmethod
    def of(cls, request: Request) -> Wanted:
        """Out of a request that the schema has let through."""
        said = request.attributes
        return cls(
            quantity=request.quantity,
            variant=said.get("variant"),
            custom=said.get("custom", {}),
            sample=said.get("sample", False),
            country=said.get("ship_to", {}).get("country"),
        )


def refusals(wanted: Wanted, product: Product, tables: Mapping[str, Freight]) -> Sequence[Reason]:
    """Every reason against it; none: it has a price."""
    found = [*_quantity(wanted, product), *_kind(wanted, product)]
    if product.digital or found:
        return found
    if wanted.country is None:
        return [Reason("goods_needs_a_country")]
    table = tables.get(product.freight) if isinstance(product.freight, str) else None
    if table is None:
        return []
    steps = table.steps(wanted.country)
    weight = product.weight(wanted.variant) * wanted.quantity
    if not steps:
        return [Reason("goods_not_sent_there", {"country": wanted.country})]
    if weight > steps[-1][0]:
        params = {"weight_g": weight, "most_g": steps[-1][0], "country": wanted.country}
        return [Reason("goods_too_heavy", params)]
    return []


def _quantity(wanted: Wanted, product: Product) -> Sequence[Reason]:
    has = {"wanted": wanted.quantity}
    if wanted.sample:
        if product.sample is None:
            return [Reason("goods_no_sample_offered")]
        most = product.sample[1]
        above = wanted.quantity > most
        return [Reason("goods_too_many_samples", has | {"most": most})] if above else []
    if wanted.quantity < product.moq:
        return [Reason("goods_below_least", has | {"least": product.moq})]
    if wanted.quantity % product.multiple:
        return [Reason("goods_whole_cartons", has | {"multiple": product.multiple})]
    return []


def _kind(wanted: Wanted, product: Product) -> Sequence[Reason]:
    found = []
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
