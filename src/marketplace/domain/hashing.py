"""Canonical bytes of values, and chains of hashes over them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache, lru_cache
from json.encoder import encode_basestring as _quoted
from operator import attrgetter
from typing import Any

import attrs

from marketplace.errors import InvalidInput

_AS_IS = frozenset({str, int, bool, type(None)})
"""Types whose values are JSON as they are."""
_TEXT = {str}


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
        if _TEXT.issuperset(map(type, value)) and _AS_IS.issuperset(map(type, value.values())):
            return dict(value)
        return {
            key if type(key) is str else str(key): item if type(item) in _AS_IS else plain(item)
            for key, item in value.items()
        }
    if kind is list or kind is tuple:
        return [item if type(item) in _AS_IS else plain(item) for item in value]
    if kind is datetime:
        return _instant(value) if value.tzinfo is UTC else value.astimezone(UTC).isoformat()
    if (fields := _reader(kind)) is not None:
        return fields(value)
    if isinstance(value, (int, str)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Mapping):
        return {
            str(key): item if type(item) in _AS_IS else plain(item) for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [item if type(item) in _AS_IS else plain(item) for item in value]
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, timedelta):
        return repr(value.total_seconds())
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    raise TypeError(f"no canonical form for {kind.__name__}: {value!r}")


@cache
def _reader(kind: Any) -> Callable[[Any], dict[str, Any]] | None:
    """What makes the values of an attrs class plain: compiled for it, field by field."""
    names = _names(kind)
    if names is None:
        return None
    lines = ["def read(value):"]
    lines += [f" x{place} = value.{name}" for place, name in enumerate(names)]
    parts = [
        f'"{name}": x{place} if type(x{place}) in as_is else plain(x{place})'
        for place, name in enumerate(names)
    ]
    lines.append(f" return {{{', '.join(parts)}}}")
    known: dict[str, Any] = {"as_is": _AS_IS, "plain": plain}
    exec(compile("\n".join(lines), f"<fields of {kind.__name__}>", "exec"), known)
    read: Callable[[Any], dict[str, Any]] = known["read"]
    return read


MAX_DEPTH = 64
"""How deeply what is given may be nested: deeper is an attack or a mistake."""


_LIGHT = frozenset({type(None), bool, int, float, datetime, timedelta})
"""Types whose values have nothing in them, however large they are."""


_LONG = (str, bytes)


def weigh(value: Any, most: int) -> int:
    """The size of a value: eight for each one in it, one for each character.

    Raises ``InvalidInput`` beyond ``most``, and beyond ``MAX_DEPTH``, which a value that holds
    itself always is. It stops there: no more than so much of it is ever looked at.
    """
    weight = 0
    waiting: list[tuple[Collection[Any], int]] = [((value,), 0)]
    while waiting:
        inside, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise InvalidInput(f"what a command is given is nested {MAX_DEPTH} deep at most")
        weight += 8 * len(inside)
        for one in inside if weight <= most else ():
            kind: Any = type(one)
            if kind is str:
                weight += len(one)
            elif kind is dict or kind is tuple or kind is list:
                # The plainest first: to ask whether something is a mapping takes longest of all.
                if one:
                    waiting.append((one, depth + 1))
                    if kind is dict:
                        waiting.append((one.values(), depth + 1))
            elif kind not in _LIGHT:
                if isinstance(one, _LONG):
                    weight += len(one)
                for more in _inside(kind, one):
                    if more:
                        waiting.append((more, depth + 1))
        if weight > most:
            raise InvalidInput(f"what a command is given has a size of {most} at most")
    return weight


def _inside(kind: Any, value: Any) -> tuple[Collection[Any], ...]:
    """What is in a value of any other type, and nothing where there is nothing to look at."""
    fields = _fields(kind)
    if fields is not None:
        return (fields(value),)
    if isinstance(value, Mapping):
        return value, value.values()
    return (value,) if isinstance(value, (list, tuple, set, frozenset)) else ()


@cache
def _fields(kind: Any) -> Callable[[Any], tuple[Any, ...]] | None:
    """What gives the fields of an attrs class's values; None for any other class."""
    names = _names(kind)
    if names is None or len(names) > 1:
        return None if names is None else attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def digest(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of a value: the same on every machine."""
    return digest_of_text(canonical(value))


def digest_of_text(text: str) -> str:
    """What ``digest`` gives for the value of which this is the canonical JSON."""
    return hashlib.sha256(text.encode()).hexdigest()


_json = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
).encode


def canonical(value: Any) -> str:
    """The canonical JSON, of which the hash is: what ``_json`` makes of the ``plain`` value.

    Written in one go, because nearly half of a command's own time went into making plain values
    first; what is rare still goes that way.
    """
    kind: Any = type(value)
    return (_writers.get(kind) or _writer(kind))(value)


def _object(value: dict[Any, Any]) -> str:
    if not value:
        return "{}"
    if {*map(type, value)} != _TEXT:
        return _json(plain(value))
    inside = []
    for key in sorted(value):
        item = value[key]
        if type(item) is str:
            item = _quoted(item)
        elif type(item) is not int:
            item = (_writers.get(type(item)) or canonical)(item)
        inside.append(f"{_quoted(key)}:{item}")
    return f"{{{','.join(inside)}}}"


def _array(value: Iterable[Any]) -> str:
    inside = [(_writers.get(type(item)) or canonical)(item) for item in value]
    return f"[{','.join(inside)}]"


def _moment(value: datetime) -> str:
    return f'"{_instant(value) if value.tzinfo is UTC else plain(value)}"'


# A moment of another zone may equal one of another instant, in the hour that comes twice.
@lru_cache(maxsize=256)
def _instant(value: datetime) -> str:
    """A moment in UTC as text: all that one command writes has few, again and again."""
    return value.isoformat()


Write = Callable[[Any], str]
_writers: dict[type[Any], Write] = {
    str: _quoted,
    int: int.__repr__,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): {None: "null"}.__getitem__,
    dict: _object,
    list: _array,
    tuple: _array,
    datetime: _moment,
    float: lambda value: f'"{value!r}"',
}


def _writer(kind: Any) -> Write:
    """What writes values of another type: compiled for an attrs class, with its names sorted."""
    names = _names(kind)
    if names is None:
        return lambda value: _json(plain(value))
    known: dict[str, Any] = {"quoted": _quoted, "text": canonical, "known": _writers.get}
    lines = ["def write(value):"]
    for place, name in enumerate(sorted(names)):
        lines.append(f" x{place} = value.{name}")
        lines.append(
            f" x{place} = quoted(x{place}) if type(x{place}) is str else"
            f" 'null' if x{place} is None else"
            f" x{place} if type(x{place}) is int else"
            f" (known(type(x{place})) or text)(x{place})"
        )
    parts = ",".join(f'"{name}":{{x{place}}}' for place, name in enumerate(sorted(names)))
    lines.append(f" return f'{{{{{parts}}}}}'")
    exec(compile("\n".join(lines), f"<text of {kind.__name__}>", "exec"), known)
    write: Write = _writers.setdefault(kind, known["write"])
    return write


def chained(previous: str, value: Any) -> str:
    """The hash of a value and of the hash before it: changing one breaks all that follow."""
    return hashlib.sha256(f"{previous}\n{digest(value)}".encode()).hexdigest()
