"""What a store has seen committed and will never change: it is asked for once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from marketplace.store.hand import Key
from marketplace.store.runner import Row
from marketplace.store.shelf import Shelf

MOST_KNOWN = 100_000
"""Accounts that are remembered; beyond it all are asked for anew."""

MOST_FIXED = 5_000
"""Rows that are remembered, some kilobytes each; beyond it all are read anew."""


@define(eq=False)
class Known:
    """Accounts that are there, and rows that stay as they are."""

    accounts: set[str] = field(factory=set)
    """Ids of accounts."""
    rows: dict[tuple[type[Any], Key], Row] = field(factory=dict)
    """Rows of tables that are ``fixed``, by their class and key."""
    owners: set[tuple[type[Any], str]] = field(factory=set)
    """By class, what some of these rows belong to."""

    def learn(
        self, shelf: Shelf, accounts: set[str], rows: Mapping[tuple[type[Any], Key], Row]
    ) -> None:
        """Add what a unit of work met, now that it ended well."""
        if len(self.accounts) > MOST_KNOWN:
            self.accounts.clear()
        self.accounts |= accounts
        if len(self.rows) > MOST_FIXED:
            self.rows.clear()
            self.owners.clear()
        self.rows.update(rows)
        for (cls, _), row in rows.items():
            ready = shelf.ready[cls]
            if ready.kind.part_of is not None:
                self.owners.add((cls, row[ready.places[ready.kind.part_of]]))
