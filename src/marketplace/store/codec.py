"""Values to rows and back: one pair of functions for each class, compiled once.

A field becomes one column of its name. Money becomes two (``x_amount``, ``x_currency``), a place
three (``x_lat``, ``x_lon``, ``x_label``); nested values, sequences and mappings become canonical
JSON text: sorted keys, no blanks, sequences back as tuples.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from operator import attrgetter
from typing import Any, Generic, Literal, Protocol, TypeVar, get_args, get_origin

import attrs
import cattrs
import msgspec
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError

from marketplace.domain.evolving import maker
from marketplace.domain.money import Money
from marketplace.domain.place import Place
from marketplace.errors import SetupError
from marketplace.store.columns import as_moment, written
from marketplace.store.json_text import (
    bare_type,
    decoded,
    encoded,
    fields_of,
    have_read,
    several_of_json,
    several_to_json,
    to_json,
)

T = TypeVar("T")

_converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=False)
_converter.register_structure_hook(
    datetime, lambda text, _: datetime.fromisoformat(text).astimezone(UTC)
)
# JSON gives these as they are to be; item by item would only copy them.
_converter.register_structure_hook_func(
    lambda kind: kind == Mapping[str, Any], lambda value, _: _mapping(value)
)


def _mapping(value: Any) -> Any:
    if type(value) is dict:
        return value
    raise TypeError(f"a mapping was stored, not {type(value).__name__}")


class Scalars(Protocol):
    """How a database takes and gives what is neither text nor number."""

    def put_moment(self, value: datetime) -> Any:
        """What is sent for a moment; refuses a naive one."""
        ...

    def get_moment(self, value: Any) -> datetime:
        """The moment, aware and in UTC."""
        ...


@attrs.frozen
class Codec(Generic[T]):
    """How one class is written and read."""

    cls: type[T]
    columns: tuple[str, ...]
    """In the order of what ``encode`` gives and ``decode`` takes."""
    encode: Callable[[T], tuple[Any, ...]]
    decode: Callable[[tuple[Any, ...]], T]
    converters: Mapping[str, Callable[[Any], Any]]
    """For each column that needs one: from a field's value to what is sent."""

    def sent(self, column: str, value: Any) -> Any:
        """What is sent for a value that is compared with a column."""
        convert = self.converters.get(column)
        if value is None or (convert is None and type(value) is str):
            return value
        if convert is None:
            return value.value if isinstance(value, Enum) else value
        return convert(value)


def make_codec(cls: type[T], scalars: Scalars) -> Codec[T]:
    """Compile the pair of functions for an attrs class.

    Raises ``TypeError`` for a field whose type has no column.
    """
    columns: list[str] = []
    puts: list[str] = []
    gets: dict[str, str] = {}
    converters: dict[str, Callable[[Any], Any]] = {}
    names: dict[str, Any] = {"Money": Money, "Place": Place, "timedelta": timedelta}
    for one in fields_of(cls):
        name, value = one.name, f"v.{one.name}"
        bare, optional = bare_type(one.type)
        if bare is Money or bare is Place:
            parts = ("amount", "currency") if bare is Money else ("lat", "lon", "label")
            at = len(columns)
            columns += [f"{name}_{part}" for part in parts]
            puts += [
                f"{value}.{part} if {value} is not None else None"
                if optional
                else f"{value}.{part}"
                for part in parts
            ]
            made = f"{bare.__name__}({', '.join(f'r[{at + i}]' for i in range(len(parts)))})"
            gets[name] = f"None if r[{at}] is None else {made}" if optional else made
            continue
        put, get = _converters(bare, scalars, f"{cls.__name__}.{name}")
        row = f"r[{len(columns)}]"
        columns.append(name)
        if put is not None:
            converters[name] = names[f"put_{name}"] = put
            puts.append(_call(f"put_{name}", value, optional))
        else:
            puts.append(value)
        if get is not None:
            names[f"get_{name}"] = get
            gets[name] = _call(f"get_{name}", row, optional)
        else:
            gets[name] = row
    decode = maker(cls, "r", gets, names)
    source = f"def encode(v): return ({', '.join(puts)},)\n"
    exec(compile(source, f"<codec of {cls.__name__}>", "exec"), names)
    return Codec(cls, tuple(columns), names["encode"], decode, converters)


def _call(function: str, value: str, optional: bool) -> str:
    return (
        f"None if {value} is None else {function}({value})" if optional else f"{function}({value})"
    )


Convert = Callable[[Any], Any] | None


