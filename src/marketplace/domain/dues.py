"""Dues: what a customer still owes of one deal, and whose earnings wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.money import split


@frozen
class Dues:
    """What could not be taken of one purse of one deal, until it is paid or written off.

    Together a customer's dues are what stands in its receivable. They are paid in the order in
    which they were made.
    """

    id: str
    party_id: str
    """Who owes it."""
    transaction_id: str
    purse: str
    home: str
    """The owner of the purse's escrow, under which its journals stand."""
    currency: str
    amount: int
    """What was owed at first, in minor units."""
    left: int
    """What is still owed."""
    created_at: datetime
    guaranteed: bool = True
    """Whether the marketplace pays the others all the same, and bears what never comes."""
    awaited: Mapping[str, int] = field(factory=dict)
    """By party: its earnings that wait until ``left`` is paid. Never more than that together."""
    version: int = 1

    def freed_by(self, part: int) -> dict[str, int]:
        """What each party's waiting earnings fall by when ``part`` of what is left ends.

        In proportion, to the minor unit; with the last part nothing waits any more.
        """
        waiting = {party: amount for party, amount in sorted(self.awaited.items()) if amount}
        rest = self.left - sum(waiting.values())
        parts = split(part, [*waiting.values(), rest]) if self.left else []
        return {party: freed for party, freed in zip(waiting, parts, strict=False) if freed}
