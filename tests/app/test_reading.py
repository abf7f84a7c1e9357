"""Lists of one's own things: a filter narrows what is seen, and never widens it."""

from collections.abc import Callable
from typing import Any

import pytest

from marketplace import OPERATOR, Marketplace, Page
from tests.support.ride_world import Town

List = Callable[..., Page[Any]]

LISTS: dict[str, tuple[Callable[[Marketplace], List], str, str]] = {
    "payments": (lambda market: market.payments.list, "party", "party_id"),
    "quotes": (lambda market: market.quotes.list, "customer", "for_party_id"),
    "requests": (lambda market: market.requests.list, "customer", "customer_id"),
    "payouts": (lambda market: market.payouts.list, "party", "party_id"),
}
"""Each list, the filter that names whose things they are, and the field that says so."""


@pytest.mark.parametrize("which", LISTS)
def test_everybody_lists_their_own_and_the_operator_all(town: Town, which: str) -> None:
    """A party sees its own with or without the filter and nothing of another's with it; the
    operator sees all, or those of whom it names."""
    first, second = town.driver("Ram"), town.driver("Hari")
    sita, gita = town.rider("Sita"), town.rider("Gita")
    for rider, driver in ((sita, first), (gita, second)):
        town.online(first, state="online" if driver is first else "offline")
        town.online(second, state="online" if driver is second else "offline")
        town.settled(rider, driver, "card")
    for driver in (first, second):
        town.market.payouts.make(by=OPERATOR, party=driver.id, currency=town.currency)
    find, named, field = LISTS[which]
    listed = find(town.market)
    one, other = (first.id, second.id) if which == "payouts" else (sita.id, gita.id)
    whose = {getattr(item, field) for item in listed(by=OPERATOR)}
    assert {one, other} <= whose
    for own in ({}, {named: one}):
        assert {getattr(item, field) for item in listed(by=one, **own)} == {one}
    assert not listed(by=one, **{named: other}).items
    assert {getattr(item, field) for item in listed(by=OPERATOR, **{named: other})} == {other}


def test_another_filter_stays_within_one_s_own(town: Town) -> None:
    """A filter by state or by method finds only what is one's own."""
    sita, gita = town.rider("Sita"), town.rider("Gita")
    town.ask(sita)
    town.ask(gita)
    town.order(gita, "card")
    market = town.market
    assert {one.customer_id for one in market.requests.list(by=sita, state="open")} == {sita.id}
    assert len(market.payments.list(by=gita, method="card")) == 1
    assert len(market.payments.list(by=sita, method="card")) == 0
    assert len(market.payments.list(by=OPERATOR, method="card")) == 1
