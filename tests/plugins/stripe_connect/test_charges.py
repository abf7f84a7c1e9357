"""What follows on a hold or a charge, and that each of it happens once whatever gets lost."""

from collections.abc import Callable

import pytest

from marketplace import (
    HOUR,
    Answer,
    IdempotencyMismatch,
    Money,
    MoneyKind,
    Order,
    PaymentProviderUnavailable,
)
from tests.support.stripe_platform import CURRENCY, Platform, again, connect

HOLD, CHARGE, RAISE = MoneyKind.HOLD, MoneyKind.CHARGE, MoneyKind.RAISE
CAPTURE, VOID, REFUND = MoneyKind.CAPTURE, MoneyKind.VOID, MoneyKind.REFUND


def usd(amount: int) -> Money:
    """So many cents."""
    return Money(amount, CURRENCY)


def code(answer: Answer) -> str:
    """The reason of a no."""
    assert answer.outcome == "failed"
    assert answer.reason is not None
    return answer.reason.code


def test_a_hold_is_raised_to_a_new_total(platform: Platform) -> None:
    """Two raises make one hold over the sum, which can be captured."""
    name = platform.held(1_000)
    for key, amount in (("r1", 500), ("r2", 250)):
        answer = platform.ask(RAISE, amount, key, name)
        assert (answer.outcome, answer.amount) == ("done", usd(amount))
        assert answer.holds_until is not None
    assert platform.twin.object(name)["amount_capturable"] == 1_750
    assert platform.ask(CAPTURE, 1_750, "c", name).outcome == "done"


def test_a_raise_that_the_bank_refuses_leaves_the_hold(platform: Platform) -> None:
    """No to more is no to more alone; a raise of nothing that is held is a no."""
    name = platform.held(1_000, means="pm_card_raiseDeclined")
    assert code(platform.ask(RAISE, 500, "r", name)) == "card_declined"
    assert platform.twin.object(name)["amount_capturable"] == 1_000
    platform.ask(VOID, 1_000, "v", name)
    assert code(platform.ask(RAISE, 500, "r2", name)) == "raise_refused"
    for reference in (None, "pi_unheard_of", "seti_1"):
        assert code(platform.ask(RAISE, 500, f"r{reference}", reference)) == "no_such_charge"


def test_a_part_is_captured_with_its_fee(platform: Platform) -> None:
    """The rest of a hold is given up with the capture of a part."""
    name = platform.held(1_000)
    answer = platform.ask(CAPTURE, 700, "c", name)
    assert (answer.amount, answer.fee) == (usd(700), usd(50))
    assert platform.twin.balance("usd") == 650
    assert code(platform.ask(CAPTURE, 300, "c2", name)) == "capture_refused"


def test_a_capture_beyond_the_hold_takes_nothing(platform: Platform) -> None:
    """More than is held, of a hold that is given up, of nothing: a no each, and no money."""
    name = platform.held(1_000)
    assert code(platform.ask(CAPTURE, 1_001, "c", name)) == "capture_refused"
    assert platform.ask(VOID, 1_000, "v", name).outcome == "done"
    assert code(platform.ask(CAPTURE, 1_000, "c2", name)) == "hold_expired"
    assert code(platform.ask(CAPTURE, 1_000, "c3", "pi_unheard_of")) == "no_such_charge"
    assert platform.twin.balance("usd") == 0


def test_a_void_is_done_when_nothing_is_held_any_more(platform: Platform) -> None:
    """Voided twice under two keys it is done twice; what was taken is not voided."""
    name = platform.held(1_000)
    for key in ("v", "v2"):
        assert platform.ask(VOID, 1_000, key, name).outcome == "done"
    taken = platform.held(1_000, key="other")
    platform.ask(CAPTURE, 1_000, "c", taken)
    assert platform.ask(VOID, 1_000, "v3", taken).outcome == "failed"
    assert code(platform.ask(VOID, 1_000, "v4", None)) == "no_such_charge"


