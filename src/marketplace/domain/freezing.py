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
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, cast

import attrs

T = TypeVar("T")

_become = vars(object)["__class__"].__set__
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
_SET = re.compile(r"_setattr\('(\w+)', (.*)\)")
_INIT = """\
{}    _own = type(self)
    _become(self, _beside if _own is _cls else _unlocked(_own))
{}    self.__class__ = _own
"""
_FUNCTION = """\
{}    self = _new(_beside)
{}    self.__class__ = _cls
    return self
"""


def _quicken(cls: Any) -> None:
    """Change the ``__init__`` that attrs wrote; one that was written in another way stays."""
    init: Any = vars(cls)["__init__"]
    changed = _changed(cls, _INIT)
    if changed is not None:
        # The function stays, and its line: there is what attrs wrote, to be read and changed anew.
        init.__globals__.update(changed.__globals__)
        line = init.__code__.co_firstlineno
        init.__code__ = changed.__code__.replace(co_firstlineno=line)


def function_of(cls: type[T]) -> type[T]:
    """A function that makes values as the class does: to give a class its fields by their names
    takes longer than all the rest. For what is made most often."""
    return cast("type[T]", _changed(cls, _FUNCTION, "") or cls)


def _changed(cls: Any, around: str, given: str = "self, ") -> FunctionType | None:
    """A function with the fields of the ``__init__`` that attrs wrote; None if it wrote it in
    another way than it does."""
    code = vars(cls)["__init__"].__code__
    head, lock, *rest = getlines(code.co_filename)[code.co_firstlineno - 1 :] or ("", "")
    if lock != _AROUND:
        return None
    head = head.replace("self, ", given, 1)
    body = _SET.sub(r"self.\1 = \2", "".join(takewhile(lambda line: line[0] == " ", rest)))
    own = {"_cls": cls, "_beside": unlocked(cls), "_unlocked": unlocked, "_become": _become}
    known = {**vars(cls)["__init__"].__globals__, **own, "_new": object.__new__}
    exec(compile(around.format(head, body), code.co_filename, "exec"), known)
    made: FunctionType = known["__init__"]
    return made
