"""Rates: what a host asks, as data in the listing; whole minor units of the listing's currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from marketplace import Reason
from marketplace.plugins.stays.plan import Day, weekdays
from marketplace.plugins.stays.steps import Step

WEEKEND = weekdays(["fri", "sat"])
"""The nights of a weekend, unless a host names others."""
WEEK, MONTH = 7, 28
"""From how many days on a stay is a week's or a month's."""


@frozen
class Rates:
    """A listing's rates, ready to be asked."""

    said: Mapping[str, Any]

    def each(self, step: Step, day: Day) -> int | None:
        """The price of one step; None when the host names none for it.

        What the plan says of the date goes before the weekend's price, that before the plain one.
        """
        return self.usual(step.day.weekday()) if day.price is None else day.price

    def usual(self, weekday: int) -> int | None:
        """The price of a step on a weekday (Monday 0) of which the plan says nothing."""
        weekend = self.said.get("weekend")
        if weekend is not None and weekday in self.weekend_days:
            return int(weekend)
        nightly = self.said.get("nightly")
        return None if nightly is None else int(nightly)

    @property
    def weekend_days(self) -> frozenset[int]:
        """The weekdays that bear the weekend's price."""
        named = self.said.get("weekend_days")
        return WEEKEND if named is None else weekdays(named)

    def amount(self, name: str) -> int:
        """A plain sum (``cleaning``, ``pet``); 0 where the host asks none."""
        return int(self.said.get(name, 0))

    @property
    def extra_guest(self) -> tuple[int, int] | None:
        """How many guests are included, and what each further one costs a step."""
        extra = self.said.get("extra_guest")
        return None if extra is None else (int(extra["after"]), int(extra["each"]))

    def long_stay(self, days: int) -> tuple[str, int, int] | None:
        """Code, least days and basis points of the discount for so long a stay, if there is one."""
        for code, least in (("monthly", MONTH), ("weekly", WEEK)):
            bp = int(self.said.get(f"{code}_bp", 0))
            if bp and days >= least:
                return f"{code}_discount", least, bp
        return None

    @property
    def heeds_lead(self) -> bool:
        """Whether it matters how long before the arrival somebody asks."""
        return bool(self.said.get("early_bird") or self.said.get("last_minute"))

    def by_lead(self, days: int) -> tuple[str, int, int] | None:
        """Code, days and basis points of the discount for asking so many days before the arrival.

        The larger one, where an early bird's and a last minute's would both apply.
        """
        found = [
            ("early_bird", one["days"], one["bp"])
            for one in self.said.get("early_bird", ())
            if days >= one["days"]
        ]
        found += [
            ("last_minute", one["days"], one["bp"])
            for one in self.said.get("last_minute", ())
            if days <= one["days"]
        ]
        best = max(found, key=lambda one: (one[2], one[0], one[1]), default=None)
        return best if best is not None and best[2] else None

    @property
    def non_refundable_bp(self) -> int | None:
        """The discount of the rate that is not given back; None where there is no such rate."""
        return self.said.get("non_refundable_bp")


def not_whole(said: Any, at: str = "") -> Sequence[Reason]:
    """Numbers that a schema takes for whole ones and a sum of money is not (``100.0``)."""
    if isinstance(said, Mapping):
        return [fault for key, one in said.items() for fault in not_whole(one, _path(at, key))]
    if isinstance(said, list | tuple):
        return [
            fault
            for number, one in enumerate(said, 1)
            for fault in not_whole(one, _path(at, number))
        ]
    return [Reason("stay_not_whole", {"at": at, "value": str(said)})] if _float(said) else []


def _path(at: str, key: object) -> str:
    return f"{at}/{key}" if at else str(key)


def _float(value: Any) -> bool:
    return isinstance(value, float)


def runs(steps: Iterable[tuple[Step, int]]) -> list[list[Any]]:
    """Steps and their prices as runs of equal ones: ``[first, how many, price of each]``."""
    found: list[list[Any]] = []
    for step, each in steps:
        if found and found[-1][2] == each:
            found[-1][1] += 1
        else:
            found.append([step.told, 1, each])
    return found
