"""Chargebacks that meet something else: a correction, a decision, older dues, another report."""

from typing import Any

import pytest

from marketplace import (
    DAY,
    OPERATOR,
    InvalidInput,
    Line,
    Money,
    PayoutPlan,
    Purpose,
    Refused,
)
from marketplace.plugins.cash import Cash
from tests.app.test_chargebacks import PRICE, Courses, school
from tests.stories.test_chargebacks import (
    FEE,
    agrees,
    borne_by,
    payment,
    suspense,
    taken_back,
    won,
)
from tests.support.inn import CARD, EASTER, Inn
from tests.support.ride_world import OpenTown, Town


@pytest.mark.behaviour("C10", "C12")
@pytest.mark.invariant(17)
def test_a_correction_after_a_loss_leaves_the_fee_with_its_bearer(open_town: OpenTown) -> None:
    """A ride that was lost to a bank is priced anew: everybody bears its loss anew, and whoever
    bore the payment provider's fee bears it still, once."""
    town = open_town(rides=borne_by("everybody", "provider"))
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    one = taken_back(town, ride, 1_000, fee=FEE)
    town.market.chargebacks.lost(one.id)
    before = (town.accounts(ram), town.house(Purpose.REVENUE))
    lines = town.market.transactions.terms(ride.id, by=OPERATOR)[-1].lines
    town.market.transactions.follow_up(
        ride.id, "adjustment", by=OPERATOR, entry="lower", lines=list(lines)
    )
    town.wait(DAY)
    assert (town.accounts(ram), town.house(Purpose.REVENUE)) == before
    assert town.house(Purpose.PROCESSOR_FEES) == 0
    assert town.market.chargebacks.get(one.id, by=OPERATOR).fee_borne == FEE
    won(town, one, fee=FEE)
    assert (town.house(Purpose.PROCESSOR_FEES), suspense(town, ride), agrees(town)) == (0, 0, True)


@pytest.mark.behaviour("C12")
@pytest.mark.invariant(17)
def test_a_fee_that_was_returned_is_not_borne_nor_returned_again(open_town: OpenTown) -> None:
    """The payment provider gives its fee back, and the bank takes the price a second time: nobody
    is asked for a fee that nobody keeps, and no second one can be returned."""
    town = open_town(rides=borne_by("operator", "provider"))
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    before = town.accounts(ram)
    one = taken_back(town, ride, fee=FEE)
    won(town, one, fee=FEE)
    town.sandbox.take_back(str(payment(town, ride).reference), one.amount)
    town.market.chargebacks.lost(one.id)
    assert (town.house(Purpose.PROCESSOR_FEES), town.accounts(ram)) == (0, before)
    with pytest.raises(InvalidInput, match="of its fee is returned"):
        town.market.chargebacks.won(one.id, fee_returned=town.money(1))
    assert agrees(town)


@pytest.mark.behaviour("C12")
@pytest.mark.invariant(7)
def test_a_bank_that_thinks_again_takes_no_more_than_was_taken(town: Town) -> None:
    """A chargeback that was won is not lost again where another took the whole price since: out
    goes no more than came in, and a refused report changes nothing."""
    ride = town.settled(town.rider(), town.driver(), "card")
    one = taken_back(town, ride, reference="du_1")
    won(town, one)
    taken_back(town, ride, reference="du_2")
    price = town.due(ride)
    with pytest.raises(InvalidInput, match="no bank took back yet"):
        town.market.chargebacks.lost(one.id)
    assert town.market.chargebacks.get(one.id, by=OPERATOR).state == "won"
    assert (payment(town, ride).charged_back, suspense(town, ride)) == (price, price)
    assert agrees(town)


@pytest.mark.behaviour("C10", "C12")
def test_a_win_pays_nobody_elses_dues(open_town: OpenTown) -> None:
    """A rider who bears a loss, and owes an older cash ride besides, has the price back: she owes
    no more and no less of the other ride, and its driver waits for her as before."""
    cash = Cash(debt_limit=Money(90_000, "NPR"), unpaid="when_paid")
    town = open_town(rides=borne_by("customer"), cash=cash)
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    town.settled(sita, ram, "cash", finish={"cash_collected": town.money(0)})
    before = (town.accounts(ram), town.accounts(sita))
    (owed,) = town.market.payments.dues(by=sita)
    one = taken_back(town, ride)
    town.market.chargebacks.lost(one.id)
    won(town, one)
    assert (town.accounts(ram), town.accounts(sita)) == before
    (still,) = town.market.payments.dues(by=sita)
    assert (still.id, still.left, still.awaited) == (owed.id, owed.left, owed.awaited)