def _converters(kind: Any, scalars: Scalars, where: str) -> tuple[Convert, Convert]:
    """How a field of this type is sent and read; None where it goes as it is."""
    if kind in (str, int) or get_origin(kind) is Literal:
        return None, None
    if kind is bool:
        return bool, bool
    if kind is float:
        return float, float
    if kind is datetime:
        return scalars.put_moment, scalars.get_moment
    if kind is timedelta:
        return _put_length, _get_length
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _put_choice, _Choices(kind).__getitem__
    if get_origin(kind) is not None and get_args(kind)[-1] is datetime:
        return _put_moments, _get_moments
    if attrs.has(kind) or get_origin(kind) is not None:
        return several_to_json if _several_of(kind) else to_json, _reader(kind)
    raise TypeError(f"{where} has the type {kind!r}, for which there is no column")


# ``value`` says the same, and goes through two functions of Python for it.
_put_choice = attrgetter("_value_")


class _Choices(dict[Any, Enum]):
    """The members of a choice by their values; to read one is to look into a dictionary."""

    def __init__(self, kind: type[Enum]) -> None:
        super().__init__({one.value: one for one in kind})
        self._kind = kind

    def __missing__(self, value: Any) -> Enum:
        return self._kind(value)  # Raises as for any value that there is none of.


def _put_length(value: timedelta) -> int:
    return value // timedelta(microseconds=1)


def _get_length(value: int) -> timedelta:
    return timedelta(microseconds=value)


def _put_moments(value: Mapping[str, datetime]) -> str:
    if not value:
        return "{}"
    return encoded(dict(zip(value, map(written, value.values()), strict=True))).decode()


def _get_moments(text: str) -> dict[str, datetime]:
    if text == "{}":
        return {}
    found = decoded(text)
    return dict(zip(found, map(as_moment, found.values()), strict=True))


def _reader(kind: Any) -> Callable[[Any], Any]:
    """From JSON text to a value of the type; plain mappings need no structuring."""
    arguments = get_args(kind)
    if get_origin(kind) is not None and arguments[-1] in (Any, str, int):
        if issubclass(get_origin(kind), Mapping):
            return decoded
        return lambda text: () if text == "[]" else tuple(decoded(text))
    structure, at_once = _converter.get_structure_hook(kind), _at_once(kind)

    def read(text: str) -> Any:
        try:
            return structure(decoded(text), kind)
        except (
            BaseValidationError,
            ForbiddenExtraKeysError,
            msgspec.DecodeError,
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
        ) as error:
            raise SetupError(
                f"what is stored is no {getattr(kind, '__name__', kind)} of today: {error!r}",
                code="unreadable",
            ) from error

    if at_once is None:
        return read
    decode, item = msgspec.json.Decoder(at_once).decode, _several_of(kind)
    inside = fields_of(kind) if item is None else ()
    lists = [one.name for one in inside if _of_scalars(one.type)]

    def read_at_once(text: str) -> Any:
        if text == "[]":
            return read(text) if item is None else ()
        if item is not None and (known := several_of_json(text, item)) is not None:
            return known
        try:
            value = decode(text)
        except msgspec.DecodeError:
            return read(text)
        # What is written as it was read has nothing more, nothing less and nothing else in it.
        if encoded(value).decode() != text:
            return read(text)
        for name in lists:
            object.__setattr__(value, name, tuple(getattr(value, name)))
        if item is not None:
            have_read(value, text)
        return value

    return read_at_once


def _at_once(kind: Any) -> Any:
    """The type as which msgspec reads all of it at once; None where it would not be the same."""
    item = _several_of(kind)
    if item is not None:
        return types.GenericAlias(tuple, (item, ...)) if _plain_class(item) else None
    return kind if _plain_class(kind, but=_of_scalars) else None


def _several_of(kind: Any) -> Any:
    """Of which class there are several in a field of this type; None if of none."""
    if get_origin(kind) is Sequence and attrs.has(get_args(kind)[0]):
        return get_args(kind)[0]
    return None


def _of_scalars(kind: Any) -> bool:
    """Whether there are texts or numbers in a field of this type, which msgspec reads as a list."""
    return get_origin(kind) is Sequence and get_args(kind)[0] in (str, int)


def _plain_class(kind: Any, but: Callable[[Any], bool] = lambda typed: False) -> bool:
    """Whether a class makes itself of JSON's own types alone, and checks what it is given.

    What a converter makes of a field msgspec does not ask for; a sequence it reads as a list, and
    a moment in its own zone.
    """
    return attrs.has(kind) and all(
        one.init
        and one.converter is None
        and (_plain_field(bare_type(one.type)[0]) or but(one.type))
        for one in fields_of(kind)
    )


def _plain_field(kind: Any) -> bool:
    return kind in (str, int, Mapping[str, Any]) or _plain_class(kind)
