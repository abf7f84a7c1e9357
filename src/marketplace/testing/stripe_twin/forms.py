"""Stripe's form encoding: `transfer_data[destination]=acct_1`, `expand[]=latest_charge`.

A body becomes nested dictionaries and lists of texts; what a call takes is told by a table of
dotted names, by which the texts become numbers and truths, or are refused as Stripe refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from .problems import invalid_parameter, missing_parameter, unknown_parameter

MOST_DEEP = 8
MOST_METADATA, LONGEST_KEY, LONGEST_VALUE = 50, 40, 500
NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
BELOW = re.compile(r"\[([^\[\]]*)\]")


def unpacked(text: str) -> dict[str, Any]:
    """A query or a form as nested dictionaries; lists where the names between are numbers."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        parts = NAME.match(name)
        if parts is None:
            unknown_parameter(name)
        path = [parts[1], *BELOW.findall(parts[2])]
        if len(path) > MOST_DEEP:
            unknown_parameter(name)
        _put(found, path, value, name)
    return {name: _listed(value) for name, value in found.items()}


def _put(into: dict[str, Any], path: list[str], value: str, name: str) -> None:
    *above, last = path
    for part in above:
        into = into.setdefault(part, {})
        if not isinstance(into, dict):
            invalid_parameter(f"Invalid object: {name}", name)
    into[last or str(len(into))] = value


def _listed(value: Any) -> Any:
    """Turn a dictionary whose names are 0, 1, 2 … into a list, and so on below."""
    if not isinstance(value, dict):
        return value
    below = {name: _listed(each) for name, each in value.items()}
    numbers = all(name.isdecimal() for name in below)
    return [below[name] for name in sorted(below, key=int)] if numbers and below else below


def flat(params: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str, Any]]:
    """Dotted name, Stripe's own spelling and value of every leaf."""
    for name, value in params.items():
        dotted = f"{above}.{name}" if above else name
        if isinstance(value, dict):
            yield from flat(value, dotted)
        else:
            first, *rest = dotted.split(".")
            yield dotted, first + "".join(f"[{part}]" for part in rest), value


def checked(params: Mapping[str, Any], takes: Mapping[str, str]) -> dict[str, Any]:
    """The parameters with their kinds, or Stripe's refusal of them.

    ``takes`` gives for each dotted name `int`, `bool`, `str`, `list` or `a|b`, with a `!` behind
    it where it is needed; a name that ends in `.*` takes any name below, as metadata does, and one
    in `.**` any depth of them.
    """
    takes = {"expand": "list", **takes}
    typed: dict[str, Any] = {}
    for dotted, spelled, value in flat(params):
        kind = _kind(dotted, takes)
        if kind is None:
            unknown_parameter(spelled)
        into = typed
        *above, last = dotted.split(".")
        for part in above:
            into = into.setdefault(part, {})
        into[last] = _as(kind.rstrip("!"), value, spelled)
    for dotted, kind in takes.items():
        if kind.endswith("!") and not _has(typed, dotted):
            missing_parameter(dotted)
    _check_metadata(typed.get("metadata", {}))
    return typed


def _check_metadata(given: Mapping[str, str]) -> None:
    """Refuse more metadata than Stripe keeps: it cuts nothing off."""
    if len(given) > MOST_METADATA:
        invalid_parameter(f"Metadata can have up to {MOST_METADATA} keys", "metadata")
    for name, text in given.items():
        for what, said, most in (("keys", name, LONGEST_KEY), ("values", text, LONGEST_VALUE)):
            if len(str(said)) > most:
                words = f"Metadata {what} can have up to {most} characters, but you passed in one "
                invalid_parameter(f"{words}that is {len(str(said))} characters", "metadata")


def _kind(dotted: str, takes: Mapping[str, str]) -> str | None:
    """What a name is to be: told of itself, of all beside it, or of all below something."""
    above = dotted.split(".")[:-1]
    below = [".".join([*above[:depth], "**"]) for depth in range(1, len(above) + 1)]
    names = [dotted, ".".join([*above, "*"]), *below]
    return next((takes[name] for name in names if name in takes), None)


def _has(params: Mapping[str, Any], dotted: str) -> bool:
    inside: Any = params
    for part in dotted.split("."):
        if not isinstance(inside, dict) or part not in inside:
            return False
        inside = inside[part]
    return True


def _as(kind: str, value: Any, name: str) -> Any:
    if kind == "list":
        if not isinstance(value, list):
            invalid_parameter("Invalid array", name)
        return value
    if isinstance(value, list):
        invalid_parameter(f"Invalid {name}: must not be an array", name)
    if kind == "str":
        return value
    if kind == "int":
        if not re.fullmatch(r"-?\d{1,15}", str(value)):
            invalid_parameter(f"Invalid integer: {value}", name, "parameter_invalid_integer")
        return int(value)
    allowed = ["true", "false"] if kind == "bool" else kind.split("|")
    if str(value).lower() not in allowed:
        words = ", ".join(allowed[:-1])
        invalid_parameter(f"Invalid {name}: must be one of {words}, or {allowed[-1]}", name)
    return {"true": True, "false": False}.get(str(value).lower(), value)
