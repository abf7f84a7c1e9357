"""A value with other values in some fields, made by a function that is compiled for its class."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    # So that names and types of the fields are checked as those of attrs' own are.
    from attrs import evolve as evolve
else:
    # attrs asks each value for its fields anew, which takes longer than to make the new value;
    # a checkout changes some thirty values.
    _made: dict[tuple[Any, ...], Callable[[Any, dict[str, Any]], Any]] = {}

    def evolve(value: Any, /, **changes: Any) -> Any:
        """As ``attrs.evolve``: a new value of the class, checked as any new one is.

        Raises ``TypeError`` for a field that there is none of, or that is not given when a value
        is made.
        """
        shape = (type(value), *changes)
        make = _made.get(shape)
        if make is None:
            make = _made[shape] = _maker(type(value), tuple(changes))
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
    # By its place is the fastest way to give a field; one that has only a name comes after those.
    parts = [
        (f"{one.alias}=" if one.kw_only else "")
        + (f"c[{one.alias!r}]" if one.alias in changed else f"v.{one.name}")
        for one in sorted(given, key=lambda one: one.kw_only)
    ]
    names: dict[str, Any] = {"cls": cls}
    source = f"def make(v, c): return cls({', '.join(parts)})\n"
    exec(compile(source, f"<evolve of {cls.__name__}>", "exec"), names)
    made: Callable[[Any, dict[str, Any]], Any] = names["make"]
    return made
