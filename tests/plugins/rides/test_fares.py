"""Fares: what a quote is made of, what may change at the end, and how each line explains itself."""

import json
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given

from marketplace import Line, customer_owes, nets
from marketplace.domain.money import total
from marketplace.domain.quote import recompute
from marketplace.plugins.rides.fare import Band, ChangeCap, Fare, Supplement, Waiting, Window
from marketplace.plugins.rides.fares import finish, quote
from marketplace.plugins.rides.regions import Ceiling
from marketplace.plugins.rides.ride import Changes, Ride, Surge, Toll
from marketplace.plugins.rides.route import Route
from marketplace.plugins.rides.rules import RULES
from tests.plugins.rides.strategies import ceilings, changes, fares, rides

NOON = datetime(2026, 3, 2, 6, 15, tzinfo=UTC)  # 12:00 in Kathmandu
MIDNIGHT = datetime(2026, 3, 2, 18, 15, tzinfo=UTC)

FARE = Fare(
    "NPR",
    base=5_000,
    bands=(Band(2_000, up_to_m=4_000), Band(1_500)),
    per_minute=100,
    waiting=Waiting(free_s=180, per_minute=200),
    per_stop=1_500,
    minimum=9_000,
    supplements=(Supplement("night", bps=2_000, window=Window(time(21), time(5))),),
    zone="Asia/Kathmandu",
    rounding=100,
    surge_cap_bps=15_000,
    change_cap=ChangeCap(bps=2_000),
)
RIDE = Ride(NOON, Route(6_000, 1_200))


def sums(lines: Any) -> dict[str, int]:
    """Code to minor units, minus where the customer gains."""
    result: dict[str, int] = {}
    for line in lines:
        sign = 1 if line.payer == "customer" else -1
        result[line.code] = result.get(line.code, 0) + sign * line.amount.amount
    return result


def owed(lines: Any, currency: str = "NPR") -> int:
    return customer_owes(lines, currency).amount


@pytest.mark.behaviour("R5")
def test_a_plain_ride_is_base_bands_and_minutes() -> None:
    """A ride costs its base, each stretch at its band's rate, and its minutes."""
    lines = quote(FARE, RIDE)
    assert sums(lines) == {"base_fare": 5_000, "distance": 8_000 + 3_000, "minutes": 2_000}
    assert owed(lines) == 18_000


@pytest.mark.behaviour("R5")
def test_every_part_of_a_fare_counts() -> None:
    """Night, waiting beyond the free minutes, stops and tolls each have a line of their own."""
    ride = Ride(
        MIDNIGHT, Route(6_000, 1_200), stops=2, tolls=(Toll("bridge", 2_500),), waited_s=300
    )
    assert sums(quote(FARE, ride)) == {
        "base_fare": 5_000,
        "distance": 11_000,
        "minutes": 2_000,
        "night": 3_600,
        "waiting": 400,
        "stops": 3_000,
        "toll": 2_500,
    }


@pytest.mark.behaviour("R5")
def test_a_short_ride_is_raised_to_the_minimum() -> None:
    """Base, distance and minutes are raised to the minimum by a line that says so."""
    lines = quote(FARE, Ride(NOON, Route(500, 120)))
    assert sums(lines) == {
        "base_fare": 5_000,
        "distance": 1_000,
        "minutes": 200,
        "minimum_fare": 2_800,
    }
    assert owed(lines) == 9_000


@pytest.mark.behaviour("R5", "T6")
@pytest.mark.parametrize(("metres", "rounding"), [(6_010, -15), (6_050, 25), (6_050 + 17, 0)])
def test_a_fare_is_whole_rupees(metres: int, rounding: int) -> None:
    """The customer's sum is rounded to the nearest coin, up or down, by a line of its own."""
    lines = quote(evolve(FARE, per_minute=0), Ride(NOON, Route(metres, 0)))
    assert owed(lines) % 100 == 0
    assert sums(lines).get("rounding", 0) == rounding or metres == 6_067


@pytest.mark.behaviour("R5")
@pytest.mark.parametrize(
    ("local", "holds"),
    [((20, 59), False), ((21, 0), True), ((23, 59), True), ((0, 0), True), ((5, 0), False)],
)
def test_the_night_is_read_on_the_local_clock(local: tuple[int, int], holds: bool) -> None:
    """The night window passes midnight and is half-open, on the wall clock of the fare's zone."""
    at = datetime(2026, 3, 2, *local, tzinfo=ZoneInfo("Asia/Kathmandu"))
    assert ("night" in sums(quote(FARE, Ride(at, Route(6_000, 1_200))))) is holds


