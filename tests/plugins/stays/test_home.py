"""Homes and wishes: read from listings and requests, or refused by name."""

from typing import Any

import pytest
from attrs import evolve

from marketplace import DAY, HOUR, MINUTE, InvalidInput, Request
from marketplace.plugins.stays.home import Guests, Home, Wish, faults
from tests.plugins.stays.homes import NEW_YEAR, listing


def request(**fields: Any) -> Request:
    """A request for a night."""
    defaults: dict[str, Any] = {"start": NEW_YEAR, "end": NEW_YEAR + DAY}
    return Request("req_1", "stays", "pty_2", "USD", NEW_YEAR, **{**defaults, **fields})


def test_a_wish_without_dates_is_none() -> None:
    """A request may be open for long before it names dates."""
    assert Wish.of(request(end=None)) is None
    assert Wish.of(request(start=None)) is None
    wish = Wish.of(request(quantity=2, attributes={"guests": {"adults": 3, "infants": 1}}))
    assert wish is not None
    assert (wish.units, wish.guests.counted, wish.rate) == (2, 3, "standard")


@pytest.mark.parametrize("value", [1.0, True, "2", None])
def test_half_a_guest_is_refused(value: Any) -> None:
    """Guests are whole people, whatever a schema takes for a number."""
    with pytest.raises(InvalidInput, match="adults is a whole number"):
        Guests.of({"adults": value})


def test_a_single_calendar_has_one_unit() -> None:
    """Who has only one of a thing cannot say otherwise."""
    assert Home.of(listing(units=5), HOUR, counted=False).units == 1
    assert Home.of(listing(units=5), DAY).units == 5


def test_a_listing_that_could_not_be_published_is_refused_when_it_is_read() -> None:
    """A draft with a zone or a date that is none is refused, not misread."""
    for said in ({"zone": "Nowhere"}, {"plan": {"rules": [{"from": "2026-02-30"}]}}):
        with pytest.raises(InvalidInput):
            Home.of(listing(**said), DAY)


@pytest.mark.parametrize(
    ("said", "grain", "codes"),
    [
        ({}, DAY, []),
        ({"zone": "Asia/Nowhere"}, DAY, ["stay_unknown_zone"]),
        ({"rates": {"nightly": 100.0}}, DAY, ["stay_not_whole"]),
        ({"bathrooms": 1.5}, DAY, []),
        ({"plan": {"least": 3, "most": 2}}, DAY, ["stay_least_above_most"]),
        ({"zone": "Asia/Kathmandu"}, HOUR, ["stay_zone_off_the_grid"]),
        ({"zone": "Asia/Kathmandu"}, 15 * MINUTE, []),
        ({"zone": "Asia/Kathmandu"}, DAY, []),
    ],
)
def test_what_makes_no_sense_is_told(said: dict[str, Any], grain: Any, codes: list[str]) -> None:
    """Everything that stands against holding a listing out has a reason."""
    assert [one.code for one in faults(listing(**said), grain, True)] == codes


def test_exact_times_need_no_grid_of_the_world() -> None:
    """A single calendar is kept to the second, so that any zone's hours fit."""
    assert faults(listing(zone="Asia/Kathmandu"), HOUR, False) == []


def test_what_is_prepared_is_claimed_with_the_nights() -> None:
    """A claim is wider than the stay by the nights before and after."""
    home = Home.of(listing(before=1, after=2), DAY)
    start = NEW_YEAR + 10 * DAY
    first, after = home.claims(start, start + 2 * DAY)
    plain = evolve(home, before=0 * DAY, after=0 * DAY).claims(start, start + 2 * DAY)
    assert (plain[0] - first, after - plain[1]) == (DAY, 2 * DAY)
