"""Goods as a vertical: fields, stock, times and words, out of an operator's settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from marketplace import (
    DAY,
    SUPPLIED,
    Choice,
    Item,
    Listing,
    Process,
    ResourcePlan,
    Reviewing,
    SearchPlan,
    Taking,
    Vertical,
)
from marketplace.plugins.goods.bargains import Negotiated
from marketplace.plugins.goods.pieces import LEFT
from marketplace.plugins.goods.product import Product
from marketplace.plugins.goods.settings import GoodsTimes
from marketplace.plugins.goods.steps import BACKORDER, CONTESTED, FLASH, GROUP, SAMPLES, STOCK
from marketplace.plugins.goods.supply import SUPPLIED_ORDER, SUPPLY, supplied_by
from marketplace.plugins.goods.wanted import JOINED, MADE, SENT_BY, Wanted, wanted_in
from marketplace.plugins.goods.words import WORDS

_BIG = 1_000_000_000_000
_SUM = {"type": "integer", "minimum": 0, "maximum": _BIG}
_COUNT = {"type": "integer", "minimum": 0, "maximum": 1_000_000_000}
_LEAST = {"type": "integer", "minimum": 1, "maximum": 1_000_000_000}
_NAME = {"type": "string", "minLength": 1, "maxLength": 60}
_KEY = {"type": "string", "pattern": "^[a-z0-9-]{1,40}$"}
_DAYS = {"type": "integer", "minimum": 0, "maximum": 730}
_TIME = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$",
}
_COUNTRY = {"type": "string", "pattern": "^[A-Z]{2}$"}


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    found = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(required)}


def _list(items: Any, most: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "maxItems": most}


def _text(most: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": most}


_VARIANT = _object(
    "key",
    key=_KEY,
    name=_text(120),
    options={"type": "object", "additionalProperties": _text(60)},
    price=_SUM,
    more=_SUM,
    weight_g=_COUNT,
)
_CUSTOM = _object(
    "name",
    "kind",
    name=_KEY,
    kind={"enum": ["text", "choice"]},
    choices=_list(_NAME, 100),
    max={"type": "integer", "minimum": 1, "maximum": 2_000},
    price=_SUM,
)
LISTING = _object(
    "category",
    category=_NAME,
    article=_NAME,
    description=_text(20_000),
    photos=_list(_text(64), 100),
    brand=_NAME,
    unit=_NAME,
    origin=_COUNTRY,
    weight_g=_COUNT,
    price=_SUM,
    tiers=_list(_object("from", "price", **{"from": _LEAST, "price": _SUM}), 50),
    moq=_LEAST,
    multiple=_LEAST,
    variants=_list(_VARIANT, 500),
    custom=_list(_CUSTOM, 50),
    sample=_object("price", "most", price=_SUM, most=_LEAST),
    backorder=_object("most", "days", most=_LEAST, days=_DAYS),
    flash=_object("price", "from", "to", price=_SUM, **{"from": _TIME, "to": _TIME}, each=_LEAST),
    group=_object("price", "least", "closes", price=_SUM, least=_LEAST, closes=_TIME),
    lead_days=_DAYS,
    digital={"type": "boolean"},
    freight={
        "anyOf": [_NAME, _object("first", "more", first=_SUM, more=_SUM, free_from=_SUM)],
    },
    returns={"enum": ["buyer_pays", "seller_pays"]},
    by_offer={"type": "boolean"},
    supplier=_object("listing", listing=_text(64), variant=_KEY),
    parts={
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": 9_999},
        "minItems": 2,
        "maxItems": 4,
    },
)
ITEM = _object(
    custom={"type": "object", "additionalProperties": _text(2_000), "maxProperties": 50},
    sample={"type": "boolean"},
    backorder={"type": "boolean"},
    flash={"type": "boolean"},
    group={"type": "boolean"},
)
REQUEST = _object(
    need=_object(
        "category",
        category=_NAME,
        spec=_text(5_000),
        target_price=_SUM,
        deliver_by={"type": "string", "format": "date"},
    ),
    message=_text(2_000),
    ship_to=_object(
        "country",
        country=_COUNTRY,
        region=_text(100),
        postcode=_text(20),
        city=_text(100),
        name=_text(200),
        street=_text(400),
    ),
)


OFFER = _object(
    parts={
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": 9_999},
        "minItems": 2,
        "maxItems": 4,
    },
    days={"type": "integer", "minimum": 1, "maximum": 730},
    sample={"type": "boolean"},
    note=_text(2_000),
)


def process_of(choice: Choice) -> str:
    """How a deal goes: by its terms, and by what keeps its items apart from others."""
    wanted = wanted_in(choice.request, choice.listing, choice.items)[0]
    parts, kind = choice.terms.get("parts", ()), wanted.kind
    if parts or wanted.product.by_offer:
        return f"contract_{max(len(parts), len(wanted.product.parts), 1)}"
    if not kind:
        return "order"
    if kind.startswith(MADE):
        return f"contract_{len(wanted.product.parts)}"
    for begins, name in ((JOINED, "group"), (SENT_BY, SUPPLIED_ORDER)):
        if kind.startswith(begins):
            return name
    return kind


def part_of(item: Item, listing: Listing) -> str:
    """What keeps an item apart: it goes by another process, or is paid in other parts."""
    return Wanted(0, item, Product.of(listing)).kind


def claims_of(taking: Taking) -> Mapping[str, int]:
    """What an item takes of its listing's counts: as much of it as is still to be sent."""
    wanted = Wanted(taking.number, taking.item, Product.of(taking.listing))
    left = taking.deal.attributes.get(LEFT, {}).get(str(taking.number), wanted.quantity)
    taken = (STOCK, GROUP) if wanted.group else _COUNTS.get(wanted.kind, (STOCK,))
    return dict.fromkeys(taken, left)


