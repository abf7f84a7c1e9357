"""What a row asks of whoever takes it: checked field by field, nothing else let in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marketplace.domain.money import Money, whole
from marketplace.domain.place import Place
from marketplace.domain.span import utc
from marketplace.domain.transition import Ask, Transition
from marketplace.errors import InvalidInput

MOST = 1_000_000_000
"""The largest quantity anybody may ask for."""

_NUMBER = re.compile("[1-9][0-9]{0,3}")


def checked_asks(row: Transition, asks: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """The fields a row asks for, as domain values; raises ``InvalidInput`` for any other."""
    if not row.asks and not asks:
        return {}
    known = {ask.name: ask for ask in row.asks}
    unknown = sorted(set(asks) - set(known))
    if unknown:
        allowed = ", ".join(known) or "no fields"
        raise InvalidInput(f"{row.name} does not ask for {', '.join(unknown)}; it asks: {allowed}")
    result: dict[str, Any] = {}
    for name, ask in known.items():
        value = asks.get(name)
        if value is None:
            if ask.required:
                raise InvalidInput(f"{row.name} asks for {name} ({ask.kind})")
            continue
        result[name] = _checked(row, ask, value, currency)
    return result


def _checked(row: Transition, ask: Ask, value: Any, currency: str) -> Any:
    what = f"{row.name}: {ask.name}"
    if ask.kind in ("text", "choice"):
        if not isinstance(value, str):
            raise InvalidInput(f"{what} must be a text, not {value!r}")
        if len(value) > ask.max_length:
            raise InvalidInput(f"{what} may have {ask.max_length} characters, not {len(value)}")
        if ask.kind == "choice" and value not in ask.choices:
            raise InvalidInput(f"{what} must be one of {', '.join(ask.choices)}, not {value!r}")
        return value
    if ask.kind == "number":
        return whole(value, what)
    if ask.kind == "money":
        return _money(what, value, currency)
    if ask.kind == "items":
        return _items(what, value)
    if ask.kind == "time":
        return utc(datetime.fromisoformat(value) if isinstance(value, str) else value)
    return _place(what, value)


def _items(what: str, value: Any) -> dict[str, int]:
    """How many of which items: by the items' numbers, as JSON writes them."""
    if not isinstance(value, Mapping) or not value:
        raise InvalidInput(f"{what} maps the numbers of items to how many, not {value!r}")
    found: dict[str, int] = {}
    for number, count in value.items():
        named = whole(number, what) if not isinstance(number, str) else number
        if not _NUMBER.fullmatch(str(named)):
            raise InvalidInput(f"{what} names items by their numbers from 1 on, not {number!r}")
        if not 0 <= whole(count, what) <= MOST:
            raise InvalidInput(f"{what} has zero or more of each item, not {count}")
        found[str(named)] = count
    return found


def _place(what: str, value: Any) -> Place:
    """A place, or the mapping that stands for one in JSON: nothing missing, nothing besides."""
    if isinstance(value, Place):
        return value
    fits = isinstance(value, Mapping) and {"lat", "lon"} <= set(value) <= {"lat", "lon", "label"}
    if not fits or any(type(value[name]) not in (int, float) for name in ("lat", "lon")):
        raise InvalidInput(f"{what} must be a Place: lat and lon in degrees, and maybe a label")
    return Place(value["lat"], value["lon"], str(value.get("label", "")))


def _money(what: str, value: Any, currency: str) -> Money:
    if isinstance(value, Mapping) and set(value) == {"amount", "currency"}:
        value = Money(value["amount"], value["currency"])
    if not isinstance(value, Money):
        raise InvalidInput(f"{what} must be Money, not {value!r}")
    if value.currency != currency:
        raise InvalidInput(
            f"{what} must be in {currency}, not {value.currency}", code="currency_mismatch"
        )
    if value.amount < 0:
        raise InvalidInput(f"{what} must be zero or more, not {value}")
    return value
