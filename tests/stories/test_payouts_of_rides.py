"""How earnings become payouts: by line, by week, at once for a fee."""

import pytest

from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    PAYMENT_PROVIDER,
    WEEK,
    Forbidden,
    IllegalTransition,
    NotFound,
    Payout,
    PayoutPlan,
    Purpose,
    money_text,
)
from marketplace.plugins.commission import Commission
from marketplace.plugins.rides import Band, Fare, Rides, Supplement
from tests.support.ride_world import Driver, OpenTown, Town

PRICE = 19_700
FEE = 2_955
EARNED = PRICE - FEE


@pytest.mark.behaviour("R15")
def test_rider_driver_commission_toll_and_tax_have_accounts_of_their_own(
    open_town: OpenTown,
) -> None:
    """The rider's charge divides into the driver's earnings, the operator's commission and toll,
    and the authority's tax; each line is a transfer of its own, and they sum to the charge."""
    fare = Fare(
        "NPR",
        base=10_000,
        bands=(Band(2_000),),
        tolls_to="operator",
        supplements=(Supplement("vat", bps=1_300, basis="price", payee="tax"),),
    )
    town = open_town(rides=Rides(fare=fare), commission=Commission(bp=1_000, tax_bp=1_300))
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card", finish={"tolls": town.money(3_000)})
    lines = {one.code: one for one in town.market.transactions.terms(ride.id, by=sita)[-1].lines}
    amount = {code: line.amount.amount for code, line in lines.items()}
    fares = amount["base_fare"] + amount["distance"]
    assert amount["toll"] == 3_000
    assert amount["commission"] == fares // 10 + (fares % 10 >= 5)
    assert town.accounts(ram) == {
        "provider payable": fares - amount["commission"] - amount["commission_tax"]
    }
    assert town.house(Purpose.REVENUE) == amount["commission"] + 3_000
    assert town.house(Purpose.TAX) == amount["vat"] + amount["commission_tax"]
    moved = [move[3] for move in town.moves(ride) if move[0] == "settle"]
    assert sorted(moved) == sorted(amount.values())
    assert town.due(ride) == fares + 3_000 + amount["vat"]
    # The toll came after the hold: the rider owes it.
    assert town.accounts(sita) == {"customer receivable": 3_000}
    assert town.sandbox.balance("NPR").amount == town.due(ride) - 3_000


@pytest.mark.behaviour("R15", "C6")
def test_earnings_are_credited_for_each_ride_and_paid_out_every_week(open_town: OpenTown) -> None:
    """Two rides credit the driver twice; when the week is over the clock pays out their sum, once,
    through the payment provider, and again only a week later."""
    town = open_town(payouts=PayoutPlan(every=WEEK, provider="sandbox"))
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    assert town.accounts(ram) == {"provider payable": EARNED}
    town.settled(sita, ram, "card")
    assert town.accounts(ram) == {"provider payable": 2 * EARNED}
    assert town.market.payouts.due() == [(ram.id, town.money(2 * EARNED))]
    town.wait(WEEK - 6 * HOUR)
    assert town.accounts(ram) == {"provider payable": 2 * EARNED}
    town.wait(6 * HOUR)
    town.market.tick()
    assert town.accounts(ram) == {}
    paid = [one for one in town.sandbox.movements() if one.kind == "pay out"]
    assert [one.amount for one in paid] == [town.money(-2 * EARNED)]
    assert town.house(Purpose.PROCESSOR_CLEARING) == 2 * FEE
    town.online(ram)
    town.settled(sita, ram, "card")
    town.wait(WEEK - 3 * HOUR)
    assert town.accounts(ram) == {"provider payable": EARNED}


