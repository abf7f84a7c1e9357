"""Searches: only what can be had so, in an order that is explained, page after page."""

from datetime import UTC, date, datetime, timedelta

import pytest

from marketplace import (
    HOUR,
    OPERATOR,
    Box,
    InvalidInput,
    Money,
    NotFound,
    Place,
    Request,
    Span,
)
from tests.support.homes import LAKE, ZONE, Village

FIRST, LAST = date(2026, 12, 4), date(2026, 12, 7)
NIGHTS = {"start": FIRST, "end": LAST}


def north(metres: int) -> Place:
    """A place so far north of the lake."""
    return Place(LAKE.lat + metres / 111_195, LAKE.lon)


def test_only_what_is_held_out_is_found(village: Village) -> None:
    """A draft is not found, what is published is, what is paused is not, what comes back is."""
    listing = village.home("A")
    draft = village.market.listings.draft("homes", by=village.host, title="B", currency="NPR",
                                       attributes={"zone": ZONE})  # fmt: skip
    assert village.found() == ["A"]
    village.market.listings.pause(listing.id, by=village.host)
    assert village.found() == []
    village.market.listings.publish(draft.id, by=village.host)
    village.market.listings.publish(listing.id, by=village.host)
    assert sorted(village.found()) == ["A", "B"]
    village.market.listings.withdraw(listing.id, by=village.host)
    assert village.found() == ["B"]
    assert village.sound()


def test_a_change_is_found_at_once(village: Village) -> None:
    """Title, place, price and every attribute are searched as they are now."""
    listing = village.home("Blue house", amenities=["wifi"], guests=2)
    change = village.market.listings.change
    change(listing.id, by=village.host, title="Red house", place=north(5_000))
    assert village.found(text="blue") == []
    assert village.found(text="red", place=north(5_000), within_m=100) == ["Red house"]
    assert village.found(place=LAKE, within_m=4_000) == []
    said = {"zone": ZONE, "guests": 4, "amenities": ["Hot tub"], "rates": {"nightly": 900}}
    change(listing.id, by=village.host, attributes=said)
    assert village.found(tags=["wifi"]) == []
    most = (None, Money(900, "NPR"))
    assert village.found(tags=["hot TUB"], fits=4, price=most) == ["Red house"]
    assert village.sound()


@pytest.mark.parametrize("way", ["block", "deal"])
def test_taken_nights_are_not_found(village: Village, way: str) -> None:
    """What is taken is not found for any stay that touches it, and again when it is given back;
    who leaves on a day makes room for who arrives on it."""
    listing = village.home("A")
    if way == "block":
        block = village.block(listing, FIRST, LAST)
    else:
        span = Span.of_days(FIRST, LAST, ZONE)
        request = village.market.requests.open(
            "homes",
            by=village.bea,
            currency="NPR",
            listing=listing.id,
            start=span.start,
            end=span.end,
        )
        quote = village.market.quotes.make(request.id, by=village.bea)
        deal = village.market.transactions.open(quote.id, by=village.bea)
    assert village.found(**NIGHTS) == []
    assert village.found(start=LAST - timedelta(days=1), end=LAST + timedelta(days=9)) == []
    assert village.found(start=LAST, end=date(2026, 12, 9)) == ["A"]
    assert village.found(start=date(2026, 12, 1), end=FIRST) == ["A"]
    assert village.found() == ["A"]
    if way == "block":
        village.market.listings.unblock(block, by=village.host)
    else:
        village.market.transactions.take(deal.id, "cancel", by=village.bea)
    assert village.found(**NIGHTS) == ["A"]
    assert village.sound()


def test_several_units_are_counted(village: Village) -> None:
    """With three units of which one is taken, two can be had together and three cannot."""
    listing = village.home("A", units=3)
    village.block(listing, FIRST, LAST)
    assert village.found(**NIGHTS, quantity=2) == ["A"]
    assert village.found(**NIGHTS, quantity=3) == []
    village.block(listing, FIRST, LAST, quantity=2)
    assert village.found(**NIGHTS) == []
    change = village.market.listings.change
    change(listing.id, by=village.host, attributes={"zone": ZONE, "units": 4})
    assert village.found(**NIGHTS) == ["A"]
    assert village.sound()


