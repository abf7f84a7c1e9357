"""A platform with Stripe's twin beside it: what the tests of `plugins.stripe_connect` speak to.

Fixture `platform` is the payment provider alone; nothing in it is a double but Stripe.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import define, evolve

from marketplace import Answer, ManualClock, Money, MoneyKind, Order
from marketplace.plugins.stripe_connect import StripeConnect
from marketplace.testing.stripe_twin import Call, Rules, StripeTwin
from tests.support.stripe_judges import hold_to_stripe

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = "sk_test_kept_to_itself"
SECRET = "whsec_kept_to_itself"
RETURN_URL = "https://bazaar.example/paid"
CURRENCY = "USD"


@define
class Platform:
    """Stripe's twin, and the payment provider that calls it."""

    twin: StripeTwin
    provider: StripeConnect

    def order(
        self,
        kind: MoneyKind,
        amount: int,
        key: str,
        reference: str | None = None,
        *,
        means: str | None = "pm_card_visa",
        currency: str = CURRENCY,
        **more: Any,
    ) -> Order:
        """One order, as the marketplace writes them."""
        given: Mapping[str, Any] = {"transaction_id": "tx_1", **more}
        return Order(
            key=key,
            kind=kind,
            amount=Money(amount, currency),
            method="card",
            payer="pty_mia",
            means=means,
            reference=reference,
            **given,
        )

    def ask(self, kind: MoneyKind, amount: int, key: str, *more: Any, **named: Any) -> Answer:
        """Have one order carried out."""
        return self.provider.carry_out(self.order(kind, amount, key, *more, **named))

    def held(self, amount: int = 1_000, key: str = "hold", **named: Any) -> str:
        """A hold that went well, by its name."""
        answer = self.ask(MoneyKind.HOLD, amount, key, **named)
        assert answer.outcome == "done", answer
        assert answer.reference is not None
        return answer.reference

    def charged(self, amount: int = 1_000, key: str = "charge", **named: Any) -> str:
        """A charge that went well, by its name."""
        answer = self.ask(MoneyKind.CHARGE, amount, key, **named)
        assert answer.outcome == "done", answer
        assert answer.reference is not None
        return answer.reference

    def account(self, state: str) -> str:
        """A seller's account: `new`, `active`, `pending`, `restricted`, `unsupported`, `closed`."""
        asked = {"requested": True}
        params: Any = {
            "contact_email": "seller@bazaar.example",
            "dashboard": "express",
            "identity": {"country": "US"},
            "defaults": {
                "responsibilities": {
                    "fees_collector": "application",
                    "losses_collector": "application",
                }
            },
            "configuration": {
                "recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": asked}}}
            },
        }
        calls = self.provider.calls
        made = calls("an account", lambda stripe: stripe.v2.core.accounts.create(params=params))
        name = str(made["id"])
        if state == "closed":
            calls("an account", lambda stripe: stripe.v2.core.accounts.close(name, params={}))
        elif state != "new":
            self.twin.onboard(name, state)
        return name

    def calls(self, *ends: str) -> list[Call]:
        """The calls so far that changed something, with paths that end so."""
        return [
            one
            for one in self.twin.calls
            if one.method == "POST" and (not ends or one.path.endswith(ends))
        ]

    def intents(self) -> list[dict[str, Any]]:
        """Every payment intent that there is, as it stands, oldest first."""
        made = [
            event["data"]["object"]["id"]
            for event in self.twin.events()
            if event["type"] == "payment_intent.created"
        ]
        return [self.twin.object(name) for name in made]


def connect(twin: StripeTwin, **settings: Any) -> StripeConnect:
    """The plugin, called with the twin in Stripe's place."""
    given = {
        "api_key": twin.key,
        "webhook_secrets": (twin.webhook_secret,),
        "return_url": RETURN_URL,
        "address": twin.url,
        "max_network_retries": 0,
        "timeout": 10.0,
    }
    return StripeConnect(**{**given, **settings})


@pytest.fixture
def twin() -> Iterator[StripeTwin]:
    """Stripe, on a clock of the test's; all that was said to it is held to Stripe's own rules."""
    opened = StripeTwin(clock=ManualClock(NOON), rules=Rules(), key=KEY, webhook_secret=SECRET)
    with opened as running:
        yield running
        hold_to_stripe(running)


@pytest.fixture
def platform(twin: StripeTwin) -> Platform:
    """The payment provider with Stripe's twin."""
    return Platform(twin, connect(twin))


def again(order: Order, **changed: Any) -> Order:
    """The order with something in it changed."""
    return evolve(order, **changed)
