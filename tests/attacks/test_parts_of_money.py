"""A payment provider that does half of what it was asked: a part is no yes."""

import pytest
from attrs import define, evolve, field

from marketplace import (
    HOUR,
    MINUTE,
    OPERATOR,
    Answer,
    Money,
    MoneyKind,
    Order,
    Pay,
    Purpose,
)
from marketplace.plugins.sandbox import IN_PART, Sandbox
from tests.support.lessons import School
from tests.support.ride_world import OpenTown, Town

PRICE = 19_700


@define(eq=False)
class Halves(Sandbox):
    """A card network that does only half of some effects, whatever the means."""

    halves: set[MoneyKind] = field(factory=set)

    def carry_out(self, order: Order) -> Answer:
        """Half of it, and calls it done; the same key again gives the same half."""
        if order.kind not in self.halves:
            return super().carry_out(order)
        half = Money(order.amount.amount // 2, order.amount.currency)
        return evolve(super().carry_out(evolve(order, amount=half)), amount=half)


def halving(open_town: OpenTown, *kinds: MoneyKind) -> tuple[Town, Halves]:
    """A town whose card network does half of these."""
    network = Halves(halves=set(kinds))
    town = open_town(sandbox=network)
    network.now = town.clock.now
    return town, network


@pytest.mark.attack(30)
@pytest.mark.invariant(46)
def test_half_a_hold_is_no_hold(town: Town) -> None:
    """A hold of half the price declines the ride like a bank's no; the half is given up at the
    network and in the books, and the rider is told why."""
    sita = town.rider()
    ride = town.order(sita, Pay("card", means=IN_PART))
    town.market.tick()
    assert (town.now(ride).state, town.now(ride).pending) == ("declined", None)
    assert [one["held"] for one in town.sandbox.charges()] == [0]
    (payment,) = town.market.transactions.payments(ride.id, by=sita)
    assert (payment.held, payment.captured) == (0, 0)
    assert town.balance(ride.id, Purpose.ESCROW) == 0
    (why,) = [
        one
        for one in town.market.why.transaction(ride.id, by=sita)
        if one.reason.code == "only_in_part"
    ]
    assert why.text == "NPR 197 was asked and only NPR 98.50 was given: it goes back"


@pytest.mark.attack(30)
def test_half_a_tip_is_given_back(open_town: OpenTown) -> None:
    """A charge of half of a tip is refused, and the half refunded: nobody is tipped a half."""
    town, network = halving(open_town)
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "cash")
    before = network.balance(town.currency)
    network.halves.add(MoneyKind.CHARGE)
    tip = town.market.transactions.follow_up(
        ride.id, "tip", by=sita, amount=town.money(5_000), pay=Pay("card", purse="tip")
    )
    town.market.tick()
    assert town.now(tip).state == "refused"
    assert network.balance(town.currency) == before
    assert [one.kind for one in network.movements()][-2:] == ["charge", "refund"]
    assert town.balance(f"{tip.id}:tip", Purpose.ESCROW) == 0


@pytest.mark.invariant(19, 46)
def test_half_a_capture_pays_nobody(open_town: OpenTown) -> None:
    """Half of a capture is given back, and the fare becomes what the rider owes: no driver is
    credited with money that never came, and none of what came stays with us."""
    town, network = halving(open_town, MoneyKind.CAPTURE)
    sita, ram = town.rider(), town.driver()
    ride = town.finished(sita, ram, "card")
    town.market.tick()
    assert town.now(ride).state == "unpaid"
    assert town.accounts(ram) == {}
    assert network.balance(town.currency).amount == 0
    town.wait(24 * HOUR)
    assert town.accounts(sita) == {"customer receivable": PRICE}


def test_half_a_refund_leaves_the_rest_the_customer_s(open_town: OpenTown) -> None:
    """Of a refund that gave back half, the other half becomes the rider's credit, and the deal
    goes on at once: nothing stands in refund payable for ever."""
    town, network = halving(open_town, MoneyKind.REFUND)
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    fix = town.market.transactions.follow_up(
        ride.id, "adjustment", by=OPERATOR, entry="lower", lines=[]
    )
    town.market.tick()
    assert town.now(fix).state == "adjusted"
    assert town.balance(sita, Purpose.REFUND) == 0
    assert town.balance(sita, Purpose.WALLET) == PRICE - PRICE // 2
    assert network.balance(town.currency).amount == PRICE - PRICE // 2


@pytest.mark.attack(30)
def test_half_a_hold_at_its_time_is_asked_for_again(school: School) -> None:
    """Where the clock holds the money, half of it leads to the state in which the customer is
    asked again, with nothing held meanwhile."""
    market = school.market
    lesson = school.book(school.ana, school.now + 3 * 24 * HOUR, pay=[Pay("card", means=IN_PART)])
    market.advance(24 * HOUR + MINUTE)
    assert school.state(lesson) == "unsecured"
    assert [one.held for one in market.transactions.payments(lesson.id, by=OPERATOR)] == [0]
