"""Statements: names for tables, parameters and lists, put in the words of each database."""

from __future__ import annotations

import pytest

from marketplace.store.postgres import Postgres
from marketplace.store.sqlite import Sqlite
from marketplace.store.statement import compile_statement
from marketplace.store.tables import make_tables


@pytest.mark.parametrize(
    ("words", "sql"),
    [
        (
            Sqlite.__new__(Sqlite),
            (
                'SELECT a FROM "s"."x_party" WHERE b = ? AND id IN (SELECT value FROM json_each(?))'
                " AND c = ?"
            ),
        ),
        (
            Postgres(),
            'SELECT a FROM "s"."x_party" WHERE b = %s AND id = ANY(%s) AND c = %s',
        ),
    ],
    ids=lambda one: getattr(one, "name", "sql"),
)
def test_a_statement_is_compiled_once(words: Sqlite | Postgres, sql: str) -> None:
    """Tables get schema, prefix and quotes; parameters get their marks, in their order."""
    text = "SELECT a FROM {party}\n WHERE b = :b AND {any:id:ids} AND c = :b"
    statement = compile_statement(text, make_tables("s", "x_"), words)
    assert statement.sql == sql
    assert statement.names == ("b", "ids", "b")
    assert statement.fill({"b": 1, "ids": 2}) == (1, 2, 1)


def test_a_cast_is_no_parameter() -> None:
    """Two colons are left alone."""
    statement = compile_statement("SELECT a::text, :b", make_tables(), Postgres())
    assert statement.sql == "SELECT a::text, %s"
