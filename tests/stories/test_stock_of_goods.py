"""Stock: the seller's own, counted variant by variant, promised, sent, and never sold twice."""

from collections.abc import Sequence

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from marketplace import (
    DAY,
    HOUR,
    MINUTE,
    OPERATOR,
    Conflict,
    InvalidInput,
    Item,
    Listing,
    NotFound,
    Pay,
    Quote,
    Refused,
    SoldOut,
    Transaction,
    customer_owes,
)
from marketplace.testing.soundness import faults
from tests.support.bazaar import CARD, NEW_YEAR, Bazaar, amounts, open_bazaar

COLOURS = [{"key": "red"}, {"key": "gold", "more": 3_00}]


def place(bazaar: Bazaar, quotes: Sequence[Quote], pay: Pay = CARD) -> dict[str, Transaction]:
    """The deals of a checkout, by the name of their processes and sellers."""
    placed = bazaar.market.checkouts.place([one.id for one in quotes], by=bazaar.mia, pay=pay)
    view = bazaar.market.checkouts.get(placed.id, by=bazaar.mia)
    return {one.process: one for one in view.transactions}


def owed(quote: Quote) -> int:
    """What the customer pays."""
    return customer_owes(quote.lines, quote.currency).amount


@pytest.mark.behaviour("G1")
def test_what_was_sent_cannot_be_sold_again(bazaar: Bazaar) -> None:
    """Of five bowls three are bought and sent: two are left, before and after; a fourth is not."""
    article = bazaar.offer(stock=5)
    deal = bazaar.buy(article, 3)
    assert bazaar.left(article) == 2
    bazaar.take(deal, "confirm", bazaar.seller)
    bazaar.take(deal, "ship", bazaar.seller, parcel="A")
    (there,) = [
        one for one in bazaar.market.listings.stock(article.id, by=bazaar.ben)
        if one.resource == "stock"
    ]  # fmt: skip
    assert (there.there, there.taken, there.left) == (2, 0, 2)
    with pytest.raises(SoldOut):
        bazaar.buy(article, 3)
    bazaar.buy(article, 2)
    assert bazaar.left(article) == 0
    assert faults(bazaar.market) == []


@pytest.mark.behaviour("G1")
@pytest.mark.invariant(27)
def test_an_unpaid_reservation_expires(bazaar: Bazaar) -> None:
    """Bowls that one buyer reserved and did not pay are another's half an hour later."""
    article = bazaar.offer(stock=3)
    bazaar.buy(article, 3, pay=Pay("card", means="tok_declined"))
    with pytest.raises(SoldOut):
        bazaar.buy(article)
    bazaar.market.advance(30 * MINUTE)
    assert bazaar.left(article) == 3
    assert bazaar.buy(article, 3).state == "paid"


@pytest.mark.behaviour("G1")
def test_a_seller_supplies_and_takes_away_what_nobody_bought(bazaar: Bazaar) -> None:
    """Stock changes by a difference or a new count, never below what is bought and not yet sent,
    by nobody but its seller; what an attribute counts is not supplied."""
    article, listings = bazaar.offer(stock=5), bazaar.market.listings
    bazaar.buy(article, 3)
    assert listings.supply(article.id, by=bazaar.seller, add=4).there == 9
    assert listings.supply(article.id, by=bazaar.seller, add=-6).left == 0
    with pytest.raises(Conflict, match="3 of stock are taken; may: 3 or more, not 2"):
        listings.supply(article.id, by=bazaar.seller, add=-1)
    assert listings.supply(article.id, by=bazaar.seller, count=4).left == 1
    for wrong in ({}, {"add": 1, "count": 1}, {"count": -1}, {"add": 2**40}, {"add": 1.5}):
        with pytest.raises(InvalidInput):
            listings.supply(article.id, by=bazaar.seller, **wrong)
    with pytest.raises(
        InvalidInput, match="not supplied by hand; may: flash, group, samples, stock"
    ):
        listings.supply(article.id, by=bazaar.seller, resource="backorder", add=1)
    with pytest.raises(NotFound):
        listings.supply(article.id, by=bazaar.ben, add=1)
    same = [listings.supply(article.id, by=bazaar.seller, add=1, key="k") for _ in range(2)]
    assert [one.there for one in same] == [5, 5]
    assert bazaar.left(article) == 2


