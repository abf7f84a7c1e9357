"""What a unit of work has in hand: rows that need not be read, and rows yet to be written.

Read again in the unit of work that made a row, or locked it, the row could only be the same: so it
is not asked for. Nor is every change written at once: the rows of a table wait until it is read, or
a row of another names one of them, or their block ends; then all go in one statement, and a row
that was made and changed meanwhile goes once.

Where only one writes at a time, the next to write goes on with what the last one had in hand,
unless anybody else has changed anything in between: the database tells.

What is in hand is the row as it is sent, and read as any row is: so a value that was kept here and
one that came from the database are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol

from attrs import define

from marketplace.store.kinds import KINDS
from marketplace.store.runner import Row, Runner
from marketplace.store.shelf import SEVERAL, Ready, Shelf

MOST_LEFT = 2_000
"""Rows, and whom all rows are known of, that one unit of work leaves for the next; beyond it, it
leaves none."""

Key = Any
"""What is in the column of a primary key; a tuple where there are several."""


class Waiting(Protocol):
    """A book whose rows wait as well."""

    def flush(self) -> None:
        """Write what waits."""
        ...

    def drop(self) -> None:
        """What waits is undone."""
        ...


_CLASSES = {kind.noun: kind.cls for kind in KINDS}
_PARTS = {noun: [kind.cls for kind in KINDS if kind.part_of == f"{noun}_id"] for noun in _CLASSES}
"""By table: whose rows name one of its rows as what they belong to."""
_BEHIND = [kind.cls for kind in KINDS if kind.behind]


@define(eq=False)
class Left:
    """What a unit of work knew at its end of the rows that are there."""

    rows: dict[type[Any], dict[Key, Row]]
    parts: dict[type[Any], dict[Any, dict[Key, None]]]
    whole: dict[type[Any], set[Any]]
    held: dict[type[Any], dict[str, int]]
    heads: dict[str, str]
    """By subject, the hash of its last command."""


@define(eq=False)
class _Changed:
    """A row that is yet to be written over another."""

    row: Row
    version: int
    """The version of the row that is there."""
    stored: Row | None
    """That row, where it is known."""


class Hand:
    """Rows of one unit of work; ``delayed`` names the tables of which some wait."""

    def __init__(self, runner: Runner, shelf: Shelf) -> None:
        self._runner = runner
        self._shelf = shelf
        self.also: list[Waiting] = []
        self.delayed: set[str] = set()
        self._rows: dict[type[Any], dict[Key, Row]] = {}
        # By the identity of a row, which is kept with it so that it stays the only one of its
        # number: what was read of it, which is the same each time.
        self._values: dict[int, tuple[Row, Any]] = {}
        # By class and by what they belong to: the keys of the rows in hand, and of which all are.
        self._parts: dict[type[Any], dict[Any, dict[Key, None]]] = {}
        self._whole: dict[type[Any], set[Any]] = {}
        # What waits to be written: new rows, and those that are there already.
        self._made: dict[type[Any], dict[Key, Row]] = {}
        self._changed: dict[type[Any], dict[Key, _Changed]] = {}
        # Versions of what this unit of work has locked or made, and nobody else can change.
        self._held: dict[type[Any], dict[str, int]] = {}

        # Ids that were made here: what they name has no history yet.
        self._new: set[str] = set()

    # -- what need not be read ---------------------------------------------------------------

    def note(self, ready: Ready, rows: Iterable[Row]) -> None:
        """These rows are so, and stay so until this unit of work changes them."""
        kind, key_of = ready.kind, ready.key_of
        mine = self._rows.setdefault(kind.cls, {})
        if kind.part_of is None:
            for row in rows:
                mine[key_of(row)] = row
            return
        place, parts = ready.places[kind.part_of], self._parts.setdefault(kind.cls, {})
        for row in rows:
            key = key_of(row)
            before = mine.get(key)
            if before is not None and before[place] != row[place]:
                parts[before[place]].pop(key, None)
            mine[key] = row
            parts.setdefault(row[place], {})[key] = None

    def values(self, ready: Ready, rows: Iterable[Row]) -> list[Any]:
        """The values of rows that are in hand: each read once, however often it is asked for.

        All who ask get the same one, so nobody changes what is inside it in place.
        """
        known, found = self._values, []
        for row in rows:
            one = known.get(id(row))
            if one is None:
                one = known[id(row)] = row, ready.codec.decode(row)
            found.append(one[1])
        return found

    def hold(self, ready: Ready, rows: Sequence[Row], *, kept: bool = True) -> None:
        """These rows are locked, or new: nobody else can change them.

        Unless they are ``kept`` they are read anew: it is only known which version they have.
        """
        if kept:
            self.note(ready, rows)
        if ready.kind.versioned:
            version, key_of = ready.places["version"], ready.key_of
            held = self._held.setdefault(ready.kind.cls, {})
            for row in rows:
                held[key_of(row)] = row[version]

    def holds(self, ready: Ready, id: str) -> int | None:
        """The version in which a row is held; None if others may change it."""
        return self._held.get(ready.kind.cls, _NOTHING).get(id)

    def holds_all(self, ready: Ready, rows: Iterable[Row]) -> bool:
        """Whether nobody else can change any of these rows."""
        held, key_of = self._held.get(ready.kind.cls, _NOTHING), ready.key_of
        return all(key_of(row) in held for row in rows)

    def whole(self, ready: Ready, owners: Iterable[Any]) -> None:
        """All rows of a class that belong to these are in hand, however few they are."""
        self._whole.setdefault(ready.kind.cls, set()).update(owners)

    def all_of(self, ready: Ready, where: Mapping[str, Any]) -> None:
        """What was just read and held by these conditions is all there is by them."""
        field = ready.kind.part_of
        if field is not None and where.keys() == {field}:
            self.whole(ready, _several(where[field]))

    def made(self, ready: Ready, rows: Sequence[Row], *, sure: bool) -> None:
        """These rows are new: what belongs to them was made here as well."""
        # What was sent alone may yet be refused, unless it is ``sure``: whoever reads it is told.
        self.hold(ready, rows, kept=sure or ready.kind.behind or ready.kind.part_of is not None)
        if not ready.has_id:
            return
        ids = [ready.key_of(row) for row in rows]
        self._new.update(ids)
        for cls in _PARTS[ready.kind.noun]:
            self._whole.setdefault(cls, set()).update(ids)

    def missing(self, ready: Ready, field: str, wanted: Iterable[Any]) -> list[Any]:
        """Of these owners, or ids, those whose rows are not in hand."""
        if field == "id":
            mine = self._rows.get(ready.kind.cls, {})
            return sorted({one for one in wanted if one not in mine})
        return sorted(set(wanted) - self._whole.get(ready.kind.cls, set()))

    def first_about(self, id: str) -> bool:
        """Whether it was made in this unit of work, and nothing was noted about it before."""
        if id in self._new:
            self._new.discard(id)
            return True
        return False

    def get(self, ready: Ready, id: str) -> Row | None:
        """The row of this id, if it is in hand as it is read there: locked, if it is to be."""
        if ready.lock is not None and self.holds(ready, id) is None:
            return None
        return self._rows.get(ready.kind.cls, _NOTHING).get(id)

    def select(
        self, ready: Ready, where: Mapping[str, Any], order: str, *, descending: bool, limit: int
    ) -> list[Row] | None:
        """The rows that a SELECT would give; None when others may be in the database."""
        by: str | None = ready.kind.part_of
        if by is not None and by in where:
            rows = self._belonging(ready, where[by])
        elif ready.has_id and "id" in where:
            by, rows = "id", self._named(ready, where["id"])
        else:
            return None
        if rows is None:
            return None
        if len(where) > 1:
            if not ready.places.keys() >= where.keys():
                return None
            rows = _narrowed(ready, rows, {one: where[one] for one in where if one != by})
        if len(rows) > 1:
            _sort(ready, rows, order, descending)
        return rows[:limit]

    def _belonging(self, ready: Ready, owners: Any) -> list[Row] | None:
        """All rows that belong to these; None when others may be in the database."""
        cls = ready.kind.cls
        mine: Mapping[Key, Row] = self._rows.get(cls, _NOTHING)
        whole, parts = self._whole.get(cls, _NOTHING), self._parts.get(cls, _NOTHING)
        if type(owners) is str:
            return [mine[key] for key in parts.get(owners, ())] if owners in whole else None
        several = _several(owners)
        if not all(one in whole for one in several):
            return None
        return [mine[key] for one in several for key in parts.get(one, ())]

    def _named(self, ready: Ready, ids: Any) -> list[Row] | None:
        """The rows of these ids; None when one of them may be in the database."""
        mine: Mapping[Key, Row] = self._rows.get(ready.kind.cls, _NOTHING)
        found = [mine.get(one) for one in _several(ids)]
        rows = [row for row in found if row is not None]
        return rows if rows and len(rows) == len(found) else None

    def forget(self, noun: str) -> None:
        """Somebody changes rows of this table where they are."""
        cls = _CLASSES.get(noun, object)
        for one in (self._rows, self._parts, self._whole, self._held):
            one.pop(cls, None)

    def forget_all(self) -> None:
        """Nothing is known any more of what is there."""
        for one in (self._rows, self._parts, self._whole, self._held):
            one.clear()
        self._values.clear()
        self._new.clear()

    def left(self, heads: dict[str, str]) -> Left | None:
        """What whoever writes next need not read, if nobody else has written until then; None
        where it is too much to be kept."""
        known = sum(map(len, (*self._rows.values(), *self._whole.values())))
        if known + len(heads) > MOST_LEFT:
            return None
        return Left(self._rows, self._parts, self._whole, self._held, heads)

    def go_on_from(self, left: Left) -> None:
        """Begin with it. The values of its rows are read anew, as from the database: a plugin
        may have changed in place what is inside them."""
        self._rows, self._parts = left.rows, left.parts
        self._whole, self._held = left.whole, left.held

    # -- what is yet to be written -----------------------------------------------------------

    def insert(self, ready: Ready, rows: Sequence[Row]) -> None:
        """Have new rows written later; one that is there already is refused at once."""
        self._runner.refuse_if_broken()
        there = self._rows.get(ready.kind.cls, _NOTHING)
        keyed = dict(zip(map(ready.key_of, rows), rows, strict=True))
        if len(keyed) < len(rows) or not keyed.keys().isdisjoint(there):
            self.flush()
            self._runner.send_many(ready.insert, rows)
            return
        self._made.setdefault(ready.kind.cls, {}).update(keyed)
        self.delayed.add(ready.kind.noun)

    def stored(self, ready: Ready, id: str, version: int) -> Row | None:
        """The row of this version as it was read or written here; None if it is not in hand."""
        row: Row | None = self._rows.get(ready.kind.cls, _NOTHING).get(id)
        return row if row is not None and row[ready.places["version"]] == version else None

    def update(self, ready: Ready, row: Row, version: int) -> None:
        """Have a changed row written later, whose ``version`` is there (or waits)."""
        self._runner.refuse_if_broken()
        cls, key = ready.kind.cls, ready.key_of(row)
        changed = self._changed.setdefault(cls, {})
        if key in self._made.get(cls, _NOTHING):
            self._made[cls][key] = row
        elif key in changed:
            changed[key].row = row
        else:
            changed[key] = _Changed(row, version, self.stored(ready, key, version))
        self.delayed.add(ready.kind.noun)

    def flush(self) -> None:
        """Write what waits: new rows before changed ones, and those before what names them."""
        made, self._made = self._made, {}
        changed, self._changed = self._changed, {}
        self.delayed.clear()
        for cls in _BEHIND:
            if cls in made:
                rows = list(made[cls].values())
                self._runner.write_waiting(self._shelf.ready[cls].insert, rows)
            if changed.get(cls):
                self._write_over(self._shelf.ready[cls], changed[cls].values())
        for book in self.also:
            book.flush()

    def _write_over(self, ready: Ready, changed: Iterable[_Changed]) -> None:
        pairs, versioned = [], []
        for one in changed:
            pairs.append((one.row, one.stored))
            versioned.append((*one.row, one.version))
        change = self._shelf.change(ready, pairs)
        filled = list(map(change.fill, versioned))
        self._runner.write_waiting(change.statement, filled, changed=len(filled))

    def let_go(self) -> None:
        """All is over. What names each other would stay until Python looks for such things, which
        takes the longer the more there is: so nobody names anybody any more."""
        self.also.clear()

    def drop(self) -> None:
        """What waits is undone with its block."""
        self._made.clear()
        self._changed.clear()
        self.delayed.clear()
        for book in self.also:
            book.drop()


_NOTHING: Mapping[Any, Any] = {}


def _narrowed(ready: Ready, rows: list[Row], where: Mapping[str, Any]) -> list[Row]:
    """Of these rows those that fulfil all conditions."""
    for field, value in where.items():
        if not rows:
            break
        at = ready.places[field]
        if isinstance(value, SEVERAL):
            some = [ready.codec.sent(field, one) for one in value if one is not None]
            rows = [row for row in rows if row[at] in some]
        else:
            one = ready.codec.sent(field, value)
            rows = [row for row in rows if row[at] == one]
    return rows


def _several(value: Any) -> list[Any]:
    return list(dict.fromkeys(value)) if isinstance(value, SEVERAL) else [value]


def _sort(ready: Ready, rows: list[Row], order: str, descending: bool) -> None:
    """Put rows into the order in which a SELECT gives them."""
    rows.sort(key=ready.key_of, reverse=descending)
    if order == ready.kind.key[0]:
        return
    at = ready.places[order]
    if None not in [row[at] for row in rows]:
        rows.sort(key=itemgetter(at), reverse=descending)
        return
    # What is empty comes last either way.
    rows.sort(key=lambda row: ((row[at] is None) is not descending, row[at]), reverse=descending)
