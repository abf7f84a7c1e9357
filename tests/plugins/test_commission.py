"""Commission: a share of what the provider is paid for, by a rule that can be reckoned again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import InvalidInput, Purpose
from marketplace.plugins.commission import Commission, share
from tests.support.ride_world import OpenTown

PRICE = 19_700


@given(basis=st.integers(0, 10**15), bp=st.integers(0, 10_000))
def test_a_share_is_the_nearest_unit_and_never_more_than_the_whole(basis: int, bp: int) -> None:
    """The share differs from the exact one by half a unit at most and lies between zero and all."""
    part = share({"basis": basis, "bp": bp})
    assert 0 <= part <= basis
    assert abs(2 * (part * 10_000 - basis * bp)) <= 10_000


@pytest.mark.parametrize("bp", [-1, 10_001, 1.5, True, "15"])
def test_a_share_is_basis_points(bp: object) -> None:
    """Shares are whole basis points from none to all."""
    with pytest.raises(InvalidInput, match="basis points"):
        Commission(bp=bp)  # type: ignore[arg-type]


@pytest.mark.behaviour("R15", "C2")
@pytest.mark.parametrize("bp", [0, 1_500, 10_000])
def test_what_the_rider_pays_does_not_depend_on_the_commission(
    open_town: OpenTown, bp: int
) -> None:
    """The rider's sum is the same at every rate; what it pays is the driver's part and the fee."""
    town = open_town(commission=Commission(bp=bp))
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    assert town.due(ride) == PRICE
    assert town.house(Purpose.REVENUE) == town.fee(ride)
    earned = town.market.ledger.balance(ram.id, "NPR", by=ram.party).amount
    assert earned + town.fee(ride) == PRICE


@pytest.mark.behaviour("R16")
def test_tips_and_tolls_bear_no_commission(open_town: OpenTown) -> None:
    """At the highest rate a toll still reaches the driver whole."""
    town = open_town(commission=Commission(bp=10_000))
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card", finish={"tolls": town.money(2_000)})
    lines = {one.code: one for one in town.market.transactions.terms(ride.id, by=sita)[-1].lines}
    paid = town.due(ride)
    assert lines["toll"].amount.amount == 2_000
    assert town.market.ledger.balance(ram.id, "NPR", by=ram.party).amount == paid - town.fee(ride)
    assert paid - town.fee(ride) <= 2_000
