"""What a plugin brings, looked at when a marketplace opens: field by field, down to the last.

A wrong value would else be found when the first deal stumbles over it, far from who gave it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from marketplace.domain.chargeback import ChargebackTerms
from marketplace.domain.effect import MoneyKind
from marketplace.domain.method import PaymentMethod, Way
from marketplace.domain.named_attributes import unknown_attributes
from marketplace.domain.process import Process
from marketplace.domain.question import Bring, Demo, TableBranch
from marketplace.domain.requirement import Requirement
from marketplace.domain.vertical import SUPPLIED, ResourcePlan, Reviewing, Seating, Vertical
from marketplace.errors import PluginError

NO_SEAT = frozenset(
    {"customer", "provider", "operator", "clock", "payment provider", "tax", "dues"}
)
"""Roles that nobody is seated in by hand: the deal itself fills two, and the rest are no seats."""

Fits = Callable[[Any], bool]
Check = tuple[Fits, str]
"""Whether a value fits, and what would."""


def check_bring(plugin: str, brought: Bring) -> None:
    """Raise ``PluginError`` for the first thing that is not what its field holds."""
    _check(plugin, "Bring", brought, _BRING)
    for index, vertical in enumerate(brought.verticals):
        where = f"Bring.verticals[{index}]"
        _check(plugin, where, vertical, _VERTICAL)
        for number, plan in enumerate(vertical.resources):
            _check(plugin, f"{where}.resources[{number}]", plan, _PLAN)
        for number, seating in enumerate(vertical.seats):
            _check(plugin, f"{where}.seats[{number}]", seating, _SEATING)
        _check(plugin, f"{where}.reviewing", vertical.reviewing, _REVIEWING)
        roles = [one.role for one in vertical.seats]
        twice = sorted({role for role in roles if roles.count(role) > 1})
        if twice:
            raise _wrong(plugin, f"{where}.seats", f"each role once, and {twice[0]} twice", roles)
        for field, schema, name in unknown_attributes(vertical):
            allowed = f"of attributes that {schema} has"
            raise _wrong(plugin, f"{where}.{field}", allowed, name)
    for index, provider in enumerate(brought.payment_providers):
        where = f"Bring.payment_providers[{index}]"
        _check(plugin, where, provider, _PAYMENT_PROVIDER)
        for number, method in enumerate(provider.methods):
            _check(plugin, f"{where}.methods[{number}]", method, _METHOD)
    for index, branch in enumerate(brought.tables):
        _check(plugin, f"Bring.tables[{index}]", branch, _BRANCH)
    for index, demo in enumerate(brought.demos):
        _check(plugin, f"Bring.demos[{index}]", demo, _DEMO)


def _check(plugin: str, where: str, value: object, fields: Mapping[str, Check]) -> None:
    for name, (fits, allowed) in fields.items():
        found = getattr(value, name, None)
        if not fits(found):
            raise _wrong(plugin, f"{where}.{name}", allowed, found)


def _wrong(plugin: str, where: str, allowed: str, found: object) -> PluginError:
    told = repr(found)
    return PluginError(
        f"plugin {plugin!r}: {where} is {allowed}, not {told[:200]}",
        params={"plugin": plugin, "hook": "bring", "field": where, "allowed": allowed},
    )


def _word(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _maybe(fits: Fits) -> Fits:
    return lambda value: value is None or fits(value)


def _each(fits: Fits, least: int = 0) -> Fits:
    return lambda value: (
        isinstance(value, list | tuple) and len(value) >= least and all(map(fits, value))
    )


def _mapped(fits: Fits) -> Fits:
    """A mapping from words to what fits."""
    return lambda value: (
        isinstance(value, Mapping) and all(_word(name) and fits(one) for name, one in value.items())
    )


def _of(kind: type[Any]) -> Fits:
    return lambda value: isinstance(value, kind)


def _time(value: object) -> bool:
    return isinstance(value, timedelta) and value > timedelta(0)


def _text(value: object) -> bool:
    return isinstance(value, str)


def _thing(value: object) -> bool:
    """Something that can be called, or where one is to be loaded from."""
    return callable(value) or (_word(value) and ":" in str(value))


def _pair(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(_word, value))


def _ways(value: object) -> bool:
    """Texts are no kinds and no ways: what is asked with ``is`` would never be found."""
    return isinstance(value, Mapping) and all(
        isinstance(kind, MoneyKind) and isinstance(way, Way) for kind, way in value.items()
    )


def _kinds(value: object) -> bool:
    return isinstance(value, frozenset) and all(isinstance(one, MoneyKind) for one in value)


def _tables(value: object) -> bool:
    """None, a ``MetaData`` (which nothing here may import), or a function that gives one."""
    return value is None or callable(value) or isinstance(getattr(value, "tables", None), Mapping)


_WORDS: Check = (_mapped(_mapped(_text)), "a mapping of language to code to template, all texts")
_A_WORD: Check = (_word, "a word")
_A_TIME: Check = (_time, "a timedelta above zero")
_A_SCHEMA: Check = (_of(Mapping), "a JSON schema, which is a mapping")
_ROLES: Check = (_each(_word), "a tuple of roles' names")

_BRING: Mapping[str, Check] = {
    "verticals": (_each(_of(Vertical)), "a tuple of Verticals"),
    "payment_providers": (
        _each(lambda one: one is not None and not isinstance(one, str | type)),
        "a tuple of payment providers, made and not their classes",
    ),
    "rules": (_mapped(callable), "a mapping of rules' names to functions of a line's inputs"),
    "words": _WORDS,
    "tables": (_each(_of(TableBranch)), "a tuple of TableBranches"),
    "demos": (_each(_of(Demo)), "a tuple of Demos"),
    "erases": (_maybe(callable), "a function of an Act and a party's id, or None"),
}
_VERTICAL: Mapping[str, Check] = {
    "name": _A_WORD,
    "processes": (_each(_of(Process), 1), "a tuple of at least one Process"),
    "follow_ups": (_each(_of(Process)), "a tuple of Processes"),
    "listing_schema": _A_SCHEMA,
    "request_schema": _A_SCHEMA,
    "transaction_schema": _A_SCHEMA,
    "item_schema": _A_SCHEMA,
    "offer_schema": _A_SCHEMA,
    "negotiated": (_maybe(callable), "a function of a price, terms and a Request, or None"),
    "open_needs": (_maybe(_each(_word)), "a tuple of attributes' names, or None"),
    "links": (_mapped(callable), "a mapping of processes' names to functions of a LinkQuestion"),
    "resources": (_each(_of(ResourcePlan)), "a tuple of ResourcePlans"),
    "choose": (_maybe(callable), "a function of a Choice, or None"),
    "claims": (_maybe(callable), "a function of a Taking, or None"),
    "part": (_maybe(callable), "a function of an Item and its Listing, or None"),
    "reviewing": (_of(Reviewing), "a Reviewing"),
    "quote_lives": _A_TIME,
    "offer_lives": _A_TIME,
    "offer_claims": (_maybe(_word), "the name of a resource, or None"),
    "personal": (_each(_word), "a tuple of request attributes"),
    "private": (_each(_word), "a tuple of listing attributes"),
    "texts": (_each(_word), "a tuple of attributes' names"),
    "disputed_in": (_each(_word), "a tuple of states"),
    "dispute_window": (_of(timedelta), "a timedelta"),
    "dispute_answer": _A_TIME,
    "chargebacks": (_of(ChargebackTerms), "ChargebackTerms"),
    "dispute_decides": _A_TIME,
    "dispute_warns": _A_TIME,
    "seats": (_each(_of(Seating)), "a tuple of Seatings"),
    "visible": (_mapped(_each(_word)), "a mapping of attributes' names to tuples of roles' names"),
    "hides_contacts": (_of(bool), "True or False"),
    "requirements": (_each(_of(Requirement)), "a tuple of Requirements"),
    "approves_listings": (_of(bool), "True or False"),
    "dispatch_every": (_maybe(_time), "a timedelta above zero, or None"),
    "words": _WORDS,
}
_PLAN: Mapping[str, Check] = {
    "name": _A_WORD,
    "kind": (lambda value: value in ("single", "counted"), "'single' or 'counted'"),
    "capacity": (
        lambda value: _word(value) or value is SUPPLIED or (type(value) is int and value >= 0),
        "a whole number, the name of a listing attribute, or SUPPLIED",
    ),
    "options": (_maybe(_word), "the name of a listing attribute, or None"),
    "unsaid": (lambda value: type(value) is int and value >= 0, "a whole number"),
    "grain": (_maybe(_time), "a timedelta above zero, or None"),
}
_SEATING: Mapping[str, Check] = {
    "role": (
        lambda value: _word(value) and value not in NO_SEAT,
        f"a role beyond {', '.join(sorted(NO_SEAT))}",
    ),
    "by": _ROLES,
    "listing": (_maybe(_word), "the name of a listing attribute, or None"),
}
_REVIEWING: Mapping[str, Check] = {
    "axes": (_each(_word), "a tuple of words"),
    "window": _A_TIME,
    "blind": (_of(bool), "True or False"),
    "between": (_each(_pair), "a tuple of pairs of roles' names"),
}
_PAYMENT_PROVIDER: Mapping[str, Check] = {
    "name": _A_WORD,
    "methods": (_each(_of(PaymentMethod), 1), "a tuple of at least one PaymentMethod"),
    "carry_out": (callable, "a method that takes an Order and gives an Answer"),
    "look_up": (callable, "a method that takes an Order and gives an Answer or None"),
}
_METHOD: Mapping[str, Check] = {
    "name": _A_WORD,
    "ways": (_ways, "a mapping of MoneyKind to Way"),
    "hold_lives": (_maybe(_time), "a timedelta above zero, or None"),
    **dict.fromkeys(
        ("needs_customer", "pays_provider_directly", "guaranteed", "passes_on"),
        (_of(bool), "True or False"),
    ),
    "fails_on_books": (_kinds, "a set of MoneyKinds"),
    "joins": (_kinds, "a set of MoneyKinds"),
}
_BRANCH: Mapping[str, Check] = {
    "name": _A_WORD,
    "versions": (_of(Path), "a Path, the folder of its Alembic revisions"),
    "metadata": (_tables, "a MetaData, a function that gives one for TableNames, or None"),
}
_DEMO: Mapping[str, Check] = {
    "name": _A_WORD,
    "summary": (_text, "a text"),
    "command": (_thing, "a click command, or its 'module:name'"),
    "opens": (_maybe(_thing), "a function, its 'module:name', or None"),
}
