"""Rides that are priced anew after their settlement: corrected, lowered, raised, given back."""

from typing import Any

import pytest

from marketplace import (
    DAY,
    MINUTE,
    OPERATOR,
    Answer,
    Conflict,
    Forbidden,
    Intent,
    InvalidInput,
    Line,
    Money,
    MoneyKind,
    Notification,
    Order,
    Pay,
    PayoutPlan,
    Purpose,
    Refused,
    Transaction,
)
from marketplace.plugins.sandbox import NOT_BACK, Sandbox, unavailable
from tests.support.ride_world import OpenTown, Town

PRICE = 19_700
FEE = 2_955
EARNED = PRICE - FEE


def given(amount: int, payer: str = "customer", purse: str = "price", code: str = "fare") -> Line:
    """A line that the operator names by hand."""
    payee = "provider" if payer == "customer" else "operator"
    money = Money(amount, "NPR")
    return Line(code, money, payer, payee, "core.agreed", inputs={"amount": amount}, purse=purse)


def lowered(to: int) -> list[Line]:
    """A lower fare with its 15 per cent commission."""
    return [given(to), given(to * 1_500 // 10_000, "provider", code="commission")]


def adjust(town: Town, ride: Transaction, entry: str, **more: Any) -> Transaction:
    """The operator adjusts a ride."""
    return town.market.transactions.follow_up(
        ride.id, "adjustment", by=OPERATOR, entry=entry, **more
    )


@pytest.mark.behaviour("R19", "C10")
@pytest.mark.invariant(3)
def test_a_fare_is_corrected_by_reversal_and_never_by_edit(town: Town) -> None:
    """A shorter way is found after the settlement: every journal stands as it was, a mirror of the
    settlement is written, the difference goes back to the card, and the right price is settled."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    before = town.market.ledger.of_transaction(ride.id, by=OPERATOR)
    assert town.accounts(ram) == {"provider payable": EARNED}
    shorter = {"reason": "the map was wrong", "metres": 5_000, "seconds": 1_000}
    done = adjust(town, ride, "correct", asks=shorter)
    assert done.state == "adjusted"
    price, fee = town.due(done), town.fee(done)
    assert price == 16_500
    after = town.market.ledger.of_transaction(ride.id, by=OPERATOR)
    assert after[: len(before)] == before
    (reversal,) = [one for one in after if one.reverses]
    (settled,) = [one for one in before if one.kind == "settle"]
    assert reversal.reverses == settled.id
    assert [(t.credit, t.debit, t.amount) for t in reversal.transfers] == [
        (t.debit, t.credit, t.amount) for t in settled.transfers
    ]
    assert town.accounts(ram) == {"provider payable": price - fee}
    assert town.house(Purpose.REVENUE) == fee
    (charge,) = town.sandbox.charges()
    assert (charge["captured"], charge["refunded"]) == (PRICE, PRICE - price)
    assert town.house(Purpose.PROCESSOR_CLEARING) == price == town.sandbox.balance("NPR").amount
    said = [one.reason.code for one in town.market.why.transaction(done.id, by=sita)]
    assert "ride_corrected" in said


@pytest.mark.behaviour("R19")
def test_a_second_correction_keeps_what_the_first_one_found(town: Town) -> None:
    """Corrections add up: the toll that was struck out first stays so when the way is corrected;
    what it made the rider owe is owed no more."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card", finish={"tolls": town.money(5_000)})
    # The hold did not reach for the toll: the rider owes it.
    assert town.accounts(sita) == {"customer receivable": 5_000}
    assert town.accounts(ram) == {"provider payable": EARNED + 5_000}
    first = adjust(town, ride, "correct", asks={"reason": "toll", "tolls": town.money(0)})
    assert town.due(first) == PRICE
    assert town.accounts(sita) == {}
    assert town.accounts(ram) == {"provider payable": EARNED}
    shorter = {"reason": "the map was wrong", "metres": 5_000, "seconds": 1_000}
    second = adjust(town, ride, "correct", asks=shorter)
    assert town.due(second) == 16_500
    assert town.accounts(sita) == {}
    assert town.accounts(ram) == {"provider payable": 16_500 - town.fee(second)}
    assert town.sandbox.balance("NPR").amount == 16_500


@pytest.mark.behaviour("R19")
def test_a_correction_upwards_is_refused_and_a_forgotten_charge_is_its_own_purse(
    town: Town,
) -> None:
    """Money that was never taken cannot be settled: a correction that would need more is refused
    and changes nothing; the operator charges what was forgotten apart."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    with pytest.raises(Refused, match="more than were taken"):
        adjust(town, ride, "correct", asks={"reason": "toll", "tolls": town.money(1_000)})
    assert town.accounts(ram) == {"provider payable": EARNED}
    more = adjust(
        town,
        ride,
        "raise",
        lines=[given(1_000, purse="extra", code="toll")],
        pay=Pay("card", purse="extra"),
    )
    assert more.state == "adjusted"
    assert town.accounts(ram) == {"provider payable": EARNED + 1_000}
    assert town.sandbox.balance("NPR").amount == PRICE + 1_000


@pytest.mark.behaviour("R19", "C8")
def test_only_the_operator_adjusts(town: Town) -> None:
    """Neither rider nor driver opens an adjustment, nor names lines of a follow-up."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    for who in (sita, ram.party):
        with pytest.raises(Forbidden, match="opened by operator"):
            town.market.transactions.follow_up(ride.id, "adjustment", by=who, entry="lower")
        with pytest.raises(Forbidden, match="only the operator names the lines"):
            town.market.transactions.follow_up(
                ride.id, "tip", by=who, lines=[given(10, purse="tip")]
            )


@pytest.mark.behaviour("C10")
def test_partial_refunds_of_several_payments_go_back_the_way_they_came(town: Town) -> None:
    """A ride paid by wallet and card is lowered twice: the last payment is given back first, each
    by its own way, and never more than it paid."""
    sita, ram = town.rider(), town.driver()
    town.top_up(sita, 15_000, "slip")
    pays = [Pay("wallet", amount=town.money(15_000)), Pay("card")]
    ride = town.settled(sita, ram, pays)
    adjust(town, ride, "lower", lines=lowered(17_000))
    assert [one["refunded"] for one in town.sandbox.charges()] == [2_700]
    assert town.accounts(sita) == {}
    adjust(town, ride, "lower", lines=lowered(10_000))
    assert [one["refunded"] for one in town.sandbox.charges()] == [PRICE - 15_000]
    assert town.accounts(sita) == {"wallet": 5_000}
    assert town.accounts(ram) == {"provider payable": 8_500}
    assert town.house(Purpose.REVENUE) == 1_500


@pytest.mark.behaviour("C10", "C13")
@pytest.mark.invariant(21)
def test_a_refund_after_the_payout_is_netted_with_the_next_rides(open_town: OpenTown) -> None:
    """The driver was paid out when a ride is given back whole: the rider has its money at once,
    the driver stands in debt, the next earnings pay the debt before anything is paid out."""
    town = open_town(payouts=PayoutPlan(provider="sandbox"))
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    (payout,) = town.market.payouts.run()
    town.market.tick()
    assert town.market.payouts.get(payout.id, by=OPERATOR).state == "paid"
    assert town.accounts(ram) == {}
    done = adjust(town, ride, "lower", lines=[])
    assert done.state == "adjusted"
    assert town.accounts(ram) == {"provider receivable": EARNED}
    assert town.house(Purpose.REVENUE) == 0
    assert town.sandbox.balance("NPR").amount == -EARNED
    assert town.market.ledger.balance(ram.id, "NPR", by=ram.party) == town.money(-EARNED)
    assert town.market.payouts.run() == []
    town.settled(sita, ram, "card")
    # One ride's earnings just pay the debt off.
    assert town.accounts(ram) == {}
    assert town.market.payouts.run() == []
    town.settled(sita, ram, "card")
    assert [one.amount for one in town.market.payouts.run()] == [EARNED]
    town.market.tick()
    assert town.sandbox.balance("NPR").amount == 2 * FEE
    assert town.market.ledger.profit("NPR") == town.money(2 * FEE)


class Kept:
    """A channel that keeps what it was given to send."""

    def __init__(self) -> None:
        self.sent: list[Notification] = []

    def send(self, notification: Notification) -> None:
        """Keep it."""
        self.sent.append(notification)


@pytest.mark.behaviour("C7", "C10")
@pytest.mark.invariant(35)
def test_what_the_card_does_not_take_back_becomes_credit(open_town: OpenTown) -> None:
    """A refund that the bank refuses is not lost and holds nothing up: the ride is adjusted at
    once, the rider has the money as credit, is told, and may ask why."""
    channel = Kept()
    town = open_town(channel=channel)
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, Pay("card", means=NOT_BACK))
    done = adjust(town, ride, "lower", lines=lowered(10_000))
    assert (done.state, done.pending) == ("adjusted", None)
    town.market.tick()
    assert town.accounts(sita) == {"wallet": PRICE - 10_000}
    assert town.accounts(ram) == {"provider payable": 8_500}
    assert town.house(Purpose.PROCESSOR_CLEARING) == town.sandbox.balance("NPR").amount == PRICE
    (told,) = [one for one in channel.sent if one.code == "notify.payment.refund_credited"]
    assert told.party_id == sita.id
    assert "NPR 97" in told.text
    codes = [one.reason.code for one in town.market.why.transaction(ride.id, by=sita)]
    assert "refund_credited" in codes
    (last,) = [
        journal
        for journal in town.market.ledger.of_transaction(ride.id, by=OPERATOR)
        if journal.kind == "refund credited"
    ]
    assert [one.amount for one in last.transfers] == [PRICE - 10_000]


