"""A search finds what looking at every listing one by one finds, in the same order."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from attrs import define, field
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace import Box, Conflict, Listing, Money, Place
from tests.support.homes import LAKE, Hillside
from tests.support.profiles import within

FIRST = date(2026, 12, 1)
DAYS = 8
AMENITIES = ("wifi", "pool", "Hot Tub")
WORDS = ("lake", "lakeside", "blue", "house")

places = st.builds(
    lambda north, east: Place(LAKE.lat + north / 1_000, LAKE.lon + east / 1_000),
    st.integers(-30, 30),
    st.integers(-30, 30),
)
some_words = st.lists(st.sampled_from(WORDS), max_size=3)
blocks = st.lists(
    st.tuples(st.integers(0, DAYS - 1), st.integers(1, 3), st.integers(1, 2)), max_size=4
)


@define
class Home:
    """A home as the test knows it: what it says, and how many units are taken of each night."""

    title: str
    place: Place
    said: Mapping[str, Any]
    blocks: list[tuple[int, int, int]]
    taken: dict[int, int] = field(factory=dict)
    listing: Listing | None = None


homes = st.builds(
    Home,
    title=some_words.map(" ".join).map(lambda words: f"home {words}"),
    place=places,
    said=st.fixed_dictionaries(
        {
            "zone": st.sampled_from(("Asia/Kathmandu", "America/New_York")),
            "units": st.integers(1, 3),
            "guests": st.integers(1, 4),
            "before": st.integers(0, 1),
            "after": st.integers(0, 2),
            "amenities": st.lists(st.sampled_from(AMENITIES), unique=True),
            "description": some_words.map(" ".join),
            "photos": st.integers(0, 12),
            "plan": st.fixed_dictionaries({"least": st.integers(1, 2), "most": st.integers(2, 4)}),
            "rates": st.one_of(st.just({}), st.fixed_dictionaries({"nightly": st.integers(0, 5)})),
        }
    ),
    blocks=blocks,
)

stays = st.tuples(st.integers(0, DAYS), st.integers(1, 4)).map(
    lambda stay: {
        "start": FIRST + timedelta(days=stay[0]),
        "end": FIRST + timedelta(days=sum(stay)),
    }
)
areas = st.one_of(
    st.just({}),
    st.builds(lambda at, far: {"place": at, "within_m": far}, places, st.integers(1, 6_000)),
    st.builds(
        lambda a, b: {
            "box": Box(min(a.lat, b.lat), min(a.lon, b.lon), max(a.lat, b.lat), max(a.lon, b.lon))
        },
        places,
        places,
    ),
)
prices = st.tuples(st.none() | st.integers(0, 5), st.none() | st.integers(0, 5)).map(
    lambda pair: tuple(None if one is None else Money(one, "NPR") for one in pair)
)
searches = st.builds(
    lambda area, stay, more: {**area, **stay, **more},
    areas,
    st.just({}) | stays,
    st.fixed_dictionaries(
        {},
        optional={
            "quantity": st.integers(1, 3),
            "fits": st.integers(0, 4),
            "price": prices,
            "tags": st.lists(st.sampled_from(("WIFI", "pool", "hot tub")), unique=True),
            "text": st.lists(st.sampled_from(("la", "lakes", "BLUE", "hou", "se")), min_size=1).map(
                " ".join
            ),
            "order": st.sampled_from(("best", "near", "price")),
        },
    ),
)


def settle(hillside: Hillside, given_homes: list[Home]) -> None:
    """Hold the homes out, alone; keep nights back, as far as there is room."""
    after = None
    while some := hillside.market.listings.list(by=hillside.host, provider=hillside.host.id,
                                               state="published", after=after):  # fmt: skip
        for one in some:
            hillside.market.listings.withdraw(one.id, by=hillside.host)
        after = some.after
        if after is None:
            break
    for home in given_homes:
        home.listing = hillside.held_out("homes", home.title, home.place, home.said)
        for day, length, quantity in home.blocks:
            first = FIRST + timedelta(days=day)
            try:
                hillside.block(home.listing, first, first + timedelta(days=length), quantity,
                              home.said["zone"])  # fmt: skip
            except Conflict:
                continue
            for night in range(day, day + length):
                home.taken[night] = home.taken.get(night, 0) + quantity


def holds(home: Home, search: Mapping[str, Any]) -> bool:
    """Whether one home is what is looked for, by the plain meaning of the words."""
    said, quantity = home.said, search.get("quantity", 1)
    words = f"{home.title} {said['description']}".lower().split()
    price = said["rates"].get("nightly")
    low, high = search.get("price", (None, None))
    rules = [
        "place" not in search or home.place.metres_to(search["place"]) <= search["within_m"],
        "box" not in search or search["box"].holds(home.place),
        said["guests"] * quantity >= search.get("fits", 0),
        said["units"] >= quantity,
        not (("price" in search or search.get("order") == "price") and price is None),
        low is None or (price is not None and price >= low.amount),
        high is None or (price is not None and price <= high.amount),
        {tag.lower() for tag in search.get("tags", ())}
        <= {one.lower() for one in said["amenities"]},
        all(
            any(word.startswith(part.lower()) for word in words)
            for part in search.get("text", "").split()
        ),
    ]
    if "start" in search:
        first, last = ((search[name] - FIRST).days for name in ("start", "end"))
        nights = range(first - said["before"], last + said["after"])
        rules += [
            said["plan"]["least"] <= last - first <= said["plan"]["most"],
            all(home.taken.get(night, 0) + quantity <= said["units"] for night in nights),
        ]
    return all(rules)


@pytest.mark.slow
@settings(
    max_examples=within(dev=12, ci=500, night=20_000),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(homes, min_size=1, max_size=5), st.lists(searches, min_size=3, max_size=6))
def test_a_search_finds_what_looking_one_by_one_finds(
    hillside: Hillside, given_homes: list[Home], asked: list[dict[str, Any]]
) -> None:
    """For any listings, claims and searches: exactly those that hold, each once over all pages,
    sorted by what the order says; and the index is as listings and claims say."""
    for one in given_homes:
        one.taken = {}
    settle(hillside, given_homes)
    ids = {one.listing.id: one for one in given_homes if one.listing is not None}
    for search in asked:
        if search.get("order") == "near" and "place" not in search:
            search = {**search, "order": "best"}
        search = {"currency": "NPR", **search}
        found, after = [], None
        while True:
            page = hillside.market.listings.search(
                "homes", by=hillside.ana, after=after, limit=2, **search
            )
            found += list(page)
            after = page.after
            if after is None:
                break
        right = {identity for identity, home in ids.items() if holds(home, search)}
        assert {one.listing_id for one in found} == right, search
        assert len(found) == len(right)
        order = search.get("order", "best")
        if order == "best":
            keys = [(-one.score, one.listing_id) for one in found]
        elif order == "price":
            keys = [(one.price.amount, one.listing_id) for one in found if one.price is not None]
        else:
            # Points of the index are whole metres: nearly equal distances may change places.
            metres = [one.metres or 0 for one in found]
            assert all(a <= b + 3 for a, b in pairwise(metres))
            continue
        assert keys == sorted(keys)
    assert hillside.sound()