@pytest.mark.attack(57)
def test_no_more_is_given_back_than_was_taken(platform: Platform) -> None:
    """Above what was captured, above what earlier refunds left, after all was given back: no."""
    name = platform.charged(1_000)
    assert code(platform.ask(REFUND, 1_001, "f", name)) == "refund_above_captured"
    answer = platform.ask(REFUND, 600, "f2", name)
    assert (answer.outcome, answer.amount) == ("done", usd(600))
    assert str(answer.reference).startswith("re_")
    assert code(platform.ask(REFUND, 401, "f3", name)) == "refund_above_captured"
    assert platform.ask(REFUND, 400, "f4", name).outcome == "done"
    assert code(platform.ask(REFUND, 1, "f5", name)) == "refund_above_captured"
    assert code(platform.ask(REFUND, 1, "f6", None)) == "no_such_charge"


@pytest.mark.attack(55)
@pytest.mark.invariant(42)
def test_the_same_key_with_another_amount_is_refused(platform: Platform) -> None:
    """Stripe says that the body is another one; so do we, and nothing is taken twice."""
    platform.held(1_000, key="k")
    for amount in (1_001, 999):
        with pytest.raises(IdempotencyMismatch):
            platform.ask(HOLD, amount, "k")
    name = platform.charged(1_000)
    platform.ask(REFUND, 100, "f", name)
    with pytest.raises(IdempotencyMismatch):
        platform.ask(REFUND, 200, "f", name)
    assert platform.twin.balance("usd") == 1_000 - 59 - 100


STEPS: dict[str, Callable[[Platform], Order]] = {
    "save": lambda one: one.order(MoneyKind.SAVE, 0, "k"),
    "hold": lambda one: one.order(HOLD, 1_000, "k"),
    "charge": lambda one: one.order(CHARGE, 1_000, "k"),
    "raise": lambda one: one.order(RAISE, 500, "k", one.held()),
    "capture": lambda one: one.order(CAPTURE, 700, "k", one.held()),
    "void": lambda one: one.order(VOID, 1_000, "k", one.held()),
    "refund": lambda one: one.order(REFUND, 400, "k", one.charged()),
}
LAST = {
    "save": ("/v1/customers", "/v1/setup_intents"),
    "hold": ("/v1/payment_intents",),
    "charge": ("/v1/payment_intents",),
    "raise": ("/increment_authorization",),
    "capture": ("/capture",),
    "void": ("/cancel",),
    "refund": ("/v1/refunds",),
}


def stands(platform: Platform) -> list[tuple[str, int, int]]:
    """How every payment stands."""
    return [(one["status"], one["amount"], one["amount_received"]) for one in platform.intents()]


@pytest.mark.attack(53)
@pytest.mark.invariant(40)
@pytest.mark.parametrize("step", STEPS)
def test_an_answer_that_is_lost_after_success_is_one_effect(platform: Platform, step: str) -> None:
    """The call is carried out and its answer lost: nobody answers, the same order again is done
    once; by itself it would be found as well, and look the same."""
    order = STEPS[step](platform)
    before = len(platform.calls(*LAST[step]))
    for end in LAST[step]:
        platform.twin.faults.answer_lost(only=f"POST *{end}")
        with pytest.raises(PaymentProviderUnavailable):
            platform.provider.carry_out(order)
    found = platform.provider.look_up(order)
    answer = platform.provider.carry_out(order)
    assert answer.outcome == "done"
    assert found == answer
    told = [one for one in platform.calls(*LAST[step])[before:] if not one.replayed]
    assert len(told) <= len(LAST[step])
    kept, balance = stands(platform), platform.twin.balance("usd")
    assert platform.provider.carry_out(order) == answer
    assert (stands(platform), platform.twin.balance("usd")) == (kept, balance)


@pytest.mark.attack(53)
@pytest.mark.parametrize("step", STEPS)
def test_a_question_that_is_lost_never_happened(platform: Platform, step: str) -> None:
    """Nothing arrived: it is looked up as nothing, and carried out when asked again."""
    order = STEPS[step](platform)
    platform.twin.faults.question_lost(only=f"POST *{LAST[step][-1]}")
    with pytest.raises(PaymentProviderUnavailable):
        platform.provider.carry_out(order)
    assert platform.provider.look_up(order) is None
    assert platform.provider.carry_out(order).outcome == "done"


