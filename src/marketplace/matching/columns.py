"""Columns of integers: tuples to whoever reads them, arrays of numpy for as long as nobody does.

Edges are found by hundreds of thousands as arrays, and a compiled solver wants arrays; a Python
integer for each would take longer than to solve. A value that has columns keeps what it was given,
and makes a tuple of it when it is first read. Nothing here imports numpy.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import compress
from operator import eq, index
from typing import TYPE_CHECKING, Any

from attrs import fields, frozen


@frozen(slots=True, eq=False)
class Column:
    """Integers that have been looked through: a tuple of them, or an array of one dimension and 64
    bits that nobody else can write into."""

    values: Any

    def __len__(self) -> int:
        return len(self.values)

    @property
    def is_array(self) -> bool:
        return not isinstance(self.values, tuple)

    def plain(self) -> tuple[int, ...]:
        return tuple(self.values.tolist()) if self.is_array else self.values

    def looked_up(self, table: Sequence[Any]) -> Any:
        """What `table` has for each, which is a bool or an integer: an array or a list, as
        `those` and `equal` of a column beside this one want it."""
        if self.is_array and len(self):
            import numpy

            return numpy.array(table)[self.values]
        return list(map(table.__getitem__, self.values))

    def equal(self, others: Any) -> Any:
        """Of each whether it is the same as the one of `others`, which `looked_up` gave."""
        if self.is_array:
            return self.values == others
        return list(map(eq, self.values, others))

    def those(self, chosen: Any) -> Column:
        """The ones of which `chosen` is true."""
        return Column(
            self.values[chosen] if self.is_array else tuple(compress(self.values, chosen))
        )

    def least(self) -> int:
        """The least; 0 where there is none."""
        if self.is_array and len(self):
            return int(self.values.min())
        return min(self.values, default=0)

    def most(self) -> int:
        """The most; 0 where there is none."""
        if self.is_array and len(self):
            return int(self.values.max())
        return max(self.values, default=0)


def integers(values: Iterable[int]) -> tuple[int, ...]:
    """Plain integers, also from a numpy array; a float is refused, never rounded."""
    if hasattr(values, "tolist"):
        plain = values.tolist()
        if getattr(getattr(values, "dtype", None), "kind", "") == "i":
            return tuple(plain)  # it holds nothing else
        values = plain
    return tuple(map(index, values))


def column(values: Iterable[int] | Column) -> Any:
    """Looked through as by `integers`; but an array of 64 bits is copied and stays one."""
    if isinstance(values, Column):
        return values
    numpy = sys.modules.get("numpy")  # who was given an array has imported it
    if numpy and isinstance(values, numpy.ndarray) and values.dtype == "int64" and values.ndim == 1:
        return Column(values.copy())
    return Column(integers(values))


class Columns:
    """A frozen value of attrs, some of whose fields are made by `column`: what these tell, compare
    and write into a pickle are tuples."""

    __slots__ = ("_arrays",)
    _arrays: dict[str, Column]

    def __attrs_post_init__(self) -> None:
        arrays = {}
        for one in fields(type(self)):  # type: ignore[arg-type]
            value = getattr(self, one.name)
            if isinstance(value, Column) and value.is_array:
                arrays[one.name] = value
                object.__delattr__(self, one.name)  # so that reading it comes to `__getattr__`
            elif isinstance(value, Column):
                object.__setattr__(self, one.name, value.values)
        object.__setattr__(self, "_arrays", arrays)

    if not TYPE_CHECKING:  # a name that is no field is a mistake, and the checker is to say so

        def __getattr__(self, name: str) -> tuple[int, ...]:
            if name == "_arrays":  # it came from a pickle or a copy, with tuples
                return {}
            if name not in self._arrays:
                kind = type(self).__name__
                raise AttributeError(f"{kind!r} object has no attribute {name!r}")
            object.__setattr__(self, name, self._arrays[name].plain())
            return getattr(self, name)

    def column(self, name: str) -> Column:
        """The column of that name as it came, to be handed on or looked through in bulk."""
        return self._arrays[name] if name in self._arrays else Column(getattr(self, name))
