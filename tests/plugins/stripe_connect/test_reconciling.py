"""Stripe's books beside ours: every balance transaction has its journals, and they have it."""

from collections.abc import Iterator

import pytest

from marketplace import DAY, OPERATOR, ManualClock, Marketplace, Pay, PayoutPlan
from marketplace.plugins.commission import Commission
from marketplace.plugins.rides import Rides, kathmandu_bike
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.stripe_connect import StripeDesk
from marketplace.testing.stripe_twin import StripeTwin
from tests.support.ride_world import MORNING, Town
from tests.support.stripe_platform import KEY, SECRET, connect

READY = Pay("card", means="pm_card_bypassPending")


@pytest.fixture
def twin() -> Iterator[StripeTwin]:
    """Stripe in the town's morning."""
    with StripeTwin(clock=ManualClock(MORNING), key=KEY, webhook_secret=SECRET) as running:
        yield running


@pytest.fixture
def town(database_url: str, twin: StripeTwin) -> Iterator[Town]:
    """A town that takes cards by Stripe and pays drivers by it, on each database."""
    market = Marketplace.open(
        database_url,
        [Rides(fare=kathmandu_bike()), Commission(bp=1_500), connect(twin)],
        clock=twin.clock,
        seed=1,
        create="missing",
        payouts=PayoutPlan(provider="stripe"),
    )
    yield Town(market, twin.clock, Sandbox())
    market.close()


@pytest.mark.invariant(19)
def test_a_busy_month_with_stripe_leaves_nothing_unexplained(town: Town, twin: StripeTwin) -> None:
    """Captures with their fees, a refund in part, a payout, a chargeback that is lost and one that
    is won: each movement at Stripe meets its journals, to the smallest coin, and none is left."""
    market, ram = town.market, town.driver()
    account = (
        StripeDesk(market)
        .onboard(ram.id, by=ram.party, country="NP", currency="NPR", email="ram@scoot.example")
        .account
    )
    twin.onboard(str(account))
    twin.deliver_to(lambda body, headers: market.payments.receive("stripe", body, headers))
    rides = []
    for name in ("Sita", "Gita", "Maya"):
        rides.append(town.settled(town.rider(name), ram, READY))
    shorter = {"reason": "the map was wrong", "metres": 5_000, "seconds": 1_000}
    market.transactions.follow_up(
        rides[0].id, "adjustment", by=OPERATOR, entry="correct", asks=shorter
    )
    market.payouts.make(by=OPERATOR, party=ram.id, currency="NPR")
    for ride, won in ((rides[1], True), (rides[2], False)):
        (payment,) = market.transactions.payments(ride.id, by=OPERATOR)
        charged = twin.object(str(payment.reference))["latest_charge"]
        twin.decide(twin.dispute(str(charged)), won=won)
    town.wait(DAY)
    twin.deliver_to(lambda body, headers: market.payments.receive("stripe", body, headers))
    found = market.ledger.reconcile("stripe")
    assert found.differences == ()
    assert found.clean
    assert found.movements >= 7
    assert found.journals > found.movements
    (both,) = found.balances
    assert both.theirs == both.ours == twin.balance("npr")
