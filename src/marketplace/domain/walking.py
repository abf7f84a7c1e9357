"""Every configuration a transaction can come into, found by taking every row with every answer."""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from attrs import Factory, define

from marketplace.domain.effect import ClaimEffect, ClaimKind, MoneyEffect, MoneyKind, SeatEffect
from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import frozen
from marketplace.domain.method import ANY_METHOD, PaymentMethod
from marketplace.domain.party import CLOCK, IMPERSONAL, ORIGIN, PAYMENT_PROVIDER
from marketplace.domain.proof import Fault, Table
from marketplace.domain.transition import Purse, Transition

MAX_CONFIGURATIONS = 5_000
"""No trade needs more; beyond it nobody could read the process either."""

HOLD_EXPIRED = "hold_expired"
"""What a payment provider reports of a hold that died; ``hold_expired deposit`` names a purse."""


class Position(StrEnum):
    """Where the money of a purse is."""

    NONE = "nothing"
    SAVED = "saved"
    HELD = "held"
    CAPTURED = "captured"
    SETTLED = "settled"


_P, _K = Position, MoneyKind

_MOVES: dict[MoneyKind, dict[Position, Position]] = {
    _K.SAVE: {_P.NONE: _P.SAVED, _P.SAVED: _P.SAVED},
    _K.HOLD: {_P.NONE: _P.HELD, _P.SAVED: _P.HELD},
    _K.RAISE: {_P.HELD: _P.HELD},
    _K.CHARGE: {_P.NONE: _P.CAPTURED, _P.SAVED: _P.CAPTURED},
    _K.COLLECT: {_P.CAPTURED: _P.CAPTURED},
    _K.CAPTURE: {_P.HELD: _P.CAPTURED},
    _K.VOID: {_P.HELD: _P.NONE, _P.NONE: _P.NONE, _P.SAVED: _P.SAVED},
    _K.REFUND: {_P.CAPTURED: _P.CAPTURED},
    _K.SETTLE: {_P.CAPTURED: _P.SETTLED},
    _K.PAY_OUT: {_P.CAPTURED: _P.SETTLED},
    _K.REVERSE: {_P.SETTLED: _P.CAPTURED},
    _K.RECORD: {_P.NONE: _P.CAPTURED, _P.SAVED: _P.CAPTURED},
    _K.TRANSFER: {at: at for at in _P if at is not _P.HELD},
}
_SERIES_AGAIN = {
    _K.SAVE: _P.SETTLED,
    _K.VOID: _P.SETTLED,
    _K.HOLD: _P.HELD,
    _K.CHARGE: _P.CAPTURED,
    _K.RECORD: _P.CAPTURED,
}
"""What a series does from settled: the next round begins (or nothing, if there is none)."""

_AFTERWARDS = {
    _K.SAVE: _P.SAVED,
    _K.HOLD: _P.HELD,
    _K.RAISE: _P.HELD,
    _K.VOID: _P.NONE,
    _K.SETTLE: _P.SETTLED,
    _K.PAY_OUT: _P.SETTLED,
}
"""Where a purse is said to be after an effect that did not fit: one mistake is told once."""

_VERBS = {
    _K.SAVE: "saves the means of payment for",
    _K.HOLD: "holds",
    _K.RAISE: "raises the hold on",
    _K.CHARGE: "charges",
    _K.COLLECT: "collects more for",
    _K.CAPTURE: "captures",
    _K.VOID: "voids",
    _K.REFUND: "refunds",
    _K.SETTLE: "settles",
    _K.REVERSE: "reverses",
    _K.PAY_OUT: "pays out",
    _K.RECORD: "records",
    _K.TRANSFER: "transfers within",
}
_NEEDS = {
    _K.RAISE: ("nothing_held", "nothing is held"),
    _K.CAPTURE: ("nothing_held", "nothing is held"),
    _K.COLLECT: ("nothing_captured", "nothing is captured"),
    _K.REFUND: ("nothing_captured", "nothing is captured"),
    _K.SETTLE: ("nothing_captured", "nothing is captured"),
    _K.PAY_OUT: ("nothing_captured", "nothing is captured"),
    _K.REVERSE: ("nothing_settled", "nothing is settled"),
    _K.VOID: ("void_after_capture", "its money is taken already; may: refund"),
    _K.TRANSFER: ("transfer_over_hold", "money is held; may: capture or void it first"),
}


def _misfit(kind: MoneyKind, at: Position) -> tuple[str, str]:
    """The fault's code and the circumstance, for an effect that does not fit a position."""
    if kind in _NEEDS:
        return _NEEDS[kind]
    if at is not Position.HELD:
        return "paid_twice", "its money is taken already; may: be a series"
    if kind is MoneyKind.HOLD:
        return "held_twice", "money is held already; may: raise"
    return "charged_over_hold", "money is held; may: capture"


_DEAF = frozenset({CLOCK, PAYMENT_PROVIDER, ORIGIN})
"""Who cannot be told that capacity is sold out."""


