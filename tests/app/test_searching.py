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
from tests.support.homes import LAKE, ZONE, Hillside

FIRST, LAST = date(2026, 12, 4), date(2026, 12, 7)
NIGHTS = {"start": FIRST, "end": LAST}


def north(metres: int) -> Place:
    """A place so far north of the lake."""
    return Place(LAKE.lat + metres / 111_195, LAKE.lon)


def test_only_what_is_held_out_is_found(hillside: Hillside) -> None:
    """A draft is not found, what is published is, what is paused is not, what comes back is."""
    listing = hillside.home("A")
    draft = hillside.market.listings.draft("homes", by=hillside.host, title="B", currency="NPR",
                                       attributes={"zone": ZONE})  # fmt: skip
    assert hillside.found() == ["A"]
    hillside.market.listings.pause(listing.id, by=hillside.host)
    assert hillside.found() == []
    hillside.market.listings.publish(draft.id, by=hillside.host)
    hillside.market.listings.publish(listing.id, by=hillside.host)
    assert sorted(hillside.found()) == ["A", "B"]
    hillside.market.listings.withdraw(listing.id, by=hillside.host)
    assert hillside.found() == ["B"]
    assert hillside.sound()


def test_a_change_is_found_at_once(hillside: Hillside) -> None:
    """Title, place, price and every attribute are searched as they are now."""
    listing = hillside.home("Blue house", amenities=["wifi"], guests=2)
    change = hillside.market.listings.change
    change(listing.id, by=hillside.host, title="Red house", place=north(5_000))
    assert hillside.found(text="blue") == []
    assert hillside.found(text="red", place=north(5_000), within_m=100) == ["Red house"]
    assert hillside.found(place=LAKE, within_m=4_000) == []
    said = {"zone": ZONE, "guests": 4, "amenities": ["Hot tub"], "rates": {"nightly": 900}}
    change(listing.id, by=hillside.host, attributes=said)
    assert hillside.found(tags=["wifi"]) == []
    most = (None, Money(900, "NPR"))
    assert hillside.found(tags=["hot TUB"], fits=4, price=most) == ["Red house"]
    assert hillside.sound()


@pytest.mark.parametrize("way", ["block", "deal"])
def test_taken_nights_are_not_found(hillside: Hillside, way: str) -> None:
    """What is taken is not found for any stay that touches it, and again when it is given back;
    who leaves on a day makes room for who arrives on it."""
    listing = hillside.home("A")
    if way == "block":
        block = hillside.block(listing, FIRST, LAST)
    else:
        span = Span.of_days(FIRST, LAST, ZONE)
        request = hillside.market.requests.open(
            "homes",
            by=hillside.bea,
            currency="NPR",
            listing=listing.id,
            start=span.start,
            end=span.end,
        )
        quote = hillside.market.quotes.make(request.id, by=hillside.bea)
        deal = hillside.market.transactions.open(quote.id, by=hillside.bea)
    assert hillside.found(**NIGHTS) == []
    assert hillside.found(start=LAST - timedelta(days=1), end=LAST + timedelta(days=9)) == []
    assert hillside.found(start=LAST, end=date(2026, 12, 9)) == ["A"]
    assert hillside.found(start=date(2026, 12, 1), end=FIRST) == ["A"]
    assert hillside.found() == ["A"]
    if way == "block":
        hillside.market.listings.unblock(block, by=hillside.host)
    else:
        hillside.market.transactions.take(deal.id, "cancel", by=hillside.bea)
    assert hillside.found(**NIGHTS) == ["A"]
    assert hillside.sound()


def test_several_units_are_counted(hillside: Hillside) -> None:
    """With three units of which one is taken, two can be had together and three cannot."""
    listing = hillside.home("A", units=3)
    hillside.block(listing, FIRST, LAST)
    assert hillside.found(**NIGHTS, quantity=2) == ["A"]
    assert hillside.found(**NIGHTS, quantity=3) == []
    hillside.block(listing, FIRST, LAST, quantity=2)
    assert hillside.found(**NIGHTS) == []
    change = hillside.market.listings.change
    change(listing.id, by=hillside.host, attributes={"zone": ZONE, "units": 4})
    assert hillside.found(**NIGHTS) == ["A"]
    assert hillside.sound()


