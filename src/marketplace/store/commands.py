"""The book of commands: what was asked and what came of it, chained by hashes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from marketplace.domain.event import ERASED, Command
from marketplace.domain.evolving import evolve
from marketplace.domain.hashing import digest
from marketplace.errors import Conflict
from marketplace.store.hand import Hand
from marketplace.store.json_text import from_json, to_json
from marketplace.store.runner import Ask, Row, Runner
from marketplace.store.shelf import Shelf
from marketplace.store.statement import Statement

_FIND = """
SELECT COLUMNS FROM {command} WHERE actor = :actor AND key = :key AND outcome = 'done'
"""
_HEAD = """
SELECT hash FROM {command} WHERE subject_id = :subject_id ORDER BY number DESC LIMIT 1
"""
_APPEND = "INSERT INTO {command} (COLUMNS, hash) VALUES (MARKS, :hash)"
# What ``_APPEND`` does where the database makes the hash (see ``Command.hash``), so that nobody
# need ask for the last one first. Fenced, or that is looked up in each place that names it.
_CHAIN = """
INSERT INTO {command} (COLUMNS, hash) SELECT MARKS, HASH
FROM (SELECT coalesce((HEAD), '') AS hash OFFSET 0) AS last
"""
_ABOUT = "SELECT COLUMNS, hash FROM {command} WHERE subject_id = :subject_id ORDER BY number"
_TOLD_OF = """
SELECT id, COLUMNS, hash FROM {command}
WHERE (answer IS NOT NULL OR reason IS NOT NULL)
AND (actor = :party_id OR on_behalf_of = :party_id OR {any:subject_id:subjects}
  OR answer LIKE :like OR reason LIKE :like)
