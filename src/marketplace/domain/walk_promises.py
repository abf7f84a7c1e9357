"""Promises that show only when every configuration has been walked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from math import inf

from marketplace.domain.hold_age import HoldAges, captures_in
from marketplace.domain.method import ANY_METHOD
from marketplace.domain.party import CLOCK, CUSTOMER, PROVIDER, Role
from marketplace.domain.proof import Fault
from marketplace.domain.quote import PRICE
from marketplace.domain.transition import spell
from marketplace.domain.walking import (
    HOLD_EXPIRED,
    Configuration,
    Position,
    Step,
    Walk,
    expired_purse,
)


def walk_faults(walk: Walk) -> list[Fault]:
    """Every promise broken by some way through the process, the effects' own faults first."""
    if walk.cut_short:
        return [fault for fault in walk.faults.values() if fault.code == "too_large"]
    for promise in _PROMISES:
        promise(walk)
    return list(walk.faults.values())


def _reached(walk: Walk) -> None:
    """Under a method that can refuse nothing, states of refusal are rightly not reached."""
    if walk.method is not ANY_METHOD:
        return
    reached = {configuration.state for configuration in walk.configurations}
    for state in walk.table.states:
        if state not in reached:
            walk.say("unreached", state, f"state '{state}' is never reached")
    taken = {(walk.configurations[step.source].state, step.row.name) for step in walk.steps}
    for state in walk.table.states:
        if state not in reached or state in walk.table.final:
            continue
        for row in walk.table.rows_from(state):
            if expired_purse(row) is not None and (state, row.name) not in taken:
                sentence = f"'{row.name}' waits for a dead hold in '{state}', where nothing is held"
                walk.say("hold_cannot_die", row.name, sentence, state)


def _company(walk: Walk) -> None:
    for number, configuration in enumerate(walk.configurations):
        if configuration.state in walk.table.final:
            continue
        for row in walk.table.rows_from(configuration.state):
            if not row.who or walk.can_be_taken(configuration, row):
                continue
            who = (" and " if row.agreed else " or ").join(str(role) for role in row.who)
            sits = "not both sit" if row.agreed else "nobody sits"
            walk.say(
                "empty_seat",
                row.name,
                f"'{row.name}' is for {who}, but {sits} there yet in "
                f"'{configuration.state}'{walk.path(number)}",
                configuration.state,
            )


def _ends(walk: Walk) -> None:
    for number, configuration in enumerate(walk.configurations):
        if configuration.state not in walk.table.final:
            continue
        for purse, position in zip(walk.purses, configuration.positions, strict=True):
            _money_in_final(walk, number, purse, position)
        for resource in sorted(configuration.reserved):
            walk.say(
                "reserved_in_final",
                configuration.state,
                f"'{resource}' is still reserved in final state "
                f"'{configuration.state}'{walk.path(number)}",
                resource,
            )


def _money_in_final(walk: Walk, number: int, purse: str, position: Position) -> None:
    if position not in (Position.HELD, Position.CAPTURED):
        return
    state = walk.configurations[number].state
    how = "held" if position is Position.HELD else "captured and not settled"
    for step in walk.steps:
        if step.target == number and step.refused is not None:
            walk.say(
                "failed_into_final",
                state,
                f"when '{step.refused}' of '{step.row.name}' is refused it ends in '{state}', "
                f"but money is still {how} in purse '{purse}'{walk.path(number)}",
                purse,
                position.value,
            )
            return
    walk.say(
        "held_in_final",
        state,
        f"money is still {how} in final state '{state}', purse '{purse}'{walk.path(number)}",
        purse,
        position.value,
    )


def _paid(walk: Walk) -> None:
    purses = list(walk.purses)
    if not purses:
        return
    price = purses.index(PRICE) if PRICE in purses else 0
    for number, configuration in enumerate(walk.configurations):
        unpaid = configuration.positions[price] in (Position.NONE, Position.SAVED)
        if configuration.state in walk.table.paid and unpaid:
            walk.say(
                "unpaid",
                configuration.state,
                f"'{configuration.state}' is reached with nothing paid into purse "
                f"'{purses[price]}'{walk.path(number)}",
            )


def _ending(walk: Walk, absent: Role | None) -> set[int]:
    """The configurations from which some way leads to an end without one role.

    No end may hang on an agreement, for nobody alone can take it; nor on a refusal, except that
    an absent customer's means of payment run out.
    """
    luck = absent is None or absent == CUSTOMER
    before: dict[int, list[int]] = {}
    for step in walk.steps:
        refused = step.refused is not None or step.needed is not None
        if step.row.agreed:
            continue
        if any(role != absent for role in step.row.who) and (luck or not refused):
            before.setdefault(step.target, []).append(step.source)
    found = {
        number
        for number, configuration in enumerate(walk.configurations)
        if configuration.state in walk.table.final
    }
    queue = list(found)
    while queue:
        for number in before.get(queue.pop(), ()):
            if number not in found:
                found.add(number)
                queue.append(number)
    return found


