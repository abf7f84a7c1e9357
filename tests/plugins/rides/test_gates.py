"""Gates: who may serve whom, each gate telling its own reason."""

from datetime import timedelta
from typing import Any

import pytest

from marketplace import DAY, HOUR, MINUTE, OPERATOR, SECOND, Money
from marketplace.plugins.cash import Cash
from marketplace.plugins.rides import Rides, Standing, kathmandu
from tests.support.ride_world import NEAR, THAMEL, Driver, OpenTown, Town


def codes(town: Town, request: str, driver: Driver, by: Any = OPERATOR) -> list[str]:
    """Why the driver's vehicle may not serve the request; empty when it may."""
    (match,) = [
        one for one in town.market.matching.find(request, by=by) if one.listing_id == driver.listing
    ]
    return [] if match.eligible else [reason.code for reason in match.reasons]


def give_paper(town: Town, driver: Driver, kind: str, lives: timedelta) -> str:
    """The driver hands a paper in, and the operator approves it."""
    paper = town.market.parties.submit_document(
        kind, by=driver.party, expires_at=town.clock.now() + lives
    )
    town.market.parties.judge_document(paper.id, approve=True)
    return paper.id


@pytest.mark.behaviour("R2", "C7")
def test_every_gate_reports_for_itself(open_town: OpenTown) -> None:
    """A driver that fails every gate hears of every one: papers, class, seats, way to pay, debt,
    block list, a trip under way. The one that fails none is eligible."""
    town = open_town(
        rides=Rides(fare=kathmandu(), documents=("licence", "insurance")),
        cash=Cash(debt_limit=Money(3_000, "NPR")),
    )
    bike = {"attributes": {"tier": "bike"}}
    sita, gita = town.rider(), town.rider("Gita")
    good = town.driver("Good", None, tier="taxi", payments=["cash", "card"], seats=4)
    bad = town.driver("Bad", tier="bike", payments=["cash"])
    for driver, lives in ((good, DAY), (bad, 3 * HOUR)):
        give_paper(town, driver, "licence", DAY)
        give_paper(town, driver, "insurance", lives)
    before = town.settled(gita, bad, "cash", **bike)
    town.accepted(gita, bad, "cash", **bike)
    # The ride before is given back whole: what the driver took by hand is its debt now.
    town.market.transactions.follow_up(
        before.id, "adjustment", by=OPERATOR, entry="lower", lines=[]
    )
    town.clock.advance(40 * MINUTE)
    town.online(good)
    town.online(bad, state="on trip")
    town.market.parties.block(bad.id, by=sita)
    request = town.ask(sita, quantity=2, attributes={"tier": "taxi", "payment": "card"})
    assert codes(town, request.id, good) == []
    assert sorted(codes(town, request.id, bad)) == [
        "another_tier",
        "blocked",
        "debt_over_limit",
        "document_expired",
        "on_a_trip",
        "payment_not_taken",
        "too_few_seats",
    ]


@pytest.mark.behaviour("R2")
@pytest.mark.parametrize(
    ("vehicle", "asked", "reason"),
    [
        ({"tier": "bike"}, {"attributes": {"tier": "taxi"}}, "another_tier"),
        (
            {"tier": "taxi", "payments": ["cash"]},
            {"attributes": {"tier": "taxi", "payment": "card"}},
            "payment_not_taken",
        ),
        (
            {"tier": "taxi", "seats": 2},
            {"attributes": {"tier": "taxi"}, "quantity": 3},
            "too_few_seats",
        ),
    ],
)
def test_one_gate_alone_keeps_a_driver_out(
    open_town: OpenTown, vehicle: dict[str, Any], asked: dict[str, Any], reason: str
) -> None:
    """Each gate refuses on its own, by its own name, and dispatch then makes no offer."""
    town = open_town(rides=Rides(fare=kathmandu()))
    sita, ram = town.rider(), town.driver(**vehicle)
    ride = town.order(sita, "card", **asked)
    assert codes(town, str(ride.request_id), ram) == [reason]
    assert town.dispatch() == []
    (because,) = town.market.why.pairing(str(ride.request_id), ram.listing, by=sita)
    assert because.reason.code == reason


@pytest.mark.behaviour("R3", "R2")
def test_a_paper_that_runs_out_takes_the_driver_off_dispatch_at_once(open_town: OpenTown) -> None:
    """A second before the licence runs out the driver is asked, at that second no more; a new
    paper counts only when it is approved, and then at once."""
    town = open_town(rides=Rides(fare=kathmandu(), documents=("licence",)))
    sita, ram = town.rider(), town.driver(tier="bike")
    request = town.ask(sita, attributes={"tier": "bike"})
    assert codes(town, request.id, ram) == ["document_missing"]
    give_paper(town, ram, "licence", 30 * MINUTE)
    town.clock.advance(30 * MINUTE - SECOND)
    assert codes(town, request.id, ram) == []
    town.clock.advance(SECOND)
    assert codes(town, request.id, ram) == ["document_expired"]
    ride = town.order(sita, "card", attributes={"tier": "bike"})
    assert town.dispatch() == []
    paper = town.market.parties.submit_document(
        "licence", by=ram.party, expires_at=town.clock.now() + DAY
    )
    assert town.dispatch() == []
    town.market.parties.judge_document(paper.id, approve=True)
    assert len(town.dispatch()) == 1
    assert town.now(ride).state == "offered"


