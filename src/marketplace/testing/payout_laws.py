"""Laws for whoever pays earnings out, and has them back: a part of those of payment providers.

They are inherited with ``marketplace.testing.conformance.PaymentProviderLaws``.
"""

from __future__ import annotations

import pytest
from attrs import evolve

from marketplace import (
    IdempotencyMismatch,
    Money,
    MoneyKind,
    Order,
    PaymentProvider,
    TakesBack,
)


class PayoutLaws:
    """What whoever pays out must hold. Override ``provider``."""

    currency = "NPR"
    pays_out: bool = True
    """Whether it also pays earnings out."""
    account: str | None = None
    """The account that a payout arrives at."""
    closed_account: str | None = None
    """An account that no payout arrives at; None where the provider has none to try."""

    @pytest.fixture
    def provider(self) -> PaymentProvider:
        """The provider, empty, with nothing asked of it yet."""
        raise pytest.UsageError("override the fixture provider: who moves the money?")

    def payout(self, amount: int, key: str, account: str | None) -> Order:
        """A payout, as the marketplace writes it: of no deal and no method."""
        money = Money(amount, self.currency)
        return Order(key, MoneyKind.PAY_OUT, money, method="", payer="pty_seller", means=account)

    def payer_out(self, provider: PaymentProvider) -> PaymentProvider:
        """The provider, if it pays out; the test is skipped, and says so, if it does not."""
        if not self.pays_out:
            pytest.skip(f"{provider.name} pays nobody out")
        return provider

    def test_a_payout_is_paid_once_and_whole(self, provider: PaymentProvider) -> None:
        """A payout arrives whole or not at all; its key pays once, another key once more, and it is
        looked up as it was answered."""
        payer = self.payer_out(provider)
        order = self.payout(1_001, "out", self.account)
        assert payer.look_up(order) is None
        paid = payer.carry_out(order)
        assert paid.outcome == "done"
        assert paid.amount in (None, order.amount)
        assert payer.carry_out(order) == paid
        assert payer.look_up(order) == paid
        with pytest.raises(IdempotencyMismatch):
            payer.carry_out(self.payout(1_002, "out", self.account))
        another = payer.carry_out(self.payout(1_001, "out 2", self.account))
        assert another.reference != paid.reference

    def test_a_payout_that_cannot_arrive_is_a_no_with_its_reason(
        self, provider: PaymentProvider
    ) -> None:
        """A payout to an account that is no more fails, says why, and stays failed; one to
        an account that is there goes well after it."""
        payer = self.payer_out(provider)
        if self.closed_account is None:
            pytest.skip(f"no account was named that {provider.name} cannot pay out to")
        order = self.payout(1_001, "lost", self.closed_account)
        refused = payer.carry_out(order)
        assert refused.outcome == "failed"
        assert refused.reason is not None
        assert payer.carry_out(order) == refused
        assert payer.look_up(order) == refused
        assert payer.carry_out(self.payout(1_001, "found", self.account)).outcome == "done"

    def taker_back(self, provider: PaymentProvider) -> PaymentProvider:
        """The provider, if it takes back what it paid out; else the test is skipped."""
        found: object = self.payer_out(provider)
        if not isinstance(found, TakesBack) or not found.takes_back:
            pytest.skip(f"{provider.name} takes no payout back")
        return provider

    def back(self, amount: int, key: str, payout: str | None) -> Order:
        """A take-back, as the marketplace writes it: of the payout with this name."""
        order = self.payout(amount, key, self.account)
        return evolve(order, kind=MoneyKind.TAKE_BACK, reference=payout)

    def test_a_payout_comes_back_in_parts_and_no_further(self, provider: PaymentProvider) -> None:
        """What is taken back of a payout comes whole or not at all, once for its key, in as many
        parts as one likes and no further than the payout was; it is looked up as it was answered,
        and of what was never paid out nothing comes back."""
        taker = self.taker_back(provider)
        made = taker.carry_out(self.payout(1_001, "out", self.account)).reference
        order = self.back(400, "back", made)
        assert taker.look_up(order) is None
        answer = taker.carry_out(order)
        assert answer.outcome == "done"
        assert answer.amount in (None, order.amount)
        assert answer.reference != made
        assert taker.carry_out(order) == answer
        assert taker.look_up(order) == answer
        with pytest.raises(IdempotencyMismatch):
            taker.carry_out(self.back(401, "back", made))
        too_much = taker.carry_out(self.back(602, "back 2", made))
        assert (too_much.outcome, too_much.reason is not None) == ("failed", True)
        assert taker.carry_out(self.back(601, "back 3", made)).outcome == "done"
        assert taker.carry_out(self.back(1, "back 4", made)).outcome == "failed"
        for number, unknown in enumerate((None, "nothing_of_the_kind")):
            nowhere = self.back(1, f"nowhere {number}", unknown)
            assert taker.carry_out(nowhere).outcome == "failed", unknown
