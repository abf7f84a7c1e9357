"""Making the index anew: piece by piece, while everybody else goes on."""

import threading
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest

from marketplace import Forbidden, Listing, Marketplace, NotFound, Place
from marketplace.app import rebuilding
from marketplace.app.context import Context
from marketplace.app.door import Act
from marketplace.domain.ports import Work
from marketplace.domain.search import Entry
from tests.support.homes import LAKE, Hillside, open_village

FIRST, LAST = date(2026, 12, 4), date(2026, 12, 7)
NIGHTS = {"start": FIRST, "end": LAST}


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two listings a piece, three sorted at once: a street is rebuilt in several."""
    monkeypatch.setattr(rebuilding, "A_PIECE", 2)
    monkeypatch.setattr(rebuilding, "IN_MEMORY", 3)


def street(hillside: Hillside) -> list[Listing]:
    """Seven homes from one end to the other, the third taken."""
    homes = [
        hillside.home(f"H{number}", place=Place(LAKE.lat + number / 10, LAKE.lon), photos=number)
        for number in range(7)
    ]
    hillside.block(homes[2], FIRST, LAST)
    return homes


def broken_off(hillside: Hillside, monkeypatch: pytest.MonkeyPatch, pieces: int) -> None:
    """Rebuild, and fail in the piece after so many, when it has written nearly everything."""
    whole, done = rebuilding._piece, 0

    def piece(act: Act, vertical: str, ids: Sequence[str]) -> int:
        nonlocal done
        count = whole(act, vertical, ids)
        act.work.search.entries(vertical, ids)
        if done == pieces:
            raise RuntimeError("the power is gone")
        done += 1
        return count

    with monkeypatch.context() as patched:
        patched.setattr(rebuilding, "_piece", piece)
        with pytest.raises(RuntimeError, match="the power is gone"):
            hillside.market.listings.rebuild_search("homes")


@pytest.mark.parametrize("pieces", range(4))
def test_broken_off_it_leaves_everything_to_be_found(
    hillside: Hillside, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    """A rebuilding that fails after any piece leaves an index that is right; begun again it comes
    to its end."""
    street(hillside)
    before = hillside.found(**NIGHTS)
    assert len(before) == 6
    broken_off(hillside, monkeypatch, pieces)
    assert hillside.found(**NIGHTS) == before
    assert hillside.sound()
    assert hillside.market.listings.rebuild_search("homes") == 7
    assert hillside.sound()


@pytest.mark.unsound("the index is emptied by hand")
@pytest.mark.parametrize("pieces", range(4))
def test_an_index_that_is_made_for_the_first_time_goes_on_where_it_was_broken_off(
    hillside: Hillside, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    """From nothing, what is there of a rebuilding that failed is found, and is right; what is
    taken is never found."""
    street(hillside)
    before = hillside.found(**NIGHTS)
    with hillside.market.batch() as work:
        for noun in ("entry", "text", "taken", "word"):
            work.connection.exec_driver_sql(f"DELETE FROM search_{noun}")
    broken_off(hillside, monkeypatch, pieces)
    there = hillside.found(**NIGHTS)
    assert len(there) in (2 * pieces, 2 * pieces - 1)
    assert set(there) <= set(before)
    assert hillside.market.listings.rebuild_search("homes") == 7
    assert hillside.found(**NIGHTS) == before
    assert hillside.sound()


@pytest.mark.unsound("rows of the index are changed by hand")
def test_rows_that_belong_to_nothing_are_forgotten(hillside: Hillside) -> None:
    """Rows of listings that are not held out, rows without the others of their listing, and rows
    in a wrong cell are gone after a rebuilding, and all that belongs there is there."""
    homes = street(hillside)
    hillside.market.listings.pause(homes[5].id, by=hillside.host)
    there = ", ".join(f"'{one.id}'" for one in homes[:2])
    for change in (
        f"DELETE FROM search_text WHERE listing_id IN ({there})",
        "DELETE FROM search_text",
        f"UPDATE search_text SET listing_id = 'lst_none' WHERE listing_id = '{homes[0].id}'",
        f"UPDATE search_text SET listing_id = '{homes[5].id}' WHERE listing_id = '{homes[0].id}'",
        f"UPDATE search_text SET cell = 7 WHERE listing_id IN ({there})",
        "UPDATE search_entry SET cell = 7",
        "UPDATE search_word SET cell = 7",
        "UPDATE search_taken SET cell = 7",
        f"UPDATE search_entry SET listing_id = 'lst_none' WHERE listing_id = '{homes[0].id}'",
    ):
        with hillside.market.batch() as work:
            work.connection.exec_driver_sql(change)
        assert not hillside.sound(), change
        assert hillside.market.listings.rebuild_search("homes") == 6
        assert hillside.sound(), change


def test_only_the_operator_rebuilds(hillside: Hillside) -> None:
    """Nobody else may, and nothing is done; in a batch it belongs to the batch."""
    street(hillside)
    with pytest.raises(Forbidden, match="the operator rebuilds"):
        hillside.market.listings.rebuild_search("homes", by=hillside.host)
    with pytest.raises(NotFound, match="no vertical"):
        hillside.market.listings.rebuild_search("boats")
    with hillside.market.batch():
        assert hillside.market.listings.rebuild_search() == 7
    assert hillside.sound()


def test_what_is_changed_between_pieces_stays(
    hillside: Hillside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listings that are moved, taken, paused and published while others are indexed are found as
    they are in the end."""
    homes, listings = street(hillside), hillside.market.listings
    whole, done = rebuilding._piece, 0

    def piece(act: Act, vertical: str, ids: Sequence[str]) -> int:
        nonlocal done
        if not done:
            act.work.after_commit(change_all)
        done += 1
        return whole(act, vertical, ids)

    def change_all() -> None:
        listings.change(homes[6].id, by=hillside.host, place=LAKE, title="Moved")
        listings.pause(homes[5].id, by=hillside.host)
        listings.pause(homes[0].id, by=hillside.host)
        hillside.home("New")
        hillside.block(homes[4], FIRST, LAST)

    monkeypatch.setattr(rebuilding, "_piece", piece)
    listings.rebuild_search("homes")
    assert done > 3
    assert sorted(hillside.found(**NIGHTS)) == ["H1", "H3", "Moved", "New"]
    assert hillside.sound()