@pytest.mark.behaviour("R15", "C7")
def test_a_payout_at_once_costs_a_fee_that_says_why(open_town: OpenTown) -> None:
    """A driver that does not wait for the schedule pays one per cent; the fee is revenue, and the
    payout says what it was."""
    town = open_town(payouts=PayoutPlan(provider="sandbox", at_once_fee_bp=100))
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    with pytest.raises(Forbidden, match="schedule is the clock's"):
        town.market.payouts.make(by=ram.party, party=ram.id, currency="NPR")
    payout = town.market.payouts.make(by=ram.party, party=ram.id, currency="NPR", at_once=True)
    fee = -(-EARNED // 100)
    assert payout.amount == EARNED - fee
    assert town.market.payouts.get(payout.id, by=OPERATOR).state == "paid"
    assert town.accounts(ram) == {}
    assert town.house(Purpose.REVENUE) == FEE + fee
    assert town.sandbox.balance("NPR").amount == FEE + fee
    said = town.market.why.payout(payout.id, by=ram.party)
    assert [one.reason.code for one in said] == ["payout_fee", "payout_state"]
    assert said[0].text == f"paid out at once, for a fee of {money_text(town.money(fee))} (1 %)"
    assert said[1].text == f"{money_text(payout.money)} is paid"
    nepali = town.market.why.payout(payout.id, by=ram.party, language="ne")
    assert nepali[1].text == f"{money_text(payout.money, 'ne')} पुग्यो"


def test_nobody_asks_for_another_s_payout(town: Town) -> None:
    """A party's earnings are invisible to others: asking for them finds no such party."""
    sita, ram, hari = town.rider(), town.driver(), town.driver("Hari", None)
    town.settled(sita, ram, "card")
    with pytest.raises(NotFound):
        _at_once(town, hari, ram)
    assert town.accounts(ram) == {"provider payable": EARNED}


def _at_once(town: Town, who: Driver, whose: Driver) -> Payout:
    return town.market.payouts.make(by=who.party, party=whose.id, currency="NPR", at_once=True)


@pytest.mark.behaviour("C11")
@pytest.mark.attack(63)
@pytest.mark.invariant(20)
def test_a_payout_that_the_bank_sends_back_is_the_driver_s_again(open_town: OpenTown) -> None:
    """Paid, and days later returned: the earnings are the driver's again, he is told, nothing stays
    on its way, and the next week pays them out with what came since. Told twice, it counts once."""
    town = open_town(payouts=PayoutPlan(every=WEEK, provider="sandbox"))
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    town.wait(WEEK)
    (payout,) = town.market.payouts.list(by=ram.party)
    assert (payout.state, town.accounts(ram)) == ("paid", {})
    outside = town.sandbox.balance("NPR").amount
    town.wait(3 * DAY)
    back = town.market.payouts.returned(
        payout.id, by=PAYMENT_PROVIDER, reason="account closed", key="bank-7"
    )
    assert back.state == "returned"
    assert town.accounts(ram) == {"provider payable": EARNED}
    assert town.balance(ram, Purpose.IN_TRANSIT) == 0
    again = town.market.payouts.returned(
        payout.id, by=PAYMENT_PROVIDER, reason="account closed", key="bank-7"
    )
    assert again.id == back.id
    with pytest.raises(IllegalTransition, match="only a paid payout is returned: returned"):
        town.market.payouts.returned(payout.id, by=OPERATOR, reason="account closed")
    assert town.accounts(ram) == {"provider payable": EARNED}
    heard = [one.event.kind for one in town.market.events.feed(by=ram.party)]
    assert heard.count("payout.returned") == 1
    (why,) = [
        one for one in town.market.why.payout(payout.id, by=ram.party, language="en")
        if one.reason.code == "payout_returned"
    ]  # fmt: skip
    assert "account closed" in why.text
    with pytest.raises(Forbidden):
        town.market.payouts.returned(payout.id, by=ram.party, reason="I want it again")
    town.online(ram)
    town.settled(sita, ram, "card")
    town.wait(WEEK)
    newest = town.market.payouts.list(by=ram.party, state="paid")
    assert [one.amount for one in newest] == [2 * EARNED]
    assert (town.accounts(ram), town.balance(ram, Purpose.IN_TRANSIT)) == ({}, 0)
    assert town.sandbox.balance("NPR").amount == outside - 2 * EARNED + PRICE
