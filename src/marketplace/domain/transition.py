"""Rows of a process: who may do what, from where to where, what then happens, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, Literal

from attrs import asdict

from marketplace.domain.effect import Effect, LinkEffect, MoneyEffect, SeatEffect
from marketplace.domain.freezing import frozen
from marketplace.domain.party import CLOCK, Role
from marketplace.domain.quote import PRICE

OPENED = "opened"
"""The moment that every transaction has without declaring it: when it began."""


@frozen
class After:
    """So long after the state was entered."""

    delay: timedelta

    def __str__(self) -> str:
        return f"{spell(self.delay)} later"


@frozen
class At:
    """At a named moment of the transaction (``start``, ``end``), or so long before or after."""

    moment: str
    offset: timedelta = timedelta(0)

    def __str__(self) -> str:
        if not self.offset:
            return f"at {self.moment}"
        word = "after" if self.offset > timedelta(0) else "before"
        return f"{spell(abs(self.offset))} {word} {self.moment}"


def spell(delay: timedelta) -> str:
    """A duration in its largest whole units: ``24 h``, ``15 s``, ``1 h 30 min``."""
    rest, parts = int(delay.total_seconds()), []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if rest >= size and (unit != "d" or rest % 86_400 == 0):
            parts.append(f"{rest // size} {unit}")
            rest %= size
    return " ".join(parts) or "0 s"


When = After | At


@frozen
class Ask:
    """A field that a transition asks of whoever takes it."""

    name: str
    kind: Literal["text", "number", "money", "time", "place", "choice", "items"] = "text"
    """``items``: numbers of a deal's items, each with how many of it, zero or more."""
    required: bool = True
    choices: Sequence[str] = ()
    max_length: int = 2_000


def _roles(who: Role | Iterable[Role]) -> tuple[Role, ...]:
    return (who,) if isinstance(who, Role) else tuple(who)


def _states(source: str | Iterable[str]) -> tuple[str, ...]:
    return (source,) if isinstance(source, str) else tuple(source)


# No slots: beside what is worked out once they would have every field read in the slow way.
@frozen(init=False, slots=False)
class Transition:
    """A row: name, who, from, to, what then happens, and when.

    Effects run in the order written. At the first one that asks somebody outside, the
    transaction waits; when the answer is yes it goes on to the next effect and at last to
    ``to``; a no leads to ``failed``; a call for the customer leads to ``needs_customer``.
    """

    name: str
    who: tuple[Role, ...]
    sources: tuple[str, ...]
    to: str
    effects: tuple[Effect, ...]
    failed: str | None
    needs_customer: str | None
    when: When | None
    """For the clock: when it is due. Nobody else waits."""
    not_before: When | None
    """For anybody: refused until then."""
    asks: tuple[Ask, ...]
    """Fields for whoever takes it; a time named as a moment (``start``) moves that moment."""
    lines: str | None
    """The pricing occasion that replaces the lines first: ``cancellation``, ``finish``."""
    fault: str | None
    """The role at fault, for the policies and the metrics."""
    on: str | None
    """For the payment provider: what happened (``hold_expired``, ``chargeback``)."""
    agreed: bool
    """Whether both sides must want it: one proposes it, another takes it exactly so."""

    def __init__(
        self,
        name: str,
        who: Role | Iterable[Role],
        source: str | Iterable[str],
        to: str,
        *effects: Effect,
        failed: str | None = None,
        needs_customer: str | None = None,
        after: timedelta | None = None,
        at: At | None = None,
        not_before: When | None = None,
        asks: Iterable[Ask] = (),
        lines: str | None = None,
        fault: Role | str | None = None,
        on: str | None = None,
        agreed: bool = False,
    ) -> None:
        when: When | None = After(after) if after is not None else at
        self.__attrs_init__(
            name=name,
            who=_roles(who),
            sources=_states(source),
            to=to,
            effects=tuple(effects),
            failed=failed,
            needs_customer=needs_customer,
            when=when,
            not_before=not_before,
            asks=tuple(asks),
            lines=lines,
            fault=None if fault is None else str(fault),
            on=on,
            agreed=agreed,
        )

    def changed(self, **fields: Any) -> Transition:
        """The same row with other values in some fields: how a variant of a process is made.

        Fields are named as they are stored (``sources``, ``when``); ``TypeError`` if there is none.
        """
        row = object.__new__(Transition)
        row.__attrs_init__(**{**asdict(self, recurse=False), **fields})
        return row

    def money_effects(self) -> list[MoneyEffect]:
        """What it does to purses, in order."""
        return list(self._moves)

    @cached_property
    def purses(self) -> frozenset[str]:
        """The purses to which it does anything."""
        return frozenset(effect.purse for effect in self._moves)

    @cached_property
    def _moves(self) -> tuple[MoneyEffect, ...]:
        return tuple(effect for effect in self.effects if isinstance(effect, MoneyEffect))

    @cached_property
    def last_money(self) -> int:
        """Where it last moves money; -1 if nowhere.

        Links that stand before it come in their turn, whatever a bank says; others once it arrived.
        """
        places = [at for at, one in enumerate(self.effects) if isinstance(one, MoneyEffect)]
        return places[-1] if places else -1

    @cached_property
    def links(self) -> tuple[LinkEffect, ...]:
        """What it does to deals beside this one."""
        return tuple(effect for effect in self.effects if isinstance(effect, LinkEffect))

    @property
    def targets(self) -> tuple[str, ...]:
        """Every state it may lead to."""
        ways = (self.to, self.failed, self.needs_customer)
        return tuple(dict.fromkeys(state for state in ways if state is not None))

    @cached_property
    def moments(self) -> tuple[str, ...]:
        """Moments that it moves, where the process has them: times asked for by their name."""
        return tuple(ask.name for ask in self.asks if ask.kind == "time")

    @cached_property
    def whose(self) -> frozenset[Role]:
        """The roles that may take it."""
        return frozenset(self.who)

    @cached_property
    def asked(self) -> frozenset[str]:
        """The names of the fields that it asks for."""
        return frozenset(ask.name for ask in self.asks)

    @cached_property
    def is_timer(self) -> bool:
        """Whether the clock takes it when it is due."""
        return CLOCK in self.who

    @cached_property
    def fills(self) -> str | None:
        """The role whose seat it fills from an accepted offer."""
        for effect in self.effects:
            if isinstance(effect, SeatEffect) and effect.fill:
                return effect.role
        return None


@frozen
class Purse:
    """A named sum in a transaction: the price, a deposit, a tip."""

    name: str = PRICE
    series: bool = False
    """Paid again and again (a subscription): after it is settled it may be charged anew."""
    starts_settled: bool = False
    """Borrowed from the transaction this one follows up, where it was settled already."""
