"""The vertical of stays: what a schema refuses before any rule is asked."""

from typing import Any

import jsonschema_rs
import pytest

from marketplace import DAY, HOUR
from marketplace.plugins.stays.plugin import Stays
from marketplace.plugins.stays.vertical import LISTING, REQUEST

BASE: dict[str, Any] = {"zone": "UTC"}


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"zone": 5},
        {**BASE, "color": "red"},
        {**BASE, "rates": {"nightly": -1}},
        {**BASE, "rates": {"nightly": "100"}},
        {**BASE, "rates": {"nightly": 10**13}},
        {**BASE, "rates": {"weekly_bp": 10_001}},
        {**BASE, "rates": {"early_bird": [{"days": 5}]}},
        {**BASE, "rates": {"extra_guest": {"each": 5}}},
        {**BASE, "check_in": "3pm"},
        {**BASE, "check_in": "24:00"},
        {**BASE, "plan": {"least": 0}},
        {**BASE, "plan": {"rules": [{"from": "3 April"}]}},
        {**BASE, "plan": {"rules": [{"from": "2026-04-03", "weekdays": ["friday"]}]}},
        {**BASE, "plan": {"rules": [{"from": "2026-04-03", "weekdays": []}]}},
        {**BASE, "plan": {"hours": ["09:00"]}},
        {**BASE, "units": 0},
        {**BASE, "before": 61},
        {**BASE, "cohosts": [{"party": "pty_1"}]},
    ],
)
def test_a_listing_outside_the_schema_is_refused(said: dict[str, Any]) -> None:
    """Unknown fields, wrong kinds and sums out of bounds never become a listing."""
    assert not jsonschema_rs.is_valid(LISTING, said)


@pytest.mark.parametrize(
    "said",
    [
        {"guests": {"adults": 0}},
        {"guests": {"dogs": 1}},
        {"guests": 2},
        {"rate": "cheap"},
        {"total": 1},
    ],
)
def test_a_request_outside_the_schema_is_refused(said: dict[str, Any]) -> None:
    """Somebody grown up comes, at a rate that there is, and nobody names a total."""
    assert not jsonschema_rs.is_valid(REQUEST, said)
    assert jsonschema_rs.is_valid(REQUEST, {"guests": {"adults": 1}, "rate": "standard"})


def test_the_grain_decides_what_is_claimed() -> None:
    """Nights are days of the listing's zone; hours of one person are a single resource's."""
    (nights,) = Stays().bring().verticals[0].resources
    assert (nights.name, nights.kind, nights.capacity, nights.grain, nights.zone) == (
        "nights", "counted", "units", DAY, "zone",
    )  # fmt: skip
    (hours,) = Stays(name="lessons", grain=HOUR, kind="single").bring().verticals[0].resources
    assert (hours.name, hours.kind, hours.capacity, hours.zone) == ("hours", "single", 1, None)
