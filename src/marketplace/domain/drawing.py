"""A process drawn, tabled, and read as forms and notices: derived from its rows, never repeated."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from marketplace.domain.effect import SeatEffect
from marketplace.domain.freezing import frozen
from marketplace.domain.method import ANY_METHOD
from marketplace.domain.party import CUSTOMER, IMPERSONAL, PROVIDER, Role
from marketplace.domain.proof import Table
from marketplace.domain.transition import Ask, Transition, When
from marketplace.domain.walking import walk

Outcome = Literal["done", "refused", "needs customer"]
"""How a row may end: as it should, with a no from outside, or waiting for the customer."""


@frozen
class TableRow:
    """One row of a process from one state, every cell as text; empty where nothing is said."""

    source: str
    name: str
    who: str
    to: str
    effects: str
    when: str
    failed: str
    needs_customer: str


@frozen
class Form:
    """What somebody may do now, and what is asked for it."""

    name: str
    to: str
    asks: tuple[Ask, ...]
    not_before: When | None
    lines: str | None
    """The occasion on which the price is worked out anew; None if it stays."""
    agreed: bool = False
    """Whether it is proposed to the other side, and taken when that accepts."""


@frozen
class Notice:
    """Who should hear that a row was taken, by whom, and with which outcome."""

    source: str
    row: str
    by: Role
    outcome: Outcome
    state: str
    """Where the transaction stands then."""
    hears: tuple[Role, ...]
    """Never the one who did it, and never the impersonal: the operator has queues of its own."""


def mermaid(process: Table) -> str:
    """A ``stateDiagram-v2``: an arrow says the row, who takes it, its effects and its time.

    A refusal is drawn as a second arrow from the same state, so is a call for the customer.
    """
    names = _identifiers(process.states)
    drawn = ["stateDiagram-v2"]
    drawn += [
        f'    state "{_plain(state)}" as {name}' for state, name in names.items() if state != name
    ]
    drawn.append(f"    [*] --> {names[process.start]}")
    for source in process.states:
        for row in process.rows_from(source):
            arrow = f"    {names[source]} --> "
            drawn.append(f"{arrow}{names[row.to]} : {_plain(_label(row))}")
            for outcome, state in _trouble(row):
                drawn.append(f"{arrow}{names[state]} : {_plain(f'{row.name} {outcome}')}")
    drawn += [f"    {names[state]} --> [*]" for state in process.states if state in process.final]
    return "\n".join(drawn) + "\n"


def table(process: Table) -> list[TableRow]:
    """Every row, once for each state that it leaves, in the order of the states."""
    return [
        TableRow(
            source=source,
            name=row.name,
            who=_who(row),
            to=row.to,
            effects=", ".join(str(effect) for effect in row.effects),
            when=_when(row),
            failed=row.failed or "",
            needs_customer=row.needs_customer or "",
        )
        for source in process.states
        for row in process.rows_from(source)
    ]


def forms(process: Table, state: str, roles: Iterable[Role]) -> list[Form]:
    """What these roles may do in a state, in the order of the rows."""
    mine = set(roles)
    return [
        Form(row.name, row.to, row.asks, row.not_before, row.lines, row.agreed)
        for row in process.rows_from(state)
        if mine & set(row.who)
    ]


def notifications(process: Table) -> list[Notice]:
    """The matrix of who hears of what, one notice for each row, source, actor and outcome.

    Everybody who sits in the transaction before or after hears of a row, except who took it; of
    trouble with a payment the customer hears, whoever took the row, and nobody else.
    """
    sitting = _sitting(process)
    found = []
    for source in process.states:
        for row in process.rows_from(source):
            there = sitting.get((source, row.name), ())
            for by in row.who:
                hears = tuple(role for role in there if role != by)
                found.append(Notice(source, row.name, by, "done", row.to, hears))
                for outcome, state in _trouble(row):
                    payer = tuple(role for role in there if role == CUSTOMER)
                    found.append(Notice(source, row.name, by, outcome, state, payer))
    return found


def _trouble(row: Transition) -> list[tuple[Outcome, str]]:
    """The outcomes that are not as they should be, with the states they lead to."""
    ways: list[tuple[Outcome, str | None]] = [
        ("refused", row.failed),
        ("needs customer", row.needs_customer),
    ]
    return [(outcome, state) for outcome, state in ways if state is not None]


def _sitting(process: Table) -> dict[tuple[str, str], tuple[Role, ...]]:
    """The parties who sit when a row is taken, before it or after it, by state and row."""
    parties = [role for role in process.roles if role not in IMPERSONAL]
    seats = {
        Role(effect.role)
        for row in process.transitions
        for effect in row.effects
        if isinstance(effect, SeatEffect)
    }
    if any(row.money_effects() for row in process.transitions):
        # Whoever pays and whoever is paid sit there even if they take no row (a tip).
        parties += [CUSTOMER, PROVIDER]
    walked = walk(process, ANY_METHOD)
    seated: dict[tuple[str, str], set[str]] = {}
    for step in walked.steps:
        before, after = walked.configurations[step.source], walked.configurations[step.target]
        here = seated.setdefault((before.state, step.row.name), set())
        here |= before.seated | after.seated
    return {
        key: tuple(
            role
            for role in dict.fromkeys([*parties, *sorted(seats, key=str)])
            if role not in seats or role.name in filled
        )
        for key, filled in seated.items()
    }


def _who(row: Transition) -> str:
    """Who takes the row; ``customer + provider`` where both must want it."""
    return (" + " if row.agreed else ", ").join(str(role) for role in row.who)


def _when(row: Transition) -> str:
    said = [] if row.when is None else [str(row.when)]
    if row.not_before is not None:
        said.append(f"not before {row.not_before}")
    if row.on is not None:
        said.append(f"on {row.on}")
    return ", ".join(said)


def _label(row: Transition) -> str:
    said = f"{row.name} ({_who(row)})"
    if row.effects:
        said += " / " + ", ".join(str(effect) for effect in row.effects)
    when = _when(row)
    return f"{said} [{when}]" if when else said


def _identifiers(states: Iterable[str]) -> dict[str, str]:
    """A distinct identifier for every state, the state itself where it is one."""
    names: dict[str, str] = {}
    for state in sorted(states, key=lambda state: not state.isidentifier()):
        name = wanted = re.sub(r"\W", "_", state, flags=re.ASCII)
        number = 1
        while name in names.values() or name in _RESERVED or not name[:1].isalpha():
            number += 1
            name = f"s_{wanted}_{number}"
        names[state] = name
    return names


_RESERVED = frozenset({"state", "note", "end", "direction", "as", "class", "classDef", "style"})
"""Words that a diagram would read as its own."""


def _plain(text: str) -> str:
    """Text that a diagram does not mistake for its own marks."""
    return re.sub(r'[:;#"<>{}\n]', lambda mark: f"#{ord(mark[0])};", text)