@pytest.mark.behaviour("R5", "C2")
@given(fares, rides, ceilings)
def test_every_line_gives_its_amount_again(fare: Fare, ride: Ride, ceiling: Ceiling) -> None:
    """Each line's rule, on its inputs alone and after a trip through JSON, gives it again."""
    lines = quote(fare, ride, ceiling)
    stored = [evolve(line, inputs=json.loads(json.dumps(dict(line.inputs)))) for line in lines]
    assert stored == lines
    assert all(amount == line.amount.amount for line, amount in recompute(stored, RULES))


def test_a_changed_input_changes_the_amount() -> None:
    """A line is held by its inputs: with another rate its rule gives another amount."""
    for line in quote(FARE, RIDE):
        forged: dict[str, Any] = dict(line.inputs)
        name = next(x for x in ("amount", "rate", "per_minute") if x in forged)
        forged[name] += 120
        ((_, again),) = recompute([evolve(line, inputs=forged)], RULES)
        assert again != line.amount.amount


@pytest.mark.behaviour("C2", "R5")
@given(fares, rides, ceilings)
def test_a_price_is_the_sum_of_its_lines(fare: Fare, ride: Ride, ceiling: Ceiling) -> None:
    """What everybody gets and pays sums to nothing; the customer's sum is whole coins."""
    lines = quote(fare, ride, ceiling)
    assert total(nets(lines, fare.currency).values(), fare.currency).amount == 0
    assert owed(lines, fare.currency) % fare.rounding == 0
    assert owed(lines, fare.currency) >= 0
    assert {line.rule for line in lines} <= set(RULES)


@pytest.mark.behaviour("R6")
@pytest.mark.parametrize(("multiplier", "gain"), [(10_000, 0), (14_000, 7_200), (25_000, 9_000)])
def test_a_surge_multiplies_and_is_capped(multiplier: int, gain: int) -> None:
    """A surge raises base, distance and minutes, by no more than the fare's cap, and says why."""
    surge = Surge("1385/4265", NOON, 300, multiplier, {"riders": 12, "drivers": 4})
    lines = quote(FARE, evolve(RIDE, surge=surge))
    assert sums(lines).get("surge", 0) == gain
    for line in lines:
        if line.code == "surge":
            assert line.inputs["zone"] == "1385/4265"
            assert line.inputs["why"] == {"riders": 12, "drivers": 4}
            assert line.inputs["cap_bps"] == 15_000


@pytest.mark.behaviour("R4", "R6")
def test_a_surge_is_the_one_of_the_quote() -> None:
    """At the end the surge is the one frozen with the quote, whatever demand has become."""
    ride = evolve(RIDE, surge=Surge("z", NOON, 300, 14_000))
    quoted = quote(FARE, ride)
    end = finish(evolve(FARE, change_cap=None), quoted, ride, Changes(added_stops=1))
    assert sums(end.lines)["surge"] == sums(quoted)["surge"] == 7_200


@pytest.mark.behaviour("R4")
@pytest.mark.parametrize(
    "nothing",
    [
        Changes(),
        Changes(waited_s=180),
        Changes(tolls=()),
        Changes(route=RIDE.route),
    ],
    ids=["nothing", "free waiting", "the same tolls", "the same way"],
)
def test_without_a_named_reason_the_quote_stands(nothing: Changes) -> None:
    """With none of the named reasons the quote's own lines are the end's, without a reason."""
    quoted = quote(FARE, RIDE)
    end = finish(FARE, quoted, RIDE, nothing)
    assert list(end.lines) == quoted
    assert end.reasons == ()


@pytest.mark.behaviour("R4", "C3")
def test_a_quote_that_stands_is_not_reckoned_anew() -> None:
    """Without a named reason the lines agreed on stand, although the fare now gives others."""
    quoted = quote(FARE, RIDE)
    dearer = evolve(FARE, base=9_000, per_minute=500)
    assert quote(dearer, RIDE) != quoted
    assert list(finish(dearer, quoted, RIDE, Changes()).lines) == quoted


