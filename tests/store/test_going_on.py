"""What one unit of work leaves for the next: used as long as nobody else has written, never after.

On PostgreSQL nobody can tell, so that the same laws hold there and nothing is left.
"""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from attrs import evolve

from marketplace.domain.event import Command
from marketplace.domain.listing import Listing
from marketplace.domain.party import Party
from marketplace.domain.ports import Work
from marketplace.domain.reservation import Resource
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import NotFound, SetupError, StaleVersion
from marketplace.store import hand
from marketplace.store.opening import open_store
from marketplace.store.sqlite import Sqlite
from marketplace.store.store import SqlStore
from marketplace.store.work import StoredWork
from tests.store.making import (
    command,
    listing,
    party,
    resource,
    somebody_writes,
    with_resources,
)
from tests.store.test_hand import deal, said
from tests.store.test_sharing import Stop, crowd

__all__ = ["said"]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SqlStore]:
    """A store on a file of SQLite."""
    store = open_store(f"sqlite:///{tmp_path / 'kept.sqlite'}")
    yield store
    store.close()


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest) -> SqlStore:
    """A store on SQLite, on a file or in memory."""
    found: SqlStore = request.getfixturevalue(request.param)
    return found


ATTACH = "ATTACH ? AS beside"


def name_of(store: SqlStore, id: str = "pa_1") -> str:
    """What a writer finds that somebody is called."""
    with store.begin() as work:
        return work.get(Party, id).name


def rename(store: SqlStore, name: str, id: str = "pa_1") -> None:
    """Call somebody otherwise."""
    with store.begin() as work:
        work.save(evolve(work.get(Party, id), name=name))


def refusing(work: Work) -> sqlite3.Connection:
    """Have the database refuse to commit what this one writes; gives the connection it is on."""
    assert isinstance(work, StoredWork)
    driver: sqlite3.Connection = work.runner._cursor.connection
    driver.set_authorizer(
        lambda _, what, *about: sqlite3.SQLITE_DENY if what == "COMMIT" else sqlite3.SQLITE_OK
    )
    return driver


def test_the_next_writer_reads_nothing_anew(store: SqlStore, said: list[str]) -> None:
    """What a unit of work read, wrote, or found all of, the next ones have in hand as it is; a
    command is chained to the last one of its subject without asking for it."""
    with store.begin() as work:
        work.add(party("pa_1"), deal(1), Seat("tx_1", "customer", "pa_1"))
        work.commands.append(command("co_1", subject_id="pa_1"))
    rename(store, "Sita")
    said.clear()
    assert name_of(store) == "Sita"
    with store.begin() as work:
        assert work.get(Transaction, "tx_1") == deal(1)
        assert [one.party_id for one in work.select(Seat, {"transaction_id": "tx_1"}, order="role")]
    assert said == []
    with store.begin() as work:
        work.commands.append(command("co_2", subject_id="pa_1"))
    assert [one for one in said if "SELECT" in one] == []
    with store.begin(write=False) as work:
        first, second = work.commands.about("pa_1")
        assert second.previous_hash == first.hash
        assert work.commands.broken_chains() == []


def test_what_another_connection_committed_is_read(
    file: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes from elsewhere is seen at once. The control: told that nothing has changed,
    the store believes what it had in hand."""
    with file.begin() as work:
        work.add(party("pa_1"))
    with sqlite3.connect(str(file.engine.url.database)) as other:
        other.execute("UPDATE party SET name = 'Gita', version = 2")
    other.close()
    assert name_of(file) == "Gita"
    monkeypatch.setattr(Sqlite, "data_version", lambda *_: "the same")
    name_of(file)
    with sqlite3.connect(str(file.engine.url.database)) as other:
        other.execute("UPDATE party SET name = 'Rita', version = 3")
    other.close()
    assert name_of(file) == "Gita"


def test_what_was_changed_on_the_same_connection_is_read(store: SqlStore) -> None:
    """Whoever has the engine writes on the very connection that the store writes on: what he
    changes, adds or deletes is seen."""
    with store.begin() as work:
        work.add(party("pa_1"), party("pa_2"), deal(1), Seat("tx_1", "customer", "pa_1"))
        assert len(work.select(Seat, {"transaction_id": "tx_1"}, order="role")) == 1
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE party SET name = 'Gita', version = 2 WHERE id = 'pa_1'")
        connection.exec_driver_sql("DELETE FROM party WHERE id = 'pa_2'")
        connection.exec_driver_sql("INSERT INTO seat VALUES ('tx_1', 'provider', 'pa_1', 0)")
    with store.begin() as work:
        assert work.get(Party, "pa_1").name == "Gita"
        with pytest.raises(NotFound):
            work.get(Party, "pa_2")
        assert len(work.select(Seat, {"transaction_id": "tx_1"}, order="role")) == 2


def test_another_connection_of_the_pool_is_another(tmp_path: Path) -> None:
    """Two connections count alike what each of them has changed: the one says nothing about the
    rows that the other has left."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'kept.sqlite'}")
    store = open_store(engine)
    with store.begin() as work:
        work.add(party("pa_1"))
    with engine.connect() as first, engine.connect() as second:
        counts = [one.connection.driver_connection for one in (first, second)]
        assert all(isinstance(one, sqlite3.Connection) for one in counts)
        number = 0
        while counts[0].total_changes != counts[1].total_changes:
            number += 1
            second.exec_driver_sql(f"UPDATE party SET name = 'n{number}', version = 1")
            second.commit()
        second.close()
        assert name_of(store) == f"n{number}" != "n0"
    engine.dispose()


