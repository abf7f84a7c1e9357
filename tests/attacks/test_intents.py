"""What is asked outside: never inside a unit of work, once per intent, not for ever."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    SECOND,
    Answer,
    IdempotencyMismatch,
    Intent,
    Limits,
    Money,
    Order,
    PaymentProviderUnavailable,
    SetupError,
)
from marketplace.plugins.sandbox import unavailable
from tests.attacks.conftest import Found
from tests.support.hamlet import CARD, Hamlet
from tests.support.refusals import rows_of


def intents(hamlet: Hamlet) -> list[Intent]:
    """Every intent there is."""
    with hamlet.market.context.store.begin(write=False) as work:
        return work.select(Intent, limit=1_000)


@pytest.mark.invariant(47)
def test_nothing_is_asked_outside_inside_a_unit_of_work(hamlet: Hamlet) -> None:
    """At every question of a whole deal no unit of work is open; inside one none can be asked."""
    asked: list[str] = []

    def before(order: Order) -> None:
        assert not hamlet.market.context.store.in_work()
        asked.append(order.kind.value)

    hamlet.sandbox.before = before
    hamlet.settled()
    hamlet.market.payouts.make(by=OPERATOR, party=hamlet.driver.id, currency="NPR")
    hamlet.market.tick()
    assert asked == ["hold", "capture", "pay out"]
    with hamlet.market.batch(), pytest.raises(SetupError):
        hamlet.market.payments.work_off()
    with hamlet.market.batch():
        hamlet.opened()
        assert asked == ["hold", "capture", "pay out"]
    hamlet.market.tick()
    assert asked[-1] == "hold"


@pytest.mark.invariant(40, 42)
def test_an_intent_is_asked_under_its_own_key_alone(hamlet: Hamlet) -> None:
    """However often it is asked, an intent's key is the same, and no other intent has it."""
    keys: list[str] = []
    lost = unavailable(3)

    def before(order: Order) -> None:
        keys.append(order.key)
        lost(order)

    hamlet.sandbox.before = before
    ride = hamlet.opened()
    assert ride.pending is not None
    for _ in range(6):
        hamlet.clock.advance(20 * SECOND)
        hamlet.market.tick()
    assert len(keys) == 4
    assert len(set(keys)) == 1
    assert len(hamlet.sandbox.charges()) == 1
    order = Order(keys[0], *_hold(hamlet))
    with pytest.raises(IdempotencyMismatch):
        hamlet.sandbox._once(order)


def _hold(hamlet: Hamlet) -> tuple[Any, ...]:
    (intent,) = intents(hamlet)
    return intent.kind, Money(intent.amount + 1, "NPR"), "card", hamlet.rider.id


@pytest.mark.attack(56)
@pytest.mark.invariant(41, 49)
def test_questions_are_bounded_and_end(found: Found) -> None:
    """Without any answer an intent is asked so many times, later each time, and then parked.

    A parked intent is done when the operator lets it be tried again; the ride never waited for
    ever, and no call was made while a unit of work was open.
    """
    hamlet = found(limits=Limits(tries=7, resolve_within=30 * DAY))
    moments: list[Any] = []

    def silent(order: Order) -> None:
        moments.append(hamlet.clock.now())
        raise PaymentProviderUnavailable("no answer")

    hamlet.sandbox.before = silent
    hamlet.opened()
    for _ in range(600):
        hamlet.clock.advance(timedelta(seconds=30))
        hamlet.market.payments.work_off()
    gaps = [after - before for before, after in pairwise(moments)]
    assert len(moments) == 7
    assert gaps == sorted(gaps)
    (parked,) = intents(hamlet)
    assert parked.state == "parked"
    assert hamlet.market.payments.waiting() == [parked]
    hamlet.sandbox.before = None
    hamlet.market.payments.retry(parked.id)
    (intent,) = intents(hamlet)
    assert intent.state == "done"
    hamlet.rest()
    assert {one.state for one in intents(hamlet)} == {"done"}


@pytest.mark.attack(56)
@pytest.mark.invariant(41)
def test_an_old_question_is_looked_up_and_never_sent_again(found: Found) -> None:
    """After a day a key is looked up: what was done is written, what never came is a no."""
    sent: list[str] = []
    for arrives in (True, False):
        hamlet = found()

        def before(order: Order, arrives: bool = arrives) -> None:
            sent.append(order.key)
            if not arrives:
                raise PaymentProviderUnavailable("the question was lost")

        def after(order: Order, answer: Answer) -> None:
            raise PaymentProviderUnavailable("the answer was lost")

        hamlet.sandbox.before, hamlet.sandbox.after = before, after
        ride = hamlet.opened(CARD)
        count = len(sent)
        hamlet.clock.advance(DAY + HOUR)
        hamlet.market.payments.work_off()
        assert len(sent) == count
        (intent,) = intents(hamlet)
        assert intent.state == ("done" if arrives else "failed")
        assert hamlet.now(ride).state == ("searching" if arrives else "declined")
        hamlet.sandbox.before = hamlet.sandbox.after = None
        hamlet.rest()
        assert all(one["held"] == 0 for one in hamlet.sandbox.charges())


@pytest.mark.invariant(42)
def test_the_same_key_gives_the_same_answer(hamlet: Hamlet) -> None:
    """A command repeated under its key answers as before; another body under it is refused."""
    request, quote = hamlet.asked()
    market, rider = hamlet.market, hamlet.rider
    first = market.transactions.open(quote.id, by=rider, request=request.id, pay=CARD, key="k")
    again = market.transactions.open(quote.id, by=rider, request=request.id, pay=CARD, key="k")
    assert again.id == first.id
    assert len(hamlet.sandbox.charges()) == 1
    with pytest.raises(IdempotencyMismatch):
        market.transactions.open(quote.id, by=rider, request=request.id, key="k")


@pytest.mark.attack(48)
@pytest.mark.invariant(43, 44)
def test_an_answer_that_comes_again_changes_nothing(hamlet: Hamlet) -> None:
    """Any answer given twice, or ten times, leaves every row of every table as the first did."""
    answers: list[tuple[str, Answer]] = []
    hamlet.sandbox.after = lambda order, answer: answers.append((order.key, answer))
    hamlet.settled()
    rows = rows_of(hamlet.market)
    keys = {one.key: one.id for one in intents(hamlet)}
    for key, answer in answers * 5:
        hamlet.market.payments.answered(keys[key], answer)
    assert rows_of(hamlet.market) == rows
