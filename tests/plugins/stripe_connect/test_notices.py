"""What Stripe tells by itself: delivered, read back, and written into the books of rides."""

import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    Line,
    Money,
    Pay,
    Payment,
    PayoutPlan,
    Purpose,
    ReceivedNotice,
    Transaction,
    Untrusted,
)
from marketplace.plugins.stripe_connect import StripeDesk
from marketplace.testing.stripe_twin import Delivery, StripeTwin
from tests.support.ride_world import Town
from tests.support.stripe_town import stripe_in_the_morning, town_by_stripe

CARD = Pay("card", means="pm_card_visa")
SAID: dict[str, Any] = {"country": "NP", "currency": "NPR", "email": "ram@scoot.example"}


@pytest.fixture
def twin() -> Iterator[StripeTwin]:
    """Stripe in the town's morning."""
    with stripe_in_the_morning() as running:
        yield running


@pytest.fixture
def town(database_url: str, twin: StripeTwin) -> Iterator[Town]:
    """A town that takes cards by Stripe, on each database."""
    with town_by_stripe(database_url, twin, payouts=PayoutPlan(provider="stripe")) as opened:
        yield opened


def deliver(town: Town, twin: StripeTwin) -> int:
    """Bring everything that Stripe has to tell."""

    def receive(body: bytes, headers: Mapping[str, str]) -> None:
        town.market.payments.receive("stripe", body, headers)

    return twin.deliver_to(receive)


def bring(town: Town, *sent: Delivery) -> list[str]:
    """Bring these, signed at this moment; gives what became of each."""
    now = int(town.clock.now().timestamp())
    return [
        town.market.payments.receive("stripe", one.body, one.again(now).headers).outcome
        for one in sent
    ]


def inbox(town: Town) -> list[ReceivedNotice]:
    """Every notice that came."""
    return list(town.market.payments.notices(by=OPERATOR, limit=500))


def payment(town: Town, ride: Transaction) -> Payment:
    """The payment of a ride."""
    (one,) = town.market.transactions.payments(ride.id, by=OPERATOR)
    return one


def charge(town: Town, twin: StripeTwin, ride: Transaction) -> str:
    """What Stripe calls the charge of a ride."""
    return str(twin.object(str(payment(town, ride).reference))["latest_charge"])


def agrees(town: Town, twin: StripeTwin) -> bool:
    """Whether what our books say lies with Stripe lies there."""
    return town.house(Purpose.PROCESSOR_CLEARING) == twin.balance("npr")


@pytest.mark.invariant(46)
def test_what_we_asked_for_is_no_news(town: Town, twin: StripeTwin) -> None:
    """Every event of a whole ride, brought as it comes: all are taken, none differs from our books,
    and none changes them."""
    sita, ram = town.rider(), town.driver()
    ride = town.order(sita, CARD)
    assert deliver(town, twin) > 0
    town.driven(ride, ram)
    deliver(town, twin)
    town.wait(2 * HOUR)
    moves = town.moves(ride)
    deliver(town, twin)
    assert {one.state for one in inbox(town)} == {"taken"}
    assert town.moves(ride) == moves
    assert agrees(town, twin)


@pytest.mark.attack(48, 49)
@pytest.mark.invariant(43)
@pytest.mark.parametrize("seed", range(3))
def test_repeated_and_shuffled_they_end_the_same(town: Town, twin: StripeTwin, seed: int) -> None:
    """All at the end, each up to three times, in any order: the deal's money stands as it stood."""
    ride = town.settled(town.rider(), town.driver(), CARD)
    stood, moves = payment(town, ride), town.moves(ride)
    sent = [one for one in twin.deliveries() for _ in range(1 + seed)]
    random.Random(seed).shuffle(sent)
    outcomes = bring(town, *sent)
    assert outcomes.count("taken") == len({one.event["id"] for one in sent})
    assert {one.state for one in inbox(town)} == {"taken"}
    assert (payment(town, ride), town.moves(ride)) == (stood, moves)


