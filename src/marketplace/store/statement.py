"""Statements of SQL: written once with names, compiled once for a database, run many times.

``{party}`` stands for the table of that noun, ``:name`` for a parameter, ``{any:id:ids}`` for
"``id`` is one of the list ``ids``" in the words of the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from attrs import frozen

from marketplace.store.tables import Tables

_TABLE = re.compile(r"\{([a-z_]+)\}")
_ANY = re.compile(r"\{any:([a-z_.]+):([a-z_]+)\}")
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_][a-z_0-9]*)")
_CHANGES = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) \{([a-z_]+)\}")


class Words(Protocol):
    """What a database writes in its own way."""

    mark: str
    """How a parameter is marked: ``?`` or ``%s``."""

    def any_of(self, column: str, parameter: str) -> str:
        """The condition that a column is one of a list sent as one parameter."""
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
    return Statement(sql, names, frozenset(nouns), None if changed is None else changed[1])


def _referred(tables: Tables, noun: str) -> Iterable[str]:
    """The tables in which a row of this one must find what it names."""
    columns = tables.nouns[noun].columns if noun in tables.nouns else ()
    return [to for to in (column.info.get("to") for column in columns) if to is not None]
