"""What a field of a fare may hold: validators that say so when it does not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marketplace import InvalidInput

_LARGEST = 2**63 - 1
"""What a database's big integer holds."""
_MOST_METRES = 20_000_000
"""Half way round the earth: no road goes further."""
_MOST_SECONDS = 30 * 86_400


def not_negative(instance: object, attribute: Any, value: int) -> None:
    if whole(value, attribute.name) < 0:
        raise InvalidInput(f"{attribute.name} must be zero or more, not {value}")


def positive(instance: object, attribute: Any, value: int) -> None:
    if whole(value, attribute.name) <= 0:
        raise InvalidInput(f"{attribute.name} must be more than zero, not {value}")


def metres(instance: object, attribute: Any, value: int) -> None:
    if not 0 <= whole(value, attribute.name) <= _MOST_METRES:
        raise InvalidInput(f"{attribute.name} must lie in 0..{_MOST_METRES} metres, not {value}")


def seconds(instance: object, attribute: Any, value: int) -> None:
    if not 0 <= whole(value, attribute.name) <= _MOST_SECONDS:
        raise InvalidInput(f"{attribute.name} must lie in 0..{_MOST_SECONDS} s, not {value}")


def a_tuple(instance: object, attribute: Any, value: object) -> None:
    if not isinstance(value, tuple):
        raise InvalidInput(f"{attribute.name} must be a tuple, not {value!r}")


def one_of(*allowed: str) -> Any:
    """A validator for a closed set of words."""

    def check(instance: object, attribute: Any, value: str) -> None:
        if value not in allowed:
            raise InvalidInput(f"{attribute.name} must be {' or '.join(allowed)}, not {value!r}")

    return check


def named(instance: object, attribute: Any, value: str) -> None:
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"{attribute.name} must be a word, not {value!r}")


def whole(value: object, what: str) -> int:
    """The value, if it is a whole number that a database can hold; no bool, no float."""
    if type(value) is not int or not -_LARGEST <= value <= _LARGEST:
        raise InvalidInput(f"{what} must be a whole number within 64 bits, not {value!r}")
    return value


def instant(value: datetime) -> datetime:
    """The same instant in UTC; refuses a time without a zone, whose instant nobody knows."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidInput(f"a time must be a datetime with its time zone, not {value!r}")
    return value.astimezone(UTC)


def instant_or_none(value: datetime | None) -> datetime | None:
    """The same instant in UTC, or None."""
    return None if value is None else instant(value)