@frozen
class Configuration:
    """A state, and all that matters about how the transaction stands in it."""

    state: str
    positions: tuple[Position, ...]
    """Where each purse's money is, in the order of the process's purses."""
    reserved: frozenset[str]
    seated: frozenset[str]
    """Filled seats among those that rows fill."""

    @property
    def has_money(self) -> bool:
        """Whether money is held, or taken and not yet settled."""
        return Position.HELD in self.positions or Position.CAPTURED in self.positions

    @property
    def holds(self) -> bool:
        """Whether somebody's money or capacity waits for this transaction."""
        return self.has_money or bool(self.reserved)


@frozen
class Step:
    """A row taken: from one configuration to another, with one run of answers."""

    source: int
    row: Transition
    target: int
    done: tuple[MoneyEffect, ...]
    """The money effects that were carried out."""
    refused: MoneyEffect | None = None
    """The effect that was answered with a no."""
    needed: MoneyEffect | None = None
    """The effect that needs the customer."""

    def __str__(self) -> str:
        if self.refused:
            return f"'{self.row.name}' ({self.refused} refused)"
        if self.needed:
            return f"'{self.row.name}' ({self.needed} needs the customer)"
        return f"'{self.row.name}'"


@define
class Walk:
    """All configurations and steps of a process for one payment method."""

    table: Table
    method: PaymentMethod
    configurations: list[Configuration] = Factory(list)
    steps: list[Step] = Factory(list)
    leaving: list[list[Step]] = Factory(list)
    """The steps out of each configuration."""
    faults: dict[tuple[str, ...], Fault] = Factory(dict)
    """Keyed so that every mistake is told once, by the shortest way to it."""
    purses: dict[str, Purse] = Factory(dict)
    """In the order of the positions."""
    _index: dict[Configuration, int] = Factory(dict)
    _parent: dict[int, Step] = Factory(dict)
    _waiting: set[tuple[Configuration, str, int]] = Factory(set)
    _filled: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        """Configurations at rest, and those waiting for an answer from outside."""
        return len(self.configurations) + len(self._waiting)

    @property
    def cut_short(self) -> bool:
        """Whether the process was too large to be walked whole."""
        return len(self.configurations) > MAX_CONFIGURATIONS

    def path(self, at: int, last: Transition | None = None) -> str:
        """``(after 'accept' → 'cancel')``: a shortest way to a configuration."""
        names = [] if last is None else [f"'{last.name}'"]
        while at in self._parent:
            step = self._parent[at]
            names.append(str(step))
            at = step.source
        return f" (after {' → '.join(reversed(names))})" if names else ""

    def say(self, code: str, where: str, sentence: str, *key: str) -> None:
        """Note a fault, unless the same was said before."""
        self.faults.setdefault((code, where, *key), Fault(code, sentence, where))

    def run(self) -> None:
        """Walk breadth first, so that every path told is a shortest one."""
        self.purses = {purse.name: purse for purse in self.table.purses}
        self._filled = frozenset(
            effect.role
            for row in self.table.transitions
            for effect in row.effects
            if isinstance(effect, SeatEffect) and effect.fill
        )
        positions = tuple(
            Position.SETTLED if purse.starts_settled else Position.NONE
            for purse in self.purses.values()
        )
        queue: deque[int] = deque()
        self._reach(Configuration(self.table.start, positions, frozenset(), frozenset()), queue)
        while queue:
            at = queue.popleft()
            if self.cut_short:
                self.say(
                    "too_large",
                    self.table.name,
                    f"process '{self.table.name}' has more than {MAX_CONFIGURATIONS} "
                    "configurations; say less in one process, and more in follow-ups",
                )
                return
            configuration = self.configurations[at]
            if configuration.state in self.table.final:
                continue
            for row in self.table.rows_from(configuration.state):
                for variant in self._variants(configuration, row):
                    self._take(at, row, variant, queue)

    def _reach(self, configuration: Configuration, queue: deque[int]) -> int:
        number = self._index.get(configuration)
        if number is None:
            number = self._index[configuration] = len(self.configurations)
            self.configurations.append(configuration)
            self.leaving.append([])
            queue.append(number)
        return number

    def can_be_taken(self, configuration: Configuration, row: Transition) -> bool:
        """Whether anybody who may take this row is there to do it; both sides, if it is agreed."""
        there = sum(
            role in IMPERSONAL
            or role.name not in self._filled
            or role.name in configuration.seated
            or row.fills == role.name
            for role in row.who
        )
        return there >= (2 if row.agreed else 1)

    def _variants(self, configuration: Configuration, row: Transition) -> list[Configuration]:
        """Where a row begins: usually here; a dead hold leaves nothing held."""
        if not self.can_be_taken(configuration, row):
            return []
        purse = expired_purse(row)
        if purse is None:
            return [configuration]
        if self.method is not ANY_METHOD and self.method.hold_lives is None:
            return []
        positions = configuration.positions
        return [
            evolve(configuration, positions=_with(positions, number, Position.NONE))
            for number, name in enumerate(self.purses)
            if positions[number] is Position.HELD and purse in ("", name)
        ]

    def _take(self, at: int, row: Transition, now: Configuration, queue: deque[int]) -> None:
        """Run a row's effects in order, branching at every answer from outside."""
        done: list[MoneyEffect] = []
        called = False
        for number, effect in enumerate(row.effects):
            if isinstance(effect, MoneyEffect):
                if effect.purse not in self.purses:
                    continue
                if self.method.waits(effect.kind):
                    called = True
                    self._waiting.add((now, row.name, number))
                if self.method.may_fail(effect.kind) and row.failed is not None:
                    self._arrive(at, row, now, row.failed, done, queue, refused=effect)
                if self.method.may_need_customer(effect.kind) and row.needs_customer is not None:
                    self._arrive(at, row, now, row.needs_customer, done, queue, needed=effect)
                now = self._move(at, row, now, effect)
                done.append(effect)
            elif isinstance(effect, ClaimEffect):
                now = self._claim(at, row, now, effect, called)
            elif isinstance(effect, SeatEffect):
                now = self._sit(at, row, now, effect)
        self._arrive(at, row, now, row.to, done, queue)

    def _arrive(
        self,
        at: int,
        row: Transition,
        now: Configuration,
        state: str,
        done: list[MoneyEffect],
        queue: deque[int],
        refused: MoneyEffect | None = None,
        needed: MoneyEffect | None = None,
    ) -> None:
        known = len(self.configurations)
        target = self._reach(evolve(now, state=state), queue)
        step = Step(at, row, target, tuple(done), refused, needed)
        self.steps.append(step)
        self.leaving[at].append(step)
        if target == known:
            self._parent[target] = step

    def _move(
        self, at: int, row: Transition, now: Configuration, effect: MoneyEffect
    ) -> Configuration:
        number = list(self.purses).index(effect.purse)
        position = now.positions[number]
        after = moved(effect.kind, position, self.purses[effect.purse])
        if after is None:
            code, circumstance = _misfit(effect.kind, position)
            after = _AFTERWARDS.get(effect.kind, Position.CAPTURED)
            if effect.kind is MoneyKind.TRANSFER:
                after = position
            self.say(
                code,
                row.name,
                f"'{row.name}' {_VERBS[effect.kind]} purse '{effect.purse}' "
                f"while {circumstance}{self.path(at, row)}",
                effect.purse,
                effect.kind.value,
            )
        return evolve(now, positions=_with(now.positions, number, after))

    def _claim(
        self, at: int, row: Transition, now: Configuration, effect: ClaimEffect, called: bool
    ) -> Configuration:
        kind, resource = effect.kind, effect.resource
        there, path = resource in now.reserved, self.path(at, row)
        if kind in (ClaimKind.MOVE, ClaimKind.USE) and not there:
            sentence = f"'{row.name}' {kind}s '{resource}' while it is not reserved{path}"
            self.say("not_reserved", row.name, sentence, resource)
        if kind in (ClaimKind.FREE, ClaimKind.USE):
            return evolve(now, reserved=now.reserved - {resource})
        claims = (kind is ClaimKind.MOVE) == there
        if called and claims:
            self.say(
                "cannot_refuse",
                row.name,
                f"'{row.name}' claims '{resource}' after asking outside: "
                f"write it first, so that 'sold out' costs nothing{path}",
                resource,
            )
        elif claims and not there and not _DEAF.isdisjoint(row.who):
            self.say(
                "cannot_refuse",
                row.name,
                f"'{row.name}' claims '{resource}', but nobody is there to hear 'sold out': "
                f"claim it where a party acts{path}",
                resource,
            )
        return evolve(now, reserved=now.reserved | {resource})

    def _sit(
        self, at: int, row: Transition, now: Configuration, effect: SeatEffect
    ) -> Configuration:
        if not effect.fill:
            return evolve(now, seated=now.seated - {effect.role})
        if effect.role in now.seated:
            self.say(
                "seat_taken",
                row.name,
                f"'{row.name}' seats {effect.role} where somebody sits already; "
                f"may: unseat first{self.path(at, row)}",
                effect.role,
            )
        return evolve(now, seated=now.seated | {effect.role})


def expired_purse(row: Transition) -> str | None:
    """The purse whose hold died: its name, ``""`` for any; None if the row waits for another."""
    if row.on is None:
        return None
    event, _, purse = row.on.partition(" ")
    return purse if event == HOLD_EXPIRED else None


def moved(kind: MoneyKind, position: Position, purse: Purse) -> Position | None:
    """Where the money is after an effect; None if the effect does not fit."""
    if purse.series and position is Position.SETTLED and kind in _SERIES_AGAIN:
        return _SERIES_AGAIN[kind]
    return _MOVES[kind].get(position)


def _with(positions: tuple[Position, ...], number: int, position: Position) -> tuple[Position, ...]:
    return (*positions[:number], position, *positions[number + 1 :])


def walk(table: Table, method: PaymentMethod) -> Walk:
    """Every configuration of a process for a payment method."""
    walked = Walk(table, method)
    walked.run()
    return walked
