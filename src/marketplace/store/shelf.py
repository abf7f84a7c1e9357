"""What a store makes once and every unit of work uses: codecs and compiled statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import compress
from operator import itemgetter, ne
from typing import Any

from attrs import frozen

from marketplace.domain.evolving import evolve
from marketplace.domain.ports import Condition
from marketplace.domain.table_names import TableNames
from marketplace.errors import InvalidInput
from marketplace.store.adapter import Adapter
from marketplace.store.codec import Codec, make_codec
from marketplace.store.kinds import KINDS, Kind
from marketplace.store.statement import Statement, compile_statement
from marketplace.store.tables import Tables

Row = tuple[Any, ...]
SEVERAL = (list, tuple, set, frozenset)
"""What names several values, of which any is meant."""
MAPPINGS = (dict, Mapping)
"""The plainest is asked for first: to ask whether something is a mapping takes long."""
_TEXT = {str}
_OPERATORS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_EMPTY = {"=": "is null", "!=": "not null"}
"""How nothing is compared with."""


@frozen
class Ready:
    """A kind with its codec and the statements that are always the same."""

    kind: Kind
    codec: Codec[Any]
    columns: str
    """The columns as a SELECT lists them."""
    insert: Statement
    put: Statement
    get: Statement | None
    lock: Statement | None
    key_of: Callable[[Row], Any]
    """The key of an encoded row: a tuple where it has several fields."""
    has_id: bool
    """Whether its key is an id alone."""
    places: Mapping[str, int]
    """Where each column stands in one."""


@frozen
class Change:
    """Writes some columns of a row, and the version that it has by now."""

    statement: Statement
    fill: Callable[[Row], tuple[Any, ...]]
    """Its parameters, from the encoded row with the version that is stored after it."""


class _Readies(dict[type[Any], Ready]):
    """Each class's, made when it is first asked for: to ask again is to look into a dictionary."""

    def __init__(self, make: Callable[[Kind], Ready]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, cls: type[Any]) -> Ready:
        kinds = {kind.cls: kind for kind in KINDS}
        if cls not in kinds:
            names = ", ".join(sorted(kind.__name__ for kind in kinds))
            raise InvalidInput(f"{cls.__name__} has no table; these have: {names}")
        found = self[cls] = self._make(kinds[cls])
        return found


