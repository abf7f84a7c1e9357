"""Stays somebody does not pay for: what they cost all the same, and how they come to an end."""

from datetime import timedelta

import pytest

from marketplace import DAY, OPERATOR, Money, Refused, Transaction
from tests.support.inn import CARD, EASTER, Inn


def state(inn: Inn, deal: Transaction) -> str:
    """Where it stands."""
    return inn.market.transactions.get(deal.id, by=OPERATOR).state


def until(inn: Inn, deal: Transaction, moment: str, offset: timedelta = timedelta(0)) -> None:
    """Let time pass until so long after (or before) a moment of the deal."""
    now = inn.market.transactions.get(deal.id, by=OPERATOR)
    inn.market.advance(now.moments[moment] + offset - inn.now)


@pytest.mark.behaviour("S10")
def test_a_stay_by_the_month_is_no_longer_than_its_months(inn: Inn) -> None:
    """Twelve months of thirty nights are paid one by one; a night more is refused and says why,
    asked of one home, or offered to a guest who asked for any."""
    home = inn.home()
    why = inn.why_not(home, EASTER, 361, pay="monthly")
    assert why["stay_too_long_for_months"] == {
        "months": 12, "limit": 360, "steps": 361, "step": "nights",
    }  # fmt: skip
    assert inn.why_not(home, EASTER, 361) == {}
    anywhere = inn.ask(home, EASTER, 361, pay="monthly", anywhere=True)
    price = Money.of("30000", "USD")
    with pytest.raises(Refused, match="stay_too_long_for_months"):
        inn.market.offers.make(anywhere.id, by=inn.host, listing=home.id, price=price)
    quote = inn.price(home, EASTER, 360, pay="monthly")
    deal = inn.market.transactions.open(quote.id, by=inn.gita, pay=CARD)
    until(inn, deal, "end", -DAY)
    paid = sum(one.captured for one in inn.market.transactions.payments(deal.id, by=OPERATOR))
    assert (state(inn, deal), paid) == ("month_12", quote.payin.amount)


@pytest.mark.behaviour("S10")
def test_a_month_of_hours_has_all_its_hours(tutor: Inn) -> None:
    """What is booked by the hour and paid by the month is paid whole: thirty days, not hours."""
    home = tutor.home()
    start = tutor.stays.span(home, EASTER, EASTER + DAY).start
    quote = tutor.price(home, start, start + 40 * DAY, pay="monthly")
    deal = tutor.market.transactions.open(quote.id, by=tutor.gita, pay=CARD)
    until(tutor, deal, "end", -DAY)
    paid = sum(one.captured for one in tutor.market.transactions.payments(deal.id, by=OPERATOR))
    assert (state(tutor, deal), paid) == ("month_2", quote.payin.amount)
