"""Answers of commands as text and back, so that the same key gives the same answer years later."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any

import attrs
import cattrs
import msgspec

import marketplace.domain as domain_package
from marketplace.domain.hashing import plain

_MODULES = (
    "dispute",
    "event",
    "ledger",
    "listing",
    "match",
    "message",
    "offer",
    "party",
    "payment",
    "quote",
    "request",
    "reservation",
    "review",
    "transaction",
)


@cache
def _classes() -> dict[str, type]:
    """Every value class of the domain, by name."""
    from importlib import import_module

    found: dict[str, type] = {}
    for name in _MODULES:
        module = import_module(f"{domain_package.__name__}.{name}")
        for value in vars(module).values():
            if isinstance(value, type) and attrs.has(value) and value.__module__ == module.__name__:
                found[value.__name__] = value
    return found


@cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    converter.register_structure_hook(
        timedelta, lambda seconds, _: timedelta(seconds=float(seconds))
    )
    return converter


def answer_to_text(value: Any) -> str:
    """An answer (a value, a list of values, or nothing) as text."""
    if isinstance(value, list | tuple):
        body: Any = [_tagged(item) for item in value]
    else:
        body = _tagged(value)
    return msgspec.json.encode(body).decode()


def _tagged(value: Any) -> Any:
    if attrs.has(type(value)):
        return {"class": type(value).__name__, "value": plain(value)}
    return {"value": value.value if isinstance(value, Enum) else value}


def answer_from_text(text: str | None) -> Any:
    """The answer that ``answer_to_text`` wrote."""
    if text is None:
        return None
    body = msgspec.json.decode(text)
    if isinstance(body, list):
        return [_untagged(item) for item in body]
    return _untagged(body)


def _untagged(body: dict[str, Any]) -> Any:
    name = body.get("class")
    if name is None:
        return body["value"]
    return _converter().structure(body["value"], _classes()[name])
