"""What is Stripe's alone: 500s that it keeps, storms of 429, transfers that it refuses, and what
somebody does in its dashboard."""

import json
from typing import Any

import pytest

from marketplace import DAY, HOUR, OPERATOR, Money, PaymentProviderUnavailable, Purpose, Refused
from marketplace.plugins.stripe_connect import StripeDesk
from marketplace.testing.stripe_twin.webhooks import delivery
from tests.support.quay import Quay
from tests.support.quay_banks import USD


@pytest.mark.attack(65)
@pytest.mark.invariant(40, 41, 49)
@pytest.mark.parametrize("breaks", ["broken", "storm"])
def test_an_hour_of_500s_or_429s_ends(stripe_quay: Quay, breaks: str) -> None:
    """For an hour every call ends in a 500, which Stripe keeps under the call's key for a day, or
    in a 429: within two hours each deal is paid, once, and Stripe was not asked without end."""
    quay = stripe_quay
    getattr(quay.twin.faults, breaks)(lasting=HOUR)
    deal = quay.opened("crates")
    held = quay.opened("crossings", price=5_000)
    quay.wait(HOUR)
    assert quay.bank.charges() == []
    quay.wait(HOUR)
    assert (quay.now(deal).state, quay.now(held).state) == ("paid", "waiting")
    assert quay.bank.charges() == [(0, 10_000, 0), (5_000, 0, 0)]
    asked = [one for one in quay.twin.calls if one.method == "POST"]
    # One more key each time, of which each of those before is asked again: 12 times in an hour.
    assert len(asked) < 200


@pytest.mark.invariant(40, 41)
def test_a_payout_that_stripe_breaks_on_is_paid_once(stripe_quay: Quay) -> None:
    """The transfer ends in 500s for a while, or its answer is lost: it is made once."""
    quay = stripe_quay
    quay.sold()
    quay.bank.may_be_paid(quay.market, quay.sal)
    quay.wait(3 * DAY)
    quay.twin.faults.broken(4, only="POST /v1/transfers")
    quay.twin.faults.answer_lost(only="POST /v1/transfers")
    payout = quay.payout()
    quay.wait(HOUR)
    assert quay.market.payouts.get(payout.id, by=OPERATOR).state == "paid"
    assert [one["amount"] for one in _transfers(quay)] == [9_000]


def _transfers(quay: Quay) -> list[dict[str, Any]]:
    """Every transfer that there is."""
    return list(quay.bank.by_hand("transfers", lambda stripe: stripe.v1.transfers.list())["data"])


@pytest.mark.attack(58)
@pytest.mark.invariant(41)
def test_nobody_is_paid_before_he_is_onboarded(stripe_quay: Quay) -> None:
    """Without an active capability a payout is refused before anything is asked; an account that
    Stripe restricts afterwards gets nothing, and its earnings stay where they are until it is
    active again. Stripe's twin refuses such a transfer as well."""
    quay, desk = stripe_quay, StripeDesk(stripe_quay.market)
    quay.sold()
    quay.wait(3 * DAY)
    row = desk.onboard(quay.sal.id, by=quay.sal, country="US", currency=USD, email="s@quay.example")
    with pytest.raises(Refused) as no:
        quay.payout()
    assert no.value.code == "payout_waits"
    assert quay.intents()[-1].payout_id is None
    quay.twin.onboard(str(row.account))
    assert desk.refresh(quay.sal.id)
    quay.twin.onboard(str(row.account), "restricted")
    payout = quay.payout()
    assert quay.market.payouts.get(payout.id, by=OPERATOR).state == "failed"
    assert quay.lies_with(quay.sal, Purpose.PAYABLE) == 9_000
    quay.told()
    with pytest.raises(Refused):
        quay.payout()
    with pytest.raises(Exception, match="capabilit"):
        quay.bank.by_hand(
            "a transfer",
            lambda stripe: stripe.v1.transfers.create(
                params={"amount": 100, "currency": "usd", "destination": row.account}
            ),
        )
    quay.twin.onboard(str(row.account))
    quay.told()
    assert quay.payout().amount == 9_000
    assert [one["amount"] for one in _transfers(quay)] == [9_000]


@pytest.mark.attack(59)
@pytest.mark.invariant(40)
def test_no_more_is_transferred_than_was_earned_and_never_twice(stripe_quay: Quay) -> None:
    """More than was earned is refused before the call, a second payout of the same as well; what
    is not available yet waits, and goes out once, in full."""
    quay = stripe_quay
    quay.sold()
    quay.bank.may_be_paid(quay.market, quay.sal)
    with pytest.raises(Refused) as no:
        quay.market.payouts.make(
            by=OPERATOR, party=quay.sal.id, currency=USD, amount=Money(9_001, USD)
        )
    assert no.value.code == "payout_too_large"
    quay.wait(2 * DAY - 4 * HOUR)
    payout = quay.payout()
    assert payout.amount == 9_000
    with pytest.raises(Refused):
        quay.payout()
    assert _transfers(quay) == []
    quay.wait(6 * HOUR)
    assert quay.market.payouts.get(payout.id, by=OPERATOR).state == "paid"
    assert [one["amount"] for one in _transfers(quay)] == [9_000]


