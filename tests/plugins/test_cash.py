"""Cash: nothing is asked outside, dues go on the next price, a debt limit shuts matching."""

import pytest

from marketplace import (
    InvalidInput,
    Money,
    MoneyKind,
    Order,
    Pay,
    Purpose,
    Refused,
    SetupError,
)
from marketplace.plugins.cash import CASH, Cash, CashDesk
from tests.support.ride_world import OpenTown, Town

PRICE, FEE = 19_700, 2_955


def test_cash_asks_nobody_outside(town: Town) -> None:
    """A whole cash ride writes no intent; asking the desk is a mistake that says so."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "cash")
    assert town.market.payments.waiting() == []
    assert town.sandbox.movements() == []
    order = Order("k", MoneyKind.CAPTURE, Money(1, "NPR"), "cash", "pty_x")
    with pytest.raises(SetupError, match="asks nobody outside"):
        CashDesk().carry_out(order)
    assert CashDesk().look_up(order) is None
    assert CASH.pays_provider_directly


@pytest.mark.behaviour("T2", "C10")
def test_the_debt_of_cash_rides_is_netted_with_what_a_card_ride_earns(town: Town) -> None:
    """Commissions of two cash rides stand as debt; a card ride's earnings pay it first, and only
    the rest is the driver's to be paid out."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "cash")
    town.settled(sita, ram, "cash")
    assert town.accounts(ram) == {"provider receivable": 2 * FEE}
    town.settled(sita, ram, "card")
    assert town.accounts(ram) == {"provider payable": PRICE - 3 * FEE}
    assert town.market.payouts.due() == [(ram.id, town.money(PRICE - 3 * FEE))]
    assert town.house(Purpose.REVENUE) == 3 * FEE


@pytest.mark.behaviour("T5")
def test_an_operator_may_leave_dues_off_the_next_price(open_town: OpenTown) -> None:
    """With `collects_dues` off a debt stays in the books and on no quote."""
    town = open_town(cash=Cash(collects_dues=False))
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "cash", finish={"cash_collected": town.money(5_000)})
    assert town.accounts(sita) == {"customer receivable": PRICE - 5_000}
    _, quote = town.quote(sita)
    assert quote.payin == town.money(PRICE)


@pytest.mark.behaviour("T3")
def test_without_a_limit_any_debt_drives_on(open_town: OpenTown) -> None:
    """Without a limit in the debt's currency a driver in deep debt is offered rides."""
    town = open_town(cash=Cash(debt_limit=Money(1, "INR")))
    sita, ram = town.rider(), town.driver()
    for _ in range(3):
        town.settled(sita, ram, "cash")
    assert town.accounts(ram) == {"provider receivable": 3 * FEE}
    town.order(sita, "cash")
    assert len(town.dispatch()) == 1


@pytest.mark.parametrize(
    ("settings", "most"), [({}, PRICE), ({"change_bp": 2_500}, PRICE // 4), ({"change_bp": 0}, 0)]
)
@pytest.mark.behaviour("T4")
def test_change_is_bounded_without_a_debt_limit_too(
    open_town: OpenTown, settings: dict[str, int], most: int
) -> None:
    """What a driver did not hand out becomes credit up to a share of the price, by default all of
    it; above it the finish is refused, with what is allowed, and writes nothing."""
    town = open_town(cash=Cash(**settings))
    sita, ram = town.rider(), town.driver()
    ride = town.started(sita, ram, "cash")
    finish = town.market.transactions.take
    with pytest.raises(Refused, match="change_too_large") as refused:
        finish(ride.id, "finish", by=ram.party, cash_collected=town.money(PRICE + most + 1))
    (reason,) = refused.value.reasons
    assert reason.params["allowed"] == str(town.money(most))
    assert town.now(ride).state == "started"
    finish(ride.id, "finish", by=ram.party, cash_collected=town.money(PRICE + most))
    assert town.accounts(sita) == ({"wallet": most} if most else {})


@pytest.mark.behaviour("T4")
def test_change_is_what_is_beyond_the_part_paid_by_hand(town: Town) -> None:
    """Of a ride paid half by a wallet only the other half is change's measure."""
    sita, ram = town.rider(), town.driver()
    town.top_up(sita, 10_000, "slip")
    ride = town.started(sita, ram, [Pay("wallet", amount=town.money(10_000)), Pay("cash")])
    limit, by_hand = 50_000, PRICE - 10_000
    too_much = {"cash_collected": town.money(by_hand + limit + 1)}
    with pytest.raises(Refused, match="change_too_large"):
        town.take(ride, "finish", ram, **too_much)
    done = town.take(ride, "finish", ram, cash_collected=town.money(by_hand + limit))
    assert done.state == "completed"


@pytest.mark.parametrize(
    "settings", [{"unpaid": "never"}, {"change_bp": -1}, {"change_bp": True}, {"change_bp": 0.5}]
)
def test_cash_says_what_its_settings_may_be(settings: dict[str, object]) -> None:
    """A setting that means nothing is refused where it is written."""
    with pytest.raises(InvalidInput, match=r"guaranteed, when_paid|zero or more"):
        Cash(**settings)  # type: ignore[arg-type]
