"""Prices of rides through the marketplace: quoted, kept, reckoned anew for named reasons alone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from marketplace import (
    HOUR,
    MINUTE,
    OPERATOR,
    SECOND,
    Conflict,
    ManualClock,
    Pay,
    Place,
    Purpose,
    Transaction,
)
from marketplace.plugins.cash import Cash
from marketplace.plugins.commission import Commission
from marketplace.plugins.rides import Band, Fare, Rides, Waiting
from tests.support.ride_world import FAR, OpenTown, Town

PRICE = 19_700


def reasons(town: Town, ride: Transaction) -> list[str]:
    """Why the terms in force differ from those before."""
    terms = town.market.transactions.terms(ride.id, by=OPERATOR)[-1]
    return [one.code for one in terms.reasons if one.code != "repriced"]


@pytest.mark.behaviour("R4", "C2")
def test_an_upfront_price_is_a_list_of_lines_that_live_for_a_while(town: Town) -> None:
    """Each line names its rule, plugin, inputs, payer and payee; what the rider pays is their sum;
    after its time to live the quote is refused, and until then it holds."""
    sita = town.rider()
    request, quote = town.quote(sita)
    assert quote.expires_at - town.clock.now() == 5 * MINUTE
    for line in quote.lines:
        assert line.plugin in ("rides", "commission")
        assert line.rule
        assert line.inputs
        assert line.payer != line.payee
    assert quote.payin == town.money(
        sum(
            line.amount.amount * ((line.payer == "customer") - (line.payee == "customer"))
            for line in quote.lines
        )
    )
    assert quote.payin == town.money(PRICE)
    town.clock.advance(5 * MINUTE)
    with pytest.raises(Conflict, match="expired"):
        town.market.transactions.open(quote.id, by=sita, request=request.id, pay=Pay("cash"))
    fresh = town.market.quotes.make(request.id, by=sita)
    town.clock.advance(5 * MINUTE - SECOND)
    opened = town.market.transactions.open(fresh.id, by=sita, request=request.id, pay=Pay("cash"))
    assert opened.state == "searching"


@pytest.mark.behaviour("R4")
def test_without_a_named_reason_the_quote_stands(town: Town) -> None:
    """A jam, a detour or a slow driver changes nothing: after an hour's ride the rider pays what
    was quoted, and no reason is given because there is none."""
    sita, ram = town.rider(), town.driver()
    ride = town.started(sita, ram, "card")
    town.clock.advance(HOUR)
    ride = town.take(ride, "finish", ram)
    assert town.due(ride) == PRICE
    assert reasons(town, ride) == []


@pytest.mark.behaviour("R4", "C7")
@pytest.mark.parametrize(
    ("finish", "reason", "more"),
    [
        ({"tolls": 1_500}, "ride_toll", 1_500),
        ({"stops": 1}, "ride_added_stop", 1_500),
        ({"metres": 7_394, "seconds": 1_279}, "ride_route", 2_000),
    ],
)
def test_a_named_reason_changes_the_end_and_is_told(
    town: Town, finish: dict[str, Any], reason: str, more: int
) -> None:
    """A toll, an added stop or another route changes the price by what it costs, with the reason
    stored in the terms and told in both languages."""
    sita, ram = town.rider(), town.driver()
    facts = {k: town.money(v) if k == "tolls" else v for k, v in finish.items()}
    ride = town.finished(sita, ram, "card", finish=facts)
    assert town.due(ride) == PRICE + more
    assert reasons(town, ride) == [reason]
    for language in ("en", "ne"):
        said = town.market.why.transaction(ride.id, by=sita, language=language)
        (text,) = [one.text for one in said if one.reason.code == reason]
        assert text
        assert reason not in text


@pytest.mark.behaviour("R4")
def test_the_end_rises_no_further_than_its_cap(town: Town) -> None:
    """However much was driven and paid at gates, the rider's sum lies no more than the cap above
    the quote, by a line that says so, and the driver bears the rest."""
    sita, ram = town.rider(), town.driver()
    facts = {"metres": 60_000, "seconds": 9_000, "tolls": town.money(2_000)}
    ride = town.finished(sita, ram, "card", finish=facts)
    # The larger of a quarter of the quote and 50 rupees.
    assert town.due(ride) == PRICE + 5_000
    assert "ride_change_capped" in reasons(town, ride)
    codes = {line.code for line in town.market.transactions.terms(ride.id, by=sita)[-1].lines}
    assert {"change_cap", "toll"} <= codes


@pytest.mark.behaviour("R5", "T6")
def test_every_part_of_a_fare_is_a_line(open_town: OpenTown) -> None:
    """Base, distance by bands, minutes, a stop, the night and the minimum are lines of the quote;
    waiting and tolls join at the end; the rider's sum is whole rupees."""
    night = ManualClock(datetime(2026, 11, 23, 17, 0, tzinfo=UTC))
    town = open_town(clock=night)
    sita, ram = town.rider(), town.driver()
    stop = [{"lat": 27.70, "lon": 85.32}]
    _, quote = town.quote(sita, to=FAR, attributes={"stops": stop})
    codes = [line.code for line in quote.lines]
    assert codes.count("distance") == 3
    assert {"base_fare", "minutes", "stops", "night"} <= set(codes)
    assert quote.payin.amount % 100 == 0
    bands = [line.inputs["rate"] for line in quote.lines if line.code == "distance"]
    assert bands == [2_200, 2_000, 1_800]
    _, short = town.quote(sita, to=Place(27.7160, 85.3130))
    assert "minimum_fare" in [line.code for line in short.lines]
    ride = town.arrived(sita, ram, "card")
    town.clock.advance(10 * MINUTE)
    town.take(ride, "start", ram, code=town.code(ride))
    ride = town.take(ride, "finish", ram, tolls=town.money(1_234))
    lines = {one.code: one for one in town.market.transactions.terms(ride.id, by=sita)[-1].lines}
    assert lines["waiting"].inputs["seconds"] == 600
    assert lines["waiting"].inputs["free_s"] == 180
    assert lines["toll"].amount.amount == 1_234
    assert town.due(ride) % 100 == 0


