"""Rides paid by Stripe on the engine itself: holds, questions of a bank, and lost answers."""

from collections.abc import Iterator

import pytest

from marketplace import (
    HOUR,
    MINUTE,
    Pay,
    Purpose,
    SetupError,
)
from marketplace.plugins.stripe_connect import StripeDesk
from marketplace.testing.stripe_twin import StripeTwin
from tests.support.ride_world import Town
from tests.support.stripe_town import stripe_in_the_morning, town_by_stripe

CARD = Pay("card", means="pm_card_visa")
ASKS = Pay("card", means="pm_card_authenticationRequired")


@pytest.fixture
def twin() -> Iterator[StripeTwin]:
    """Stripe in the town's morning."""
    with stripe_in_the_morning() as running:
        yield running


@pytest.fixture
def town(database_url: str, twin: StripeTwin) -> Iterator[Town]:
    """A town whose riders pay by Stripe, on each database and on the twin's clock."""
    with town_by_stripe(database_url, twin) as opened:
        yield opened


def agrees(town: Town, twin: StripeTwin) -> None:
    """What our books say lies with Stripe, its fees paid, is what lies there."""
    assert town.house(Purpose.PROCESSOR_CLEARING) == twin.balance("npr")


@pytest.mark.invariant(19, 46)
def test_a_ride_is_held_captured_and_settled(town: Town, twin: StripeTwin) -> None:
    """From the hold to the driver's earnings; Stripe's fee is the marketplace's expense."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, CARD)
    assert ride.state == "settled"
    assert town.house(Purpose.PROCESSOR_FEES) > 0
    (payment,) = town.market.transactions.payments(ride.id, by=sita)
    intent = twin.object(str(payment.reference))
    assert (intent["status"], intent["amount_received"]) == ("succeeded", payment.captured)
    agrees(town, twin)


def test_a_rider_whose_bank_asks_confirms_and_rides(town: Town, twin: StripeTwin) -> None:
    """The rider alone is told where to confirm; once he did, the ride goes on with the same hold;
    nobody else is told, and nothing more is to be confirmed."""
    sita, ram = town.rider(), town.driver()
    ride = town.order(sita, ASKS)
    assert ride.state == "challenged"
    desk = StripeDesk(town.market)
    where = desk.challenge(ride.id, by=sita)
    assert where is not None
    assert where.startswith(twin.url)
    twin.authenticate(where.rpartition("/")[2])
    assert desk.challenge(ride.id, by=sita) is None
    assert town.take(ride, "confirm", sita).state == "searching"
    held = [call for call in twin.calls if call.path == "/v1/payment_intents"]
    assert len(held) == 1
    town.driven(ride, ram)
    town.wait(2 * HOUR)
    assert town.now(ride).state == "settled"
    agrees(town, twin)


def test_a_rider_who_never_confirms_pays_nothing(town: Town, twin: StripeTwin) -> None:
    """The clock gives the ride up; what the bank still waits for holds nothing."""
    ride = town.order(town.rider(), ASKS)
    town.wait(10 * MINUTE)
    assert town.now(ride).state == "declined"
    assert twin.balance("npr") == 0


def test_nothing_is_asked_of_stripe_inside_a_unit_of_work(town: Town) -> None:
    """The desk refuses it, as the engine does."""
    sita = town.rider()
    ride = town.order(sita, ASKS)
    with town.market.batch(), pytest.raises(SetupError):
        StripeDesk(town.market).challenge(ride.id, by=sita)


@pytest.mark.attack(53)
@pytest.mark.parametrize("lost", ["", "/capture"])
def test_a_lost_answer_is_one_hold_and_one_capture(town: Town, twin: StripeTwin, lost: str) -> None:
    """The answer to the hold, or to the capture, is lost after success: the worker asks again with
    the same key, and Stripe's books and ours agree."""
    twin.faults.answer_lost(only=f"POST /v1/payment_intents*{lost}")
    sita, ram = town.rider(), town.driver()
    ride = town.order(sita, CARD)
    if not lost:
        assert ride.pending is not None
        town.wait(MINUTE)
    town.driven(ride, ram)
    town.wait(MINUTE)
    town.wait(2 * HOUR)
    assert town.now(ride).state == "settled"
    made = [one for one in twin.events() if one["type"] == "payment_intent.created"]
    assert len(made) == 1
    agrees(town, twin)
