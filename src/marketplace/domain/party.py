"""Parties, the roles they play in a transaction, and who acts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from attrs import field

from marketplace.domain.freezing import frozen

PartyState = Literal["active", "suspended", "erased"]


@frozen
class Party:
    """A person or organisation taking part. Its login is the application's business."""

    id: str
    name: str
    created_at: datetime
    kind: Literal["person", "organisation"] = "person"
    phone: str | None = field(default=None, repr=False)
    """International digits with a leading plus; unique, so that it can be an identity."""
    email: str | None = field(default=None, repr=False)
    language: str = "en"
    state: PartyState = "active"
    attributes: Mapping[str, Any] = field(factory=dict, repr=False)
    version: int = 1


@frozen(cache_hash=True)
class Role:
    """A part that somebody plays: declared by a process, or one of those below."""

    name: str

    def __str__(self) -> str:
        return self.name


@lru_cache(maxsize=256)
def role_named(name: str) -> Role:
    """The role of this name: always the same value, so that two are told apart at once."""
    return Role(name)


CUSTOMER = role_named("customer")
"""Receives and pays."""
PROVIDER = role_named("provider")
"""Performs, and is paid."""
OPERATOR = role_named("operator")
"""Runs the marketplace."""
CLOCK = role_named("clock")
"""Time passing: takes the rows that are due."""
PAYMENT_PROVIDER = role_named("payment provider")
"""Whoever moves the money outside: reports holds that died, chargebacks, returned payouts."""

ORIGIN = role_named("origin")
"""The deal that opened this one: takes rows here by its own rows, and nobody speaks for it."""

IMPERSONAL = (OPERATOR, CLOCK, PAYMENT_PROVIDER, ORIGIN)
"""Roles that no party's seat fills."""


@frozen
class Actor:
    """Who does something: a party, or one of the impersonal roles; maybe for somebody else."""

    party_id: str | None = None
    role: Role | None = None
    """Set for the impersonal; a party's role follows from the transaction it acts in."""
    on_behalf_of: str | None = None
    """The party for whom it is done (a support agent, an agency); kept with every event."""
    name: str = ""
    """Which person or worker stands behind an impersonal role; two approvers must differ."""

    def __str__(self) -> str:
        return self.party_id or (self.role.name if self.role else "nobody")

    @property
    def impersonal(self) -> bool:
        """Whether it is no party, but the operator, the clock, the payment provider or a deal."""
        return self.party_id is None


@frozen
class Block:
    """One party wants nothing more to do with another; the two are never matched again."""

    id: str
    party_id: str
    blocked_id: str
    created_at: datetime


@frozen
class PayoutAccount:
    """Where a party is paid out to in one currency; a change is another one."""

    id: str
    party_id: str
    currency: str
    provider: str
    """The payment provider that pays out to it."""
    reference: str = field(repr=False)
    """What the payment provider calls it: a token, never an account's number."""
    state: Literal["submitted", "verified", "rejected", "replaced"]
    created_at: datetime
    verified_at: datetime | None = None
    version: int = 1


@frozen
class Document:
    """A paper a party must show (licence, insurance), maybe with an expiry."""

    id: str
    party_id: str
    kind: str
    state: Literal["submitted", "approved", "rejected"]
    created_at: datetime
    expires_at: datetime | None = None
    file_id: str | None = None
    version: int = 1

    def valid_at(self, moment: datetime) -> bool:
        """Whether it is approved and not yet expired."""
        return self.state == "approved" and (self.expires_at is None or moment < self.expires_at)
