"""Cards: saved, held, charged; and what becomes of a payment that waits for the customer."""

from datetime import UTC, datetime

import pytest

from marketplace import DAY, HOUR, Money, MoneyKind
from tests.support.stripe_platform import CURRENCY, RETURN_URL, Platform

HOLD, CHARGE, SAVE = MoneyKind.HOLD, MoneyKind.CHARGE, MoneyKind.SAVE


def test_a_hold_is_set_aside_until_the_bank_gives_it_up(platform: Platform) -> None:
    """A hold takes nothing, says until when it is good, and bears the deal as its group."""
    answer = platform.ask(HOLD, 1_000, "h")
    assert answer.amount == Money(1_000, CURRENCY)
    assert answer.fee is None
    intent = platform.twin.object(str(answer.reference))
    assert (intent["status"], intent["capture_method"]) == ("requires_capture", "manual")
    assert intent["transfer_group"] == "tx_1"
    assert intent["metadata"] == {"order": "h", "transaction": "tx_1", "party": "pty_mia"}
    assert answer.holds_until == platform.twin.clock.now() + 7 * DAY
    assert platform.twin.balance("usd") == 0


def test_a_charge_takes_the_money_and_says_what_stripe_keeps(platform: Platform) -> None:
    """A charge is there at once, with its fee in the answer; a checkout is its group."""
    answer = platform.ask(CHARGE, 10_000, "c", transaction_id=None, checkout_id="chk_1")
    assert (answer.amount, answer.fee) == (Money(10_000, CURRENCY), Money(320, CURRENCY))
    intent = platform.twin.object(str(answer.reference))
    assert intent["transfer_group"] == "chk_1"
    assert platform.twin.balance("usd") == 9_680


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("chargeDeclined", "card_declined"),
        ("chargeDeclinedInsufficientFunds", "card_funds"),
        ("chargeDeclinedExpiredCard", "card_expired"),
        ("chargeDeclinedIncorrectCvc", "card_number_wrong"),
        ("chargeDeclinedProcessingError", "card_try_later"),
        ("chargeDeclinedStolenCard", "card_declined"),
        ("chargeDeclinedLostCard", "card_declined"),
    ],
)
def test_a_bank_s_no_has_a_reason_that_the_payer_may_read(
    platform: Platform, card: str, reason: str
) -> None:
    """What the payer can mend is told; that the bank takes a card for stolen is a plain no. The
    same order again gets the same no, and nothing is taken."""
    for kind in (HOLD, CHARGE):
        answer = platform.ask(kind, 1_000, f"k{kind}", means=f"pm_card_{card}")
        assert answer.outcome == "failed"
        assert answer.reason is not None
        assert (answer.reason.code, dict(answer.reason.params)) == (reason, {})
        assert platform.ask(kind, 1_000, f"k{kind}", means=f"pm_card_{card}") == answer
    assert platform.twin.balance("usd") == 0


@pytest.mark.parametrize("means", [None, "", "cus_1:", "pm_unheard_of"])
def test_without_a_card_nothing_is_charged(platform: Platform, means: str | None) -> None:
    """No means, and one that Stripe does not know, is a no with its reason."""
    answer = platform.ask(HOLD, 1_000, "h", means=means)
    assert answer.outcome == "failed"
    assert answer.reason is not None
    assert answer.reason.code in ("no_card", "stripe_refused")


def test_an_amount_that_stripe_would_round_is_a_no(platform: Platform) -> None:
    """Between two steps of a currency, in one that is not taken: refused before any call."""
    for amount, currency, code in (
        (1_234, "KWD", "amount_between_steps"),
        (1_000, "UGX", "currency_not_taken"),
    ):
        answer = platform.ask(HOLD, amount, currency, currency=currency)
        assert answer.reason is not None
        assert (answer.outcome, answer.reason.code) == ("failed", code)
    assert platform.calls() == []


