"""Statements of SQL: written once with names, compiled once for a database, run many times.

``{party}`` stands for the table of that noun, ``:name`` for a parameter, ``{any:id:ids}`` for
"``id`` is one of the list ``ids``" in the words of the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa
from attrs import frozen

from marketplace.store.tables import Tables

_TABLE = re.compile(r"\{([a-z_]+)\}")
_ANY = re.compile(r"\{any:([a-z_.]+):([a-z_]+)\}")
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_][a-z_0-9]*)")
_INSERT = re.compile(
    r"\s*INSERT INTO \{([a-z_]+)\}\s*\(([^()]*)\)\s*VALUES\s*\(([^()]*)\)"
    r"(\s*ON CONFLICT\s*(?:\([^()]*\))?\s*DO (?:NOTHING|UPDATE\s+SET [^:]*))?\s*"
)
_UPDATE = re.compile(r"UPDATE \{([a-z_]+)\} SET (.*) WHERE (id = :id AND version = :stored)")
_CHANGES = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) \{([a-z_]+)\}")


class Words(Protocol):
    """What a database writes in its own way."""

    mark: str
    """How a parameter is marked: ``?`` or ``%s``."""

    def any_of(self, column: str, parameter: str) -> str:
        """The condition that a column is one of a list sent as one parameter."""
        ...

    def rows_of(self, names: Sequence[str], columns: Sequence[sa.Column[Any]]) -> str | None:
        """A table ``r`` of these names, of the columns' types, from what ``as_rows`` gives; None
        where a statement that is run for many rows is as fast."""
        ...


@frozen
class Statement:
    """SQL as the driver takes it, and the names of its parameters in their order."""

    sql: str
    names: tuple[str, ...]
    nouns: frozenset[str] | None = None
    """The tables that it reads, or that a row which it writes refers to; None: maybe all."""
    changes: str | None = None
    """The table that it changes, if rows of it may be in hand (see ``Hand``)."""
    at_once: str | None = None
    """The SQL that writes many rows by one statement, from what ``as_rows`` gives: each another
    row."""

    def fill(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The parameters in their order."""
        return tuple([values[name] for name in self.names])


def compile_statement(text: str, tables: Tables, words: Words) -> Statement:
    """Put table names, lists and parameter marks in; ``%`` is not allowed in the text."""
    sql = _ANY.sub(lambda match: words.any_of(match[1], match[2]), text)
    nouns, changed = set(_TABLE.findall(sql)), _CHANGES.search(sql)
    if changed is not None:
        nouns |= set(_referred(tables, changed[1]))
    sql = _TABLE.sub(lambda match: tables.name(match[1]), sql)
    names = tuple(_PARAMETER.findall(sql))
    sql = " ".join(_PARAMETER.sub(words.mark, sql).split())
    change = None if changed is None else changed[1]
    return Statement(sql, names, frozenset(nouns), change, _at_once(text, tables, words))


def _at_once(text: str, tables: Tables, words: Words) -> str | None:
    """The INSERT of one row, or the UPDATE of one by its version, as that of many."""
    if (found := _UPDATE.fullmatch(text)) is not None:
        return _updates(found, tables, words)
    if (found := _INSERT.fullmatch(text)) is None:
        return None
    table = tables.nouns[found[1]]
    columns = [one.strip().strip('"') for one in found[2].split(",")]
    values = [one.strip() for one in found[3].split(",")]
    given = {
        one[1:]: table.c[name] for name, one in zip(columns, values, strict=True) if one[0] == ":"
    }
    rows = words.rows_of(list(given), list(given.values()))
    if rows is None or list(given) != _PARAMETER.findall(text):
        return None
    shown = ", ".join(f'r."{one[1:]}"' if one[0] == ":" else one for one in values)
    into, ending = f"{tables.name(found[1])} ({found[2]})", found[4] or ""
    sql = f"INSERT INTO {into} SELECT {shown} FROM {rows} {ending}"
    return " ".join(_PARAMETER.sub(words.mark, sql).split())


def _updates(found: re.Match[str], tables: Tables, words: Words) -> str | None:
    table = tables.nouns[found[1]]
    names = _PARAMETER.findall(found[0])
    rows = words.rows_of(names, [table.c["version" if one == "stored" else one] for one in names])
    if rows is None:
        return None
    sets, where = (_PARAMETER.sub(r'r."\1"', found[place]) for place in (2, 3))
    where = re.sub(r"(?<![.\w])(id|version) =", r"t.\1 =", where)
    sql = f"UPDATE {tables.name(found[1])} AS t SET {sets} FROM {rows} WHERE {where}"
    return _PARAMETER.sub(words.mark, sql)


def _referred(tables: Tables, noun: str) -> Iterable[str]:
    """The tables in which a row of this one must find what it names."""
    columns = tables.nouns[noun].columns if noun in tables.nouns else ()
    return [to for to in (column.info.get("to") for column in columns) if to is not None]


_encode = msgspec.json.Encoder().encode


def as_rows(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows as one parameter, in place of those of their names: see ``Words.rows_of``.

    As JSON, because the driver takes longer over a list for each column than over all of it so.
    """
    return _encode([dict(zip(names, row, strict=True)) for row in rows]).decode()
