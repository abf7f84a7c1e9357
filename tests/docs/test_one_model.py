"""The paper ``one-model``: its code runs, its processes prove, its tables of transfers add up.

A table is held against the processes (may these rows follow each other, and do they have the
effects that the transfers need?), against the ledger's laws, and against the lines of its deals.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

from marketplace import (
    Line,
    Money,
    MoneyKind,
    Process,
    Purpose,
    customer_owes,
    nets,
    prove,
    prove_all,
)

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "one-model.md"
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEAD = re.compile(r"^\| deal \| row \| line \| debit \| credit \| ([A-Z]{3}) \|$")

ACTS = {"*before*", "*payout*", "*top-up*"}
"""What the marketplace does outside of any process."""
ASSETS = {
    Purpose.PROCESSOR_CLEARING,
    Purpose.RECEIVABLE,
    Purpose.CUSTOMER_RECEIVABLE,
    Purpose.PROMOTION,
    Purpose.CASH,
}
"""Accounts that rise by debit; written down anew here, so that the ledger's list is checked too."""
MAY_FALL_BELOW_ZERO = {Purpose.PROCESSOR_CLEARING, Purpose.REVENUE, Purpose.TAX, Purpose.PROMOTION}
MUST_END_EMPTY = {Purpose.ESCROW, Purpose.REFUND, Purpose.IN_TRANSIT, Purpose.CASH}
EFFECTS = {
    "*pending*": {MoneyKind.HOLD, MoneyKind.RAISE},
    "*post*": {MoneyKind.CAPTURE},
    "*void*": {MoneyKind.VOID, MoneyKind.RAISE},
    "*paid*": {MoneyKind.CHARGE, MoneyKind.CAPTURE, MoneyKind.RECORD, MoneyKind.TRANSFER},
    "*change*": {MoneyKind.CAPTURE},
    "*refund*": {MoneyKind.REFUND},
    "*reverse*": {MoneyKind.REVERSE},
    "*debt*": {MoneyKind.SETTLE, MoneyKind.REVERSE, MoneyKind.TRANSFER},
    "*cash*": {MoneyKind.SETTLE},
}
"""What a row must do for a transfer of this kind; all others are lines."""
GIVES = {MoneyKind.SETTLE, MoneyKind.PAY_OUT, MoneyKind.TRANSFER}


@frozen
class Place:
    """An account as the tables write it: ``provider payable · Asha``, ``platform revenue``."""

    purpose: Purpose
    owner: str

    @classmethod
    def read(cls, text: str, deal: str) -> Place:
        purpose, _, owner = text.partition(" · ")
        found = Purpose(purpose)
        return cls(found, deal if found in (Purpose.ESCROW, Purpose.CASH) else owner)


@frozen
class Move:
    """One row of a table."""

    at: int
    deal: str
    row: str
    line: str
    debit: Place
    credit: Place
    amount: Money

    @property
    def moves(self) -> bool:
        """Whether it changes balances (a hold and its end do not)."""
        return self.line not in ("*pending*", "*void*")


def run(text: str) -> dict[str, Any]:
    """All code of the page in one namespace, with the page's line numbers in tracebacks."""
    space: dict[str, Any] = {}
    for fence in FENCE.finditer(text):
        lines_before = text[: fence.start(1)].count("\n")
        exec(compile("\n" * lines_before + fence[1], str(PAGE), "exec"), space)
    return space


