"""Payouts: to whom Stripe lets us pay, out of what is available, once."""

import pytest

from marketplace import DAY, Answer, Money, MoneyKind, Order, PaymentProviderUnavailable
from tests.support.stripe_platform import CURRENCY, Platform


def payout(amount: int, key: str, account: str | None) -> Order:
    """A payout, as the marketplace writes it."""
    money = Money(amount, CURRENCY)
    return Order(key, MoneyKind.PAY_OUT, money, method="", payer="pty_seller", means=account)


def code(answer: Answer) -> str:
    """The reason of a no."""
    assert answer.outcome == "failed"
    assert answer.reason is not None
    return answer.reason.code


def fill(platform: Platform, amount: int = 100_000) -> None:
    """Money that is available at once."""
    platform.charged(amount, key=f"fill {amount}", means="pm_card_bypassPending")


def test_earnings_are_transferred_to_the_party_s_account(platform: Platform) -> None:
    """A transfer out of the platform's balance, of no charge in particular."""
    fill(platform)
    account = platform.account("active")
    answer = platform.provider.carry_out(payout(5_000, "p", account))
    assert (answer.outcome, answer.amount) == ("done", Money(5_000, CURRENCY))
    transfer = platform.twin.object(str(answer.reference))
    assert (transfer["destination"], transfer["source_transaction"]) == (account, None)
    assert platform.twin.balance("usd", account) == 5_000


@pytest.mark.attack(58)
@pytest.mark.parametrize("state", ["new", "pending", "restricted", "unsupported", "closed"])
def test_nobody_is_paid_before_he_is_onboarded(platform: Platform, state: str) -> None:
    """No capability, one that is pending or was taken away, a closed account: no transfer is even
    asked for; once the account is good it is paid."""
    fill(platform)
    account = platform.account(state)
    answer = platform.provider.carry_out(payout(5_000, "p", account))
    closed = state == "closed"
    assert code(answer) == ("payout_account_closed" if closed else "payout_account_inactive")
    assert platform.calls("/v1/transfers") == []
    assert platform.provider.look_up(payout(5_000, "p", account)) == answer
    if not closed:
        platform.twin.onboard(account)
        assert platform.provider.carry_out(payout(5_000, "p2", account)).outcome == "done"


@pytest.mark.attack(58)
@pytest.mark.parametrize("account", [None, "", "acct_unheard_of"])
def test_nobody_is_paid_to_nowhere(platform: Platform, account: str | None) -> None:
    """No account, or one that is not ours to pay: a no with its reason."""
    fill(platform)
    assert code(platform.provider.carry_out(payout(1, "p", account))) == "payout_account_closed"


@pytest.mark.attack(59)
def test_a_payout_waits_for_what_is_on_its_way(platform: Platform) -> None:
    """More than is available, with more than that pending: no answer yet, and no key is spent;
    days later the same order is paid once."""
    platform.charged(10_000)
    account = platform.account("active")
    order = payout(5_000, "p", account)
    with pytest.raises(PaymentProviderUnavailable, match="waits"):
        platform.provider.carry_out(order)
    platform.twin.clock.set(platform.twin.clock.now() + 3 * DAY)
    paid = platform.provider.carry_out(order)
    assert paid.outcome == "done"
    assert platform.provider.carry_out(order) == paid
    assert platform.twin.balance("usd", account) == 5_000


@pytest.mark.attack(53, 59)
@pytest.mark.parametrize("then", ["restricted", "spent"])
def test_a_payout_whose_answer_was_lost_is_found_whatever_came_since(
    platform: Platform, then: str
) -> None:
    """The transfer was made and its answer lost; meanwhile the account was restricted, or the money
    went elsewhere: asked again, it is the transfer that was made, and no second one."""
    fill(platform, 10_000)
    account = platform.account("active")
    order = payout(6_000, "p", account)
    platform.twin.faults.answer_lost(only="POST /v1/transfers")
    with pytest.raises(PaymentProviderUnavailable):
        platform.provider.carry_out(order)
    if then == "restricted":
        platform.twin.onboard(account, "restricted")
    found = platform.provider.look_up(order)
    assert found is not None
    assert found.outcome == "done"
    assert platform.provider.carry_out(order) == found
    assert platform.twin.balance("usd", account) == 6_000