def test_preparation_widens_what_is_taken(village: Village) -> None:
    """With a night before and two after, a stay is found only where those are free too."""
    listing = village.home("A", before=1, after=2)
    village.block(listing, date(2026, 12, 10), date(2026, 12, 11))
    stays = {day: village.found(start=date(2026, 12, day), end=date(2026, 12, day + 1))
             for day in range(6, 15)}  # fmt: skip
    assert [day for day, titles in stays.items() if titles] == [6, 7, 12, 13, 14]
    assert village.sound()


def test_lengths_are_held(village: Village) -> None:
    """A stay shorter or longer than a home takes does not find it."""
    village.home("A", plan={"least": 2, "most": 4})
    lengths = {n: village.found(start=FIRST, end=FIRST + timedelta(days=n)) for n in range(1, 6)}
    assert [n for n, titles in lengths.items() if titles] == [2, 3, 4]


def test_gates_have_the_last_word(village: Village) -> None:
    """What only the vertical's gate can tell is asked of it, and of no home that needs it not;
    the refused can be seen with the reason."""
    simple, picky = village.home("simple"), village.home("picky", plan={"arrive": 1})
    monday = {"start": date(2026, 12, 14), "end": date(2026, 12, 16)}
    tuesday = {"start": date(2026, 12, 15), "end": date(2026, 12, 16)}
    assert village.found(**monday) == ["simple", "picky"]
    assert village.found(**tuesday) == ["simple"]
    assert simple.id not in village.plugin.asked
    assert picky.id in village.plugin.asked
    page = village.market.listings.search("homes", by=village.ana, refused=True, **tuesday)
    assert {one.title: one.eligible for one in page} == {"simple": True, "picky": False}
    (refused,) = [one for one in page if not one.eligible]
    assert [reason.code for reason in refused.reasons] == ["arrive_on"]
    assert village.found() == ["simple", "picky"]


def test_a_full_page_is_found_behind_the_refused(village: Village) -> None:
    """However many are refused before them, the page is filled with those that can be had."""
    for number in range(30):
        village.home(f"picky {number}", plan={"arrive": 7}, photos=10)
    for number in range(3):
        village.home(f"simple {number}")
    titles = village.found(start=date(2026, 12, 15), end=date(2026, 12, 16), limit=2)
    assert sorted(titles) == ["simple 0", "simple 1", "simple 2"]


def test_notice_is_asked_where_the_zone_decides(village: Village) -> None:
    """A home that wants to know two days ahead is found in a week, not tomorrow, and the gate is
    asked only where it depends on the hour."""
    home = village.home("A", plan={"notice_hours": 48, "window_days": 30})
    week = {"start": date(2026, 12, 1), "end": date(2026, 12, 2)}
    assert village.found(**week) == ["A"]
    assert home.id not in village.plugin.asked
    assert village.found(start=date(2026, 11, 25), end=date(2026, 11, 26)) == []
    assert home.id in village.plugin.asked
    assert village.found(start=date(2026, 11, 26), end=date(2026, 11, 27)) == ["A"]
    assert village.found(start=date(2027, 1, 5), end=date(2027, 1, 6)) == []


def test_who_may_not_deal_is_not_found(village: Village) -> None:
    """Nobody finds their own, whom they blocked, who blocked them, or who is suspended."""
    village.home("A")
    search = village.market.listings.search
    assert len(search("homes", by=village.host)) == 0
    village.market.parties.block(village.ana.id, by=village.host)
    assert village.found() == []
    assert len(search("homes", by=village.bea)) == 1
    village.market.parties.suspend(village.host.id, reason="papers")
    assert len(search("homes", by=village.bea)) == 0
    (refused,) = search("homes", by=village.bea, refused=True)
    assert [reason.code for reason in refused.reasons] == ["not_available"]
    (told,) = search("homes", by=OPERATOR, refused=True)
    assert [reason.code for reason in told.reasons] == ["party_suspended"]


