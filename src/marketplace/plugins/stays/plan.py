"""Plans: which steps a host holds out, and which stays may begin, last and end there.

A plan has values of its own and rules beside it: an exception for one date, a season, a weekday.
Each field of a date is decided for itself by the most specific rule that says anything of it: one
date before a shorter range, before a longer range, before weekdays of any week, before the plan.
Of two rules alike, the later one in the list holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any

from attrs import frozen

from marketplace import Reason

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(7))
ONE_DAY = timedelta(days=1)


@frozen
class Rule:
    """An exception, a season or a weekday: what it says holds for its dates."""

    said: Mapping[str, Any]
    """Its fields, as they stand in the listing."""
    first: date | None
    last: date | None
    """The last date inside; None with ``first``: every week."""
    weekdays: frozenset[int]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Rule:
        """Out of a listing's attributes; raises ``ValueError`` for a date that no calendar has."""
        first, last = data.get("from"), data.get("to", data.get("from"))
        return cls(
            said=data,
            first=None if first is None else date.fromisoformat(first),
            last=None if last is None else date.fromisoformat(last),
            weekdays=weekdays(data["weekdays"]) if "weekdays" in data else EVERY_DAY,
        )

    @property
    def breadth(self) -> tuple[bool, int, int]:
        """How much of the calendar it speaks of: the smaller it is, the more specific."""
        if self.first is None or self.last is None:
            return True, 0, len(self.weekdays)
        return False, (self.last - self.first).days, len(self.weekdays)

    def dates(self, first: date, last: date) -> Iterable[date]:
        """Its dates between two, both inside."""
        day = first if self.first is None else max(first, self.first)
        until = last if self.last is None else min(last, self.last)
        while day <= until:
            if day.weekday() in self.weekdays:
                yield day
            day += ONE_DAY


@frozen
class Day:
    """What holds on one date."""

    open: bool
    hours: tuple[time, time] | None
    """Between which clock times steps may begin; None: at any."""
    least: int
    """Steps of a stay that arrives on it."""
    most: int | None
    least_through: int
    """Steps of any stay that is there on it, whenever it arrives."""
    most_through: int | None
    arrive: frozenset[int]
    leave: frozenset[int]
    """Weekdays on which stays may begin and end, by what holds on this date."""
    price: int | None
    """In minor units; None: the rates decide."""
    label: str

    def has(self, clock: time | None) -> bool:
        """Whether a step that begins at this time is held out."""
        if not self.open or clock is None or self.hours is None:
            return self.open
        opens, closes = self.hours
        return opens <= clock and (clock < closes or closes == time())


@frozen
class Plan:
    """A listing's plan, ready to be asked."""

    said: Mapping[str, Any]
    rules: tuple[Rule, ...]
    """The least specific first."""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Plan:
        """Out of a listing's attributes; raises ``ValueError`` for a date that no calendar has."""
        rules = [Rule.of(one) for one in data.get("rules", ())]
        return cls(data, tuple(sorted(rules, key=lambda one: one.breadth, reverse=True)))

    @property
    def notice_hours(self) -> int:
        """How long before the check-in a stay is asked for, at the latest."""
        return int(self.said.get("notice_hours", 0))

    @property
    def window_days(self) -> int | None:
        """How many dates are held out, from today on; None: all."""
        return self.said.get("window_days")

    def days(self, first: date, last: date) -> dict[date, Day]:
        """What holds on each date between two, both inside."""
        count = (last - first).days + 1
        said = {first + timedelta(days=n): dict(self.said) for n in range(count)}
        for rule in self.rules:
            new = _fields(rule.said)
            for day in rule.dates(first, last):
                said[day].update(new)
        return {day: _day(fields) for day, fields in said.items()}


def _fields(said: Mapping[str, Any]) -> dict[str, Any]:
    """A rule's fields; what it says of length goes for all who are there, if it says so."""
    if not said.get("through"):
        return dict(said)
    lengths = {f"{name}_through": said[name] for name in ("least", "most") if name in said}
    return {key: value for key, value in said.items() if key not in ("least", "most")} | lengths


def _day(said: Mapping[str, Any]) -> Day:
    hours = said.get("hours")
    return Day(
        open=said.get("open", True),
        hours=None if hours is None else (clock(hours[0]), clock(hours[1])),
        least=said.get("least", 1),
        most=said.get("most"),
        least_through=said.get("least_through", 1),
        most_through=said.get("most_through"),
        arrive=weekdays(said["arrive"]) if "arrive" in said else EVERY_DAY,
        leave=weekdays(said["leave"]) if "leave" in said else EVERY_DAY,
        price=said.get("price"),
        label=said.get("label", ""),
    )


def weekdays(names: Iterable[str]) -> frozenset[int]:
    """``mon`` to ``sun`` as numbers, Monday 0."""
    return frozenset(WEEKDAYS.index(name) for name in names)


def clock(text: str) -> time:
    """A time of day as listings write it: ``15:00``; ``24:00`` is the next midnight."""
    return time() if text == "24:00" else time.fromisoformat(text)


def faults(said: Mapping[str, Any]) -> Sequence[Reason]:
    """What no schema can say: dates that are none, ranges that end before they begin."""
    found = list(_lengths(said))
    for number, rule in enumerate(said.get("rules", ()), 1):
        found += _rule_faults(number, rule)
        found += _lengths(rule)
    return found


def _rule_faults(number: int, rule: Mapping[str, Any]) -> Iterable[Reason]:
    dates: dict[str, date] = {}
    for name in ("from", "to"):
        if name in rule:
            try:
                dates[name] = date.fromisoformat(rule[name])
            except ValueError:
                yield Reason("stay_no_such_date", {"date": rule[name], "rule": number})
                return
    if "to" in dates and "from" not in dates:
        yield Reason("stay_rule_without_from", {"to": rule["to"], "rule": number})
    elif dates and dates["from"] > dates.get("to", dates["from"]):
        params = {"from": rule["from"], "to": rule["to"], "rule": number}
        yield Reason("stay_rule_ends_first", params)
    elif not dates and "weekdays" not in rule:
        yield Reason("stay_rule_for_no_date", {"rule": number})


def _lengths(said: Mapping[str, Any]) -> Iterable[Reason]:
    least, most = said.get("least", 1), said.get("most")
    if most is not None and least > most:
        yield Reason("stay_least_above_most", {"least": least, "most": most})
    hours = said.get("hours")
    if hours is not None and clock(hours[1]) != time() and clock(hours[0]) >= clock(hours[1]):
        yield Reason("stay_closes_before_it_opens", {"opens": hours[0], "closes": hours[1]})
