"""The laws for strangers: held by what is shipped and by a stranger; broken by fakes."""

from collections.abc import Sequence

import pytest
from attrs import evolve

from marketplace import (
    Answer,
    Bring,
    Money,
    MoneyKind,
    Order,
    PaymentProvider,
    Reason,
    hookimpl,
)
from marketplace.plugins.cash import Cash, CashDesk
from marketplace.plugins.rides import Rides, kathmandu
from marketplace.plugins.sandbox import CLOSED_ACCOUNT, IN_PART, PASSING, Sandbox
from marketplace.plugins.wallet import Wallet, WalletDesk
from marketplace.testing.conformance import PaymentProviderLaws, VerticalLaws
from tests.support.errands import Errands


class TestRides(VerticalLaws):
    """Rides with every way to pay."""

    vertical = "rides"

    @pytest.fixture
    def plugins(self) -> Sequence[object]:
        """Rides, cash, wallet and card."""
        return [Rides(fare=kathmandu()), Cash(), Wallet(), Sandbox()]


class TestErrands(VerticalLaws):
    """A stranger's trade."""

    vertical = "errands"

    @pytest.fixture
    def plugins(self) -> Sequence[object]:
        """Errands and card."""
        return [Errands(per_hour=10_000), Sandbox()]


class TestSandbox(PaymentProviderLaws):
    """The card network that the package ships."""

    means = "tok_ok"
    closed_account = CLOSED_ACCOUNT

    @pytest.fixture
    def provider(self) -> PaymentProvider:
        """An empty one."""
        return Sandbox()


class TestSandboxThatPassesOn(PaymentProviderLaws):
    """The same, when it passes earnings on."""

    means = "tok_ok"
    account = "acc_seller"
    closed_account = CLOSED_ACCOUNT

    @pytest.fixture
    def provider(self) -> PaymentProvider:
        """An empty one."""
        return Sandbox(methods=(PASSING,))


class TestCash(PaymentProviderLaws):
    """Cash: all of it in the books."""

    pays_out = False

    @pytest.fixture
    def provider(self) -> PaymentProvider:
        """The desk."""
        return CashDesk()


class TestWallet(PaymentProviderLaws):
    """Wallets: all of it in the books."""

    pays_out = False

    @pytest.fixture
    def provider(self) -> PaymentProvider:
        """The desk."""
        return WalletDesk()


# -- negative controls: each law fails on something that breaks it ------------------------------


class Forgetful(Sandbox):
    """Remembers no key: asked twice, it charges twice."""

    def carry_out(self, order: Order) -> Answer:
        """Whatever the key, a new one."""
        self._forgotten = getattr(self, "_forgotten", 0) + 1
        return super().carry_out(evolve(order, key=f"{order.key}:{self._forgotten}"))


class Generous(Sandbox):
    """Refunds more than was taken."""

    def carry_out(self, order: Order) -> Answer:
        """Every refund goes well."""
        if order.kind is MoneyKind.REFUND:
            return Answer("done", reference=order.reference, amount=order.amount)
        return super().carry_out(order)


class Hasty(Sandbox):
    """Sends what changes a hold under a key of its own each time: a second capture, or none."""

    def carry_out(self, order: Order) -> Answer:
        """As it was asked, but for the key."""
        if order.reference is None:
            return super().carry_out(order)
        self._changes = getattr(self, "_changes", 0) + 1
        return super().carry_out(evolve(order, key=f"{order.key}:{self._changes}"))


class Totalling(Sandbox):
    """Takes what comes on top of a hold for what the hold is to be."""

    def carry_out(self, order: Order) -> Answer:
        """It holds the rest."""
        if order.kind is not MoneyKind.RAISE:
            return super().carry_out(order)
        answer = super().carry_out(evolve(order, amount=order.amount - order.amount))
        return evolve(answer, amount=order.amount)


class Stingy(Sandbox):
    """Holds and charges half of what it is asked, and calls it done."""

    def carry_out(self, order: Order) -> Answer:
        """As with the means that gives half."""
        return super().carry_out(evolve(order, means=IN_PART))


class Once(Sandbox):
    """Gives back of a charge once, whatever is left of it."""

    def carry_out(self, order: Order) -> Answer:
        """The second refund of a charge is a no."""
        if order.kind is MoneyKind.REFUND and any(one["refunded"] for one in self.charges()):
            return self.look_up(order) or Answer("failed", reason=Reason("no_such_charge"))
        return super().carry_out(order)


