"""Canonical bytes of values, and chains of hashes over them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from itertools import chain, islice
from typing import Any

import attrs

from marketplace.errors import InvalidInput

_AS_IS = frozenset({str, int, bool, type(None)})
"""Types whose values are JSON as they are."""


@cache
def _names(kind: type[Any]) -> tuple[str, ...] | None:
    """The fields of an attrs class; None for any other, and for one that is a container too."""
    if not attrs.has(kind) or issubclass(kind, str | int | Mapping | list | tuple):
        return None
    return tuple(field.name for field in attrs.fields(kind))


def plain(value: Any) -> Any:
    """The value as JSON types alone: attrs classes become objects, times UTC strings."""
    kind: Any = type(value)
    if kind in _AS_IS:
        return value
    if kind is dict:
        # The plainest first: to ask whether something is a mapping takes longest of all.
        return {
            key if type(key) is str else str(key): item if type(item) in _AS_IS else plain(item)
            for key, item in value.items()
        }
    if kind is list or kind is tuple:
        return [item if type(item) in _AS_IS else plain(item) for item in value]
    if (names := _names(kind)) is not None:
        inside = [getattr(value, name) for name in names]
        return {
            name: item if type(item) in _AS_IS else plain(item)
            for name, item in zip(names, inside, strict=True)
        }
    if isinstance(value, Mapping):
        return {
            str(key): item if type(item) in _AS_IS else plain(item) for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [item if type(item) in _AS_IS else plain(item) for item in value]
    if isinstance(value, int | str):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, timedelta):
        return repr(value.total_seconds())
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    raise TypeError(f"no canonical form for {kind.__name__}: {value!r}")


MAX_DEPTH = 64
"""How deeply what is given may be nested: deeper is an attack or a mistake."""


_FLAT = frozenset({type(None), bool, int, float, str, bytes, datetime, timedelta})


def weigh(value: Any, most: int) -> int:
    """The size of a value: eight for each one in it, one for each character.

    Raises ``InvalidInput`` beyond ``most``, and beyond ``MAX_DEPTH``, which a value that holds
    itself always is. It stops there: no more than so much of it is ever looked at.
    """
    weight, waiting = 0, [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        weight += 8 + (len(one) if isinstance(one, str | bytes) else 0)
        if weight > most:
            raise InvalidInput(f"what a command is given has a size of {most} at most")
        if depth > MAX_DEPTH:
            raise InvalidInput(f"what a command is given is nested {MAX_DEPTH} deep at most")
        inside: Iterable[Any] = ()
        if type(one) in _FLAT:
            continue
        if isinstance(one, Mapping):
            inside = chain(one, one.values())
        elif isinstance(one, list | tuple | set | frozenset):
            inside = one
        elif attrs.has(type(one)):
            inside = (getattr(one, field.name) for field in attrs.fields(type(one)))
        waiting.extend((each, depth + 1) for each in islice(inside, most // 8 + 1))
    return weight


def digest(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of a value: the same on every machine."""
    return hashlib.sha256(_canonical(plain(value)).encode()).hexdigest()


_canonical = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
).encode


def chained(previous: str, value: Any) -> str:
    """The hash of a value and of the hash before it: changing one breaks all that follow."""
    return hashlib.sha256(f"{previous}\n{digest(value)}".encode()).hexdigest()