def tables(text: str) -> Iterator[list[Move]]:
    """Every table of transfers on the page."""
    moves: list[Move] = []
    currency = ""
    for number, line in enumerate([*text.splitlines(), ""], 1):
        head = HEAD.match(line)
        if head:
            currency = head[1]
        elif currency and not line.startswith("|"):
            yield moves
            moves, currency = [], ""
        elif currency and not line.startswith("|---"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            deal, row, code, debit, credit, amount = cells
            places = Place.read(debit, deal), Place.read(credit, deal)
            moves.append(Move(number, deal, row, code, *places, Money.of(amount, currency)))


SPACE = run(PAGE.read_text())
TABLES = list(tables(PAGE.read_text()))
DEALS: dict[str, tuple[Process, dict[str, str], tuple[Any, ...], list[Line]]] = SPACE["DEALS"]
PROCESSES = {name: one for name, one in SPACE.items() if isinstance(one, Process)}


def broken_ledger(moves: list[Move]) -> Iterator[str]:
    """The ledger's laws: what is posted was held, guarded accounts stay above zero, all ends.

    And rule 2 of the page: at the end of a row nobody both owes and is owed.
    """
    balances: dict[Place, int] = defaultdict(int)
    pending: dict[tuple[Place, Place], int] = {}
    for number, move in enumerate(moves):
        amount, pair = move.amount.amount, (move.debit, move.credit)
        if amount <= 0 or move.debit == move.credit:
            yield f"line {move.at}: a transfer moves more than nothing between two accounts"
        if move.line == "*pending*":
            if pair in pending:
                yield f"line {move.at}: {pending[pair]} is held already, void it first"
            pending[pair] = amount
        if move.line in ("*post*", "*void*"):
            held = pending.pop(pair, 0)
            if amount > held or (move.line == "*void*" and amount != held):
                yield f"line {move.at}: {move.line} of {amount}, held are {held}"
        if move.moves:
            for place, side in ((move.debit, 1), (move.credit, -1)):
                balances[place] += side * amount * (1 if place.purpose in ASSETS else -1)
                if balances[place] < 0 and place.purpose not in MAY_FALL_BELOW_ZERO:
                    yield f"line {move.at}: {place} falls below zero"
        following = moves[number + 1] if number + 1 < len(moves) else None
        if following is None or (following.deal, following.row) != (move.deal, move.row):
            for place in [one for one in balances if one.purpose is Purpose.RECEIVABLE]:
                if balances[place] and balances[evolve(place, purpose=Purpose.PAYABLE)]:
                    yield f"line {move.at}: {place.owner} owes and is owed"
    yield from (f"{pair} is still held at the end" for pair in pending)
    for place, balance in balances.items():
        if balance and place.purpose in MUST_END_EMPTY:
            yield f"{place} ends at {balance}"


def role_of(place: Place, seats: dict[str, str], debited: bool) -> str:
    """Who gains or loses by an account: by cash in hand the customer, when it is recorded."""
    if place.purpose is Purpose.CASH:
        return "customer" if debited else "provider"
    if place.purpose in (Purpose.PROCESSOR_CLEARING, Purpose.REFUND):
        return "customer"
    if place.purpose in (Purpose.REVENUE, Purpose.PROMOTION):
        return "operator"
    names = {Purpose.TAX: "tax", Purpose.ESCROW: "escrow"}
    by_owner = {party: role for role, party in seats.items()}
    return names.get(place.purpose) or by_owner[place.owner]


def gained(moves: list[Move], deal: str) -> dict[str, int]:
    """What each role of a deal has gained by its transfers."""
    seats = DEALS[deal][1]
    gains: Counter[str] = Counter()
    for move in moves:
        if move.deal == deal and move.moves:
            gains[role_of(move.credit, seats, debited=False)] += move.amount.amount
            gains[role_of(move.debit, seats, debited=True)] -= move.amount.amount
    return {role: gain for role, gain in gains.items() if gain}


def steps(moves: list[Move], deal: str) -> list[tuple[str, list[Move]]]:
    """A deal's rows in their order, each with its transfers."""
    result: list[tuple[str, list[Move]]] = []
    for move in moves:
        if move.deal == deal:
            if not result or result[-1][0] != move.row:
                result.append((move.row, []))
            result[-1][1].append(move)
    return result


def reachable(process: Process, states: set[str]) -> set[str]:
    """Every state that can be come to from these while no money moves."""
    found, queue = set(states), list(states)
    while queue:
        for row in process.rows_from(queue.pop()):
            moves_money = any(effect.kind is not MoneyKind.SAVE for effect in row.money_effects())
            new = set(row.targets) - found - ({row.to} if moves_money else set())
            found |= new
            queue += new
    return found


def misled(moves: list[Move], deal: str) -> Iterator[str]:
    """Rows of a table that the process does not have, not there, or not with that effect."""
    process = DEALS[deal][0]
    states = {process.start}
    for name, made in steps(moves, deal):
        here = reachable(process, states)
        rows = [row for row in process.transitions if row.name == name and here & set(row.sources)]
        effects = {effect.kind for row in rows for effect in row.money_effects()}
        if not rows:
            yield f"no row {name!r} of {process.name!r} can come here"
            return
        for move in made:
            died = move.line == "*void*" and any(row.on == "hold_expired" for row in rows)
            if not died and EFFECTS.get(move.line, GIVES).isdisjoint(effects):
                yield f"line {move.at}: {name!r} does nothing that could be {move.line}"
        states = {row.to for row in rows}


def sides(line: Line, deal: str) -> tuple[Place, Place]:
    """The accounts that a line moves between when it is settled."""

    def account(role: str, pays: bool) -> Place:
        if role == "operator":
            return Place(Purpose.PROMOTION if pays else Purpose.REVENUE, "")
        if role == "customer":
            return Place(Purpose.ESCROW, deal)
        if role == "tax":
            return Place(Purpose.TAX, "")
        return Place(Purpose.PAYABLE, DEALS[deal][1][role])

    return account(line.payer, pays=True), account(line.payee, pays=False)


def unsaid(moves: list[Move], deal: str) -> Iterator[str]:
    """Settlements that are not the lines of one version of the terms, each line once."""
    versions = DEALS[deal][2]
    purses = {line.purse for version in versions for line in version}
    said = [
        Counter(
            (line.code, *sides(line, deal), line.amount.amount)
            for line in version
            if purse in (None, line.purse)
        )
        for version in versions
        for purse in (None, *purses)
    ]
    for name, made in steps(moves, deal):
        lines = [move for move in made if move.line not in EFFECTS]
        done = Counter((one.line, one.debit, one.credit, one.amount.amount) for one in lines)
        if done and done not in said:
            yield f"{deal} {name}: no version of the terms has just these lines"


def wrong_sums(moves: list[Move], deal: str) -> Iterator[str]:
    """Where what was held, taken and given differs from what the lines say."""
    _, _, versions, in_force = DEALS[deal]
    currency = moves[0].amount.currency
    purses = {line.purse for version in versions for line in version}
    owed = {customer_owes(one, currency, purse).amount for one in versions for purse in purses}
    mine = [move for move in moves if move.deal == deal]
    cash = any(move.debit.purpose is Purpose.CASH for move in mine)
    taken = sum(move.amount.amount for move in mine if move.line == "*post*")
    for move in mine:
        amount = move.amount.amount
        if move.line == "*pending*" and amount not in ({taken} if cash else owed):
            yield f"line {move.at}: {amount} is held, the lines say {sorted(owed)}"
    due = {role: net.amount for role, net in nets(in_force, currency).items() if net}
    if gained(moves, deal) != due:
        yield f"{deal}: {gained(moves, deal)} was moved, the lines say {due}"


def faults(moves: list[Move]) -> list[str]:
    """All that is wrong with a table."""
    found = list(broken_ledger(moves))
    for deal in dict.fromkeys(move.deal for move in moves if move.deal):
        for check in (misled, unsaid, wrong_sums):
            found += check(moves, deal)
    strays = [move for move in moves if bool(move.deal) == (move.row in ACTS)]
    return found + [f"line {move.at}: {move.row!r} belongs to no deal" for move in strays]


def first_deal(moves: list[Move]) -> str:
    """The first deal of a table, which names it."""
    return next(move.deal for move in moves if move.deal)


@pytest.mark.parametrize("name", PROCESSES)
def test_every_process_of_the_paper_proves(name: str) -> None:
    """A process on the page keeps its promises for every method it admits, and their mixture."""
    proofs = prove_all(PROCESSES[name], SPACE["METHODS"].values())
    assert proofs, "a process admits at least one method of the page"
    for proof in proofs:
        proof.or_raise()


@pytest.mark.parametrize("moves", TABLES, ids=first_deal)
def test_every_table_follows_process_ledger_and_lines(moves: list[Move]) -> None:
    """Its rows can follow each other, no guarded account falls below zero, escrow ends at zero,
    every line is settled once, and every role gets what the lines say."""
    assert faults(moves) == []


def test_every_deal_has_its_table() -> None:
    """No deal whose lines are on the page goes without its transfers, and none has two tables."""
    shown = [deal for moves in TABLES for deal in {move.deal for move in moves} if deal]
    assert sorted(shown) == sorted(DEALS)


def test_every_line_can_be_computed_again() -> None:
    """A line's rule, on the inputs frozen with it, gives its amount."""
    lines = [line for deal in DEALS.values() for version in deal[2] for line in version]
    assert lines
    for line in lines:
        assert SPACE["RULES"][line.rule](line.inputs) == line.amount.amount, line


def _refused(name: str, *changes: tuple[str, str]) -> list[str]:
    """What the prover says, for a card, of a process of the page after changes to its text."""
    text = PAGE.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    space = run(text)
    return [str(fault) for fault in prove(space[name], space["CARD"]).faults]


def _rows(source: str, to: str, effect: str) -> str:
    """Three arguments of a row as the page prints them, one a line."""
    return f'"{source}",\n            "{to}",\n            {effect}'


def test_a_search_counted_from_the_last_try_is_refused_as_the_paper_says() -> None:
    """The prover's sentence on the page is the one it says of that mistake."""
    said = re.search(r"the prover refuses that: \*(.+?)\*\.", PAGE.read_text().replace("\n", " "))
    assert said is not None
    faults = _refused("RIDE", ('at=At("opened", HALF_AN_HOUR)', "after=10 * MINUTE"))
    assert any(said[1] in fault for fault in faults)


def test_a_hold_weeks_before_the_ride_is_refused() -> None:
    """A scheduled ride that holds when it is booked may capture from a dead hold."""
    cancel = '"cancel", CUSTOMER, "scheduled", "cancelled"'
    faults = _refused(
        "SCHEDULED",
        ('"scheduled", SAVE,', '"scheduled", HOLD,'),
        (cancel, f"{cancel}, VOID"),
        (_rows("scheduled", "matching", "HOLD"), _rows("scheduled", "matching", "RAISE")),
        ('"unsecured", "matching", HOLD', '"unsecured", "matching", RAISE'),
    )
    assert any(fault.startswith("'finish' may capture purse 'price' any time") for fault in faults)


def _more(moves: Sequence[Move], number: int) -> list[Move]:
    one = moves[number]
    more = evolve(one, amount=one.amount + Money(1, one.amount.currency))
    return [*moves[:number], more, *moves[number + 1 :]]


def _without(moves: Sequence[Move], number: int) -> list[Move]:
    return [*moves[:number], *moves[number + 1 :]]


def _turned(moves: Sequence[Move], number: int) -> list[Move]:
    one = moves[number]
    turned = evolve(one, debit=one.credit, credit=one.debit)
    return [*moves[:number], turned, *moves[number + 1 :]]


@pytest.mark.parametrize("spoil", [_more, _without, _turned])
def test_no_table_survives_a_spoilt_row(
    spoil: Callable[[Sequence[Move], int], list[Move]],
) -> None:
    """The negative control: one unit more, one row less, one row turned round is always found."""
    for moves in TABLES:
        for number, move in enumerate(moves):
            if move.deal:
                assert faults(spoil(moves, number)), f"line {move.at} may be spoilt unnoticed"


def test_no_table_survives_being_read_backwards() -> None:
    """The negative control of the order: a table whose last row comes first is found wrong."""
    for moves in TABLES:
        assert faults(moves[::-1])