def test_a_score_is_the_sum_of_its_reasons(village: Village) -> None:
    """Nearness, rank and rating give points, each is told, and the order follows their sum."""
    village.home("far", place=north(6_000), photos=10)
    village.home("near", photos=2)
    page = village.market.listings.search("homes", by=village.ana, place=LAKE, within_m=9_000)
    assert [one.title for one in page] == ["near", "far"]
    for one in page:
        assert one.score == sum(reason.params["points"] for reason in one.reasons)
    assert page[0].metres == 0
    assert page[0].reasons[0].params == {"metres": 0, "points": 500}
    assert page[0].score == 500 + 20 + 0 + 150
    assert page[0].price == Money(5_000, "NPR")


def test_reviews_move_a_listing(village: Village) -> None:
    """A review changes its host's standing at once, also in the index."""
    listing = village.home("A")
    span = Span.of_days(FIRST, LAST, ZONE)
    request = village.market.requests.open(
        "homes", by=village.bea, currency="NPR", listing=listing.id, start=span.start, end=span.end
    )
    quote = village.market.quotes.make(request.id, by=village.bea)
    deal = village.market.transactions.open(quote.id, by=village.bea)
    village.market.transactions.take(deal.id, "end", by=village.host)
    (before,) = village.market.listings.search("homes", by=village.ana)
    village.market.reviews.write(deal.id, by=village.bea, rating=1)
    village.market.reviews.write(deal.id, by=village.host, rating=5)
    (after,) = village.market.listings.search("homes", by=village.ana)
    assert (before.score, after.score) == (150, 125)
    assert village.sound()


@pytest.mark.parametrize("order", ["best", "price", "near"])
def test_pages_follow_one_another(village: Village, order: str) -> None:
    """Pages give each listing once, in one order, whatever their size; what comes or goes
    between two pages moves no other."""
    homes = [
        village.home(
            f"H{n}", place=north(n % 5 * 300), rates={"nightly": 100 * (n % 4)}, photos=n % 3
        )
        for n in range(17)
    ]
    asked = {"place": LAKE, "within_m": 9_000, "currency": "NPR", "order": order}
    whole = village.found(**asked, limit=100)
    assert len(whole) == 17
    for limit in (1, 4, 16, 17):
        assert village.found(**asked, limit=limit) == whole
    first = village.market.listings.search("homes", by=village.ana, limit=6, **asked)
    gone = next(one for one in homes if one.title == whole[2])
    village.market.listings.pause(gone.id, by=village.host)
    assert first.after is not None
    rest = village.market.listings.search(
        "homes", by=village.ana, after=first.after, limit=50, **asked
    )
    assert [one.title for one in rest] == whole[6:]


def test_a_cursor_is_of_its_search(village: Village) -> None:
    """A cursor of another search, or something made up, is refused."""
    for number in range(3):
        village.home(f"H{number}")
    search = village.market.listings.search
    page = search("homes", by=village.ana, limit=1)
    assert page.after is not None
    for wrong in ("x", "", "A" * 10_000, "'; DROP TABLE listing", page.after[:-2], "é", 7):
        with pytest.raises(InvalidInput, match="the same search"):
            search("homes", by=village.ana, limit=1, after=wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="the same search"):
        search("homes", by=village.ana, limit=1, fits=1, after=page.after)


def test_a_box_may_cross_the_date_line(village: Village) -> None:
    """A box from 179° east to 179° west holds what lies between, on either side."""
    for title, lon in (("east", 179.5), ("west", -179.5), ("Greenwich", 0.0)):
        village.home(title, place=Place(-17, lon))
    assert sorted(village.found(box=Box(-20, 179, -10, -179))) == ["east", "west"]
    assert village.found(box=Box(-20, -10, -10, 10)) == ["Greenwich"]
    around = village.found(place=Place(-17, 180), within_m=60_000)
    assert sorted(around) == ["east", "west"]


