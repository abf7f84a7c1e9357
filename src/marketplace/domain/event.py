"""Events: what happened, by whom, for whom; and commands, what was asked and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from attrs import field

from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import frozen
from marketplace.domain.hashing import canonical, chained, digest, plain

ERASED = '{"erased":true}'
"""What stands where an answer was erased."""


@frozen
class Event:
    """Something that happened and was committed with its effect."""

    id: str
    kind: str
    """``transaction.accepted``, ``listing.published``, ``payout.returned``."""
    subject_kind: str
    subject_id: str
    at: datetime
    actor: str
    on_behalf_of: str | None = None
    data: Mapping[str, Any] = field(factory=dict)
    parties: Sequence[str] = ()
    """Who may hear of it; each counts its events without a gap."""


@frozen
class Delivery:
    """One party's copy of an event: the party's own number, in order and without a gap."""

    party_id: str
    number: int
    event: Event


@frozen
class Command:
    """One thing asked of the marketplace, and what came of it: audit and idempotency in one."""

    id: str
    name: str
    """``transactions.take``, ``offers.accept``."""
    actor: str
    on_behalf_of: str | None
    key: str | None
    """The client's idempotency key; unique per actor for what was done."""
    body_hash: str
    at: datetime
    outcome: Literal["done", "refused"]
    subject_id: str | None = None
    reason: Mapping[str, Any] | None = None
    """For a refusal: error, code, parameters, reasons."""
    answer: str | None = None
    """For what was done: the answer as it was given, to give it again."""
    before_hash: str = ""
    after_hash: str = ""
    previous_hash: str = ""
    """The hash of the command before it on the same subject."""
    told_hash: str = ""
    """The hash of answer and reason, which stands for them in the chain, so that they can be erased
    and the chain still verifies. Empty in the first version, which chained them themselves."""

    @property
    def told(self) -> str:
        """The hash of answer and reason as they are now."""
        if self.answer is None and self.reason is None:
            return _NOTHING_TOLD
        return digest([self.answer, self.reason])

    @property
    def rest(self) -> Command:
        """All that it says beside answer and reason."""
        if self.answer is None and self.reason is None:
            return self
        return evolve(self, answer=None, reason=None)

    @property
    def around_previous(self) -> tuple[str, str]:
        """The canonical JSON of ``rest`` before ``previous_hash`` and behind it, which is empty:
        for a database that makes the ``hash`` when it knows what to chain to."""
        # Inside a text each of these quotes would have a backslash before it.
        before, behind = canonical(self.rest).split('"previous_hash":""')
        return f'{before}"previous_hash":"', f'"{behind}'

    @property
    def hash(self) -> str:
        """Over all that it says; a row changed by hand breaks the chain there."""
        if self.told_hash:
            return chained(self.previous_hash, self.rest)
        first = plain(self)
        del first["told_hash"]
        return chained(self.previous_hash, first)


_NOTHING_TOLD = digest([None, None])


@frozen
class Erasure:
    """What a command answered was erased: what its chain rests on is kept in its stead."""

    command_id: str
    party_id: str
    """Whose request it was."""
    at: datetime
    hash: str
    """The command's own, as it stands in the chain."""
    rest_hash: str
    """The hash of all that the command says beside answer and reason."""
