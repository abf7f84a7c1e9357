"""What is set on connections to SQLite, and what is not."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.domain.party import Party
from marketplace.store.columns import written
from marketplace.store.opening import open_store
from marketplace.store.sqlite import Sqlite
from tests.store.making import NOW, party


def test_reading_changes_no_setting(sqlite_url: str) -> None:
    """On SQLite a unit of work, be it of a reader, says no PRAGMA: each would have all statements
    prepared anew. Only who takes a reader's connection has one that refuses."""
    store, said = open_store(sqlite_url), list[str]()
    sa.event.listen(
        store.engine, "checkout", lambda driver, *_: driver.set_trace_callback(said.append)
    )
    with store.begin(write=False) as work:
        assert work.select(Party) == []
    with store.begin() as work:
        work.add(party("pa_1"))
    assert [one for one in said if "PRAGMA" in one.upper()] == []
    with (
        store.begin(write=False) as work,
        pytest.raises(sa.exc.OperationalError, match="readonly"),
    ):
        work.connection.exec_driver_sql("DELETE FROM party")
    assert [one for one in said if "PRAGMA" in one.upper()] != []
    with store.begin() as work:
        work.add(party("pa_2"))
    with store.begin(write=False) as work:
        assert {one.id for one in work.select(Party)} == {"pa_1", "pa_2"}
    store.close()


@given(st.lists(st.one_of(st.text(st.characters()), st.just(NOW), st.integers()), max_size=4))
@example(["\ud800"])
@example(["\0", "é\u2028", '"'])
def test_a_list_says_what_is_in_it(values: list[Any]) -> None:
    """A list that is sent as one parameter holds each text letter by letter, also one that is no
    Unicode, and each moment as its column has it."""
    sqlite = Sqlite(None, sa.NullPool(lambda: sqlite3.connect(":memory:")), own=True)
    said = [written(one) if isinstance(one, datetime) else one for one in values]
    assert json.loads(sqlite.array(values)) == said
