"""The index of listings under many hands, and the ways by which it is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve

from marketplace import Box, Marketplace, Money, Place, Reservation, Resource, Search
from marketplace.domain.search import Look
from marketplace.store import looking
from marketplace.store.calendars import BLOCK, masks_of, question, slots_of, widened
from marketplace.store.postgres import Postgres
from marketplace.store.search import SearchIndex
from marketplace.store.shelf import shelf_for
from marketplace.store.statement import Statement
from marketplace.store.store import SqlStore
from marketplace.store.work import StoredWork
from tests.support.homes import LAKE, Hillside, open_village

FIRST = date(2026, 12, 4)


@pytest.fixture
def busy(postgresql_url: str) -> Iterator[Hillside]:
    """A hillside on PostgreSQL, where two may write at a time."""
    Marketplace.open(postgresql_url, create="missing").close()
    opened = open_village(postgresql_url)
    yield opened
    opened.market.close()


def a_night(identity: str, resource: Resource, day: date, at: datetime) -> Reservation:
    """A firm claim on one night."""
    start = datetime.combine(day, datetime.min.time(), UTC)
    return Reservation(
        id=identity,
        resource_id=resource.id,
        cause="block",
        cause_id=identity,
        quantity=1,
        state="confirmed",
        created_at=at,
        start=start,
        end=start + timedelta(days=1),
    )


def both_claim(hillside: Hillside) -> list[BaseException]:
    """Two units of work claim different nights of one home, the second while the first has
    written its bits and is not committed; gives what went wrong."""
    home, at = hillside.home("A"), hillside.market.context.now()
    written, second = threading.Event(), threading.Event()
    wrong: list[BaseException] = []

    def one(number: int) -> None:
        first = FIRST + timedelta(days=number)
        try:
            if number == 1:
                written.wait(30)
            with hillside.market.batch() as work:
                resource = work.find(Resource, listing_id=home.id)
                assert resource is not None
                work.claims.claim([a_night(f"rsv_{number}", resource, first, at)], at)
                work.search.find(Look(Search("homes")))
                if number == 0:
                    written.set()
                    second.wait(2)
                else:
                    second.set()
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return wrong


def test_two_who_change_one_calendar_take_turns(busy: Hillside) -> None:
    """Two units of work that claim nights of one home at the same time both end well, and the
    index knows of both."""
    assert both_claim(busy) == []
    assert busy.sound()
    assert busy.found(start=FIRST, end=FIRST + timedelta(days=1)) == []
    assert busy.found(start=FIRST + timedelta(days=1), end=FIRST + timedelta(days=2)) == []


@pytest.mark.unsound("the protection is taken away")
def test_without_turns_one_of_them_fails(busy: Hillside, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same without taking turns: one of the two fails, or the index misses one of them."""
    monkeypatch.setattr(SearchIndex, "_take_turns", lambda self, resource_id: None)
    assert both_claim(busy) or not busy.sound()


def test_a_lapsed_lease_takes_nothing(hillside: Hillside) -> None:
    """A claim that dies by itself is never in the way of a search after its time, though nobody
    has freed it; before, it is."""
    home = hillside.home("A", units=2)
    at = hillside.market.context.now()
    with hillside.market.batch() as work:
        resource = work.find(Resource, listing_id=home.id)
        assert resource is not None
        claim = evolve(
            a_night("rsv_1", resource, FIRST, at),
            quantity=2,
            state="reserved",
            until=at + timedelta(minutes=5),
        )
        work.claims.claim([claim], at)
    nights = {"start": FIRST, "end": FIRST + timedelta(days=1)}
    assert hillside.found(**nights) == []
    hillside.market.advance(timedelta(minutes=5))
    assert hillside.found(**nights) == ["A"]
    assert hillside.sound()
    with hillside.market.batch() as work:
        work.claims.confirm(["rsv_1"])
    assert hillside.found(**nights) == []
    assert hillside.sound()


WAYS: list[Search] = [
    Search("homes", text="blue"),
    Search("homes", tags=("wifi",)),
    Search("homes", box=Box(-80, -180, 80, 180)),
    Search("homes", box=Box(-80, -180, 80, 180), text="blue"),
    Search("homes", place=LAKE, within_m=5_000_000),
    Search("homes", place=LAKE, within_m=900, text="blue"),
    Search("homes", box=Box(-80, -180, 80, 180), order="price", currency="NPR"),
]


