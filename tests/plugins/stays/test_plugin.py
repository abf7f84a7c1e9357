"""The plugin of stays: what it answers, and that it answers for its own trade alone."""

from datetime import date

import pytest
from attrs import evolve

from marketplace import (
    DAY,
    OPERATOR,
    InvalidInput,
    ManualClock,
    Marketplace,
    NotFound,
    PricingQuestion,
    Refused,
)
from marketplace.plugins.commission import Commission
from marketplace.plugins.stays import Stays
from tests.support.inn import CARD, EASTER, NEW_YEAR, Inn, amounts, open_inn


def test_it_is_installed_under_its_name() -> None:
    """Named as an entry point, it comes with no fee and no tax."""
    with Marketplace.open(plugins=["stays"], clock=ManualClock(NEW_YEAR)) as market:
        assert list(market.context.verticals) == ["stays"]


def test_a_calendar_begins_today_by_the_local_date(small_inn: Inn) -> None:
    """Without a date it is today's there, which may be another than here; by whom it is asked
    matters to what is told, and not to what is free."""
    home = small_inn.home(zone="Pacific/Kiritimati")
    (first, *_) = small_inn.stays.calendar(small_inn.market, home.id, by=OPERATOR)
    assert first.day == date(2026, 1, 2)
    for by in (small_inn.host, small_inn.ben.id, OPERATOR):
        assert small_inn.stays.nights_free(small_inn.market, home.id, by=by, days=7) == 7


@pytest.mark.parametrize("days", [0, -1, 1_101, 2.0, True, None])
def test_a_calendar_is_bounded(small_inn: Inn, days: int) -> None:
    """Nobody reads more than three years at once, and nobody less than a day."""
    home = small_inn.home()
    with pytest.raises(InvalidInput, match="a calendar shows 1 to 1100 days"):
        small_inn.stays.calendar(small_inn.market, home.id, by=small_inn.ben, days=days)


def test_a_listing_of_another_trade_is_refused(small_inn: Inn) -> None:
    """The helpers of one trade do not read the listings of another."""
    home = evolve(small_inn.home(), vertical="rides")
    with pytest.raises(InvalidInput, match="is one of rides"):
        small_inn.stays.span(home, EASTER, EASTER + DAY)
    with pytest.raises(NotFound):
        small_inn.stays.calendar(small_inn.market, "lst_none", by=small_inn.ben)


def test_a_listing_that_makes_no_sense_is_not_held_out(inn: Inn) -> None:
    """All that is wrong is told at once, and a jurisdiction that nobody knows with those there
    are; a listing that is held out already cannot become such a one."""
    with pytest.raises(Refused) as refused:
        inn.home(jurisdiction="troy", plan={"rules": [{"price": 1}]})
    assert {reason.code: reason.params for reason in refused.value.reasons} == {
        "stay_rule_for_no_date": {"rule": 1},
        "stay_unknown_jurisdiction": {"name": "troy", "known": "albany"},
    }
    home = inn.home()
    with pytest.raises(Refused, match="stay_least_above_most"):
        inn.change(home, plan={"least": 3, "most": 2})
    assert inn.market.listings.get(home.id, by=inn.host).attributes == home.attributes


def test_an_alteration_is_priced_at_its_new_moments(small_inn: Inn) -> None:
    """Who asks for the price of a deal that was moved gets that of its nights as they are now."""
    home = small_inn.home()
    stay = small_inn.book(home, EASTER, 2)
    moved = evolve(
        stay,
        moments={**stay.moments, "end": small_inn.stays.span(home, EASTER, EASTER + 5 * DAY).end},
    )
    market = small_inn.market
    request = market.requests.get(stay.request_id or "", by=small_inn.gita)
    with market.context.store.begin(write=False) as work:
        question = PricingQuestion(
            "alteration", "stays", "USD", work, small_inn.now, request, transaction=moved
        )
        priced, wish = small_inn.stays.asked(question)
    assert priced.grid.count(wish.start, wish.end) == 5


def test_a_request_without_dates_waits_for_them(small_inn: Inn) -> None:
    """Nobody asks for a stay at no time."""
    home = small_inn.home()
    with pytest.raises(Refused) as refused:
        small_inn.market.requests.open(
            "stays", by=small_inn.gita, currency="USD", listing=home.id, start=small_inn.now
        )
    assert [reason.code for reason in refused.value.reasons] == ["stay_needs_dates"]


def test_the_commission_takes_the_place_of_the_fees() -> None:
    """A marketplace that gives no fees may give the commission: the host bears one fee, not two."""
    inn = open_inn("sqlite://", Commission(bp=1_000))
    rates = {"nightly": 10_000, "cleaning": 5_000, "weekly_bp": 1_000}
    quote = inn.price(inn.home(rates=rates), EASTER, 7)
    assert amounts(quote) == {
        "nights": 70_000, "cleaning": 5_000, "weekly_discount": 7_000, "commission": 6_800,
    }  # fmt: skip
    inn.market.transactions.open(quote.id, by=inn.gita, pay=CARD)
    inn.market.close()


def test_a_grain_that_does_not_fit_a_day_is_refused() -> None:
    """A calendar repeats from day to day."""
    with pytest.raises(InvalidInput, match="a day, or a whole part of one"):
        Stays(grain=5 * DAY)
