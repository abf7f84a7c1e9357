"""Answers and notices at odds: later than another's, of the same second, in part, of a payout."""

from collections.abc import Callable, Sequence
from datetime import timedelta, timezone
from typing import Any

import pytest
from attrs import define, evolve, field

from marketplace import (
    DAY,
    MINUTE,
    OPERATOR,
    SECOND,
    Answer,
    Conflict,
    Intent,
    Limits,
    Money,
    MoneyKind,
    Movement,
    Order,
    PaymentProviderUnavailable,
    PaymentStands,
    Payout,
    PayoutPlan,
    Purpose,
    Reason,
    Refused,
    Transaction,
)
from marketplace.plugins.sandbox import Sandbox
from tests.support.ride_world import SECRETS, Driver, OpenTown, Town
from tests.support.told import agrees, deliver, made_up, payment

PLAN = PayoutPlan(provider="sandbox", every=None)


@define(eq=False)
class Changed(Sandbox):
    """A sandbox whose answers are others, or come later, than a card network's."""

    changes: Callable[[Order, Callable[[Order], Answer]], Answer] | None = field(default=None)

    def carry_out(self, order: Order) -> Answer:
        """As any sandbox does, but for what is changed."""
        if self.changes is None:
            return super().carry_out(order)
        return self.changes(order, super().carry_out)


@pytest.fixture
def town(open_town: OpenTown) -> Town:
    """A town that pays by such a sandbox, in and out."""
    town = open_town(sandbox=Changed(secrets=SECRETS), payouts=PLAN)
    town.sandbox.now = town.clock.now
    return town


def changing(town: Town, changes: Callable[[Order, Callable[[Order], Answer]], Answer]) -> None:
    """From now on it answers so."""
    bank: Any = town.sandbox
    bank.changes = changes


def differences(town: Town) -> list[str]:
    """What stops deals, as it is told."""
    return [one.cause for one in town.market.disputes.list(by=OPERATOR) if one.kind == "difference"]


def told_of(town: Town, payout: Payout) -> list[str]:
    """What was told about a payout, by kind."""
    with town.market.context.store.begin(write=False) as work:
        return [one.kind for one in work.events.about(payout.id)]


def the_intent(town: Town, kind: MoneyKind) -> Intent:
    """The one order of its kind."""
    with town.market.context.store.begin(write=False) as work:
        (one,) = work.select(Intent, {"kind": kind})
    return one


# -- an answer that comes after another's ------------------------------------------------------


@pytest.mark.attack(49)
@pytest.mark.invariant(43)
def test_a_yes_that_comes_after_somebodys_no_stops_the_deal(town: Town) -> None:
    """A call takes a day; another worker looks it up meanwhile, finds nothing and writes a no. The
    yes that comes then is in no books: the deal's money waits for the operator, who is told."""
    late: list[Order] = []

    def slow(order: Order, carry_out: Callable[[Order], Answer]) -> Answer:
        if order.kind is MoneyKind.HOLD and not late:
            late.append(order)
            town.clock.advance(DAY + 5 * MINUTE)
            town.market.payments.work_off(worker="another")
        return carry_out(order)

    changing(town, slow)
    ride = town.order(town.rider(), "card")
    assert len(late) == 1
    assert (payment(town, ride).held, town.sandbox.charges()[0]["held"]) == (0, 19_700)
    (said,) = differences(town)
    assert said.startswith(f"payment_differs: {late[0].key} moved NPR 197.00, and 0 stands here")
    town.market.payments.answered(late[0].key.rpartition("-")[0], Answer("failed"))
    assert len(differences(town)) == 1


