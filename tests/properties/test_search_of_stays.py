"""A search for stays finds what asking every home's calendar finds, night by night."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import define
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from marketplace import (
    DAY,
    Box,
    Conflict,
    Gate,
    Listing,
    ManualClock,
    Marketplace,
    MatchQuestion,
    Money,
    Party,
    Place,
    Refused,
    Search,
    hookimpl,
)
from marketplace.plugins.stays import Stays, stay
from tests.support.profiles import within

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TODAY = date(2026, 11, 23)
LAKE = Place(28.2096, 83.9586)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = 12
"""Days from today on in which everything here happens."""

days = st.integers(0, SPAN)
weekdays = st.lists(st.sampled_from(WEEKDAYS), min_size=5, max_size=7, unique=True)


def rule(first: int, length: int, said: Mapping[str, Any]) -> dict[str, Any]:
    """An exception of a plan."""
    begins = TODAY + timedelta(days=first)
    ends = begins + timedelta(days=length)
    return {"from": begins.isoformat(), "to": ends.isoformat(), **said}


rules = st.lists(
    st.builds(
        rule,
        days,
        st.integers(0, 3),
        st.fixed_dictionaries(
            {},
            optional={
                "open": st.sampled_from((True, True, False)),
                "least": st.integers(1, 3),
                "arrive": weekdays,
                "leave": weekdays,
                "price": st.integers(1, 9).map(lambda one: one * 1_000),
            },
        ),
    ),
    max_size=2,
)
homes = st.fixed_dictionaries(
    {
        "zone": st.sampled_from(("Asia/Kathmandu", "America/New_York", "Pacific/Auckland")),
        "units": st.integers(1, 2),
        "guests": st.integers(1, 3),
        "before": st.integers(0, 1),
        "after": st.integers(0, 1),
        "amenities": st.lists(st.sampled_from(("wifi", "Pool")), unique=True),
        "description": st.sampled_from(("a quiet room", "above the lake", "")),
        "plan": st.fixed_dictionaries(
            {"rules": rules},
            optional={
                "least": st.integers(1, 2),
                "most": st.integers(2, 5),
                "notice_hours": st.sampled_from((0, 24, 60)),
                "window_days": st.integers(9, SPAN),
                "arrive": weekdays,
                "leave": weekdays,
            },
        ),
        "rates": st.one_of(
            st.just({}), st.fixed_dictionaries({"nightly": st.sampled_from((4_000, 8_000))})
        ),
    }
)
blocks = st.lists(st.tuples(days, st.integers(1, 2), st.integers(1, 2)), max_size=2)
dates = {"first": st.integers(2, SPAN - 2), "nights": st.integers(1, 4)}
wishes = st.one_of(
    st.fixed_dictionaries(
        dates, optional={"fits": st.integers(1, 3), "quantity": st.integers(1, 2)}
    ),
    st.fixed_dictionaries(
        dates,
        optional={
            "fits": st.integers(1, 2),
            "price": st.sampled_from(((None, 5_000), (5_000, None), (4_000, 8_000))),
            "tags": st.just(["wifi"]),
            "text": st.sampled_from(("lake", "quiet")),
            "where": st.sampled_from(("near", "box")),
        },
    ),
)


@define
class World:
    """A marketplace of stays alone, with a host and one who looks."""

    market: Marketplace
    stays: Stays
    host: Party
    ana: Party

    def settle(
        self, drawn: list[tuple[dict[str, Any], list[tuple[int, int, int]]]]
    ) -> list[Listing]:
        """Hold these homes out, and no others; block what there is room for."""
        for one in self.market.listings.list(by=self.host, state="published", limit=50):
            self.market.listings.withdraw(one.id, by=self.host)
        found = []
        for number, (said, taken) in enumerate(drawn):
            place = Place(LAKE.lat + number / 100, LAKE.lon)
            home = self.market.listings.draft(
                "stays",
                by=self.host,
                title=f"home {number}",
                currency="NPR",
                place=place,
                attributes=said,
            )
            found.append(self.market.listings.publish(home.id, by=self.host))
            for first, nights, units in taken:
                begins = TODAY + timedelta(days=first)
                span = self.stays.span(found[-1], begins, begins + timedelta(days=nights))
                try:
                    self.market.listings.block_out(
                        home.id, span, by=self.host, resource="nights", quantity=units
                    )
                except Conflict:
                    continue
        return found

    def criteria(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """A wish in the words of a search."""
        begins = TODAY + timedelta(days=wish["first"])
        found = {"start": begins, "end": begins + timedelta(days=wish["nights"])}
        found |= {name: wish[name] for name in ("fits", "quantity", "tags", "text") if name in wish}
        if "price" in wish:
            found["price"] = tuple(x if x is None else Money(x, "NPR") for x in wish["price"])
        if wish.get("where") == "near":
            found |= {"place": LAKE, "within_m": 1_900}
        elif wish.get("where") == "box":
            found["box"] = Box(LAKE.lat - 0.005, LAKE.lon - 1, LAKE.lat + 0.018, LAKE.lon + 1)
        return found

    def fits(self, home: Listing, wish: Mapping[str, Any]) -> bool:
        """Whether a home's own calendar, read night by night as a guest, allows the stay."""
        said, units, nights = home.attributes, wish.get("quantity", 1), wish["nights"]
        before, after = said["before"], said["after"]
        arrive = TODAY + timedelta(days=wish["first"])
        shown = self.stays.calendar(
            self.market,
            home.id,
            by=self.ana,
            start=arrive - before * DAY,
            days=before + nights + max(after, 1),
        )
        there = shown[before : before + nights]
        first, leaves = there[0], shown[before + nights]
        price = said["rates"].get("nightly")
        low, high = wish.get("price", (None, None))
        shown_at = self.market.listings.get(home.id, by=self.ana).place
        assert shown_at is not None
        return all(
            (
                all(night.bookable for night in there),
                all(night.free >= units for night in shown[: before + nights + after]),
                first.arrive and leaves.leave,
                nights >= first.least and (first.most is None or nights <= first.most),
                said["guests"] * units >= wish.get("fits", 1),
                "price" not in wish or price is not None,
                low is None or (price is not None and price >= low),
                high is None or (price is not None and price <= high),
                "tags" not in wish or "wifi" in said["amenities"],
                "text" not in wish or wish["text"] in said["description"],
                wish.get("where") != "near" or shown_at.metres_to(LAKE) <= 1_900,
                wish.get("where") != "box" or self.criteria(wish)["box"].holds(shown_at),
            )
        )

    def can_ask(self, home: Listing, wish: Mapping[str, Any]) -> bool:
        """Whether a request for these dates is taken, by those who know which home they want."""
        begins = TODAY + timedelta(days=wish["first"])
        span = self.stays.span(home, begins, begins + timedelta(days=wish["nights"]))
        try:
            asked = self.market.requests.open(
                "stays",
                by=self.ana,
                currency="NPR",
                listing=home.id,
                start=span.start,
                end=span.end,
                quantity=wish.get("quantity", 1),
                attributes={"guests": {"adults": wish.get("fits", 1)}},
            )
        except Refused:
            return False
        self.market.requests.withdraw(asked.id, by=self.ana)
        return True


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """Yield a world on each database."""
    plugin = Stays(processes=(stay(),))
    market = Marketplace.open(database_url, [plugin], clock=ManualClock(NOW), seed=1)
    yield World(market, plugin, market.parties.join("Hari"), market.parties.join("Ana"))
    market.close()


