"""The rides plugin at work: presence, surge, dispatchers, the law of a region, no maps."""

from datetime import UTC, date, datetime, timedelta

import pytest

from marketplace import (
    HOUR,
    MINUTE,
    OPERATOR,
    SECOND,
    Batched,
    InvalidInput,
    ManualClock,
    NotFound,
    Place,
    RadiusRounds,
    Refused,
)
from marketplace.plugins.rides import Rides, Route, SurgePlan, kathmandu, kathmandu_bike
from marketplace.plugins.rides.rates import red_plates_off_the_road
from marketplace.plugins.rides.regions import Ceiling, Region, RegionRule
from tests.support.ride_world import NEAR, PATAN, THAMEL, Driver, OpenTown, Town


def state(town: Town, driver: Driver) -> str:
    """What the driver is doing, as the town knows it."""
    found = town.market.listings.presence(driver.listing, by=driver.party)
    return found.state if found else "unknown"


@pytest.mark.behaviour("R1")
def test_presence_follows_offer_trip_and_end(town: Town) -> None:
    """A driver is offline, online, offered while an offer is in hand, on trip from the acceptance,
    and online again when the ride is over."""
    sita, ram = town.rider(), town.driver()
    town.online(ram, state="offline")
    town.order(sita, "card")
    assert town.dispatch() == []
    town.online(ram)
    assert state(town, ram) == "online"
    town.dispatch()
    assert state(town, ram) == "offered"
    ride = town.market.offers.accept(town.offer_to(ram), by=ram.party)
    assert state(town, ram) == "on trip"
    town.take(ride, "arrive", ram)
    town.take(ride, "start", ram, code=town.code(ride))
    town.take(ride, "finish", ram)
    assert state(town, ram) == "online"


@pytest.mark.behaviour("R1")
def test_a_driver_on_the_way_home_is_asked_too(town: Town) -> None:
    """Heading home is a presence like online: the driver is offered rides."""
    sita, ram = town.rider(), town.driver()
    town.online(ram, state="heading home")
    town.order(sita, "card")
    assert len(town.dispatch()) == 1


@pytest.mark.behaviour("R1", "R10")
def test_a_place_that_nobody_confirmed_lately_counts_no_more(town: Town) -> None:
    """A location expires: at the very moment it does, the driver is out of dispatch, and why says
    that it was not there."""
    sita, ram = town.rider(), town.driver()
    town.market.listings.appear(ram.listing, "online", NEAR, by=ram.party, lives=2 * MINUTE)
    ride = town.order(sita, "card")
    town.clock.advance(2 * MINUTE)
    assert town.dispatch() == []
    (because,) = town.market.why.pairing(str(ride.request_id), ram.listing, by=sita)
    assert because.reason.code == "not_present"
    town.online(ram)
    assert len(town.dispatch()) == 1


def test_only_its_provider_and_the_operator_see_where_a_driver_is(town: Town) -> None:
    """A driver's place is nobody else's business before an agreement."""
    sita, ram = town.rider(), town.driver()
    assert town.market.listings.presence(ram.listing, by=OPERATOR).place == NEAR
    with pytest.raises(NotFound):
        town.market.listings.presence(ram.listing, by=sita)
    with pytest.raises(NotFound):
        town.market.listings.appear(ram.listing, "online", PATAN, by=sita)


@pytest.mark.behaviour("R7")
def test_batched_assignment_serves_all_riders_where_the_nearest_would_not(town: Town) -> None:
    """Two riders, two drivers: greedy would give the middle driver to the nearer rider and leave
    the far one; the batch serves both at the least sum of metres."""
    west, east = Place(27.70, 85.300), Place(27.70, 85.310)
    first, second = town.rider("Sita"), town.rider("Gita")
    left = town.driver("Left", Place(27.70, 85.292))
    middle = town.driver("Middle", Place(27.70, 85.3045))
    town.order(first, "card", place=west)
    town.order(second, "card", place=east)
    assert len(town.dispatch(dispatcher=Batched(1_000))) == 2
    offers = {
        one.listing_id: one.transaction_id
        for one in town.market.offers.list(by=OPERATOR, state="made").items
    }
    riders = {
        listing: town.market.transactions.seats(str(ride), by=OPERATOR)[0].party_id
        for listing, ride in offers.items()
    }
    assert riders == {left.listing: first.id, middle.listing: second.id}


