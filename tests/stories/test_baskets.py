"""A basket: one request for things of several sellers, quoted seller by seller, paid as one."""

from typing import Any

import pytest

from marketplace import (
    DAY,
    OPERATOR,
    Conflict,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    Item,
    LimitExceeded,
    Limits,
    Money,
    NotFound,
    Pay,
    SoldOut,
    StaleVersion,
)
from marketplace.plugins.coupons import Coupons
from marketplace.plugins.coupons.desk import CouponDesk
from marketplace.testing.soundness import faults
from tests.support.square import CARD, Square, open_square


@pytest.fixture
def square(database_url: str) -> Any:
    """A bazaar with coupons, on each database."""
    opened = open_square(database_url, more=[Coupons()])
    yield opened
    opened.market.close()


def _desk(square: Square) -> CouponDesk:
    return CouponDesk(square.market)


def _quotes(square: Square, request_id: str) -> list[str]:
    return [one.id for one in square.market.quotes.make_each(request_id, by=square.shopper)]


@pytest.mark.behaviour("G4")
def test_a_basket_is_quoted_seller_by_seller(square: Square) -> None:
    """Two things of one seller are one deal with two lines, a third of another seller another; what
    is made to order is a deal of its own; each deal knows its items by their numbers."""
    bowl, tea = square.shelf(1_850), square.shelf(300)
    lamp = square.shelf(2_400, by=square.sellers[0])
    request = square.wants(
        Item(bowl.id), Item(tea.id, 4), Item(lamp.id), Item(bowl.id, attributes={"engraving": "M"})
    )
    quotes = square.market.quotes.make_each(request.id, by=square.shopper)
    assert [(one.items, one.part, one.payin.amount) for one in quotes] == [
        ((1, 3), "", 4_250), ((2,), "", 1_200), ((4,), "made", 1_850),
    ]  # fmt: skip
    checkout = square.market.checkouts.place(
        [one.id for one in quotes], by=square.shopper, pay=CARD
    )
    deals = {tuple(one.number for one in deal.items): deal for deal in square.deals(checkout.id)}
    assert set(deals) == {(1, 3), (2,), (4,)}
    assert deals[1, 3].listing_id is None
    assert deals[2,].listing_id == tea.id
    assert [one["captured"] for one in square.bank.charges()] == [7_300]
    assert square.market.requests.get(request.id, by=square.shopper).state == "agreed"
    seats = square.market.transactions.seats(deals[1, 3].id, by=OPERATOR)
    assert {one.role: one.party_id for one in seats} == {
        "customer": square.shopper.id, "provider": square.sellers[0].id,
    }  # fmt: skip
    square.market.advance(14 * DAY)
    assert square.states(checkout.id) == ["cancelled"] * 3
    assert [one["refunded"] for one in square.bank.charges()] == [7_300]
    assert faults(square.market) == []


@pytest.mark.behaviour("G4")
@pytest.mark.invariant(9)
def test_a_platform_coupon_is_shared_out_to_the_last_cent(square: Square) -> None:
    """Ten dollars over 24.00, 18.50 and 30.00 are 331, 255 and 414 cents, by largest remainder;
    every line computes itself again, and one use is counted for all of it."""
    shelves = [square.shelf(price, currency="USD") for price in (2_400, 1_850, 3_000)]
    coupon = _desk(square).issue("TEN", by=OPERATOR, amount=Money(1_000, "USD"), uses=1)
    request = square.wants(*(Item(one.id) for one in shelves), currency="USD")
    _desk(square).present(request.id, ["TEN"], by=square.shopper)
    quotes = square.market.quotes.make_each(request.id, by=square.shopper)
    lines = [[one for one in each.lines if one.rule == "coupons.discount"] for each in quotes]
    assert [one.amount.amount for (one,) in lines] == [331, 255, 414]
    assert {one.payer for (one,) in lines} == {"operator"}
    checkout = square.market.checkouts.place(
        [one.id for one in quotes], by=square.shopper, pay=CARD
    )
    assert [one["captured"] for one in square.bank.charges()] == [6_250]
    assert _desk(square).get(coupon.id, by=OPERATOR).used == 1
    for deal in square.deals(checkout.id):
        for _, line, amount in square.market.quotes.recompute(deal.id):
            assert line.amount.amount == amount
    first, *others = square.deals(checkout.id)
    square.market.transactions.take(first.id, "call_off", by=square.shopper)
    assert _desk(square).get(coupon.id, by=OPERATOR).used == 1
    for deal in others:
        square.market.transactions.take(deal.id, "call_off", by=square.shopper)
    assert _desk(square).get(coupon.id, by=OPERATOR).used == 0
    assert [one["refunded"] for one in square.bank.charges()] == [6_250]
    assert faults(square.market) == []


