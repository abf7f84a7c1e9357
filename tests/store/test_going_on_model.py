"""Writers that take turns on a file, and one who looks: whatever was left, they find the same."""

from __future__ import annotations

import sqlite3
from contextlib import suppress

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.domain.listing import Presence
from marketplace.domain.party import Party
from marketplace.domain.place import Place
from marketplace.store.opening import open_store
from tests.store.making import NOW, listing, party
from tests.store.test_going_on import rename
from tests.store.test_sharing import Stop

HERE = Place(27.7, 85.3)
IDS = st.sampled_from(["pa_1", "pa_2"])
WAYS = st.sampled_from(["rename", "undo", "outside", "elsewhere", "seen", "away"])
STEPS = st.lists(st.tuples(WAYS, IDS, st.booleans()), max_size=12)


@given(STEPS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_writer_finds_what_the_database_has(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, bool]]
) -> None:
    """Whoever wrote before, here, beside or elsewhere, well or in vain: the next writer finds the
    rows as somebody finds them who has just opened the file."""
    path = tmp_path_factory.mktemp("going") / "on.sqlite"
    store = open_store(f"sqlite:///{path}")
    beside = open_store(f"sqlite:///{path}")
    with store.begin() as work:
        work.add(party("pa_1"), party("pa_2"), listing("li_1", "pa_1"), listing("li_2", "pa_2"))
    for number, (what, id, first) in enumerate(steps):
        writer = store if first else beside
        mine = "li_1" if id == "pa_1" else "li_2"
        if what == "rename":
            rename(writer, f"n{number}", id)
        elif what == "undo":
            with suppress(Stop), writer.begin() as work:
                work.save(evolve(work.get(Party, id), name="undone"))
                work.put(Presence(mine, "undone", HERE, NOW, NOW))
                raise Stop
        elif what == "outside":
            with writer.engine.begin() as connection:
                connection.exec_driver_sql(
                    "UPDATE party SET name = ?, version = version + 1 WHERE id = ?",
                    (f"o{number}", id),
                )
        elif what == "elsewhere":
            with sqlite3.connect(path) as other:
                other.execute("DELETE FROM presence WHERE listing_id = ?", (mine,))
            other.close()
        elif what == "seen":
            with writer.begin() as work:
                work.put(Presence(mine, f"s{number}", HERE, NOW, NOW))
        else:
            with writer.begin() as work:
                work.remove(Presence, listing_id=mine)
        with sqlite3.connect(path) as plain:
            names = dict(plain.execute("SELECT id, name FROM party"))
            states = dict(plain.execute("SELECT listing_id, state FROM presence"))
        plain.close()
        for one in (store, beside):
            with one.begin() as work:
                assert {each: work.get(Party, each).name for each in names} == names
                for each in ("li_1", "li_2"):
                    there = work.select(Presence, {"listing_id": each}, order="listing_id")
                    assert [found.state for found in there] == [
                        states[each] for _ in range(each in states)
                    ]
    store.close()
    beside.close()
