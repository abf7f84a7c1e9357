"""Goods sold, sent and paid for, to the cent: in one parcel, in several, as samples and keys."""

import pytest

from marketplace import DAY, HOUR, MINUTE, OPERATOR, IllegalTransition, Money, Pay, Purpose, Refused
from tests.support.bazaar import Bazaar


@pytest.mark.behaviour("G6", "G2")
def test_a_seller_is_paid_ten_days_after_delivery(bazaar: Bazaar) -> None:
    """Three bowls and freight are 37.00; ten silent days after delivery the seller has 33.30."""
    deal = bazaar.sent(bazaar.offer(), 3)
    assert (deal.state, bazaar.money(deal)) == ("shipped", (37_00, 0))
    bazaar.market.advance(20 * DAY)
    assert bazaar.state(deal) == "shipped"
    bazaar.take(deal, "deliver", bazaar.seller, evidence="signed by Mia")
    bazaar.market.advance(10 * DAY - HOUR)
    assert (bazaar.state(deal), bazaar.balance(bazaar.seller)) == ("delivered", 0)
    bazaar.market.advance(HOUR)
    assert (bazaar.state(deal), bazaar.balance(bazaar.seller)) == ("completed", 33_30)
    assert bazaar.market.ledger.sums() == {"EUR": 0}
    bazaar.market.payouts.run(by=OPERATOR)
    assert bazaar.balance(bazaar.seller) == 0


@pytest.mark.behaviour("G6", "C23")
def test_long_transit_is_not_delivery(bazaar: Bazaar) -> None:
    """What never arrives is given back when the protection ends, extended only within bounds."""
    deal = bazaar.sent(bazaar.offer(), 3)
    first = bazaar.now(deal).moments["protected_until"]
    with pytest.raises(Refused, match="goods_extend_within"):
        bazaar.take(deal, "extend", bazaar.mia, protected_until=first - DAY)
    bazaar.take(deal, "extend", bazaar.mia, protected_until=first + 20 * DAY)
    with pytest.raises(Refused, match="goods_extend_within"):
        bazaar.take(deal, "extend", bazaar.seller, protected_until=first + 31 * DAY)
    bazaar.market.advance(first + 20 * DAY - HOUR - bazaar.market.context.now())
    assert bazaar.state(deal) == "shipped"
    bazaar.market.advance(HOUR)
    assert (bazaar.state(deal), bazaar.money(deal)) == ("cancelled", (37_00, 37_00))
    assert bazaar.balance(bazaar.seller) == 0


@pytest.mark.behaviour("G5")
def test_parcels_are_sent_one_by_one_and_must_all_arrive(bazaar: Bazaar) -> None:
    """Five pieces go in three parcels; no piece leaves twice, and delivery waits for every one."""
    deal = bazaar.buy(bazaar.offer(), 5)
    bazaar.take(deal, "confirm", bazaar.seller)
    bazaar.take(deal, "pack", bazaar.seller, parcel="A", quantity=2)
    for parcel, quantity, why in (("A", 1, "parcel_twice"), ("B", 4, "parcel_of_the_rest")):
        with pytest.raises(Refused, match=why):
            bazaar.take(deal, "pack", bazaar.seller, parcel=parcel, quantity=quantity)
    bazaar.take(deal, "pack", bazaar.seller, parcel="B", quantity=1)
    with pytest.raises(Refused, match="goods_pieces_left"):
        bazaar.take(deal, "ship", bazaar.seller)
    bazaar.take(deal, "ship", bazaar.seller, parcel="C")
    kept = bazaar.now(deal).attributes["parcels"]
    assert [(one["parcel"], one["quantity"]) for one in kept] == [("A", 2), ("B", 1), ("C", 2)]
    for parcel in ("B", "A"):
        with pytest.raises(Refused, match="goods_parcels_away"):
            bazaar.take(deal, "deliver", bazaar.seller, evidence="all there")
        bazaar.take(deal, "arrived", bazaar.seller, parcel=parcel, evidence="signed")
    with pytest.raises(Refused, match="goods_no_such_parcel"):
        bazaar.take(deal, "arrived", bazaar.seller, parcel="A", evidence="again")
    assert bazaar.take(deal, "deliver", bazaar.seller, evidence="signed").state == "delivered"