@pytest.mark.behaviour("R7", "R9")
def test_radius_rounds_ask_the_nearest_first_and_then_look_farther(town: Town) -> None:
    """By radius steps and batches, the same dispatch call asks the two nearest, then the next, then
    farther out, and never the same driver again."""
    sita = town.rider()
    places = [Place(27.7154 - step / 1000, 85.3123) for step in (2, 4, 6, 30)]
    drivers = [town.driver(f"Driver {n}", place) for n, place in enumerate(places)]
    rounds = RadiusRounds((1_000, 5_000), batch_size=2, rounds=2)
    town.order(sita, "card")
    asked: list[list[int]] = []
    for _ in range(4):
        town.dispatch(dispatcher=rounds)
        now = [
            number
            for number, driver in enumerate(drivers)
            if town.market.offers.list(by=driver.party, state="made").items
        ]
        asked.append(now)
        for number in now:
            offer = town.offer_to(drivers[number])
            town.market.offers.decline(offer, by=drivers[number].party)
        town.clock.advance(SECOND)
    assert asked[0] == [0, 1]
    assert sorted(number for group in asked for number in group) == [0, 1, 2, 3]
    assert asked[1] == [2]
    assert [3] in asked[2:]


def crowd(town: Town, riders: int) -> None:
    """Many riders ask where hardly any driver is."""
    for number in range(riders):
        town.ask(town.rider(f"Rider {number}"))


@pytest.mark.behaviour("R6", "C7")
def test_surge_is_by_zone_capped_snapshotted_and_explained(open_town: OpenTown) -> None:
    """Where many wait for few, the price has a surge line that names zone, stretch of time, riders
    and drivers; it stops at the cap; elsewhere and with few riders there is none."""
    town = open_town(rides=Rides(fare=kathmandu_bike(), surge=SurgePlan()))
    sita, _ = town.rider(), town.driver(place=THAMEL)
    _, calm = town.quote(sita)
    assert all(line.code != "surge" for line in calm.lines)
    crowd(town, 30)
    _, quote = town.quote(sita)
    (surge,) = [line for line in quote.lines if line.code == "surge"]
    assert surge.inputs["multiplier_bps"] == 15_000 == surge.inputs["cap_bps"]
    assert surge.inputs["why"]["drivers"] == 1
    assert surge.inputs["why"]["riders"] >= 30
    assert surge.inputs["seconds"] == 300
    assert surge.inputs["starts_at"] == "2026-11-23T02:15:00+00:00"
    assert quote.payin > calm.payin
    assert quote.payin.amount <= calm.payin.amount * 3 // 2 + 100
    texts = [one.text for one in town.market.why.quote(quote.id, by=sita)]
    assert any("1.5 times" in text for text in texts), texts
    _, elsewhere = town.quote(sita, place=Place(27.6710, 85.4298), to=PATAN)
    assert all(line.code != "surge" for line in elsewhere.lines)


@pytest.mark.behaviour("R6", "C3")
def test_surge_never_changes_after_the_price_was_accepted(open_town: OpenTown) -> None:
    """A ride agreed without surge ends without one though a crowd came since; a ride agreed with
    surge keeps it though the crowd has gone."""
    town = open_town(rides=Rides(fare=kathmandu_bike(), surge=SurgePlan()))
    sita, ram = town.rider(), town.driver(place=THAMEL)
    ride = town.arrived(sita, ram, "card")
    agreed = town.due(ride)
    crowd(town, 30)
    town.take(ride, "start", ram, code=town.code(ride))
    ride = town.take(ride, "finish", ram)
    assert town.due(ride) == agreed
    town.wait(2 * HOUR)
    town.online(ram, THAMEL)
    ride = town.arrived(sita, ram, "card")
    dear = town.due(ride)
    assert dear > agreed
    for request in town.market.requests.list(by=OPERATOR, state="open").items:
        town.market.requests.withdraw(request.id, by=OPERATOR)
    town.take(ride, "start", ram, code=town.code(ride))
    # A changed toll has the end reckoned anew, by the surge that was frozen.
    ride = town.take(ride, "finish", ram, tolls=town.money(1_000))
    assert town.due(ride) == dear + 1_000