def test_a_rider_who_confirms_at_his_bank_need_not_come_back(town: Town, twin: StripeTwin) -> None:
    """His confirmation is told by Stripe: the ride that waited for it goes on with the hold that he
    confirmed, and no second one is asked for."""
    ride = town.order(town.rider(), Pay("card", means="pm_card_authenticationRequired"))
    assert ride.state == "challenged"
    deliver(town, twin)
    assert town.now(ride).state == "challenged"
    sita = payment(town, ride).party_id
    where = StripeDesk(town.market).challenge(ride.id, by=sita)
    assert where is not None
    twin.authenticate(where.rpartition("/")[2])
    deliver(town, twin)
    assert town.now(ride).state == "searching"
    assert payment(town, ride).held > 0
    assert {one.state for one in inbox(town)} == {"taken"}
    made = [one for one in twin.calls if one.path == "/v1/payment_intents"]
    assert len(made) == 1
    town.driven(ride, town.driver())
    deliver(town, twin)
    town.wait(2 * HOUR)
    assert town.now(ride).state == "settled"
    assert agrees(town, twin)


def test_a_hold_that_is_cancelled_at_stripe_is_given_up(town: Town, twin: StripeTwin) -> None:
    """Somebody cancels the hold in Stripe's dashboard: it holds nothing here any more."""
    ride = town.order(town.rider(), CARD)
    name = str(payment(town, ride).reference)
    plugin = StripeDesk(town.market).plugin
    plugin.calls("a hold", lambda stripe: stripe.v1.payment_intents.cancel(name))
    deliver(town, twin)
    assert payment(town, ride).held == 0
    assert {one.state for one in inbox(town)} == {"taken"}


@pytest.mark.attack(57)
def test_a_refund_that_fails_later_is_the_rider_s_credit(town: Town, twin: StripeTwin) -> None:
    """A card takes nothing back days after the refund was sent: what Stripe gave back to us is the
    rider's, and the books agree again."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, Pay("card", means="pm_card_refundFail"))
    rest = Line("ride.total", Money(10_000, "NPR"), "customer", "provider", "rides.adjusted")
    town.market.transactions.follow_up(
        ride.id, "adjustment", by=OPERATOR, entry="lower", lines=[rest]
    )
    town.wait(HOUR)
    deliver(town, twin)
    back = payment(town, ride).refunded
    assert back > 0
    assert "wallet" not in town.accounts(sita)
    town.wait(3 * DAY)
    deliver(town, twin)
    assert town.accounts(sita)["wallet"] == back
    assert list(town.market.ledger.reconcile("stripe").differences) == []
    assert agrees(town, twin)


@pytest.mark.attack(61, 62)
@pytest.mark.parametrize("won", [True, False])
def test_a_chargeback_is_opened_and_decided_by_what_stripe_says(
    town: Town, twin: StripeTwin, won: bool
) -> None:
    """The bank takes the price back, with a fee; it decides weeks later. Told as it happens, and
    told all at the end, the books agree with Stripe's balance."""
    ride = town.settled(town.rider(), town.driver(), CARD)
    deliver(town, twin)
    name = twin.dispute(charge(town, twin, ride))
    deliver(town, twin)
    (one,) = town.market.chargebacks.list(by=OPERATOR)
    assert (one.state, one.reference, one.money) == (
        "open",
        name,
        Money(payment(town, ride).captured, "NPR"),
    )
    assert one.fee == 1_500
    assert agrees(town, twin)
    twin.decide(name, won=won)
    deliver(town, twin)
    (one,) = town.market.chargebacks.list(by=OPERATOR)
    assert one.state == ("won" if won else "lost")
    assert {each.state for each in inbox(town)} == {"taken"}
    assert agrees(town, twin)
    compared = town.market.ledger.reconcile("stripe")
    assert list(compared.differences) == []


