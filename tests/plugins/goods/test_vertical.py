"""Goods as a vertical: which process a deal has, and the times that it begins with."""

from marketplace import DAY
from tests.support.bazaar import NEW_YEAR, Bazaar


def test_a_deal_begins_with_times_of_its_own(bazaar: Bazaar) -> None:
    """By when goods are sent follows from handling and the listing's lead; protection from that."""
    moments = bazaar.buy(bazaar.offer(lead_days=4)).moments
    assert moments["ship_by"] == NEW_YEAR + 7 * DAY
    assert moments["protected_until"] == NEW_YEAR + 7 * DAY + 45 * DAY
    assert bazaar.market.check().faults == ()
