"""Stripe's books beside ours: every balance transaction has its journals, and they have it."""

from collections.abc import Iterator
from typing import Any

import pytest

from marketplace import DAY, HOUR, OPERATOR, ManualClock, Marketplace, Pay, PayoutPlan
from marketplace.plugins.commission import Commission
from marketplace.plugins.rides import Rides, kathmandu_bike
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.stripe_connect import StripeDesk
from marketplace.testing.stripe_twin import StripeTwin
from tests.support.quay import open_quay
from tests.support.quay_banks import StripeBank
from tests.support.ride_world import MORNING, Town
from tests.support.stripe_judges import hold_to_stripe
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


class PassingOn(StripeBank):
    """Stripe, which makes destination charges."""

    def plugin(self) -> Any:
        """The payment provider."""
        return connect(self.twin, charges="destination")


@pytest.mark.invariant(19)
def test_what_went_to_a_payee_and_came_back_as_a_fee_is_explained(
    database_url: str, twin: StripeTwin
) -> None:
    """Law: a hold names a seller's account, and he has another one when it is captured: all of it
    goes there and comes back as a fee, and so does its refund. These movements have one name, come
    to nothing, and are told as that; nothing is left unexplained, and what somebody moved by hand
    still is."""
    quay = open_quay(database_url, PassingOn(twin), twin.clock)
    market = quay.market
    account = quay.bank.may_be_paid(market, quay.sal)
    market.advance(30 * DAY)
    pays = (quay.card(), quay.card(purse="deposit"))
    deal = quay.opened("berths", *pays)
    quay.wait(DAY + HOUR)
    assert quay.now(deal).state == "secured"
    market.parties.set_payout_account("USD", "acct_another", by=quay.sal, provider="stripe")
    quay.carried(deal, "moor", "cast_off")
    assert (quay.paid(deal), twin.balance("usd", account)) == ((0, 8_000, 2_000), 0)
    compared = market.ledger.reconcile("stripe")
    found = [(one.why, one.kind, one.amount) for one in compared.differences]
    assert sorted(found) == [
        ("comes to nothing", "application_fee", 8_000),
        ("comes to nothing", "application_fee_refund", -2_000),
        ("comes to nothing", "transfer", -8_000),
        ("comes to nothing", "transfer_refund", 2_000),
    ]
    assert len({one.about for one in compared.differences}) == 1
    assert (compared.unexplained, compared.clean) == (0, True)
    assert [one.under_way for one in compared.balances] == [0]
    quay.wait(10 * DAY)
    quay.bank.by_hand(
        "a transfer",
        lambda stripe: stripe.v1.transfers.create(
            {
                "amount": 100,
                "currency": "usd",
                "destination": quay.bank.may_be_paid(market, quay.tom),
            }
        ),
    )
    compared = market.ledger.reconcile("stripe")
    assert [one.amount for one in compared.differences if not one.explained] == [-100]
    assert (compared.unexplained, compared.clean) == (1, False)
    market.close()
    hold_to_stripe(twin)
