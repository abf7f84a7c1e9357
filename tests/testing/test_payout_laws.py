"""The laws of payouts that come back: held by the sandbox, broken by fakes."""

import pytest
from attrs import evolve

from marketplace import Answer, Money, MoneyKind, Order
from marketplace.plugins.sandbox import CLOSED_ACCOUNT, Sandbox
from marketplace.testing.conformance import PaymentProviderLaws


class TestSandboxThatKeepsWhatItPaid(PaymentProviderLaws):
    """A card network that takes no payout back: those laws are skipped, and say so."""

    means = "tok_ok"
    closed_account = CLOSED_ACCOUNT

    @pytest.fixture
    def provider(self) -> Sandbox:
        """An empty one."""
        return Sandbox(takes_back=False)


class Forgetful(Sandbox):
    """Remembers no key: asked twice, it takes back twice."""

    def carry_out(self, order: Order) -> Answer:
        """Whatever the key, a new one."""
        self._forgotten = getattr(self, "_forgotten", 0) + 1
        return super().carry_out(evolve(order, key=f"{order.key}:{self._forgotten}"))


class Greedy(Sandbox):
    """Takes back whatever it is asked."""

    def carry_out(self, order: Order) -> Answer:
        """Every take-back goes well."""
        answer = super().carry_out(order)
        if order.kind is MoneyKind.TAKE_BACK and answer.outcome == "failed":
            return Answer("done", reference=f"of {order.key}", amount=order.amount)
        return answer


class Sparing(Sandbox):
    """Takes back half of what it is asked, and calls it done."""

    def carry_out(self, order: Order) -> Answer:
        """As it was asked, but for take-backs."""
        answer = super().carry_out(order)
        if order.kind is not MoneyKind.TAKE_BACK:
            return answer
        return evolve(answer, amount=Money(order.amount.amount // 2, order.amount.currency))


class Mute(Sandbox):
    """Says no without a reason."""

    def carry_out(self, order: Order) -> Answer:
        """What was answered, less the why."""
        return evolve(super().carry_out(order), reason=None)


class Nameless(Sandbox):
    """Calls what it took back as the payout that it was of: two of them are one."""

    def carry_out(self, order: Order) -> Answer:
        """By the payout's name."""
        answer = super().carry_out(order)
        back = order.kind is MoneyKind.TAKE_BACK
        return evolve(answer, reference=order.reference) if back else answer


@pytest.mark.parametrize("broken", [Forgetful, Greedy, Sparing, Mute, Nameless])
def test_who_takes_back_wrongly_fails_the_law(broken: type[Sandbox]) -> None:
    """A provider that takes back twice for one key, too much, a part, or without a name or a reason
    is found."""
    laws = PaymentProviderLaws()
    laws.test_a_payout_comes_back_in_parts_and_no_further(Sandbox())
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        laws.test_a_payout_comes_back_in_parts_and_no_further(broken())
