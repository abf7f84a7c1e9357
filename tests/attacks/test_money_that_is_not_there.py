"""Rides after which money would be made, lost or stuck."""

from datetime import timedelta
from typing import Any

import pytest

from marketplace import (
    HOUR,
    MINUTE,
    OPERATOR,
    Answer,
    Bring,
    InvalidInput,
    Line,
    Money,
    MoneyKind,
    Order,
    Pay,
    PaymentProviderUnavailable,
    PricingQuestion,
    Purpose,
    Refused,
    customer_owes,
    hookimpl,
)
from marketplace.plugins.sandbox import Sandbox
from tests.support.ride_world import OpenTown, Town

PRICE = 19_700
"""What the town's ride costs."""


def test_nobody_rides_by_the_method_of_what_costs_nothing(town: Town) -> None:
    """A ride that costs something is paid by a real method, or the settlement finds nothing."""
    sita = town.rider()
    with pytest.raises(InvalidInput, match="real payment method"):
        town.order(sita, "no payment")


@pytest.mark.parametrize("row", ["no_show", "cancel"])
def test_cash_that_nobody_handed_over_is_owed_and_not_booked_as_taken(town: Town, row: str) -> None:
    """A rider who does not come, or cancels, gave the driver no cash: the fee is the rider's dues
    and the driver's earning, less the commission."""
    sita, ram = town.rider(), town.driver()
    ride = town.arrived(sita, ram, "cash")
    town.clock.advance(8 * MINUTE)
    ride = town.take(ride, row, ram if row == "no_show" else sita)
    due = town.due(ride)
    assert due > 0
    assert town.accounts(ram) == {"provider payable": due - town.fee(ride)}
    assert town.accounts(sita) == {"customer receivable": due}


@pytest.mark.parametrize(("collected", "left"), [(PRICE, {}), (PRICE + 300, {"wallet": 300})])
def test_cash_of_two_payments_is_collected_once(
    town: Town, collected: int, left: dict[str, int]
) -> None:
    """What was collected is all of it: two cash payments share it, and only the rest is change."""
    sita, ram = town.rider(), town.driver()
    pays = [Pay("cash", amount=town.money(5_000)), Pay("cash")]
    given = {"cash_collected": town.money(collected)}
    ride = town.settled(sita, ram, pays, finish=given)
    assert ride.state == "settled"
    assert town.accounts(sita) == left
    assert town.accounts(ram) == {"provider receivable": town.fee(ride) + collected - PRICE}


def test_change_makes_no_more_credit_than_the_driver_may_owe(town: Town) -> None:
    """A driver that says it took a million would mint a wallet out of a debt it never pays."""
    sita, ram = town.rider(), town.driver()
    ride = town.started(sita, ram, "cash")
    with pytest.raises(Refused, match="change_too_large"):
        town.take(ride, "finish", ram, cash_collected=town.money(100_000_000))
    assert town.accounts(sita) == {}
    most = town.money(town.due(ride) + 50_000)
    assert town.take(ride, "finish", ram, cash_collected=most).state == "completed"


def test_dues_that_were_paid_meanwhile_become_credit(town: Town) -> None:
    """Dues on a price may be paid by a top-up before it is settled: the settlement still comes,
    and what was paid twice is the rider's."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "cash", finish={"cash_collected": town.money(0)})
    assert town.accounts(sita) == {"customer receivable": PRICE}
    ride = town.finished(sita, ram, "card")
    assert town.due(ride) == 2 * PRICE
    town.top_up(sita, 50_000, "slip")
    town.wait(2 * HOUR)
    assert town.now(ride).state == "settled"
    assert town.accounts(sita) == {"wallet": 50_000}


class Gift:
    """Lets every ride be quoted for nothing, and forgets it at the end."""

    name = "gift"

    @hookimpl
    def bring(self) -> Bring:
        """Its rule."""
        return Bring(rules={"gift.all": lambda inputs: int(inputs["of"])})

    @hookimpl(trylast=True)
    def propose_lines(self, question: PricingQuestion) -> list[Line]:
        """All of it is the operator's, when it is quoted."""
        of = customer_owes(question.lines, question.currency)
        if question.occasion != "quote" or not of:
            return []
        return [Line("gift", of, "operator", "customer", "gift.all", inputs={"of": of.amount})]


def test_a_free_ride_that_comes_to_cost_something_can_still_end(open_town: OpenTown) -> None:
    """Nobody named a way to pay for what was free: at the end it is owed, and the driver goes."""
    town = open_town(plugins=[Gift()])
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, ())
    assert ride.state == "settled"
    assert town.accounts(sita) == {"customer receivable": PRICE}