@pytest.mark.attack(22)
def test_a_sellers_coupon_lowers_only_his_part(square: Square) -> None:
    """Stacked on the platform's, which is shared out over what the seller's left; never below
    nothing, and no part gets from another's seller."""
    bowl, tea = square.shelf(2_000), square.shelf(2_000)
    _desk(square).issue("HALF", by=square.sellers[0], bp=5_000, stackable=True)
    _desk(square).issue(
        "BIG", by=OPERATOR, amount=Money(100_000, "NPR"), stackable=True, uses_each=None
    )
    request = square.wants(Item(bowl.id), Item(tea.id))
    _desk(square).present(request.id, ["BIG", "HALF"], by=square.shopper)
    mine, other = square.market.quotes.make_each(request.id, by=square.shopper)
    given = [
        [(one.payer, one.amount.amount) for one in each.lines if one.rule == "coupons.discount"]
        for each in (mine, other)
    ]
    assert given == [[("provider", 1_000), ("operator", 1_000)], [("operator", 2_000)]]
    assert (mine.payin.amount, other.payin.amount) == (0, 0)


@pytest.mark.behaviour("G4")
def test_one_sold_out_item_says_which_quote(square: Square) -> None:
    """All the items of a part are claimed or none; nothing is charged."""
    bowl, tea = square.shelf(1_850), square.shelf(300, stock=3)
    cup = square.shelf(500, stock=1, by=square.sellers[1])
    request = square.wants(Item(bowl.id), Item(tea.id, 3), Item(cup.id, 2))
    quotes = _quotes(square, request.id)
    with pytest.raises(SoldOut) as refused:
        square.market.checkouts.place(quotes, by=square.shopper, pay=CARD)
    assert refused.value.params["quote"] == quotes[1]
    assert square.bank.charges() == []
    fewer = square.market.requests.change(
        request.id,
        by=square.shopper,
        items=[Item(bowl.id), Item(tea.id, 3), Item(cup.id, 1)],
        version=request.version,
    )
    with pytest.raises(Conflict) as stale:
        square.market.checkouts.place(quotes, by=square.shopper, pay=CARD)
    assert stale.value.code == "quote_for_another_asking"
    with pytest.raises(StaleVersion):
        square.market.requests.change(
            request.id, by=square.shopper, items=[Item(bowl.id)], version=request.version
        )
    assert [one.quantity for one in fewer.items] == [1, 3, 1]
    checkout = square.market.checkouts.place(
        _quotes(square, request.id), by=square.shopper, pay=CARD
    )
    assert square.states(checkout.id) == ["paid", "paid"]
    with pytest.raises(SoldOut):
        square.market.transactions.open(square.quote(tea).id, by=square.shopper, pay=CARD)


