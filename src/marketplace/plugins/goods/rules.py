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
    """The dearest first piece, and so much more for every other piece of whatever article.

    An article whose sum reaches its ``free_from`` goes along for nothing.
    """
    paid = [
        one
        for one in inputs["articles"]
        if one["free_from"] is None or int(one["goods"]) < int(one["free_from"])
    ]
    if not paid:
        return 0
    dearest = max(paid, key=lambda one: (int(one["first"]), -int(one["more"])))
    others = sum(int(one["more"]) * int(one["quantity"]) for one in paid)
    return int(dearest["first"]) - int(dearest["more"]) + others


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