@pytest.mark.behaviour("S18")
@settings(
    max_examples=within(dev=8, ci=25, night=5_000),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.tuples(homes, blocks), min_size=1, max_size=4),
    st.lists(wishes, min_size=2, max_size=5),
)
def test_a_search_finds_the_homes_whose_calendars_allow_the_stay(
    world: World,
    drawn: list[tuple[dict[str, Any], list[tuple[int, int, int]]]],
    asked: list[dict[str, Any]],
) -> None:
    """For any plans, blocks and wishes: found is what each calendar allows, in that length, from
    that weekday, with that notice, for so many guests; where only dates and guests are asked it is
    what a request is taken for; and every home says why it was found or not."""
    listings = world.settle(drawn)
    for wish in asked:
        criteria = world.criteria(wish)
        page = world.market.listings.search(
            "stays", by=world.ana, currency="NPR", limit=50, **criteria
        )
        found = {one.listing_id for one in page}
        assert page.after is None
        right = {home.id for home in listings if world.fits(home, wish)}
        event(f"found {len(right)} of {len(listings)}")
        assert found == right, (wish, [home.attributes for home in listings])
        plain = not {"price", "tags", "text", "where"} & wish.keys()
        for home in listings:
            if plain:
                assert world.can_ask(home, wish) == (home.id in found), (wish, home.attributes)
            because = world.market.why.found(
                home.id, Search("stays", currency="NPR", **criteria), by=world.ana
            )
            assert because
    assert world.market.listings.search_drift() == []


class Silent(Stays):
    """Stays whose gates say nothing."""

    @hookimpl
    def refuse_match(self, question: MatchQuestion) -> list[Gate]:
        """Nobody is refused."""
        return []


@pytest.mark.parametrize(
    "said",
    [
        {"arrive": ["sun"]},
        {"leave": ["sun"]},
        {"rules": [{"from": "2026-11-26", "least": 3}]},
        {"rules": [{"from": "2026-11-27", "open": False}]},
    ],
)
def test_without_its_gates_a_search_finds_too_much(said: dict[str, Any]) -> None:
    """The control: rules by date and weekday are the gates' to know, and a search that does not ask
    them shows homes that the calendar denies."""
    home = {"zone": "Asia/Kathmandu", "before": 0, "after": 0, "guests": 2, "units": 1,
            "rates": {"nightly": 4_000}, "plan": said}  # fmt: skip
    wish = {"first": 3, "nights": 2}
    for plugin, found_too_much in ((Stays(processes=(stay(),)), 0), (Silent((stay(),)), 1)):
        market = Marketplace.open("sqlite://", [plugin], clock=ManualClock(NOW), seed=1)
        world = World(market, plugin, market.parties.join("Hari"), market.parties.join("Ana"))
        (listing,) = world.settle([(home, [])])
        page = market.listings.search("stays", by=world.ana, **world.criteria(wish))
        assert not world.fits(listing, wish)
        assert len(page.items) == found_too_much
        market.close()
