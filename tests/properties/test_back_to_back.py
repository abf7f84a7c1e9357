"""Deals that touch never conflict, and deals that overlap always do: on either kind of resource."""

import random
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import pytest
from attrs import evolve, frozen

from marketplace import (
    DAY,
    HOUR,
    Bring,
    ManualClock,
    Marketplace,
    Party,
    Pay,
    ResourcePlan,
    SoldOut,
    Transaction,
    hookimpl,
)
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet
from tests.support.lessons import MONDAY, QUARTER, Lessons

KINDS = {
    "single": ResourcePlan("calendar", grain=QUARTER),
    "counted": ResourcePlan("calendar", kind="counted", capacity="rooms", grain=QUARTER),
}
OPENS = MONDAY + 3 * DAY
QUARTERS = 32
"""A day of eight hours."""


@frozen
class Rooms(Lessons):
    """Lessons in so many rooms as a listing has, or at one tutor's calendar."""

    plan: ResourcePlan = KINDS["single"]

    @hookimpl
    def bring(self) -> Bring:
        """The trade of lessons, with another resource."""
        brought = super().bring()
        (vertical,) = brought.verticals
        return evolve(brought, verticals=(evolve(vertical, resources=(self.plan,)),))


class Day:
    """One day of one listing, booked by quarters of an hour."""

    def __init__(self, url: str, kind: str, rooms: int = 1) -> None:
        clock = ManualClock(MONDAY)
        plugins = [Rooms(plan=KINDS[kind]), Sandbox(now=clock.now), Wallet()]
        self.market = Marketplace.open(url, plugins, clock=clock, seed=1)
        self.tutor, *self.people = (self.market.parties.join(name) for name in ("Tom", "Ana", "Bo"))
        attributes = {"per_hour": 4_000, "rooms": rooms}
        listing = self.market.listings.draft(
            "lessons", by=self.tutor, title="Maths", currency="EUR", attributes=attributes
        )
        self.listing = self.market.listings.publish(listing.id, by=self.tutor)

    def book(self, who: Party, first: int, last: int) -> Transaction:
        """From one quarter up to another, which is not part of it."""
        span = {"start": self.at(first), "end": self.at(last)}
        request = self.market.requests.open(
            "lessons", by=who, currency="EUR", listing=self.listing.id, **span
        )
        quote = self.market.quotes.make(request.id, by=who)
        return self.market.transactions.open(quote.id, by=who, pay=Pay("card"))

    def at(self, quarter: int) -> datetime:
        """The moment at which a quarter begins."""
        return OPENS + quarter * QUARTER


def cut(source: random.Random) -> list[tuple[int, int]]:
    """The day cut into pieces that touch each other."""
    inside = sorted(source.sample(range(1, QUARTERS), source.randint(3, 8)))
    edges = [0, *inside, QUARTERS]
    return list(pairwise(edges))


def sold_out(day: Day, pieces: Sequence[tuple[int, int]], source: random.Random) -> int:
    """How many of some spans that overlap a piece were refused: all, or this fails."""
    for first, last in pieces:
        begin = source.randint(max(0, first - 2), last - 1)
        end = source.randint(max(first, begin) + 1, min(QUARTERS, last + 2))
        with pytest.raises(SoldOut):
            day.book(day.people[0], begin, end)
    return len(pieces)


@pytest.mark.attack(33, 32)
@pytest.mark.invariant(26, 23, 24)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_pieces_of_a_day_fit_in_any_order(database_url: str, kind: str, seed: int) -> None:
    """However a day is cut and in whatever order two people book its pieces, all of them are
    booked; then nothing that overlaps any of them is. A piece that is given up is booked again,
    whole, between its neighbours."""
    source = random.Random(seed)
    day = Day(database_url, kind)
    pieces = cut(source)
    source.shuffle(pieces)
    booked = [day.book(source.choice(day.people), *piece) for piece in pieces]
    assert {deal.state for deal in booked} == {"booked"}
    assert sold_out(day, pieces, source) == len(pieces)
    for deal, piece in list(zip(booked, pieces, strict=True))[:3]:
        seats = day.market.transactions.seats(deal.id, by=day.tutor)
        (customer,) = [one.party_id for one in seats if one.role == "customer"]
        day.market.transactions.take(deal.id, "withdraw", by=customer)
        assert day.book(day.people[1], *piece).state == "booked"
    day.market.close()


@pytest.mark.invariant(26, 24)
def test_as_many_as_there_are_rooms_and_no_more(database_url: str) -> None:
    """Three rooms hold three cuts of one day at once, each piece touching the next; the fourth
    person finds none at any moment of it."""
    source = random.Random(7)
    day = Day(database_url, "counted", rooms=3)
    for _ in range(3):
        for piece in cut(source):
            assert day.book(source.choice(day.people), *piece).state == "booked"
    for quarter in range(0, QUARTERS, 5):
        with pytest.raises(SoldOut):
            day.book(day.people[0], quarter, quarter + 1)
    assert day.book(day.people[0], QUARTERS, QUARTERS + 4).state == "booked"
    day.market.close()


@pytest.mark.invariant(26)
@pytest.mark.parametrize("kind", KINDS)
def test_a_deal_moves_to_the_very_end_of_another(database_url: str, kind: str) -> None:
    """A lesson is moved so that it touches its neighbours on both sides, and overlaps its own old
    time; one quarter into a neighbour it cannot be moved."""
    day = Day(database_url, kind)
    one, two = day.people
    day.book(one, 0, 4)
    day.book(one, 8, 12)
    deal = day.book(two, 5, 7)
    take = day.market.transactions.take
    with pytest.raises(SoldOut):
        take(deal.id, "reschedule", by=two, start=day.at(3), end=day.at(6))
    moved = take(deal.id, "reschedule", by=two, start=day.at(4), end=day.at(8))
    assert moved.moments["end"] - moved.moments["start"] == HOUR
    day.market.close()
