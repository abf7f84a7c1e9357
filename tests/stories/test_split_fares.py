"""A fare that two riders pay, each as much as it agreed to."""

from typing import Any

import pytest
from attrs import evolve

from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    Forbidden,
    NotFound,
    Pay,
    Transaction,
)
from marketplace.plugins.sandbox import NOT_BACK
from tests.support.ride_world import Town

PRICE = 19_700
FEE = 2_955
EARNED = PRICE - FEE


@pytest.mark.behaviour("R17")
def test_a_fare_is_split_between_riders_who_agreed(town: Town) -> None:
    """A friend agrees to pay up to a sum from her own wallet; the ride takes her part there and
    the rest from the rider's card, and neither pays for the other."""
    sita, gita, ram = town.rider(), town.rider("Gita"), town.driver()
    town.top_up(gita, 9_000, "slip")
    request, quote = town.quote(sita)
    part = Pay("wallet", party_id=gita.id, amount=town.money(8_000))
    pays = [part, Pay("card")]
    opened = {"by": sita, "request": request.id, "pay": pays}
    with pytest.raises(Forbidden, match="did not agree"):
        town.market.transactions.open(quote.id, **opened)
    town.market.payments.share(request.id, by=gita, method="wallet", most=town.money(8_000))
    ride = town.market.transactions.open(quote.id, **opened)
    town.driven(ride, ram)
    town.wait(2 * HOUR)
    assert town.now(ride).state == "settled"
    assert town.accounts(gita) == {"wallet": 1_000}
    assert town.accounts(sita) == {}
    assert town.sandbox.balance("NPR").amount == PRICE - 8_000
    assert town.accounts(ram) == {"provider payable": EARNED}
    paid = {one.party_id: one.captured for one in _payments(town, ride)}
    assert paid == {gita.id: 8_000, sita.id: PRICE - 8_000}


@pytest.mark.behaviour("R17")
@pytest.mark.parametrize("wrong", ["more", "twice", "another method", "the rest", "the tip"])
def test_nobody_pays_more_than_it_agreed_to(town: Town, wrong: str) -> None:
    """A consent is for one request, one method and one sum: a larger part, two parts, another
    method, an open rest, or the same consent for a tip later is refused and moves nothing."""
    sita, gita, ram = town.rider(), town.rider("Gita"), town.driver()
    town.top_up(gita, 50_000, "slip")
    request, quote = town.quote(sita)
    town.market.payments.share(request.id, by=gita, method="wallet", most=town.money(8_000))
    parts = {
        "more": [8_001],
        "twice": [8_000, 8_000],
        "another method": [8_000],
        "the rest": [None],
        "the tip": [8_000],
    }[wrong]
    method = "card" if wrong == "another method" else "wallet"
    pays = [
        Pay(method, party_id=gita.id, amount=None if one is None else town.money(one))
        for one in parts
    ]
    pays += [] if wrong == "the rest" else [Pay("card")]
    if wrong != "the tip":
        with pytest.raises(Forbidden, match="did not agree"):
            town.market.transactions.open(quote.id, by=sita, request=request.id, pay=pays)
        assert town.accounts(gita) == {"wallet": 50_000}
        return
    ride = town.market.transactions.open(quote.id, by=sita, request=request.id, pay=pays)
    town.driven(ride, ram)
    town.wait(2 * HOUR)
    with pytest.raises(Forbidden, match="did not agree"):
        town.market.transactions.follow_up(
            ride.id,
            "tip",
            by=sita,
            amount=town.money(5_000),
            pay=Pay("wallet", party_id=gita.id, amount=town.money(5_000), purse="tip"),
        )
    assert town.accounts(gita) == {"wallet": 42_000}


def test_a_friend_s_card_is_the_one_she_named(town: Town) -> None:
    """The means are the ones of the consent: whoever opens the deal cannot put in others."""
    sita, gita, _ = town.rider(), town.rider("Gita"), town.driver()
    request, quote = town.quote(sita)
    town.market.payments.share(
        request.id, by=gita, method="card", most=town.money(8_000), means="tok_gita"
    )
    part = Pay("card", party_id=gita.id, amount=town.money(8_000), means="tok_of_a_stranger")
    ride = town.market.transactions.open(
        quote.id, by=sita, request=request.id, pay=[part, Pay("card", means="tok_sita")]
    )
    assert [one.means for one in _payments(town, ride)] == ["tok_gita", "tok_sita"]