def test_an_inquiry_takes_nothing(town: Town, twin: StripeTwin) -> None:
    """A bank that only asks has taken nothing: no chargeback, no journal."""
    ride = town.settled(town.rider(), town.driver(), CARD)
    moves = town.moves(ride)
    twin.dispute(charge(town, twin, ride), inquiry=True)
    deliver(town, twin)
    assert list(town.market.chargebacks.list(by=OPERATOR)) == []
    assert town.moves(ride) == moves


@pytest.mark.attack(58)
def test_an_account_becomes_good_and_bad_by_what_stripe_says(town: Town, twin: StripeTwin) -> None:
    """Onboarded, the driver's payout account is verified; restricted, payouts wait; and good again
    without anybody naming it anew."""
    ram = town.driver()
    row = StripeDesk(town.market).onboard(ram.id, by=ram.party, **SAID)

    def state() -> str:
        deliver(town, twin)
        (one,) = town.market.parties.payout_accounts(ram.id, by=ram.party)
        return one.state

    assert state() == "submitted"
    for said, stands in (
        ("active", "verified"),
        ("restricted", "submitted"),
        ("active", "verified"),
    ):
        twin.onboard(str(row.account), said)
        assert state() == stands


def test_a_payout_of_a_driver_s_own_account_has_the_account_looked_at(
    town: Town, twin: StripeTwin
) -> None:
    """Stripe pays the driver's bank by itself: what is told of that, paid or failed, moves nothing
    of ours, and whether he can still be paid is asked anew."""
    ram = town.driver()
    desk = StripeDesk(town.market)
    row = desk.onboard(ram.id, by=ram.party, **SAID)
    twin.onboard(str(row.account))
    deliver(town, twin)
    town.settled(town.rider(), ram, Pay("card", means="pm_card_bypassPending"))
    payout = town.market.payouts.make(by=OPERATOR, party=ram.id, currency="NPR")
    deliver(town, twin)
    params = {"amount": payout.amount, "currency": "npr"}
    on_his = {"stripe_account": str(row.account)}
    desk.plugin.calls(
        "a payout", lambda stripe: stripe.v1.payouts.create(params=params, options=on_his)
    )
    twin.bank_refuses_payouts(str(row.account))
    twin.onboard(str(row.account), "restricted")
    told = [one for one in twin.deliveries() if one.event["type"].startswith("payout.")]
    assert told
    assert set(bring(town, *told)) == {"taken"}
    (one,) = town.market.parties.payout_accounts(ram.id, by=ram.party)
    assert one.state == "submitted"
    town.wait(8 * DAY)
    deliver(town, twin)
    assert town.market.payouts.get(payout.id, by=OPERATOR).state == "paid"
    assert agrees(town, twin)


@pytest.mark.attack(63)
def test_a_transfer_that_is_reversed_is_earned_again(town: Town, twin: StripeTwin) -> None:
    """A payout was transferred, and is reversed at Stripe: it is the driver's to be paid again."""
    ram = town.driver()
    row = StripeDesk(town.market).onboard(ram.id, by=ram.party, **SAID)
    twin.onboard(str(row.account))
    deliver(town, twin)
    town.settled(town.rider(), ram, Pay("card", means="pm_card_bypassPending"))
    earned = town.balance(ram, Purpose.PAYABLE)
    payout = town.market.payouts.make(by=OPERATOR, party=ram.id, currency="NPR")
    payout = town.market.payouts.get(payout.id, by=OPERATOR)
    assert payout.state == "paid"
    deliver(town, twin)
    assert agrees(town, twin)
    name = str(payout.reference)
    StripeDesk(town.market).plugin.calls(
        "a reversal", lambda stripe: stripe.v1.transfers.reversals.create(name, params={})
    )
    deliver(town, twin)
    assert town.market.payouts.get(payout.id, by=OPERATOR).state == "returned"
    assert list(town.market.ledger.reconcile("stripe").differences) == []
    assert town.balance(ram, Purpose.PAYABLE) == earned
    assert agrees(town, twin)