@pytest.mark.behaviour("G2", "G1")
def test_each_variant_has_a_stock_of_its_own(bazaar: Bazaar) -> None:
    """Red sells out and gold does not; a variant that is added later begins with none."""
    article = bazaar.offer(variants=COLOURS, stock=2)
    bazaar.buy(article, 2, variant="red")
    assert (bazaar.left(article, option="red"), bazaar.left(article, option="gold")) == (0, 2)
    with pytest.raises(SoldOut):
        bazaar.buy(article, variant="red")
    bazaar.buy(article, variant="gold")
    fields = {**article.attributes, "variants": [*COLOURS, {"key": "xl"}]}
    bazaar.market.listings.change(article.id, by=bazaar.seller, attributes=fields)
    assert bazaar.left(article, option="xl") == 0
    bazaar.market.listings.supply(article.id, by=bazaar.seller, option="xl", add=1)
    bazaar.buy(article, variant="xl")
    with pytest.raises(InvalidInput, match="none twice"):
        bazaar.offer(variants=[{"key": "red"}, {"key": "red"}])


@pytest.mark.behaviour("G4", "G5", "C17")
def test_a_basket_is_a_deal_for_each_seller_and_each_way_of_sending(bazaar: Bazaar) -> None:
    """Two colours of one seller, a licence of the same and another's bowl are three deals and one
    payment; the colours share a tier and a parcel, and are packed and missed by their numbers."""
    tiers = [{"from": 1, "price": 10_00}, {"from": 5, "price": 8_00}]
    colours = bazaar.offer(without=("price",), tiers=tiers, variants=COLOURS)
    licence = bazaar.offer(without=("freight",), digital=True, title="A pattern")
    bowl = bazaar.offer(by=bazaar.ben, title="Ben's bowl", freight={"first": 1_00, "more": 0})
    quotes = bazaar.basket(
        Item(colours.id, 3, "red"), Item(bowl.id), Item(colours.id, 2, "gold"), Item(licence.id)
    )
    told = sorted((one.part, tuple(one.items), owed(one)) for one in quotes)
    # 3 at 8.00, 2 at 11.00, and 5.00 + 4 x 1.00 of freight.
    assert told == [("", (1, 3), 46_00 + 9_00), ("", (2,), 11_00), ("digital", (4,), 10_00)]
    placed = bazaar.market.checkouts.place([one.id for one in quotes], by=bazaar.mia, pay=CARD)
    deals = bazaar.market.checkouts.get(placed.id, by=bazaar.mia).transactions
    assert sorted(bazaar.money(one)[0] for one in deals) == [10_00, 11_00, 55_00]
    payments = [
        paid for one in deals for paid in bazaar.market.transactions.payments(one.id, by=OPERATOR)
    ]
    assert (len(payments), len({one.reference for one in payments})) == (3, 1)
    (both,) = [one for one in deals if len(one.items) == 2]
    bazaar.take(both, "confirm", bazaar.seller)
    with pytest.raises(Refused, match="goods_of_which_item"):
        bazaar.take(both, "pack", bazaar.seller, parcel="A", quantity=2)
    bazaar.take(both, "pack", bazaar.seller, parcel="A", items={"1": 2})
    with pytest.raises(Refused, match="goods_short_of_some"):
        bazaar.take(both, "short", bazaar.seller, items={"1": 1})
    bazaar.take(both, "short", bazaar.seller, items={"3": 1})
    assert bazaar.money(both) == (55_00, 11_00)
    assert bazaar.left(colours, option="gold") == 9
    bazaar.take(both, "ship", bazaar.seller, parcel="B")
    parcels = bazaar.now(both).attributes["parcels"]
    assert [one["items"] for one in parcels] == [{"1": 2}, {"1": 1, "3": 1}]
    stock = {
        one.option: one.there
        for one in bazaar.market.listings.stock(colours.id, by=bazaar.mia)
        if one.resource == "stock"
    }
    assert stock == {"red": 7, "gold": 9}
    assert faults(bazaar.market) == []