class Short(Sandbox):
    """Pays half of a payout, and calls it done."""

    def carry_out(self, order: Order) -> Answer:
        """As it was asked, but for payouts."""
        answer = super().carry_out(order)
        if order.kind is not MoneyKind.PAY_OUT:
            return answer
        half = Money(order.amount.amount // 2, order.amount.currency)
        return evolve(answer, amount=half)


class Hopeful(Sandbox):
    """Calls every payout paid, wherever it was to go."""

    def carry_out(self, order: Order) -> Answer:
        """To an account that is always there."""
        payout = order.kind is MoneyKind.PAY_OUT
        return super().carry_out(evolve(order, means=None) if payout else order)


class Mute(Sandbox):
    """Says no without a reason."""

    def carry_out(self, order: Order) -> Answer:
        """What was answered, less the why."""
        return evolve(super().carry_out(order), reason=None)


@pytest.mark.parametrize(
    ("law", "broken"),
    [
        ("test_it_does_all_that_was_asked_or_nothing", Stingy),
        ("test_the_same_key_gives_the_same_answer", Forgetful),
        ("test_it_looks_up_what_it_answered", Forgetful),
        ("test_a_hold_is_captured_in_part_once_and_refunded_up_to_that", Generous),
        ("test_a_hold_is_captured_in_part_once_and_refunded_up_to_that", Hasty),
        ("test_a_raised_hold_is_captured_whole", Hasty),
        ("test_a_raised_hold_is_captured_whole", Totalling),
        ("test_a_charge_is_refunded_in_parts_up_to_the_whole", Generous),
        ("test_a_charge_is_refunded_in_parts_up_to_the_whole", Once),
        ("test_a_charge_is_refunded_in_parts_up_to_the_whole", Forgetful),
        ("test_a_payout_is_paid_once_and_whole", Short),
        ("test_a_payout_is_paid_once_and_whole", Forgetful),
        ("test_a_payout_that_cannot_arrive_is_a_no_with_its_reason", Hopeful),
        ("test_a_payout_that_cannot_arrive_is_a_no_with_its_reason", Mute),
    ],
)
def test_a_provider_that_breaks_a_law_fails_it(law: str, broken: type[Sandbox]) -> None:
    """A provider that charges twice under one key, or gives back what it never took, is found."""
    laws = TestSandbox()
    getattr(laws, law)(Sandbox())
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        getattr(laws, law)(broken())


class Keeping(Sandbox):
    """Passes on, and takes nothing back with a refund."""

    def carry_out(self, order: Order) -> Answer:
        """What was answered, less what was taken back."""
        answer = super().carry_out(order)
        return evolve(answer, passed_on=None) if order.kind is MoneyKind.REFUND else answer


class Silent(Sandbox):
    """Passes on without a word."""

    def carry_out(self, order: Order) -> Answer:
        """What was answered, less what was passed on."""
        return evolve(super().carry_out(order), passed_on=None)


class Greedy(Sandbox):
    """Takes all back with the first refund."""

    def carry_out(self, order: Order) -> Answer:
        """As if all of it had been refunded."""
        answer = super().carry_out(order)
        if order.kind is not MoneyKind.REFUND:
            return answer
        first = order.key == "b"
        return evolve(answer, passed_on=Money(-900, order.amount.currency) if first else None)


@pytest.mark.parametrize("broken", [Keeping, Silent, Greedy, Forgetful])
def test_a_provider_that_passes_on_wrongly_fails_it(broken: type[Sandbox]) -> None:
    """A provider that keeps what it should take back, takes too much, or says nothing, is found."""
    laws = TestSandboxThatPassesOn()
    laws.test_what_it_passes_on_comes_back_with_the_refund(Sandbox(methods=(PASSING,)))
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        laws.test_what_it_passes_on_comes_back_with_the_refund(broken(methods=(PASSING,)))


class Loose(Errands):
    """Errands whose listings take any attribute, and whose Nepali has a word of its own."""

    @hookimpl
    def bring(self) -> Bring:
        """The trade with two faults."""
        brought = super().bring()
        (vertical,) = brought.verticals
        words = {"en": {}, "ne": {"line.errand": "काम"}}
        return evolve(brought, verticals=(evolve(vertical, listing_schema={}, words=words),))


@pytest.mark.parametrize(
    "law", ["test_its_schemas_refuse_what_they_do_not_know", "test_it_tells_itself_in_words"]
)
def test_a_trade_that_breaks_a_law_fails_it(law: str) -> None:
    """A trade with an open schema, or with words in one language alone, is found."""
    laws = TestErrands()
    for plugin, holds in ((Errands(per_hour=1), True), (Loose(per_hour=1), False)):
        trade = VerticalLaws.trade.__wrapped__(laws, [plugin])  # type: ignore[attr-defined]
        given = next(trade)
        if holds:
            getattr(laws, law)(given)
        else:
            with pytest.raises((AssertionError, pytest.fail.Exception)):
                getattr(laws, law)(given)
        trade.close()
