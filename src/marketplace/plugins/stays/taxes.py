"""Occupancy taxes: by jurisdiction, per cent of the price or so much for each person and night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from marketplace import InvalidInput, Line, Money
from marketplace.plugins.stays.fees import basis_points
from marketplace.plugins.stays.rules import RULES

AGES = ("adults", "children", "infants")


def _amount(instance: object, attribute: Any, value: int | None) -> None:
    if value is not None and (type(value) is not int or value < 0):
        raise InvalidInput(f"{attribute.name} is zero or more minor units, not {value!r}")


def _count(instance: object, attribute: Any, value: int | None) -> None:
    if value is not None and (type(value) is not int or value < 1):
        raise InvalidInput(f"{attribute.name} is a number of steps from 1 on, not {value!r}")


def _ages(instance: object, attribute: Any, value: tuple[str, ...]) -> None:
    unknown = sorted(set(value) - set(AGES))
    if unknown or not isinstance(value, tuple):
        raise InvalidInput(f"those exempt are some of {', '.join(AGES)}, not {value!r}")


@frozen
class Tax:
    """One tax of a jurisdiction: ``bp`` of the price, or ``each`` a person and step; never both."""

    name: str
    """What people call it: the line tells it."""
    bp: int | None = field(default=None, validator=basis_points)
    each: int | None = field(default=None, validator=_amount)
    """Minor units for each taxed person and step."""
    most: int | None = field(default=None, validator=_amount)
    """Of a tax by ``bp``: at most so many minor units for each taxed person and step."""
    exempt: tuple[str, ...] = field(default=("infants",), validator=_ages)
    """Ages that pay nothing by head: of ``adults``, ``children``, ``infants``."""
    first_steps: int | None = field(default=None, validator=_count)
    """By head, only so many steps of a stay are taxed; None: all of them."""
    not_from: int | None = field(default=None, validator=_count)
    """A stay of so many steps or more is not taxed; None: every stay is."""
    currency: str | None = None
    """Which currency its amounts are in; a stay in another one has not this tax."""

    def __attrs_post_init__(self) -> None:
        if (self.bp is None) == (self.each is None):
            raise InvalidInput(f"tax {self.name!r} is either by bp or by each, not both or neither")
        if self.currency is None and (self.each is not None or self.most is not None):
            raise InvalidInput(f"tax {self.name!r} names amounts; name their currency too")

    def line(
        self, basis: int, guests: Mapping[str, int], steps: int, currency: str, plugin: str
    ) -> Line | None:
        """The line of this tax on one stay; None when it comes to nothing."""
        if self.currency not in (None, currency):
            return None
        if self.not_from is not None and steps >= self.not_from:
            return None
        persons = sum(guests.get(age, 0) for age in AGES if age not in self.exempt)
        taxed = steps if self.first_steps is None else min(steps, self.first_steps)
        inputs: dict[str, Any] = {"name": self.name, "persons": persons, "steps": taxed}
        if self.each is not None:
            inputs["each"] = self.each
            code, rule = "occupancy_tax_by_head", "tax_each"
        else:
            inputs |= {"of": basis, "bp": self.bp, "most": self.most}
            code, rule = "occupancy_tax", "tax_share"
        amount = Money(RULES[rule](inputs), currency)
        if not amount:
            return None
        return Line(code, amount, "customer", "tax", f"{plugin}.{rule}", plugin, inputs)


Jurisdictions = Mapping[str, Sequence[Tax]]
"""Name to its taxes; a listing names its own."""