def test_tables_in_a_file_beside_the_main_one_are_looked_at(tmp_path: Path) -> None:
    """Whose tables stand in a schema, which is another file: who writes into that is seen."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'main.sqlite'}")
    beside = str(tmp_path / "beside.sqlite")
    sa.event.listen(engine, "connect", lambda driver, _: driver.execute(ATTACH, (beside,)))
    store = open_store(engine, schema="beside", create="missing")
    with store.begin() as work:
        work.add(party("pa_1"))
    with sqlite3.connect(beside) as other:
        other.execute("UPDATE party SET name = 'Gita', version = 2")
    other.close()
    assert name_of(store) == "Gita"
    engine.dispose()


def test_a_caller_may_undo_what_joined_him(store: SqlStore) -> None:
    """In a caller's transaction nothing is left for the next: nobody hears of its end."""
    with store.begin() as work:
        work.add(party("pa_1", name="Maya"))
    with store.engine.connect() as connection:
        joined = open_store(connection)
        rename(joined, "undone")
        connection.rollback()
        assert name_of(joined) == "Maya"
        connection.rollback()


def test_two_stores_of_one_file_see_each_other(file: SqlStore) -> None:
    """Whether they share an engine or not."""
    with file.begin() as work:
        work.add(party("pa_1"))
    beside, apart = open_store(file.engine), open_store(str(file.engine.url))
    for number, writer in enumerate([beside, apart, file, apart, beside, file]):
        rename(writer, f"name {number}")
        assert {name_of(one) for one in (file, beside, apart)} == {f"name {number}"}
    apart.close()


def test_what_was_undone_is_not_in_hand(store: SqlStore) -> None:
    """Neither of a unit of work that was undone, nor of a block in one, nor of a commit that the
    database refused."""
    with store.begin() as work:
        work.add(party("pa_1", name="Maya"))
    with suppress(Stop), store.begin() as work:
        work.save(evolve(work.get(Party, "pa_1"), name="undone"))
        raise Stop
    assert name_of(store) == "Maya"
    with store.begin(), suppress(Stop), store.begin() as inner:
        inner.save(evolve(inner.get(Party, "pa_1"), name="undone"))
        raise Stop
    assert name_of(store) == "Maya"

    refused: list[sqlite3.Connection] = []
    with suppress(SetupError), store.begin() as work:
        work.save(evolve(work.get(Party, "pa_1"), name="never written"))
        refused.append(refusing(work))
    refused[0].set_authorizer(None)
    assert name_of(store) == "Maya"


def test_what_a_shared_commit_lost_is_not_in_hand(file: SqlStore) -> None:
    """Units of work that ended well in a transaction they shared go on from one another; where it
    was undone for all of them in the end, they have left nothing."""
    with file.begin() as work:
        work.add(party("pa_1", name="Maya"))
    seen: list[str] = []
    refused: list[sqlite3.Connection] = []

    def write(number: int) -> None:
        with file.begin() as work:
            if not refused:
                refused.append(refusing(work))
            found = work.get(Party, "pa_1")
            seen.append(found.name)
            work.save(evolve(found, name=found.name + "!"))

    for error in (SetupError, type(None)):
        came = crowd(file, write, writers=3)
        refused[0].set_authorizer(None)
        assert [type(one) for one in came] == [error] * 3, came
        assert seen == ["Maya", "Maya!", "Maya!!"]
        seen.clear()
    assert name_of(file) == "Maya!!!"


