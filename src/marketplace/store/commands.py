"""The book of commands: what was asked and what came of it, chained by hashes."""

from __future__ import annotations

from attrs import evolve

from marketplace.domain.event import Command
from marketplace.errors import Conflict
from marketplace.store.hand import Hand
from marketplace.store.runner import Ask, Runner
from marketplace.store.shelf import Shelf
from marketplace.store.statement import Statement

_FIND = """
SELECT COLUMNS FROM {command} WHERE actor = :actor AND key = :key AND outcome = 'done'
"""
_HEAD = """
SELECT hash FROM {command} WHERE subject_id = :subject_id ORDER BY number DESC LIMIT 1
"""
_APPEND = "INSERT INTO {command} (COLUMNS, hash) VALUES (MARKS, :hash)"
_ABOUT = "SELECT COLUMNS FROM {command} WHERE subject_id = :subject_id ORDER BY number"
_ALL = """
SELECT COLUMNS, hash, number FROM {command} WHERE number > :after ORDER BY number LIMIT 1000
"""


class Commands:
    """What was asked; see ``marketplace.domain.books.CommandBook``."""

    def __init__(self, runner: Runner, shelf: Shelf, hand: Hand) -> None:
        self._runner = runner
        self._shelf = shelf
        self._hand = hand
        # Looked for in this unit of work, under a lock that lasts to its end: not there.
        self._free: set[tuple[str, str]] = set()
        self._ready = shelf.ready(Command)

    def find(self, actor: str, key: str) -> Command | None:
        """What was done under this key by this actor.

        In a unit of work that writes, another that looks for the same key waits for its end, and
        then finds what it did: two at the same moment are one.
        """
        asks = self._locking(f"{actor} {key}") if self._runner.writable else []
        asks.append((self._sql(_FIND), (actor, key)))
        rows = self._runner.ask_all(asks)[-1]
        if not rows and self._runner.writable:
            self._free.add((actor, key))
        return self._ready.codec.decode(rows[0]) if rows else None

    def forget(self) -> None:
        """A block was undone, and with it the locks that were taken in it."""
        self._free.clear()

    def append(self, command: Command) -> Command:
        """Chain it to the last command on its subject, and write it.

        A command about nothing (a refusal of something unknown) stands alone. Raises
        ``Conflict`` (code ``key_in_use``) when the key was just used elsewhere.
        """
        asks: list[Ask] = []
        keyed = command.key is not None and command.outcome == "done"
        if keyed and (command.actor, command.key) in self._free:
            self._free.discard((command.actor, str(command.key)))
            keyed = False
        if command.subject_id is not None and not self._hand.first_about(command.subject_id):
            # Whoever chains to the same head comes after us, and sees what we wrote.
            asks += self._locking(command.subject_id)
            asks.append((self._shelf.sql(_HEAD), (command.subject_id,)))
        if keyed:
            asks.append((self._sql(_FIND), (command.actor, command.key)))
        self._runner.about_to_write()
        answers = self._runner.ask_all(asks)
        if keyed and answers.pop():
            raise Conflict(
                f"key {command.key!r} was just used by {command.actor}",
                code="key_in_use",
                params={"key": command.key, "actor": command.actor},
            )
        heads = answers[-1] if answers else []
        command = evolve(command, previous_hash=heads[0][0] if heads else "")
        row = (*self._ready.codec.encode(command), command.hash)
        self._runner.send(self._sql(_APPEND), row)
        return command

    def _locking(self, name: str) -> list[Ask]:
        lock = self._shelf.adapter.name_lock
        return [] if lock is None else [(self._shelf.sql(lock), (name,))]

    def about(self, subject_id: str) -> list[Command]:
        """Commands on one subject, in order."""
        rows = self._runner.rows(self._sql(_ABOUT), (subject_id,))
        return [self._ready.codec.decode(row) for row in rows]

    def broken_chains(self) -> list[str]:
        """Sentences, one for every command whose chain does not verify."""
        heads: dict[str, str] = {}
        faults: list[str] = []
        after = 0
        while rows := self._runner.rows(self._sql(_ALL), (after,)):
            after = rows[-1][-1]
            for row in rows:
                command, stored = self._ready.codec.decode(row[:-2]), row[-2]
                if command.hash != stored:
                    faults.append(f"command {command.id} was changed after it was written")
                if command.subject_id is None:
                    continue
                if command.previous_hash != heads.get(command.subject_id, ""):
                    faults.append(
                        f"command {command.id} does not follow the one before it"
                        f" on {command.subject_id}"
                    )
                heads[command.subject_id] = stored
        return faults

    def _sql(self, text: str) -> Statement:
        marks = ", ".join(f":{column}" for column in self._ready.codec.columns)
        return self._shelf.sql(text.replace("COLUMNS", self._ready.columns).replace("MARKS", marks))
