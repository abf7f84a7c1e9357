"""Cash bike rides in Kathmandu: no card processor, commission as debt, change, dues, write-off."""

import pytest

from marketplace import (
    DAY,
    OPERATOR,
    PAYMENT_PROVIDER,
    Conflict,
    Forbidden,
    Money,
    Pay,
    Payout,
    PayoutPlan,
    Purpose,
    Refused,
)
from marketplace.plugins.cash import Cash
from tests.support.ride_world import Driver, OpenTown, Town

PRICE = 19_700
FEE = 2_955


def _cash(limit: int) -> Cash:
    return Cash(debt_limit=Money(limit, "NPR"))


def _cash_out(town: Town, driver: Driver, amount: int) -> Payout:
    return town.market.payouts.make(
        by=driver.party, party=driver.id, currency="NPR", amount=town.money(amount), at_once=True
    )


@pytest.mark.behaviour("T1", "T2")
def test_a_cash_ride_needs_no_card_and_leaves_the_driver_in_debt(open_town: OpenTown) -> None:
    """Without any card processor a rider pays by hand; the books hold the commission as the
    driver's debt, its balance is below zero, and no money of ours lies anywhere outside."""
    town = open_town(card=False)
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "cash")
    assert ride.state == "settled"
    assert town.due(ride) == PRICE
    assert town.accounts(ram) == {"provider receivable": FEE}
    assert town.market.ledger.balance(ram.id, "NPR", by=ram.party) == town.money(-FEE)
    assert town.house(Purpose.REVENUE) == FEE
    assert town.house(Purpose.PROCESSOR_CLEARING) == 0
    assert ("cash", "cash with provider", "escrow", PRICE, "posted") in town.moves(ride)
    assert ("settle", "provider payable", "cash with provider", PRICE, "posted") in town.moves(ride)


@pytest.mark.behaviour("T1")
def test_a_wallet_is_filled_by_a_human_or_by_a_callback_and_pays_a_ride(
    open_town: OpenTown,
) -> None:
    """Money that came by a local rail is credited by the operator or by the payment provider's
    callback, once for each reference; the ride then goes from wallet to driver without a card."""
    town = open_town(card=False)
    sita, ram = town.rider(), town.driver()
    top_up = town.market.payments.top_up
    top_up(sita.id, town.money(15_000), by=OPERATOR, reference="paper slip 7")
    top_up(sita.id, town.money(10_000), by=PAYMENT_PROVIDER, reference="esewa-1")
    with pytest.raises(Conflict):
        top_up(sita.id, town.money(10_000), by=PAYMENT_PROVIDER, reference="esewa-1")
    with pytest.raises(Forbidden, match="confirmed by the operator"):
        top_up(sita.id, town.money(10_000), by=sita, reference="trust me")
    assert town.accounts(sita) == {"wallet": 25_000}
    ride = town.settled(sita, ram, "wallet")
    assert ride.state == "settled"
    assert town.accounts(sita) == {"wallet": 25_000 - PRICE}
    assert town.accounts(ram) == {"provider payable": PRICE - FEE}
    assert town.house(Purpose.PROCESSOR_CLEARING) == 25_000


def test_a_wallet_without_enough_in_it_says_no_at_once(town: Town) -> None:
    """A hold larger than the wallet declines the ride and moves nothing."""
    sita, _ = town.rider(), town.driver()
    town.top_up(sita, PRICE - 1, "slip")
    ride = town.order(sita, "wallet")
    assert ride.state == "declined"
    assert town.accounts(sita) == {"wallet": PRICE - 1}
    assert town.moves(ride) == []
    texts = [one.text for one in town.market.why.transaction(ride.id, by=sita)]
    assert "the wallet holds NPR 196.99, NPR 197 is asked" in texts


@pytest.mark.behaviour("T3", "C7")
@pytest.mark.invariant(22)
def test_debt_over_the_limit_shuts_dispatch_and_a_top_up_reopens_it_at_once(
    open_town: OpenTown,
) -> None:
    """A driver that owes more than the limit gets no offer and is told why; the moment the debt
    is paid down it is offered the very next ride."""
    town = open_town(cash=_cash(FEE))
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "cash")
    # Exactly at the limit the driver still drives; above it no more.
    town.settled(sita, ram, "cash")
    assert town.accounts(ram) == {"provider receivable": 2 * FEE}
    ride = town.order(sita, "cash")
    assert town.dispatch() == []
    because = town.market.why.pairing(str(ride.request_id), ram.listing, by=OPERATOR)
    assert [one.reason.code for one in because] == ["debt_over_limit"]
    assert "59.10" in because[0].text
    assert "29.55" in because[0].text
    town.top_up(ram, FEE, "slip 1")
    assert town.accounts(ram) == {"provider receivable": FEE}
    assert len(town.dispatch()) == 1


