"""Pricing rules of goods: from a line's inputs, and from nothing else, to minor units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from marketplace import divide, split

Inputs = Mapping[str, Any]


def each(inputs: Inputs) -> int:
    """So much for each piece."""
    return int(inputs["each"]) * int(inputs["quantity"])


def first_and_more(inputs: Inputs) -> int:
    """The first piece, and every other; nothing from a sum of goods on."""
    free_from = inputs["free_from"]
    if free_from is not None and int(inputs["goods"]) >= int(free_from):
        return 0
    return int(inputs["first"]) + int(inputs["more"]) * (int(inputs["quantity"]) - 1)


def weighed(inputs: Inputs) -> int:
    """The first step that carries so many grams."""
    weight = int(inputs["weight_g"])
    return next(int(price) for most, price in inputs["steps"] if weight <= int(most))


def share(inputs: Inputs) -> int:
    """``bp`` basis points of an amount."""
    return divide(int(inputs["of"]) * int(inputs["bp"]), 10_000)


def part(inputs: Inputs) -> int:
    """One share of an amount that is split by largest remainder."""
    return split(int(inputs["of"]), inputs["weights"])[int(inputs["index"])]


def given(inputs: Inputs) -> int:
    """An amount that somebody named, or that stays as it was."""
    return int(inputs["amount"])


RULES: Mapping[str, Callable[[Inputs], int]] = {
    "each": each,
    "first_and_more": first_and_more,
    "weighed": weighed,
    "share": share,
    "part": part,
    "given": given,
}
