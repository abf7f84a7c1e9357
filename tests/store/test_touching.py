"""Looking for the claims that touch a span: all of them, and none of the history before."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest

from marketplace.domain.reservation import Reservation, Resource
from marketplace.errors import InvalidInput, SoldOut
from marketplace.store.opening import open_store
from marketplace.store.store import SqlStore
from tests.store.making import DAY, HOUR, NOW, claim, resource, with_resources

HOTEL = resource("re_1", kind="counted", capacity=3, grain=DAY)
DESKS = resource("re_2", kind="counted", capacity=2, grain=6 * HOUR)
HOME = resource("re_3", grain=DAY)
STOCK = resource("re_4", kind="counted", capacity=9)
ALL = (HOTEL, DESKS, HOME, STOCK)
TRIES = 160


def filled(store: SqlStore, chance: Random) -> None:
    """As many claims as fit, of all lengths: on the grain and off it, firm, held and freed."""
    with_resources(store, *ALL)
    for number in range(TRIES):
        of = chance.choice(ALL[:3])
        start = chance.randrange(-40, 40) + chance.choice((0, 0, 0, 0.25, 0.3))
        length = chance.choice((0.1, 0.25, 1, 1, 2, 3, 30))
        one = claim(
            f"c{number:03}",
            of.id,
            start,
            start + length,
            quantity=chance.choice((1, 1, 2)),
            state=chance.choice(("reserved", "confirmed")),
        )
        try:
            with store.begin() as work:
                work.claims.claim([one], NOW)
        except SoldOut:
            continue
        if chance.random() < 0.2:
            with store.begin() as work:
                work.claims.free([one.id])
    with store.begin() as work:
        work.claims.claim([claim("stock", STOCK.id, quantity=4)], NOW)
        lonely = [claim("before", HOME.id, None, -60), claim("after", HOME.id, 90, None)]
        work.claims.claim(lonely, NOW)


def touches(one: Reservation, start: datetime, end: datetime | None) -> bool:
    """Whether a claim shares an instant with a span, by its own words."""
    if one.end is not None and one.end <= start:
        return False
    return end is None or one.start is None or one.start < end


@pytest.mark.invariant(23, 24)
@pytest.mark.parametrize("seed", range(4))
def test_all_that_touch_a_span_are_found(store: SqlStore, seed: int) -> None:
    """Whatever the calendar counts, wherever a span and the claims begin: those that share an
    instant with it are found, each once, and no others, whether or not the calendars are known;
    and the grains tell how much is taken at once."""
    chance = Random(seed)
    filled(store, chance)
    with store.begin(write=False) as work:
        every = work.claims.live([one.id for one in ALL], None, None)
        assert len(every) > 40
        for _ in range(120):
            start = NOW + chance.choice((DAY, DAY, 6 * HOUR, HOUR)) * chance.randrange(-60, 60)
            end = start + chance.choice((HOUR, DAY, 7 * DAY, 40 * DAY))
            for until in (end, None):
                right = [one.id for one in every if touches(one, start, until)]
                for known in ((), ALL[:2], ALL):
                    found = work.claims.live([one.id for one in ALL], start, until, known)
                    assert [one.id for one in found] == right
            most = work.claims.most_taken([HOTEL, DESKS], start, end)
            assert most == {one.id: busiest(one, every, start, end) for one in (HOTEL, DESKS)}


def busiest(of: Resource, every: list[Reservation], start: datetime, end: datetime) -> int:
    """The most that claims take of one grain that the span touches."""
    assert of.grain is not None
    zero = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    begins = zero + (start - zero) // of.grain * of.grain
    most = 0
    while begins < end:
        there = [
            one.quantity
            for one in every
            if one.resource_id == of.id and touches(one, begins, begins + of.grain)
        ]
        most = max(most, sum(there))
        begins += of.grain
    return most


def steps(kind: str, bookings: int) -> list[int]:
    """What SQLite's machine does for a look and for a refused claim, in its own steps."""
    store = open_store("sqlite://")
    of = Resource("re_1", "li_1", "nights", kind=kind, grain=DAY)  # type: ignore[arg-type]
    with_resources(store, of)
    with store.begin() as work:
        for number in range(bookings):
            start = 3 * (number - bookings // 2)
            booked = claim(f"c{number:06}", "re_1", start, start + 2, state="confirmed")
            work.claims.claim([booked], NOW, [of])
    counts: list[int] = []

    def counted() -> int:
        counts[-1] += 1
        return 0

    with store.begin() as work:
        driver = work.connection.connection.driver_connection
        assert driver is not None
        for refused in (False, True):
            counts.append(0)
            driver.set_progress_handler(counted, 1)
            if refused:
                with pytest.raises(SoldOut):
                    work.claims.claim([claim("new", "re_1", 1, 4)], NOW, [of])
            else:
                found = work.claims.live(["re_1"], NOW + DAY, NOW + 4 * DAY, [of])
                assert [one.start for one in found] == [NOW, NOW + 3 * DAY]
            driver.set_progress_handler(None, 1)
    store.close()
    return counts


@pytest.mark.parametrize("kind", ["counted", "single"])
def test_a_look_does_not_grow_with_history(kind: str) -> None:
    """A look among a thousand bookings, and a claim that finds no room, cost the database no more
    than among ten: nothing is read that does not touch the span."""
    few, many = steps(kind, 10), steps(kind, 1_000)
    assert all(more <= less + 12 for less, more in zip(few, many, strict=True)), (few, many)


def test_what_has_no_grains_is_not_asked_by_them(memory: SqlStore) -> None:
    """How much is taken at once is told of calendars that count."""
    with_resources(memory, *ALL)
    with memory.begin(write=False) as work:
        assert work.claims.most_taken([], NOW, NOW + timedelta(days=1)) == {}
        for one in (HOME, STOCK):
            with pytest.raises(InvalidInput, match="has no grains"):
                work.claims.most_taken([one], NOW, NOW + timedelta(days=1))
