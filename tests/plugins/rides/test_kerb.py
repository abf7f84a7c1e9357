"""At the kerb: one truth about the wait, and a driver who arrived is there."""

from datetime import timedelta

import pytest
from attrs import evolve

from marketplace import (
    MINUTE,
    OPERATOR,
    SECOND,
    After,
    IllegalTransition,
    InvalidInput,
    Place,
    Refused,
    SetupError,
    Transaction,
)
from marketplace.plugins.rides import NoShow, Rates, Rides, RideTimes, kathmandu_bike, ride
from tests.support.ride_world import FAR, THAMEL, Driver, OpenTown, Town

SEVEN = 7 * MINUTE
BESIDE = Place(27.7158, 85.3125, "across the street")


def waits(minutes: int) -> Rates:
    """Rates of one class of vehicle whose driver waits so long."""
    return Rates({"ride": evolve(kathmandu_bike(), no_show=NoShow(after_s=minutes * 60))})


@pytest.mark.behaviour("R13")
def test_a_driver_may_leave_when_the_fare_says_so(town: Town) -> None:
    """The fare's seven minutes are the process's: a second before, the row is too early for the
    process itself; at seven minutes it is taken."""
    sita, ram = town.rider(), town.driver()
    deal = town.arrived(sita, ram, "card")
    town.clock.advance(SEVEN - SECOND)
    with pytest.raises(IllegalTransition) as caught:
        town.take(deal, "no_show", ram)
    assert caught.value.code == "too_early"
    town.clock.advance(SECOND)
    assert town.take(deal, "no_show", ram).state == "no_show"


def test_the_process_takes_the_wait_from_the_fares() -> None:
    """What the process leaves open the fares fill in, the shortest of several; a process that
    repeats it stays as it is."""
    fares = {f"after {n}": evolve(kathmandu_bike(), no_show=NoShow(after_s=n * 60)) for n in (4, 9)}
    row = Rides(fare=Rates(fares)).process.row("no_show", "arrived")
    assert row is not None
    assert row.not_before == After(4 * MINUTE)
    said = ride(no_show_after=SEVEN)
    assert Rides(fare=kathmandu_bike(), process=said).process is said


@pytest.mark.parametrize("minutes", [5, 6, 8])
def test_a_process_that_says_another_wait_is_refused(minutes: int) -> None:
    """A process whose wait is not the fare's does not open, and the sentence names both."""
    with pytest.raises(SetupError, match=rf"leave {minutes} min later, .*ride 420 s"):
        Rides(fare=waits(7), process=ride(no_show_after=minutes * MINUTE))


def test_a_clock_that_ends_the_wait_before_the_driver_may_leave_is_refused() -> None:
    """Where the clock would call the ride off before the driver is owed anything, it says so."""
    with pytest.raises(SetupError, match="nobody_came"):
        Rides(fare=waits(10), process=ride(RideTimes(waiting=10 * MINUTE)))
    Rides(fare=waits(10), process=ride(RideTimes(waiting=timedelta(minutes=10, seconds=1))))


def near(open_town: OpenTown, metres: int | None) -> tuple[Town, Transaction, Driver]:
    """A town where a driver arrives within so many metres, and a ride on its way."""
    town = open_town(rides=Rides(fare=kathmandu_bike(), arrive_within_m=metres))
    ram = town.driver()
    return town, town.accepted(town.rider(), ram, "card"), ram


@pytest.mark.behaviour("R12", "C7")
@pytest.mark.attack(5)
def test_a_driver_arrives_where_he_is_seen(open_town: OpenTown) -> None:
    """A driver who is seen far off, or not seen at all any more, has not arrived and can collect
    no fee for a rider who does not come; both are told why, in both languages. Across the street
    he has."""
    town, deal, ram = near(open_town, 100)
    town.online(ram, FAR, "on trip")
    with pytest.raises(Refused) as caught:
        town.take(deal, "arrive", ram)
    (far,) = caught.value.reasons
    assert (far.code, far.params["limit"]) == ("arrive_too_far", 100)
    assert far.params["metres"] == FAR.metres_to(THAMEL)
    with pytest.raises(IllegalTransition):
        town.take(deal, "no_show", ram)
    for language, said in (("en", "m from the pick-up"), ("ne", "मिटर टाढा")):
        why = town.market.why.transaction(deal.id, by=OPERATOR, language=language)
        assert any(said in one.text for one in why if one.about == "refusal")
    town.online(ram, BESIDE, "on trip")
    assert town.take(deal, "arrive", ram).state == "arrived"


def test_nobody_arrives_unseen(open_town: OpenTown) -> None:
    """A place that is no longer believed counts for nothing; one across the street does."""
    town, deal, ram = near(open_town, 100)
    town.market.listings.appear(ram.listing, "on trip", BESIDE, by=ram.party, lives=MINUTE)
    town.clock.advance(MINUTE)
    with pytest.raises(Refused) as caught:
        town.take(deal, "arrive", ram)
    assert [one.code for one in caught.value.reasons] == ["arrive_unseen"]
    town.online(ram, BESIDE, "on trip")
    assert town.take(deal, "arrive", ram).state == "arrived"


def test_where_nothing_is_asked_a_driver_arrives_anywhere(open_town: OpenTown) -> None:
    """Without the setting the driver's word counts, as it does where telephones know no place."""
    town, deal, ram = near(open_town, None)
    town.online(ram, FAR, "on trip")
    assert town.take(deal, "arrive", ram).state == "arrived"


@pytest.mark.parametrize("metres", [0, -1, 1.5, True, "100"])
def test_metres_are_metres(metres: object) -> None:
    """The setting is a whole number of metres, or None."""
    with pytest.raises(InvalidInput, match="arrive_within_m"):
        Rides(fare=kathmandu_bike(), arrive_within_m=metres)  # type: ignore[arg-type]