def test_exact_hours_are_asked_of_the_claims(village: Village) -> None:
    """A calendar of instants is free up to the minute at which a claim begins, whatever its
    grain."""
    desk = village.held_out("desks", "D", LAKE, {"hourly": 100})
    nine = datetime(2026, 12, 1, 9, tzinfo=UTC)
    span = Span(nine + HOUR / 6, nine + 2 * HOUR)
    village.market.listings.block_out(desk.id, span, by=village.host, resource="hours")
    hours = [(-2, 0), (0, 1 / 6), (0, 0.2), (0.5, 1), (2, 3), (1.9, 3)]
    found = [village.found("desks", start=nine + a * HOUR, end=nine + b * HOUR) for a, b in hours]
    assert [bool(titles) for titles in found] == [True, True, False, False, True, False]
    assert village.sound()


def test_what_ran_out_is_not_found(village: Village) -> None:
    """Stock has no time: what is left is found, by words and category, and nothing else."""
    mugs = {"price": 800, "stock": 2, "about": "Hand-made, blue", "category": "kitchen"}
    mug = village.held_out("mugs", "Mug", None, mugs)
    assert village.found("mugs", text="blue hand", tags=["kitchen"], quantity=2) == ["Mug"]
    assert village.found("mugs", quantity=3) == []
    keep = village.market.listings.block_out
    keep(mug.id, by=village.host, resource="stock")
    assert (village.found("mugs"), village.found("mugs", quantity=2)) == (["Mug"], [])
    keep(mug.id, by=village.host, resource="stock")
    assert village.found("mugs") == []
    assert village.sound()


def test_a_rebuilt_index_is_the_same(village: Village) -> None:
    """Built anew from listings and claims, the index finds what it found before."""
    for number in range(5):
        home = village.home(f"H{number}", units=1 + number % 2, amenities=["wifi"], after=number)
        village.block(home, FIRST, LAST)
    before = village.found(start=LAST, end=date(2026, 12, 8))
    assert village.market.listings.rebuild_search(by=OPERATOR) == 5
    assert village.found(start=LAST, end=date(2026, 12, 8)) == before
    assert village.sound()
    with pytest.raises(NotFound, match="no vertical"):
        village.market.listings.rebuild_search("desk", by=OPERATOR)


@pytest.mark.unsound("rows of the index are changed by hand")
def test_drift_is_told(village: Village) -> None:
    """Whatever is changed in the index by hand is named, and built anew."""
    home = village.home("A", amenities=["wifi"])
    village.block(home, FIRST, LAST)
    for change in (
        "UPDATE search_entry SET price = 1",
        "UPDATE search_taken SET mask = 1",
        "DELETE FROM search_taken",
        "DELETE FROM search_word WHERE word = '#wifi'",
        "DELETE FROM search_entry",
        "UPDATE search_text SET title = 'B'",
    ):
        with village.market.batch() as work:
            work.connection.exec_driver_sql(change)
        assert not village.sound(), change
        village.market.listings.rebuild_search(by=OPERATOR)
        assert village.sound(), change


def test_a_search_stores_nothing(village: Village) -> None:
    """The request that gates are asked about is never kept."""
    village.home("A", plan={"arrive": 1})
    village.found(**NIGHTS)
    assert village.plugin.asked
    with village.market.context.store.begin(write=False) as work:
        assert work.select(Request) == []


def test_nothing_is_indexed_twice_in_a_batch(village: Village) -> None:
    """Many changes of one listing in one unit of work leave what the last of them says; what is
    undone is not indexed."""
    with village.market.batch():
        home = village.home("A")
        village.block(home, FIRST, LAST)
        assert village.found(**NIGHTS) == []
        village.market.listings.change(home.id, by=village.host, title="B")

    def fail_in_the_end() -> None:
        with village.market.batch():
            village.market.listings.pause(home.id, by=village.host)
            village.market.listings.pause(village.home("C").id, by=village.bea)

    with pytest.raises(NotFound):
        fail_in_the_end()
    assert village.found() == ["B"]
    assert village.sound()
