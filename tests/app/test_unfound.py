"""Why a listing is not found, all at once."""

from datetime import date

from marketplace import Box, Money, Place, Search
from tests.support.homes import LAKE, Hillside

FIRST, LAST = date(2026, 12, 4), date(2026, 12, 7)


def north(metres: int) -> Place:
    """A place so far north of the lake."""
    return Place(LAKE.lat + metres / 111_195, LAKE.lon)


def test_why_a_listing_is_not_found(hillside: Hillside) -> None:
    """Everything that speaks against a listing is said at once; of one that is found, what its
    score is made of."""
    listing = hillside.home("A", plan={"least": 5, "arrive": 3}, amenities=["wifi"], rates={})
    hillside.block(listing, FIRST, LAST)
    search = Search(
        "homes",
        place=north(3_000),
        within_m=1_000,
        start=FIRST,
        end=LAST,
        quantity=2,
        fits=5,
        price=(None, Money(1_000, "NPR")),
        tags=("pool",),
        text="villa",
    )
    said = hillside.market.why.found(listing.id, search, by=hillside.ana)
    assert {one.reason.code for one in said} == {
        "search_too_far",
        "search_fits_too_few",
        "search_price",
        "search_tags",
        "search_words",
        "search_units",
        "search_too_short",
        "search_taken",
        "arrive_on",
    }
    assert all(one.text != one.reason.code for one in said)
    found = hillside.market.why.found(
        listing.id, Search("homes", box=Box(28, 83, 29, 84)), by=hillside.ana
    )
    assert [one.reason.code for one in found] == ["search_part"] * 3
    hillside.market.listings.pause(listing.id, by=hillside.host)
    (paused,) = hillside.market.why.found(listing.id, Search("homes"), by=hillside.host)
    assert paused.reason.code == "search_not_published"
