"""Values that are like others but for some fields."""

from typing import Any, ClassVar, Self

import attrs
import pytest

from marketplace import InvalidInput, Money
from marketplace.domain.evolving import _only_sets, evolve
from marketplace.domain.payment import Pay


@attrs.frozen
class Shelf:
    """A class with all that attrs can make of a field."""

    name: str
    _hidden: int = 1
    size: int = attrs.field(default=2, kw_only=True, converter=int)
    derived: int = attrs.field(init=False, default=7)


def test_a_changed_value_is_what_attrs_makes_of_it() -> None:
    """Law: private, keyword-only, converted and derived fields come out as attrs' own evolve has
    them, whichever of them are changed, and in whatever order they are named."""
    shelf = Shelf("a", 3, size="4")  # type: ignore[arg-type]
    for changes in (
        {},
        {"name": "b"},
        {"hidden": 5},
        {"size": "6"},
        {"size": 6, "name": "c"},
        {"name": "c", "size": 6},
    ):
        assert evolve(shelf, **changes) == attrs.evolve(shelf, **changes)  # type: ignore[arg-type]
    assert shelf == Shelf("a", 3, size=4)


@attrs.frozen
class Plain:
    """A class that does no more than to have fields."""

    name: str
    _hidden: int = 1
    size: int = attrs.field(default=2, kw_only=True)


@attrs.frozen
class Stepped:
    """One that does something more when it is made."""

    name: str
    made: list[str] = attrs.field(factory=list, eq=False)

    def __attrs_post_init__(self) -> None:
        self.made.append(self.name)


@attrs.frozen
class Own:
    """One that has an __init__ of its own."""

    name: str

    def __init__(self, name: str) -> None:
        self.__attrs_init__(name.upper())  # type: ignore[attr-defined]


@attrs.frozen
class Counting:
    """One that counts how many are made."""

    name: str
    made: ClassVar[list[str]] = []

    def __new__(cls, name: str) -> Self:
        cls.made.append(name)
        return super().__new__(cls)


@attrs.frozen(cache_hash=True)
class Hashed:
    """One that keeps its hash."""

    name: str


@attrs.define
class Open:
    """One that may be changed."""

    name: str
    size: int = attrs.field(default=1, on_setattr=attrs.setters.convert, converter=int)


@attrs.frozen(slots=False)
class Spacious(Plain):
    """One without slots."""

    room: str = "more"


class Heir(Plain):
    """A plain class that inherits one."""


@pytest.mark.parametrize(
    ("one", "by_fields"),
    [
        (Plain("a", 3, size=4), True),
        (Heir("a", 3, size=4), True),
        (Shelf("a"), False),
        (Stepped("a"), False),
        (Own("a"), False),
        (Counting("a"), False),
        (Hashed("a"), False),
        (Open("a"), False),
        (Spacious("a"), False),
        (Pay("card", amount=Money(1, "NPR")), True),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_does_more_when_it_is_made_does_it(one: Any, by_fields: bool) -> None:
    """Law: of a class that only has fields a value is made by setting them, as its own __init__
    does; whatever else a class does is done each time: the value is that of attrs either way."""
    assert _only_sets(type(one)) is by_fields
    field = attrs.fields(type(one))[0].name
    ours, theirs = evolve(one, **{field: "b"}), attrs.evolve(one, **{field: "b"})
    assert type(ours) is type(theirs)
    assert (ours, repr(ours)) == (theirs, repr(theirs))
    assert ours != one
    if not isinstance(one, Open):
        assert hash(ours) == hash(theirs)


def test_who_counts_what_is_made_counts_all() -> None:
    """Law: a class that has its own way to begin a value is asked for each."""
    one = Counting("a")
    assert evolve(one, name="b") == Counting("b")
    assert Counting.made[-3:] == ["a", "b", "b"]


def test_what_is_changed_is_checked_as_any_new_value() -> None:
    """Law: converters and validators see what is changed, and what they refuse is refused."""
    with pytest.raises(InvalidInput):
        evolve(Money(100, "NPR"), amount=1.5)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        evolve(Money(100, "NPR"), currency="NOT")


@pytest.mark.parametrize("name", ["colour", "derived", "_hidden"])
def test_a_field_that_is_not_given_when_a_value_is_made_cannot_be_changed(name: str) -> None:
    """Law: a misspelled, a derived and a private name are refused, naming those that there are."""
    with pytest.raises(TypeError, match="hidden"):
        evolve(Shelf("a"), **{name: 1})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="it has: method"):
        evolve(Pay("card"), methods="cash")  # type: ignore[call-arg]