def _way_out(walk: Walk) -> None:
    ending = _ending(walk, None)
    for number, configuration in enumerate(walk.configurations):
        if number not in ending and walk.table.rows_from(configuration.state):
            agreeing = any(row.agreed for row in walk.table.transitions)
            unless = " unless both sides agree" if agreeing else ""
            sentence = (
                f"from '{configuration.state}' no end can be reached{unless}{walk.path(number)}"
            )
            walk.say("never_ends", configuration.state, sentence)


def _clock(walk: Walk) -> None:
    """What is held is bounded, and the clock alone brings it to rest whatever the answers."""
    timers: dict[int, list[Step]] = {}
    for number, configuration in enumerate(walk.configurations):
        state = configuration.state
        if not configuration.holds or state in walk.table.final:
            continue
        if not walk.table.rows_from(state):
            continue
        timers[number] = [step for step in walk.leaving[number] if step.row.is_timer]
        if not timers[number]:
            walk.say(
                "unbounded",
                state,
                f"{_what(walk, configuration)} in '{state}', "
                f"and no clock row leaves it{walk.path(number)}",
            )
    ring = _round(timers)
    if ring:
        first = walk.configurations[ring[0].source]
        rows = " → ".join(str(step) for step in ring)
        walk.say(
            "endless",
            first.state,
            f"the clock goes round for ever while {_what(walk, first)}: {rows}",
        )


def _what(walk: Walk, configuration: Configuration) -> str:
    for purse, position in zip(walk.purses, configuration.positions, strict=True):
        if position in (Position.HELD, Position.CAPTURED):
            return f"money is {position.value} in purse '{purse}'"
    return f"'{min(configuration.reserved)}' is reserved"


def _round(timers: dict[int, list[Step]]) -> list[Step]:
    """Steps of the clock that come back to where they began with something held all along."""
    finished: set[int] = set()
    for root in timers:
        if root in finished:
            continue
        path: list[Step] = []
        on_path = {root}
        stack = [iter(timers[root])]
        at = [root]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                finished.add(at[-1])
                on_path.discard(at.pop())
                if path:
                    path.pop()
            elif step.target in on_path:
                ring = [*path, step]
                return ring[at.index(step.target) :]
            elif step.target in timers and step.target not in finished:
                path.append(step)
                at.append(step.target)
                on_path.add(step.target)
                stack.append(iter(timers[step.target]))
    return []


def _absence(walk: Walk) -> None:
    """With any one role gone, what is held still ends; so does a series with one party gone."""
    told = {key[1] for key in walk.faults if key[0] in ("unbounded", "endless", "never_ends")}
    series = [number for number, purse in enumerate(walk.purses.values()) if purse.series]
    for role in walk.table.roles:
        if role == CLOCK:
            continue
        ending = _ending(walk, role)
        for number, configuration in enumerate(walk.configurations):
            state = configuration.state
            if number in ending or state in told or not walk.table.rows_from(state):
                continue
            running = role in (CUSTOMER, PROVIDER) and any(
                configuration.positions[purse] is not Position.NONE for purse in series
            )
            if configuration.holds or running:
                what = _what(walk, configuration) if configuration.holds else "a series runs"
                walk.say(
                    "frozen",
                    state,
                    f"if the {role} is absent for ever, '{state}' never ends, "
                    f"while {what}{walk.path(number)}",
                    role.name,
                )


_PROMISES: tuple[Callable[[Walk], None], ...] = (
    _reached,
    _company,
    _ends,
    _paid,
    _way_out,
    _clock,
    _absence,
)


def hold_faults(ages: HoldAges) -> Iterator[Fault]:
    """Captures that may come after the hold has died, unless the state says what then."""
    life = ages.life
    if life is None:
        return
    told: set[tuple[str, str]] = set()
    for step in ages.walk.steps:
        for purse in captures_in(step.row):
            bounds = ages.left(step)
            if purse not in bounds.age or (step.row.name, purse) in told:
                continue
            age = bounds.age[purse]
            if age <= life.total_seconds():
                continue
            told.add((step.row.name, purse))
            when = "any time" if age == inf else spell(timedelta(seconds=age))
            sentence = (
                f"'{step.row.name}' may capture purse '{purse}' {when} after its hold, and a hold "
                f"by {ages.walk.method.name} lives {spell(life)}: save the means of payment and "
                f"hold later, or say what happens on '{HOLD_EXPIRED}' in "
                f"'{ages.walk.configurations[step.source].state}'{ages.walk.path(step.source)}"
            )
            yield Fault("hold_dies", sentence, step.row.name)


def longest_hold(ages: HoldAges) -> float:
    """Seconds that a hold may live at most; -1 if nothing is ever held."""
    oldest = -1.0
    for step in ages.walk.steps:
        oldest = max(oldest, *ages.left(step).age.values(), -1.0)
    return oldest
