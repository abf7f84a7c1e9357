"""What is due happens without anybody calling, once, also after a week without a worker."""

import threading
from datetime import timedelta

import pytest

from marketplace import (
    DAY,
    HOUR,
    MINUTE,
    OPERATOR,
    SECOND,
    WEEK,
    Command,
    Marketplace,
    Pay,
    PayoutPlan,
    Purpose,
    Timer,
)
from marketplace.plugins.rides import Rides, RideTimes, kathmandu_bike, ride
from tests.app.test_reviews import done
from tests.support.errands import Errands
from tests.support.ride_world import OpenTown, Town

PRICE = 19_700
EARNED = 16_745


@pytest.mark.behaviour("C6")
@pytest.mark.parametrize("late", [timedelta(), WEEK])
def test_every_timer_happens_once_however_late_the_worker(
    open_town: OpenTown, late: timedelta
) -> None:
    """An offer, a search, a settlement, a review window and a payout are due while nobody works:
    when a worker comes, at once or after a week, each happens, and a second worker finds nothing
    more to do."""
    town = open_town(
        payouts=PayoutPlan(every=WEEK, provider="sandbox"), plugins=[Errands(window=DAY)]
    )
    sita, gita = town.rider(), town.rider("Gita")
    ram, hari = town.driver(), town.driver("Hari", None)
    ended = town.finished(gita, ram, "card")
    errand = done(town)
    errand.write(errand.asker, rating=4)
    town.online(hari)
    searching = town.order(sita, "card")
    town.dispatch()
    offers = town.market.offers.list(by=OPERATOR, state="made").items
    assert len(offers) == 1
    # Nobody works; meanwhile all of these come due.
    town.clock.advance(WEEK + MINUTE + late)
    for _ in range(3):
        town.market.tick()
    assert town.market.offers.get(offers[0].id, by=OPERATOR).state in ("expired", "withdrawn")
    assert town.now(searching).state == "expired"
    assert [one["held"] for one in town.sandbox.charges() if one["captured"] == 0] == [0]
    assert town.now(ended).state == "settled"
    assert errand.seen(errand.runner) == [4]
    paid = [-one.amount.amount for one in town.sandbox.movements() if one.kind == "pay out"]
    assert paid.count(EARNED) <= 1
    assert town.balance(ram, Purpose.PAYABLE) + sum(paid) >= EARNED
    kinds = [one.kind for one in town.market.events.about(ended.id, by=OPERATOR)]
    assert kinds.count("transaction.settle") == 1
    town.wait(WEEK)
    town.market.tick()
    assert town.balance(ram, Purpose.PAYABLE) == 0
    paid = [-one.amount.amount for one in town.sandbox.movements() if one.kind == "pay out"]
    assert paid.count(EARNED) == 1
    again = town.market.tick()
    assert (again.timers, again.intents, again.refused) == (0, 0, 0)


@pytest.mark.behaviour("C6")
def test_a_timer_happens_at_its_instant_and_not_before(town: Town) -> None:
    """A second before its time a timer does nothing; at its time it does."""
    sita, ram = town.rider(), town.driver()
    ride = town.finished(sita, ram, "card")
    town.wait(HOUR - SECOND)
    assert town.now(ride).state == "completed"
    town.wait(SECOND)
    assert town.now(ride).state == "settled"


@pytest.mark.behaviour("C6")
def test_a_hold_that_dies_ends_the_search(open_town: OpenTown) -> None:
    """Where a search may outlast a card's hold, the marketplace notices by itself that the hold
    ran out: not a second before its seven days, and then it is gone from the books for good."""
    process = ride(RideTimes(search=8 * DAY))
    town = open_town(rides=Rides(fare=kathmandu_bike(), process=process))
    sita = town.rider()
    deal = town.order(sita, "card")
    town.wait(7 * DAY - SECOND)
    assert town.now(deal).state == "searching"
    (payment,) = town.market.transactions.payments(deal.id, by=sita)
    assert payment.held == PRICE
    town.wait(SECOND)
    assert town.now(deal).state == "expired"
    kinds = [one.kind for one in town.market.events.about(deal.id, by=OPERATOR)]
    assert kinds[-1] == "transaction.hold_died"
    (payment,) = town.market.transactions.payments(deal.id, by=sita)
    assert payment.held == 0
    assert town.balance(deal.id, Purpose.ESCROW) == 0