def test_preparation_widens_what_is_taken(hillside: Hillside) -> None:
    """With a night before and two after, a stay is found only where those are free too."""
    listing = hillside.home("A", before=1, after=2)
    hillside.block(listing, date(2026, 12, 10), date(2026, 12, 11))
    stays = {day: hillside.found(start=date(2026, 12, day), end=date(2026, 12, day + 1))
             for day in range(6, 15)}  # fmt: skip
    assert [day for day, titles in stays.items() if titles] == [6, 7, 12, 13, 14]
    assert hillside.sound()


def test_lengths_are_held(hillside: Hillside) -> None:
    """A stay shorter or longer than a home takes does not find it."""
    hillside.home("A", plan={"least": 2, "most": 4})
    lengths = {n: hillside.found(start=FIRST, end=FIRST + timedelta(days=n)) for n in range(1, 6)}
    assert [n for n, titles in lengths.items() if titles] == [2, 3, 4]


def test_gates_have_the_last_word(hillside: Hillside) -> None:
    """What only the vertical's gate can tell is asked of it, and of no home that needs it not;
    the refused can be seen with the reason."""
    simple, picky = hillside.home("simple"), hillside.home("picky", plan={"arrive": 1})
    monday = {"start": date(2026, 12, 14), "end": date(2026, 12, 16)}
    tuesday = {"start": date(2026, 12, 15), "end": date(2026, 12, 16)}
    assert hillside.found(**monday) == ["simple", "picky"]
    assert hillside.found(**tuesday) == ["simple"]
    assert simple.id not in hillside.plugin.asked
    assert picky.id in hillside.plugin.asked
    page = hillside.market.listings.search("homes", by=hillside.ana, refused=True, **tuesday)
    assert {one.title: one.eligible for one in page} == {"simple": True, "picky": False}
    (refused,) = [one for one in page if not one.eligible]
    assert [reason.code for reason in refused.reasons] == ["arrive_on"]
    assert hillside.found() == ["simple", "picky"]


def test_a_full_page_is_found_behind_the_refused(hillside: Hillside) -> None:
    """However many are refused before them, the page is filled with those that can be had."""
    for number in range(30):
        hillside.home(f"picky {number}", plan={"arrive": 7}, photos=10)
    for number in range(3):
        hillside.home(f"simple {number}")
    titles = hillside.found(start=date(2026, 12, 15), end=date(2026, 12, 16), limit=2)
    assert sorted(titles) == ["simple 0", "simple 1", "simple 2"]


@pytest.mark.behaviour("S18")
def test_notice_is_asked_where_the_zone_decides(hillside: Hillside) -> None:
    """A home that wants to know two days ahead is found in a week, not tomorrow, and the gate is
    asked only where it depends on the hour."""
    home = hillside.home("A", plan={"notice_hours": 48, "window_days": 30})
    week = {"start": date(2026, 12, 1), "end": date(2026, 12, 2)}
    assert hillside.found(**week) == ["A"]
    assert home.id not in hillside.plugin.asked
    assert hillside.found(start=date(2026, 11, 25), end=date(2026, 11, 26)) == []
    assert home.id in hillside.plugin.asked
    assert hillside.found(start=date(2026, 11, 26), end=date(2026, 11, 27)) == ["A"]
    assert hillside.found(start=date(2027, 1, 5), end=date(2027, 1, 6)) == []


def test_who_may_not_deal_is_not_found(hillside: Hillside) -> None:
    """Nobody finds their own, whom they blocked, who blocked them, or who is suspended."""
    hillside.home("A")
    search = hillside.market.listings.search
    assert len(search("homes", by=hillside.host)) == 0
    hillside.market.parties.block(hillside.ana.id, by=hillside.host)
    assert hillside.found() == []
    assert len(search("homes", by=hillside.bea)) == 1
    hillside.market.parties.suspend(hillside.host.id, reason="papers")
    assert len(search("homes", by=hillside.bea)) == 0
    (refused,) = search("homes", by=hillside.bea, refused=True)
    assert [reason.code for reason in refused.reasons] == ["not_available"]
    (told,) = search("homes", by=OPERATOR, refused=True)
    assert [reason.code for reason in told.reasons] == ["party_suspended"]


def test_a_score_is_the_sum_of_its_reasons(hillside: Hillside) -> None:
    """Nearness, rank and rating give points, each is told, and the order follows their sum."""
    hillside.home("far", place=north(6_000), photos=10)
    hillside.home("near", photos=2)
    page = hillside.market.listings.search("homes", by=hillside.ana, place=LAKE, within_m=9_000)
    assert [one.title for one in page] == ["near", "far"]
    for one in page:
        assert one.score == sum(reason.params["points"] for reason in one.reasons)
    assert page[0].metres == 0
    assert page[0].reasons[0].params == {"metres": 0, "points": 500}
    assert page[0].score == 500 + 20 + 0 + 150
    assert page[0].price == Money(5_000, "NPR")