@pytest.mark.attack(50)
def test_what_is_not_about_us_is_set_aside(town: Town, twin: StripeTwin) -> None:
    """An event of live mode in a test marketplace, and one of an account that nobody here has: kept
    apart, with no effect, and Stripe is not even asked."""
    ride = town.order(town.rider(), CARD)
    (first, *_) = [one for one in twin.deliveries() if "payment_intent" in one.event["type"]]
    calls = len(twin.calls)
    for change in ({"livemode": True}, {"account": "acct_of_somebody"}):
        event = {**first.event, **change, "id": f"evt_{next(iter(change))}"}
        other = Delivery(event, json.dumps(event).encode(), first.at, first.secret)
        assert bring(town, other) == ["set aside"]
    assert len(twin.calls) == calls
    assert payment(town, ride).held > 0


@pytest.mark.attack(51)
def test_metadata_that_names_another_ride_links_nothing(town: Town, twin: StripeTwin) -> None:
    """Somebody writes another ride's names on a payment at Stripe: what happens to it happens to
    the ride whose payment it is by our own books."""
    mine, other = (town.order(town.rider(name), CARD) for name in ("Sita", "Gita"))
    name = str(payment(town, mine).reference)
    forged = twin.object(str(payment(town, other).reference))["metadata"]
    calls = StripeDesk(town.market).plugin.calls
    calls(
        "a hold",
        lambda stripe: stripe.v1.payment_intents.update(name, params={"metadata": forged}),
    )
    calls("a hold", lambda stripe: stripe.v1.payment_intents.cancel(name))
    deliver(town, twin)
    assert payment(town, mine).held == 0
    assert payment(town, other).held > 0


@pytest.mark.attack(52)
def test_an_amount_that_differs_stops_the_ride_s_money(town: Town, twin: StripeTwin) -> None:
    """Somebody gives money back in Stripe's dashboard: nothing is corrected here, the deal's money
    waits for the operator."""
    ride = town.settled(town.rider(), town.driver(), CARD)
    name = str(payment(town, ride).reference)
    params = {"payment_intent": name, "amount": 500}
    StripeDesk(town.market).plugin.calls(
        "a refund", lambda stripe: stripe.v1.refunds.create(params=params)
    )
    deliver(town, twin)
    assert "differs" in {one.state for one in inbox(town)}
    assert payment(town, ride).refunded == 0
    assert any(one.kind == "difference" for one in town.market.disputes.list(by=OPERATOR))


@pytest.mark.attack(43, 44)
def test_what_stripe_did_not_sign_leaves_nothing(town: Town, twin: StripeTwin) -> None:
    """A changed byte, and no signature: not trusted, and the inbox is empty."""
    town.order(town.rider(), CARD)
    (first, *_) = twin.deliveries()
    with pytest.raises(Untrusted):
        town.market.payments.receive("stripe", *first.tampered(b"evt_", b"evt-"))
    with pytest.raises(Untrusted):
        town.market.payments.receive("stripe", first.body, {})
    assert inbox(town) == []


def test_kinds_that_nobody_knows_change_nothing(town: Town, twin: StripeTwin) -> None:
    """An event about a thing that we have no use for is taken, without asking for the thing."""
    town.order(town.rider(), CARD)
    (first, *_) = twin.deliveries()
    event = {
        **first.event,
        "id": "evt_new",
        "type": "radar.early_fraud_warning.created",
        "data": {"object": {"id": "issfr_1", "object": "radar.early_fraud_warning"}},
    }
    calls = len(twin.calls)
    assert bring(town, Delivery(event, json.dumps(event).encode(), first.at, first.secret)) == [
        "taken"
    ]
    assert len(twin.calls) == calls
