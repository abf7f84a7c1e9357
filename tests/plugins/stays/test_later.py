"""What is kept of a whole price, with fees, taxes and co-hosts, when a stay is given up."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import HOUR, Line, customer_owes, nets
from marketplace.plugins.stays.cancellations import ALL, KEPT_RULES, SCHEDULES, kept
from marketplace.plugins.stays.fees import Fees
from marketplace.plugins.stays.later import keep
from marketplace.plugins.stays.parts import Page, in_two, joined
from marketplace.plugins.stays.pricing import Tariff, hosts_lines
from marketplace.plugins.stays.rules import RULES
from marketplace.plugins.stays.taxes import Tax
from tests.plugins.stays.homes import NEW_YEAR, home, wish

TAXES = {"here": (Tax("city tax", bp=700), Tax("bed tax", each=150, currency="USD"))}
TARIFF = Tariff(Fees.split(1_412, 300), TAXES, "stays")
PAGE = Page("USD", "stays")
ARRIVAL = date(2026, 4, 3)


def priced(nights: int, nightly: int, guests: int) -> tuple[Any, Any, list[Line]]:
    """A home, a wish and the whole price of it."""
    rates = {
        "nightly": nightly, "weekend": nightly * 2, "cleaning": 4_999, "pet": 1_001,
        "extra_guest": {"after": 1, "each": 333}, "weekly_bp": 1_050, "early_bird":
        [{"days": 30, "bp": 333}],
    }  # fmt: skip
    cohosts = [{"party": "pty_3", "share_bp": 1_234}]
    place = home("USD", rates=rates, jurisdiction="here", pets=1, cohosts=cohosts, guests=9)
    stay = wish(place, ARRIVAL, nights, adults=guests, pets=1)
    lines = hosts_lines(place, stay, NEW_YEAR, "stays")
    return place, stay, [*lines, *TARIFF.lines(place, stay, lines)]


@pytest.mark.behaviour("S12", "C9")
@given(
    st.sampled_from(sorted(SCHEDULES)),
    st.integers(1, 40),
    st.integers(0, 100_000),
    st.integers(1, 4),
    st.lists(st.integers(-24 * 91, 24 * 41), min_size=2, max_size=5),
)
def test_a_refund_and_what_is_kept_are_what_was_paid(
    name: str, nights: int, nightly: int, guests: int, hours: list[int]
) -> None:
    """Whenever a stay is given up: every line is part of what was agreed, the lines net to zero,
    nobody who was to be paid pays, and nobody gets more back for having waited."""
    place, stay, lines = priced(nights, nightly, guests)
    paid, before = customer_owes(lines, "USD"), nets(lines, "USD")
    owed = []
    for hour in sorted(hours):
        span, now = (stay.start, stay.end), stay.start + hour * HOUR
        given_up = kept(SCHEDULES[name], place.grid, NEW_YEAR, span, now)
        after = keep(lines, given_up, place, PAGE, nights)
        shares = nets(after, "USD")
        owed.append(customer_owes(after, "USD").amount)
        assert 0 <= owed[-1] <= paid.amount
        assert sum(share.amount for share in shares.values()) == 0
        for role in ("provider", "cohost", "operator", "tax"):
            if role in shares:
                assert 0 <= shares[role].amount <= before[role].amount
        for line in after:
            rule = line.rule.removeprefix("stays.")
            assert (KEPT_RULES.get(rule) or RULES[rule])(line.inputs) == line.amount.amount
    assert owed == sorted(owed)


@pytest.mark.behaviour("S10")
@given(st.integers(1, 40), st.integers(1, 100_000), st.integers(0, ALL))
def test_two_parts_are_the_price(nights: int, nightly: int, bp: int) -> None:
    """A price in two instalments is the same price, and is put together again to the cent."""
    _, _, lines = priced(nights, nightly, 2)
    parts = in_two(lines, bp, PAGE)
    assert nets(parts, "USD") == nets(lines, "USD")
    if bp > 0:
        found = {one.code: one.amount for one in joined(parts)}
        small = {one.code: one.amount for one in lines if found.get(one.code) != one.amount}
        assert all(amount.amount * bp < ALL for amount in small.values())


def test_a_month_is_a_part_of_the_whole() -> None:
    """Months add up to the price, whatever it is and however many nights there are."""
    month = KEPT_RULES["month"]
    for whole in (31, 70, 365):
        for of in (1, 99, 123_457):
            firsts = range(0, whole, 30)
            parts = [
                {"of": of, "first": first, "nights": min(30, whole - first), "whole": whole}
                for first in firsts
            ]
            assert sum(month(part) for part in parts) == of
