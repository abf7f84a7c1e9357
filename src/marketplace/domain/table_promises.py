"""Promises that can be read off the rows, before anybody takes one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

from marketplace.domain.effect import (
    ClaimEffect,
    ClaimKind,
    Effect,
    LinkEffect,
    MoneyEffect,
    SeatEffect,
)
from marketplace.domain.method import ANY_METHOD, PaymentMethod
from marketplace.domain.party import (
    CLOCK,
    CUSTOMER,
    IMPERSONAL,
    OPERATOR,
    ORIGIN,
    PAYMENT_PROVIDER,
)
from marketplace.domain.proof import Fault, Table
from marketplace.domain.transition import OPENED, After, At, Transition, When


def table_faults(table: Table, method: PaymentMethod) -> Iterator[Fault]:
    """Every promise broken by the rows as they stand."""
    for promise in _PROMISES:
        yield from promise(table)
    for row in table.transitions:
        yield from _answers(row, method)


def _names(table: Table) -> Iterator[Fault]:
    for state in table.states:
        counted = Counter(row.name for row in table.rows_from(state))
        for name, times in counted.items():
            if times > 1:
                yield Fault("duplicate_row", f"{times} rows named '{name}' leave '{state}'", name)
    for row in table.transitions:
        if not row.who:
            yield Fault("nobody", f"nobody takes '{row.name}'; name a role", row.name)
        for ask, times in Counter(ask.name for ask in row.asks).items():
            if times > 1:
                sentence = f"'{row.name}' asks '{ask}' {times} times"
                yield Fault("duplicate_ask", sentence, row.name)
        for question in row.asks:
            if (question.kind == "choice") != bool(question.choices):
                sentence = (
                    f"'{row.name}' asks '{question.name}': "
                    "only a choice has choices, and every choice has them"
                )
                yield Fault("duplicate_ask", sentence, row.name)


def _agreed(table: Table) -> Iterator[Fault]:
    for row in table.transitions:
        if not row.agreed:
            continue
        parties = [role for role in dict.fromkeys(row.who) if role not in IMPERSONAL]
        if len(parties) < 2 or len(parties) < len(row.who):
            who = " and ".join(map(str, row.who))
            sentence = f"'{row.name}' is agreed between {who}; may: two roles or more of parties"
            yield Fault("agreed_alone", sentence, row.name)
        if row.fills:
            sentence = (
                f"'{row.name}' is agreed and fills the {row.fills}'s seat; "
                "may: a row of its own, taken by accepting an offer of the seat"
            )
            yield Fault("agreed_alone", sentence, row.name)


def _links(table: Table) -> Iterator[Fault]:
    for row in table.transitions:
        effects = list(row.effects)
        for number, effect in enumerate(effects):
            after = [one for one in effects[number:] if not isinstance(one, LinkEffect)]
            # What ends or moves another deal may go before the money; what opens one is paid first.
            if isinstance(effect, LinkEffect) and effect.row is None and after:
                sentence = f"'{row.name}' does '{effect}' before '{after[0]}'; write it last"
                yield Fault("link_not_last", sentence, row.name)
                break
        if ORIGIN in row.who and row.not_before is not None:
            sentence = f"'{row.name}' is the origin's, and waits until {row.not_before}"
            yield Fault("origin_waits", sentence, row.name)


def _states(table: Table) -> Iterator[Fault]:
    if table.start in table.final:
        yield Fault("start_is_final", f"start '{table.start}' is a final state", table.start)
    named = {state for row in table.transitions for state in row.targets}
    for state in sorted(table.final - named - {table.start}):
        yield Fault("final_unknown", f"no row leads to final state '{state}'", state)
    for state in table.states:
        leaving = [row.name for row in table.rows_from(state)]
        if state in table.final and leaving:
            sentence = f"'{leaving[0]}' leaves final state '{state}'; make it a follow-up"
            yield Fault("way_out_of_final", sentence, state)
        if state not in table.final and not leaving:
            sentence = f"no row leaves '{state}', and it is not final"
            yield Fault("no_way_out", sentence, state)
    for field, states in (("review_after", table.review_after), ("paid", table.paid)):
        known = table.final if field == "review_after" else {*table.states, *table.final}
        for state in states:
            if state not in known:
                sentence = f"{field} names '{state}'; may: {', '.join(sorted(known))}"
                yield Fault("unknown_state", sentence, state)


def _times(table: Table) -> Iterator[Fault]:
    moments = {*table.moments, OPENED}
    for row in table.transitions:
        if row.is_timer and row.when is None:
            sentence = f"'{row.name}' is the clock's, but has no time; may: after, at"
            yield Fault("no_time", sentence, row.name)
        if not row.is_timer and row.when is not None:
            sentence = f"'{row.name}' has a time, but is not the clock's; may: not_before"
            yield Fault("time_without_clock", sentence, row.name)
        if row.not_before is not None and set(row.who) <= {CLOCK, PAYMENT_PROVIDER}:
            sentence = f"'{row.name}' is told not_before, but no party takes it; may: after, at"
            yield Fault("time_without_clock", sentence, row.name)
        for time in (row.when, row.not_before):
            if isinstance(time, After) and time.delay < timedelta(0):
                sentence = f"'{row.name}' is due before its state is entered"
                yield Fault("negative_time", sentence, row.name)
            if isinstance(time, At) and time.moment not in moments:
                sentence = f"'{row.name}' waits for moment '{time.moment}'; may: " + ", ".join(
                    sorted(moments)
                )
                yield Fault("unknown_moment", sentence, row.name)


def _dispatch(table: Table) -> Iterator[Fault]:
    rows = {row.name for row in table.transitions if OPERATOR in row.who}
    for name in table.offer_rows or ():
        if name not in rows:
            may = ", ".join(sorted(rows)) or "nothing"
            sentence = f"offer_rows names '{name}', which the operator does not take; may: {may}"
            yield Fault("unknown_row", sentence, name)


def comparable(one: When | None, other: When | None) -> tuple[timedelta, timedelta] | None:
    """Two times as delays from one instant, if both count from the same one."""
    if isinstance(one, After) and isinstance(other, After):
        return one.delay, other.delay
    if isinstance(one, At) and isinstance(other, At) and one.moment == other.moment:
        return one.offset, other.offset
    return None


def _due(table: Table) -> Iterator[Fault]:
    for state in table.states:
        rows = table.rows_from(state)
        timers = [row for row in rows if row.is_timer]
        for timer in timers:
            for row in rows:
                yield from _in_time(state, timer, row)
            for other in timers[timers.index(timer) + 1 :]:
                yield from _one_first(state, timer, other)


def _one_first(state: str, one: Transition, other: Transition) -> Iterator[Fault]:
    pair = comparable(one.when, other.when)
    if pair is None:
        return
    if pair[0] == pair[1]:
        sentence = f"'{one.name}' and '{other.name}' leave '{state}' at the same time ({one.when})"
        yield Fault("same_time", sentence, state)
        return
    first, late = (one, other) if pair[0] < pair[1] else (other, one)
    sentence = (
        f"'{late.name}' ({late.when}) never comes in '{state}': "
        f"'{first.name}' ({first.when}) leaves it before"
    )
    yield Fault("shadowed", sentence, late.name)


def _in_time(state: str, timer: Transition, row: Transition) -> Iterator[Fault]:
    pair = comparable(row.not_before, timer.when)
    if pair is not None and (pair[0] > pair[1] or (pair[0] == pair[1] and row is not timer)):
        sentence = (
            f"'{row.name}' (not before {row.not_before}) is never allowed in '{state}': "
            f"'{timer.name}' ({timer.when}) leaves it before"
        )
        yield Fault("never_in_time", sentence, row.name)


def _events(table: Table) -> Iterator[Fault]:
    for row in table.transitions:
        if PAYMENT_PROVIDER in row.who and row.on is None:
            sentence = f"'{row.name}' is the payment provider's, but does not say on what"
            yield Fault("no_event", sentence, row.name)
        if row.on is not None and set(row.who) != {PAYMENT_PROVIDER}:
            sentence = f"'{row.name}' waits for '{row.on}', which only the payment provider reports"
            yield Fault("no_event", sentence, row.name)


def _declared(table: Table) -> Iterator[Fault]:
    purses = Counter(purse.name for purse in table.purses)
    for name, times in purses.items():
        if times > 1:
            yield Fault("unknown_purse", f"purse '{name}' is declared {times} times", name)
    every = [effect for row in table.transitions for effect in row.effects]
    filled = {effect.role for effect in every if isinstance(effect, SeatEffect) and effect.fill}
    claimed = {
        effect.resource
        for effect in every
        if isinstance(effect, ClaimEffect) and effect.kind in (ClaimKind.RESERVE, ClaimKind.CONFIRM)
    }
    for row in table.transitions:
        for effect in row.effects:
            yield from _known(row, effect, set(purses), filled, claimed)


def _known(
    row: Transition, effect: Effect, purses: set[str], filled: set[str], claimed: set[str]
) -> Iterator[Fault]:
    if isinstance(effect, MoneyEffect) and effect.purse not in purses:
        may = ", ".join(sorted(purses)) or "no purse"
        sentence = f"'{row.name}' does '{effect.kind}' to purse '{effect.purse}'; may: {may}"
        yield Fault("unknown_purse", sentence, row.name)
    if isinstance(effect, SeatEffect) and effect.role not in filled:
        sentence = f"'{row.name}' unseats {effect.role}, whom no row seats"
        yield Fault("unknown_seat", sentence, row.name)
    if (
        isinstance(effect, ClaimEffect)
        and effect.kind in (ClaimKind.FREE, ClaimKind.USE)
        and effect.resource not in claimed
    ):
        may = ", ".join(sorted(claimed)) or "nothing"
        sentence = (
            f"'{row.name}' {effect.kind}s '{effect.resource}', which no row reserves; may: {may}"
        )
        yield Fault("unknown_resource", sentence, row.name)


def _bank(table: Table) -> Iterator[Fault]:
    """Whoever is asked to act for the bank can, and the clock does not wait for ever."""
    asked = {row.needs_customer for row in table.transitions if row.needs_customer is not None}
    people = {role for role in table.roles if role not in IMPERSONAL}
    payers = {CUSTOMER} if CUSTOMER in people else people
    for state in sorted(asked - table.final):
        rows = table.rows_from(state)
        if not any(payers & set(row.who) and not row.agreed for row in rows):
            sentence = f"in '{state}' the customer is needed, but can take no row"
            yield Fault("customer_needed", sentence, state)
        if not any(row.is_timer for row in rows):
            sentence = f"in '{state}' the customer is needed, and no clock row leaves it"
            yield Fault("customer_needed", sentence, state)


def _answers(row: Transition, method: PaymentMethod) -> Iterator[Fault]:
    """Where every answer from outside leads."""
    kinds = [effect.kind for effect in row.money_effects()]
    for kind in dict.fromkeys(kinds):
        if method.way(kind) is None:
            sentence = f"method '{method.name}' cannot {kind} ('{row.name}')"
            yield Fault("method_cannot", sentence, row.name)
    refusable = [kind for kind in kinds if method.may_fail(kind)]
    asking = [kind for kind in kinds if method.may_need_customer(kind)]
    if refusable and row.failed is None:
        sentence = f"'{row.name}' may be refused ({refusable[0]}), but names no failed state"
        yield Fault("no_failed", sentence, row.name)
    if asking and row.needs_customer is None:
        sentence = f"'{row.name}' may need the customer ({asking[0]}), but names no such state"
        yield Fault("no_needs_customer", sentence, row.name)
    if method is not ANY_METHOD:
        return
    if row.failed is not None and not refusable:
        sentence = f"'{row.name}' names failed '{row.failed}', but nothing in it can be refused"
        yield Fault("cannot_fail", sentence, row.name)
    if row.needs_customer is not None and not asking:
        sentence = (
            f"'{row.name}' names needs_customer '{row.needs_customer}', "
            "but nothing in it asks the customer"
        )
        yield Fault("cannot_fail", sentence, row.name)


_PROMISES: tuple[Callable[[Table], Iterator[Fault]], ...] = (
    _names,
    _agreed,
    _links,
    _states,
    _times,
    _due,
    _events,
    _dispatch,
    _declared,
    _bank,
)
