"""Frozen values that are made as quickly as any others.

A frozen class locks the way in which fields are set, and attrs goes around the lock for each field
of each value. Here a value is of another class while it is made, one beside its own that differs
in nothing but the lock: a value of nine fields takes half the time so.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import takewhile
from linecache import getlines
from typing import TYPE_CHECKING, Any

import attrs

become = vars(object)["__class__"].__set__
"""Makes a value one of another class, which a locked one refuses to be made by ``=``."""


@cache
def unlocked(cls: Any) -> Any:
    """The class beside a frozen one: its values have the same fields, and they can be set."""
    if cls.__setattr__ is object.__setattr__:
        return cls  # It was never locked.
    body = {
        "__slots__": (),
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        # The two are one slot of a class: with only one of them nothing would be quicker.
        "__setattr__": object.__setattr__,
        "__delattr__": object.__delattr__,
    }
    return type(cls.__name__, (cls,), body)


if TYPE_CHECKING:
    # So that names and types of the fields are checked as those of attrs' own are.
    from attrs import frozen as frozen
else:

    def frozen(cls: type[Any] | None = None, /, **how: Any) -> Any:
        """As ``attrs.frozen``."""
        if cls is None:
            return lambda one: frozen(one, **how)
        made = attrs.frozen(cls, **how)
        if len(attrs.fields(made)) >= _WORTH_IT and "__init__" in vars(made):
            _quicken(made)
        return made


_WORTH_IT = 3
"""From so many fields on it takes less time to change the class twice than to go around a lock."""
_AROUND = "    _setattr = _cached_setattr_get(self)\n"
_BEFORE = """\
    _own = type(self)
    _become(self, _beside if _own is _cls else _unlocked(_own))
"""
_AFTER = "    _become(self, _own)\n"
_SET = re.compile(r"_setattr\('(\w+)', (.*)\)")


def _quicken(cls: Any) -> None:
    """Change the ``__init__`` that attrs wrote; one that was written in another way stays."""
    init: Any = vars(cls)["__init__"]
    code = init.__code__
    first, around, *rest = getlines(code.co_filename)[code.co_firstlineno - 1 :] or ("", "")
    if around != _AROUND:
        return
    body = _SET.sub(r"self.\1 = \2", "".join(takewhile(lambda line: line[0] == " ", rest)))
    own = {"_cls": cls, "_beside": unlocked(cls), "_unlocked": unlocked, "_become": become}
    known = {**init.__globals__, **own}
    exec(compile(f"{first}{_BEFORE}{body}{_AFTER}", code.co_filename, "exec"), known)
    init.__globals__.update(own)
    init.__code__ = known["__init__"].__code__
