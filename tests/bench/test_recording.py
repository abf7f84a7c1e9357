"""What is written down of a marketplace on PostgreSQL is what was said there."""

from typing import Any

import psycopg
import pytest

from bench.checkout import recorded
from bench.checkout_world import counted, settle_down
from bench.databases import PostgresServer
from bench.recording import COMMIT, say_again
from marketplace.testing.postgres import EmbeddedPostgres

MOST = 39
"""Statements of a basket on PostgreSQL, placed and paid: never more than they were."""


def rows(driver: psycopg.Connection[Any]) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the count of openings."""
    named = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'setting'"
    tables = [name for (name,) in driver.execute(named)]
    return {
        name: driver.execute(f'SELECT CAST(r AS text) FROM "{name}" r ORDER BY 1').fetchall()
        for name in tables
    }


def test_what_was_said_on_postgresql_is_said_again(
    embedded_postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A basket is placed and paid in so many statements and two commits, however many sellers are
    in it; said again on a bare connection they leave the very rows that the library left, and with
    one less they do not."""
    names: list[str] = []
    make = PostgresServer.fresh

    def fresh(self: PostgresServer) -> str:
        names.append(make(self))
        return names[-1]

    monkeypatch.setattr(PostgresServer, "fresh", fresh)
    databases = PostgresServer(embedded_postgres)
    hall = settle_down(databases)
    counts, _ = counted(databases, hall)
    assert {(one.statements <= MOST, one.commits) for one in counts} == {(True, 2)}
    before, said = recorded(databases, hall, sellers=3, checkouts=1)
    with databases.driver(names[-1]) as theirs:
        left = rows(theirs)
    assert sum(one.words == COMMIT for one in said) == 2
    last = max(at for at, one in enumerate(said) if one.words.startswith("UPDATE"))
    for part, same in ((said, True), ([*said[:last], *said[last + 1 :]], False)):
        with databases.bare() as driver:
            say_again(driver, before)
            driver.commit()
            say_again(driver, part)
            driver.commit()
            assert (rows(driver) == left) is same