@pytest.mark.behaviour("T9")
def test_a_class_of_vehicle_is_chosen_and_priced(open_town: OpenTown) -> None:
    """Who asks for a taxi is offered a taxi and pays a taxi's fare, though a bike is nearer."""
    town = open_town(rides=Rides(fare=kathmandu()))
    sita = town.rider()
    bike = town.driver("Bike", THAMEL, tier="bike")
    taxi = town.driver("Taxi", NEAR, tier="taxi", seats=4)
    prices = {}
    for tier in ("bike", "scooter", "taxi"):
        _, quote = town.quote(sita, attributes={"tier": tier})
        prices[tier] = quote.payin.amount
    assert prices["scooter"] < prices["bike"] < prices["taxi"]
    town.order(sita, "card", attributes={"tier": "taxi"})
    assert len(town.dispatch()) == 1
    assert town.offer_to(taxi)
    assert town.market.offers.list(by=bike.party).items == ()


@pytest.mark.behaviour("T9")
def test_a_bike_takes_one_passenger(open_town: OpenTown) -> None:
    """Two riders on one bike are refused by the seats, and while one is carried the bike is
    offered to nobody else."""
    town = open_town(rides=Rides(fare=kathmandu()))
    sita, gita, ram = town.rider(), town.rider("Gita"), town.driver(tier="bike")
    bike = {"attributes": {"tier": "bike"}}
    two = town.ask(sita, quantity=2, **bike)
    assert codes(town, two.id, ram) == ["too_few_seats"]
    town.started(sita, ram, "card", **bike)
    town.online(ram)
    other = town.order(gita, "card", **bike)
    assert town.dispatch() == []
    assert codes(town, str(other.request_id), ram) == ["on_a_trip"]


@pytest.mark.behaviour("T9")
def test_a_rider_may_prefer_a_driver_of_her_own_gender(town: Town) -> None:
    """The preference is a choice: who makes it is matched accordingly, who does not is not."""
    sita = town.rider()
    ram = town.driver("Ram", THAMEL, gender="man")
    maya = town.driver("Maya", NEAR, gender="woman")
    wish = {"driver_gender": "same", "gender": "woman"}
    prefers = town.ask(sita, attributes=wish)
    assert codes(town, prefers.id, ram) == ["gender_preference"]
    assert codes(town, prefers.id, maya) == []
    whoever = town.ask(sita, attributes={"driver_gender": "any", "gender": "woman"})
    assert codes(town, whoever.id, ram) == []
    town.order(sita, "card", attributes=wish)
    town.dispatch()
    assert town.offer_to(maya)


@pytest.mark.behaviour("R18")
def test_a_block_between_two_keeps_them_apart_both_ways(town: Town) -> None:
    """Whoever blocked whom, the two are never matched until the block is taken back; the other
    side is not told who did it."""
    sita, ram = town.rider(), town.driver()
    for blocker, blocked in ((sita, ram.party), (ram.party, sita)):
        town.market.parties.block(blocked.id, by=blocker)
        ride = town.order(sita, "card")
        assert town.dispatch() == []
        assert codes(town, str(ride.request_id), ram) == ["blocked"]
        town.take(ride, "cancel", sita)
        town.market.parties.unblock(blocked.id, by=blocker)
    ride = town.order(sita, "card")
    assert len(town.dispatch()) == 1


@pytest.mark.behaviour("R18")
def test_a_rating_below_the_threshold_takes_a_driver_off_dispatch(open_town: OpenTown) -> None:
    """From the named number of reviews on, a mean below the threshold shuts dispatch; before, and
    at exactly the threshold, the driver still drives."""
    standing = Standing(least_hundredths=400, from_reviews=2)
    town = open_town(rides=Rides(fare=kathmandu(), standing=standing))
    sita, ram = town.rider(), town.driver(tier="bike")

    def driven_and_rated(stars: int) -> list[str]:
        ride = town.settled(sita, ram, "card", attributes={"tier": "bike"})
        town.market.reviews.write(ride.id, by=sita, rating=stars)
        town.online(ram)
        return codes(town, town.ask(sita, attributes={"tier": "bike"}).id, ram)

    assert driven_and_rated(3) == []
    assert driven_and_rated(5) == []
    assert town.market.parties.reputation(ram.id, "provider").mean_hundredths == 400
    assert driven_and_rated(3) == ["rating_too_low"]