def test_a_seller_reads_what_is_wanted_of_him_alone(square: Square) -> None:
    """Of a basket a seller sees the items of his own listings, a stranger nothing."""
    bowl, tea = square.shelf(1_850), square.shelf(300)
    request = square.wants(Item(bowl.id), Item(tea.id, 4))
    seen = square.market.requests.get(request.id, by=square.sellers[1])
    assert [one.listing_id for one in seen.items] == [tea.id]
    with pytest.raises(NotFound):
        square.market.requests.get(request.id, by=square.market.parties.join("Ben"))
    assert len(square.market.requests.get(request.id, by=square.shopper).items) == 2


@pytest.mark.attack(15)
def test_nobody_buys_of_himself_in_a_basket(square: Square) -> None:
    """A basket with one own listing among others is refused whole, naming the item."""
    tea = square.shelf(300)
    own = square.shelf(500, by=square.shopper)
    with pytest.raises(Forbidden) as refused:
        square.wants(Item(tea.id), Item(own.id))
    assert (refused.value.code, refused.value.params["item"]) == ("self_dealing", 2)


@pytest.mark.attack(26)
def test_a_friends_consent_is_for_all_parts_of_a_basket(square: Square) -> None:
    """Who agreed to pay 1,000 pays 1,000 over all sellers, and not so much to each of them."""
    ben = square.market.parties.join("Ben")
    request = square.wants(Item(square.shelf(2_000).id), Item(square.shelf(2_000).id))
    square.market.payments.share(
        request.id, by=ben, method="card", most=Money(1_000, "NPR"), means="tok_ok"
    )
    quotes = _quotes(square, request.id)
    for amount, fits in ((1_001, False), (1_000, True)):
        his = Pay("card", party_id=ben.id, amount=Money(amount, "NPR"))
        if not fits:
            with pytest.raises(Forbidden):
                square.market.checkouts.place(quotes, by=square.shopper, pay=[his, CARD])
            continue
        checkout = square.market.checkouts.place(quotes, by=square.shopper, pay=[his, CARD])
        assert square.states(checkout.id) == ["paid", "paid"]
    assert sorted(one["captured"] for one in square.bank.charges()) == [1_000, 3_000]


@pytest.mark.attack(10)
def test_a_listing_in_a_basket_keeps_its_currency(square: Square) -> None:
    """Once a basket with it was bought, its prices mean what they meant."""
    bowl, lamp = square.shelf(1_850), square.shelf(2_400)
    cup = square.shelf(500, by=square.sellers[0])
    request = square.wants(Item(bowl.id), Item(cup.id), Item(lamp.id))
    square.market.checkouts.place(_quotes(square, request.id), by=square.shopper, pay=CARD)
    with pytest.raises(IllegalTransition):
        square.market.listings.change(cup.id, by=square.sellers[0], currency="USD")


@pytest.mark.attack(39)
def test_bad_items_are_told_by_their_number() -> None:
    """Nothing of it is written: no listing, no such field, no quantity, another currency, too many,
    a basket beside a listing, and a single price for a basket."""
    square = open_square(limits=Limits(items=2))
    bowl, foreign = square.shelf(1_850), square.shelf(900, currency="EUR")
    with pytest.raises(NotFound) as missing:
        square.wants(Item(bowl.id), Item("lst_none"))
    assert missing.value.params["item"] == 2
    for item in (
        Item(bowl.id, 0),
        Item(bowl.id, attributes={"colour": "red"}),
        Item(foreign.id),
    ):
        with pytest.raises(InvalidInput):
            square.wants(item)
    with pytest.raises(LimitExceeded):
        square.wants(*[Item(bowl.id)] * 3)
    with pytest.raises(InvalidInput):
        square.market.requests.open(
            "bazaar", by=square.shopper, currency="NPR", listing=bowl.id, items=[Item(bowl.id)]
        )
    assert list(square.market.requests.list(by=square.shopper)) == []
    request = square.wants(Item(bowl.id))
    with pytest.raises(InvalidInput):
        square.market.quotes.make(request.id, by=square.shopper)
    single = square.quote(bowl)
    with pytest.raises(InvalidInput):
        square.market.quotes.make_each(single.request_id or "", by=square.shopper)
