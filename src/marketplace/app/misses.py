"""How often one party looked for things that are not there: a limit on guessing."""

from __future__ import annotations

from datetime import datetime

from attrs import define, field

from marketplace.domain.party import Actor
from marketplace.domain.span import HOUR
from marketplace.errors import LimitExceeded

_MOST_PARTIES = 10_000
"""Parties remembered at once; beyond it those whose hour is over are forgotten."""


@define
class Misses:
    """Misses of each party within an hour from its first.

    Kept in memory: each process counts for itself, and a restart forgives. Identifiers hold 80
    bits of chance, so the limit is there to be seen in the audit, not to hide anything.
    """

    most: int
    """Misses an hour by which one party may look for things that are not there."""
    _counts: dict[str, tuple[datetime, int]] = field(factory=dict)

    def note(self, actor: Actor, at: datetime) -> None:
        """One more thing that this actor looked for in vain; nobody counts for impersonal roles."""
        if actor.party_id is None:
            return
        since, count = self._of(actor.party_id, at)
        if len(self._counts) >= _MOST_PARTIES:
            self._counts = {
                party: found for party, found in self._counts.items() if at - found[0] < HOUR
            }
        self._counts[actor.party_id] = (since, count + 1)

    def refuse(self, actor: Actor, at: datetime) -> None:
        """Raise ``LimitExceeded`` when this actor looked in vain too often within the hour."""
        if actor.party_id is None:
            return
        since, count = self._of(actor.party_id, at)
        if count >= self.most:
            again = since + HOUR
            raise LimitExceeded(
                f"{self.most} things an hour may be looked for in vain; again from "
                f"{again.isoformat()}",
                code="too_many_misses",
                params={"limit": self.most, "again": again.isoformat()},
            )

    def _of(self, party_id: str, at: datetime) -> tuple[datetime, int]:
        since, count = self._counts.get(party_id, (at, 0))
        return (since, count) if at - since < HOUR else (at, 0)
