"""Canonical bytes of values, and chains of hashes over them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import attrs


def plain(value: Any) -> Any:
    """The value as JSON types alone: attrs classes become objects, times UTC strings."""
    if value is None or isinstance(value, bool | int | str):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, timedelta):
        return repr(value.total_seconds())
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if attrs.has(type(value)):
        return {a.name: plain(getattr(value, a.name)) for a in attrs.fields(type(value))}
    raise TypeError(f"no canonical form for {type(value).__name__}: {value!r}")


def digest(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of a value: the same on every machine."""
    body = json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


def chained(previous: str, value: Any) -> str:
    """The hash of a value and of the hash before it: changing one breaks all that follow."""
    return hashlib.sha256(f"{previous}\n{digest(value)}".encode()).hexdigest()
