"""Payouts: whose they are, and who may see them."""

import pytest

from marketplace import OPERATOR, NotFound
from tests.support.ride_world import Town


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
