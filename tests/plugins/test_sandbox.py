"""The sandbox: a card network that behaves, and misbehaves when told; the engine stays right."""

from pathlib import Path

import pytest

from marketplace import (
    HOUR,
    MINUTE,
    OPERATOR,
    SECOND,
    Limits,
    Money,
    MoneyKind,
    Order,
    Pay,
    PaymentProviderUnavailable,
    Purpose,
)
from marketplace.plugins.sandbox import Sandbox, unavailable
from tests.support.ride_world import OpenTown, Town

PRICE = 19_700


def test_a_declined_card_declines_the_ride(town: Town) -> None:
    """A card that says no leads to the state for a no, with the bank's reason; nothing is held."""
    sita = town.rider()
    ride = town.order(sita, Pay("card", means="tok_declined"))
    assert (ride.state, ride.pending) == ("declined", None)
    told = [one.reason.code for one in town.market.why.transaction(ride.id, by=sita)]
    assert "card_declined" in told
    assert town.sandbox.charges() == []


def test_a_bank_that_asks_the_customer_waits_for_the_answer(town: Town) -> None:
    """A challenge parks the ride until the rider confirms; unanswered, the clock gives it up."""
    sita = town.rider()
    ride = town.order(sita, Pay("card", means="tok_challenged"))
    assert ride.state == "challenged"
    assert town.take(ride, "confirm", sita).state == "searching"
    other = town.order(sita, Pay("card", means="tok_challenged"))
    town.wait(10 * MINUTE)
    assert town.now(other).state == "declined"


@pytest.mark.behaviour("T5", "C10")
def test_a_capture_that_fails_becomes_the_rider_s_dues(town: Town) -> None:
    """The hold went well and the capture does not: the driver is paid all the same, the rider owes
    it, and the dead hold is given up."""
    sita, ram = town.rider(), town.driver()
    ride = town.finished(sita, ram, Pay("card", means="tok_capture_fails"))
    assert ride.state == "unpaid"
    town.wait(25 * HOUR)
    assert town.now(ride).state == "settled"
    assert town.accounts(sita) == {"customer receivable": PRICE}
    assert town.accounts(ram) == {"provider payable": PRICE - 2_955}
    assert town.sandbox.balance("NPR").amount == 0
    assert [one["held"] for one in town.sandbox.charges()] == [0]


@pytest.mark.parametrize("lost", ["question", "answer"])
def test_lost_words_are_asked_again_and_charge_once(open_town: OpenTown, lost: str) -> None:
    """Whether the question or its answer is lost on the way, the worker asks again with the same
    key, and there is one hold and one capture."""
    sandbox = Sandbox()
    town = open_town(sandbox=sandbox)
    sandbox.now = town.clock.now
    lose = unavailable(3)
    if lost == "question":
        sandbox.before = lose
    else:
        sandbox.after = lambda order, answer: lose(order)
    sita, ram = town.rider(), town.driver()
    ride = town.order(sita, "card")
    assert ride.pending is not None
    assert ride.state == "requested"
    for _ in range(5):
        town.wait(20 * SECOND)
    assert town.now(ride).state == "searching"
    town.dispatch()
    town.market.offers.accept(town.offer_to(ram), by=ram.party)
    assert len(town.sandbox.charges()) == 1
    town.take(ride, "arrive", ram)
    town.take(ride, "start", ram, code=town.code(ride))
    town.take(ride, "finish", ram)
    town.wait(2 * HOUR)
    assert town.now(ride).state == "settled"
    assert town.sandbox.balance("NPR").amount == PRICE == town.house(Purpose.PROCESSOR_CLEARING)


def test_a_provider_that_is_down_for_good_is_parked_aloud(open_town: OpenTown) -> None:
    """After the limit of tries an intent is parked, listed, and tried again when the operator says
    so; nothing moved meanwhile."""

    def down(order: Order) -> None:
        raise PaymentProviderUnavailable("no line")

    town = open_town(limits=Limits(tries=3))
    town.sandbox.before = down
    ride = town.order(town.rider(), "card")
    for _ in range(6):
        town.wait(MINUTE)
    (parked,) = town.market.payments.waiting()
    assert (parked.state, parked.tries) == ("parked", 2)
    assert town.now(ride).state == "requested"
    town.sandbox.before = None
    town.market.payments.retry(parked.id, by=OPERATOR)
    town.market.tick()
    assert town.now(ride).state in ("searching", "expired")


def test_a_memory_in_a_file_outlives_its_process(tmp_path: Path, town: Town) -> None:
    """A second sandbox on the same file remembers what the first was asked."""
    memory = tmp_path / "bank"
    first = Sandbox(memory=memory)

    order = Order("k", MoneyKind.CHARGE, Money(500, "NPR"), "card", "pty_x", means="tok_ok")
    answer = first.carry_out(order)
    second = Sandbox(memory=memory)
    assert second.look_up(order) == answer
    assert second.carry_out(order) == answer
    assert second.balance("NPR") == Money(500, "NPR")
