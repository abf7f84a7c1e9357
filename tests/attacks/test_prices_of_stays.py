"""Attacks on the price and the dates of a stay: old and others' quotes, bad numbers."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings

from marketplace import DAY, HOUR, Conflict, InvalidInput, NotFound, Outcome, Pay, Request
from tests.support.bad_numbers import BAD_NUMBERS, bad_numbers
from tests.support.inn import CARD, EASTER, Inn, dollars
from tests.support.refusals import refused


def opening(
    inn: Inn, quote: str, request: str | None = None, pay: Pay = CARD
) -> Callable[[], object]:
    """An attempt of Gita's to book on a quote."""
    return lambda: inn.market.transactions.open(quote, by=inn.gita, request=request, pay=pay)


@pytest.mark.attack(16)
def test_no_total_is_taken_from_the_guest(inn: Inn) -> None:
    """A guest names a quote and never a sum: less than it is refused, and a price among the
    request's fields is a field that nobody knows."""
    home = inn.home()
    quote = inn.price(home, EASTER, 4)
    little = Pay("card", means="tok_ok", amount=dollars("1.00"))
    refused(
        inn.market,
        InvalidInput,
        opening(inn, quote.id, pay=little),
        by=inn.gita,
        code="payments_fall_short",
    )
    for field in ("total", "price", "nightly", "rates"):
        said = {field: 1}
        refused(
            inn.market,
            InvalidInput,
            lambda said=said: inn.ask(home, EASTER, 4, **said),  # type: ignore[misc]
            by=inn.gita,
        )


@pytest.mark.attack(17)
def test_an_expired_quote_books_nothing(inn: Inn) -> None:
    """A quote for nights is good until its moment; afterwards the nights are free for others."""
    home = inn.home()
    quote = inn.price(home, EASTER, 2)
    inn.market.advance(quote.expires_at - inn.now)
    refused(inn.market, Conflict, opening(inn, quote.id), by=inn.gita, code="quote_expired")
    assert inn.free(home, EASTER, 2) == "11"


@pytest.mark.attack(18)
def test_a_quote_of_another_guest_home_or_date_is_not_there(inn: Inn) -> None:
    """Ben's quote, the quote for a cheaper home and that for other nights serve nobody else."""
    home, cheap = inn.home(), inn.home(rates={"nightly": 100})
    mine = inn.ask(home, EASTER, 2)
    others = [
        inn.price(home, EASTER, 2, by=inn.ben),
        inn.price(cheap, EASTER, 2),
        inn.price(home, EASTER + 7 * DAY, 1),
    ]
    for quote in others:
        refused(inn.market, NotFound, opening(inn, quote.id, mine.id), by=inn.gita)
    refused(
        inn.market,
        NotFound,
        lambda: inn.market.quotes.make(mine.id, by=inn.gita, listing=cheap.id),
        by=inn.gita,
    )


@pytest.mark.attack(19)
@pytest.mark.parametrize("what", ["guests", "dates", "rate", "units"])
def test_what_was_priced_cannot_change_behind_the_quote(inn: Inn, what: str) -> None:
    """More guests, other nights, another rate or another room: the hash of what was asked is
    another one, and the quote is for something else."""
    home = inn.home(units=2, rates={"nightly": 10_000, "non_refundable_bp": 1_000})
    request = inn.ask(home, EASTER, 2, guests={"adults": 1}, rate="non_refundable")
    quote = inn.market.quotes.make(request.id, by=inn.gita)
    assert request.end is not None
    new: dict[str, Any] = {
        "guests": {"attributes": {**request.attributes, "guests": {"adults": 4}}},
        "dates": {"end": request.end + DAY},
        "rate": {"attributes": {**request.attributes, "rate": "standard"}},
        "units": {"quantity": 2},
    }[what]
    with inn.market.context.store.begin() as work:
        work.save(evolve(work.get(Request, request.id), **new))
    refused(
        inn.market,
        Conflict,
        opening(inn, quote.id, request.id),
        by=inn.gita,
        code="quote_for_another_asking",
    )


@pytest.mark.attack(20)
@pytest.mark.invariant(29)
def test_no_night_and_nights_backwards_are_refused(inn: Inn) -> None:
    """A stay of no night, of less than one, or that ends before it begins is bad input."""
    home = inn.home()
    span = inn.stays.span(home, EASTER, EASTER + DAY)
    assert span.end is not None
    for start, end in (
        (span.start, span.start),
        (span.start, span.start + 8 * HOUR),
        (span.end, span.start),
        (span.start, span.start - 30 * DAY),
    ):
        refused(
            inn.market,
            InvalidInput,
            lambda start=start, end=end: inn.market.requests.open(  # type: ignore[misc]
                "stays",
                by=inn.gita,
                currency="USD",
                listing=home.id,
                start=start,
                end=end,
            ),
            by=inn.gita,
        )
    for leave in (EASTER, EASTER - DAY, date.max):
        with pytest.raises(InvalidInput):
            inn.stays.span(home, EASTER, leave)