"""
_ERASURE = "SELECT hash, rest_hash FROM {erasure} WHERE command_id = :command_id"
_KEEP = """
INSERT INTO {erasure} (command_id, party_id, at, hash, rest_hash)
VALUES (:command_id, :party_id, :at, :hash, :rest_hash)
"""
_ERASE = "UPDATE {command} SET answer = :answer, reason = :reason WHERE id = :id"
_ERASED_REASON = to_json({"code": "erased", "error": "NotFound", "message": "", "params": {}})
_ERASED_TOLD = digest([ERASED, from_json(_ERASED_REASON)])
_AT_ONCE = 10_000
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
        self.heads: dict[str, str] = {}
        """By subject, the hash of its last command, while nobody else can add one."""
        self._alone = runner.writable and shelf.adapter.name_lock is None
        self._sha256 = shelf.adapter.sha256
        self._ready = shelf.ready[Command]

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
        """Something was undone, and with it the locks that were taken in it, or changed by hand."""
        self._free.clear()
        self.heads.clear()

    def append(self, command: Command) -> None:
        """Chain it to the last command on its subject, and write it.

        A command about nothing (a refusal of something unknown) stands alone. Raises
        ``Conflict`` (code ``key_in_use``) when the key was just used elsewhere.
        """
        asks: list[Ask] = []
        keyed = command.key is not None and command.outcome == "done"
        if keyed and (command.actor, command.key) in self._free:
            self._free.discard((command.actor, str(command.key)))
            keyed = False
        subject = command.subject_id
        head = "" if subject is None else self.heads.get(subject)
        if subject is not None and self._hand.first_about(subject):
            head = ""
        # Whoever chains to the same head comes after us, and sees what we wrote.
        locking = self._locking(str(subject)) if head is None else []
        asking = head is None and self._sha256 is None
        if asking:
            asks += [*locking, (self._shelf.sql(_HEAD), (subject,))]
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
        if asking:
            head = answers[-1][0][0] if answers[-1] else ""
        command = evolve(command, previous_hash=head or "", told_hash=command.told)
        row = self._ready.codec.encode(command)
        if head is None:
            for statement, name in locking:
                self._runner.send(statement, name)
            before, behind = command.around_previous
            values = dict(zip(self._ready.codec.columns, row, strict=True))
            values |= {"before": before, "behind": behind}
            chaining = _chaining(self._shelf)
            self._runner.send(chaining, chaining.fill(values))
            return
        row = (*row, command.hash)
        if subject is not None:
            self.heads[subject] = row[-1]
        self._runner.send(self._sql(_APPEND), row)

    def _locking(self, name: str) -> list[Ask]:
        lock = self._shelf.adapter.name_lock
        return [] if lock is None else [(self._shelf.sql(lock), (name,))]

    def about(self, subject_id: str) -> list[Command]:
        """Commands on one subject, in order."""
        rows = self._runner.rows(self._sql(_ABOUT), (subject_id,))
        if self._alone:
            self.heads[subject_id] = rows[-1][-1] if rows else ""
        return [self._ready.codec.decode(row[:-1]) for row in rows]

    def broken_chains(self) -> list[str]:
        """Sentences, one for every command whose chain does not verify."""
        heads: dict[str, str] = {}
        faults: list[str] = []
        after = 0
        while rows := self._runner.rows(self._sql(_ALL), (after,)):
            after = rows[-1][-1]
            for row in rows:
                command, stored = self._ready.codec.decode(row[:-2]), row[-2]
                if not self._holds(command, stored):
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

    def _holds(self, command: Command, stored: str) -> bool:
        """Whether a command is as it was written, or as its erasure left it."""
        if command.hash == stored and command.told_hash in ("", command.told):
            return True
        if not command.told_hash and evolve(command, told_hash=command.told).hash == stored:
            return True  # Its tables went back to the first version and came again.
        if command.told != _ERASED_TOLD:
            return False
        rows = self._runner.rows(self._shelf.sql(_ERASURE), (command.id,))
        return any(row == (stored, digest(command.rest)) for row in map(tuple, rows))

    def erase(self, party_id: str, subjects: Sequence[str], at: datetime) -> int:
        """Erase what commands of a party, on these subjects, or about it answered; gives how many.

        The chain stays: what a command rests on is kept beside it, and everything else it says.
        """
        self._runner.about_to_write()
        found: dict[str, Row] = {}
        for start in range(0, max(len(subjects), 1), _AT_ONCE):
            some = self._shelf.adapter.array(list(subjects[start : start + _AT_ONCE]))
            values = {"party_id": party_id, "like": f"%{party_id}%", "subjects": some}
            statement = self._sql(_TOLD_OF)
            for row in self._runner.rows(statement, statement.fill(values)):
                found[row[0]] = row
        put = self._shelf.adapter.put_moment(at)
        for row in found.values():
            command, stored = self._ready.codec.decode(row[1:-1]), row[-1]
            if command.told == _ERASED_TOLD:
                continue
            kept = (command.id, party_id, put, stored, digest(command.rest))
            self._runner.write(self._shelf.sql(_KEEP), kept)
            self._runner.write(self._shelf.sql(_ERASE), (ERASED, _ERASED_REASON, command.id))
        return len(found)

    def _sql(self, text: str) -> Statement:
        return _statement(self._shelf, text)


@cache
def _statement(shelf: Shelf, text: str) -> Statement:
    """The statement of a text about commands, put together once."""
    ready = shelf.ready[Command]
    marks = ", ".join(f":{column}" for column in ready.codec.columns)
    return shelf.sql(text.replace("COLUMNS", ready.columns).replace("MARKS", marks))


@cache
def _chaining(shelf: Shelf) -> Statement:
    """``_CHAIN`` with what the hash is made of."""
    sha256 = shelf.adapter.sha256
    assert sha256 is not None
    rest = sha256.format(text=":before || last.hash || :behind")
    text = _CHAIN.replace("HASH", sha256.format(text=f"last.hash || chr(10) || {rest}"))
    columns = shelf.ready[Command].codec.columns
    marks = ["last.hash" if one == "previous_hash" else f":{one}" for one in columns]
    return _statement(shelf, text.replace("HEAD", _HEAD).replace("MARKS", ", ".join(marks)))