@pytest.mark.behaviour("C2")
@pytest.mark.parametrize(
    ("currency", "unit"), [("JPY", 1), ("NPR", 100), ("KWD", 1_000), ("BTC", 100_000_000)]
)
def test_a_price_sums_up_in_any_currency(open_town: OpenTown, currency: str, unit: int) -> None:
    """With no, two, three or eight decimals the lines sum to the last minor unit, and everything
    that the rider paid is somewhere when the ride is settled."""
    fare = Fare(currency, base=unit + 1, bands=(Band(unit // 3 + 1),), per_minute=7, rounding=1)
    town = open_town(
        rides=Rides(fare=fare), cash=Cash(), commission=Commission(bp=1_777, tax_bp=1_300)
    )
    town.currency = currency
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    price = town.due(ride)
    assert price == town.sandbox.balance(currency).amount > 0
    earned = town.balance(ram, Purpose.PAYABLE)
    assert earned + town.house(Purpose.REVENUE) + town.house(Purpose.TAX) == price
    assert town.fee(ride) == town.house(Purpose.REVENUE)
    assert town.market.ledger.sums()[currency] == 0


@pytest.mark.behaviour("C3")
def test_a_ride_ends_by_the_terms_it_was_agreed_on(open_town: OpenTown, database_url: str) -> None:
    """The operator raises every rate while a ride is under way: it ends by the fare frozen with it,
    every line can be reckoned again, and the terms are an unbroken chain of hashes."""
    town = open_town()
    sita, ram = town.rider(), town.driver()
    ride = town.started(sita, ram, "card")
    dear = Fare("NPR", base=99_900, bands=(Band(9_900),), waiting=Waiting(per_minute=9_900))
    later = open_town(
        rides=Rides(fare=dear), clock=town.clock, sandbox=town.sandbox, commission=Commission(bp=0)
    )
    later.people = town.people
    assert later.quote(sita)[1].payin.amount > 100_000
    ride = later.take(ride, "finish", ram, stops=1)
    assert later.due(ride) == PRICE + 1_500
    chain = later.market.transactions.terms(ride.id, by=sita)
    assert [one.version for one in chain] == [1, 2]
    assert chain[0].previous_hash == ""
    assert chain[1].previous_hash == chain[0].hash
    again = later.market.quotes.recompute(ride.id)
    assert len(again) >= 10
    for _, line, amount in again:
        assert amount == line.amount.amount
    assert chain[1].policies == chain[0].policies
    later.wait(2 * HOUR)
    # The commission is one of the lines that were agreed; a lower one for new rides changes none.
    assert later.now(ride).state == "settled"


@pytest.mark.behaviour("C16")
def test_a_ride_for_nothing_is_an_ordinary_ride(open_town: OpenTown) -> None:
    """A fare of zero is quoted, agreed, driven, settled and reviewed without any payment and
    without any journal."""
    town = open_town(rides=Rides(fare=Fare("NPR")), card=False, cash=None, wallet=None)
    sita, ram = town.rider(), town.driver()
    request, quote = town.quote(sita)
    assert (quote.payin.amount, list(quote.lines)) == (0, [])
    ride = town.market.transactions.open(quote.id, by=sita, request=request.id)
    assert ride.state == "searching"
    town.driven(ride, ram)
    town.wait(2 * HOUR)
    assert town.now(ride).state == "settled"
    assert town.moves(ride) == []
    assert town.accounts(ram) == town.accounts(sita) == {}
    town.market.reviews.write(ride.id, by=sita, rating=5)


@pytest.mark.behaviour("C16")
def test_a_zero_price_by_card_asks_the_card_for_nothing(open_town: OpenTown) -> None:
    """Where cards are taken, a price of zero still moves and holds nothing there."""
    town = open_town(rides=Rides(fare=Fare("NPR")))
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    assert ride.state == "settled"
    assert town.sandbox.charges() == []
    assert town.sandbox.movements() == []


def test_a_fare_is_frozen_with_its_price_alone(town: Town) -> None:
    """The quote of one request cannot be used for another, nor by another rider."""
    sita, gita = town.rider(), town.rider("Gita")
    _, quote = town.quote(sita)
    other = town.ask(sita, to=Place(27.70, 85.35))
    hers = town.ask(gita)
    for who, request in ((sita, other), (gita, hers)):
        with pytest.raises(Exception, match="no quote"):
            town.market.transactions.open(quote.id, by=who, request=request.id, pay=Pay("cash"))