@pytest.mark.attack(56)
@pytest.mark.parametrize("step", STEPS)
def test_looking_up_sends_nothing(platform: Platform, step: str) -> None:
    """What became of an order is read, with the time from which it was asked and without it, and
    nothing at Stripe is changed by it."""
    order = again(STEPS[step](platform), first_asked_at=platform.twin.clock.now())
    answer = platform.provider.carry_out(order)
    sent = len(platform.calls())
    assert platform.provider.look_up(order) == answer
    assert platform.provider.look_up(again(order, first_asked_at=None)) == answer
    assert platform.provider.look_up(again(order, key="another")) in (
        None,
        # A hold that is given up is given up, whoever asked for it.
        answer if step == "void" else None,
    )
    assert len(platform.calls()) == sent


@pytest.mark.invariant(40, 49)
@pytest.mark.parametrize("retries", [0, 2])
def test_a_break_is_looked_up_and_then_asked_anew(platform: Platform, retries: int) -> None:
    """Stripe keeps its own 500 under the key for a day. The first time no answer came, and it is
    asked once; the second time it is nowhere, and asked for under another key: once for each time
    that it breaks, however often the package would try again at once."""
    provider = connect(platform.twin, max_network_retries=retries)
    order = platform.order(HOLD, 1_000, "k")
    platform.twin.faults.broken(3, only="POST /v1/payment_intents")
    for asked in (["k"], ["k", "k+1"]):
        before = len(platform.calls())
        with pytest.raises(PaymentProviderUnavailable):
            provider.carry_out(order)
        assert _keys(platform)[before:] == asked
    assert platform.intents() == []
    assert provider.look_up(order) is None
    answer = provider.carry_out(order)
    assert _keys(platform)[-3:] == ["k", "k+1", "k+2"]
    assert (answer.outcome, stands(platform)) == ("done", [("requires_capture", 1_000, 0)])
    assert provider.look_up(order) == provider.carry_out(order) == answer
    assert len(platform.intents()) == 1
    platform.twin.faults.broken(only="POST /v1/payment_intents")
    assert provider.carry_out(order) == answer


@pytest.mark.parametrize("step", STEPS)
def test_what_was_asked_anew_is_found_by_the_order_s_own_name(
    platform: Platform, step: str
) -> None:
    """Each step on which Stripe broke once is done the next time, and found afterwards."""
    order = STEPS[step](platform)
    platform.twin.faults.broken(only=f"POST *{LAST[step][-1]}")
    with pytest.raises(PaymentProviderUnavailable):
        platform.provider.carry_out(order)
    answer = platform.provider.carry_out(order)
    assert answer.outcome == "done"
    kept, balance = stands(platform), platform.twin.balance("usd")
    assert platform.provider.look_up(order) == platform.provider.carry_out(order) == answer
    assert (stands(platform), platform.twin.balance("usd")) == (kept, balance)


def _keys(platform: Platform) -> list[str]:
    return [one.headers["idempotency-key"] for one in platform.calls()]


@pytest.mark.attack(65)
@pytest.mark.invariant(49)
def test_a_storm_of_429_is_not_answered_with_another_one(platform: Platform) -> None:
    """Told to slow down we ask no second time: the marketplace's worker waits, longer each time.
    A door that is shut is knocked at so often as was said, and no more."""
    patient = connect(platform.twin, max_network_retries=2)
    order = platform.order(HOLD, 1_000, "k")
    for arrange, most in ((platform.twin.faults.storm, 1), (platform.twin.faults.down, 3)):
        arrange(lasting=HOUR)
        before = len(platform.twin.calls)
        with pytest.raises(PaymentProviderUnavailable):
            patient.carry_out(order)
        assert len(platform.twin.calls) - before == most
        platform.twin.faults.clear()
    assert patient.carry_out(order).outcome == "done"


def test_a_key_that_stripe_does_not_take_waits_for_the_operator(platform: Platform) -> None:
    """A wrong key decides nothing about a payment: it is no answer, without the key in it."""
    stranger = connect(platform.twin, api_key="sk_test_of_somebody_else")
    with pytest.raises(PaymentProviderUnavailable) as no:
        stranger.carry_out(platform.order(HOLD, 1_000, "k"))
    assert "somebody_else" not in str(no.value)