class Shelf:
    """Codecs and statements for one kind of database, schema and prefix.

    Of the adapter it uses only the words and the scalars, which know no particular database.
    """

    def __init__(self, tables: Tables, adapter: Adapter) -> None:
        self.tables = tables
        self.names = TableNames(tables.prefix, tables.schema)
        self.adapter = adapter
        self.ready: Mapping[type[Any], Ready] = _Readies(self._make)
        """Codec and statements of each class; raises ``InvalidInput`` for one without a table."""
        self._statements: dict[str, Statement] = {}
        self._formed: dict[tuple[str, ...], Statement] = {}
        self._selects: dict[Any, Statement] = {}
        self._clauses: dict[Any, str] = {}
        self._changes: dict[tuple[str, frozenset[int]], Change] = {}

    def sql(self, text: str) -> Statement:
        """The statement of this text, compiled once."""
        found = self._statements.get(text)
        if found is None:
            found = compile_statement(text, self.tables, self.adapter)
            self._statements[text] = found
        return found

    def formed(self, text: str, **words: str) -> Statement:
        """The statement of a text whose single braces are filled with these words, put together
        once."""
        asked = (text, *words.values())
        found = self._formed.get(asked)
        if found is None:
            found = self._formed[asked] = self.sql(text.format(**words))
        return found

    def rows_of(self, noun: str, columns: Sequence[str]) -> str:
        """A table ``r`` of columns of this one, from rows sent as one parameter, where there is
        need."""
        table = self.tables.nouns[noun].c
        return self.adapter.rows_of(columns, [table[name] for name in columns]) or ""

    def _make(self, kind: Kind) -> Ready:
        codec = make_codec(kind.cls, self.adapter)
        quoted = [f'"{column}"' for column in codec.columns]
        columns, marks = ", ".join(quoted), ", ".join(f":{c}" for c in codec.columns)
        insert = f"INSERT INTO {{{kind.noun}}} ({columns}) VALUES ({marks})"
        key = ", ".join(f'"{name}"' for name in kind.key)
        rest = [c for c in codec.columns if c not in kind.key]
        changes = ", ".join(f'"{c}" = excluded."{c}"' for c in rest)
        replace = f"DO UPDATE SET {changes}" if rest else "DO NOTHING"
        get = f"SELECT {columns} FROM {{{kind.noun}}} WHERE id = :id"
        has_id = kind.key == ("id",)
        places = {name: place for place, name in enumerate(codec.columns)}
        return Ready(
            kind,
            codec,
            columns,
            _known(self.sql(insert)),
            self.sql(f"{insert} ON CONFLICT ({key}) {replace}"),
            self.sql(get) if has_id else None,
            self.sql(get + self.adapter.row_lock) if has_id and kind.locked else None,
            itemgetter(*[places[name] for name in kind.key]),
            has_id,
            places,
        )

    def change(self, ready: Ready, rows: Iterable[tuple[Row, Row | None]]) -> Change:
        """What writes changed rows, each given with the one that is stored: only columns in which
        any of them differs, since a database touches every index of a column that it is told to
        write. Where a stored row is not known, all columns.
        """
        every = range(len(ready.codec.columns))
        altered: set[int] = set()
        for row, stored in rows:
            altered.update(every if stored is None else compress(every, map(ne, row, stored)))
        asked = ready.kind.noun, frozenset(altered)
        found = self._changes.get(asked)
        if found is None:
            names = [ready.codec.columns[place] for place in sorted(altered)]
            sets = [f'"{name}" = :{name}' for name in names if name not in ("id", "version")]
            statement = self.sql(
                f"UPDATE {{{ready.kind.noun}}} SET {', '.join([*sets, 'version = :version'])}"
                " WHERE id = :id AND version = :stored"
            )
            places = {**ready.places, "stored": len(every)}
            fill = itemgetter(*[places[name] for name in statement.names])
            found = self._changes[asked] = Change(_known(statement), fill)
        return found

    def conditions(
        self, ready: Ready, where: Mapping[str, Any] | Iterable[Condition]
    ) -> tuple[str, list[Any]]:
        """A WHERE clause with marks, and its parameters; empty where there is no condition."""
        shape, values = [], list[Any]()
        if isinstance(where, MAPPINGS):
            for field, value in where.items():
                shape.append((field, self._asked(ready, field, "=", value, values)))
        else:
            for one in where:
                asked_by = self._asked(ready, one.field, one.op, one.value, values)
                shape.append((one.field, asked_by))
        asked = ready.kind.noun, tuple(shape)
        clause = self._clauses.get(asked)
        if clause is None:
            clause = self._clauses[asked] = self._clause(ready.kind.narrow, shape)
        return clause, values

    def _asked(self, ready: Ready, field: str, op: str, value: Any, values: list[Any]) -> str:
        """How a condition compares, once its parameters are known, which join the others."""
        codec = ready.codec
        if field not in ready.places:
            allowed = ", ".join(codec.columns)
            raise InvalidInput(f"{ready.kind.noun} has no field {field!r}; it has: {allowed}")
        if value is None and op in _EMPTY:
            return _EMPTY[op]
        if op == "in" or (op == "=" and isinstance(value, SEVERAL)):
            sent = list(value)
            if field in codec.converters or not _TEXT.issuperset(map(type, sent)):
                sent = [codec.sent(field, item) for item in sent]
            # A list of one is no list: SQLite would fill a table of its own with it first.
            alone = len(sent) == 1 and sent[0] is not None
            values.append(sent[0] if alone else self.adapter.array(sent))
            return "=" if alone else "in"
        if op in _EMPTY.values():
            return op
        if op not in _OPERATORS:
            allowed = ", ".join([*_OPERATORS, "in", "is null", "not null"])
            raise InvalidInput(f"a condition compares by one of {allowed}; not by {op!r}")
        values.append(codec.sent(field, value))
        return op

    def _clause(self, narrow: Sequence[str], shape: Sequence[tuple[str, str]]) -> str:
        """A WHERE clause with marks."""
        exact = {field for field, op in shape if op in ("=", "in")}
        by = ["id"] if "id" in exact else narrow if narrow[0] in exact else ()
        parts: list[str] = []
        for field, op in shape:
            aside = self.adapter.aside if by and field not in by else ""
            parts.append(aside + self._condition(f'"{field}"', op))
        return " WHERE " + " AND ".join(parts) if parts else ""

    def _condition(self, column: str, op: str) -> str:
        if op == "is null":
            return f"{column} IS NULL"
        if op == "not null":
            return f"{column} IS NOT NULL"
        if op == "in":
            return self.adapter.any_of(column, "list").replace(":list", self.adapter.mark)
        return f"{column} {_OPERATORS[op]} {self.adapter.mark}"

    def beyond(
        self, ready: Ready, order: str, descending: bool, after: Any, values: list[Any]
    ) -> str:
        """The condition that a row comes after a page's end, whose parameters join the others."""
        if after is None:
            return ""
        mark, sign = self.adapter.mark, "<" if descending else ">"
        if not isinstance(after, ready.kind.cls):
            values.append(ready.codec.sent(order, after))
            return f'"{order}" {sign} {mark}'
        columns = [order, *(name for name in ready.kind.key if name != order)]
        values += [ready.codec.sent(name, getattr(after, name)) for name in columns]
        names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join([mark] * len(columns))
        return f"({names}) {sign} ({marks})"

    def listing(
        self, ready: Ready, where: str, order: str, *, descending: bool, after: str, lock: bool
    ) -> Statement:
        """A SELECT by a WHERE clause, in an order that is the same on every database."""
        shape = (ready.kind.noun, where, order, descending, after, lock)
        found = self._selects.get(shape)
        if found is None:
            way = " DESC" if descending else ""
            columns = [order, *(name for name in ready.kind.key if name != order)]
            nullable = self.tables.nouns[ready.kind.noun].c
            terms = [
                f'"{name}"{way}' + (" NULLS LAST" if nullable[name].nullable else "")
                for name in columns
            ]
            clause = where
            if after:
                clause += (" AND " if where else " WHERE ") + after
            sql = (
                f"SELECT {ready.columns} FROM {self.tables.name(ready.kind.noun)}{clause}"
                f" ORDER BY {', '.join(terms)} LIMIT {self.adapter.mark}"
            )
            sql += self.adapter.row_lock if lock else ""
            found = Statement(sql, (), frozenset({ready.kind.noun}))
            self._selects[shape] = found
        return found


# Codecs and statements are the same for every store on the same tables and kind of database.
_shelves: dict[tuple[Tables, str], Shelf] = {}


def shelf_for(tables: Tables, adapter: Adapter) -> Shelf:
    """The shelf for these tables in this kind of database, made once."""
    key = tables, adapter.name
    if key not in _shelves:
        _shelves[key] = Shelf(tables, adapter)
    return _shelves[key]


def _known(statement: Statement) -> Statement:
    """The statement by which values are written: what it changes is known where they are."""
    return evolve(statement, changes=None)


def raised(value: Any) -> Any:
    """The value with its version raised by one."""
    return evolve(value, version=value.version + 1)
