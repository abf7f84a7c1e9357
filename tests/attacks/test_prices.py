"""Attacks on the price: quotes of others, old quotes, bad numbers, other currencies, plugins."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings

from marketplace import (
    Conflict,
    InvalidInput,
    Money,
    NotFound,
    Pay,
    Request,
)
from tests.attacks.conftest import Found
from tests.support.bad_numbers import BAD_NUMBERS, FULL_WIDTH, bad_numbers
from tests.support.hamlet import CARD, Hamlet, rupees
from tests.support.refusals import refused


def opening(hamlet: Hamlet, quote: str, request: str, pay: Pay = CARD) -> Callable[[], object]:
    """An attempt of Sita's to begin a deal on a quote."""
    return lambda: hamlet.market.transactions.open(quote, by=hamlet.rider, request=request, pay=pay)


@pytest.mark.attack(17)
def test_an_expired_quote_opens_nothing(hamlet: Hamlet) -> None:
    """A quote is good until its moment and not at it; then it is a conflict that says so."""
    request, quote = hamlet.asked()
    hamlet.clock.set(quote.expires_at)
    refused(
        hamlet.market,
        Conflict,
        opening(hamlet, quote.id, request.id),
        by=hamlet.rider,
        code="quote_expired",
    )


@pytest.mark.attack(18)
def test_a_quote_is_good_for_its_own_request_alone(hamlet: Hamlet) -> None:
    """Another rider's quote, or one's own for another request, is not there."""
    gita = hamlet.town.rider("Gita")
    _, hers = hamlet.asked(gita)
    request, _ = hamlet.asked()
    _, other = hamlet.asked()
    for quote in (hers.id, other.id, quote_like(hers.id)):
        refused(hamlet.market, NotFound, opening(hamlet, quote, request.id), by=hamlet.rider)


def quote_like(known: str) -> str:
    """An id that nobody has."""
    return known[:-4] + "zzzz"


@pytest.mark.attack(19)
def test_what_was_asked_cannot_change_after_it_was_priced(hamlet: Hamlet) -> None:
    """A quote carries a hash of what was asked; a request changed behind it is another asking."""
    request, quote = hamlet.asked()
    with hamlet.market.context.store.begin() as work:
        stored = work.get(Request, request.id)
        assert stored.quantity == 1
        work.save(evolve(stored, quantity=2))
    refused(
        hamlet.market,
        Conflict,
        opening(hamlet, quote.id, request.id),
        by=hamlet.rider,
        code="quote_for_another_asking",
    )


@pytest.mark.attack(16)
def test_no_total_is_taken_from_the_customer(in_memory: Hamlet) -> None:
    """There is no way to say a total: a part smaller than the price leaves a rest, refused."""
    request, quote = in_memory.asked()
    with pytest.raises(TypeError):
        in_memory.market.transactions.open(
            quote.id,
            by=in_memory.rider,
            request=request.id,
            total=1,  # type: ignore[call-arg]
        )
    refused(
        in_memory.market,
        InvalidInput,
        opening(in_memory, quote.id, request.id, Pay("card", amount=rupees(1))),
        by=in_memory.rider,
        code="payments_fall_short",
    )


@pytest.mark.attack(20)
@pytest.mark.parametrize("number", BAD_NUMBERS, ids=repr)
def test_a_bad_quantity_is_refused_whole(in_memory: Hamlet, number: Any) -> None:
    """A quantity that is no whole number within its bounds is refused, with all that means."""
    refused(
        in_memory.market,
        InvalidInput,
        lambda: in_memory.town.ask(in_memory.rider, quantity=number),
        by=in_memory.rider,
    )


@pytest.mark.attack(20)
@pytest.mark.invariant(13)
def test_no_bad_number_is_ever_taken(found: Found) -> None:
    """Generated bad numbers as quantity, seats, amount, rating, page: ``InvalidInput`` each."""
    hamlet = found()
    market, rider, driver = hamlet.market, hamlet.rider, hamlet.driver
    ride = hamlet.settled()

    @settings(max_examples=60)
    @given(number=bad_numbers())
    def holds(number: Any) -> None:
        attempts: list[Callable[[], object]] = [
            lambda: Money(number, "NPR") if type(number) is not int else Money(2**63, "NPR"),
            lambda: hamlet.town.ask(rider, quantity=number),
            lambda: market.listings.draft(
                "rides",
                by=driver,
                title="t",
                currency="NPR",
                attributes={"tier": "ride", "seats": number},
            ),
            lambda: market.reviews.write(ride.id, by=rider, rating=number),
            lambda: market.transactions.list(by=rider, limit=number),
        ]
        for attempt in attempts:
            with pytest.raises(InvalidInput):
                attempt()

    holds()


@pytest.mark.attack(20)
@pytest.mark.parametrize(
    "text", ["1e3", FULL_WIDTH, "1.234", "", "NaN", "-", "0x1", "1_000", " 1", 1.5]
)
def test_a_bad_amount_in_writing_is_refused(text: Any) -> None:
    """Only plain decimals with as many places as the currency has are read as money."""
    with pytest.raises(InvalidInput):
        Money.of(text, "NPR")


@pytest.mark.attack(24)
@pytest.mark.invariant(14)
def test_a_price_is_paid_in_its_own_currency(hamlet: Hamlet) -> None:
    """A hundred yen are no hundred paisa: a payment in another currency is refused."""
    request, quote = hamlet.asked()
    for money in (Money(100, "JPY"), Money(100, "USD")):
        pays = [Pay("card", amount=money), Pay("cash")]
        refused(
            hamlet.market,
            InvalidInput,
            lambda: hamlet.market.transactions.open(
                quote.id,
                by=hamlet.rider,
                request=request.id,
                pay=pays,  # noqa: B023
            ),
            by=hamlet.rider,
            code="currency_mismatch",
        )
    ride = hamlet.started()
    refused(
        hamlet.market,
        InvalidInput,
        lambda: hamlet.take(ride, "finish", by=hamlet.driver, tolls=Money(100, "JPY")),
        by=hamlet.driver,
        code="currency_mismatch",
    )
    refused(
        hamlet.market,
        InvalidInput,
        lambda: hamlet.town.ask(hamlet.rider, currency="JPY"),
        by=hamlet.rider,
        code="currency_mismatch",
    )


@pytest.mark.attack(25)
@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1.234", "KWD", 1234),
        ("-0.001", "KWD", -1),
        ("12.50", "NPR", 1250),
        ("12.5", "NPR", 1250),
        ("100", "JPY", 100),
        ("0.00000001", "BTC", 1),
    ],
)
def test_minor_units_follow_the_currency(text: str, currency: str, minor: int) -> None:
    """Three, two and no decimals go to minor units and back without loss."""
    money = Money.of(text, currency)
    assert money.amount == minor
    assert Money.of(money.decimal(), currency) == money
    assert str(money).startswith(currency)
