"""The paper ``one-model``: its code runs, its processes prove, its tables of transfers add up.

A table is held against the process (may these rows follow each other, and do they have the effect
that the transfer needs?), against the ledger's laws, and against the lines of the deals in it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

from marketplace.domain.effect import MoneyKind
from marketplace.domain.ledger import DEBIT_NORMAL, GUARDED, Purpose
from marketplace.domain.money import Money
from marketplace.domain.process import Process
from marketplace.domain.prover import prove, prove_all
from marketplace.domain.quote import customer_owes, nets, recompute

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "one-model.md"
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEAD = re.compile(r"^\| row \| +\| debit \| credit \| ([A-Z]{3}) \|$")

ACTS = {"before", "payout", "top-up"}
"""What the marketplace does outside of any process; written in italics in the tables."""
MUST_END_EMPTY = {Purpose.ESCROW, Purpose.REFUND, Purpose.IN_TRANSIT, Purpose.CASH}
OF_THE_CUSTOMER = {Purpose.PROCESSOR_CLEARING, Purpose.CASH, Purpose.REFUND}
OF_THE_OPERATOR = {Purpose.REVENUE, Purpose.PROMOTION}
TAKES = {MoneyKind.CHARGE, MoneyKind.CAPTURE, MoneyKind.RECORD}
GIVES = {MoneyKind.SETTLE, MoneyKind.PAY_OUT, MoneyKind.TRANSFER}


@frozen
class Place:
    """An account as the tables write it: ``escrow · P1``, ``platform revenue``."""

    purpose: Purpose
    owner: str

    @classmethod
    def read(cls, text: str) -> Place:
        purpose, _, owner = text.partition(" · ")
        return cls(Purpose(purpose), owner)


@frozen
class Move:
    """One row of a table."""

    line: int
    row: str
    phase: str
    """Empty for posted at once; ``pending``, ``post`` or ``void``."""
    debit: Place
    credit: Place
    amount: Money

    @property
    def pair(self) -> tuple[Place, Place]:
        return self.debit, self.credit

    def deals(self) -> list[str]:
        """The transactions whose escrow it touches."""
        return [place.owner for place in self.pair if place.purpose is Purpose.ESCROW]


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
            row, phase, debit, credit, amount = (
                cell.strip() for cell in line.strip("|").split("|")
            )
            money = Money.of(amount, currency)
            ends = Place.read(debit), Place.read(credit)
            moves.append(Move(number, row, phase, *ends, money))


SPACE = run(PAGE.read_text())
TABLES = list(tables(PAGE.read_text()))
DEALS: dict[str, tuple[Process, dict[str, str], tuple[Any, ...], list[Any]]] = SPACE["DEALS"]
PROCESSES = {name: one for name, one in SPACE.items() if isinstance(one, Process)}


def walked(moves: list[Move]) -> tuple[dict[Place, int], Counter[tuple[Place, Place]], list[str]]:
    """Balances (in each account's normal sense), open holds, and every law broken on the way."""
    balances: dict[Place, int] = defaultdict(int)
    pending: Counter[tuple[Place, Place]] = Counter()
    broken = []
    for move in moves:
        amount = move.amount.amount
        if amount <= 0 or move.debit == move.credit:
            broken.append(f"line {move.line}: a transfer moves more than nothing between two")
        if move.phase == "pending":
            pending[move.pair] += amount
        if move.phase in ("post", "void"):
            held = pending.pop(move.pair, 0)
            if amount > held or (move.phase == "void" and amount != held):
                broken.append(f"line {move.line}: {move.phase} of {amount}, held are {held}")
        if move.phase in ("", "post"):
            for place, sign in ((move.debit, 1), (move.credit, -1)):
                normal = sign if place.purpose in DEBIT_NORMAL else -sign
                balances[place] += normal * amount
                if place.purpose in GUARDED and balances[place] < 0:
                    broken.append(f"line {move.line}: {place} falls below zero")
    return balances, pending, broken


def unfinished(moves: list[Move]) -> list[str]:
    """What a table leaves open: holds, and accounts that must end at zero."""
    balances, pending, _ = walked(moves)
    open_ones = [f"{pair} is still held" for pair in pending]
    return open_ones + [
        f"{place} ends at {balance}"
        for place, balance in balances.items()
        if balance and place.purpose in MUST_END_EMPTY
    ]


def role_of(place: Place, seats: dict[str, str]) -> str:
    """Whose gain or loss an account on the other side of an escrow is."""
    if place.purpose is Purpose.TAX:
        return "tax"
    if place.purpose in OF_THE_OPERATOR:
        return "operator"
    if place.purpose in OF_THE_CUSTOMER:
        return "customer"
    return next(role for role, party in seats.items() if party == place.owner)


def gained(moves: list[Move], deal: str) -> dict[str, int]:
    """What each role of a deal got out of its escrow, less what it put in."""
    seats = DEALS[deal][1]
    escrow = Place(Purpose.ESCROW, deal)
    gains: Counter[str] = Counter()
    for move in moves:
        if move.phase in ("", "post"):
            if move.debit == escrow:
                gains[role_of(move.credit, seats)] += move.amount.amount
            if move.credit == escrow:
                gains[role_of(move.debit, seats)] -= move.amount.amount
    return {role: gain for role, gain in gains.items() if gain}


def needed(move: Move, deal: str) -> set[MoneyKind]:
    """The effects of which a process's row must have one, to make this transfer."""
    if move.phase == "pending":
        return {MoneyKind.HOLD, MoneyKind.RAISE}
    if move.phase == "void":
        return {MoneyKind.VOID}
    if move.phase == "post":
        return {MoneyKind.CAPTURE}
    incoming = move.credit == Place(Purpose.ESCROW, deal)
    if Purpose.REFUND in (move.debit.purpose, move.credit.purpose):
        return {MoneyKind.REFUND}
    if not incoming:
        return GIVES
    if move.debit.purpose in (Purpose.PROCESSOR_CLEARING, Purpose.CASH):
        return TAKES
    return (
        GIVES
        if move.debit.purpose is Purpose.PROMOTION
        else {MoneyKind.REVERSE, MoneyKind.TRANSFER}
    )


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


def steps(moves: list[Move], deal: str) -> list[tuple[str, list[Move]]]:
    """A deal's rows in their order, each with its transfers."""
    result: list[tuple[str, list[Move]]] = []
    for move in moves:
        if deal in move.deals():
            if not result or result[-1][0] != move.row:
                result.append((move.row, []))
            result[-1][1].append(move)
    return result


def misled(moves: list[Move], deal: str) -> list[str]:
    """Rows of a table that the process does not have, there or with that effect."""
    process = DEALS[deal][0]
    broken: list[str] = []
    states = {process.start}
    for name, made in steps(moves, deal):
        rows = [
            row
            for row in process.transitions
            if row.name == name and reachable(process, states) & set(row.sources)
        ]
        if not rows:
            return [*broken, f"no row {name!r} of {process.name!r} can come here"]
        for move in made:
            kinds = needed(move, deal)
            dead = move.phase == "void" and any(row.on == "hold_expired" for row in rows)
            effects = [effect.kind for row in rows for effect in row.money_effects()]
            if not dead and kinds.isdisjoint(effects):
                broken.append(f"line {move.line}: {name!r} does none of {sorted(kinds)}")
        states = {row.to for row in rows}
    return broken


def wrong_sums(moves: list[Move], deal: str) -> list[str]:
    """Where what was held, taken and given differs from what the lines say."""
    _, _, versions, in_force = DEALS[deal]
    currency = moves[0].amount.currency
    owed = {customer_owes(version, currency).amount for version in versions}
    by_purse = {line.purse for version in versions for line in version}
    owed |= {
        customer_owes(version, currency, purse).amount for version in versions for purse in by_purse
    }
    cash = any(move.debit.purpose is Purpose.CASH for move in moves)
    broken: list[str] = []
    held = 0
    for name, made in steps(moves, deal):
        held += sum(move.amount.amount for move in made if move.phase == "pending")
        taken = sum(move.amount.amount for move in made if move.phase == "post")
        if held and not cash and held not in owed:
            broken.append(f"{deal} {name}: {held} is held, the lines say {sorted(owed)}")
        if taken and cash and taken != held:
            broken.append(f"{deal} {name}: {taken} is taken, {held} was held beside the cash")
        held = 0 if any(move.phase in ("post", "void") for move in made) else held
    due = {role: net.amount for role, net in nets(in_force, currency).items() if net}
    if gained(moves, deal) != due:
        broken.append(f"{deal}: {gained(moves, deal)} was moved, the lines say {due}")
    return broken


def faults(moves: list[Move]) -> list[str]:
    """All that is wrong with a table."""
    found = [*walked(moves)[2], *unfinished(moves)]
    for deal in dict.fromkeys(deal for move in moves for deal in move.deals()):
        found += [*misled(moves, deal), *wrong_sums(moves, deal)]
    rows = {row.name for process in PROCESSES.values() for row in process.transitions}
    for move in moves:
        if move.row.strip("*") not in (ACTS if move.row.startswith("*") else rows):
            found.append(f"line {move.line}: nobody does {move.row!r}")
    return found


@pytest.mark.parametrize("name", PROCESSES)
def test_every_process_of_the_paper_proves(name: str) -> None:
    """A process on the page keeps its promises for every method it admits, and their mixture."""
    proofs = prove_all(PROCESSES[name], SPACE["METHODS"].values())
    assert proofs, "a process admits at least one method of the page"
    for proof in proofs:
        proof.or_raise()


def first_deal(moves: list[Move]) -> str:
    """The first deal of a table, which names it."""
    return next(deal for move in moves for deal in move.deals())


@pytest.mark.parametrize("moves", TABLES, ids=first_deal)
def test_every_table_follows_process_ledger_and_lines(moves: list[Move]) -> None:
    """A table's rows can follow each other, no guarded account falls below zero, escrow ends
    at zero, and every role gets what the lines say."""
    assert faults(moves) == []


def test_every_deal_has_its_table() -> None:
    """No deal whose lines are on the page goes without its transfers, and none has two tables."""
    shown = [deal for moves in TABLES for deal in {one for move in moves for one in move.deals()}]
    assert sorted(shown) == sorted(DEALS)


def test_every_line_can_be_computed_again() -> None:
    """A line's rule, on the inputs frozen with it, gives its amount."""
    lines = [line for deal in DEALS.values() for version in deal[2] for line in version]
    assert lines
    for line, again in recompute(lines, SPACE["RULES"]):
        assert again == line.amount.amount, line


def _refused(name: str, *changes: tuple[str, str]) -> list[str]:
    """What the prover says, for a card, of a process of the page after changes to its text."""
    text = PAGE.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    space = run(text)
    return [str(fault) for fault in prove(space[name], space["CARD"]).faults]


def test_a_search_counted_from_the_last_try_is_refused_as_the_paper_says() -> None:
    """The prover's sentence on the page is the one it says of that mistake."""
    said = re.search(r"the prover refuses that: \*(.+?)\*\.", PAGE.read_text().replace("\n", " "))
    assert said is not None
    faults = _refused("RIDE", ("at=At(OPENED, HALF_AN_HOUR)", "after=10 * MINUTE"))
    assert any(said[1] in fault for fault in faults)


def test_a_hold_weeks_before_the_ride_is_refused() -> None:
    """A scheduled ride that holds when it is booked may capture from a dead hold."""
    faults = _refused(
        "SCHEDULED",
        ('"scheduled", SAVE,', '"scheduled", HOLD,'),
        (
            '"cancel", CUSTOMER, "scheduled", "cancelled"',
            '"cancel", CUSTOMER, "scheduled", "cancelled", VOID',
        ),
        ('"scheduled", "matching", HOLD', '"scheduled", "matching", RAISE'),
        ('"unsecured", "matching", HOLD', '"unsecured", "matching", RAISE'),
    )
    assert any(fault.startswith("'finish' may capture purse 'price' any time") for fault in faults)


def _more(moves: list[Move], number: int) -> list[Move]:
    one = moves[number]
    more = evolve(one, amount=one.amount + Money(1, one.amount.currency))
    return [*moves[:number], more, *moves[number + 1 :]]


def _without(moves: list[Move], number: int) -> list[Move]:
    return [*moves[:number], *moves[number + 1 :]]


def _turned(moves: list[Move], number: int) -> list[Move]:
    one = moves[number]
    turned = evolve(one, debit=one.credit, credit=one.debit)
    return [*moves[:number], turned, *moves[number + 1 :]]


@pytest.mark.parametrize("spoil", [_more, _without, _turned])
def test_no_table_survives_a_spoilt_row(spoil: Callable[[list[Move], int], list[Move]]) -> None:
    """The negative control: one unit more, one row less or one row turned round is always found."""
    for moves in TABLES:
        for number, move in enumerate(moves):
            if not move.row.startswith("*"):
                assert faults(spoil(moves, number)), f"line {move.line} may be spoilt unnoticed"


def test_no_table_survives_a_swap_of_rows() -> None:
    """The negative control of the order: a table read backwards is always found wrong."""
    for moves in TABLES:
        assert faults(moves[::-1])