def test_a_plugin_with_the_connection_leaves_nothing(store: SqlStore) -> None:
    """Whoever has the connection in hand may change any row until the unit of work ends."""
    with store.begin() as work:
        work.add(party("pa_1"))
    with store.begin() as work:
        mine = work.connection
        work.get(Party, "pa_1")
        mine.exec_driver_sql("UPDATE party SET name = 'Gita'")
    assert name_of(store) == "Gita"


def test_what_a_plugin_changes_in_place_stays_his(store: SqlStore) -> None:
    """A mapping of a value that somebody changes in place is in the next unit of work as the
    database has it."""
    with store.begin() as work:
        work.add(party("pa_1"), listing(attributes={"beds": 2}))
    with store.begin() as work:
        found = work.get(Listing, "li_1")
        found.attributes["beds"] = 99  # type: ignore[index]
    with store.begin() as work:
        assert work.get(Listing, "li_1").attributes == {"beds": 2}


def test_a_value_of_before_is_stale_where_the_row_has_changed(store: SqlStore) -> None:
    """What is in hand of a newer version lets nobody write over it who read an older one."""
    with store.begin() as work:
        work.add(party("pa_1"))
    with store.begin(write=False) as work:
        old = work.get(Party, "pa_1")
    rename(store, "Sita")
    with pytest.raises(StaleVersion), store.begin() as work:
        work.save(evolve(old, name="Gita"))
    assert name_of(store) == "Sita"


def test_what_moved_to_another_owner_is_with_it(store: SqlStore) -> None:
    """What belonged to one and now belongs to another is found there alone."""
    with_resources(store, resource("re_1"))
    with store.begin() as work:
        work.add(listing("li_2"))
        assert len(work.select(Resource, {"listing_id": "li_1"})) == 1
        assert work.select(Resource, {"listing_id": "li_2"}) == []
    with store.begin() as work:
        work.save(evolve(work.get(Resource, "re_1"), listing_id="li_2"))
    with store.begin() as work:
        assert work.select(Resource, {"listing_id": "li_1"}) == []
        assert [one.id for one in work.select(Resource, {"listing_id": "li_2"})] == ["re_1"]


def test_too_much_is_not_kept(
    store: SqlStore, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of more than ``MOST_LEFT`` rows, or of more whose rows are all known, none are kept, so that
    memory stays bounded."""
    monkeypatch.setattr(hand, "MOST_LEFT", 3)
    with store.begin() as work:
        work.add(*(party(f"pa_{number}") for number in range(3)))
    said.clear()
    name_of(store)
    assert said == []
    with store.begin() as work:
        work.add(party("pa_9"))
    for reads in (["pa_1"], ["pa_0", "pa_2"], ["pa_9"], ["pa_1"]):
        said.clear()
        for one in reads:
            name_of(store, one)
        assert len(said) == len(reads), reads
    with store.begin() as work:
        for number in range(4):
            assert work.select(Seat, {"transaction_id": f"tx_{number}"}, order="role") == []
    assert store.last is None


def _write_elsewhere(url: str, name: str) -> None:
    store = open_store(url)
    rename(store, name)
    store.close()


def test_another_process_is_seen(file: SqlStore) -> None:
    """What a process wrote that was forked meanwhile, or started, is read by the next writer."""
    with file.begin() as work:
        work.add(party("pa_1"))
    for way in ("fork", "spawn"):
        child = multiprocessing.get_context(way).Process(
            target=_write_elsewhere, args=(str(file.engine.url), way)
        )
        child.start()
        child.join(60)
        assert child.exitcode == 0
        assert name_of(file) == way


def test_nothing_is_left_where_nobody_can_tell(database_url: str) -> None:
    """On PostgreSQL others write between two units of work: nothing is left for the next. On
    SQLite it is, which shows that the question is asked at all."""
    store = open_store(database_url, create="missing")
    with store.begin() as work:
        work.add(party("pa_1"))
    assert (store.last is not None) is (store.dialect == "sqlite")
    somebody_writes(store)
    assert name_of(store) == "pa_1"
    store.close()


def test_a_closed_store_holds_no_connection(tmp_path: Path) -> None:
    """Nothing of what it left stays when a store is closed."""
    store = open_store(f"sqlite:///{tmp_path / 'kept.sqlite'}")
    with store.begin() as work:
        work.add(party("pa_1"))
        assert work.select(Command, {"subject_id": "pa_1"}) == []
    store.close()
    assert store.last is None