@pytest.mark.attack(52)
@pytest.mark.invariant(36)
def test_a_refund_by_hand_stops_the_deal_and_corrects_nothing(stripe_quay: Quay) -> None:
    """Somebody gives 10.00 back in Stripe's dashboard: the deal's money stays, no journal is
    written, and the operator finds it listed."""
    quay = stripe_quay
    deal = quay.carried(quay.opened("crates"), "ship")
    quay.told()
    quay.bank.by_hand(
        "a refund",
        lambda stripe: stripe.v1.refunds.create(
            params={"payment_intent": quay.reference(deal), "amount": 1_000}
        ),
    )
    before = quay.market.ledger.trial()
    quay.told()
    assert quay.market.ledger.trial() == before
    assert quay.differing()
    assert "refunded USD 10.00 and not USD 0.00" in str(quay.differing()[0].reasons)
    (dispute,) = quay.market.disputes.list(by=OPERATOR)
    assert (dispute.kind, dispute.state) == ("difference", "escalated")
    quay.wait(12 * DAY)
    assert quay.lies_with(quay.sal, Purpose.PAYABLE) == 0
    quay.by_hand = True


@pytest.mark.attack(51)
def test_metadata_that_names_a_deal_links_nothing(stripe_quay: Quay) -> None:
    """A payment made by hand bears the names of a deal that waits for its money, and the key of its
    order: it is set aside, and the deal is as unpaid as before."""
    quay = stripe_quay
    deal = quay.opened("crates", quay.card("declined"))
    assert deal.state == "unpaid"
    (asked,) = quay.intents()
    quay.bank.by_hand(
        "a payment intent",
        lambda stripe: stripe.v1.payment_intents.create(
            params={
                "amount": 10_000,
                "currency": "usd",
                "payment_method": "pm_card_visa",
                "allowed_payment_method_types": ["card"],
                "confirm": True,
                "metadata": {"order": asked.key, "transaction": deal.id, "party": quay.mia.id},
            }
        ),
    )
    assert set(quay.told()) <= {"set aside", "taken"}
    assert (quay.now(deal).state, quay.paid(deal)) == ("unpaid", (0, 0, 0))
    assert quay.house(Purpose.PROCESSOR_CLEARING) == 0
    quay.by_hand = True


@pytest.mark.attack(50)
@pytest.mark.parametrize(
    "changed", [{"livemode": True}, {"account": "acct_of_somebody_else"}], ids=str
)
def test_what_is_of_another_mode_or_another_account_changes_nothing(
    stripe_quay: Quay, changed: dict[str, Any]
) -> None:
    """Rightly signed, but about real money, or about the account of somebody that nobody here
    knows: it is set aside and answered, and changes nothing."""
    quay = stripe_quay
    deal = quay.sold()
    quay.told()
    name = quay.bank.dispute(quay.reference(deal), 4_000)
    (told,) = [one for one in quay.twin.deliveries() if one.event["type"].endswith("created")]
    forged = delivery({**told.event, **changed}, told.at, told.secret)
    before = quay.market.ledger.trial()
    assert quay.told((forged.body, forged.headers)) == ["set aside"]
    assert quay.market.ledger.trial() == before
    assert list(quay.market.chargebacks.list(by=OPERATOR)) == []
    assert json.loads(forged.body)["data"]["object"]["id"] == name
    again = delivery({**told.event, "id": "evt_of_ours"}, told.at, told.secret)
    assert quay.told((again.body, again.headers)) == ["taken"]


def test_a_notice_is_sent_again_while_stripe_does_not_answer(stripe_quay: Quay) -> None:
    """What cannot be read back is not taken, and nothing is written of it; the next time it is."""
    quay = stripe_quay
    deal = quay.sold()
    quay.told()
    quay.bank.dispute(quay.reference(deal), 4_000)
    quay.bank.down(HOUR)

    def receive(body: bytes, headers: Any) -> None:
        quay.market.payments.receive("stripe", body, headers)

    with pytest.raises(PaymentProviderUnavailable):
        quay.twin.deliver_to(receive)
    assert list(quay.market.chargebacks.list(by=OPERATOR)) == []
    quay.clock.advance(HOUR)
    assert quay.twin.deliver_to(receive) >= 1
    assert len(list(quay.market.chargebacks.list(by=OPERATOR))) == 1


@pytest.mark.attack(55)
@pytest.mark.invariant(41, 42)
def test_a_key_that_stands_for_another_amount_pays_nothing(stripe_quay: Quay) -> None:
    """Somebody took an order's key for another amount: Stripe refuses ours, which waits, is not
    taken for paid by that, and comes to nothing when its day is over."""
    quay = stripe_quay
    quay.twin.faults.question_lost()
    deal = quay.opened("crates")
    (asked,) = quay.intents("waiting")
    params = {
        "amount": 5_000,
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "allowed_payment_method_types": ["card"],
        "confirm": True,
    }
    quay.bank.by_hand(
        "a payment intent",
        lambda stripe: stripe.v1.payment_intents.create(
            params=params, options={"idempotency_key": asked.key}
        ),
    )
    quay.wait(HOUR)
    assert quay.now(deal).pending is not None
    assert [one.tries > 3 for one in quay.intents("waiting")] == [True]
    quay.wait(DAY + HOUR)
    assert (quay.now(deal).state, quay.paid(deal)) == ("lapsed", (0, 0, 0))
    assert [one.state for one in quay.intents()] == ["failed"]
    assert quay.bank.charges() == [(0, 5_000, 0)]
    quay.by_hand = True
