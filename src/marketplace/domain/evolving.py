"""A value with other values in some fields, made by a function that is compiled for its class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any

import attrs

from marketplace.domain.freezing import unlocked

if TYPE_CHECKING:
    # So that names and types of the fields are checked as those of attrs' own are.
    from attrs import evolve as evolve
else:
    # attrs asks each value for its fields anew, which takes longer than to make the new value;
    # a checkout changes some thirty values.
    _made: dict[type[Any], dict[tuple[str, ...], Callable[[Any, dict[str, Any]], Any]]] = {}

    def evolve(value: Any, /, **changes: Any) -> Any:
        """As ``attrs.evolve``: a new value of the class, checked as any new one is.

        Raises ``TypeError`` for a field that there is none of, or that is not given when a value
        is made.
        """
        try:
            make = _made[type(value)][tuple(changes)]
        except KeyError:
            make = _maker(type(value), tuple(changes))
            _made.setdefault(type(value), {})[tuple(changes)] = make
        return make(value, changes)


def _maker(cls: type[Any], changed: tuple[str, ...]) -> Callable[[Any, dict[str, Any]], Any]:
    """The function that makes a value like another one, with ``changed`` from elsewhere."""
    given = [one for one in attrs.fields(cls) if one.init]
    strange = set(changed) - {one.alias for one in given}
    if strange:
        raise TypeError(
            f"{cls.__name__} has no field {', '.join(sorted(strange))}; "
            f"it has: {', '.join(str(one.alias) for one in given)}"
        )
    parts = {
        one.name: f"c[{one.alias!r}]" if one.alias in changed else f"v.{one.name}" for one in given
    }
    return maker(cls, "v, c", parts, {})


def maker(
    cls: Any, takes: str, given: Mapping[str, str], names: Mapping[str, Any]
) -> Callable[..., Any]:
    """Compile a function that makes a value of an attrs class of what it ``takes``.

    ``given`` says by an expression, of what it takes and of ``names``, what is in each field
    that is given when a value is made.
    """
    fields = [one for one in attrs.fields(cls) if one.init]
    known = {**names, "_cls": cls, "_new": object.__new__}
    if _only_sets(cls):
        # What its own __init__ does, without the call of a class, which takes as long again.
        known["_unlocked"] = unlocked(cls)
        lines = ["_one = _new(_unlocked)"]
        lines += [f"_one.{one.name} = {given[one.name]}" for one in fields]
        lines += ["_one.__class__ = _cls", "return _one"]
    else:
        # By its place is the fastest way to give one; one that has only a name comes after those.
        parts = [
            (f"{one.alias}=" if one.kw_only else "") + given[one.name]
            for one in sorted(fields, key=lambda one: one.kw_only)
        ]
        lines = [f"return _cls({', '.join(parts)})"]
    source = "\n ".join([f"def make({takes}):", *lines])
    exec(compile(source, f"<maker of {cls.__name__}>", "exec"), known)
    made: Callable[..., Any] = known["make"]
    return made


_OWN = ("__attrs_init__", "__attrs_pre_init__", "__attrs_post_init__", "_attrs_cached_hash")
"""What a class has whose making does more: an __init__ of its own, steps around it, a cache."""


def _only_sets(cls: type[Any]) -> bool:
    """Whether to make a value of a class is to set its fields, and nothing else."""
    return (
        type(cls) is type
        and not any("__new__" in vars(one) for one in cls.__mro__[:-1])
        and not any(hasattr(cls, name) for name in _OWN)
        and all(
            one.init
            and one.converter is None
            and one.validator is None
            and isinstance(getattr(cls, one.name, None), MemberDescriptorType)
            for one in attrs.fields(cls)
        )
    )
