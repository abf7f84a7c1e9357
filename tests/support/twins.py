"""A twin of Stripe for each test, and the real SDK pointed at it."""

from collections.abc import Iterator

import pytest
import stripe

from marketplace.testing.stripe_twin import StripeTwin
from tests.support.stripe_judges import hold_to_stripe


@pytest.fixture
def stripe_twin() -> Iterator[StripeTwin]:
    """A twin of its own; at the end of the test, all that was said is judged, but for what the
    test asks in a wrong form on purpose."""
    with StripeTwin() as twin:
        yield twin
        hold_to_stripe(twin, on_purpose=True)


@pytest.fixture
def stripe_client(stripe_twin: StripeTwin, monkeypatch: pytest.MonkeyPatch) -> stripe.StripeClient:
    """Stripe's own SDK, which writes no telemetry here."""
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    return client_of(stripe_twin)


def client_of(twin: StripeTwin, retries: int = 0) -> stripe.StripeClient:
    """A client of a twin, that sends again as often as it is told to."""
    addresses = twin.addresses
    return stripe.StripeClient(twin.key, base_addresses=addresses, max_network_retries=retries)


CARD = {"allowed_payment_method_types": ["card"], "currency": "usd"}
"""What every intent of these tests says."""


def held(client: stripe.StripeClient, amount: int = 6000, **more: object) -> stripe.PaymentIntent:
    """An intent that holds so much on a card that may be raised."""
    asked = {
        **CARD,
        "amount": amount,
        "capture_method": "manual",
        "confirm": True,
        "payment_method": "pm_card_visa",
        "payment_method_options": {"card": {"request_incremental_authorization": "if_available"}},
        "expand": ["latest_charge"],
        **more,
    }
    return client.v1.payment_intents.create(asked)


def paid(client: stripe.StripeClient, amount: int = 6000, **more: object) -> stripe.PaymentIntent:
    """An intent that took so much at once."""
    asked = {
        **CARD,
        "amount": amount,
        "confirm": True,
        "payment_method": "pm_card_visa",
        "expand": ["latest_charge.balance_transaction"],
        **more,
    }
    return client.v1.payment_intents.create(asked)


def onboarded(
    twin: StripeTwin, client: stripe.StripeClient, *, active: bool = True, **more: object
) -> str:
    """A connected account with the express dashboard; it may receive transfers, unless not."""
    balance = {"stripe_transfers": {"requested": True}}
    asked = {
        "contact_email": "asha@example.com",
        "dashboard": "express",
        "identity": {"country": "us"},
        "defaults": {
            "responsibilities": {
                "fees_collector": "application",
                "losses_collector": "application",
            }
        },
        "configuration": {"recipient": {"capabilities": {"stripe_balance": balance}}},
        **more,
    }
    account = client.v2.core.accounts.create(asked)
    if active:
        twin.onboard(account.id)
    return account.id
