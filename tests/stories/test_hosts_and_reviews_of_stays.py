"""What is said of a stay afterwards: reviews that wait for each other, and a host's record."""

from datetime import date, timedelta

import pytest

from marketplace import DAY, HOUR, OPERATOR, Conflict, Money, NotFound, Pay
from marketplace.plugins.cash import Cash
from marketplace.plugins.stays import Fees
from marketplace.plugins.stays.hosts import metrics
from marketplace.plugins.stays.process import at_the_door, every
from tests.support.inn import CARD, EASTER, Inn, open_inn

AXES = {
    "cleanliness": 5, "accuracy": 4, "check_in": 5, "communication": 5, "location": 3, "value": 4,
}  # fmt: skip


def asked(inn: Inn, arrive: date) -> str:
    """Gita asks for two nights of a home whose host wants to be asked."""
    home = inn.home(instant=False)
    quote = inn.price(home, arrive, 2)
    return inn.market.transactions.open(quote.id, by=inn.gita, pay=CARD, entry="ask").id


@pytest.mark.behaviour("S16")
def test_a_host_is_measured_by_what_he_did(inn: Inn) -> None:
    """Of four who asked three were answered, two accepted; of two booked one was called off."""
    take, market = inn.market.transactions.take, inn.market
    one, two, three, four = (asked(inn, EASTER + timedelta(days=9 * day)) for day in range(4))
    market.advance(2 * HOUR)
    take(one, "accept", by=inn.host)
    market.advance(4 * HOUR)
    take(two, "accept", by=inn.host)
    take(three, "decline", by=inn.host)
    market.advance(DAY)
    assert market.transactions.get(four, by=inn.gita).state == "expired"
    take(one, "host_cancels", by=inn.host)
    found = metrics(market, inn.host.id, by=inn.host)
    assert (found.asked, found.answered, found.accepted) == (4, 3, 2)
    assert (found.response_bp, found.acceptance_bp, found.cancellation_bp) == (7_500, 5_000, 5_000)
    assert found.typical_answer == 6 * HOUR
    assert metrics(market, inn.host.id, by=OPERATOR) == found
    assert metrics(market, inn.host.id, by=OPERATOR, since=inn.now).response_bp is None


@pytest.mark.behaviour("S15")
def test_reviews_of_a_stay_are_blind_for_two_weeks_there(inn: Inn) -> None:
    """Neither side sees the other's until both wrote or the fourteenth day ends in the home's zone;
    a private note is the host's alone, and there is one reply."""
    market = inn.market
    home = inn.home()
    stay = inn.book(home, EASTER, 2)
    market.advance(stay.moments["end"] - inn.now)
    review = market.reviews.write(
        stay.id, by=inn.gita, rating=4, axes=AXES, text="A fine house.",
        private_text="The tap drips.",
    )  # fmt: skip
    assert not market.reviews.list(by=inn.host, transaction=stay.id)
    market.advance(14 * DAY)
    assert not market.reviews.list(by=inn.host, transaction=stay.id)
    with pytest.raises(NotFound):
        market.reviews.reply(review.id, by=inn.host, text="Too soon.")
    there = inn.stays.home(home).grid.local(inn.now)
    market.advance(timedelta(hours=24 - there.hour))
    (shown,) = market.reviews.list(by=inn.host, transaction=stay.id)
    assert (shown.rating, shown.axes, shown.private_text) == (4, AXES, "The tap drips.")
    (others,) = market.reviews.list(by=inn.ben, transaction=stay.id)
    assert others.private_text == ""
    market.reviews.reply(review.id, by=inn.host, text="It is mended.")
    with pytest.raises(Conflict, match="one reply"):
        market.reviews.reply(review.id, by=inn.host, text="Truly.")


@pytest.mark.behaviour("S8")
def test_a_stay_paid_at_the_door(database_url: str) -> None:
    """The guest pays the host in cash when she comes; the host owes the marketplace its fees."""
    inn = open_inn(
        database_url,
        Cash(),
        fees=Fees.split(guest_bp=1_000, host_bp=300),
        processes=(*every(), at_the_door()),
    )
    home = inn.home()
    quote = inn.price(home, EASTER, 2, pay="at_the_door")
    stay = inn.market.transactions.open(quote.id, by=inn.gita, pay=Pay("cash"))
    inn.market.advance(stay.moments["start"] - inn.now)
    there = inn.market.transactions.take(
        stay.id, "check_in", by=inn.host, cash_collected=Money.of("220", "USD")
    )
    assert there.state == "hosted"
    assert inn.market.ledger.balance(inn.host.id, "USD", by=inn.host) == Money.of("-26", "USD")
    assert inn.market.ledger.profit("USD") == Money.of("26", "USD")
    inn.market.close()