@pytest.fixture
def busy(postgresql_url: str) -> Iterator[Hillside]:
    """A hillside on PostgreSQL, where two may write at a time."""
    Marketplace.open(postgresql_url, create="missing").close()
    opened = open_village(postgresql_url)
    yield opened
    opened.market.close()


def change_meanwhile(hillside: Hillside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change the title of a home between the moment at which a piece has read it and the one at
    which it writes what it read."""
    home = hillside.home("Old")
    read, changed = threading.Event(), threading.Event()

    def change() -> None:
        read.wait(30)
        hillside.market.listings.change(home.id, by=hillside.host, title="New")
        changed.set()

    def entries(context: Context, work: Work, listings: Sequence[Listing]) -> list[Entry]:
        made = whole(context, work, listings)
        read.set()
        changed.wait(2)
        return made

    whole = rebuilding.entries_of
    thread = threading.Thread(target=change)
    thread.start()
    with monkeypatch.context() as patched:
        patched.setattr(rebuilding, "entries_of", entries)
        hillside.market.listings.rebuild_search("homes")
    thread.join(60)
    assert changed.is_set()


def test_a_change_waits_for_the_piece_that_read_the_listing(
    busy: Hillside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a piece has read of a listing is not changed before it is written: the change comes
    after it, and stays."""
    change_meanwhile(busy, monkeypatch)
    assert busy.found() == ["New"]
    assert busy.sound()


@pytest.mark.unsound("the protection is taken away")
def test_without_the_lock_a_change_is_lost(busy: Hillside, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same where a piece locks no listing: the index keeps what it read before the change."""
    whole = rebuilding._piece

    def unlocked(act: Act, vertical: str, ids: Sequence[str]) -> int:
        select = act.work.select

        def reading(kind: Any, where: Any = (), **options: Any) -> list[Any]:
            return select(kind, where, **{**options, "lock": False})

        monkeypatch.setattr(type(act.work), "select", lambda self, *a, **o: reading(*a, **o))
        return whole(act, vertical, ids)

    monkeypatch.setattr(rebuilding, "_piece", unlocked)
    change_meanwhile(busy, monkeypatch)
    monkeypatch.undo()
    assert busy.found() == ["Old"]
    assert not busy.sound()