@pytest.mark.behaviour("C5")
def test_what_is_missing_is_given_back_and_the_rest_is_sent(bazaar: Bazaar) -> None:
    """Of three pieces two are there: the third's 10.00 goes back, with its part of the tax."""
    deal = bazaar.buy(bazaar.offer(), 3, country="DE")
    assert bazaar.money(deal) == (44_03, 0)
    bazaar.take(deal, "confirm", bazaar.seller)
    for quantity in (0, 3):
        with pytest.raises(Refused, match="goods_short_of_some"):
            bazaar.take(deal, "short", bazaar.seller, quantity=quantity)
    bazaar.take(deal, "short", bazaar.seller, quantity=2)
    # 20.00 of goods and 7.00 of freight bear 5.13 of tax.
    assert bazaar.money(deal) == (44_03, 44_03 - 32_13)
    bazaar.take(deal, "ship", bazaar.seller, parcel="A")
    bazaar.take(deal, "receive", bazaar.mia)
    assert bazaar.balance(bazaar.seller) == 24_30
    assert bazaar.market.ledger.sums() == {"EUR": 0}


@pytest.mark.behaviour("G2")
def test_a_sample_goes_before_an_order(bazaar: Bazaar) -> None:
    """A sample has a price, a stock and a process of its own, and leaves the goods alone."""
    article = bazaar.offer(sample={"price": 3_00, "most": 2}, samples=2, moq=5)
    deal = bazaar.buy(article, 2, sample=True)
    assert (deal.process, bazaar.money(deal)) == ("sample", (12_00, 0))
    full = bazaar.buy(article, 10)
    assert full.process == "order"
    bazaar.take(deal, "ship", bazaar.seller, parcel="S1")
    bazaar.market.advance(45 * DAY)
    assert (bazaar.state(deal), bazaar.balance(bazaar.seller)) == ("completed", 10_80)


def test_a_key_is_read_by_its_buyer_alone(bazaar: Bazaar) -> None:
    """What has no weight needs no country; the key is the buyer's, and three days end it."""
    article = bazaar.offer(without=("freight",), digital=True)
    deal = bazaar.buy(article, country=None)
    assert (deal.process, bazaar.money(deal)) == ("digital", (10_00, 0))
    bazaar.take(deal, "hand_over", bazaar.seller, licence="1234-5678")
    read = [
        bazaar.market.transactions.get(deal.id, by=one).attributes
        for one in (bazaar.mia, bazaar.seller)
    ]
    assert [one.get("licence") for one in read] == ["1234-5678", None]
    bazaar.market.advance(3 * DAY)
    assert (bazaar.state(deal), bazaar.balance(bazaar.seller)) == ("completed", 9_00)
    late = bazaar.buy(article, country=None)
    bazaar.market.advance(DAY)
    assert (bazaar.state(late), bazaar.money(late)) == ("cancelled", (10_00, 10_00))


@pytest.mark.behaviour("C23")
def test_a_basket_that_is_not_paid_gives_its_goods_back(bazaar: Bazaar) -> None:
    """A card that says no leaves the goods claimed for half an hour, and for nobody after it."""
    article = bazaar.offer(stock=3)
    deal = bazaar.buy(article, 3, pay=Pay("card", means="tok_declined"))
    assert (deal.state, bazaar.money(deal)) == ("unpaid", (0, 0))
    bazaar.market.advance(30 * MINUTE)
    assert bazaar.state(deal) == "lapsed"
    assert bazaar.buy(article, 3).state == "paid"


