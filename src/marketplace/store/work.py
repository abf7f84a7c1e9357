"""The unit of work: values and books over one transaction of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

import sqlalchemy as sa

from marketplace.domain.books import (
    ClaimBook,
    CommandBook,
    ErasureBook,
    EventBook,
    IntentBook,
    LedgerBook,
    TimerBook,
)
from marketplace.domain.event import Event
from marketplace.domain.ports import Condition
from marketplace.domain.search import Entry, SearchBook
from marketplace.errors import InvalidInput, NotFound, StaleVersion
from marketplace.store.claims import Claims
from marketplace.store.commands import Commands
from marketplace.store.erasing import Erasures
from marketplace.store.events import Events
from marketplace.store.hand import Hand, Key, Left
from marketplace.store.intents import Intents
from marketplace.store.known import Known
from marketplace.store.ledger import Ledger
from marketplace.store.runner import Row, Runner
from marketplace.store.search import SearchIndex
from marketplace.store.shelf import MAPPINGS, Ready, Shelf, raised
from marketplace.store.statement import Statement
from marketplace.store.timers import Timers

T = TypeVar("T")

MOST_GATHERED = 10_000
"""Rows that are gathered at once; of more, none are kept in hand."""

Before = tuple[list[Event], int, dict[str, Entry | None]]
"""What waited for the end of a unit of work when a block inside it began: events, acts, and what
is to be indexed."""


class StoredWork:
    """An open unit of work; see ``marketplace.domain.ports.Work``."""

    def __init__(
        self,
        shelf: Shelf,
        connection: sa.Connection,
        runner: Runner,
        known: Known,
        calendars: frozenset[str] = frozenset(),
        *,
        own: bool = True,
    ) -> None:
        self._shelf = shelf
        self._connection = connection
        self._own = own
        self.runner = runner
        self._hand = Hand(runner, shelf)
        # What is only read may be changed by others between two reads.
        self.runner.hand = self._hand if runner.writable else None
        # Where only one writes at a time, what the writer has read nobody else can change.
        self._alone = runner.writable and not shelf.adapter.row_lock
        self.dialect = shelf.adapter.name
        self.tables = shelf.tables
        self.names = shelf.names
        self._ledger = Ledger(runner, shelf, known.accounts)
        self._fixed = known.rows
        self._owners = known.owners
        self._unchanging: dict[tuple[type[Any], Key], Row] = {}
        self._events = Events(runner, shelf)
        self.ledger: LedgerBook = self._ledger
        self._search = SearchIndex(runner, shelf, calendars)
        self.search: SearchBook = self._search
        self.claims: ClaimBook = Claims(runner, shelf, self._search.touch)
        self.timers: TimerBook = Timers(runner, shelf, self._hand)
        self.intents: IntentBook = Intents(runner, shelf)
        self.events: EventBook = self._events
        self.erasures: ErasureBook = Erasures(runner, shelf, self._hand)
        self._commands = Commands(runner, shelf, self._hand)
        self.commands: CommandBook = self._commands
        self.acts: list[Callable[[], None]] = []
        self._last_acts: dict[Callable[[], None], None] = {}
        # Kinds of which something is gathered that is yet to come.
        self._awaited: set[type[Any]] = set()
        # Whether a plugin has the connection, and may change any row at any time.
        self._lent = False

    @property
    def connection(self) -> sa.Connection:
        """The connection itself; whatever a plugin writes on it is undone with the block."""
        if self.runner.writable:
            self.runner.about_to_write()
            self.runner.lend()
            self._forget()
            self._lent = True
        elif self._own and self._shelf.adapter.only_read is not None:
            self._shelf.adapter.only_read(self._connection)
        return self._connection

    def add(self, *values: Any) -> None:
        """Insert values; many of one class in one statement.

        Raises ``Conflict`` when one is there already, ``NotFound`` when one refers to what is not.
        """
        groups: dict[type[Any], list[Any]] = {}
        for value in values:
            groups.setdefault(type(value), []).append(value)
        for cls, group in groups.items():
            ready = self._writable(cls)
            encode = ready.codec.encode
            rows = [encode(value) for value in group]
            self.runner.about_to_write()
            if ready.kind.behind:
                self._hand.insert(ready, rows)
            else:
                self.runner.send_many(ready.insert, rows)
            self._hand.made(ready, rows, sure=self._alone)
            self._keep(ready, rows)

    def _keep(self, ready: Ready, rows: Iterable[Row]) -> None:
        """What stays as it is need not be read again, once this has ended well."""
        if ready.kind.fixed:
            self._unchanging.update({(ready.kind.cls, ready.key_of(row)): row for row in rows})

    def _kept(self, ready: Ready, equal: Mapping[str, Any]) -> Row | None:
        """The row of this key, if it stays as it is and was read or made before."""
        if equal.keys() != set(ready.kind.key):
            return None
        named = tuple(equal[name] for name in ready.kind.key)
        if any(type(one) not in (str, int) for one in named):
            return None
        key = ready.kind.cls, named[0] if len(named) == 1 else named
        return self._unchanging.get(key) or self._fixed.get(key)

    def get(self, kind: type[T], id: str) -> T:
        """The value with this id; raises ``NotFound``, and ``InvalidInput`` for what is no id.

        In a unit of work that writes, what commands change is locked until its end.
        """
        if not isinstance(id, str):
            raise InvalidInput(f"an id is a text, not {id!r:.80}")
        ready = self._expected(kind)
        statement = (self.runner.writable and ready.lock) or ready.get
        if statement is None:
            keys = ", ".join(ready.kind.key)
            raise InvalidInput(f"a {ready.kind.noun} has no id; find it by {keys}")
        if self.runner.writable and (row := self._hand.get(ready, id)) is not None:
            self.runner.refuse_if_broken()
            return self._hand.values(ready, (row,))[0]  # type: ignore[no-any-return]
        row = self._fixed.get((kind, id)) or self.runner.row(statement, (id,))
        if row is None:
            raise NotFound(f"no {ready.kind.noun} {id!r}")
        self._keep(ready, [row])
        if self._alone or statement is ready.lock:
            self._hand.hold(ready, [row])
            return self._hand.values(ready, (row,))[0]  # type: ignore[no-any-return]
        return ready.codec.decode(row)  # type: ignore[no-any-return]

    def find(self, kind: type[T], **equal: Any) -> T | None:
        """The one value whose fields equal these, or None; raises ``InvalidInput`` for two."""
        ready = self._shelf.ready[kind]
        if ready.kind.fixed and (row := self._kept(ready, equal)) is not None:
            self.runner.refuse_if_broken()
            if self.runner.writable:
                return self._hand.values(ready, (row,))[0]  # type: ignore[no-any-return]
            return ready.codec.decode(row)  # type: ignore[no-any-return]
        found = self.select(kind, equal, limit=2, order=ready.kind.key[0])
        if len(found) > 1:
            raise InvalidInput(f"several are found by {', '.join(equal)}; select them instead")
        return found[0] if found else None

    def select(
        self,
        kind: type[T],
        where: Mapping[str, Any] | Iterable[Condition] = (),
        *,
        order: str = "id",
        descending: bool = False,
        after: Any = None,
        limit: int = 100,
        lock: bool = False,
    ) -> list[T]:
        """Values by conditions; a mapping means equality, a sequence in it means any of.

        ``after`` is a value of the ordering field, or the last value of the page before, which
        also tells ties apart. ``lock`` locks the rows until the end of the unit of work: with
        ``order="id"`` in ascending order, so that two who lock several never lock each other.
        """
        ready = self._expected(kind)
        if lock:
            self.runner.about_to_write()
        if order not in ready.places:
            if order != "id":
                raise InvalidInput(f"a {ready.kind.noun} cannot be ordered by {order!r}")
            order = ready.kind.key[0]
        if self.runner.writable and after is None and isinstance(where, MAPPINGS):
            known = self._hand.select(ready, where, order, descending=descending, limit=limit)
            if known is not None and (not lock or self._hand.holds_all(ready, known)):
                self.runner.refuse_if_broken()
                return self._hand.values(ready, known)
        clause, values = self._shelf.conditions(ready, where)
        beyond = self._shelf.beyond(ready, order, descending, after, values)
        statement = self._shelf.listing(
            ready, clause, order, descending=descending, after=beyond, lock=lock
        )
        rows = self.runner.rows(statement, (*values, limit))
        if ready.kind.fixed:
            self._keep(ready, rows)
        if self._met(ready, rows, lock):
            whole = self._alone and after is None and len(rows) < limit
            if whole and isinstance(where, MAPPINGS):
                self._hand.all_of(ready, where)
            return self._hand.values(ready, rows)
        return [ready.codec.decode(row) for row in rows]

    def _met(self, ready: Ready, rows: Sequence[Row], lock: bool) -> bool:
        """Keep in hand what was read, if nobody else can change it before this ends; says so."""
        kept = lock or (self._alone and len(rows) < MOST_GATHERED)
        if kept:
            self._hand.hold(ready, rows)
        return kept

    def gather(
        self, kind: type[Any], field: str, owners: Iterable[str], *, lock: bool = False
    ) -> None:
        """Read what belongs to several at once, and have it in hand until the unit ends.

        ``field`` is the kind's ``part_of``, or ``id``. It is read at the latest when it is looked
        for, and with the next question, if one comes before. What is read by it afterwards is what
        was read then: so gather what nobody else changes meanwhile, or what need be no newer. Of
        what never changes nothing is read anew where some of it is remembered.
        """
        ready = self._expected(kind)
        if not self.runner.writable:
            return
        missing = self._hand.missing(ready, field, owners)
        if ready.kind.fixed:
            # Most likely the one that is looked for is one of those that are remembered.
            missing = [one for one in missing if (kind, one) not in self._owners]
        if not missing or (self._alone and field == "id" and len(missing) == 1):
            return  # What answers at once is asked for one when it is looked for.
        clause, values = self._shelf.conditions(ready, {field: missing})
        order = ready.kind.key[0]
        statement = self._shelf.listing(ready, clause, order, descending=False, after="", lock=lock)

        def arrived(rows: list[Row]) -> None:
            self._awaited.discard(kind)
            if len(rows) == MOST_GATHERED:
                return
            self._hand.note(ready, rows)
            self._met(ready, rows, lock)
            if field != "id":
                self._hand.whole(ready, missing)

        self._awaited.add(kind)
        self.runner.soon(statement, (*values, MOST_GATHERED), arrived)

    def _expected(self, kind: type[Any]) -> Ready:
        """How the kind is kept; what was gathered of it is in hand by now."""
        if self._awaited and kind in self._awaited:
            self.runner.arrive()
        return self._shelf.ready[kind]

    def save(self, value: T) -> T:
        """Write a changed value; gives it back with its version raised by one.

        Raises ``StaleVersion`` when the stored version is not the value's, ``NotFound`` when
        there is none to change.
        """
        ready = self._writable(type(value))
        if not ready.kind.versioned:
            raise InvalidInput(f"a {ready.kind.noun} has no version; put it instead")
        row, places = ready.codec.encode(value), ready.places
        id, version = row[places["id"]], row[places["version"]]
        raised_row = (*row[: places["version"]], version + 1, *row[places["version"] + 1 :])
        # Locked since it was read here: nobody can have changed it.
        held = self._hand.holds(ready, id) == version
        if held and ready.kind.behind:
            self.runner.about_to_write()
            self._hand.update(ready, raised_row, version)
        else:
            stored = self._hand.stored(ready, id, version)
            change = self._shelf.change(ready, [(raised_row, stored)])
            filled = change.fill((*raised_row, version))
            if held:
                self.runner.send(change.statement, filled)
            elif self.runner.write(change.statement, filled) == 0:
                self._refuse_stale(ready, id, version)
        self._hand.hold(ready, [raised_row])
        return raised(value)  # type: ignore[no-any-return]

    def _refuse_stale(self, ready: Ready, id: str, version: int) -> NoReturn:
        noun = ready.kind.noun
        if not self.select(ready.kind.cls, {"id": id}, limit=1):
            raise NotFound(f"no {noun} {id!r} to save", params={"kind": noun})
        raise StaleVersion(
            f"{noun} {id!r} changed since version {version} was read",
            params={"kind": noun, "id": id, "version": version},
        )

    def put(self, value: Any) -> None:
        """Insert, or replace what has the same primary key (values without a version)."""
        ready = self._writable(type(value))
        if ready.kind.versioned:
            raise InvalidInput(f"a {ready.kind.noun} has a version; add it or save it instead")
        self.runner.send(ready.put, ready.codec.encode(value))

    def remove(self, kind: type[Any], **equal: Any) -> int:
        """Delete rows of a table that keeps no history; gives how many."""
        ready = self._writable(kind)
        if not ready.kind.removable:
            raise InvalidInput(f"a {ready.kind.noun} is history and stays")
        if not equal:
            raise InvalidInput("say which are to be removed")
        clause, values = self._shelf.conditions(ready, equal)
        text = f"DELETE FROM {self.tables.name(ready.kind.noun)}{clause}"
        noun = ready.kind.noun
        return self.runner.write(Statement(text, (), None, noun), values)

    def after_commit(self, act: Callable[[], None]) -> None:
        """Call this once the outermost unit of work is committed; never if it is undone."""
        self.acts.append(act)

    def after_all(self, act: Callable[[], None]) -> None:
        """Call this once, behind all of these, however often it is asked for."""
        self._last_acts[act] = None

    def committed(self) -> list[Callable[[], None]]:
        """What is to be done by now, in order."""
        return [*self.acts, *self._last_acts]

    def enter(self) -> Before:
        """Begin an inner block; gives what ``leave`` or ``undo`` wants back."""
        self.runner.enter()
        return list(self._events.waiting), len(self.acts), dict(self._search.waiting)

    def leave(self, before: Before) -> None:
        """End an inner block well."""
        try:
            self.runner.settle()
            if self._lent:
                self._forget()
            self.runner.leave()
        except BaseException:
            self.undo(before)
            raise

    def undo(self, before: Before) -> None:
        """Undo an inner block, also what it left to be written at the end."""
        if self.runner.undo():
            self._hand.drop()
        self._forget()
        self._events.waiting = before[0]
        del self.acts[before[1] :]
        self._search.waiting = before[2]
        # Some of these may just have been undone; the others are met again.
        self._unchanging.clear()

    def _forget(self) -> None:
        """Nothing is known any more of what is there: it may be another by now."""
        self._hand.forget_all()
        self._ledger.forget()
        self._commands.forget()

    def go_on_from(self, left: Left) -> None:
        """Begin with what the last one to write left, since when nobody has changed anything."""
        self._hand.go_on_from(left)
        self._commands.heads = left.heads

    def left(self) -> Left | None:
        """What whoever writes next need not read; None where more may have changed than is known
        here, or it is too much."""
        return None if self._lent else self._hand.left(self._commands.heads)

    def teach(self, known: Known) -> None:
        """Add what is there for good, now that this ended well."""
        known.learn(self._shelf, self._ledger.made, self._unchanging)

    def flush(self) -> None:
        """Write what waits for the end of the unit of work."""
        self._search.flush()
        self._hand.flush()
        self._events.flush()

    def _writable(self, cls: type[Any]) -> Ready:
        ready = self._expected(cls)
        if ready.kind.book is not None:
            raise InvalidInput(f"a {ready.kind.noun} is written by work.{ready.kind.book} alone")
        return ready