def test_a_disputed_ride_does_not_become_dues(town: Town) -> None:
    """While it is disputed, what a card refused is booked neither as debt nor as earnings."""
    sita, ram = town.rider(), town.driver()
    ride = town.now(town.finished(sita, ram, Pay("card", means="tok_capture_fails")))
    assert ride.state == "unpaid"
    dispute = town.market.disputes.open(ride.id, by=sita, cause="never rode")
    town.wait(timedelta(days=2))
    assert (town.accounts(sita), town.accounts(ram)) == ({}, {})
    town.market.disputes.decide(dispute.id, outcome={"rider": "pays"})
    town.wait(timedelta(days=1))
    assert town.now(ride).state == "settled"
    assert town.accounts(sita) == {"customer receivable": PRICE}


def lines_of(town: Town, amount: int) -> list[Line]:
    inputs = {"amount": amount}
    return [Line("fare", town.money(amount), "customer", "provider", "core.agreed", inputs=inputs)]


def test_an_adjustment_need_not_wait_for_the_refund_before_it(open_town: OpenTown) -> None:
    """While a refund is on its way the ride is settled anew: a second adjustment reverses that
    settlement, and each refund is given once."""
    town = open_town(sandbox=(network := LosesOnce()))
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    network.loses.append(MoneyKind.REFUND)
    adjust = town.market.transactions.follow_up
    first = adjust(ride.id, "adjustment", by=OPERATOR, lines=lines_of(town, 15_000), entry="lower")
    assert (first.state, first.pending) == ("adjusted", None)
    assert town.accounts(sita) == {"refund payable": PRICE - 15_000}
    assert [one.kind for one in town.market.payments.waiting()] == [MoneyKind.REFUND]
    again = adjust(ride.id, "adjustment", by=OPERATOR, lines=lines_of(town, 9_000), entry="lower")
    assert again.state == "adjusted"
    town.wait(MINUTE)
    assert (town.accounts(sita), town.accounts(ram)) == ({}, {"provider payable": 9_000})
    assert town.sandbox.balance("NPR").amount == 9_000
    given_back = [one.amount.amount for one in town.sandbox.movements() if one.kind == "refund"]
    assert sorted(given_back) == [9_000 - 15_000, 15_000 - PRICE]


class LosesOnce(Sandbox):
    """A card network whose answers of some kinds are lost once, and whose holds die soon."""

    def __init__(self, **settings: Any) -> None:
        self.loses: list[MoneyKind] = []
        self.holds: timedelta | None = None
        super().__init__(after=self._lose, **settings)

    def _lose(self, order: Order, answer: Answer) -> None:
        if order.kind in self.loses:
            self.loses.remove(order.kind)
            raise PaymentProviderUnavailable("the answer is lost")

    def carry_out(self, order: Order) -> Answer:
        """As ever, but holds end early where they are told to."""
        answer = super().carry_out(order)
        if self.holds is None or answer.holds_until is None:
            return answer
        return Answer(
            answer.outcome, answer.reference, answer.amount, holds_until=self.now() + self.holds
        )


def test_a_capture_whose_answer_outlives_the_hold_is_in_the_books(open_town: OpenTown) -> None:
    """The network took the money and its answer was lost; the hold's end passes meanwhile. When
    the answer comes the books hold what the network holds."""
    network = LosesOnce()
    town = open_town(sandbox=network)
    network.now, network.holds = town.clock.now, timedelta(minutes=30)
    sita, ram = town.rider(), town.driver()
    ride = town.started(sita, ram, "card")
    town.clock.advance(20 * MINUTE)
    network.loses = [MoneyKind.CAPTURE] * 12
    town.take(ride, "finish", ram)
    for _ in range(12):
        town.wait(20 * MINUTE)
    for _ in range(12):
        town.wait(HOUR)
    assert town.now(ride).state == "settled"
    assert town.house(Purpose.PROCESSOR_CLEARING) == town.sandbox.balance("NPR").amount == PRICE
    assert town.accounts(ram) == {"provider payable": PRICE - town.fee(ride)}


def test_small_payouts_at_once_cost_a_fee_each(town: Town) -> None:
    """A fee of one per cent is rounded up, or 99 minor units at a time would be paid out free;
    and a payout in one currency is not asked for in another."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    before = town.house(Purpose.REVENUE)
    make = town.market.payouts.make
    given = {"by": ram.party, "party": ram.id, "currency": "NPR", "at_once": True}
    assert make(amount=town.money(99), **given).amount == 98
    assert town.house(Purpose.REVENUE) == before + 1
    with pytest.raises(InvalidInput, match="not as JPY"):
        make(amount=Money(99, "JPY"), **given)