def test_reviews_move_a_listing(hillside: Hillside) -> None:
    """A review changes its host's standing at once, also in the index."""
    listing = hillside.home("A")
    span = Span.of_days(FIRST, LAST, ZONE)
    request = hillside.market.requests.open(
        "homes", by=hillside.bea, currency="NPR", listing=listing.id, start=span.start, end=span.end
    )
    quote = hillside.market.quotes.make(request.id, by=hillside.bea)
    deal = hillside.market.transactions.open(quote.id, by=hillside.bea)
    hillside.market.transactions.take(deal.id, "end", by=hillside.host)
    (before,) = hillside.market.listings.search("homes", by=hillside.ana)
    hillside.market.reviews.write(deal.id, by=hillside.bea, rating=1)
    hillside.market.reviews.write(deal.id, by=hillside.host, rating=5)
    (after,) = hillside.market.listings.search("homes", by=hillside.ana)
    assert (before.score, after.score) == (150, 125)
    assert hillside.sound()


@pytest.mark.parametrize("order", ["best", "price", "near"])
def test_pages_follow_one_another(hillside: Hillside, order: str) -> None:
    """Pages give each listing once, in one order, whatever their size; what comes or goes
    between two pages moves no other."""
    homes = [
        hillside.home(
            f"H{n}", place=north(n % 5 * 300), rates={"nightly": 100 * (n % 4)}, photos=n % 3
        )
        for n in range(17)
    ]
    asked = {"place": LAKE, "within_m": 9_000, "currency": "NPR", "order": order}
    whole = hillside.found(**asked, limit=100)
    assert len(whole) == 17
    for limit in (1, 4, 16, 17):
        assert hillside.found(**asked, limit=limit) == whole
    first = hillside.market.listings.search("homes", by=hillside.ana, limit=6, **asked)
    gone = next(one for one in homes if one.title == whole[2])
    hillside.market.listings.pause(gone.id, by=hillside.host)
    assert first.after is not None
    rest = hillside.market.listings.search(
        "homes", by=hillside.ana, after=first.after, limit=50, **asked
    )
    assert [one.title for one in rest] == whole[6:]


def test_a_cursor_is_of_its_search(hillside: Hillside) -> None:
    """A cursor of another search, or something made up, is refused."""
    for number in range(3):
        hillside.home(f"H{number}")
    search = hillside.market.listings.search
    page = search("homes", by=hillside.ana, limit=1)
    assert page.after is not None
    for wrong in ("x", "", "A" * 10_000, "'; DROP TABLE listing", page.after[:-2], "é", 7):
        with pytest.raises(InvalidInput, match="the same search"):
            search("homes", by=hillside.ana, limit=1, after=wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="the same search"):
        search("homes", by=hillside.ana, limit=1, fits=1, after=page.after)


def test_a_box_may_cross_the_date_line(hillside: Hillside) -> None:
    """A box from 179° east to 179° west holds what lies between, on either side."""
    for title, lon in (("east", 179.5), ("west", -179.5), ("Greenwich", 0.0)):
        hillside.home(title, place=Place(-17, lon))
    assert sorted(hillside.found(box=Box(-20, 179, -10, -179))) == ["east", "west"]
    assert hillside.found(box=Box(-20, -10, -10, 10)) == ["Greenwich"]
    around = hillside.found(place=Place(-17, 180), within_m=60_000)
    assert sorted(around) == ["east", "west"]


def test_exact_hours_are_asked_of_the_claims(hillside: Hillside) -> None:
    """A calendar of instants is free up to the minute at which a claim begins, whatever its
    grain."""
    desk = hillside.held_out("desks", "D", LAKE, {"hourly": 100})
    nine = datetime(2026, 12, 1, 9, tzinfo=UTC)
    span = Span(nine + HOUR / 6, nine + 2 * HOUR)
    hillside.market.listings.block_out(desk.id, span, by=hillside.host, resource="hours")
    hours = [(-2, 0), (0, 1 / 6), (0, 0.2), (0.5, 1), (2, 3), (1.9, 3)]
    found = [hillside.found("desks", start=nine + a * HOUR, end=nine + b * HOUR) for a, b in hours]
    assert [bool(titles) for titles in found] == [True, True, False, False, True, False]
    assert hillside.sound()


