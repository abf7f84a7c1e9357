"""How old a hold may be when it is captured: bounds on time, carried along every step.

A hold on a card dies after some days. So for every configuration we keep, in seconds, upper
bounds on four differences: *age* (now - when the hold was placed), *late* (now - a moment),
*ahead* (a moment - now), and *placed ahead* (a moment - when the hold was placed). A clock row
bounds how long a state lasts; a row tied to a moment also bounds when it begins. Bounds only grow
when ways meet, so a fixed point is found; what still grows after many rounds is called endless.

It rests on one law of whoever runs a process: **a clock row that is due goes first**. Once it is
due, no party may take another row from that state, however late the worker is. Waiting for an
answer from outside is taken to last no time.
"""

from __future__ import annotations

from datetime import timedelta
from math import inf
from typing import TypeVar

from attrs import Factory, define

from marketplace.domain.effect import MoneyKind
from marketplace.domain.party import CLOCK, PAYMENT_PROVIDER
from marketplace.domain.transition import OPENED, After, At, Transition, When
from marketplace.domain.walking import Configuration, Position, Step, Walk, expired_purse

ROUNDS = 24
"""After so many rounds over all configurations, whatever still grows has no bound."""


@define
class Bounds:
    """Upper bounds, in seconds, when a configuration is entered or left."""

    late: dict[str, float]
    ahead: dict[str, float]
    age: dict[str, float] = Factory(dict)
    """By purse, for those that are held."""
    placed: dict[tuple[str, str], float] = Factory(dict)
    """By purse and moment: how long before the moment the hold was placed, at most."""

    def copy(self) -> Bounds:
        return Bounds(dict(self.late), dict(self.ahead), dict(self.age), dict(self.placed))

    def widen(self, other: Bounds, endless: bool, life: float) -> bool:
        """Take in another way to the same place; tell whether anything grew.

        An age that grows and grows stops at the hold's life first: where every state on the
        way says what happens when the hold dies, it grows no further.
        """
        grown = [
            _widen(self.late, other.late, endless),
            _widen(self.ahead, other.ahead, endless),
            _widen(self.age, other.age, endless, life),
            _widen(self.placed, other.placed, endless),
        ]
        return any(grown)

    def tighten(self) -> None:
        """An age follows from when the hold was placed and how late it is."""
        for (purse, moment), ahead in self.placed.items():
            self.age[purse] = min(self.age[purse], self.late[moment] + ahead)


Key = TypeVar("Key")


def _widen(
    known: dict[Key, float], new: dict[Key, float], endless: bool, stop: float = -inf
) -> bool:
    """The larger of two bounds for each key; if it grows and grows, ``stop`` and then none."""
    grew = False
    for key, value in new.items():
        if key not in known or known[key] < value:
            known[key] = (stop if value <= stop else inf) if endless else value
            grew = True
    return grew