@pytest.mark.attack(49)
def test_an_answer_that_comes_twice_changes_nothing(town: Town) -> None:
    """Two workers ask under one key, as where a lease ran out: both hear the same, and what the
    second writes is nothing."""

    def twice(order: Order, carry_out: Callable[[Order], Answer]) -> Answer:
        answer = carry_out(order)
        if order.kind is MoneyKind.HOLD:
            town.market.payments.answered(order.key.rpartition("-")[0], answer)
        return answer

    changing(town, twice)
    ride = town.order(town.rider(), "card")
    assert (payment(town, ride).held, differences(town)) == (19_700, [])


@pytest.mark.attack(49)
@pytest.mark.invariant(42)
def test_who_gives_up_reopens_nothing_that_another_was_answered(open_town: OpenTown) -> None:
    """While a worker waits in vain for its answer, another has one and writes it: the first parks
    nothing, and has nothing asked again."""
    town = open_town(sandbox=Changed(secrets=SECRETS), limits=Limits(tries=1))
    town.sandbox.now = town.clock.now

    def in_vain(order: Order, carry_out: Callable[[Order], Answer]) -> Answer:
        town.market.payments.answered(order.key.rpartition("-")[0], carry_out(order))
        raise PaymentProviderUnavailable("no answer for this one")

    changing(town, in_vain)
    ride = town.order(town.rider(), "card")
    one = the_intent(town, MoneyKind.HOLD)
    assert (one.state, one.tries, payment(town, ride).held) == ("done", 0, 19_700)
    assert one.answer is not None
    assert one.answer["outcome"] == "done"
    assert town.market.payments.waiting() == []


# -- payouts -----------------------------------------------------------------------------------


def earned(town: Town) -> Driver:
    """A driver who earned something."""
    ram = town.driver()
    town.settled(town.rider(), ram, "card")
    return ram


def paid_out(town: Town, ram: Driver) -> Payout:
    """What was earned is paid out, as it stands then."""
    made = town.market.payouts.make(by=OPERATOR, party=ram.id, currency="NPR")
    return town.market.payouts.get(made.id, by=OPERATOR)


@pytest.mark.behaviour("T1")
@pytest.mark.invariant(20)
def test_the_fee_of_a_payout_is_booked(town: Town) -> None:
    """What the payment provider keeps for a payout, and says so in its answer, is an expense of the
    marketplace's: the books agree with what lies there, and nothing is left to be booked."""

    def dear(order: Order, carry_out: Callable[[Order], Answer]) -> Answer:
        answer = carry_out(order)
        if order.kind is not MoneyKind.PAY_OUT:
            return answer
        with town.sandbox._kept.turn() as kept:
            kept.rows("UPDATE moved SET fee = 25 WHERE reference = ?", answer.reference)
        return evolve(answer, fee=town.money(25))

    changing(town, dear)
    assert paid_out(town, earned(town)).state == "paid"
    assert (town.house(Purpose.PROCESSOR_FEES), agrees(town)) == (25, True)
    assert town.market.ledger.reconcile("sandbox").clean


@pytest.mark.invariant(20)
def test_nothing_is_never_paid_out(town: Town) -> None:
    """Where the least is zero and all is kept as a reserve, a run pays nobody, and asks nothing."""
    ram = earned(town)
    town.market.payouts.set_terms(
        ram.id, minimums={"NPR": 0}, reserve_bp=10_000, reserve_for=30 * DAY
    )
    assert town.market.payouts.run(by=OPERATOR) == []
    for amount in (None, town.money(0)):
        with pytest.raises(Refused) as no:
            town.market.payouts.make(by=OPERATOR, party=ram.id, currency="NPR", amount=amount)
        assert no.value.code == "payout_too_small"
    assert town.market.payouts.list(by=OPERATOR).items == ()