@pytest.mark.behaviour("T10")
def test_a_class_is_forbidden_in_a_region_from_a_day_on(open_town: OpenTown) -> None:
    """The evening before, a bike may be asked for; after midnight in Kathmandu it is refused with
    the act that forbids it, and a taxi goes on."""
    clock = ManualClock(datetime(2019, 1, 13, 18, 10, tzinfo=UTC))
    rules = (red_plates_off_the_road(date(2019, 1, 14)),)
    town = open_town(rides=Rides(fare=kathmandu(rules)), clock=clock)
    sita = town.rider()
    assert town.ask(sita, attributes={"tier": "bike"}).state == "open"
    clock.advance(5 * MINUTE)
    with pytest.raises(Refused) as refused:
        town.ask(sita, attributes={"tier": "bike"})
    (reason,) = refused.value.reasons
    assert "Transport Management Act" in str(reason.params["because"])
    assert town.ask(sita, attributes={"tier": "taxi"}).state == "open"


@pytest.mark.behaviour("T10", "C7")
def test_a_regulator_caps_a_fare_where_and_since_when_it_says(open_town: OpenTown) -> None:
    """Inside the region, from the day on and for the class named, the price stops at the cap by a
    line that cites the rule; outside, before and for other classes it does not."""
    box = (Place(27.70, 85.30), Place(27.70, 85.33), Place(27.73, 85.33), Place(27.73, 85.30))
    cap = RegionRule(
        Region("Thamel", box),
        because="Notice 12 of the valley's transport office",
        tiers=("bike",),
        since=date(2026, 11, 24),
        zone="Asia/Kathmandu",
        ceiling=Ceiling(fixed=10_000),
    )
    town = open_town(rides=Rides(fare=kathmandu((cap,))))
    sita = town.rider()

    def price(tier: str, place: Place = THAMEL) -> int:
        _, quote = town.quote(sita, place=place, attributes={"tier": tier})
        if "regulated_ceiling" in {line.code for line in quote.lines}:
            texts = [one.text for one in town.market.why.quote(quote.id, by=sita)]
            assert any("Notice 12" in text for text in texts), texts
        return quote.payin.amount

    before = price("bike")
    assert before > 10_000
    town.clock.advance(timedelta(hours=16))
    assert price("bike") == 10_000
    assert price("taxi") > 10_000
    assert price("bike", Place(27.69, 85.29)) > 10_000


@pytest.mark.behaviour("T11")
def test_ways_are_guessed_without_any_map_service(town: Town) -> None:
    """By default a way is the great circle times a factor, at one speed; nothing is asked outside,
    and the promise of arrival comes from it too."""
    sita, ram = town.rider(), town.driver()
    _, quote = town.quote(sita)
    straight = THAMEL.metres_to(PATAN)
    metres = {line.inputs["metres"] for line in quote.lines if line.code == "distance"}
    assert metres == {-(-straight * 13_000 // 10_000)}
    ride = town.accepted(sita, ram, "card")
    way = -(-NEAR.metres_to(THAMEL) * 13 // 10)
    promised = datetime.fromisoformat(ride.attributes["promised_at"])
    assert promised - town.clock.now() == timedelta(seconds=-(-way * 3600 // 18_000))


class OneWay:
    """A map service that knows one way."""

    def route(self, places: object, at: datetime) -> Route:
        """Ten kilometres in half an hour, wherever."""
        return Route(10_000, 1_800)


@pytest.mark.behaviour("T11")
def test_a_map_service_is_a_setting(open_town: OpenTown) -> None:
    """A router given to the plugin is asked instead of the guess."""
    town = open_town(rides=Rides(fare=kathmandu_bike(), router=OneWay()))
    _, quote = town.quote(town.rider())
    metres = {line.inputs["metres"] for line in quote.lines if line.code == "distance"}
    assert metres == {10_000}


def test_a_ride_needs_two_places_and_the_right_money(town: Town) -> None:
    """A request without an end, or in another currency than the fare's, is refused with reasons."""
    sita = town.rider()
    with pytest.raises(Refused) as refused:
        town.ask(sita, to=None)
    assert [one.code for one in refused.value.reasons] == ["needs_two_places"]
    with pytest.raises(InvalidInput, match="priced in NPR"):
        town.ask(sita, currency="USD")
