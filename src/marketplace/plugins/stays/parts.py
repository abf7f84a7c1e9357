"""A price in parts: lines like others, in two instalments, and lowered to what may be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from marketplace import Line, Money, customer_owes
from marketplace.plugins.stays.cancellations import KEPT_RULES
from marketplace.plugins.stays.rows import BALANCE
from marketplace.plugins.stays.rules import RULES


def lines_of(rule: str, inputs: Mapping[str, Any]) -> int:
    """A rule's amount, whichever of the two pages it stands on."""
    return (KEPT_RULES.get(rule) or RULES[rule])(inputs)


@frozen
class Page:
    """Lines of one occasion, in one currency and by one plugin."""

    currency: str
    plugin: str

    def own(self, lines: Iterable[Line]) -> list[Line]:
        """The lines that this plugin answers for, and a price that was agreed.

        Who added others at the quote, such as a discount by a code, is asked on each occasion too.
        """
        return [one for one in lines if one.plugin in (self.plugin, "core")]

    def line(self, code: str, rule: str, inputs: Mapping[str, Any], like: Line) -> list[Line]:
        """A line with payer, payee and purse of another one; none where it comes to nothing."""
        amount = Money(lines_of(rule, inputs), self.currency)
        if not amount:
            return []
        named = f"{self.plugin}.{rule}"
        return [evolve(like, code=code, amount=amount, rule=named, plugin=self.plugin,
                       inputs=inputs)]  # fmt: skip


def lowered(lines: Sequence[Line], most: int, page: Page, purse: str = "price") -> list[Line]:
    """A purse's lines, each its part of at most so much from the guest."""
    lines = [one for one in lines if one.purse == purse]
    owed = customer_owes(lines, page.currency, purse).amount
    if owed <= most:
        return list(lines)
    found: list[Line] = []
    for one in lines:
        inputs = {"of": one.amount.amount, "part": most, "whole": owed}
        found += page.line(one.code, "keep_part", inputs, one)
    return found


def rest(inputs: Mapping[str, Any]) -> int:
    """What the first instalment leaves of an amount."""
    return int(inputs["of"]) - RULES["share"](inputs)


KEPT_RULES |= {"rest": rest}


def in_two(lines: Iterable[Line], bp: int, page: Page) -> list[Line]:
    """Every line in two: a part now, and the rest in a purse of its own."""
    found: list[Line] = []
    for one in lines:
        inputs = {"of": one.amount.amount, "bp": bp, "line": dict(one.inputs)}
        found += page.line(one.code, "share", inputs, one)
        found += page.line(one.code, "rest", inputs, evolve(one, purse=BALANCE))
    return found


def joined(lines: Iterable[Line]) -> list[Line]:
    """Lines in two parts as they were before: one price, to be cancelled as a whole."""
    given = list(lines)
    rests = {(one.code, one.payer): one for one in given if one.purse == BALANCE and _half(one)}
    if not rests:
        return given
    found = []
    for one in given:
        if not _half(one):
            found.append(evolve(one, purse="price"))
        elif one.purse == "price":
            more = rests.get((one.code, one.payer))
            inputs = one.inputs.get("line", {})
            amount = one.amount if more is None else one.amount + more.amount
            found.append(evolve(one, amount=amount, inputs=inputs))
    return found


def _half(line: Line) -> bool:
    """Whether it is one of the two parts of a line, and no line that others added to a purse."""
    return "line" in line.inputs