@pytest.mark.attack(49)
@pytest.mark.invariant(20)
@pytest.mark.parametrize("state", ["failed", "returned"])
def test_a_payout_that_came_back_here_and_arrived_there_is_told(town: Town, state: str) -> None:
    """Its earnings are the driver's again, and it is with his bank as well: what differs is in the
    inbox and told to the operator, and no money moves by it."""

    def refuses(order: Order, carry_out: Callable[[Order], Answer]) -> Answer:
        answer = carry_out(order)
        no = order.kind is MoneyKind.PAY_OUT and state == "failed"
        return evolve(answer, outcome="failed", reason=Reason("no")) if no else answer

    changing(town, refuses)
    ram = earned(town)
    made = paid_out(town, ram)
    if state == "returned":
        made = town.market.payouts.returned(made.id, by=OPERATOR, reason="a letter says so")
    assert made.state == state
    before = town.accounts(ram)
    (receipt,) = deliver(town, made_up(town.sandbox, str(made.reference)))
    assert receipt.notice.state == "differs"
    assert receipt.notice.reasons[0].params["said"].endswith(f"arrived, and {state} stands here")
    assert told_of(town, made)[-1] == "payout.differs"
    assert town.accounts(ram) == before


@pytest.mark.attack(49)
@pytest.mark.invariant(20)
def test_a_payout_that_is_paid_after_somebodys_no_is_told(town: Town) -> None:
    """A worker wrote that it never arrived, another hears that it did: told, and moved no more."""
    ram = earned(town)

    def slow(order: Order, carry_out: Callable[[Order], Answer]) -> Answer:
        id = order.key.rpartition("-")[0]
        town.market.payments.answered(id, Answer("failed", reason=Reason("never_arrived")))
        return carry_out(order)

    changing(town, slow)
    made = paid_out(town, ram)
    assert (made.state, told_of(town, made)[-1]) == ("failed", "payout.differs")
    assert town.balance(ram.id, Purpose.PAYABLE) > 0


# -- a refund of which a part was paid ----------------------------------------------------------