@pytest.mark.behaviour("C6", "C10")
def test_with_one_hold_that_dies_the_others_are_given_up(open_town: OpenTown) -> None:
    """A ride paid half by wallet and half by card ends when the card's hold dies: what was set
    aside in the wallet is free again, and buys something else."""
    process = ride(RideTimes(search=8 * DAY))
    town = open_town(rides=Rides(fare=kathmandu_bike(), process=process))
    sita = town.rider()
    town.top_up(sita, PRICE, "rail 1")
    deal = town.order(sita, [Pay("wallet", amount=town.money(1_000)), Pay("card")])
    (wallet,) = town.market.ledger.balances(sita.id, by=sita)
    assert (wallet.posted, wallet.available) == (PRICE, PRICE - 1_000)
    town.wait(7 * DAY)
    assert town.now(deal).state == "expired"
    (wallet,) = town.market.ledger.balances(sita.id, by=sita)
    assert (wallet.posted, wallet.available) == (PRICE, PRICE)
    assert {one.held for one in town.market.transactions.payments(deal.id, by=sita)} == {0}


@pytest.mark.behaviour("C6")
def test_two_workers_at_once_do_everything_once(town: Town) -> None:
    """Workers that tick in the same moment share the work: every ride is settled once, and the
    books hold each settlement once."""
    sita = town.rider()
    rides = []
    for number in range(4):
        driver = town.driver(f"Driver {number}")
        rides.append((town.finished(sita, driver, "card"), driver))
        town.online(driver, state="offline")
    town.clock.advance(2 * HOUR)
    gate, broken = threading.Barrier(3), []

    def work() -> None:
        gate.wait()
        try:
            town.market.tick()
        except Exception as error:
            broken.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    town.market.tick()
    for deal, driver in rides:
        assert town.now(deal).state == "settled"
        journals = town.market.ledger.of_transaction(deal.id, by=OPERATOR)
        assert [one.kind for one in journals].count("settle") == 1
        assert town.accounts(driver) == {"provider payable": EARNED}


def test_work_that_came_due_while_all_was_closed_is_found_again(
    open_town: OpenTown, database_url: str
) -> None:
    """The process ends after the ride and another one opens the same database two days later: the
    ride is settled by the new one."""
    town = open_town()
    sita, ram = town.rider(), town.driver()
    ride = town.finished(sita, ram, "card")
    town.market.close()
    town.clock.advance(2 * DAY)
    later = open_town(clock=town.clock, sandbox=town.sandbox)
    assert isinstance(later.market, Marketplace)
    later.market.tick()
    assert later.now(ride).state == "settled"
    assert later.accounts(ram) == {"provider payable": EARNED}


@pytest.mark.behaviour("C6")
@pytest.mark.parametrize("end", ["finish", "cancel"])
def test_the_clock_has_nothing_to_say_of_a_hold_that_is_no_more(town: Town, end: str) -> None:
    """While a hold stands the clock is to say when it died; once it is taken or given up it does
    not come for it, and nothing is written about it later."""
    held = {"subject_kind": "hold"}

    def timers() -> int:
        with town.market.context.store.begin(write=False) as work:
            return len(work.select(Timer, held, order="subject_id"))

    sita, ram = town.rider(), town.driver()
    ride = town.started(sita, ram, "card") if end == "finish" else town.order(sita, "card")
    assert timers() == 1
    town.take(ride, end, ram if end == "finish" else sita)
    assert timers() == 0
    town.wait(3 * WEEK)
    with town.market.context.store.begin(write=False) as work:
        said = work.select(Command, {"name": "clock.hold.dies"})
    assert said == []
