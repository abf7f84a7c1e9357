"""What a command knows of a deal without reading it is what it would read."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from marketplace import DAY, HOUR, Item, Listing, Money, Pay, Payment, Seat, Transaction
from marketplace.app import claiming
from marketplace.app.door import Act
from marketplace.app.move import Move, Outset, current_terms
from marketplace.app.till import Till
from tests.support.bazaar import Bazaar
from tests.support.inn import Inn
from tests.support.ride_world import Town
from tests.support.square import CARD, Square, open_square


@pytest.fixture
def square(database_url: str) -> Any:
    """A bazaar on each database."""
    opened = open_square(database_url)
    yield opened
    opened.market.close()


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Hold all that is known against what is there, and count how often."""
    counted: Counter[str] = Counter()
    first, load_each, opened, listings = (
        Move.first,
        Move.load_each,
        Till.open,
        claiming._listings,
    )

    def whole(one: Move) -> Move:
        act, deal = one.act, one.transaction
        where = {"transaction_id": deal.id}
        assert one.seats == act.work.select(Seat, where, order="role")
        assert one.terms == current_terms(act, deal)
        paid = act.work.select(Payment, where, order="position", limit=1_000)
        assert list(one.payments or ()) == paid
        for listing in one.wares or ():
            assert listing == act.work.get(Listing, listing.id)
        return one

    def begun(act: Act, outset: Outset, asks: Any) -> Move:
        counted["begun"] += 1
        return whole(first(act, outset, asks))

    def loaded(act: Act, deals: Sequence[Transaction]) -> list[Move]:
        counted["loaded"] += 1
        return [whole(one) for one in load_each(act, deals)]

    def with_known(*given: Any) -> Till:
        known, made = given[7] if len(given) > 7 else None, opened(*given)
        if known is not None:
            counted["known payments"] += 1
            assert made.payments == opened(*given[:7]).payments
        return made

    def known_listings(one: Move, ids: Any) -> dict[str, Listing]:
        found = listings(one, ids)
        counted["listings"] += one.wares is not None
        assert all(found[name] == one.act.work.get(Listing, name) for name in ids)
        return found

    monkeypatch.setattr(Move, "first", begun)
    monkeypatch.setattr(Move, "load_each", loaded)
    monkeypatch.setattr(Till, "open", with_known)
    monkeypatch.setattr(claiming, "_listings", known_listings)
    return counted


@pytest.mark.parametrize("means", ["tok_ok", "tok_declined", "tok_challenged"])
@pytest.mark.parametrize("together", [True, False])
def test_deals_of_a_checkout_are_known_as_they_are(
    square: Square, compared: Counter[str], means: str, together: bool
) -> None:
    """Who sits in a deal, its terms, its payments and its listings are not read in the command
    that began it, nor one by one when the bank answers; and are what is there all the same, paid in
    two ways or one, whatever the bank says."""
    market, shopper = square.market, square.shopper
    market.payments.top_up(shopper.id, Money(1_000, "NPR"), reference="slip")
    pays = [Pay("wallet", amount=Money(500, "NPR")), Pay("card", means=means)]
    quotes = square.basket(2_400, 1_850, 3_000)
    market.checkouts.place(quotes, by=shopper, pay=pays, together=together)
    market.checkouts.place(square.basket(2_400), by=shopper, pay=CARD)
    assert compared["begun"] == 4
    assert compared["loaded"] == 2
    assert compared["known payments"] >= 8
    assert compared["listings"] == 0  # This trade says of no item what it takes.


def test_articles_that_are_claimed_are_those_that_were_locked(
    bazaar: Bazaar, compared: Counter[str]
) -> None:
    """What an item takes is asked of its listing as it was locked when the checkout began."""
    articles = [bazaar.offer(by=bazaar.market.parties.join(name)) for name in ("Ram", "Gita")]
    quotes = bazaar.basket(*(Item(one.id) for one in articles))
    bazaar.market.checkouts.place([one.id for one in quotes], by=bazaar.mia, pay=CARD)
    assert compared["begun"] == compared["listings"] == 2


def test_a_ride_and_its_tip_are_known_as_they_are(town: Town, compared: Counter[str]) -> None:
    """So are a fare that two riders pay, and what follows the ride; nothing that is changed on the
    way is known any more."""
    sita, gita, ram = town.rider(), town.rider("Gita"), town.driver()
    town.top_up(gita, 9_000, "slip")
    request, quote = town.quote(sita)
    town.market.payments.share(request.id, by=gita, method="wallet", most=town.money(8_000))
    pays = [Pay("wallet", party_id=gita.id, amount=town.money(8_000)), Pay("card")]
    ride = town.market.transactions.open(quote.id, by=sita, request=request.id, pay=pays)
    town.driven(ride, ram)
    town.wait(2 * HOUR)
    town.market.transactions.follow_up(
        ride.id, "tip", by=sita, amount=town.money(5_000), pay=Pay("card", purse="tip")
    )
    assert compared["begun"] == 2
    assert compared["loaded"] == compared["known payments"] - 2 >= 3


def test_who_is_named_by_a_listing_sits_where_it_is_read(inn: Inn, compared: Counter[str]) -> None:
    """A co-host is found before the customer, whoever was seated first."""
    helps = inn.market.parties.join("Lena")
    home = inn.home(cohosts=[{"party": helps.id, "share_bp": 1_000}])
    inn.book(home, inn.now.date() + 10 * DAY, 2)
    assert compared["begun"] == 1
