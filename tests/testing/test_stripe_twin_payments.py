"""The twin's holds, captures, cancellations and refunds, asked with Stripe's own SDK."""

from datetime import timedelta

import pytest
import stripe

from marketplace.testing.stripe_twin import StripeTwin
from tests.support.twins import CARD, held, paid


def test_a_hold_says_until_when_it_lives_and_is_captured_in_part(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """A hold lives seven days; a capture of a part takes that part less Stripe's fee, and the rest
    is let go."""
    intent = held(stripe_client)
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 6000)
    card = intent.latest_charge.payment_method_details.card
    assert card.capture_before - intent.created == 7 * 24 * 3600
    asked = {"amount_to_capture": 4500, "expand": ["latest_charge.balance_transaction"]}
    taken = stripe_client.v1.payment_intents.capture(intent.id, asked)
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 4500, 0)
    moved = taken.latest_charge.balance_transaction
    assert (moved.amount, moved.fee, moved.net, moved.status) == (4500, 161, 4339, "pending")
    assert stripe_twin.balance("usd") == 4339


def test_what_is_let_go_of_a_hold_counts_as_refunded(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """As with Stripe, the rest of a hold that was captured in part, and all of one that was given
    up or died, stands in `amount_refunded`, with a refund that moved no money; a real refund comes
    on top of it, and no more is refunded than was captured."""
    client, seen = stripe_client.v1, stripe_client.v1.charges.retrieve

    def counted(charge: str) -> tuple[int, int, bool]:
        found = seen(charge)
        return found.amount_captured, found.amount_refunded, found.refunded

    part = held(stripe_client).latest_charge
    client.payment_intents.capture(part.payment_intent, {"amount_to_capture": 4500})
    assert counted(part.id) == (4500, 1500, False)
    (rest,) = client.refunds.list({"charge": part.id}).data
    assert (rest.amount, rest.status, rest.balance_transaction) == (1500, "succeeded", None)
    client.refunds.create({"charge": part.id, "amount": 1000})
    assert counted(part.id) == (4500, 2500, False)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        client.refunds.create({"charge": part.id, "amount": 3501})
    client.refunds.create({"charge": part.id})
    assert counted(part.id) == (4500, 6000, True)
    assert stripe_twin.balance("usd") == -161
    gone, dead = (held(stripe_client).latest_charge for _ in range(2))
    client.payment_intents.cancel(gone.payment_intent)
    assert counted(gone.id) == (0, 6000, True)
    assert [e["type"] for e in stripe_twin.events()][-2:] == [
        "charge.refunded",
        "payment_intent.canceled",
    ]
    stripe_twin.clock.advance(timedelta(days=7))
    assert counted(dead.id) == (0, 6000, True)
    assert stripe_twin.balance("usd") == -161


def test_a_hold_is_raised_where_that_was_asked_for(stripe_client: stripe.StripeClient) -> None:
    """An authorization is incremented to a greater whole, never to a lesser one, and only where
    the intent was made for it."""
    intent = held(stripe_client)
    raised = stripe_client.v1.payment_intents.increment_authorization(intent.id, {"amount": 7000})
    assert (raised.amount, raised.amount_capturable) == (7000, 7000)
    with pytest.raises(stripe.InvalidRequestError, match="greater than the currently authorized"):
        stripe_client.v1.payment_intents.increment_authorization(intent.id, {"amount": 7000})
    raised = stripe_client.v1.payment_intents.increment_authorization
    for more in range(9):
        assert raised(intent.id, {"amount": 7001 + more}).amount == 7001 + more
    with pytest.raises(stripe.InvalidRequestError, match="incremented 10 times"):
        raised(intent.id, {"amount": 8000})
    plain = held(stripe_client, payment_method_options={})
    with pytest.raises(stripe.InvalidRequestError, match="not eligible"):
        stripe_client.v1.payment_intents.increment_authorization(plain.id, {"amount": 7000})


def test_a_hold_that_is_not_captured_dies(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """At `capture_before` the hold is gone: the intent is canceled, and nothing can be captured."""
    intent = held(stripe_client)
    stripe_twin.clock.advance(timedelta(days=7) - timedelta(seconds=1))
    again = stripe_client.v1.payment_intents.retrieve(intent.id)
    assert again.status == "requires_capture"
    stripe_twin.clock.advance(timedelta(seconds=2))
    assert stripe_client.v1.payment_intents.retrieve(intent.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.payment_intents.capture(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert [e["type"] for e in stripe_twin.events()][-2:] == [
        "charge.expired",
        "payment_intent.canceled",
    ]


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
def test_a_decline_is_an_outcome_that_stays(
    stripe_client: stripe.StripeClient, card: str, code: str, decline_code: str
) -> None:
    """A declined card answers 402 with its codes and the intent, which waits for another card and
    pays with it."""
    with pytest.raises(stripe.CardError) as refused:
        held(stripe_client, payment_method=card)
    error = refused.value.error
    assert (refused.value.http_status, error.code, error.decline_code) == (402, code, decline_code)
    intent = stripe_client.v1.payment_intents.retrieve(error.payment_intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.decline_code == decline_code
    assert stripe_client.v1.charges.retrieve(intent.latest_charge).status == "failed"
    good = {"payment_method": "pm_card_visa"}
    assert stripe_client.v1.payment_intents.confirm(intent.id, good).status == "requires_capture"


def test_no_more_is_captured_than_is_held(stripe_client: stripe.StripeClient) -> None:
    """More than the hold is refused, a second capture and a cancellation after one as well."""
    intent = held(stripe_client)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 6001})
    assert refused.value.code == "amount_too_large"
    stripe_client.v1.payment_intents.capture(intent.id)
    for again in ("capture", "cancel"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            getattr(stripe_client.v1.payment_intents, again)(intent.id)
        assert refused.value.code == "payment_intent_unexpected_state"


def test_a_cancelled_intent_holds_nothing(stripe_client: stripe.StripeClient) -> None:
    """A cancelled intent has nothing to capture and moved no money; its reason is kept."""
    intent = held(stripe_client)
    reason = {"cancellation_reason": "requested_by_customer"}
    gone = stripe_client.v1.payment_intents.cancel(intent.id, reason)
    assert (gone.status, gone.amount_capturable) == ("canceled", 0)
    assert gone.cancellation_reason == "requested_by_customer"
    assert list(stripe_client.v1.balance_transactions.list().auto_paging_iter()) == []


def test_a_hold_may_die_before_its_time(stripe_client: stripe.StripeClient) -> None:
    """The twin's own card whose capture fails says that the authorization has expired."""
    intent = held(stripe_client, payment_method="pm_card_captureFails")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.payment_intents.capture(intent.id)
    assert refused.value.code == "charge_expired_for_capture"
    assert stripe_client.v1.payment_intents.retrieve(intent.id).status == "canceled"


def test_no_more_is_refunded_than_was_captured(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """Refunds end at what was captured; Stripe keeps its fee."""
    charge = paid(stripe_client).latest_charge
    part = stripe_client.v1.refunds.create({"charge": charge.id, "amount": 2500})
    assert (part.status, part.amount) == ("succeeded", 2500)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        stripe_client.v1.refunds.create({"charge": charge.id, "amount": 3501})
    rest = stripe_client.v1.refunds.create({"payment_intent": charge.payment_intent})
    assert rest.amount == 3500
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_already_refunded"
    seen = stripe_client.v1.charges.retrieve(charge.id)
    assert (seen.amount_refunded, seen.refunded) == (6000, True)
    assert stripe_twin.balance("usd") == -204
    found = stripe_client.v1.refunds.list({"charge": charge.id}).data
    assert [each.id for each in found] == [rest.id, part.id]


def test_what_is_only_held_is_not_refunded(stripe_client: stripe.StripeClient) -> None:
    """An uncaptured charge is cancelled through its intent; a refund of it is refused."""
    intent = held(stripe_client)
    with pytest.raises(stripe.InvalidRequestError, match="You must cancel the PaymentIntent"):
        stripe_client.v1.refunds.create({"payment_intent": intent.id})


def test_a_refund_may_fail_a_day_later(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """A refund that read `succeeded` turns `failed`, and its money is back on the balance."""
    charge = paid(stripe_client, payment_method="pm_card_refundFail").latest_charge
    refund = stripe_client.v1.refunds.create({"charge": charge.id, "amount": 1000})
    assert refund.status == "succeeded"
    before = stripe_twin.balance("usd")
    stripe_twin.clock.advance(timedelta(days=1))
    failed = stripe_client.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert stripe_twin.balance("usd") == before + 1000
    assert stripe_client.v1.charges.retrieve(charge.id).amount_refunded == 0


def test_a_refund_may_be_pending_first(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """A pending refund has moved nothing yet, and is not given twice all the same."""
    charge = paid(stripe_client, payment_method="pm_card_pendingRefund").latest_charge
    refund = stripe_client.v1.refunds.create({"charge": charge.id})
    assert (refund.status, refund.balance_transaction) == ("pending", None)
    with pytest.raises(stripe.InvalidRequestError):
        stripe_client.v1.refunds.create({"charge": charge.id})
    stripe_twin.clock.advance(timedelta(days=1))
    assert stripe_client.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert stripe_client.v1.charges.retrieve(charge.id).refunded


def test_money_settles_with_time(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """What is captured is pending for two days, then available."""
    paid(stripe_client)
    before = stripe_client.v1.balance.retrieve()
    assert (before.available[0].amount, before.pending[0].amount) == (0, 5796)
    stripe_twin.clock.advance(timedelta(days=2))
    after = stripe_client.v1.balance.retrieve()
    assert (after.available[0].amount, after.pending[0].amount) == (5796, 0)


def test_lists_come_in_pages(stripe_client: stripe.StripeClient) -> None:
    """Newest first, a page at a time, each page beginning behind the one before."""
    made = [paid(stripe_client, 1000 + each).id for each in range(5)]
    first = stripe_client.v1.payment_intents.list({"limit": 2})
    assert (first.has_more, [each.id for each in first.data]) == (True, made[:2:-1])
    every = stripe_client.v1.payment_intents.list({"limit": 2}).auto_paging_iter()
    assert [each.id for each in every] == made[::-1]
    both = {"starting_after": made[4], "ending_before": made[0]}
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        stripe_client.v1.payment_intents.list(both)
    moved = stripe_client.v1.balance_transactions.list({"type": "charge", "limit": 3})
    assert [each.amount for each in moved.auto_paging_iter()] == [1004, 1003, 1002, 1001, 1000]


def test_a_redirect_is_wanted_where_one_could_happen(stripe_client: stripe.StripeClient) -> None:
    """Without a return address, an intent that may redirect is not confirmed."""
    asked = {"amount": 500, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa"}
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        stripe_client.v1.payment_intents.create(asked)
    never = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
    assert stripe_client.v1.payment_intents.create({**asked, **never}).status == "succeeded"


def test_what_stripe_does_not_know_is_refused(stripe_client: stripe.StripeClient) -> None:
    """Unknown names, missing ones, amounts that are none and currencies that are none."""
    create = stripe_client.v1.payment_intents.create
    for asked, word in (
        ({**CARD, "amount": 500, "capture_methd": "manual"}, "capture_methd"),
        ({**CARD}, "amount"),
        ({**CARD, "amount": "5.00"}, "Invalid integer"),
        ({**CARD, "amount": 0}, "greater than or equal to 1"),
        ({**CARD, "amount": 49}, "at least 50 cents"),
        ({**CARD, "amount": 500, "currency": "dollars"}, "Invalid currency"),
        ({**CARD, "amount": 500, "capture_method": "later"}, "capture_method"),
    ):
        with pytest.raises(stripe.InvalidRequestError, match=word):
            create(asked)


def test_a_bank_may_set_aside_no_more(stripe_client: stripe.StripeClient) -> None:
    """A raise that is declined answers 402, and what was held before is held still."""
    intent = held(stripe_client, payment_method="pm_card_raiseDeclined")
    raised = stripe_client.v1.payment_intents.increment_authorization
    with pytest.raises(stripe.CardError) as refused:
        raised(intent.id, {"amount": 7000})
    assert refused.value.code == "card_declined"
    assert refused.value.error.payment_intent.amount_capturable == 6000
    seen = stripe_client.v1.payment_intents.retrieve(intent.id)
    assert (seen.status, seen.amount_capturable) == ("requires_capture", 6000)
    assert stripe_client.v1.payment_intents.capture(intent.id).amount_received == 6000


def test_a_hold_may_live_longer_where_that_was_asked_for(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """An extended authorization lives thirty days, and says so."""
    longer = {"card": {"request_extended_authorization": "if_available"}}
    intent = held(stripe_client, payment_method_options=longer)
    card = intent.latest_charge.payment_method_details.card
    assert card.capture_before - intent.created == 30 * 24 * 3600
    assert card.extended_authorization.status == "enabled"
    stripe_twin.clock.advance(timedelta(days=29))
    assert stripe_client.v1.payment_intents.capture(intent.id).status == "succeeded"
