"""A wallet's credit leaves again: into a hand, or to a bank, and comes back where it cannot."""

import pytest

from marketplace import (
    DAY,
    OPERATOR,
    PAYMENT_PROVIDER,
    Forbidden,
    Money,
    NotFound,
    Pay,
    PayoutPlan,
    Purpose,
    Refused,
)
from marketplace.plugins.sandbox import CLOSED_ACCOUNT
from marketplace.testing.soundness import faults
from tests.support.ride_world import OpenTown, Town

PRICE = 19_700
PLAN = PayoutPlan(every=None, minimum=1_000)


@pytest.fixture
def town(open_town: OpenTown) -> Town:
    """A town that pays out by hand unless somebody has an account with the sandbox."""
    return open_town(payouts=PLAN)


@pytest.mark.behaviour("T1", "T12")
def test_credit_is_handed_over_by_a_person_with_a_receipt(town: Town) -> None:
    """Law: what a rider asks back of her credit leaves her wallet at once, and counts as paid when
    the operator says with a receipt that it was handed over; asked twice with one key, once."""
    sita = town.rider()
    town.top_up(sita, 50_000, "slip")
    asked = [
        town.market.payouts.cash_out(sita.id, town.money(30_000), by=sita, key="back")
        for _ in range(2)
    ]
    assert asked[0] == asked[1]
    assert (asked[0].state, asked[0].provider, asked[0].source) == ("made", "by hand", "wallet")
    assert town.accounts(sita) == {"wallet": 20_000, "payout in transit": 30_000}
    paid = town.market.payouts.confirm(asked[0].id, by=OPERATOR, reference="receipt 7")
    assert (paid.state, paid.reference) == ("paid", "receipt 7")
    assert town.accounts(sita) == {"wallet": 20_000}
    assert town.house(Purpose.PROCESSOR_CLEARING) == 20_000
    assert faults(town.market) == []


def test_only_its_party_and_the_operator_take_credit_out(town: Town) -> None:
    """Law: to anybody else the party is not there; an impersonal role that is not the operator may
    not; and the operator may for the party."""
    sita, gita = town.rider(), town.rider("Gita")
    town.top_up(sita, 50_000, "slip")
    with pytest.raises(NotFound):
        town.market.payouts.cash_out(sita.id, town.money(10_000), by=gita)
    with pytest.raises(Forbidden):
        town.market.payouts.cash_out(sita.id, town.money(10_000), by=PAYMENT_PROVIDER)
    town.market.payouts.cash_out(sita.id, town.money(10_000), by=OPERATOR)
    assert town.accounts(sita) == {"wallet": 40_000, "payout in transit": 10_000}


@pytest.mark.parametrize(
    ("amount", "code"),
    [(999, "payout_too_small"), (0, "payout_too_small"), (-5_000, "payout_too_small"),
     (50_001, "payout_too_large")],
)  # fmt: skip
def test_no_more_than_the_credit_and_no_less_than_the_least(
    town: Town, amount: int, code: str
) -> None:
    """Law: more than there is, less than the least that is paid out, nothing and less than nothing
    are refused with what is there and what is the least, and change nothing."""
    sita = town.rider()
    town.top_up(sita, 50_000, "slip")
    with pytest.raises(Refused) as no:
        town.market.payouts.cash_out(sita.id, town.money(amount), by=sita)
    assert no.value.code == code
    assert (no.value.params["available"], no.value.params["minimum"]) == (50_000, 1_000)
    assert town.accounts(sita) == {"wallet": 50_000}


def test_what_a_ride_holds_and_what_is_owed_stay(town: Town) -> None:
    """Law: credit that is set aside for a deal, and as much as its party owes, is not taken out."""
    sita, ram = town.rider(), town.driver()
    town.top_up(sita, 50_000, "slip")
    town.accepted(sita, ram, "wallet")
    with pytest.raises(Refused) as no:
        town.market.payouts.cash_out(sita.id, town.money(50_000), by=sita)
    assert no.value.params["available"] == 50_000 - PRICE
    gita = town.rider("Gita")
    town.online(ram)
    unpaid = town.driver("Hari")
    town.market.payments.top_up(gita.id, town.money(5_000), reference="slip 2")
    town.settled(gita, unpaid, "cash", finish={"cash_collected": town.money(0)})
    assert town.accounts(gita)["customer receivable"] == PRICE
    with pytest.raises(Refused) as no:
        town.market.payouts.cash_out(gita.id, town.money(1_000), by=gita)
    assert no.value.params["available"] == 0