@pytest.mark.attack(20)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_ends_of_time_are_no_stay(small_inn: Inn, zone: str) -> None:
    """The first and the last instant that a computer knows are bad input, whatever the zone."""
    home = small_inn.home(zone=zone, before=1, after=1)
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    for start, end in ((first, small_inn.now), (small_inn.now + DAY, last), (first, last)):
        refused(
            small_inn.market,
            InvalidInput,
            lambda start=start, end=end: small_inn.ask(home, start, end),  # type: ignore[misc]
            by=small_inn.gita,
            code="stay_off_the_calendar",
        )
    for day in (date.min, date.max):
        with pytest.raises(InvalidInput, match="a stay lies in the years"):
            small_inn.calendar(home, day, 3)


@pytest.mark.attack(20)
@pytest.mark.parametrize("number", [*BAD_NUMBERS, None], ids=repr)
def test_a_bad_number_of_units_or_guests_is_refused_whole(small_inn: Inn, number: Any) -> None:
    """Units and guests are whole numbers above zero; anything else is refused, with all that
    means, and no price is ever made of it."""
    home = small_inn.home(units=3)
    attempts: list[Callable[[], object]] = [
        lambda: small_inn.ask(home, EASTER, 2, units=number),
        lambda: small_inn.ask(home, EASTER, 2, guests={"adults": number}),
        lambda: small_inn.stays.calendar(
            small_inn.market, home.id, by=small_inn.gita, start=EASTER, days=number
        ),
    ]
    for attempt in attempts[:2]:
        refused(small_inn.market, InvalidInput, attempt, by=small_inn.gita)
    with pytest.raises(InvalidInput, match="a calendar shows 1 to"):
        attempts[2]()


@pytest.mark.attack(20)
@pytest.mark.invariant(13)
def test_no_bad_number_becomes_a_price(small_inn: Inn) -> None:
    """No sum, share or length is published that is no whole number within its bounds."""
    home = small_inn.home()
    host = small_inn.host

    @settings(max_examples=40)
    @given(number=bad_numbers())
    def holds(number: Any) -> None:
        fields: list[dict[str, Any]] = [
            {"plan": {"least": number}},
            {"plan": {"rules": [{"from": "2026-04-03", "most": number}]}},
            {"units": number},
            {"guests": number},
        ]
        if type(number) is not int or number != 0:
            fields += [
                {"rates": {"nightly": number}},
                {"rates": {"nightly": 1, "weekly_bp": number}},
                {"rates": {"nightly": 1, "extra_guest": {"after": 1, "each": number}}},
                {"plan": {"rules": [{"from": "2026-04-03", "price": number}]}},
                {"before": number},
            ]
        for said in fields:
            with pytest.raises(Outcome):
                small_inn.change(home, **said)

    holds()
    assert small_inn.market.listings.get(home.id, by=host).version == home.version


@pytest.mark.attack(9)
def test_unknown_fields_are_refused_and_not_dropped(inn: Inn) -> None:
    """Neither a host nor a guest may write a field that the trade does not know."""
    home = inn.home()
    for said in (
        {"rating": 5},
        {"rates": {"nightly": 1, "fee_bp": 0}},
        {"plan": {"rules": [{"from": "2026-04-03", "verified": True}]}},
    ):
        refused(
            inn.market,
            InvalidInput,
            lambda said=said: inn.change(home, **said),  # type: ignore[misc]
            by=inn.host,
        )
    refused(inn.market, InvalidInput, lambda: inn.ask(home, EASTER, 1, verified=True), by=inn.gita)


def test_no_deadline_is_moved_by_an_odd_hour(inn: Inn) -> None:
    """A guest who asks to come at one minute to midnight would move every deadline that hangs on
    the check-in; it is refused with the hours there are."""
    home = inn.home()
    span = inn.stays.span(home, EASTER, EASTER + DAY)
    assert span.end is not None
    told = inn.why_not(home, span.start + timedelta(hours=8, minutes=59), span.end)
    assert told == {"stay_other_times": {"check_in": "15:00", "check_out": "11:00"}}
