"""Listings belong to parties; the marketplace itself owns nothing but its fees."""

from typing import Any

import pytest

from marketplace import (
    CLOCK,
    HOUR,
    MARKETPLACE,
    OPERATOR,
    PAYMENT_PROVIDER,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    NotFound,
    Pay,
    PayoutPlan,
    Purpose,
    StaleVersion,
)
from tests.support.ride_world import OpenTown, Town

OWN = {
    Purpose.REVENUE,
    Purpose.PROMOTION,
    Purpose.PROCESSOR_FEES,
    Purpose.BAD_DEBT,
    Purpose.TAX,
    Purpose.PROCESSOR_CLEARING,
}
"""Purposes that the marketplace's own accounts may have: fees, costs, and what passes through."""


@pytest.mark.behaviour("C1")
@pytest.mark.parametrize("by", [OPERATOR, CLOCK, PAYMENT_PROVIDER, MARKETPLACE])
def test_a_listing_is_a_party_s_and_never_the_marketplace_s(town: Town, by: Any) -> None:
    """No impersonal role, nor the marketplace by its name, can own a listing."""
    with pytest.raises((Forbidden, NotFound)):
        town.market.listings.draft("rides", by=by, title="our own fleet", currency="NPR")
    ram = town.driver()
    listing = town.market.listings.get(ram.listing, by=OPERATOR)
    assert listing.provider_id == ram.id
    assert town.market.parties.get(listing.provider_id, by=ram.party) == ram.party


@pytest.mark.behaviour("C1", "C13")
def test_the_marketplace_s_accounts_hold_fees_and_what_passes_through(
    open_town: OpenTown,
) -> None:
    """After rides by card, cash and wallet, a tip, a refund and a payout, what the marketplace
    holds in its own name is its fee, and its money outside is exactly that fee and what it owes."""
    town = open_town(payouts=PayoutPlan(provider="sandbox"))
    sita, ram = town.rider(), town.driver()
    town.top_up(sita, 50_000, "slip")
    for pay in ("card", "cash", "wallet"):
        ride = town.settled(sita, ram, pay)
        town.market.transactions.follow_up(
            ride.id, "tip", by=sita, amount=town.money(1_000), pay=Pay("wallet", purse="tip")
        )
    town.market.transactions.follow_up(ride.id, "adjustment", by=OPERATOR, entry="lower", lines=[])
    town.market.payouts.run()
    town.market.tick()
    balances = town.market.ledger.balances(MARKETPLACE, by=OPERATOR)
    assert {one.account.purpose for one in balances if one.posted} <= OWN
    owed = sum(town.market.ledger.balance(one.id, "NPR", by=OPERATOR).amount for one in (sita, ram))
    clearing = town.house(Purpose.PROCESSOR_CLEARING)
    assert clearing - owed == town.house(Purpose.REVENUE) == 2 * 2_955
    assert town.market.ledger.profit("NPR") == town.money(2 * 2_955)
    assert town.market.ledger.sums() == {"NPR": 0}


@pytest.mark.behaviour("C13")
def test_anybody_s_balance_any_deal_s_money_and_the_profit_are_read(town: Town) -> None:
    """A party reads its own accounts and entries, both sides read their deal's journals, strangers
    read neither; the trial balance is even in the middle of a ride."""
    sita, ram, gita = town.rider(), town.driver(), town.rider("Gita")
    ride = town.finished(sita, ram, "card")
    ledger = town.market.ledger
    assert ledger.sums() == {"NPR": 0}
    assert town.balance(ride.id, Purpose.ESCROW) == 19_700
    town.wait(2 * HOUR)
    assert ledger.balance(ram.id, "NPR", by=ram.party) == town.money(16_745)
    entries = ledger.entries(ram.id, by=ram.party)
    assert sum(one.amount for one in entries if one.account.purpose is Purpose.PAYABLE) == 16_745
    assert len(ledger.of_transaction(ride.id, by=ram.party)) == 3
    assert ledger.balance(ram.id, "NPR", by=gita) == town.money(0)
    assert list(ledger.entries(ram.id, by=gita)) == []
    with pytest.raises(NotFound):
        ledger.of_transaction(ride.id, by=gita)
    trial = ledger.trial()
    assert sum(row.debits for row in trial) == sum(row.credits for row in trial) > 0


def test_a_draft_is_seen_by_its_owner_alone_until_it_is_published(town: Town) -> None:
    """Drafts are private; a published listing is public; a withdrawn one comes never back."""
    sita, ram = town.rider(), town.rider("Ram")
    listings = town.market.listings
    draft = listings.draft("rides", by=ram, title="Ram's bike", currency="NPR")
    with pytest.raises(NotFound):
        listings.get(draft.id, by=sita)
    assert [one.id for one in listings.list(by=ram, provider=ram.id).items] == [draft.id]
    with pytest.raises(NotFound):
        listings.publish(draft.id, by=sita)
    listings.publish(draft.id, by=ram)
    assert listings.get(draft.id, by=sita).state == "published"
    listings.withdraw(draft.id, by=ram)
    with pytest.raises(IllegalTransition, match="may become nothing"):
        listings.publish(draft.id, by=ram)


def test_a_change_on_a_stale_reading_is_refused(town: Town) -> None:
    """Whoever read an older version is told so, and unknown attributes are refused."""
    ram = town.driver()
    listing = town.market.listings.get(ram.listing, by=ram.party)
    town.market.listings.change(ram.listing, by=ram.party, title="a red bike")
    with pytest.raises(StaleVersion):
        town.market.listings.change(
            ram.listing, by=ram.party, version=listing.version, title="a blue bike"
        )
    with pytest.raises(InvalidInput, match="wings"):
        town.market.listings.change(ram.listing, by=ram.party, attributes={"wings": 2})
