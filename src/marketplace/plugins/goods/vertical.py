"""Goods as a vertical: fields, stock, times and words, out of an operator's settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from marketplace import DAY, Choice, Process, ResourcePlan, Reviewing, SearchPlan, Vertical
from marketplace.plugins.goods.bargains import Negotiated
from marketplace.plugins.goods.product import Product
from marketplace.plugins.goods.settings import GoodsTimes
from marketplace.plugins.goods.supply import SUPPLIED, SUPPLY, supplied_by, supplier
from marketplace.plugins.goods.wanted import Wanted
from marketplace.plugins.goods.words import WORDS

_BIG = 1_000_000_000_000
_SUM = {"type": "integer", "minimum": 0, "maximum": _BIG}
_COUNT = {"type": "integer", "minimum": 0, "maximum": 1_000_000_000}
_LEAST = {"type": "integer", "minimum": 1, "maximum": 1_000_000_000}
_NAME = {"type": "string", "minLength": 1, "maxLength": 60}
_KEY = {"type": "string", "pattern": "^[a-z0-9-]{1,40}$"}
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
    stock=_COUNT,
    samples=_COUNT,
    sample=_object("price", "most", price=_SUM, most=_LEAST),
    lead_days={"type": "integer", "minimum": 0, "maximum": 730},
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
REQUEST = _object(
    need=_object(
        "category",
        category=_NAME,
        spec=_text(5_000),
        target_price=_SUM,
        deliver_by={"type": "string", "format": "date"},
    ),
    variant=_KEY,
    custom={"type": "object", "additionalProperties": _text(2_000), "maxProperties": 50},
    sample={"type": "boolean"},
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
    """How a deal goes: by what is sold, and by what is wanted of it."""
    assert choice.listing is not None
    product = Product.of(choice.listing)
    if Wanted.of(choice.request).sample:
        return "sample"
    if product.digital:
        return "digital"
    if supplier(choice.listing) is not None and not choice.terms.get("parts"):
        return SUPPLIED
    parts = choice.terms.get("parts", product.parts)
    if parts or product.by_offer:
        return f"contract_{max(len(parts), 1)}"
    return "order"


def moments_by(times: GoodsTimes) -> Callable[[Choice], Mapping[str, datetime]]:
    """By when goods must be sent, and until when their buyer is protected."""

    def moments(choice: Choice) -> Mapping[str, datetime]:
        lead = 0 if choice.listing is None else Product.of(choice.listing).lead_days
        lead = choice.terms.get("days", lead)
        ship_by = choice.at + times.handling + lead * DAY
        return {"ship_by": ship_by, "protected_until": ship_by + times.transit + times.protection}

    return moments


def vertical(
    name: str,
    processes: tuple[Process, ...],
    follow_ups: tuple[Process, ...],
    times: GoodsTimes,
    choose: Callable[[Choice], str] = process_of,
) -> Vertical:
    """The trade as data."""
    agreed = tuple(sorted({state for process in processes for state in process.paid}))
    return Vertical(
        name=name,
        processes=processes,
        follow_ups=follow_ups,
        listing_schema=LISTING,
        request_schema=REQUEST,
        offer_schema=OFFER,
        negotiated=Negotiated(name),
        open_needs=("need", "message", "ship_to.country"),
        resources=(
            ResourcePlan("stock", kind="counted", capacity="stock"),
            ResourcePlan("samples", kind="counted", capacity="samples"),
        ),
        choose=choose,
        moments=moments_by(times),
        links={SUPPLY: supplied_by} if any(one.name == SUPPLY for one in follow_ups) else {},
        private=("supplier",),
        reviewing=Reviewing(axes=("as_described", "delivery", "communication"), window=30 * DAY),
        visible={"licence": ("customer",)},
        search=SearchPlan(price="price", texts=("description", "brand"), tags=("category",)),
        hides_contacts=True,
        texts=("description", "message", "brand", "need.spec"),
        agreed_in=agreed,
        words=WORDS,
    )
