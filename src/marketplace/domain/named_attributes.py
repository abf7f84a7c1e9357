"""Attributes that a trade names (private, personal, counted, searched), held against its schemas.

A slip in such a name would hide nothing, count nothing, and say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import fields

from marketplace.domain.vertical import ResourcePlan, Vertical

_USUAL: tuple[str, ...] = fields(Vertical).texts.default or ()
"""Texts that are masked wherever a trade has them: no promise that it does."""
_LEFT_OPEN = frozenset(
    {"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "patternProperties", "prefixItems"}
)
"""Words of a schema by which it may know what it does not list."""

Unknown = tuple[str, str, str]
"""A field of the vertical, which schemas it names attributes of, and one that is in none."""


def unknown_attributes(vertical: Vertical) -> Iterator[Unknown]:
    """Every attribute that a vertical names and that no schema of it can have."""
    listing, request = vertical.listing_schema, vertical.request_schema
    of_listing = (("listing_schema", listing),)
    either = (*of_listing, ("request_schema", request))
    texts = [name for name in vertical.texts if name not in _USUAL]
    shown = [name for name in vertical.visible if name not in vertical.reveals]
    yield from _unknown("private", vertical.private, of_listing)
    yield from _unknown("personal", vertical.personal, (("request_schema", request),))
    yield from _unknown("open_needs", vertical.open_needs or (), (("request_schema", request),))
    yield from _unknown("texts", texts, either)
    yield from _unknown("visible", shown, (("transaction_schema", vertical.transaction_schema),))
    yield from _unknown("reviewing.zone", _named(vertical.reviewing.zone), of_listing)
    for one in vertical.seats:
        yield from _unknown("seats", _named(one.listing), of_listing)
    for plan in vertical.resources:
        yield from _of_resource(plan, listing)
    yield from _unknown("search", _searched(vertical), of_listing)


def _of_resource(plan: ResourcePlan, listing: Mapping[str, Any]) -> Iterator[Unknown]:
    schemas = [("listing_schema", listing)]
    options = _named(plan.options)
    unknown = list(_unknown("resources", options, schemas))
    yield from unknown
    if options and not unknown:
        # Each option is sized by its own fields before the listing's.
        inside = _found(listing, str(plan.options))
        each = inside.get("items") if isinstance(inside, Mapping) else None
        schemas.append((str(plan.options), each if isinstance(each, Mapping) else {}))
    sizes = (plan.capacity, plan.zone, plan.before, plan.after)
    named = [name for name in sizes if isinstance(name, str)]
    yield from _unknown("resources", named, schemas)


def _searched(vertical: Vertical) -> list[str]:
    plan = vertical.search
    if plan is None:
        return []
    alone = (plan.price, plan.fits, plan.least, plan.most, plan.varies, plan.notice, plan.window)
    ranked = [one.attribute for one in plan.rank]
    named = [name for name in alone if name is not None]
    return [*named, *plan.texts, *plan.tags, *(plan.gated or ()), *ranked]


def _named(name: str | None) -> tuple[str, ...]:
    return () if name is None else (name,)


def _unknown(
    field: str, names: Iterable[str], schemas: Iterable[tuple[str, Mapping[str, Any]]]
) -> Iterator[Unknown]:
    known = list(schemas)
    for name in names:
        if all(_found(schema, name) is None for _, schema in known):
            yield field, " or ".join(called for called, _ in known), name


def _found(schema: Any, path: str) -> Any:
    """What a schema says of a dotted name, true where it leaves that open; None if it has none."""
    here = schema
    for step in path.split("."):
        while isinstance(here, Mapping) and "items" in here and "properties" not in here:
            here = here["items"]
        if not isinstance(here, Mapping) or _LEFT_OPEN & set(here):
            return True
        listed = here.get("properties", {})
        if step not in listed:
            return None if here.get("additionalProperties", True) is False else True
        here = listed[step]
    return here