@pytest.mark.behaviour("R4")
@pytest.mark.parametrize(
    ("change", "reason", "more"),
    [
        (Changes(tolls=(Toll("bridge", 2_000),)), "ride_toll", 2_000),
        (Changes(waited_s=600), "ride_waiting", 1_400),
        (Changes(added_stops=1), "ride_added_stop", 1_500),
        (Changes(route=Route(7_000, 1_300)), "ride_route", 1_700),
        (Changes(route=Route(5_000, 1_200)), "ride_route", -1_500),
    ],
)
def test_each_named_reason_changes_the_price(change: Changes, reason: str, more: int) -> None:
    """A toll, waiting, an added stop and another way change the end, and each is named."""
    quoted = quote(FARE, RIDE)
    end = finish(FARE, quoted, RIDE, change)
    assert owed(end.lines) - owed(quoted) == more
    assert [why.code for why in end.reasons] == [reason]


@pytest.mark.behaviour("R4")
def test_the_end_is_capped() -> None:
    """A far longer way costs no more than the quote and the cap, and a line says who bears it."""
    quoted = quote(FARE, RIDE)
    end = finish(FARE, quoted, RIDE, Changes(route=Route(20_000, 3_600)))
    assert owed(end.lines) == owed(quoted) * 120 // 100 == 21_600
    (given_up,) = [line for line in end.lines if line.code == "change_cap"]
    assert (given_up.payer, given_up.payee) == ("provider", "customer")
    assert [why.code for why in end.reasons] == ["ride_route", "ride_change_capped"]


@pytest.mark.behaviour("R4", "C2")
@given(fares, rides, changes, ceilings)
def test_no_end_breaks_the_cap(fare: Fare, ride: Ride, change: Changes, ceiling: Ceiling) -> None:
    """Whatever changed, the customer's sum is within the cap and every line gives itself again."""
    quoted = quote(fare, ride, ceiling)
    end = finish(fare, quoted, ride, change, ceiling)
    before, after = owed(quoted, fare.currency), owed(end.lines, fare.currency)
    assert after >= 0
    if fare.change_cap is not None:
        allowed = max((before * fare.change_cap.bps + 5_000) // 10_000, fare.change_cap.amount)
        assert after <= before + allowed
    assert all(amount == line.amount.amount for line, amount in recompute(end.lines, RULES))
    assert total(nets(end.lines, fare.currency).values(), fare.currency).amount == 0


def test_a_tax_is_a_share_of_what_is_paid() -> None:
    """A tax in per cent is reckoned on the price after the cap, tolls left out."""
    vat = Supplement("vat", bps=1_300, basis="price", payee="tax")
    fare = evolve(FARE, supplements=(vat,), rounding=1)
    ride = evolve(RIDE, tolls=(Toll("bridge", 1_000),))
    quoted = quote(fare, ride)
    assert sums(quoted)["vat"] == 18_000 * 13 // 100
    end = finish(fare, quoted, ride, Changes(route=Route(20_000, 3_600)))
    of = sums(end.lines)
    price = sum(of.values()) - of["vat"] - of["toll"]
    assert of["vat"] == (price * 13 + 50) // 100
    assert owed(end.lines) <= owed(quoted) * 12 // 10
    assert owed(end.lines) >= owed(quoted) * 12 // 10 - 1


def test_lines_of_others_are_left_to_them() -> None:
    """The end of a ride speaks of its own lines: a commission by another plugin is not repeated."""
    quoted = quote(FARE, RIDE)
    foreign: Line = evolve(quoted[0], code="commission", rule="commission.share")
    assert list(finish(FARE, [*quoted, foreign], RIDE, Changes()).lines) == quoted


@pytest.mark.behaviour("T10")
def test_a_ceiling_is_a_line() -> None:
    """What lies above a regulator's ceiling is given back by a line that names the rule."""
    ceiling = Ceiling(fixed=3_000, per_km=2_000, because="notice 12")
    lines = quote(FARE, RIDE, ceiling)
    assert owed(lines) == 15_000
    (back,) = [line for line in lines if line.code == "regulated_ceiling"]
    assert back.amount.amount == 3_000
    assert back.inputs["because"] == "notice 12"
    assert sums(quote(FARE, RIDE, Ceiling(fixed=90_000))) == sums(quote(FARE, RIDE))


@pytest.mark.behaviour("C16")
def test_a_free_ride_has_no_lines() -> None:
    """A fare of nothing is a price without lines, not an error."""
    assert quote(Fare("NPR"), RIDE) == []