@pytest.mark.behaviour("C12", "C15")
@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_nothing_is_decided_that_the_banks_answer_could_not_carry_out(
    database_url: str, outcome: str
) -> None:
    """Lines beyond what was taken are refused though a bank decides as well, and nothing is settled
    yet: else neither its yes nor its no could ever be booked. Lines within it are settled then."""
    found = school(database_url, Courses(kept=4_000))
    market = found.market
    one = found.taken_back(7_000)
    dispute = market.disputes.open(found.deal.id, by=found.pupil, cause="no strings")
    market.transactions.take(found.deal.id, "call_off", by=found.pupil)

    def decided(amount: int) -> None:
        money = Money(amount, "EUR")
        line = Line("course", money, "customer", "provider", "courses.price")
        market.disputes.decide(dispute.id, outcome={}, lines=[line])

    with pytest.raises(Refused, match="more than were taken"):
        decided(PRICE + 1)
    assert market.disputes.get(dispute.id, by=OPERATOR).state == "open"
    decided(2_000)
    if outcome == "won":
        found.sandbox.give_back(str(found.payment.reference), 7_000)
    getattr(market.chargebacks, outcome)(one)
    assert found.balance(found.teacher.id, Purpose.PAYABLE) == 2_000
    assert (found.payment.refunded, found.agrees()) == (8_000 if outcome == "won" else 1_000, True)
    market.close()


@pytest.mark.behaviour("C12", "S11")
def test_what_a_longer_stay_costs_more_was_taken_back_by_nobody(small_inn: Inn) -> None:
    """A bank took of the first payment, and nothing of the one for the nights that were added
    later: all of that can be charged back, and given back, like any other."""
    inn, market = small_inn, small_inn.market
    quote = inn.price(inn.home(), EASTER, 4)
    deal = market.transactions.open(quote.id, by=inn.gita, pay=CARD)
    (first,) = market.transactions.payments(deal.id, by=OPERATOR)
    took: dict[str, Any] = {"amount": Money(15_000, "USD"), "cause": "fraudulent"}
    market.chargebacks.opened(first.id, reference="du_1", **took)
    longer = deal.moments["end"] + 2 * DAY
    start = deal.moments["start"]
    wish = market.offers.propose(deal.id, "alter", by=inn.gita, start=start, end=longer)
    market.offers.accept(wish.id, by=inn.host)
    _, second = market.transactions.payments(deal.id, by=OPERATOR)
    assert (second.captured, second.charged_back, second.refundable) == (20_000, 0, 20_000)
    market.chargebacks.opened(
        second.id, amount=Money(20_000, "USD"), reference="du_2", cause="fraudulent"
    )


@pytest.mark.behaviour("C12")
@pytest.mark.invariant(21)
def test_what_was_paid_of_a_debt_comes_back_as_money(open_town: OpenTown) -> None:
    """A driver owes his part of a lost ride and pays some of it by his next one; the bank gives the
    price back after all: what he still owed is owed no more, and what he paid he has again."""
    town = open_town(payouts=PayoutPlan())
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    town.market.payouts.run()
    paid_out = town.accounts(ram)
    (earned,) = paid_out.values()
    one = taken_back(town, ride)
    town.market.chargebacks.lost(one.id)
    town.settled(town.rider("Gita"), ram, "card")
    assert "provider receivable" not in town.accounts(ram)
    won(town, one)
    assert town.accounts(ram) == {**paid_out, "provider payable": earned}
    assert (suspense(town, ride), agrees(town)) == (0, True)


@pytest.mark.behaviour("C12")
@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_both_sides_are_told_what_their_bank_did(town: Town, outcome: str) -> None:
    """Rider and driver are told that a bank took the price back and what came of it; who sits in
    another deal is not."""
    sita, ram, gita = town.rider(), town.driver(), town.rider("Gita")
    town.settled(gita, ram, "cash")
    ride = town.settled(sita, ram, "card")
    one = taken_back(town, ride)
    if outcome == "won":
        won(town, one)
    else:
        town.market.chargebacks.lost(one.id)
    told = {f"transaction.chargeback_{what}" for what in ("opened", outcome)}
    for who, heard in ((sita, told), (ram.party, told), (gita, set())):
        read = {
            each.kind
            for each in town.market.events.about(ride.id, by=OPERATOR)
            if who.id in each.parties
        }
        assert read & told == heard
