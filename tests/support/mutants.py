"""Processes with one to three random mistakes in their rows."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

from marketplace.domain.effect import (
    CAPTURE,
    CHARGE,
    FREE,
    HOLD,
    RAISE,
    REFUND,
    RESERVE,
    SETTLE,
    VOID,
    Effect,
)
from marketplace.domain.party import CLOCK, CUSTOMER, OPERATOR, PROVIDER
from marketplace.domain.process import Process
from marketplace.domain.transition import After, Transition
from tests.support.wanderer import Unproved

_EFFECTS: tuple[Effect, ...] = (
    HOLD, RAISE, CHARGE, CAPTURE, VOID, REFUND, SETTLE, RESERVE, FREE,
)  # fmt: skip


def _lose_effect(row: Transition, states: list[str], random: Random) -> Transition:
    effects = list(row.effects)
    if effects:
        effects.pop(random.randrange(len(effects)))
    return row.changed(effects=tuple(effects))


def _gain_effect(row: Transition, states: list[str], random: Random) -> Transition:
    effects = list(row.effects)
    effects.insert(random.randrange(len(effects) + 1), random.choice(_EFFECTS))
    return row.changed(effects=tuple(effects))


def _swap_effects(row: Transition, states: list[str], random: Random) -> Transition:
    return row.changed(effects=tuple(reversed(row.effects)))


def _lead_elsewhere(row: Transition, states: list[str], random: Random) -> Transition:
    return row.changed(to=random.choice(states))


def _fail_elsewhere(row: Transition, states: list[str], random: Random) -> Transition:
    return row.changed(failed=random.choice([*states, None]))


def _come_from_elsewhere(row: Transition, states: list[str], random: Random) -> Transition:
    return row.changed(sources=(random.choice(states),))


def _change_hands(row: Transition, states: list[str], random: Random) -> Transition:
    who = random.choice([CUSTOMER, PROVIDER, OPERATOR, CLOCK])
    when = row.when or After(timedelta(hours=1))
    return row.changed(who=(who,), when=when if who == CLOCK else None, on=None)


def _take_longer(row: Transition, states: list[str], random: Random) -> Transition:
    return (
        row
        if row.when is None
        else row.changed(when=After(timedelta(days=random.choice([1, 6, 9]))))
    )


_MISTAKES: tuple[Callable[[Transition, list[str], Random], Transition], ...] = (
    _lose_effect,
    _gain_effect,
    _swap_effects,
    _lead_elsewhere,
    _fail_elsewhere,
    _come_from_elsewhere,
    _change_hands,
    _take_longer,
)


def mutant(process: Process, random: Random) -> Process:
    """A process that differs in one to three rows from a good one (or has lost some)."""
    rows, states = list(process.transitions), list(process.states)
    for _ in range(random.choice([1, 1, 2, 3])):
        at = random.randrange(len(rows))
        if random.random() < 0.15 and len(rows) > 1:
            rows.pop(at)
        else:
            rows[at] = random.choice(_MISTAKES)(rows[at], states, random)
    return Unproved(
        process.name,
        start=process.start,
        final=process.final,
        transitions=rows,
        purses=process.purses,
        moments=process.moments,
        paid=process.paid,
    )
