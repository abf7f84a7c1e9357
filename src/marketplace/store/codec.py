"""Values to rows and back: one pair of functions for each class, compiled once.

A field becomes one column of its name. Money becomes two (``x_amount``, ``x_currency``), a place
three (``x_lat``, ``x_lon``, ``x_label``); nested values, sequences and mappings become canonical
JSON text: sorted keys, no blanks, sequences back as tuples.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Generic, Literal, Protocol, TypeVar, Union, get_args, get_origin

import attrs
import cattrs
import msgspec
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError

from marketplace.domain.evolving import maker
from marketplace.domain.hashing import MAX_DEPTH
from marketplace.domain.money import MAX_AMOUNT, Money
from marketplace.domain.place import Place
from marketplace.errors import InvalidInput, SetupError
from marketplace.store.columns import written

T = TypeVar("T")


def _as_dict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


_encoder = msgspec.json.Encoder(order="sorted", enc_hook=_as_dict)
_decode_json = msgspec.json.Decoder().decode
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
    for one in _fields(cls):
        name, value = one.name, f"v.{one.name}"
        bare, optional = _bare(one.type)
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


def _fields(cls: type[Any]) -> tuple[attrs.Attribute[Any], ...]:
    """The fields of an attrs class, with their types instead of the types' names."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(attrs.resolve_types(cls))
    return fields


def _call(function: str, value: str, optional: bool) -> str:
    return (
        f"None if {value} is None else {function}({value})" if optional else f"{function}({value})"
    )


def _bare(annotation: Any) -> tuple[Any, bool]:
    """The type without its None, and whether it had one."""
    if get_origin(annotation) in (Union, UnionType):
        rest = [one for one in get_args(annotation) if one is not NoneType]
        if len(rest) == 1:
            return rest[0], True
    return annotation, False


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
        return (lambda value: value.value), kind
    if get_origin(kind) is not None and get_args(kind)[-1] is datetime:
        return _put_moments, _get_moments
    if attrs.has(kind) or get_origin(kind) is not None:
        return to_json, _reader(kind)
    raise TypeError(f"{where} has the type {kind!r}, for which there is no column")


def _put_length(value: timedelta) -> int:
    return value // timedelta(microseconds=1)


def _get_length(value: int) -> timedelta:
    return timedelta(microseconds=value)


def _put_moments(value: Mapping[str, datetime]) -> str:
    return _encoder.encode({name: written(moment) for name, moment in value.items()}).decode()


def _get_moments(text: str) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(moment) for name, moment in _decode_json(text).items()}


def _reader(kind: Any) -> Callable[[Any], Any]:
    """From JSON text to a value of the type; plain mappings need no structuring."""
    arguments = get_args(kind)
    if get_origin(kind) is not None and arguments[-1] in (Any, str, int):
        if issubclass(get_origin(kind), Mapping):
            return _decode_json
        return lambda text: () if text == "[]" else tuple(_decode_json(text))
    structure, at_once = _converter.get_structure_hook(kind), _at_once(kind)

    def read(text: str) -> Any:
        try:
            return structure(_decode_json(text), kind)
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
    decode = msgspec.json.Decoder(at_once).decode

    def read_at_once(text: str) -> Any:
        if text == "[]":
            return () if at_once is not kind else read(text)
        try:
            value = decode(text)
        except msgspec.DecodeError:
            return read(text)
        # What is written as it was read has nothing more, nothing less and nothing else in it.
        return value if _encoder.encode(value).decode() == text else read(text)

    return read_at_once


def _at_once(kind: Any) -> Any:
    """The type as which msgspec reads all of it at once; None where it would not be the same."""
    if get_origin(kind) is Sequence:
        (item,) = get_args(kind)
        return types.GenericAlias(tuple, (item, ...)) if _plain_class(item) else None
    return kind if _plain_class(kind) else None


def _plain_class(kind: Any) -> bool:
    """Whether a class makes itself of JSON's own types alone, and checks what it is given.

    What a converter makes of a field msgspec does not ask for; a sequence it reads as a list, and
    a moment in its own zone.
    """
    return attrs.has(kind) and all(
        one.init and one.converter is None and _plain_field(_bare(one.type)[0])
        for one in _fields(kind)
    )


def _plain_field(kind: Any) -> bool:
    return kind in (str, int, Mapping[str, Any]) or _plain_class(kind)


def to_json(value: Any) -> str:
    """Canonical JSON text; raises ``InvalidInput`` for what would not come back equal."""
    kind: Any = type(value)
    if not value and (kind in _EMPTY or not attrs.has(kind)):
        return _EMPTY.get(kind) or ("{}" if isinstance(value, Mapping) else "[]")
    _check(value, 0)
    try:
        return _encoder.encode(value).decode()
    except UnicodeEncodeError:
        raise InvalidInput("text must be valid Unicode, without lone surrogates") from None


_EMPTY: dict[type[Any], str] = {dict: "{}", tuple: "[]", list: "[]"}


def from_json(text: str) -> Any:
    """Plain values from JSON text."""
    return _decode_json(text)


Check = Callable[[Any, int], None]


def _check(value: Any, depth: int) -> None:
    """Refuse what would not come back equal; of text only the encoder knows whether it is."""
    kind: Any = type(value)
    (_checks.get(kind) or _checker(kind))(value, depth)


def _check_whole(value: int, depth: int) -> None:
    if not -MAX_AMOUNT <= value <= MAX_AMOUNT:
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
        if kind is str or (kind is int and -MAX_AMOUNT <= item <= MAX_AMOUNT):
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
        "check": _check, "most": MAX_AMOUNT, "deepest": MAX_DEPTH, "money": Money,
        "refuse_depth": _refuse_depth, "aware_or_refuse": aware_or_refuse,
    }  # fmt: skip
    lines = ["def check_fields(value, depth):", " if depth > deepest: refuse_depth()"]
    for one in _fields(kind):
        typed = _bare(one.type)[0]
        # A field whose type says that it is a moment is read back as one.
        then = "aware_or_refuse(field)" if typed is datetime else "check(field, depth + 1)"
        unless = {
            Money: "type(field) is not money and ",
            int: "not (type(field) is int and -most <= field <= most) and ",
        }
        lines.append(f" field = value.{one.name}")
        lines.append(
            f" if {unless.get(typed, '')}type(field) is not str and field is not None: {then}"
        )
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
