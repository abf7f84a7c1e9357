"""Stripe holds the laws of payment providers, and every call of them is one that Stripe takes."""

import pytest

from marketplace import MoneyKind, PaymentProvider
from marketplace.testing.conformance import PaymentProviderLaws
from tests.support.stripe_platform import CURRENCY, Platform, connect


class TestStripe(PaymentProviderLaws):
    """Cards by Stripe, and payouts to accounts with it."""

    currency = CURRENCY
    method_name = "card"
    means = "pm_card_visa"
    charges = "separate"

    @pytest.fixture
    def provider(self, platform: Platform) -> PaymentProvider:
        """With money to pay out, to an account that is good and one that is closed."""
        platform.ask(MoneyKind.CHARGE, 1_000_000, "before", means="pm_card_bypassPending")
        self.account = platform.account("active")
        self.closed_account = platform.account("closed")
        return connect(platform.twin, charges=self.charges)


class TestStripeThatPassesOn(TestStripe):
    """The same, by destination charges."""

    charges = "destination"