@pytest.mark.behaviour("G5", "G2")
def test_what_is_not_there_yet_is_promised_up_to_a_number(bazaar: Bazaar) -> None:
    """A backorder is sent later than an order, takes no stock, and ends where its number is."""
    article = bazaar.offer(stock=1, backorder={"most": 3, "days": 20})
    deals = place(
        bazaar, bazaar.basket(Item(article.id), Item(article.id, 3, "", {"backorder": True}))
    )
    by_then = NEW_YEAR + 3 * DAY
    assert deals["order"].moments["ship_by"] == by_then
    assert deals["backorder"].moments["ship_by"] == by_then + 20 * DAY
    assert (bazaar.left(article), bazaar.left(article, "backorder")) == (0, 0)
    with pytest.raises(SoldOut):
        bazaar.buy(article, backorder=True)
    bazaar.take(deals["backorder"], "confirm", bazaar.seller)
    bazaar.take(deals["backorder"], "ship", bazaar.seller, parcel="A")
    assert bazaar.left(article, "backorder") == 3
    assert bazaar.why_not(bazaar.offer(), backorder=True) == {"goods_no_backorder"}


@pytest.mark.behaviour("G10")
def test_a_flash_sale_has_a_time_and_an_end_of_pieces(bazaar: Bazaar) -> None:
    """Between two hours a bowl costs 4.00, for the first three and two for each; then 10.00."""
    begins, ends = NEW_YEAR + HOUR, NEW_YEAR + 3 * HOUR
    flash = {"price": 4_00, "from": begins.isoformat(), "to": ends.isoformat(), "each": 2}
    article = bazaar.offer(flash=flash, flash_stock=3)
    assert bazaar.why_not(article, flash=True) == {"goods_no_flash_now"}
    bazaar.market.advance(HOUR)
    assert bazaar.why_not(article, 3, flash=True) == {"goods_flash_each"}
    with pytest.raises(Refused, match="goods_flash_each"):
        bazaar.basket(*(Item(article.id, n, attributes={"flash": True}) for n in (2, 1)))
    deal = bazaar.buy(article, 2, flash=True)
    assert bazaar.money(deal) == (14_00, 0)
    refused = bazaar.buy(article, flash=True)
    with pytest.raises(SoldOut):
        bazaar.buy(article, flash=True)
    bazaar.take(refused, "refuse", bazaar.seller)
    bazaar.take(deal, "confirm", bazaar.seller)
    assert (bazaar.left(article, "flash"), bazaar.left(article)) == (1, 8)
    bazaar.take(deal, "ship", bazaar.seller, parcel="A")
    assert (bazaar.left(article, "flash"), bazaar.left(article)) == (1, 8)
    bazaar.market.advance(2 * HOUR)
    assert bazaar.why_not(article, flash=True) == {"goods_no_flash_now"}
    assert amounts(bazaar.price(article))["goods"] == 10_00


@pytest.mark.behaviour("G5")
@pytest.mark.invariant(28)
def test_what_was_missing_of_one_item_stays_missing(small_bazaar: Bazaar) -> None:
    """Of two engravings of one bowl first one is short and then the other: what was given up of the
    first is not claimed again, and only what is sent leaves the shelf."""
    bazaar = small_bazaar
    article = bazaar.offer(custom=[{"name": "name", "kind": "text"}], stock=20)
    wishes = [Item(article.id, 5, "", {"custom": {"name": name}}) for name in ("Mia", "Ben")]
    (quote,) = bazaar.basket(*wishes)
    deal = bazaar.market.transactions.open(quote.id, by=bazaar.mia, pay=CARD)
    bazaar.take(deal, "confirm", bazaar.seller)
    bazaar.take(deal, "short", bazaar.seller, items={"1": 2})
    assert bazaar.left(article) == 13
    bazaar.take(deal, "short", bazaar.seller, items={"2": 3})
    assert bazaar.left(article) == 15
    bazaar.take(deal, "ship", bazaar.seller, parcel="A")
    (stock,) = [
        one
        for one in bazaar.market.listings.stock(article.id, by=bazaar.mia)
        if one.resource == "stock"
    ]
    assert (stock.there, stock.taken) == (15, 0)


