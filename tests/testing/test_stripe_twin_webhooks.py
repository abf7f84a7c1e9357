"""The twin's webhooks, and a twin in a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import stripe

from marketplace.testing.stripe_twin import API_VERSION, StripeTwin
from tests.support.stripe_judges import hold_to_stripe
from tests.support.twins import client_of, held, onboarded, paid

SIGNATURE = "Stripe-Signature"


class Inbox:
    """Whoever receives webhooks: verifies them with the SDK, and keeps their kinds."""

    def __init__(self, twin: StripeTwin, client: stripe.StripeClient) -> None:
        self.twin = twin
        self.client = client
        self.kinds: list[str] = []
        self.refuses = 0

    def __call__(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Receive one, or break down."""
        if self.refuses:
            self.refuses -= 1
            raise ConnectionError("the inbox is down")
        event = self.client.construct_event(
            body, headers[SIGNATURE], self.twin.webhook_secret, tolerance=0
        )
        self.kinds.append(event.type)


def test_events_are_signed_as_stripe_signs(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """The SDK verifies every delivery; each arrives once, in its order, in the version's shape."""
    inbox = Inbox(stripe_twin, stripe_client)
    intent = held(stripe_client)
    assert stripe_twin.deliver_to(inbox) == 3
    stripe_client.v1.payment_intents.capture(intent.id)
    assert stripe_twin.deliver_to(inbox) == 2
    assert stripe_twin.deliver_to(inbox) == 0
    assert inbox.kinds == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ]
    assert {each["api_version"] for each in stripe_twin.events()} == {API_VERSION}
    keys = [call.headers["idempotency-key"] for call in stripe_twin.calls]
    told = [each["request"]["idempotency_key"] for each in stripe_twin.events()]
    assert told == [keys[0]] * 3 + [keys[1]] * 2


def test_what_was_not_received_is_brought_again(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """A receiver that breaks down gets its event later, behind those that came meanwhile."""
    inbox = Inbox(stripe_twin, stripe_client)
    held(stripe_client)
    inbox.refuses = 1
    assert stripe_twin.deliver_to(inbox) == 2
    assert stripe_twin.deliver_to(inbox) == 1
    assert inbox.kinds[-1] == "payment_intent.created"
    inbox.refuses = 1
    stripe_client.v1.customers.create()
    with pytest.raises(ConnectionError):
        stripe_twin.deliver_to(inbox)
    assert stripe_twin.deliver_to(inbox) == 1


def test_a_test_may_repeat_reorder_and_hold_back(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """Deliveries are things of the test's: sent twice, backwards, or a year later."""
    inbox = Inbox(stripe_twin, stripe_client)
    held(stripe_client)
    every = stripe_twin.deliveries()
    for each in [*reversed(every), every[0]]:
        each.to(inbox)
    assert inbox.kinds == [e.event["type"] for e in [*reversed(every), every[0]]]
    later = every[0].again(every[0].at + 365 * 24 * 3600)
    assert later.body == every[0].body
    assert later.signature != every[0].signature


def test_what_was_tampered_with_is_not_verified(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """A changed body, another secret and an old signature do not verify."""
    held(stripe_client)
    first = stripe_twin.deliveries()[0]
    body, headers = first.tampered(b'"amount": 6000', b'"amount": 9000')
    assert body != first.body
    secret = stripe_twin.webhook_secret
    for wrong, signed_with, tolerance in (
        (body, secret, 0),
        (first.body, "whsec_other", 0),
        (first.again(first.at - 3600).body, secret, 300),
    ):
        signature = first.again(first.at - 3600).signature if tolerance else headers[SIGNATURE]
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(wrong, signature, signed_with, tolerance)


def test_thin_events_name_their_account(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """The SDK reads a thin event of v2 and fetches from the twin what it is about."""
    name = onboarded(stripe_twin, stripe_client)
    found = []
    for each in stripe_twin.deliveries():
        secret = stripe_twin.webhook_secret
        told = stripe_client.parse_event_notification(each.body, each.signature, secret, 0)
        found.append(told.type)
        assert told.related_object.id == name
        assert told.fetch_event().type == told.type
    assert found[0] == "v2.core.account.created"
    assert "v2.core.account[configuration.recipient].capability_status_updated" in found


@contextmanager
def running(state: Path) -> Iterator[dict[str, str]]:
    """A twin in a process of its own; killed at the end."""
    words = [sys.executable, "-m", "marketplace.testing.stripe_twin", "--state", str(state)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            os.kill(process.pid, signal.SIGKILL)


def test_a_twin_of_its_own_process_is_in_the_test_s_hands(tmp_path: Path) -> None:
    """Whoever opens the same file moves the clock, arranges faults, is the bank, and hears all."""
    state = tmp_path / "stripe.sqlite"
    with running(state) as told:
        addresses = {"api": told["url"]}
        client = stripe.StripeClient(told["key"], base_addresses=addresses)
        twin = StripeTwin(state)
        intent = held(client)
        twin.faults.down(only="POST */capture")
        with pytest.raises(stripe.APIError):
            client.v1.payment_intents.capture(intent.id)
        charge = paid(client).latest_charge.id
        dispute = twin.dispute(charge)
        assert client.v1.disputes.retrieve(dispute).status == "needs_response"
        twin.clock.advance(timedelta(days=7, seconds=1))
        assert client.v1.payment_intents.retrieve(intent.id).status == "canceled"
        assert client.v1.disputes.retrieve(dispute).status == "lost"
        assert "charge.expired" in [event["type"] for event in twin.events()]
        hold_to_stripe(twin)
        twin.close()


def test_a_killed_twin_remembers_everything(tmp_path: Path) -> None:
    """A twin that was killed and started again knows every object, answer and instant."""
    state = tmp_path / "stripe.sqlite"
    key = {"idempotency_key": "customer 1"}
    with running(state) as told:
        client = stripe.StripeClient(told["key"], base_addresses={"api": told["url"]})
        intent = held(client)
        first = client.v1.customers.create({"name": "Asha"}, key)
    with running(state) as told:
        client = stripe.StripeClient(told["key"], base_addresses={"api": told["url"]})
        assert client.v1.payment_intents.retrieve(intent.id).amount_capturable == 6000
        assert client.v1.customers.create({"name": "Asha"}, key).id == first.id
        assert client.v1.payment_intents.capture(intent.id).status == "succeeded"


def test_the_same_run_gives_the_same_names() -> None:
    """Two twins that are asked the same answer with the same names: nothing is left to chance."""
    names = []
    for _ in range(2):
        with StripeTwin() as twin:
            client = client_of(twin)
            intent = paid(client)
            refund = client.v1.refunds.create({"charge": intent.latest_charge.id})
            names.append((intent.id, refund.id, [each["id"] for each in twin.events()]))
    assert names[0] == names[1]