@define
class HoldAges:
    """What is known of the age of holds, over a whole walk."""

    walk: Walk
    life: timedelta | None
    entered: dict[int, Bounds] = Factory(dict)

    def run(self) -> None:
        """Carry bounds along every step until nothing grows."""
        moments = {*self.walk.table.moments, OPENED}
        start = Bounds(dict.fromkeys(moments, inf), dict.fromkeys(moments, inf))
        start.late[OPENED] = start.ahead[OPENED] = 0
        self.entered[0] = start
        for round_number in range(ROUNDS * 4):
            grew = False
            for step in self.walk.steps:
                if step.source in self.entered:
                    grew |= self._carry(step, endless=round_number >= ROUNDS)
            if not grew:
                return
        raise AssertionError("bounds that are endless cannot grow")

    def _carry(self, step: Step, endless: bool) -> bool:
        bounds = self.left(step)
        for moment in step.row.moments:
            # Wherever it was, it may lie anywhere now.
            if moment in bounds.ahead:
                bounds.ahead[moment] = bounds.late[moment] = inf
                bounds.placed.update({key: inf for key in bounds.placed if key[1] == moment})
        for effect in step.done:
            if effect.kind is MoneyKind.HOLD:
                bounds.age[effect.purse] = 0
                for moment, ahead in bounds.ahead.items():
                    bounds.placed[effect.purse, moment] = ahead
        held = self._held(self.walk.configurations[step.target])
        bounds.age = {purse: age for purse, age in bounds.age.items() if purse in held}
        bounds.placed = {key: ahead for key, ahead in bounds.placed.items() if key[0] in held}
        known = self.entered.get(step.target)
        if known is None:
            self.entered[step.target] = bounds
            return True
        life = -inf if self.life is None else self.life.total_seconds()
        return known.widen(bounds, endless, life)

    def _held(self, configuration: Configuration) -> set[str]:
        pairs = zip(self.walk.purses, configuration.positions, strict=True)
        return {purse for purse, position in pairs if position is Position.HELD}

    def left(self, step: Step) -> Bounds:
        """The bounds when a step leaves its configuration, before its effects."""
        entered = self.entered[step.source]
        state = self.walk.configurations[step.source].state
        bounds = entered.copy()
        timers = [row.when for row in self.walk.table.rows_from(state) if row.is_timer]
        punctual = step.row.is_timer or PAYMENT_PROVIDER in step.row.who
        _stay(bounds, entered, [when for when in timers if when is not None], punctual)
        if set(step.row.who) == {CLOCK} and step.row.when is not None:
            _not_earlier(bounds, step.row.when)
        if step.row.not_before is not None:
            _not_earlier(bounds, step.row.not_before)
        bounds.tighten()
        for purse in bounds.age:
            if self.life is not None and self.reported(step.source, purse):
                bounds.age[purse] = min(bounds.age[purse], self.life.total_seconds())
        return bounds

    def reported(self, at: int, purse: str) -> bool:
        """Whether the state says what happens when this hold dies, and it lived to come here."""
        assert self.life is not None
        state = self.walk.configurations[at].state
        told = any(expired_purse(row) in ("", purse) for row in self.walk.table.rows_from(state))
        return told and self.entered[at].age[purse] <= self.life.total_seconds()


def _stay(bounds: Bounds, entered: Bounds, timers: list[When], last: bool) -> None:
    """Let time pass in a state, as long as its timers let it.

    ``last`` is for the clock's own rows (and the payment provider's, who asks nobody): they may
    come when a moment had passed before the state was entered; all others are refused then.
    """
    ages = dict.fromkeys(bounds.age, inf)
    lates = dict.fromkeys(bounds.late, inf)
    for when in timers:
        if isinstance(when, After):
            delay = when.delay.total_seconds()
            for purse in ages:
                ages[purse] = min(ages[purse], entered.age[purse] + delay)
            for moment in lates:
                lates[moment] = min(lates[moment], entered.late[moment] + delay)
        elif when.moment in lates:
            offset = when.offset.total_seconds()
            until = max(entered.late[when.moment], offset) if last else offset
            lates[when.moment] = min(lates[when.moment], until)
            for purse in ages:
                passed = offset + entered.placed.get((purse, when.moment), inf)
                age = max(entered.age[purse], passed) if last else passed
                ages[purse] = min(ages[purse], age)
    bounds.age, bounds.late = ages, lates


def _not_earlier(bounds: Bounds, when: When) -> None:
    """The row is not taken before this time, so moments are nearer by then."""
    if isinstance(when, At):
        if when.moment in bounds.ahead:
            offset = -when.offset.total_seconds()
            bounds.ahead[when.moment] = min(bounds.ahead[when.moment], offset)
        return
    for moment in bounds.ahead:
        bounds.ahead[moment] -= when.delay.total_seconds()


def hold_ages(walk: Walk, life: timedelta | None) -> HoldAges:
    """Bounds on the age of every hold of a walk, for a method whose holds live so long."""
    ages = HoldAges(walk, life)
    ages.run()
    return ages


def captures_in(row: Transition) -> list[str]:
    """Purses whose hold, placed before, the row needs alive."""
    fresh: set[str] = set()
    needed: list[str] = []
    for effect in row.money_effects():
        if effect.kind is MoneyKind.HOLD:
            fresh.add(effect.purse)
        elif effect.kind in (MoneyKind.CAPTURE, MoneyKind.RAISE) and effect.purse not in fresh:
            needed.append(effect.purse)
    return needed
