"""Transactions: the deal, from the first commitment of money or capacity to its reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.hashing import chained
from marketplace.domain.item import Numbered
from marketplace.domain.quote import Line
from marketplace.domain.reason import Reason


@frozen
class Pending:
    """The row that waits for an answer from outside, and the effect at which it waits."""

    row: str
    step: int
    asks: Mapping[str, Any] = field(factory=dict)
    """What whoever took the row gave, kept until the row is done."""
    actor: str = ""
    intents: Sequence[str] = ()
    """The questions outside that it waits for: the row goes on when all are answered."""
    terms_before: int = 0
    """The version of the terms before the row: it holds again if the row comes to nothing."""


@frozen
class Transaction:
    """A deal between parties in a process; a role's seat may still be empty."""

    id: str
    vertical: str
    process: str
    process_version: str
    state: str
    currency: str
    created_at: datetime
    entered_at: datetime
    """When it came into its state."""
    request_id: str | None = None
    listing_id: str | None = None
    origin_id: str | None = None
    """For a follow-up or a linked transaction: the one it belongs to."""
    link: str | None = None
    """How it belongs: ``tip``, ``adjustment``, ``supplies``."""
    checkout_id: str | None = None
    pending: Pending | None = None
    moments: Mapping[str, datetime] = field(factory=dict)
    """Named moments that rows are timed by: ``start``, ``end``."""
    attributes: Mapping[str, Any] = field(factory=dict, repr=False)
    """The trade's own facts about this deal: a pick-up code, metres driven."""
    terms_version: int = 0
    items: Sequence[Numbered] = ()
    """What of a basket is dealt in, frozen; empty where a listing alone says it."""
    ended_at: datetime | None = None
    version: int = 1


@frozen
class Seat:
    """A party playing a role in a transaction. A party may sit in several."""

    transaction_id: str
    role: str
    party_id: str
    share_bp: int = 10_000
    """Of what the role gets or pays: two who share a role split it in proportion."""


@frozen
class Terms:
    """One frozen version of price, policies and process; each version hashes the one before."""

    transaction_id: str
    version: int
    occasion: str
    """Why this version was made: ``agreed``, ``finish``, ``cancellation``, ``alteration``."""
    lines: Sequence[Line]
    policies: Mapping[str, Any]
    process: str
    process_version: str
    at: datetime
    previous_hash: str
    reasons: Sequence[Reason] = ()
    """Which policy row or event led from the version before to this one."""

    @property
    def hash(self) -> str:
        """Over everything it says and the hash of the version before."""
        return chained(self.previous_hash, self)