def test_what_ran_out_is_not_found(hillside: Hillside) -> None:
    """Stock has no time: what is left is found, by words and category, and nothing else."""
    mugs = {"price": 800, "stock": 2, "about": "Hand-made, blue", "category": "kitchen"}
    mug = hillside.held_out("mugs", "Mug", None, mugs)
    assert hillside.found("mugs", text="blue hand", tags=["kitchen"], quantity=2) == ["Mug"]
    assert hillside.found("mugs", quantity=3) == []
    keep = hillside.market.listings.block_out
    keep(mug.id, by=hillside.host, resource="stock")
    assert (hillside.found("mugs"), hillside.found("mugs", quantity=2)) == (["Mug"], [])
    keep(mug.id, by=hillside.host, resource="stock")
    assert hillside.found("mugs") == []
    assert hillside.sound()


def test_a_rebuilt_index_is_the_same(hillside: Hillside) -> None:
    """Built anew from listings and claims, the index finds what it found before."""
    for number in range(5):
        home = hillside.home(f"H{number}", units=1 + number % 2, amenities=["wifi"], after=number)
        hillside.block(home, FIRST, LAST)
    before = hillside.found(start=LAST, end=date(2026, 12, 8))
    assert hillside.market.listings.rebuild_search(by=OPERATOR) == 5
    assert hillside.found(start=LAST, end=date(2026, 12, 8)) == before
    assert hillside.sound()
    with pytest.raises(NotFound, match="no vertical"):
        hillside.market.listings.rebuild_search("desk", by=OPERATOR)


@pytest.mark.unsound("rows of the index are changed by hand")
def test_drift_is_told(hillside: Hillside) -> None:
    """Whatever is changed in the index by hand is named, and built anew."""
    home = hillside.home("A", amenities=["wifi"])
    hillside.block(home, FIRST, LAST)
    for change in (
        "UPDATE search_entry SET price = 1",
        "UPDATE search_taken SET mask = 1",
        "DELETE FROM search_taken",
        "DELETE FROM search_word WHERE word = '#wifi'",
        "DELETE FROM search_entry",
        "UPDATE search_text SET title = 'B'",
    ):
        with hillside.market.batch() as work:
            work.connection.exec_driver_sql(change)
        assert not hillside.sound(), change
        hillside.market.listings.rebuild_search(by=OPERATOR)
        assert hillside.sound(), change


def test_a_search_stores_nothing(hillside: Hillside) -> None:
    """The request that gates are asked about is never kept."""
    hillside.home("A", plan={"arrive": 1})
    hillside.found(**NIGHTS)
    assert hillside.plugin.asked
    with hillside.market.context.store.begin(write=False) as work:
        assert work.select(Request) == []


def test_nothing_is_indexed_twice_in_a_batch(hillside: Hillside) -> None:
    """Many changes of one listing in one unit of work leave what the last of them says; what is
    undone is not indexed."""
    with hillside.market.batch():
        home = hillside.home("A")
        hillside.block(home, FIRST, LAST)
        assert hillside.found(**NIGHTS) == []
        hillside.market.listings.change(home.id, by=hillside.host, title="B")

    def fail_in_the_end() -> None:
        with hillside.market.batch():
            hillside.market.listings.pause(home.id, by=hillside.host)
            hillside.market.listings.pause(hillside.home("C").id, by=hillside.bea)

    with pytest.raises(NotFound):
        fail_in_the_end()
    assert hillside.found() == ["B"]
    assert hillside.sound()


def test_what_an_inner_block_undoes_is_not_indexed(hillside: Hillside) -> None:
    """A refusal inside a batch that goes on takes its changes of the index with it, and leaves
    those that were made before it."""
    home, other = hillside.home("A"), hillside.home("B")

    def change_and_fail() -> None:
        with hillside.market.batch():
            hillside.market.listings.change(home.id, by=hillside.host, title="C")
            hillside.market.listings.pause(other.id, by=hillside.host)
            hillside.home("D")
            hillside.market.listings.pause(home.id, by=hillside.bea)

    with hillside.market.batch():
        hillside.market.listings.change(home.id, by=hillside.host, title="E")
        with pytest.raises(NotFound):
            change_and_fail()
    assert sorted(hillside.found()) == ["B", "E"]
    assert hillside.sound()
