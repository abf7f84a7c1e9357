"""Emptying columns of rows that are history otherwise: what a person's erasure takes away."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.errors import InvalidInput
from marketplace.store.hand import Hand
from marketplace.store.runner import Runner
from marketplace.store.shelf import Shelf

EMPTY = {"", "{}", "[]", None}
_AT_ONCE = 10_000
# The strongest lock of a row: it meets that of a row which refers to it.
_LOCK = "SELECT id FROM {party} WHERE id = :id FOR UPDATE"


class Erasures:
    """Empties columns inside a unit of work; see ``marketplace.domain.books.ErasureBook``."""

    def __init__(self, runner: Runner, shelf: Shelf, hand: Hand) -> None:
        self._runner = runner
        self._shelf = shelf
        self._hand = hand

    def lock(self, party_id: str) -> None:
        """Wait for whoever seats the party in a deal right now, and keep everybody else waiting."""
        if self._shelf.adapter.row_lock:
            self._runner.about_to_write()
            self._runner.rows(self._shelf.sql(_LOCK), (party_id,))

    def empty(
        self, noun: str, column: str, by: str, owners: Sequence[str], to: str | None = ""
    ) -> None:
        """Empty a column of each row whose field ``by`` is one of these ids."""
        columns = self._shelf.tables.nouns[noun].c
        if to not in EMPTY or column not in columns or by not in columns:
            raise InvalidInput(f"{noun}.{column} is emptied by a field of its own, to nothing")
        self._runner.about_to_write()
        self._runner.settle()
        self._hand.forget_all()
        text = f'UPDATE {{{noun}}} SET "{column}" = :to WHERE {{any:{by}:owners}}'
        statement = self._shelf.sql(text)
        for start in range(0, len(owners), _AT_ONCE):
            some = self._shelf.adapter.array(list(owners[start : start + _AT_ONCE]))
            self._runner.write(statement, statement.fill({"to": to, "owners": some}))