def test_what_a_driver_owes_stays_in_his_wallet(town: Town) -> None:
    """Law: credit that was set aside for a ride while its party came to owe something pays no debt
    by itself; as much as is owed is not taken out either, once it is free."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    town.market.payouts.make(by=OPERATOR, party=ram.id, currency="NPR")
    town.top_up(ram.party, 25_000, "slip")
    own = town.order(ram.party, "wallet")
    paid = town.market.transactions.payments(ride.id, by=OPERATOR)[0]
    taken = town.market.chargebacks.opened(
        paid.id, amount=town.money(PRICE), reference="cb", cause="fraud"
    )
    town.market.chargebacks.lost(taken.id)
    town.take(own, "cancel", ram.party)
    there = town.accounts(ram)
    credit, owed = there["wallet"], there["provider receivable"]
    assert (credit, owed > 0) == (PRICE, True)
    with pytest.raises(Refused) as no:
        town.market.payouts.cash_out(ram.id, town.money(credit), by=ram.party)
    assert no.value.params["available"] == credit - owed
    town.market.payouts.cash_out(ram.id, town.money(credit - owed), by=ram.party)
    assert town.accounts(ram)["wallet"] == owed


@pytest.mark.invariant(20)
def test_what_does_not_arrive_is_credit_again(town: Town) -> None:
    """Law: an account that takes nothing gives it back at once, and a bank that sends it back days
    later too: nothing stays on its way, and it is credit and no earnings."""
    sita = town.rider()
    town.top_up(sita, 50_000, "slip")
    for reference, state in ((CLOSED_ACCOUNT, "failed"), ("acc_sita", "returned")):
        account = town.market.parties.set_payout_account(
            "NPR", reference, by=sita, provider="sandbox"
        )
        town.market.parties.judge_payout_account(account.id, approve=True, by=PAYMENT_PROVIDER)
        town.wait(2 * DAY)
        made = town.market.payouts.cash_out(sita.id, town.money(30_000), by=sita)
        if state == "returned":
            assert town.accounts(sita) == {"wallet": 20_000}
            town.market.payouts.returned(made.id, by=PAYMENT_PROVIDER, reason="account closed")
        assert town.market.payouts.get(made.id, by=sita).state == state
        assert town.accounts(sita) == {"wallet": 50_000}
    assert faults(town.market) == []


def test_credit_that_comes_back_pays_what_came_to_be_owed_meanwhile(town: Town) -> None:
    """Law: dues that were made while credit was on its way out are paid of what comes back."""
    sita, ram = town.rider(), town.driver()
    town.top_up(sita, 50_000, "slip")
    made = town.market.payouts.cash_out(sita.id, town.money(50_000), by=sita)
    town.settled(sita, ram, "cash", finish={"cash_collected": town.money(0)})
    assert town.accounts(sita) == {"customer receivable": PRICE, "payout in transit": 50_000}
    town.market.payouts.confirm(made.id, by=OPERATOR, reference="receipt 8")
    town.market.payouts.returned(made.id, by=OPERATOR, reason="nobody came for it")
    assert town.accounts(sita) == {"wallet": 50_000 - PRICE}
    assert town.market.payments.dues(by=sita) == []
    assert faults(town.market) == []


def test_credit_taken_out_cannot_be_spent(town: Town) -> None:
    """Law: a ride that is paid by wallet after the credit was asked back is refused."""
    sita, ram = town.rider(), town.driver()
    town.top_up(sita, PRICE, "slip")
    town.market.payouts.cash_out(sita.id, Money(PRICE, "NPR"), by=sita)
    ride = town.order(sita, Pay("wallet"))
    assert ride.state != "waiting"
    assert town.accounts(sita) == {"payout in transit": PRICE}
    assert ram.listing