_COUNTS = {
    "sample": (SAMPLES,),
    "backorder": (BACKORDER,),
    "flash": (STOCK, FLASH),
    "digital": (),
}
"""Of what a kind of item is taken, where that is not the stock alone."""


def moments_by(times: GoodsTimes) -> Callable[[Choice], Mapping[str, datetime]]:
    """By when goods must be sent, and until when their buyer is protected."""

    def moments(choice: Choice) -> Mapping[str, datetime]:
        wanted = wanted_in(choice.request, choice.listing, choice.items)
        lead = choice.terms.get("days", max((one.lead_days for one in wanted), default=0))
        group = wanted[0].product.group if wanted and wanted[0].group else None
        begins = choice.at if group is None else group.closes
        ship_by = begins + times.handling + lead * DAY
        found = {"ship_by": ship_by, "protected_until": ship_by + times.transit + times.protection}
        return found if group is None else found | {"closes": group.closes}

    return moments


def agreed_in(process: Process) -> Iterable[str]:
    """The states in which somebody has to know where to send something: it is paid, or made, or a
    supplier has taken it on."""
    if process.name == SUPPLY:
        return ("accepted", "shipped")
    if process.name.startswith("contract_"):
        return set(process.states) - {process.start, *process.final}
    return process.paid


def vertical(
    name: str,
    processes: tuple[Process, ...],
    follow_ups: tuple[Process, ...],
    times: GoodsTimes,
    choose: Callable[[Choice], str] = process_of,
) -> Vertical:
    """The trade as data."""
    agreed = tuple(sorted({state for one in (*processes, *follow_ups) for state in agreed_in(one)}))
    return Vertical(
        name=name,
        processes=processes,
        follow_ups=follow_ups,
        listing_schema=LISTING,
        request_schema=REQUEST,
        item_schema=ITEM,
        part=part_of,
        offer_schema=OFFER,
        negotiated=Negotiated(name),
        open_needs=("need", "message", "ship_to.country"),
        resources=(
            ResourcePlan(STOCK, kind="counted", capacity=SUPPLIED, options="variants"),
            ResourcePlan(SAMPLES, kind="counted", capacity=SUPPLIED),
            ResourcePlan(BACKORDER, kind="counted", capacity="backorder.most", unsaid=0),
            ResourcePlan(FLASH, kind="counted", capacity=SUPPLIED),
            ResourcePlan(GROUP, kind="counted", capacity=SUPPLIED),
        ),
        claims=claims_of,
        choose=choose,
        moments=moments_by(times),
        links={SUPPLY: supplied_by} if any(one.name == SUPPLY for one in follow_ups) else {},
        private=("supplier",),
        reviewing=Reviewing(axes=("as_described", "delivery", "communication"), window=30 * DAY),
        visible={"licence": ("customer",)},
        search=SearchPlan(price="price", texts=("description", "brand"), tags=("category",)),
        hides_contacts=True,
        personal=("ship_to.name", "ship_to.street", "ship_to.city", "ship_to.postcode"),
        texts=("description", "message", "brand", "need.spec"),
        agreed_in=agreed,
        disputed_in=tuple(one for one in CONTESTED if any(one in p.states for p in processes)),
        words=WORDS,
    )
