"""The process of a trade: who may do what, from where to where, and what it does to the money.

A process is data on one page. Making one proves it (``prover``); what is allowed, which forms
are shown, the drawing and the notification matrix are read off it and never repeated.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

from attrs import field
from attrs.converters import optional

from marketplace.domain.effect import COLLECTS, MoneyKind
from marketplace.domain.freezing import frozen
from marketplace.domain.party import CLOCK, CUSTOMER, IMPERSONAL, Role, role_named
from marketplace.domain.prover import prove
from marketplace.domain.row_data import row_data, row_from_data
from marketplace.domain.transition import OPENED, At, Purse, Transition


def _names(names: str | Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _set(names: str | Iterable[str]) -> frozenset[str]:
    return frozenset(_names(names))


def _rows(rows: Iterable[Transition]) -> tuple[Transition, ...]:
    return tuple(rows)


def _purses(purses: Iterable[Purse]) -> tuple[Purse, ...]:
    return tuple(purses)


def _roles(roles: Iterable[Role]) -> tuple[Role, ...]:
    return tuple(roles)


_PROVED: set[str] = set()
"""Versions that were proved: a proof is the same for ever, and takes longer than all the rest."""
_MOST_KEPT = 10_000


# No slots: beside what is worked out once they would have every field read in the slow way.
@frozen(slots=False)
class Process:
    """States and rows of a trade, proved when it is made.

    Raises ``ProcessError`` with every promise that it breaks, each a sentence.
    """

    name: str
    start: str
    final: frozenset[str] = field(converter=_set)
    transitions: tuple[Transition, ...] = field(converter=_rows)
    purses: tuple[Purse, ...] = field(default=(Purse(),), converter=_purses)
    admits: tuple[str, ...] | None = field(default=None, converter=optional(_names))
    """Names of the payment methods it serves; None for every method that can do its effects."""
    moments: tuple[str, ...] = field(default=("start", "end"), converter=_names)
    """Moments that a transaction of this process carries, for rows timed by ``At``."""
    review_after: tuple[str, ...] = field(default=(), converter=_names)
    """Final states that open a review window."""
    paid: tuple[str, ...] = field(default=(), converter=_names)
    """States that nobody may reach unless the (first) purse is held, taken or settled."""
    follows: tuple[str, ...] = field(default=(), converter=_names)
    """For a follow-up: final states of the original after which it may be opened."""
    within: timedelta | None = None
    """For a follow-up: how long after the original's end."""
    opened_by: tuple[Role, ...] = field(default=(), converter=_roles)
    """For a follow-up: who may open it."""
    offer_rows: tuple[str, str] | None = None
    """Rows that the operator's dispatch takes when the first offer inside a transaction is made,
    and when the last one ended without being accepted: ``("offer", "search_again")``."""

    def __attrs_post_init__(self) -> None:
        if self.version not in _PROVED:
            prove(self).or_raise()
            if len(_PROVED) >= _MOST_KEPT:
                _PROVED.clear()
            _PROVED.add(self.version)

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order in which the rows name them."""
        seen = {self.start: None}
        for row in self.transitions:
            for state in (*row.sources, row.to, row.failed, row.needs_customer):
                if state is not None:
                    seen[state] = None
        return tuple(seen)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Every role that its rows name, the impersonal ones last."""
        seen = {role: None for row in self.transitions for role in row.who}
        return tuple(sorted(seen, key=lambda role: role in IMPERSONAL))

    @cached_property
    def version(self) -> str:
        """A hash of all that it says: another row, another version."""
        body = json.dumps(self.as_data(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(body.encode()).hexdigest()[:16]

    @cached_property
    def needs_moments(self) -> frozenset[str]:
        """The moments that a transaction must carry, or some rows would never come."""
        times = [when for row in self.transitions for when in (row.when, row.not_before)]
        return frozenset(
            when.moment for when in times if isinstance(when, At) and when.moment != OPENED
        )

    @cached_property
    def sent_to_bank(self) -> frozenset[str]:
        """The states in which a customer may have been sent to its bank, to say yes there."""
        asking = [row for row in self.transitions if row.needs_customer is not None]
        return frozenset(
            state for row in asking for state in (*row.sources, row.needs_customer) if state
        )

    def rows_from(self, state: str) -> Sequence[Transition]:
        """The rows that leave a state, in their order."""
        return self._leaving.get(state, ())

    def timed_from(self, state: str) -> Sequence[Transition]:
        """Those that the clock takes when they are due."""
        return self._timed.get(state, ())

    def row(self, name: str, state: str) -> Transition | None:
        """The row of this name that leaves this state."""
        for row in self._leaving.get(state, ()):
            if row.name == name:
                return row
        return None

    @cached_property
    def _leaving(self) -> Mapping[str, Sequence[Transition]]:
        """The rows by the state that they leave."""
        found: dict[str, list[Transition]] = {}
        for row in self.transitions:
            for state in row.sources:
                found.setdefault(state, []).append(row)
        return {state: tuple(rows) for state, rows in found.items()}

    @cached_property
    def _timed(self) -> Mapping[str, Sequence[Transition]]:
        """Of these, what the clock takes."""
        return {
            state: tuple(row for row in rows if CLOCK in row.who and row.when is not None)
            for state, rows in self._leaving.items()
        }

    def allowed(self, state: str, roles: Iterable[Role]) -> list[str]:
        """What these roles may do now; what needs another side, too, they may ``propose``."""
        mine = set(roles)
        return [
            f"propose {row.name}" if row.agreed else row.name
            for row in self.rows_from(state)
            if not mine.isdisjoint(row.whose)
        ]

    def takes(self, state: str, roles: Iterable[Role]) -> list[str]:
        """The rows that these roles may take now without asking anybody."""
        mine = set(roles)
        return [
            row.name
            for row in self.rows_from(state)
            if not row.agreed and not mine.isdisjoint(row.whose)
        ]

    @cached_property
    def entries(self) -> Sequence[str]:
        """The rows that a customer may take from the start."""
        return tuple(self.takes(self.start, [CUSTOMER]))

    def is_agreed_from(self, state: str) -> bool:
        """Whether a row that leaves this state needs both sides."""
        return state in self._agreed_from

    @cached_property
    def _agreed_from(self) -> frozenset[str]:
        """The states that such rows leave."""
        return frozenset(state for row in self.transitions if row.agreed for state in row.sources)

    def seat_row(self, state: str) -> Transition | None:
        """The row that an accepted offer takes from this state."""
        for row in self.rows_from(state):
            if row.fills:
                return row
        return None

    @cached_property
    def fills(self) -> frozenset[str]:
        """The roles in whose seats its rows put somebody."""
        return frozenset(row.fills for row in self.transitions if row.fills)

    @cached_property
    def linked(self) -> tuple[str, ...]:
        """The processes of deals beside this one that its rows open or move."""
        return tuple(sorted({link.process for row in self.transitions for link in row.links}))

    @cached_property
    def purse_names(self) -> frozenset[str]:
        """All its purses."""
        return frozenset(purse.name for purse in self.purses)

    @cached_property
    def borrowed(self) -> frozenset[str]:
        """The purses that are the original's, settled before this began."""
        return frozenset(purse.name for purse in self.purses if purse.starts_settled)

    @cached_property
    def series(self) -> frozenset[str]:
        """The purses that are paid again and again."""
        return frozenset(purse.name for purse in self.purses if purse.series)

    @cached_property
    def _effects(self) -> frozenset[tuple[MoneyKind, str]]:
        """Every money effect of its rows, and on which purse."""
        effects = (effect for row in self.transitions for effect in row.money_effects())
        return frozenset((effect.kind, effect.purse) for effect in effects)

    @cached_property
    def _collected(self) -> frozenset[str]:
        """The purses of its own into which its rows ask the customer for money."""
        asked = {purse for kind, purse in self._effects if kind in COLLECTS}
        return frozenset(asked - self.borrowed)

    def uses(self, kind: MoneyKind) -> bool:
        """Whether any row has this money effect."""
        return any(one is kind for one, _ in self._effects)

    def collects(self, purse: str) -> bool:
        """Whether any row asks the customer for money into this purse of its own."""
        return purse in self._collected

    def as_data(self) -> dict[str, Any]:
        """All that it says as plain JSON values: what is hashed, stored and shown."""
        return {
            "name": self.name,
            "start": self.start,
            "final": sorted(self.final),
            "purses": [[p.name, p.series, p.starts_settled] for p in self.purses],
            "admits": None if self.admits is None else list(self.admits),
            "moments": list(self.moments),
            "review_after": list(self.review_after),
            "paid": list(self.paid),
            "follows": list(self.follows),
            "within": None if self.within is None else self.within.total_seconds(),
            "opened_by": [role.name for role in self.opened_by],
            "offer_rows": None if self.offer_rows is None else list(self.offer_rows),
            "transitions": [row_data(row) for row in self.transitions],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Process:
        """The process that ``as_data`` wrote, proved again: deals in flight finish in it."""
        return cls(
            name=data["name"],
            start=data["start"],
            final=frozenset(data["final"]),
            transitions=tuple(row_from_data(row) for row in data["transitions"]),
            purses=tuple(Purse(*purse) for purse in data["purses"]),
            admits=None if data["admits"] is None else tuple(data["admits"]),
            moments=tuple(data["moments"]),
            review_after=tuple(data["review_after"]),
            paid=tuple(data["paid"]),
            follows=tuple(data["follows"]),
            within=None if data["within"] is None else timedelta(seconds=data["within"]),
            opened_by=tuple(role_named(name) for name in data["opened_by"]),
            offer_rows=None if data["offer_rows"] is None else tuple(data["offer_rows"]),
        )
