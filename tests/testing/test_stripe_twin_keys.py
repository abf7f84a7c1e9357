"""The twin's idempotency keys, and what can go wrong between it and a client."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import stripe

from marketplace.testing.stripe_twin import StripeTwin
from tests.support.twins import CARD, client_of, held, onboarded, paid

KEY = {"idempotency_key": "intent 1"}
ASKED = {**CARD, "amount": 500}


def intents(client: stripe.StripeClient) -> int:
    return len(client.v1.payment_intents.list({"limit": 100}).data)


def test_one_key_is_one_intent(stripe_client: stripe.StripeClient) -> None:
    """The same key with the same words gives the first answer again, and makes nothing."""
    create = stripe_client.v1.payment_intents.create
    first, again = create(ASKED, KEY), create(ASKED, KEY)
    assert first.id == again.id
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert intents(stripe_client) == 1


def test_one_key_is_one_question(stripe_client: stripe.StripeClient) -> None:
    """The same key with other words, or on another path, is an idempotency error."""
    stripe_client.v1.payment_intents.create(ASKED, KEY)
    for ask in (
        lambda: stripe_client.v1.payment_intents.create({**ASKED, "amount": 501}, KEY),
        lambda: stripe_client.v1.customers.create({}, KEY),
    ):
        with pytest.raises(stripe.IdempotencyError) as refused:
            ask()
        assert refused.value.http_status == 400
    assert intents(stripe_client) == 1


def test_a_key_is_forgotten_after_a_day(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """Within 24 hours a key gives the first answer, later it is as if it were new."""
    create = stripe_client.v1.payment_intents.create
    first = create(ASKED, KEY)
    stripe_twin.clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    assert create(ASKED, KEY).id == first.id
    stripe_twin.clock.advance(timedelta(seconds=1))
    assert create(ASKED, KEY).id != first.id


def test_a_key_of_v2_is_remembered_for_a_month(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """In v2 a key gives the first answer for thirty days."""
    create, asked = stripe_client.v2.core.accounts.create, {"contact_email": "a@example.com"}
    first = create(asked, KEY)
    stripe_twin.clock.advance(timedelta(days=30) - timedelta(seconds=1))
    assert create(asked, KEY).id == first.id
    stripe_twin.clock.advance(timedelta(seconds=1))
    assert create(asked, KEY).id != first.id


def test_a_key_has_its_length(stripe_client: stripe.StripeClient) -> None:
    """A key of 255 characters is one; of a longer one nothing is asked."""
    create = stripe_client.v1.payment_intents.create
    assert create(ASKED, {"idempotency_key": "k" * 255}).amount == 500
    with pytest.raises(stripe.IdempotencyError, match="255"):
        create(ASKED, {"idempotency_key": "k" * 256})
    assert intents(stripe_client) == 1


def test_a_no_is_an_answer_too(stripe_client: stripe.StripeClient) -> None:
    """A decline and a refusal are given again under their key; a malformed question is not kept,
    so that the key may ask rightly."""
    declined = {**ASKED, "confirm": True, "payment_method": "pm_card_chargeDeclined"}
    intent = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refused:
            stripe_client.v1.payment_intents.create(declined, KEY)
        intent.append(refused.value.error.payment_intent.id)
    assert intent[0] == intent[1]
    assert intents(stripe_client) == 1
    charge = paid(stripe_client).latest_charge.id
    key = {"idempotency_key": "refund 1"}
    with pytest.raises(stripe.InvalidRequestError):
        stripe_client.v1.refunds.create({"charge": charge, "amont": 5}, key)
    assert stripe_client.v1.refunds.create({"charge": charge, "amount": 5}, key).amount == 5


def test_a_500_is_kept_under_its_key_in_v1(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """A key that was answered with a 500 is answered so for its whole life, when all is long well;
    another key does it. In v2 the same key does it."""
    stripe_twin.faults.broken()
    create = stripe_client.v1.payment_intents.create
    for _ in range(2):
        with pytest.raises(stripe.APIError) as broken:
            create(ASKED, KEY)
        assert broken.value.http_status == 500
    assert intents(stripe_client) == 0
    assert create(ASKED, {"idempotency_key": "attempt 2"}).status == "requires_payment_method"
    stripe_twin.faults.broken()
    key = {"idempotency_key": "account 1"}
    asked = {"contact_email": "a@example.com", "display_name": "A"}
    with pytest.raises(stripe.APIError):
        stripe_client.v2.core.accounts.create(asked, key)
    assert stripe_client.v2.core.accounts.create(asked, key).display_name == "A"


def test_two_with_one_key_at_once(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """While a call is at work, another one with its key is told 409; one of them happens."""
    stripe_twin.faults.slow(1.0, only="POST /v1/payment_intents")
    create = client_of(stripe_twin).v1.payment_intents.create
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(create, ASKED, KEY)
        deadline = time.monotonic() + 10
        while stripe_twin.faults.standing() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
        with pytest.raises(stripe.APIError) as busy:
            stripe_client.v1.payment_intents.create(ASKED, KEY)
        assert busy.value.http_status == 409
        assert first.result().amount == 500
    assert intents(stripe_client) == 1


def test_many_with_one_key_make_one(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """Of many clients with one key all learn of the same intent, or that somebody is at work."""
    gate = threading.Barrier(8)

    def ask(number: int) -> str:
        client = client_of(stripe_twin)
        gate.wait(timeout=30)
        try:
            return str(client.v1.payment_intents.create(ASKED, KEY).id)
        except stripe.APIError as busy:
            return f"busy: {busy.http_status}"

    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(ask, range(8))) - {"busy: 409"}
    assert len(names) == 1, names
    assert intents(stripe_client) == 1


def test_a_lost_answer_happened(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """A call whose answer was lost is done; with its key the answer is got after all."""
    stripe_twin.faults.answer_lost()
    with pytest.raises(stripe.APIConnectionError):
        held(stripe_client)
    assert intents(stripe_client) == 1
    lost = stripe_twin.calls[0]
    assert (lost.http, lost.fault) == (None, "answer lost")
    assert lost.answer is not None
    asked = {**ASKED, "amount": 700}
    stripe_twin.faults.answer_lost()
    with pytest.raises(stripe.APIConnectionError):
        stripe_client.v1.payment_intents.create(asked, KEY)
    assert stripe_client.v1.payment_intents.create(asked, KEY).amount == 700
    assert intents(stripe_client) == 2


def test_a_lost_question_did_not_happen(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """A call that never arrived did nothing, and its key is free."""
    stripe_twin.faults.question_lost()
    with pytest.raises(stripe.APIConnectionError):
        stripe_client.v1.payment_intents.create(ASKED, KEY)
    assert intents(stripe_client) == 0
    again = stripe_client.v1.payment_intents.create({**ASKED, "amount": 900}, KEY)
    assert again.amount == 900


def test_the_sdk_sends_again_what_was_lost(stripe_twin: StripeTwin) -> None:
    """A client that may send again comes through a lost answer and a 503 with one intent."""
    client = client_of(stripe_twin, retries=2)
    stripe_twin.faults.answer_lost()
    stripe_twin.faults.down()
    assert held(client).status == "requires_capture"
    assert intents(client) == 1


def test_an_outage_lasts_as_long_as_it_is_told(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """For an hour of the twin's clock nothing is answered; afterwards all is, under any key."""
    stripe_twin.faults.down(lasting=timedelta(hours=1))
    for _ in range(3):
        with pytest.raises(stripe.APIError) as down:
            stripe_client.v1.payment_intents.create(ASKED, KEY)
        assert down.value.http_status == 503
    stripe_twin.clock.advance(timedelta(hours=1))
    assert stripe_client.v1.payment_intents.create(ASKED, KEY).amount == 500


