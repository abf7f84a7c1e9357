"""What people give: texts, checked for length and for what none may hold; money and moments."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from marketplace.domain.hashing import plain
from marketplace.domain.money import Money
from marketplace.errors import InvalidInput


def checked_text(value: object, what: str, most: int, *, least: int = 0) -> str:
    """The text in Unicode's composed form, without control characters but tab and newline.

    Raises ``InvalidInput`` for anything else than a text of ``least`` to ``most`` characters.
    """
    if not isinstance(value, str):
        raise InvalidInput(f"{what} must be a text, not {value!r}")
    if any(unicodedata.category(sign) in ("Cs", "Cc") and sign not in "\t\n" for sign in value):
        raise InvalidInput(f"{what} may not hold control characters")
    text = unicodedata.normalize("NFC", value).strip()
    if not least <= len(text) <= most:
        raise InvalidInput(f"{what} has {least} to {most} characters, this one {len(text)}")
    return text


def checked_money(value: object, what: str = "an amount") -> Money:
    """The value, if it is money; raises ``InvalidInput`` for a bare number or anything else."""
    if not isinstance(value, Money):
        raise InvalidInput(f"{what} is Money, not {value!r:.80}")
    return value


def checked_moment(value: object, what: str) -> datetime:
    """The value, if it is a moment; raises ``InvalidInput`` for one without its time zone."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidInput(f"{what} is a datetime with its time zone, not {value!r:.80}")
    return value


def check_size(attributes: Mapping[str, Any], most: int) -> None:
    """Raise ``InvalidInput`` for attributes of more bytes than may be kept."""
    size = len(msgspec.json.encode(plain(attributes)))
    if size > most:
        raise InvalidInput(f"attributes may have {most} bytes, not {size}")
