"""Frozen values that are made unlocked."""

import inspect
import weakref
from collections.abc import Callable
from functools import cached_property
from typing import Any

import attrs
import pytest
from attrs import evolve, field
from attrs.exceptions import FrozenInstanceError

from marketplace import InvalidInput, Money
from marketplace.domain import freezing
from marketplace.domain.event import Event
from marketplace.domain.freezing import frozen, function_of, unlocked
from marketplace.domain.quote import Line
from marketplace.domain.transaction import Terms, Transaction


def _even(instance: object, attribute: object, value: int) -> None:
    if value % 2:
        raise InvalidInput(f"{value} is odd")


def _declared() -> type[Any]:
    """A class with all that attrs can make of a field, and a step behind all of them."""

    class Shelf:
        """A shelf."""

        name: str
        _hidden: int = 1
        books: list[str] = field(factory=list)
        size: int = field(default=2, kw_only=True, converter=int, validator=_even)
        label: str = field(init=False, default="none")

        def __attrs_post_init__(self) -> None:
            self.books.append(self.name)
            object.__setattr__(self, "label", f"{self.name} of {self.size}")

        @cached_property
        def title(self) -> str:
            """Worked out once."""
            return self.name.title()

    return Shelf


Theirs = attrs.frozen(_declared())
Ours = frozen(_declared())
WAYS: dict[str, Callable[[Any], Any]] = {
    "one field": lambda cls: cls("a"),
    "two fields": lambda cls: cls("a", 3),
    "by names": lambda cls: cls("a", hidden=4, size="6"),
    "with a list": lambda cls: cls(name="b", books=["c"]),
    "out of another": lambda cls: evolve(cls("a", 3), size=8),
}


@pytest.mark.parametrize("made_by", [Ours, function_of(Ours)], ids=["class", "function"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_value_is_as_attrs_makes_it(way: Callable[[Any], Any], made_by: Any) -> None:
    """Law: whatever is given, and however, a value has the fields that attrs gives it, made by the
    class or by its function."""
    theirs, ours = way(Theirs), way(made_by)
    assert type(ours) is Ours
    assert attrs.asdict(ours) == attrs.asdict(theirs)
    assert repr(ours) == repr(theirs)
    assert ours.title == theirs.title
    assert weakref.ref(ours)() is ours


def test_it_is_declared_as_attrs_declares_it() -> None:
    """Law: how a class is called, and what it says of that, are as without it."""
    assert inspect.signature(Ours) == inspect.signature(Theirs)
    assert Ours.__init__.__annotations__ == Theirs.__init__.__annotations__
    assert Ours.__init__.__qualname__ == Theirs.__init__.__qualname__


def test_it_is_locked_once_it_is_made() -> None:
    """Law: no field of a value can be set or deleted, nor can it be made one of another class."""
    one = Ours("a")
    for change in (
        lambda: setattr(one, "name", "b"),
        lambda: setattr(one, "__class__", unlocked(Ours)),
        lambda: delattr(one, "name"),
    ):
        with pytest.raises(FrozenInstanceError):
            change()
    assert one == Ours("a")


def test_what_is_wrong_is_refused_as_by_attrs() -> None:
    """Law: a check, or a step behind all fields, refuses what it would refuse anyway."""
    for make in (Ours, function_of(Ours)):
        with pytest.raises(InvalidInput, match="3 is odd"):
            make("a", size=3)
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
            make()
    with pytest.raises(InvalidInput, match="is negative"):
        Line("fare", Money(-1, "EUR"), "customer", "provider", "flat")


def test_a_class_of_its_own_kind_stays_of_it() -> None:
    """Law: a class made of a frozen one, with an ``__init__`` or fields of its own or without, has
    values of its own class, locked or not as it is."""

    class Plain(Ours):  # type: ignore[misc, valid-type]
        """A frozen one with a dictionary beside its fields."""

    class Open(Ours):  # type: ignore[misc, valid-type]
        """One that anybody may change."""

        __setattr__ = object.__setattr__

        def __init__(self, name: str) -> None:
            super().__init__(name, 5)
            self.place = "here"

    @frozen
    class More(Ours):  # type: ignore[misc, valid-type]
        """One that has a field more."""

        height: int = 0

    plain, opened, more = Plain("a"), Open("b"), More("c", height=7)
    assert (type(plain), type(opened), type(more)) == (Plain, Open, More)
    assert (plain.label, opened._hidden, more.height) == ("a of 2", 5, 7)
    opened.name = "d"
    for one in (plain, more):
        with pytest.raises(FrozenInstanceError):
            one.name = "d"


def test_what_is_frozen_can_be_named() -> None:
    """Law: what attrs can be told of a class, it is told: here not to order its values."""
    unordered = frozen(order=False)(_declared())
    with pytest.raises(TypeError, match="not supported"):
        assert unordered("a") < unordered("b")
    assert Ours("a") == Ours("a")


@pytest.mark.parametrize("cls", [Event, Line, Terms, Transaction, Ours])
def test_values_are_made_the_quick_way(cls: type[Any]) -> None:
    """Law: the values that are made most often are, with the attrs that is installed here: one
    that writes their ``__init__`` in another way would make them right, and slowly."""
    assert "_become" in cls.__init__.__code__.co_names  # type: ignore[misc]
    assert "_setattr" not in cls.__init__.__code__.co_varnames  # type: ignore[misc]
    assert function_of(cls) is not cls


def test_what_attrs_writes_otherwise_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: where attrs wrote something else, its own is kept, and the value is the same."""
    monkeypatch.setattr(freezing, "_AROUND", "    something else\n")
    other = frozen(_declared())
    assert "_become" not in other.__init__.__code__.co_names
    assert function_of(other) is other
    assert attrs.asdict(other("a", 3)) == attrs.asdict(Ours("a", 3))
    monkeypatch.setattr(freezing, "getlines", lambda name: [])
    assert attrs.asdict(frozen(_declared())("a", 3)) == attrs.asdict(Ours("a", 3))


def test_small_ones_stay() -> None:
    """Law: a class of so few fields that nothing is won has attrs' own ``__init__``."""
    assert "_setattr" in Money.__init__.__code__.co_varnames
