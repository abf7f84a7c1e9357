"""Fares, rides and ceilings as plain JSON and back: what a price was made of, kept with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, TypeVar

import cattrs
import msgspec

from marketplace import InvalidInput
from marketplace.plugins.rides.fare import Fare
from marketplace.plugins.rides.regions import Ceiling
from marketplace.plugins.rides.ride import Ride

T = TypeVar("T")


def _strictly(kind: type) -> Callable[[Any, Any], Any]:
    """Takes a value of exactly this type: no ``"5"`` or ``1.5`` slips in as a whole number."""

    def take(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise InvalidInput(f"expected {kind.__name__}, not {value!r}")
        return value

    return take


def _read(kind: Any) -> Callable[[Any, Any], Any]:
    def take(value: Any, _: Any) -> Any:
        if not isinstance(value, str):
            raise InvalidInput(f"expected a {kind.__name__} as ISO 8601 text, not {value!r}")
        return kind.fromisoformat(value)

    return take


_converter = cattrs.Converter(forbid_extra_keys=True)
for _kind in (int, str, bool):
    _converter.register_structure_hook(_kind, _strictly(_kind))
for _moment in (date, time, datetime):
    _converter.register_structure_hook(_moment, _read(_moment))
    _converter.register_unstructure_hook(_moment, lambda value: value.isoformat())


def to_data(value: Any) -> dict[str, Any]:
    """A fare, ride, ceiling or any value of theirs as plain JSON types."""
    return dict(_converter.unstructure(value))


def from_data(kind: type[T], data: Mapping[str, Any]) -> T:
    """The value again; ``InvalidInput`` names each field that is unknown, missing or wrong."""
    if not isinstance(data, Mapping):
        raise InvalidInput(f"{kind.__name__} is read from a mapping of its fields, not {data!r}")
    try:
        return _converter.structure(data, kind)
    except cattrs.BaseValidationError as error:
        faults = "; ".join(cattrs.transform_error(error, path=kind.__name__, format_exception=_say))
        raise InvalidInput(faults) from error


def _say(error: BaseException, kind: Any) -> str:
    if isinstance(error, KeyError):
        return f"required field {error.args[0]!r} missing"
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        return f"unknown fields {', '.join(sorted(error.extra_fields))}"
    return str(error)


def freeze(fare: Fare, ride: Ride, ceiling: Ceiling | None = None) -> dict[str, Any]:
    """What a quote was made of, as plain JSON: kept with it, it gives the same lines for ever."""
    return {
        "fare": to_data(fare),
        "ride": to_data(ride),
        "ceiling": None if ceiling is None else to_data(ceiling),
    }


@lru_cache(maxsize=256)
def _fare_of(text: bytes) -> Fare:
    """A fare of its JSON: a company has few, and each ride is priced by one of them at its end."""
    return from_data(Fare, msgspec.json.decode(text))


def thaw(data: Mapping[str, Any]) -> tuple[Fare, Ride, Ceiling | None]:
    """What ``freeze`` kept."""
    ceiling = data["ceiling"]
    return (
        _fare_of(msgspec.json.encode(data["fare"])),
        from_data(Ride, data["ride"]),
        None if ceiling is None else from_data(Ceiling, ceiling),
    )
