"""Pricing rules of stays: from a line's inputs, and from nothing else, to minor units.

Every rate is among the inputs, so that a line gives its amount again years later, whatever the
host asks by then. Whole numbers only; halves go away from zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from marketplace import divide

Inputs = Mapping[str, Any]


def steps(inputs: Inputs) -> int:
    """Each run of steps, ``[first, how many, price of each]``, times the units."""
    runs: Sequence[tuple[str, int, int]] = inputs["runs"]
    return sum([count * each for _, count, each in runs]) * int(inputs["units"])


def once(inputs: Inputs) -> int:
    """``each`` for every unit, however long the stay: cleaning, a pet."""
    return int(inputs["each"]) * int(inputs["units"])


def per_guest(inputs: Inputs) -> int:
    """``each`` for every guest above those that are included, and every step."""
    return int(inputs["each"]) * int(inputs["guests"]) * int(inputs["steps"])


def share(inputs: Inputs) -> int:
    """``bp`` basis points of an amount."""
    return divide(int(inputs["of"]) * int(inputs["bp"]), 10_000)


def tax_share(inputs: Inputs) -> int:
    """``bp`` basis points of the taxed amount, at most ``most`` for each person and step."""
    tax = share(inputs)
    most = inputs["most"]
    return tax if most is None else min(tax, most * int(inputs["persons"]) * int(inputs["steps"]))


def tax_each(inputs: Inputs) -> int:
    """``each`` for every taxed person and step."""
    return int(inputs["each"]) * int(inputs["persons"]) * int(inputs["steps"])


Rule = Callable[[Inputs], int]

RULES: Mapping[str, Rule] = {
    "steps": steps,
    "once": once,
    "per_guest": per_guest,
    "share": share,
    "tax_share": tax_share,
    "tax_each": tax_each,
}
"""By their short names; a line names them with the plugin before: ``stays.steps``."""


def named(plugin: str) -> dict[str, Rule]:
    """The rules under a plugin's name, so that two plugins of the kind live side by side."""
    return {f"{plugin}.{name}": rule for name, rule in RULES.items()}


def prices(inputs: Inputs) -> Sequence[int]:
    """The price of each step of a line of steps, in their order, of one unit."""
    return [each for _, count, each in inputs["runs"] for _ in range(count)]
