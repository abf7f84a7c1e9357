"""Exchange: the newest rate of a pair, in either direction, with a margin, while it is fresh."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from marketplace import DAY, HOUR, InvalidInput, Rate, RateQuestion
from marketplace.plugins.exchange import Exchange

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORK: Any = SimpleNamespace()


def asked(exchange: Exchange, source: str = "CNY", target: str = "EUR") -> Rate | None:
    """What it says now."""
    return exchange.propose_rate(RateQuestion(source, target, WORK, NOW))


def test_the_newest_of_a_pair_is_taken() -> None:
    """Whatever the order in which they came; one of tomorrow is not known yet."""
    old, new = (Rate("CNY", "EUR", 1, n, NOW - n * HOUR) for n in (9, 7))
    tomorrow = Rate("CNY", "EUR", 1, 2, NOW + DAY)
    exchange = Exchange([old])
    exchange.put(new)
    exchange.put(tomorrow, old)
    rate = asked(exchange)
    assert rate is not None
    assert (rate.convert(700), rate.at, rate.name) == (100, new.at, "exchange")


def test_a_pair_goes_both_ways() -> None:
    """Euros to yuan is the ratio turned round, of the newest of both."""
    exchange = Exchange([Rate("EUR", "CNY", 15, 2, NOW), Rate("CNY", "EUR", 1, 9, NOW - HOUR)])
    rate = asked(exchange)
    assert rate is not None
    assert (rate.source, rate.target, rate.convert(75_00)) == ("CNY", "EUR", 10_00)


def test_the_margin_is_the_customers() -> None:
    """Two in a hundred more is asked, whichever way the pair is written down."""
    for known in (Rate("CNY", "EUR", 1, 5, NOW), Rate("EUR", "CNY", 5, 1, NOW)):
        rate = asked(Exchange([known], margin_bp=200))
        assert rate is not None
        assert rate.convert(500_00) == 102_00


def test_an_old_rate_is_none_and_so_is_an_unknown_pair() -> None:
    """Nobody pays at yesterday's rate unless the operator lets it be good so long."""
    known = [Rate("CNY", "EUR", 1, 7, NOW - 2 * DAY)]
    assert asked(Exchange(known)) is None
    assert asked(Exchange(known, oldest=2 * DAY)) is not None
    assert asked(Exchange(known, oldest=9 * DAY), "CNY", "USD") is None


def test_rates_that_nobody_may_pay_at_are_forgotten() -> None:
    """A rate each minute for a month fills no memory: what is too old to be asked for goes."""
    exchange = Exchange([Rate("CNY", "EUR", 1, 7, NOW - 30 * DAY)], oldest=HOUR)
    for minute in range(600):
        at = NOW + minute * HOUR / 60
        exchange.put(Rate("CNY", "EUR", 1, 7 + minute, at))
        rate = exchange.propose_rate(RateQuestion("CNY", "EUR", WORK, at))
        assert rate is not None
        assert (rate.denominator, rate.at) == (7 + minute, at)
    assert len(exchange.rates) <= 62


def test_a_feed_that_nobody_asks_fills_no_memory() -> None:
    """Where nobody ever pays in another currency so many rates are kept and no more, the latest;
    less than one is refused."""
    exchange = Exchange(most=100)
    for minute in range(300):
        exchange.put(Rate("CNY", "EUR", 1, 7 + minute, NOW - (300 - minute) * HOUR / 60))
    assert len(exchange.rates) == 100
    rate = asked(exchange)
    assert rate is not None
    assert rate.denominator == 7 + 299
    with pytest.raises(InvalidInput, match="one rate"):
        Exchange(most=0)


@pytest.mark.parametrize("margin", [-1, 10_001, 1.5, True])
def test_a_margin_is_a_share(margin: Any) -> None:
    """Basis points of what is asked."""
    with pytest.raises(InvalidInput):
        Exchange(margin_bp=margin)


def test_rates_are_rates() -> None:
    """What is no rate is told when it is given, and not when somebody wants to pay."""
    with pytest.raises(InvalidInput, match="rates are Rates"):
        Exchange([("EUR", "USD", 11)])  # type: ignore[list-item]
    table = Exchange()
    with pytest.raises(InvalidInput, match="rates are Rates"):
        table.put(1.1)  # type: ignore[arg-type]