@pytest.mark.attack(49)
@pytest.mark.invariant(7)
def test_what_was_paid_of_a_refund_in_part_comes_back_once(town: Town) -> None:
    """Half of a refund is paid and half is credit; weeks later the paid half comes back, told
    twice: all of it is credit then, and the books agree with what lies there."""

    def half(order: Order, carry_out: Callable[[Order], Answer]) -> Answer:
        if order.kind is not MoneyKind.REFUND:
            return carry_out(order)
        return carry_out(evolve(order, amount=Money(order.amount.amount // 2, "NPR")))

    changing(town, half)
    sita = town.rider()
    ride = town.settled(sita, town.driver(), "card")
    lowered(town, ride)
    refund = the_intent(town, MoneyKind.REFUND)
    assert (refund.state, town.accounts(sita)) == ("failed", {"wallet": refund.amount // 2})
    assert agrees(town)
    town.sandbox.return_refund(str(refund.receipt))
    (sent,) = town.sandbox.notices()
    assert [one.notice.state for one in deliver(town, sent)] == ["taken"]
    deliver(town, made_up(town.sandbox, str(refund.receipt)))
    assert town.accounts(sita) == {"wallet": refund.amount}
    assert agrees(town)
    assert town.market.payments.refund_returned(refund.id, reason="again").refunded > 0
    assert town.accounts(sita) == {"wallet": refund.amount}


def lowered(town: Town, ride: Transaction) -> None:
    """The ride's price is half of what it was, and the rest goes back."""
    lines = town.market.transactions.terms(ride.id, by=OPERATOR)[-1].lines
    less = [evolve(one, amount=Money(one.amount.amount // 2, "NPR")) for one in lines]
    town.market.transactions.follow_up(
        ride.id, "adjustment", by=OPERATOR, entry="lower", lines=less
    )
    town.wait(DAY)


# -- clocks that differ -------------------------------------------------------------------------

CLOCKS = [timedelta(0), -2 * SECOND, -4 * MINUTE]
"""By how much the payment provider's clock is off, which tells whole seconds besides."""


def unanswered(town: Town) -> None:
    """A ride is ordered seven tenths into a second, its hold is made, and no answer comes back."""
    loses(town)
    town.order(town.rider(), "card")


def loses(town: Town) -> None:
    """From seven tenths of a second later on, everything is carried out, and no answer is given."""

    def lost(order: Order, carry_out: Callable[[Order], Answer]) -> Answer:
        carry_out(order)
        raise PaymentProviderUnavailable("the answer was lost")

    town.clock.advance(timedelta(milliseconds=700))
    changing(town, lost)


@pytest.mark.attack(49)
@pytest.mark.parametrize("off", CLOCKS, ids=str)
def test_a_notice_of_what_is_just_asked_is_not_set_aside(town: Town, off: timedelta) -> None:
    """A payment provider tells of a hold before its answer is here, by whole seconds and by a clock
    that is behind ours: it is to tell it again, for it may be ours. Long before, it cannot be."""
    unanswered(town)
    stands, told = town.sandbox.read_back, (town.clock.now() + off).replace(microsecond=0)

    def as_it_stands(notice: Any) -> Sequence[Any]:
        return [one for one in stands(notice) if isinstance(one, PaymentStands)]

    town.sandbox.read_back = as_it_stands  # type: ignore[method-assign]
    name = town.sandbox.charges()[0]["reference"]
    with pytest.raises(Conflict) as no:
        deliver(town, made_up(town.sandbox, name, at=told.isoformat()))
    assert no.value.code == "not_yet"
    for at in (told - 10 * MINUTE, told.replace(year=9999)):
        sent = made_up(town.sandbox, name, id=at.isoformat(), at=at.isoformat())
        if at < told:
            assert deliver(town, sent)[0].outcome == "set aside"
        else:
            with pytest.raises(Conflict):
                deliver(town, sent)


@pytest.mark.attack(49)
@pytest.mark.invariant(8)
@pytest.mark.parametrize("zone", [0, -5, 5.75])
@pytest.mark.parametrize("off", CLOCKS, ids=str)
def test_what_just_moved_is_explained_by_what_is_just_asked(
    town: Town, off: timedelta, zone: float
) -> None:
    """An order without its answer explains the movement that it came to, whatever clock and time
    zone the movement is told by; one of long before it does not."""
    ride = town.started(town.rider(), ram := town.driver(), "card")
    loses(town)
    town.take(ride, "finish", ram)
    movements, there = town.sandbox.movements, timezone(timedelta(hours=zone))

    def told(after: str | None = None, limit: int = 100, by: timedelta = off) -> list[Movement]:
        found = movements(after, limit)
        when = [(one.at + by).replace(microsecond=0).astimezone(there) for one in found]
        return [evolve(one, at=at) for one, at in zip(found, when, strict=True)]

    town.sandbox.movements = told  # type: ignore[method-assign]
    found = town.market.ledger.reconcile("sandbox")
    assert (found.clean, [one.why for one in found.differences]) == (True, ["under way"])
    town.sandbox.movements = lambda *page: told(*page, by=-DAY)  # type: ignore[method-assign]
    found = town.market.ledger.reconcile("sandbox")
    assert (found.clean, [one.why for one in found.differences]) == (False, ["theirs not ours"])


@pytest.mark.attack(49)
@pytest.mark.invariant(8)
@pytest.mark.parametrize("way", ["refund", "payout"])
def test_what_just_left_is_explained_by_what_is_just_asked(town: Town, way: str) -> None:
    """A refund and a payout whose answers are lost explain what went out by them: so much less is
    there than the books say, and nothing of it is unexplained."""
    ram = town.driver()
    ride = town.settled(town.rider(), ram, "card")
    loses(town)
    if way == "refund":
        lowered(town, ride)
    else:
        paid_out(town, ram)
    found = town.market.ledger.reconcile("sandbox")
    (both,) = found.balances
    assert (found.clean, [one.why for one in found.differences]) == (True, ["under way"])
    assert both.under_way == both.theirs - both.ours < 0