@pytest.mark.behaviour("G2")
def test_articles_of_hundreds_of_variants_share_a_basket(small_bazaar: Bazaar) -> None:
    """Three articles of five hundred variants each: the last variant of each is claimed, and is
    free again when the order is undone."""
    bazaar, many = small_bazaar, [{"key": f"v{number}"} for number in range(500)]
    articles = [bazaar.offer(variants=many, stock=0) for _ in range(3)]
    for one in articles:
        bazaar.market.listings.supply(one.id, by=bazaar.seller, option="v499", add=3)
    (quote,) = bazaar.basket(*(Item(one.id, 1, "v499") for one in articles))
    deal = bazaar.market.transactions.open(quote.id, by=bazaar.mia, pay=CARD)
    assert [bazaar.left(one, option="v499") for one in articles] == [2, 2, 2]
    bazaar.take(deal, "withdraw", bazaar.mia)
    assert [bazaar.left(one, option="v499") for one in articles] == [3, 3, 3]


class Shelf(RuleBasedStateMachine):
    """A seller's shelf, beside a count kept by hand of what came, what is bought and what left."""

    def __init__(self) -> None:
        super().__init__()
        self.bazaar = open_bazaar("sqlite://")
        self.article: Listing = self.bazaar.offer(stock=6)
        self.supplied, self.sent = 6, 0
        self.paid: list[tuple[Transaction, int]] = []
        self.unpaid: list[int] = []

    @property
    def bought(self) -> int:
        """Pieces that are claimed and did not leave."""
        return sum(count for _, count in self.paid) + sum(self.unpaid)

    @rule(add=st.integers(-4, 6))
    def supply(self, add: int) -> None:
        """More come, or some are taken away; never some that are bought."""
        left = self.supplied - self.sent - self.bought
        try:
            self.bazaar.market.listings.supply(self.article.id, by=self.bazaar.seller, add=add)
        except (Conflict, InvalidInput):
            assert left + add < 0
        else:
            assert left + add >= 0
            self.supplied += add

    @rule(count=st.integers(1, 4), pays=st.booleans())
    def buy(self, count: int, pays: bool) -> None:
        """Somebody buys, and pays or does not."""
        left = self.supplied - self.sent - self.bought
        pay = CARD if pays else Pay("card", means="tok_declined")
        try:
            deal = self.bazaar.buy(self.article, count, pay=pay)
        except SoldOut:
            assert left < count
            return
        assert left >= count
        if pays:
            self.bazaar.take(deal, "confirm", self.bazaar.seller)
            self.paid.append((deal, count))
        else:
            self.unpaid.append(count)

    @rule(which=st.integers(0, 9), way=st.sampled_from(["ship", "call_off", "short"]))
    def go_on(self, which: int, way: str) -> None:
        """A deal is sent, called off, or one piece of it is missing."""
        if not self.paid:
            return
        deal, count = self.paid.pop(which % len(self.paid))
        if way == "ship":
            self.bazaar.take(deal, "ship", self.bazaar.seller, parcel="A")
            self.sent += count
        elif way == "call_off":
            self.bazaar.take(deal, "call_off", self.bazaar.seller)
        elif count > 1:
            self.bazaar.take(deal, "short", self.bazaar.seller, quantity=count - 1)
            self.paid.append((deal, count - 1))
        else:
            self.paid.append((deal, count))

    @rule()
    def wait(self) -> None:
        """Half an hour later nobody has a claim who did not pay."""
        self.bazaar.market.advance(30 * MINUTE)
        self.unpaid.clear()

    @invariant()
    def what_came_is_sent_or_bought_or_left(self) -> None:
        """Sent and claimed and left come to what was supplied, at every moment."""
        stock = self.bazaar.market.listings.stock(self.article.id, by=self.bazaar.mia)
        (there,) = [one for one in stock if one.resource == "stock"]
        assert (there.there, there.taken) == (self.supplied - self.sent, self.bought)
        assert there.left + there.taken + self.sent == self.supplied

    def teardown(self) -> None:
        """Nothing of the books or counts has drifted."""
        assert faults(self.bazaar.market) == []
        self.bazaar.market.close()


@pytest.mark.invariant(28, 24)
def test_sold_and_reserved_and_left_are_the_stock() -> None:
    """Whatever is supplied, bought, sent, called off, missing or never paid: sent, claimed and left
    are what was supplied."""
    Shelf.TestCase.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
    Shelf.TestCase().runTest()
