"""The first judge of calls to Stripe: its OpenAPI document.

What was asked is held against the body or the query that the document takes on that path, what was
answered against the document's schema of that answer. A verdict is a sentence: which call, which
field, what is allowed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import jsonschema_rs

from marketplace.testing.stripe_twin import Call
from tests.support.stripe_document import definitions, document, plain

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@cache
def template_of(method: str, path: str) -> str | None:
    """The document's template of a path that takes the method: the one with fewest names in it."""
    fitting = [
        (template.count("{"), template)
        for template, methods in document()["paths"].items()
        if method.lower() in methods
        and re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path)
    ]
    return min(fitting)[1] if fitting else None


@cache
def taken(method: str, template: str) -> dict[str, Any]:
    """The schema of what the calls of a path may say."""
    said = document()["paths"][template][method.lower()]
    if method == "POST":
        content = said.get("requestBody", {}).get("content", {})
        for kind in (FORM, JSON):
            if kind in content:
                return dict(plain(content[kind]["schema"]))
        return {"type": "object", "additionalProperties": False}
    query = [each for each in said.get("parameters", ()) if each["in"] == "query"]
    return {
        "type": "object",
        "properties": {each["name"]: plain(each["schema"]) for each in query},
        "required": [each["name"] for each in query if each.get("required")],
        "additionalProperties": False,
    }


@cache
def _reader(method: str, template: str) -> Any:
    return jsonschema_rs.Draft202012Validator(taken(method, template))


@cache
def _answers(method: str, template: str, good: bool) -> Any:
    responses = document()["paths"][template][method.lower()]["responses"]
    said = responses["200" if good else "default"]["content"][JSON]["schema"]
    return jsonschema_rs.Draft202012Validator({**plain(said), "$defs": definitions()})


def typed(schema: Mapping[str, Any], value: Any) -> Any:
    """What a form's texts stand for, by the schema; a text that stands for nothing is left.

    What a call takes refers to no other schema, as what it answers does.
    """
    if "anyOf" in schema:
        return _first(schema["anyOf"], value)
    kind = schema.get("type")
    if kind == "object" and isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        below = others if isinstance(others, dict) else {}
        return {name: typed(known.get(name, below), each) for name, each in value.items()}
    if kind == "array" and isinstance(value, list):
        return [typed(schema.get("items", {}), each) for each in value]
    if isinstance(value, str):
        if kind == "integer" and re.fullmatch(r"-?\d+", value):
            return int(value)
        if kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", value):
            return float(value)
        if kind == "boolean" and value in ("true", "false"):
            return value == "true"
    return value


def _first(schemas: Sequence[Mapping[str, Any]], value: Any) -> Any:
    """By the first schema that the value then fits, else as it came."""
    for schema in schemas:
        tried = typed(schema, value)
        if jsonschema_rs.is_valid(schema, tried):
            return tried
    return value


def judge_question(call: Call) -> list[str]:
    """What is wrong with what was asked."""
    where = f"{call.method} {call.path}"
    template = template_of(call.method, call.path)
    if template is None:
        return [f"{where}: Stripe has no such call"]
    said: Any = dict(call.params)
    schema = taken(call.method, template)
    if not call.path.startswith("/v2/") or call.method == "GET":
        said = typed(schema, said)
    return [f"{where}: {each}" for each in _wrong(_reader(call.method, template), schema, said)]


def judge_answer(call: Call) -> list[str]:
    """What is wrong with what was answered."""
    template = template_of(call.method, call.path)
    if call.answer is None or template is None:
        return []
    good = "error" not in call.answer
    said: Any = dict(call.answer)
    if call.path.startswith("/v2/"):
        said = _known(said)
    where = f"answer to {call.method} {call.path}"
    reader = _answers(call.method, template, good)
    return [f"{where}: {each}" for each in _wrong(reader, {"$defs": definitions()}, said)]


def _known(value: Any) -> Any:
    """The same without what is null: v2 answers so of what it has not, or was not to include, and
    the document does not say it."""
    if isinstance(value, Mapping):
        return {name: _known(each) for name, each in value.items() if each is not None}
    return [_known(each) for each in value] if isinstance(value, list) else value


@cache
def _thing(name: str) -> Any:
    return jsonschema_rs.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": definitions()})


def judge_thing(thing: Mapping[str, Any]) -> list[str]:
    """What is wrong with an object, by the schema of its own name: an event, or what is in it."""
    name = str(thing["object"])
    known = _known(thing) if name.startswith("v2.") else thing
    return [f"{name}: {each}" for each in _wrong(_thing(name), {}, known)]


def _wrong(reader: Any, schema: Mapping[str, Any], said: Any) -> Iterator[str]:
    for error in reader.iter_errors(said):
        deepest = _deepest(error)
        place = ".".join(str(part) for part in deepest.instance_path) or "the whole"
        yield f"{place}: {_words(deepest, schema)}"


def _deepest(error: Any) -> Any:
    """Of what is wrong with each of several choices, what lies deepest: that one was meant."""
    if error.kind.name != "anyOf":
        return error
    below = [_deepest(each) for choice in error.kind.context for each in choice]
    reached = [each for each in below if each.kind.name != "type"] or below
    return max(reached, key=lambda each: len(each.instance_path), default=error)


def _words(error: Any, schema: Mapping[str, Any]) -> str:
    if error.kind.name != "additionalProperties":
        return str(error.message)
    inside: Any = schema
    for part in list(error.schema_path)[:-1]:
        if isinstance(inside, list):
            inside = inside[int(part)]
        else:
            inside = inside.get(part, {}) if isinstance(inside, Mapping) else {}
    names = sorted(inside.get("properties", ())) if isinstance(inside, Mapping) else []
    allowed = ", ".join(names)
    return f"{error.message}; allowed: {allowed}" if allowed else str(error.message)
