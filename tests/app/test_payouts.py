"""Payouts: whose they are, and who may see them."""

import pytest

from marketplace import DAY, HOUR, OPERATOR, Line, NotFound, PayoutPlan, render
from tests.support.ride_world import OpenTown, Town


@pytest.mark.behaviour("C8")
def test_a_payout_is_seen_by_its_party_and_the_operator_alone(town: Town) -> None:
    """Law: a payout's id tells a stranger nothing, and a filter never widens what one sees."""
    rider, driver = town.rider(), town.driver()
    town.market.payments.top_up(rider.id, town.money(100_000), reference="bank-1")
    town.settled(rider, driver, "wallet")
    (made,) = town.market.payouts.run(by=OPERATOR)
    assert town.market.payouts.get(made.id, by=driver.party) == made
    assert town.market.payouts.list(by=driver.party).items == (made,)
    assert town.market.payouts.list(by=OPERATOR, party=driver.id).items == (made,)
    assert len(town.market.payouts.list(by=rider, party=driver.id)) == 0
    with pytest.raises(NotFound):
        town.market.payouts.get(made.id, by=rider)


@pytest.mark.behaviour("C13")
def test_what_is_owed_is_told_with_what_it_waits_for(open_town: OpenTown) -> None:
    """A party's earnings that were not paid: what a run would pay and what stays as a reserve;
    where nothing is due, every reason, and too little is one. By whose schedule, and when."""
    plan = PayoutPlan(minimums={"NPR": 10_000}, reserve_bp=1_000, reserve_for=30 * DAY)
    town = open_town(payouts=plan)
    payouts, sita, ram = town.market.payouts, town.rider(), town.driver()
    assert payouts.owed() == []
    town.settled(sita, ram, "card")
    (owed,) = payouts.owed(by=ram.party)
    assert (owed.earned, owed.reserve) == (town.money(16_745), town.money(1_675))
    assert owed.due == town.money(16_745 - 1_675)
    assert [one.code for one in owed.told] == ["payout_reserve"]
    assert (owed.waits, owed.account, owed.every) == ((), None, None)
    assert owed.next_run is not None
    assert owed.next_run > town.clock.now()
    assert [(ram.id, owed.due)] == payouts.due()
    payouts.set_terms(ram.id, minimums={"NPR": 20_000}, every=3 * DAY)
    (waits,) = payouts.owed()
    assert waits.due == town.money(0)
    assert [one.code for one in waits.waits] == ["payout_below_least"]
    assert (waits.every, waits.next_run) == (3 * DAY, town.clock.now() + 3 * DAY)
    town.market.parties.set_payout_account("NPR", "acc_1", by=ram.party)
    (unproved,) = payouts.owed(party=ram.id)
    assert [one.code for one in unproved.waits] == ["payout_account_unverified"]
    town.clock.set(waits.next_run)
    town.market.tick()
    assert payouts.list(by=OPERATOR).items == ()
    words = town.market.context.words
    assert render(waits.waits[0], words, "en") == (
        "NPR 150.70 is there; less than NPR 200 is not paid out"
    )
    assert "रु" in render(waits.waits[0], words, "ne")


def test_a_correction_of_an_old_deal_leaves_no_reserve_below_nothing(open_town: OpenTown) -> None:
    """A deal is lowered that was earned before the time of the reserve: what it took out is more
    than what came in since. Nothing stays then, all that is there is paid, and no run stops."""
    plan = PayoutPlan(reserve_bp=1_000, reserve_for=30 * DAY, every=None)
    town = open_town(payouts=plan)
    payouts, sita, ram = town.market.payouts, town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    town.settled(sita, ram, "card")
    town.wait(40 * DAY)
    lower = Line("ride.total", town.money(10_000), "customer", "provider", "rides.adjusted")
    town.market.transactions.follow_up(
        ride.id, "adjustment", by=OPERATOR, entry="lower", lines=[lower]
    )
    town.wait(HOUR)
    (owed,) = payouts.owed()
    assert (owed.earned, owed.reserve) == (town.money(26_745), town.money(0))
    told = town.market.ledger.statement(ram.id, "NPR", by=ram.party).beside
    assert told is not None
    assert told.reserve == town.money(0)
    (made,) = payouts.run(by=OPERATOR)
    assert made.money == owed.earned


@pytest.mark.attack(43)
def test_what_is_owed_is_seen_by_whom_it_is_owed_to(town: Town) -> None:
    """Another's earnings are not found, by a filter neither; an id of nobody is nobody's."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    assert len(town.market.payouts.owed(by=ram.party)) == 1
    assert town.market.payouts.owed(by=sita) == []
    for who in (ram.id, "pty_none"):
        with pytest.raises(NotFound):
            town.market.payouts.owed(by=sita, party=who)
    with pytest.raises(NotFound):
        town.market.payouts.owed(party="pty_none")