@pytest.mark.parametrize("search", WAYS)
def test_every_way_leads_to_the_same(
    hillside: Hillside, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By cells, by a word or by order: the way that a look takes changes nothing of its answer."""
    for number in range(12):
        title = f"{'blue' if number % 2 else 'red'} {number}"
        place = Place(LAKE.lat + number / 1_000, LAKE.lon)
        hillside.home(title, place=place, amenities=["wifi"] * (number % 3), photos=number % 4)

    def answer() -> list[str]:
        page = hillside.market.listings.search(search, by=hillside.ana)
        return [one.listing_id for one in page]

    there = answer()
    assert there
    for few, a_lot in ((0, 0), (0, 10**6), (10**6, 0), (10**6, 10**6)):
        monkeypatch.setattr(looking, "FEW", few)
        monkeypatch.setattr(looking, "A_LOT", a_lot)
        assert answer() == there


def prepared(hillside: Hillside) -> int:
    """How many statements the server has prepared for searches by prices of every size."""
    prices = [10**power for power in range(13)]
    with hillside.market.context.store.begin(write=False) as work:
        assert isinstance(work, StoredWork)
        for price in prices * 6:
            work.search.find(Look(Search("homes", price=(None, Money(price, "NPR")))))
        count = (
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%place_in_order%'"
        )
        return int(work.connection.exec_driver_sql(count.replace("%", "%%")).scalar_one())


def test_a_search_is_planned_once_whatever_its_numbers(busy: Hillside) -> None:
    """The server keeps one plan for searches that differ in the size of a number alone."""
    assert prepared(busy) == 1


def test_numbers_of_the_drivers_own_choice_are_planned_by_their_size(
    busy: Hillside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same without naming a type: a plan for each of the sizes that a number can have."""
    monkeypatch.setattr(Postgres, "whole", lambda self, value: value)
    assert prepared(busy) > 1


SORTED: list[tuple[Search, str]] = [
    (Search("homes"), "vertical_standing_listing_id"),
    (Search("homes", start=FIRST, end=FIRST + timedelta(days=2)), "vertical_standing_listing_id"),
    (Search("homes", text="blue"), "vertical_standing_listing_id"),
    (Search("homes", price=(None, Money(9, "NPR"))), "vertical_standing_listing_id"),
    (Search("homes", order="price", currency="NPR"), "vertical_price_listing_id"),
]


@pytest.mark.parametrize(("search", "index"), SORTED)
def test_nothing_is_sorted_where_an_index_has_the_order(
    search: Search, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite, which keeps no statistics, a search of everything reads rows in the order that is
    asked for, until the page is full, and never all of them to sort them."""
    monkeypatch.setattr(looking, "FEW", 0)
    store = open_village("sqlite://").market.context.store
    assert isinstance(store, SqlStore)
    shelf = shelf_for(store.tables, store.adapter)
    with store.begin(write=False) as work:
        statement, values = looking.asked(work.runner, shelf, Look(search, slots=(0, 1)))
        plan = Statement("EXPLAIN QUERY PLAN " + statement.sql, statement.names)
        steps = [row[3] for row in work.runner.rows(plan, plan.fill(values))]
    inner = steps[steps.index("MATERIALIZE f") + 1 : steps.index("SCAN f")]
    assert inner[0].startswith(f"SEARCH s USING INDEX search_entry_{index}_ix"), steps
    assert not [step for step in inner if "TEMP B-TREE" in step]


def nights(**said: int) -> Resource:
    """A calendar by the day."""
    return evolve(Resource("r", "l", "nights", kind="counted", grain=timedelta(days=1)), **said)


def test_bits_say_which_grains_are_needed() -> None:
    """A question about grains meets the bits of any of them, over any number of blocks, and of no
    other."""
    for first, last in ((0, 0), (62, 62), (60, 70), (-3, 2), (63, 125), (10, 300)):
        asked = question((first, last))
        for slot in range(first - 3, last + 4):
            ((block, mask),) = masks_of(nights(), [slot]).items()
            assert 0 < mask < 2**BLOCK
            if block == asked["first_block"]:
                meets = bool(mask & asked["first_mask"])
            elif block == asked["last_block"]:
                meets = bool(mask & asked["last_mask"])
            else:
                meets = asked["first_block"] < block < asked["last_block"]
            assert meets == (first <= slot <= last), (first, last, slot)
    assert question(None) == {}


def test_preparation_is_in_the_bits() -> None:
    """A full grain bars every grain whose deal would need it to prepare."""
    assert widened(nights(before=1, after=2), range(10, 11)) == range(8, 12)
    (mask,) = masks_of(nights(before=1, after=2), [10]).values()
    assert mask == sum(1 << bit for bit in (8, 9, 10, 11))


def test_a_span_without_an_end_has_no_bits() -> None:
    """What has no end, or is longer than any deal, is left to the claims."""
    start = datetime(2026, 12, 4, tzinfo=UTC)
    assert slots_of(nights(), start, None) is None
    assert slots_of(nights(), start, start + timedelta(days=10_001)) is None
    assert slots_of(nights(), start, start + timedelta(hours=30)) == range(20791, 20793)
    assert slots_of(nights(), start, start + timedelta(hours=30), whole=True) == range(20791, 20792)
