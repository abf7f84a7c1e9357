"""Answers of commands as text and back, so that the same key gives the same answer years later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, TypeVar

import attrs
import cattrs
import msgspec

import marketplace.domain as domain_package
from marketplace.domain.hashing import plain
from marketplace.errors import PluginError

_MODULES = (
    "approval",
    "chargeback",
    "checkout",
    "dispute",
    "event",
    "item",
    "ledger",
    "listing",
    "match",
    "message",
    "moderation",
    "money",
    "offer",
    "party",
    "payment",
    "quote",
    "request",
    "requirement",
    "reservation",
    "review",
    "transaction",
)


Value = TypeVar("Value")


@cache
def answer_classes() -> dict[str, type]:
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


def answer_to_text(value: Any, classes: Mapping[str, type]) -> str:
    """An answer (a value, a list of values, or nothing) as text.

    ``classes`` are those of the plugins, by name. Raises ``PluginError`` for a class that is
    not there to be read again.
    """
    if isinstance(value, list | tuple):
        body: Any = [_tagged(item, classes) for item in value]
    else:
        body = _tagged(value, classes)
    return msgspec.json.encode(body).decode()


def _tagged(value: Any, classes: Mapping[str, type]) -> Any:
    kind = type(value)
    if attrs.has(kind):
        if kind not in (answer_classes().get(kind.__name__), classes.get(kind.__name__)):
            raise PluginError(
                f"a verb answers values of the library, or of Bring(answers=…): {kind.__name__}"
            )
        return {"class": kind.__name__, "value": plain(value)}
    return {"value": value.value if isinstance(value, Enum) else value}


def answer_from_text(text: str | None, classes: Mapping[str, type]) -> Any:
    """The answer that ``answer_to_text`` wrote."""
    if text is None:
        return None
    body = msgspec.json.decode(text)
    if isinstance(body, list):
        return [_untagged(item, classes) for item in body]
    return _untagged(body, classes)


def from_plain(body: Mapping[str, Any], kind: type[Value]) -> Value:
    """The value of a class that ``plain`` wrote."""
    return _converter().structure(body, kind)


def _untagged(body: dict[str, Any], classes: Mapping[str, type]) -> Any:
    name = body.get("class")
    if name is None:
        return body["value"]
    return _converter().structure(body["value"], {**classes, **answer_classes()}[name])