def test_a_storm_is_over_some_time(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """So many calls are too many, and no key remembers it; a fault may be for some calls only."""
    stripe_twin.faults.storm(2, only="POST /v1/refunds")
    charge = paid(stripe_client).latest_charge.id
    key = {"idempotency_key": "refund 1"}
    for _ in range(2):
        with pytest.raises(stripe.RateLimitError):
            stripe_client.v1.refunds.create({"charge": charge}, key)
    assert stripe_client.v1.refunds.create({"charge": charge}, key).status == "succeeded"
    stripe_twin.faults.storm(100)
    stripe_twin.faults.clear()
    assert intents(stripe_client) == 1


def test_a_wrong_key_and_a_wrong_version_are_refused(stripe_twin: StripeTwin) -> None:
    """Another key is no key, and an API version that the twin does not speak is refused."""
    addresses = stripe_twin.addresses
    stranger = stripe.StripeClient("sk_test_other", base_addresses=addresses)
    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.balance.retrieve()
    client = client_of(stripe_twin)
    with pytest.raises(stripe.InvalidRequestError, match=r"2026-10-28\.endive"):
        client.v1.balance.retrieve(options={"stripe_version": "2024-06-20"})


def test_what_is_not_stripe_s_is_nowhere(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """A path that the twin does not answer says so; no object is found that is not there."""
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        stripe_client.v1.coupons.create({"percent_off": 10, "duration": "once"})
    for ask in (
        stripe_client.v1.payment_intents.retrieve,
        stripe_client.v1.charges.retrieve,
        stripe_client.v1.refunds.retrieve,
        stripe_client.v1.transfers.retrieve,
        stripe_client.v1.payouts.retrieve,
        stripe_client.v1.disputes.retrieve,
        stripe_client.v1.customers.retrieve,
        stripe_client.v1.setup_intents.retrieve,
        stripe_client.v1.payment_methods.retrieve,
        stripe_client.v1.balance_transactions.retrieve,
        stripe_client.v1.events.retrieve,
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            ask("no_such_1")
        assert refused.value.code == "resource_missing"
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        held(stripe_client, expand=["amount"])
    onboarded(stripe_twin, stripe_client)
    assert stripe_client.v1.events.list({"type": "payment_intent.created"}).data == []
