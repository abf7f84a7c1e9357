"""The second judge of calls to Stripe: the parameters' types of the SDK that is installed.

The SDK's own services say which type the parameters of which call have. The types are open (a
word beside the listed ones is allowed, and so is a further name); here they are made strict.
"""

import ast
import importlib
import re
import sys
import types
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin

import stripe
from pydantic import BeforeValidator, ConfigDict, Strict, TypeAdapter, ValidationError
from stripe import RequestOptions
from stripe._stripe_object import UntypedStripeObject
from typing_extensions import TypedDict, get_type_hints, is_typeddict

from marketplace.testing.stripe_twin import Call

PLACE = Path(str(stripe.__file__)).parent


def _integer(value: Any) -> Any:
    return int(value) if isinstance(value, str) and re.fullmatch(r"-?\d+", value) else value


def _truth(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


# A form has texts only: those that stand for a number or a truth do, and nothing else does.
WIRE = {
    int: Annotated[int, Strict(), BeforeValidator(_integer)],
    bool: Annotated[bool, Strict(), BeforeValidator(_truth)],
    str: Annotated[str, Strict()],
}


NOTHING: Any = TypedDict("NOTHING", {})
"""What a call takes that takes nothing."""


@cache
def _texts() -> tuple[tuple[Path, str], ...]:
    files = [*PLACE.glob("*_service.py"), *PLACE.glob("v1/**/*_service.py")]
    files += PLACE.glob("v2/**/*_service.py")
    return tuple((path, path.read_text()) for path in files)


@cache
def parameters(method: str, path: str) -> Any:
    """The SDK's type of what a call takes; None when the SDK has no such call."""
    fitting = [
        (template.count("{"), file, function)
        for template, verb, file, function in _calls(_head(path))
        if verb == method
        and re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path)
    ]
    if not fitting:
        return None
    _, file, function = min(fitting, key=lambda each: each[0])
    return _type_of(file, function)


def _head(path: str) -> str:
    """The part of a path that names no object: `/v1/refunds`, `/v2/core/accounts`."""
    parts = path.split("/")
    return "/".join(parts[: 3 if parts[1] == "v1" else 4])


@cache
def _calls(head: str) -> tuple[tuple[str, str, Path, ast.FunctionDef], ...]:
    """Template, method, file and function of every call below a path."""
    return tuple(
        (template, verb, file, function)
        for file, text in _texts()
        if f'"{head}' in text
        for function in ast.walk(ast.parse(text))
        if isinstance(function, ast.FunctionDef)
        for template, verb in _asked_by(function)
    )


def _asked_by(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    for call in ast.walk(function):
        match call:
            case ast.Call(
                func=ast.Attribute(attr="_request"),
                args=[ast.Constant(value=str(verb)), where, *_],
            ):
                words = (each.value for each in ast.walk(where) if isinstance(each, ast.Constant))
                yield str(next(words, "")), verb.upper()


def _type_of(file: Path, function: ast.FunctionDef) -> Any:
    given = next((arg for arg in function.args.args if arg.arg == "params"), None)
    if given is None or given.annotation is None:
        return NOTHING
    name = next(
        node.value
        for node in ast.walk(given.annotation)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    module = _imported(file, name)
    return getattr(importlib.import_module(module), name)


def _imported(file: Path, name: str) -> str:
    """Where a service has its parameters' type from."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and any(a.name == name for a in node.names):
            return str(node.module)
    raise LookupError(f"{file.name} does not import {name}")


@cache
def strict(kind: Any) -> Any:
    """A type of the SDK, where nothing may be said but what it lists."""
    if is_typeddict(kind):
        return _strict_typed_dict(kind)
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        words = [part for part in parts if get_origin(part) is Literal]
        # `Literal[…] | str` lists what is known and lets anything through.
        kept = [part for part in parts if part is not str] if words else list(parts)
        return Union[tuple(strict(part) for part in kept)]  # noqa: UP007
    if origin is list:
        return list[strict(parts[0])]  # type: ignore[misc]
    if origin is UntypedStripeObject:
        # A dictionary may be given in the place of the SDK's own object of free names.
        return dict[str, strict(parts[0])]  # type: ignore[misc]
    if origin is dict:
        return dict[str, strict(parts[1])]  # type: ignore[misc]
    return WIRE.get(kind, kind) if isinstance(kind, type) else kind


def _strict_typed_dict(kind: Any) -> Any:
    options = RequestOptions.__annotations__ if _with_options(kind) else {}
    own = {name: hint for name, hint in kind.__annotations__.items() if name not in options}
    bare = type(kind.__name__, (), {"__annotations__": own})
    hints = get_type_hints(bare, vars(sys.modules[kind.__module__]), include_extras=True)
    fields: dict[str, Any] = {}
    for name, hint in hints.items():
        needed = name in kind.__required_keys__
        while get_origin(hint) in (NotRequired, Required):
            (hint,) = get_args(hint)
        fields[name] = strict(hint) if needed else NotRequired[strict(hint)]
    made: Any = TypedDict(kind.__name__, fields)  # type: ignore[operator]
    made.__pydantic_config__ = ConfigDict(extra="forbid")
    return made


def _with_options(kind: Any) -> bool:
    return RequestOptions in getattr(kind, "__orig_bases__", ())


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(strict(kind))


def judge_question(call: Call) -> list[str]:
    """What is wrong with what was asked."""
    where = f"{call.method} {call.path}"
    kind = parameters(call.method, call.path)
    if kind is None:
        return [f"{where}: stripe {stripe.VERSION} has no such call"]
    try:
        _reader(kind).validate_python(dict(call.params))
    except ValidationError as error:
        return [f"{where}: {each}" for each in sorted(set(_words(error, call)))]
    return []


def _words(error: ValidationError, call: Call) -> Iterator[str]:
    found = error.errors(include_url=False)
    # Of a choice between a hash and the empty text that unsets it, the hash was meant.
    meant = [each for each in found if "literal['']" not in each["loc"]] or found
    for each in meant:
        inside, names = strict(parameters(call.method, call.path)), []
        for part in each["loc"]:
            inside, named = _below(inside, part)
            names += [str(part)] if named else []
        place = ".".join(names) or "the whole"
        if each["type"] == "extra_forbidden":
            allowed = ", ".join(sorted(getattr(inside, "__annotations__", ())))
            yield f"{place}: stripe {stripe.VERSION} knows no such parameter; allowed: {allowed}"
        else:
            yield f"{place}: {each['msg'][0].lower()}{each['msg'][1:]}"


def _below(kind: Any, part: int | str) -> tuple[Any, bool]:
    """The type one step further along an error's place, and whether the step names a parameter.

    A name that the type does not know leaves the type, which then tells what it does know.
    """
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        meant = next((each for each in parts if getattr(each, "__name__", None) == part), None)
        if meant is not None:
            return meant, False
        return _below(next((each for each in parts if is_typeddict(each)), None), part)
    if origin is list:
        return parts[0], True
    if origin is dict:
        return parts[1], True
    if not is_typeddict(kind):
        return kind, isinstance(part, int) or part.isidentifier()
    hint = kind.__annotations__.get(part, kind)
    while get_origin(hint) in (NotRequired, Required):
        (hint,) = get_args(hint)
    return hint, True
