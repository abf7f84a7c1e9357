"""What is written of a changed row: the columns that differ, whoever changed the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from attrs import evolve

from marketplace.domain.party import Party
from marketplace.domain.payment import Payment
from marketplace.domain.transaction import Transaction
from marketplace.errors import StaleVersion
from marketplace.store.claims_sql import CONFIRM_OF
from marketplace.store.shelf import Change, Ready, Shelf, shelf_for
from marketplace.store.store import SqlStore
from marketplace.store.work import StoredWork
from tests.store.making import NOW, party, somebody_writes
from tests.store.test_hand import deal, payment
from tests.store.test_tables import make_indexes_anew


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """Grows with the columns, beside the version, that each writing of changed rows names."""
    found: list[set[str]] = []
    change = Shelf.change

    def noting(self: Shelf, ready: Ready, rows: Iterable[Any]) -> Change:
        made = change(self, ready, rows)
        found.append(set(made.statement.names) - {"id", "version", "stored"})
        return made

    monkeypatch.setattr(Shelf, "change", noting)
    return found


def _people(store: SqlStore) -> None:
    with store.begin() as work:
        work.add(party("pa_1"), deal(1), deal(2), payment(1), payment(2))


def test_a_change_names_the_columns_that_differ(store: SqlStore, named: list[set[str]]) -> None:
    """A row that was read and changed is written where it differs, also if it was changed twice;
    one that was changed back, or saved as it was, has a new version all the same."""
    _people(store)
    with store.begin() as work:
        for state in ("b", "c"):
            found = work.get(Transaction, "tx_1")
            work.save(evolve(found, state=state, attributes={"seen": 1}))
        work.save(evolve(work.save(evolve(work.get(Payment, "py_1_0"), held=9)), held=0))
    assert named == [{"state", "attributes"}, set()]
    with store.begin(write=False) as work:
        mine, paid = work.get(Transaction, "tx_1"), work.get(Payment, "py_1_0")
    assert mine == evolve(deal(1), state="c", attributes={"seen": 1}, version=3)
    assert paid == evolve(payment(1), version=3)


def test_several_changes_name_the_columns_in_which_any_differs(
    store: SqlStore, named: list[set[str]]
) -> None:
    """Rows that are changed in different ways are written by one statement, and each as it is."""
    _people(store)
    with store.begin() as work:
        one, other = (work.get(Payment, f"py_{number}_0") for number in (1, 2))
        work.save(evolve(one, held=9))
        work.save(evolve(other, captured=7))
    assert named == [{"held", "captured"}]
    with store.begin(write=False) as work:
        found = [work.get(Payment, f"py_{number}_0") for number in (1, 2)]
    assert found == [
        evolve(payment(1), held=9, version=2),
        evolve(payment(2), captured=7, version=2),
    ]


def test_what_is_not_known_is_written_whole(store: SqlStore, named: list[set[str]]) -> None:
    """A value from an earlier unit of work is written in all its columns, if others have written
    since, but not its row; if somebody has changed that, it is stale."""
    with store.begin() as work:
        work.add(party("pa_1"))
    with store.begin(write=False) as work:
        mine = work.get(Party, "pa_1")
    somebody_writes(store)
    with store.begin() as work:
        work.save(evolve(mine, name="Sita"))
    (columns,) = named
    assert columns >= {"name", "phone", "state", "attributes"}
    with store.begin() as work:
        assert work.get(Party, "pa_1") == evolve(mine, name="Sita", version=2)
        with pytest.raises(StaleVersion):
            work.save(evolve(mine, name="Gita"))


def test_a_change_leaves_what_somebody_else_wrote_meanwhile(store: SqlStore) -> None:
    """What a book or an erasure wrote into another column of the row, without a new version, is
    not written over by who read it before."""
    _people(store)
    with store.begin() as work:
        mine = work.get(Transaction, "tx_1")
        work.save(evolve(mine, state="b"))
        table = work.names("transaction")
        work.connection.exec_driver_sql(f"UPDATE \"{table}\" SET link = 'kept'")
        again = work.get(Transaction, "tx_1")
        work.save(evolve(again, state="c", entered_at=NOW))
    with store.begin(write=False) as work:
        assert work.get(Transaction, "tx_1").link == "kept"


@pytest.mark.parametrize("backwards", [False, True], ids=["by name", "backwards"])
def test_claims_of_a_deal_are_found_by_the_deal(memory: SqlStore, backwards: bool) -> None:
    """To make a deal's claims firm SQLite looks at the deal's, however many others a listing's
    resource has, and in whatever order the indexes were made."""
    shelf = shelf_for(memory.tables, memory.adapter)
    values = {"deals": '["tx_1"]', "name": "stock", "listings": '["li_1"]'}
    plans = []
    for aside in ("", memory.adapter.aside):
        statement = shelf.sql(CONFIRM_OF.format(aside=aside, lock=""))
        with memory.begin() as work:
            make_indexes_anew(work, "reservation", backwards=backwards)
            rows = work.connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement.sql}", statement.fill(values)
            ).all()
        plans.append(" ".join(row[3] for row in rows))
    of_deal, of_resource = "reservation_cause_id_ix", "reservation_resource_id_start_ix"
    assert of_deal in plans[1]
    assert of_resource not in plans[1]
    # The control: left to itself it takes the one that was made last.
    assert (of_deal if backwards else of_resource) in plans[0]


def test_only_the_row_of_that_very_version_is_what_is_stored(store: SqlStore) -> None:
    """What is in hand of another version says nothing of the columns that are stored: what was
    changed in between, and is changed back, would not be written."""
    _people(store)
    somebody_writes(store)
    with store.begin() as work:
        assert isinstance(work, StoredWork)
        ready = shelf_for(store.tables, store.adapter).ready[Transaction]
        work.get(Transaction, "tx_1")
        assert work._hand.stored(ready, "tx_1", 1) is not None
        assert work._hand.stored(ready, "tx_1", 2) is None
        assert work._hand.stored(ready, "tx_2", 1) is None
