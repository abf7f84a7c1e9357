"""An address is for whoever sends something there, while he does."""

from typing import Any

import pytest

from marketplace import OPERATOR, Item, Pay
from tests.support.bazaar import Bazaar

HOME = {"country": "NP", "region": "Bagmati", "city": "Patan", "street": "Mangal 7", "name": "Mia"}
FAR = {"country": "NP", "region": "Bagmati"}


@pytest.mark.invariant(37)
@pytest.mark.behaviour("G4")
def test_a_seller_reads_an_address_while_he_has_to_send_there(bazaar: Bazaar) -> None:
    """Before he is paid a seller reads the country; then the street, until the deal is over; what
    another sells in the same basket, and that it is paid, gives him nothing."""
    market = bazaar.market
    mine = bazaar.offer()
    bens = bazaar.offer(by=bazaar.ben, title="Ben's")
    request = market.requests.open(
        "goods", by=bazaar.mia, currency="EUR", items=[Item(mine.id), Item(bens.id, 2)],
        attributes={"ship_to": HOME, "message": "call +977 9812345678"},
    )  # fmt: skip

    def read(by: Any) -> Any:
        return market.requests.get(request.id, by=by).attributes["ship_to"]

    quotes = market.quotes.make_each(request.id, by=bazaar.mia)
    assert (read(bazaar.seller), read(bazaar.mia), read(OPERATOR)) == (FAR, HOME, HOME)
    placed = market.checkouts.place(
        [one.id for one in quotes], by=bazaar.mia, pay=Pay("card", means="tok_ok")
    )
    deals = market.checkouts.get(placed.id, by=bazaar.mia).transactions
    (of_sita,) = [one for one in deals if one.items[0].number == 1]
    assert read(bazaar.seller) == FAR
    bazaar.take(of_sita, "confirm", bazaar.seller)
    assert (read(bazaar.seller), read(bazaar.ben)) == (HOME, FAR)
    told = market.requests.get(request.id, by=bazaar.seller)
    assert [one.listing_id for one in told.items] == [mine.id]
    assert "9812345678" in told.attributes["message"]
    assert "9812345678" not in market.requests.get(request.id, by=bazaar.ben).attributes["message"]
    bazaar.take(of_sita, "ship", bazaar.seller, parcel="A")
    assert read(bazaar.seller) == HOME
    bazaar.take(of_sita, "receive", bazaar.mia)
    assert read(bazaar.seller) == FAR
