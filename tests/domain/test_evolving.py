"""Values that are like others but for some fields."""

import attrs
import pytest

from marketplace import InvalidInput, Money
from marketplace.domain.evolving import evolve
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
