"""Strategies that build every value the store keeps, from the types of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import attrs
from hypothesis import strategies as st

from marketplace.domain.currency import EXPONENTS
from marketplace.domain.money import MAX_AMOUNT, Money
from marketplace.domain.place import Place

# No lone surrogates, which no database takes, and no zero byte, which PostgreSQL does not.
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
whole = st.integers(-MAX_AMOUNT, MAX_AMOUNT)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
moments = st.datetimes(
    datetime(2, 1, 1),  # noqa: DTZ001
    datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=st.one_of(st.just(UTC), offsets),
)
lengths = st.timedeltas(timedelta(0), timedelta(days=10_000))
numbers = st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | whole | numbers | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
currencies = st.sampled_from(sorted(EXPONENTS))
money = st.builds(Money, whole, currencies)
places = st.builds(Place, st.floats(-90, 90), st.floats(-180, 180), text)

# Fields that their class or their table allows less than their type does.
NARROW: dict[tuple[str, str], st.SearchStrategy[Any]] = {
    ("Resource", "capacity"): st.integers(0, MAX_AMOUNT),
    ("Resource", "before"): st.integers(0, MAX_AMOUNT),
    ("Resource", "after"): st.integers(0, MAX_AMOUNT),
    ("Reservation", "quantity"): st.integers(1, MAX_AMOUNT),
    ("Line", "amount"): st.builds(Money, st.integers(0, MAX_AMOUNT), currencies),
    ("Line", "payer"): st.just("customer"),
    ("Rate", "source"): st.just("NPR"),
    ("Rate", "target"): currencies.filter(lambda currency: currency != "NPR"),
    ("Rate", "numerator"): st.integers(1, MAX_AMOUNT),
    ("Rate", "denominator"): st.integers(1, MAX_AMOUNT),
    ("Line", "payee"): text.filter(lambda role: role != "customer"),
}


def of(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    known = {
        str: text, int: whole, bool: st.booleans(), datetime: moments, timedelta: lengths,
        float: numbers, Money: money, Place: places, Any: plain, NoneType: st.none(),
    }  # fmt: skip
    if annotation in known:
        return known[annotation]
    if origin in (Union, UnionType):
        return st.one_of(*(of(one) for one in arguments))
    if origin is Literal:
        return st.sampled_from(arguments)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from(list(annotation))
    if attrs.has(annotation):
        return value(annotation)
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(text, of(arguments[1]), max_size=3)
    if origin is not None:
        return st.lists(of(arguments[0]), max_size=3).map(tuple)
    raise TypeError(f"no strategy for {annotation!r}")


def value(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Values of an attrs class, every field of any value its type allows."""
    attrs.resolve_types(cls)
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for one in attrs.fields(cls):
        narrow = NARROW.get((cls.__name__, one.name))
        fields[one.name] = of(one.type) if narrow is None else narrow
    return st.builds(cls, **fields)