@pytest.mark.behaviour("R17", "C8")
@pytest.mark.invariant(37)
def test_a_friend_reads_the_ride_that_she_pays_for(town: Town) -> None:
    """Who agreed to pay part of a ride hears which ride it is, and reads it, its terms and her own
    payment; not the pick-up code, not what others pay, and not who sits in it. Before she agreed,
    and for anybody else, there is no such ride; and paying gives her no say."""
    sita, gita, hari = (town.rider(name) for name in ("Sita", "Gita", "Hari"))
    driver = town.driver()
    town.top_up(gita, 9_000, "slip")
    request, quote = town.quote(sita)
    market = town.market
    market.payments.share(request.id, by=gita, method="wallet", most=town.money(8_000))
    part = Pay("wallet", party_id=gita.id, amount=town.money(8_000))
    ride = market.transactions.open(
        quote.id, by=sita, request=request.id, pay=[part, Pay("card", means="tok_sita")]
    )
    town.dispatch()
    market.offers.accept(town.offer_to(driver), by=driver.party)
    (told,) = [one.event for one in market.events.feed(by=gita) if "agreed" in one.event.kind]
    assert told.data["transaction"] == ride.id
    seen = market.transactions.get(ride.id, by=gita)
    assert seen.state == "accepted"
    assert "pickup_code" in town.now(ride).attributes
    assert "pickup_code" not in seen.attributes
    assert len(market.transactions.terms(ride.id, by=gita)) == 1
    assert [one.party_id for one in market.transactions.payments(ride.id, by=gita)] == [gita.id]
    assert len(market.transactions.payments(ride.id, by=sita)) == 2
    with pytest.raises(NotFound):
        market.transactions.seats(ride.id, by=gita)
    with pytest.raises(NotFound):
        market.transactions.take(ride.id, "cancel", by=gita)
    for read in (market.transactions.get, market.transactions.terms, market.transactions.payments):
        with pytest.raises(NotFound):
            read(ride.id, by=hari)


def _payments(town: Town, ride: Transaction) -> list[Any]:
    return list(town.market.transactions.payments(ride.id, by=OPERATOR))


@pytest.mark.behaviour("R17")
@pytest.mark.invariant(7)
def test_each_card_gets_its_own_part_back(town: Town) -> None:
    """Two riders paid by card, and most of the fare goes back: each card as much as was taken of
    it at most, the last one first, and what one bank refuses is that rider's credit alone."""
    sita, gita, ram = town.rider(), town.rider("Gita"), town.driver()
    request, quote = town.quote(sita)
    most = town.money(8_000)
    town.market.payments.share(request.id, by=gita, method="card", most=most, means=NOT_BACK)
    pays = [
        Pay("card", party_id=gita.id, amount=most),
        Pay("card", means="tok_ok"),
    ]
    ride = town.market.transactions.open(quote.id, by=sita, request=request.id, pay=pays)
    town.driven(ride, ram)
    town.wait(2 * HOUR)
    lines = town.market.transactions.terms(ride.id, by=OPERATOR)[-1].lines
    less = [evolve(one, amount=town.money(one.amount.amount // 10)) for one in lines]
    town.market.transactions.follow_up(
        ride.id, "adjustment", by=OPERATOR, entry="lower", lines=less
    )
    town.wait(DAY)
    sides = [(one.amount.amount, one.payer, one.payee) for one in less]
    due = sum(
        part * ((payer == "customer") - (payee == "customer")) for part, payer, payee in sides
    )
    back = PRICE - due
    refunded = {one.party_id: one.refunded for one in _payments(town, ride)}
    assert refunded == {sita.id: PRICE - 8_000, gita.id: back - (PRICE - 8_000)}
    assert town.accounts(gita) == {"wallet": refunded[gita.id]}
    assert town.accounts(sita) == {}
    assert town.sandbox.balance("NPR").amount == PRICE - refunded[sita.id]
    assert town.market.payments.waiting() == []
