"""Canonical JSON text: sorted keys, no blanks; what would not come back equal is refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import attrs
import msgspec

from marketplace.domain.hashing import MAX_DEPTH
from marketplace.domain.money import MAX_AMOUNT, Money
from marketplace.errors import InvalidInput

MOST_TEXTS, LONGEST_TEXT = 500, 10_000
"""How many texts are remembered, beyond which all are written anew, and how long they may be."""


def _as_dict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


encoded = msgspec.json.Encoder(order="sorted", enc_hook=_as_dict).encode
decoded = msgspec.json.Decoder().decode


def to_json(value: Any) -> str:
    """Canonical JSON text; raises ``InvalidInput`` for what would not come back equal."""
    kind: Any = type(value)
    if not value and (kind in _EMPTY or not attrs.has(kind)):
        return _EMPTY.get(kind) or ("{}" if isinstance(value, Mapping) else "[]")
    (_checks.get(kind) or _checker(kind))(value, 0)
    try:
        return encoded(value).decode()
    except UnicodeEncodeError:
        raise InvalidInput("text must be valid Unicode, without lone surrogates") from None


def several_to_json(value: Any) -> str:
    """The same of several values of a class, which most often were read or written before."""
    found = _texts.get(id(value))
    if found is not None:
        return found[1]
    text = to_json(value)
    if type(value) is tuple:
        _remember(value, text)
    return text


def several_of_json(text: str, cls: type[Any]) -> Any:
    """Several values of a class that were read from this very text; None where none are known, or
    one of them was changed inside."""
    found = _values.get(id(text))
    if found is None or type(found[1][0]) is not cls or encoded(found[1]).decode() != text:
        return None
    return found[1]


def have_read(value: tuple[Any, ...], text: str) -> None:
    """Several values came of a text, and are written so.

    A quote's lines become those of the terms, which are read again and again, and a deal keeps its
    items however often it changes.
    """
    if _remember(value, text):
        _values[id(text)] = text, value


# By the identity of a tuple, or of a text, which is kept with the other so that it stays the only
# one of its number. What was not read has no place in the second: it may hold a list where a
# tuple would be read.
_texts: dict[int, tuple[Any, str]] = {}
_values: dict[int, tuple[str, Any]] = {}


def _remember(value: Any, text: str) -> bool:
    if len(text) > LONGEST_TEXT:
        return False
    if len(_texts) >= MOST_TEXTS:
        _texts.clear()
        _values.clear()
    _texts[id(value)] = value, text
    return True


_EMPTY: dict[type[Any], str] = {dict: "{}", tuple: "[]", list: "[]"}


def from_json(text: str) -> Any:
    """Plain values from JSON text."""
    return decoded(text)


Check = Callable[[Any, int], None]
"""Refuses what would not come back equal; of text only the encoder knows whether it is."""

_LEAST = -MAX_AMOUNT


def _check_whole(value: int, depth: int) -> None:
    if not _LEAST <= value <= MAX_AMOUNT:
        raise InvalidInput(f"a number must lie within plus or minus {MAX_AMOUNT}")


def _check_float(value: float, depth: int) -> None:
    if not math.isfinite(value):
        raise InvalidInput(f"a number must be finite, not {value}")


def _refuse_depth() -> None:
    raise InvalidInput(f"data may be nested {MAX_DEPTH} deep at most")


# What is most often in the two is asked for where it is met: a call takes longer than the answer.
def _check_several(value: Sequence[Any], depth: int) -> None:
    if depth > MAX_DEPTH:
        _refuse_depth()
    for item in value:
        kind: Any = type(item)
        if kind is not str:
            (_checks.get(kind) or _checker(kind))(item, depth + 1)


def _check_mapping(value: Mapping[Any, Any], depth: int) -> None:
    if depth > MAX_DEPTH:
        _refuse_depth()
    for key, item in value.items():
        if type(key) is not str and not isinstance(key, str):
            raise InvalidInput(f"a key must be text, not {key!r}")
        kind: Any = type(item)
        if kind is str or item is None or (kind is int and _LEAST <= item <= MAX_AMOUNT):
            continue
        (_checks.get(kind) or _checker(kind))(item, depth + 1)


_checks: dict[type[Any], Check] = {
    **dict.fromkeys((str, bool, type(None), Money), lambda value, depth: None),
    int: _check_whole,
    float: _check_float,
    list: _check_several,
    tuple: _check_several,
    dict: _check_mapping,
}


def _checker(kind: Any) -> Check:
    """What checks values of another type: compiled for an attrs class, field by field."""
    if issubclass(kind, Mapping):
        return _check_mapping
    if not attrs.has(kind):
        return _checks[str] if issubclass(kind, str) else _refuse
    names: dict[str, Any] = {
        "checks": _checks, "checker": _checker, "least": _LEAST, "most": MAX_AMOUNT,
        "deepest": MAX_DEPTH, "money": Money, "mapping": _check_mapping,
        "refuse_depth": _refuse_depth, "aware_or_refuse": aware_or_refuse,
    }  # fmt: skip
    lines = ["def check_fields(value, depth):", " if depth > deepest: refuse_depth()"]
    for one in fields_of(kind):
        typed, found = bare_type(one.type)[0], "(checks.get(kind) or checker(kind))"
        unless = {
            Money: "kind is not money and ",
            int: "not (kind is int and least <= field <= most) and ",
        }.get(typed, "")
        if get_origin(typed) is Mapping:
            # Most often there is nothing in it.
            found = f"(mapping if kind is dict else {found})"
            unless = "(field or kind is not dict or depth == deepest) and "
        # A field whose type says that it is a moment is read back as one.
        then = "aware_or_refuse(field)" if typed is datetime else f"{found}(field, depth + 1)"
        lines.append(f" field = value.{one.name}; kind = type(field)")
        lines.append(f" if {unless}kind is not str and field is not None: {then}")
    exec(compile("\n".join(lines), f"<check of {kind.__name__}>", "exec"), names)
    check: Check = names["check_fields"]
    return _checks.setdefault(kind, check)


def _refuse(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        _refuse_depth()
    raise InvalidInput(
        f"data must be text, whole or finite numbers, yes or no, lists and mappings, "
        f"not {type(value).__name__}"
    )


def aware_or_refuse(value: Any) -> None:
    """Refuse a moment without a time zone inside a nested value."""
    if isinstance(value, datetime) and value.tzinfo is None:
        raise InvalidInput(f"a time must carry its time zone, {value!r} carries none")


def fields_of(cls: type[Any]) -> tuple[attrs.Attribute[Any], ...]:
    """The fields of an attrs class, with their types instead of the types' names."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(attrs.resolve_types(cls))
    return fields


def bare_type(annotation: Any) -> tuple[Any, bool]:
    """The type without its None, and whether it had one."""
    if get_origin(annotation) in (Union, UnionType):
        rest = [one for one in get_args(annotation) if one is not NoneType]
        if len(rest) == 1:
            return rest[0], True
    return annotation, False
