"""What is set on connections to SQLite, and what is not."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.domain.party import Party
from marketplace.store.columns import MOST_MOMENTS, as_moment, written
from marketplace.store.opening import open_store
from marketplace.store.sqlite import Sqlite
from tests.store.making import NOW, party


def test_reading_changes_no_setting(sqlite_url: str) -> None:
    """On SQLite a unit of work, be it of a reader, sets nothing by a PRAGMA: each would have all
    statements prepared anew. Only who takes a reader's connection has one that refuses."""
    store, said = open_store(sqlite_url), list[str]()
    store.close()
    sa.event.listen(
        store.engine, "checkout", lambda driver, *_: driver.set_trace_callback(said.append)
    )
    with store.begin(write=False) as work:
        assert work.select(Party) == []
    with store.begin() as work:
        work.add(party("pa_1"))
    assert {one for one in said if "PRAGMA" in one.upper()} == {"PRAGMA main.data_version"}
    with (
        store.begin(write=False) as work,
        pytest.raises(sa.exc.OperationalError, match="readonly"),
    ):
        work.connection.exec_driver_sql("DELETE FROM party")
    assert "PRAGMA query_only = ON" in said
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


def test_nothing_and_yes_or_no_are_kept_as_they_are() -> None:
    """Nothing, and yes or no, arrive as the driver would bring them of itself; nobody's own way
    to write them is replaced."""
    kinds = (type(None), bool)
    before = {one: sqlite3.adapters.pop((one, sqlite3.PrepareProtocol), None) for one in kinds}
    said = "SELECT ?, ?, ?, typeof(?), typeof(?)"
    values = (None, True, False, None, True)
    try:
        with sqlite3.connect(":memory:") as driver:
            (plain,) = driver.execute(said, values).fetchall()
            Sqlite(None, sa.NullPool(lambda: None), own=True)
            assert (
                driver.execute(said, values).fetchall()
                == [plain]
                == [(None, 1, 0, "null", "integer")]
            )
            sqlite3.register_adapter(bool, lambda value: "yes" if value else "no")
            Sqlite(None, sa.NullPool(lambda: None), own=True)
            assert driver.execute("SELECT ?", (True,)).fetchall() == [("yes",)]
    finally:
        for one, adapter in before.items():
            sqlite3.adapters.pop((one, sqlite3.PrepareProtocol), None)
            if adapter is not None:
                sqlite3.register_adapter(one, adapter)


def test_few_moments_are_remembered() -> None:
    """Law: however many moments are written and read, no more are remembered than there is room
    for; each is read as the moment that was written."""
    remembered = [one.__self__ for one in (written, as_moment)]  # type: ignore[attr-defined]
    for number in range(3 * MOST_MOMENTS):
        moment = NOW + timedelta(seconds=number)
        assert as_moment(written(moment)) == moment == datetime.fromisoformat(written(moment))
        assert max(map(len, remembered)) <= MOST_MOMENTS
    with pytest.raises(ValueError, match="isoformat"):
        as_moment("yesterday")