@pytest.mark.behaviour("C10")
def test_a_refund_that_comes_back_weeks_later_is_credit(town: Town) -> None:
    """The bank took the refund and sends it back when all is over: it is owed again and becomes
    credit, dues first; told twice it counts once, and only whoever may know can say so."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    adjust(town, ride, "lower", lines=lowered(10_000))
    town.market.tick()
    assert (town.accounts(sita), town.sandbox.balance("NPR").amount) == ({}, 10_000)
    owed = town.settled(sita, ram, "cash", finish={"cash_collected": town.money(PRICE - 2_000)})
    assert town.accounts(sita) == {"customer receivable": 2_000}
    with town.market.context.store.begin(write=False) as work:
        found = {one.kind: one for one in work.select(Intent, {"state": "done"})}
    refund, capture = found[MoneyKind.REFUND], found[MoneyKind.CAPTURE]
    back = town.market.payments.refund_returned
    with pytest.raises(Forbidden, match="payment provider or operator"):
        back(refund.id, by=sita, reason="closed")
    with pytest.raises(InvalidInput, match="only a refund is returned"):
        back(capture.id, reason="closed")
    for _ in range(2):
        assert back(refund.id, reason="closed").refunded == PRICE - 10_000
    assert town.accounts(sita) == {"wallet": PRICE - 10_000 - 2_000}
    assert town.house(Purpose.PROCESSOR_CLEARING) == PRICE
    assert town.now(owed).state == "settled"
    assert town.market.ledger.sums() == {"NPR": 0}


@pytest.mark.behaviour("C10")
def test_a_refund_is_returned_only_when_it_was_paid(open_town: OpenTown) -> None:
    """What no answer has come to yet is answered, not returned; what a bank gives back in part is
    credit for the rest."""
    town = open_town(sandbox=(bank := GivesBackHalf()))
    bank.now = town.clock.now
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    bank.before = unavailable(1)
    adjust(town, ride, "lower", lines=lowered(10_000))
    (waiting,) = town.market.payments.waiting()
    with pytest.raises(Conflict, match="only a paid refund is returned"):
        town.market.payments.refund_returned(waiting.id, reason="closed")
    town.wait(MINUTE)
    half = (PRICE - 10_000) // 2
    assert town.accounts(sita) == {"wallet": half}
    assert town.house(Purpose.PROCESSOR_CLEARING) == town.sandbox.balance("NPR").amount
    assert town.house(Purpose.PROCESSOR_CLEARING) == PRICE - half


class GivesBackHalf(Sandbox):
    """A card network that gives back half of what it is asked to."""

    def _do(self, order: Order) -> Answer:
        if order.kind is not MoneyKind.REFUND:
            return super()._do(order)
        half = order.amount.amount // 2
        self._kept.moved(order.kind, str(order.reference), -half, order.amount.currency)
        return Answer("done", amount=Money(half, order.amount.currency))


@pytest.mark.behaviour("R19", "C10")
@pytest.mark.invariant(3)
def test_a_commission_that_was_paid_since_is_given_back_as_earnings(town: Town) -> None:
    """A driver of a cash ride tops up what he owes of its commission, and the fare is lowered then:
    what he paid too much of it is his, and his debt is none, nor less than none."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "cash")
    assert town.accounts(ram) == {"provider receivable": FEE}
    town.top_up(ram, FEE, "slip")
    assert town.accounts(ram) == {}
    adjust(town, ride, "lower", lines=lowered(10_000))
    town.wait(DAY)
    # The rider's rest is her credit, which the driver owes, who has it in cash; his own is less.
    assert town.accounts(sita) == {"wallet": PRICE - 10_000}
    owes = PRICE - 10_000 - (FEE - 1_500)
    assert town.accounts(ram) == {"provider receivable": owes}