def test_a_card_that_waits_for_its_customer_is_held_once_he_came_back(platform: Platform) -> None:
    """A bank that asks gives an address; the order that follows, once he confirmed there, takes up
    the same payment: one hold, no second question."""
    means = "pm_card_authenticationRequired"
    asked = platform.ask(HOLD, 1_000, "h", means=means)
    assert asked.outcome == "needs customer"
    assert asked.reason is not None
    assert asked.action is not None
    assert asked.action.startswith("http")
    name = str(asked.reference)
    assert platform.twin.object(name)["next_action"]["redirect_to_url"]["return_url"] == RETURN_URL
    # He has not been there: asked once more, and still one payment.
    assert platform.ask(HOLD, 1_000, "h2", name, means=means).outcome == "needs customer"
    platform.twin.authenticate(name)
    held = platform.ask(HOLD, 1_000, "h3", name, means=means)
    assert (held.outcome, held.reference) == ("done", name)
    assert held.holds_until is not None
    assert platform.ask(HOLD, 1_000, "h3", name, means=means) == held
    assert platform.provider.look_up(platform.order(HOLD, 1_000, "h3", name)) == held
    assert [one["status"] for one in platform.intents()] == ["requires_capture"]
    assert platform.ask(MoneyKind.CAPTURE, 1_000, "c", name).outcome == "done"


def test_a_charge_that_waited_is_no_charge_to_be_taken_twice(platform: Platform) -> None:
    """Once a charge was confirmed and taken up, a further charge by its name is another one."""
    means = "pm_card_authenticationRequired"
    name = str(platform.ask(CHARGE, 1_000, "c", means=means).reference)
    platform.twin.authenticate(name)
    assert platform.ask(CHARGE, 1_000, "c2", name, means=means).reference == name
    more = platform.ask(CHARGE, 1_000, "c3", name, means="pm_card_visa")
    assert more.outcome == "done"
    assert more.reference != name


def test_who_says_no_to_his_bank_begins_anew(platform: Platform) -> None:
    """A question answered with no is over: the next order is another payment."""
    name = str(platform.ask(HOLD, 1_000, "h", means="pm_card_authenticationRequired").reference)
    platform.twin.authenticate(name, passes=False)
    answer = platform.ask(HOLD, 1_000, "h2", name, means="pm_card_visa")
    assert answer.outcome == "done"
    assert answer.reference != name


def test_another_amount_is_not_what_was_confirmed(platform: Platform) -> None:
    """A hold that waits over another amount is given up, and the right one is begun."""
    name = str(platform.ask(HOLD, 1_000, "h", means="pm_card_authenticationRequired").reference)
    platform.twin.authenticate(name)
    answer = platform.ask(HOLD, 1_500, "h2", name, means="pm_card_visa")
    assert (answer.outcome, answer.amount) == ("done", Money(1_500, CURRENCY))
    assert platform.twin.object(name)["status"] == "canceled"


@pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_threeDSecureRequired"])
def test_a_saved_card_is_charged_when_its_customer_is_away(platform: Platform, card: str) -> None:
    """A card saved for a customer of ours is held later by the setup intent's name alone; a bank
    that wants him asked even then gives an address at which he can confirm."""
    saved = platform.ask(SAVE, 0, "s", means=card)
    name = str(saved.reference)
    if saved.outcome == "needs customer":
        platform.twin.authenticate(name)
        saved = platform.ask(SAVE, 0, "s2", name, means=card)
    assert (saved.outcome, saved.reference) == ("done", name)
    platform.twin.clock.set(platform.twin.clock.now() + 30 * DAY)
    held = platform.ask(HOLD, 1_000, "h", name, means=card)
    if card == "pm_card_visa":
        assert held.outcome == "done"
    else:
        assert held.outcome == "needs customer"
        assert held.action is not None
    intent = platform.twin.object(str(held.reference))
    assert intent["customer"] == platform.twin.object(name)["customer"]
    assert len(platform.calls("/v1/customers")) == 1


def test_a_hold_dies_by_the_clock(platform: Platform) -> None:
    """What was not taken in time is taken no more, and says that the hold has gone."""
    name = platform.held()
    platform.twin.clock.set(platform.twin.clock.now() + 7 * DAY + HOUR)
    answer = platform.ask(MoneyKind.CAPTURE, 1_000, "c", name)
    assert answer.reason is not None
    assert (answer.outcome, answer.reason.code) == ("failed", "hold_expired")
    assert platform.ask(MoneyKind.VOID, 1_000, "v", name).outcome == "done"


def test_the_clock_of_the_twin_is_the_test_s(platform: Platform) -> None:
    """Nothing here depends on what time it is."""
    assert platform.twin.clock.now() == datetime(2026, 11, 23, 12, tzinfo=UTC)
