"""Messages: between the sides of a deal, and to the provider of a listing before there is one."""

import pytest

from marketplace import DAY, OPERATOR, Forbidden, InvalidInput, NotFound
from marketplace.domain.contacts import HIDDEN
from tests.support.cottages import Village


@pytest.mark.behaviour("C18")
def test_somebody_asks_about_a_listing_and_is_answered(village: Village) -> None:
    """A guest writes to the provider of a listing, who answers; the two and the operator read it,
    nobody else does, and contacts are hidden for nothing is agreed."""
    market, home = village.market, village.home.id
    other = market.parties.join("Other")
    asked = market.messages.ask(home, "Is it quiet? 9812345678", by=village.guest)
    assert (asked.to_id, asked.text) == (village.host.id, f"Is it quiet? {HIDDEN}")
    market.advance(DAY)
    market.messages.ask(home, "It is", by=village.host, to=village.guest.id)
    for reader in (village.guest, village.host, OPERATOR):
        read = [one.text for one in market.messages.list(by=reader, listing=home)]
        assert read == [f"Is it quiet? {HIDDEN}", "It is"]
    assert not market.messages.list(by=other, listing=home).items
    heard = [one.text for one in village.channel.notes if one.party_id == village.host.id]
    assert heard == ["somebody wrote"]


@pytest.mark.behaviour("C18")
def test_a_provider_writes_to_nobody_who_did_not_ask(village: Village) -> None:
    """A provider answers; it begins no conversation, and a guest writes to no other guest."""
    market, home = village.market, village.home.id
    other = market.parties.join("Other")
    with pytest.raises(NotFound, match="answers whoever asked"):
        market.messages.ask(home, "come!", by=village.host, to=other.id)
    with pytest.raises(NotFound, match="answers whoever asked"):
        market.messages.ask(home, "come!", by=village.host)
    with pytest.raises(NotFound, match="writes to its provider"):
        market.messages.ask(home, "psst", by=village.guest, to=other.id)
    with pytest.raises(InvalidInput):
        market.messages.ask(home, "", by=village.guest)


@pytest.mark.behaviour("C18")
def test_who_is_blocked_or_cannot_see_the_listing_does_not_write(village: Village) -> None:
    """A block stops messages both ways, and a listing that is not held out is not found."""
    market, home = village.market, village.home.id
    market.parties.block(village.guest.id, by=village.host)
    with pytest.raises(Forbidden):
        market.messages.ask(home, "hello", by=village.guest)
    market.parties.unblock(village.guest.id, by=village.host)
    market.listings.pause(home, by=village.host)
    with pytest.raises(NotFound):
        market.messages.ask(home, "hello", by=village.guest)


@pytest.mark.behaviour("C18")
def test_a_deal_s_messages_are_its_own(village: Village) -> None:
    """A message in a deal is read by those who sit in it, or by the one it was for."""
    market = village.market
    deal = village.ask()
    market.messages.send(deal.id, "to all", by=village.guest)
    market.messages.send(deal.id, "to you", by=village.host, to=village.guest.id)
    with pytest.raises(NotFound):
        market.messages.list(deal.id, by=market.parties.join("Other"))
    with pytest.raises(NotFound):
        market.messages.send(deal.id, "x", by=market.parties.join("Another"))
    read = {one.text for one in market.messages.list(deal.id, by=village.host)}
    assert read == {"to all", "to you"}