@pytest.mark.attack(10)
def test_an_article_that_was_sold_keeps_its_currency(bazaar: Bazaar) -> None:
    """Once something was sold for euros, the same article is not priced in another currency."""
    article = bazaar.offer()
    bazaar.buy(article)
    with pytest.raises(IllegalTransition):
        bazaar.market.listings.change(article.id, by=bazaar.seller, currency="USD")


@pytest.mark.attack(61)
@pytest.mark.behaviour("C11")
def test_a_claim_after_the_payout_is_a_debt_of_the_sellers(bazaar: Bazaar) -> None:
    """Who was paid out 33.30 and gives back 10.00 owes 9.00; the next sale pays it, not us."""
    article = bazaar.offer()
    deal = bazaar.sent(article, 3)
    bazaar.take(deal, "receive", bazaar.mia)
    bazaar.market.payouts.run(by=OPERATOR)
    assert bazaar.balance(bazaar.seller) == 0
    ten = {"why": "a crack", "refund": Money.of("10", "EUR")}
    asked = bazaar.market.transactions.follow_up(deal.id, "claim", by=bazaar.mia, asks=ten)
    bazaar.take(asked, "give_in", bazaar.seller)
    assert bazaar.state(asked) == "paid"
    assert bazaar.money(deal) == (37_00, 10_00)
    assert bazaar.balance(bazaar.seller, Purpose.RECEIVABLE) == 9_00
    again = bazaar.sent(article, 3)
    bazaar.take(again, "receive", bazaar.mia)
    assert bazaar.balance(bazaar.seller, Purpose.RECEIVABLE) == 0
    assert bazaar.balance(bazaar.seller) == 33_30 - 9_00
    assert bazaar.market.ledger.sums() == {"EUR": 0}


@pytest.mark.attack(10)
@pytest.mark.behaviour("C11")
def test_a_debt_is_not_paid_in_another_currency(bazaar: Bazaar) -> None:
    """Who owes 9.00 euros has all of what he earns in dollars; the next euros pay it."""
    deal = bazaar.sent(bazaar.offer(), 3)
    bazaar.take(deal, "receive", bazaar.mia)
    bazaar.market.payouts.run(by=OPERATOR)
    ten = {"why": "a crack", "refund": Money.of("10", "EUR")}
    asked = bazaar.market.transactions.follow_up(deal.id, "claim", by=bazaar.mia, asks=ten)
    bazaar.take(asked, "give_in", bazaar.seller)
    abroad = bazaar.sent(bazaar.offer(currency="USD"), 3)
    bazaar.take(abroad, "receive", bazaar.mia)
    books = bazaar.market.ledger.balances(bazaar.seller.id, by=OPERATOR)
    stands = {(one.account.purpose, one.account.currency): one.posted for one in books}
    assert stands[Purpose.RECEIVABLE, "EUR"] == 9_00
    assert stands[Purpose.PAYABLE, "USD"] == 33_30
    assert not stands.get((Purpose.RECEIVABLE, "USD"))
    again = bazaar.sent(bazaar.offer(), 3)
    bazaar.take(again, "receive", bazaar.mia)
    assert bazaar.balance(bazaar.seller, Purpose.RECEIVABLE) == 0
    assert bazaar.market.ledger.sums() == {"EUR": 0, "USD": 0}


@pytest.mark.attack(61)
def test_the_same_claim_twice_gives_money_once(bazaar: Bazaar) -> None:
    """A second claim of the 10.00 that were given back gives nothing more, and takes nothing."""
    deal = bazaar.sent(bazaar.offer(), 3)
    bazaar.take(deal, "receive", bazaar.mia)
    ten = {"why": "a crack", "refund": Money.of("10", "EUR")}
    for _ in range(2):
        asked = bazaar.market.transactions.follow_up(deal.id, "claim", by=bazaar.mia, asks=ten)
        bazaar.take(asked, "give_in", bazaar.seller)
        assert bazaar.money(deal) == (37_00, 10_00)
        assert bazaar.balance(bazaar.seller) == 33_30 - 9_00
    assert bazaar.market.ledger.sums() == {"EUR": 0}