@pytest.mark.behaviour("T4")
def test_mixed_wallet_and_cash_and_the_change_becomes_credit(town: Town) -> None:
    """A ride paid half from the wallet and the rest by hand; the driver has no change, and what
    it was given too much stands as the rider's credit and as the driver's debt."""
    sita, ram = town.rider(), town.driver()
    town.top_up(sita, 10_000, "slip")
    pays = [Pay("wallet", amount=town.money(10_000)), Pay("cash")]
    given = {"cash_collected": town.money(10_000)}
    ride = town.settled(sita, ram, pays, finish=given)
    change = 10_000 - (PRICE - 10_000)
    assert change == 300
    assert town.accounts(sita) == {"wallet": change}
    # Earned 16 745, took 10 000 in cash: the marketplace owes the driver the rest.
    assert town.accounts(ram) == {"provider payable": PRICE - FEE - 10_000}
    assert town.house(Purpose.REVENUE) == FEE
    kinds = [(kind, amount) for kind, *_, amount, _ in town.moves(ride)]
    assert ("cash", PRICE - 10_000) in kinds
    assert ("cash", change) in kinds
    # The credit pays part of the next ride.
    again = town.settled(sita, ram, [Pay("wallet", amount=town.money(change)), Pay("cash")])
    assert again.state == "settled"
    assert town.accounts(sita) == {}


@pytest.mark.behaviour("T5")
def test_a_rider_that_did_not_pay_owes_dues_on_the_next_ride(town: Town) -> None:
    """The driver says that nothing was paid: it earns all the same, the rider owes it, the next
    quote has a line for it, and paying that ride clears the dues."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "cash", finish={"cash_collected": town.money(0)})
    assert town.accounts(sita) == {"customer receivable": PRICE}
    assert town.accounts(ram) == {"provider payable": PRICE - FEE}
    assert ("dues", "customer receivable", "escrow", PRICE, "posted") in town.moves(ride)
    _, quote = town.quote(sita)
    dues = [line for line in quote.lines if line.code == "dues"]
    assert [line.amount.amount for line in dues] == [PRICE]
    said = [one.text for one in town.market.why.quote(quote.id, by=sita)]
    assert any("still owed from an earlier deal" in text for text in said)
    again = town.settled(sita, ram, "cash")
    assert town.due(again) == 2 * PRICE
    assert town.accounts(sita) == {}
    # The driver took both fares by hand: it earned two, and owes what it holds for the first.
    assert town.market.ledger.balance(ram.id, "NPR", by=OPERATOR) == town.money(-2 * FEE)


@pytest.mark.behaviour("T5")
def test_a_bad_debt_is_written_off_by_an_entry_of_its_own(town: Town) -> None:
    """Dues that nobody will pay become an expense of the marketplace, by the operator alone and
    never beyond what is owed; the entries before stay as they were."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "cash", finish={"cash_collected": town.money(0)})
    before = town.moves(ride)
    write_off = town.market.payments.write_off
    with pytest.raises(Forbidden, match="only the operator"):
        write_off(sita.id, town.money(PRICE), by=sita, reason="please")
    with pytest.raises(Exception, match="only a debt can be written off"):
        write_off(sita.id, town.money(PRICE + 1), reason="gone abroad")
    write_off(sita.id, town.money(PRICE), reason="gone abroad")
    assert town.accounts(sita) == {}
    assert town.house(Purpose.BAD_DEBT) == PRICE
    assert town.market.ledger.profit("NPR") == town.money(FEE - PRICE)
    assert town.moves(ride) == before
    _, quote = town.quote(sita)
    assert all(line.code != "dues" for line in quote.lines)


@pytest.mark.behaviour("T12")
def test_cash_out_is_asked_for_and_confirmed_by_a_human_operator(open_town: OpenTown) -> None:
    """A driver asks for its earnings; they leave its balance at once and count as paid only when
    the operator says, with a receipt, that they were handed over."""
    town = open_town(card=False, payouts=PayoutPlan(every=None, at_once_fee_bp=0))
    sita, ram = town.rider(), town.driver()
    town.top_up(sita, PRICE, "slip")
    town.settled(sita, ram, "wallet")
    earned = PRICE - FEE
    with pytest.raises(Refused, match="cannot be paid out"):
        _cash_out(town, ram, earned + 1)
    payout = _cash_out(town, ram, earned)
    assert (payout.state, payout.provider) == ("made", "by hand")
    assert town.accounts(ram) == {"payout in transit": earned}
    town.wait(3 * DAY)
    assert town.market.payouts.get(payout.id, by=OPERATOR).state == "made"
    with pytest.raises(Forbidden, match="only the operator"):
        town.market.payouts.confirm(payout.id, by=ram.party, reference="I swear")
    paid = town.market.payouts.confirm(payout.id, by=OPERATOR, reference="receipt 12")
    assert (paid.state, paid.reference) == ("paid", "receipt 12")
    assert town.accounts(ram) == {}
    assert town.house(Purpose.PROCESSOR_CLEARING) == FEE
    with pytest.raises(Exception, match="while made"):
        town.market.payouts.confirm(payout.id, by=OPERATOR, reference="twice")
