"""Ana looks for a home by the lake, and finds what she can book: no more, and no less."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from marketplace import Box, Money, Place, Refused, Search
from tests.support.inn import open_inn

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
LAKE = Place(28.2096, 83.9586)
ARRIVE, LEAVE = date(2026, 12, 4), date(2026, 12, 7)
HOMES: dict[str, dict[str, Any]] = {
    "plain": {},
    "with a pool": {"amenities": ["Pool", "Wifi"], "description": "Quiet, above the lake"},
    "dear": {"rates": {"nightly": 90_000}},
    "for one": {"guests": 1},
    "for a week": {"plan": {"least": 7}},
    "for a night": {"plan": {"most": 1}},
    "a week, but now": {
        "plan": {"least": 7, "rules": [{"from": "2026-12-01", "to": "2026-12-31", "least": 2}]}
    },
    "closed then": {"plan": {"rules": [{"from": "2026-12-05", "to": "2026-12-05", "open": False}]}},
    "from Sundays": {"plan": {"arrive": ["sun"]}},
    "early birds": {"plan": {"notice_hours": 24 * 30}},
    "not yet": {"plan": {"window_days": 5}},
    "two of it": {"units": 2},
    "taken": {},
}


@pytest.mark.behaviour("S18")
def test_ana_finds_what_she_can_book(database_url: str) -> None:
    """By place or map, dates, guests, price, amenities and text a search gives exactly those homes
    that a request would not be refused for, and shows them where others may see them."""
    inn = open_inn(database_url, at=MONDAY)
    market, stays, hari, ana = inn.market, inn.stays, inn.host, inn.gita
    homes = {}
    for number, (title, said) in enumerate(HOMES.items()):
        given = {"zone": "Asia/Kathmandu", "guests": 2, "rates": {"nightly": 5_000}, **said}
        drafted = market.listings.draft(
            "stays",
            by=hari,
            title=title,
            currency="NPR",
            place=Place(LAKE.lat + number / 2_000, LAKE.lon),
            attributes=given,
        )
        homes[title] = market.listings.publish(drafted.id, by=hari)
    for title, quantity in (("taken", 1), ("two of it", 1)):
        span = stays.span(homes[title], ARRIVE, LEAVE)
        market.listings.block_out(
            homes[title].id, span, by=hari, resource=stays.resource, quantity=quantity
        )

    def found(**criteria: Any) -> set[str]:
        page = market.listings.search("stays", by=ana, limit=50, **criteria)
        assert page.after is None
        return {one.title for one in page}

    dates = {"start": ARRIVE, "end": LEAVE}
    there = found(**dates, fits=2, place=LAKE, within_m=5_000)
    for title, home in homes.items():
        span = stays.span(home, ARRIVE, LEAVE)
        try:
            market.requests.open("stays", by=ana, currency="NPR", listing=home.id, start=span.start,
                                 end=span.end, attributes={"guests": {"adults": 2}})  # fmt: skip
            bookable = True
        except Refused:
            bookable = False
        assert bookable == (title in there), title
        assert bool(market.why.found(home.id, Search("stays", **dates, fits=2), by=ana))
    assert there == {"plain", "with a pool", "dear", "a week, but now", "two of it"}
    assert found(**dates, fits=2, quantity=2) == set()
    assert found(**dates, fits=2, price=(None, Money(5_000, "NPR"))) == there - {"dear"}
    assert found(**dates, tags=["wifi", "pool"], text="above lake") == {"with a pool"}
    box = Box(LAKE.lat - 1, LAKE.lon - 1, LAKE.lat + 1, LAKE.lon + 1)
    assert found(**dates, fits=2, box=box) == there
    for one in market.listings.search("stays", by=ana, place=LAKE, within_m=50_000, limit=50):
        assert one.place is not None
        assert one.place == market.listings.get(one.listing_id, by=ana).place
        assert one.place != homes[one.title].place
        assert one.metres == one.place.metres_to(LAKE)
    assert market.listings.search_drift() == []
    market.close()
