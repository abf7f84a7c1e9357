"""Wallet: credit is held, taken, given up and never below zero."""

import pytest

from marketplace import MINUTE, OPERATOR, Money, MoneyKind, Order, Refused, SetupError
from marketplace.plugins.wallet import WalletDesk
from tests.support.ride_world import Town

PRICE, FEE = 19_700, 2_955


@pytest.mark.behaviour("T1", "T4")
def test_what_is_held_cannot_be_spent_twice(town: Town) -> None:
    """While one ride holds the wallet's money a second ride is declined; when the first is given
    up, the same money pays the second."""
    sita, _ = town.rider(), town.driver()
    town.top_up(sita, 30_000, "slip")
    first = town.order(sita, "wallet")
    (wallet,) = [
        one
        for one in town.market.ledger.balances(sita.id, by=sita)
        if one.account.purpose.value == "wallet"
    ]
    assert (wallet.posted, wallet.pending_out, wallet.available) == (30_000, PRICE, 10_300)
    assert town.order(sita, "wallet").state == "declined"
    town.take(first, "cancel", sita)
    assert town.order(sita, "wallet").state == "searching"
    assert town.accounts(sita) == {"wallet": 30_000}


@pytest.mark.behaviour("T1")
def test_a_top_up_pays_dues_first(town: Town) -> None:
    """Money that comes in pays what its party owes before it is credit."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "cash", finish={"cash_collected": town.money(0)})
    town.top_up(sita, PRICE + 700, "slip")
    assert town.accounts(sita) == {"wallet": 700}
    town.settled(town.rider("Gita"), ram, "cash")
    owed = town.accounts(ram).get("provider receivable", 0)
    town.top_up(ram, owed + 100, "slip 2")
    assert "provider receivable" not in town.accounts(ram)


def test_a_top_up_is_above_zero(town: Town) -> None:
    """Nothing and less than nothing are no top-up."""
    sita = town.rider()
    for amount in (0, -5):
        with pytest.raises(Refused, match="above zero"):
            town.top_up(sita, amount, f"slip {amount}")
    assert town.accounts(sita) == {}


def test_a_refund_of_a_wallet_ride_is_credit_at_once(town: Town) -> None:
    """What is given back stands in the wallet the moment it is given, without any call."""
    sita, ram = town.rider(), town.driver()
    town.top_up(sita, PRICE, "slip")
    ride = town.settled(sita, ram, "wallet")
    town.clock.advance(MINUTE)
    town.market.transactions.follow_up(ride.id, "adjustment", by=OPERATOR, entry="lower", lines=[])
    assert town.accounts(sita) == {"wallet": PRICE}
    assert town.accounts(ram) == {}
    assert town.market.payments.waiting() == []


def test_the_wallet_s_desk_is_never_asked() -> None:
    """Asking it is a mistake of a program."""
    order = Order("k", MoneyKind.CHARGE, Money(1, "NPR"), "wallet", "pty_x")
    with pytest.raises(SetupError, match="asks nobody outside"):
        WalletDesk().carry_out(order)
    assert WalletDesk().look_up(order) is None
