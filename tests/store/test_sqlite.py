"""What is set on connections to SQLite, and what is not."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from marketplace.domain.party import Party
from marketplace.store.opening import open_store
from tests.store.making import party


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
