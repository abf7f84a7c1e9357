"""A basket of several sellers: paid as one, and each deal goes its own way afterwards."""

from typing import Any

import pytest
from attrs import evolve

from marketplace import (
    MINUTE,
    OPERATOR,
    Answer,
    Forbidden,
    IllegalTransition,
    Intent,
    InvalidInput,
    LimitExceeded,
    Limits,
    Money,
    NotFound,
    Order,
    Pay,
    Refused,
    SoldOut,
)
from marketplace.plugins.sandbox import Sandbox
from marketplace.testing.soundness import faults
from tests.support.square import CARD, OPENS, Deaf, Square, open_square

DECLINED = Pay("card", means="tok_declined")


@pytest.fixture
def square(database_url: str) -> Any:
    """A bazaar on each database."""
    opened = open_square(database_url)
    yield opened
    opened.market.close()


def _sound(square: Square) -> None:
    assert faults(square.market) == []
    assert set(square.market.ledger.sums().values()) <= {0}


def _charges(square: Square) -> list[tuple[int, int]]:
    return [(one["captured"], one["refunded"]) for one in square.bank.charges()]


@pytest.mark.behaviour("G4")
def test_three_sellers_are_paid_by_one_charge(square: Square) -> None:
    """The bank is asked once for the sum, and each deal has exactly its own part of it."""
    checkout = square.market.checkouts.place(
        square.basket(2_400, 1_850, 3_000), by=square.shopper, pay=CARD
    )
    assert square.states(checkout.id) == ["paid", "paid", "paid"]
    assert _charges(square) == [(7_250, 0)]
    view = square.market.checkouts.get(checkout.id, by=square.shopper)
    assert sorted(one.amount for one in view.allocation.values()) == [1_850, 2_400, 3_000]
    references = {
        payment.reference
        for deal in view.transactions
        for payment in square.market.transactions.payments(deal.id, by=OPERATOR)
    }
    assert len(references) == 1
    _sound(square)


@pytest.mark.behaviour("C17")
@pytest.mark.invariant(9)
def test_each_deal_of_a_checkout_ends_by_itself(square: Square) -> None:
    """One seller declines, one sends, one is called off: each refund is its deal's part, no more,
    and the seller who sent is paid."""
    checkout = square.market.checkouts.place(
        square.basket(2_400, 1_850, 3_000), by=square.shopper, pay=CARD
    )
    take = square.market.transactions.take
    by_price = {
        square.market.listings.get(deal.listing_id or "", by=OPERATOR).attributes["price"]: deal
        for deal in square.deals(checkout.id)
    }
    take(by_price[2_400].id, "refuse", by=square.sellers[0])
    assert _charges(square) == [(7_250, 2_400)]
    take(by_price[3_000].id, "call_off", by=square.shopper)
    assert _charges(square) == [(7_250, 5_400)]
    take(by_price[1_850].id, "ship", by=square.sellers[1])
    take(by_price[1_850].id, "receive", by=square.shopper)
    with pytest.raises(IllegalTransition):
        take(by_price[3_000].id, "call_off", by=square.shopper)
    assert _charges(square) == [(7_250, 5_400)]
    view = square.market.checkouts.get(checkout.id, by=square.shopper)
    assert sorted(one.amount for one in view.allocation.values()) == [0, 0, 1_850]
    _sound(square)


@pytest.mark.behaviour("G4")
def test_together_one_sold_out_line_undoes_all_of_it(square: Square) -> None:
    """Nothing is charged, nothing stays reserved, and the refusal names the quote."""
    lamp, bowl = square.shelf(2_400), square.shelf(1_850, stock=1)
    quotes = [square.quote(lamp).id, square.quote(bowl, 2).id]
    with pytest.raises(SoldOut) as refused:
        square.market.checkouts.place(quotes, by=square.shopper, pay=CARD)
    assert refused.value.params["quote"] == quotes[1]
    assert _charges(square) == []
    assert list(square.market.transactions.list(by=OPERATOR)) == []
    assert list(square.market.checkouts.list(by=square.shopper)) == []
    other = square.market.checkouts.place(
        [square.quote(lamp, 10).id, square.quote(bowl, 1).id], by=square.shopper, pay=CARD
    )
    assert square.states(other.id) == ["paid", "paid"]


@pytest.mark.behaviour("G4")
def test_each_for_itself_what_is_sold_out_is_left_out(square: Square) -> None:
    """The others are bought, a fixed part is split over them alone, and it says what is missing."""
    lamp, bowl, tea = square.shelf(2_400), square.shelf(1_850, stock=1), square.shelf(3_000)
    quotes = [square.quote(lamp).id, square.quote(bowl, 2).id, square.quote(tea).id]
    pay = [Pay("card", means="tok_ok", amount=Money(540, "NPR")), Pay("card", means="tok_two")]
    checkout = square.market.checkouts.place(quotes, by=square.shopper, pay=pay, together=False)
    assert [(one.quote_id, one.reason.code) for one in checkout.left_out] == [
        (quotes[1], "sold_out")
    ]
    assert square.states(checkout.id) == ["paid", "paid"]
    assert sorted(_charges(square)) == [(540, 0), (4_860, 0)]
    request = square.market.quotes.get(quotes[1], by=square.shopper).request_id
    assert square.market.requests.get(request or "", by=square.shopper).state == "open"
    with pytest.raises(SoldOut):
        square.market.checkouts.place(quotes[1:2], by=square.shopper, pay=CARD, together=False)
    _sound(square)


@pytest.mark.behaviour("G4")
def test_the_banks_no_reaches_every_deal_at_once(square: Square) -> None:
    """All wait to be paid again; they are paid or given up as one, never one alone."""
    checkout = square.market.checkouts.place(
        square.basket(2_400, 1_850), by=square.shopper, pay=DECLINED
    )
    assert square.states(checkout.id) == ["unpaid", "unpaid"]
    for row in ("pay", "give_up"):
        with pytest.raises(Refused) as refused:
            square.market.transactions.take(square.deals(checkout.id)[0].id, row, by=square.shopper)
        assert refused.value.code == "paid_as_one"
    square.market.checkouts.pay(checkout.id, by=square.shopper)
    assert square.states(checkout.id) == ["unpaid", "unpaid"]
    square.market.checkouts.withdraw(checkout.id, by=square.shopper)
    assert square.states(checkout.id) == ["lapsed", "lapsed"]
    with pytest.raises(IllegalTransition):
        square.market.checkouts.pay(checkout.id, by=square.shopper)
    assert _charges(square) == []
    _sound(square)


def test_a_challenge_is_asked_once_for_all(square: Square) -> None:
    """The bank asks the customer, who pays the checkout again; one charge pays all of it."""
    checkout = square.market.checkouts.place(
        square.basket(2_400, 1_850), by=square.shopper, pay=Pay("card", means="tok_challenged")
    )
    assert square.states(checkout.id) == ["unpaid", "unpaid"]
    square.market.checkouts.pay(checkout.id, by=square.shopper)
    assert square.states(checkout.id) == ["paid", "paid"]
    assert _charges(square) == [(4_250, 0)]


def test_what_is_not_paid_lapses_together(square: Square) -> None:
    """The clock gives all of it up at one instant, and the stock is free again."""
    lamp = square.shelf(2_400, stock=1)
    quotes = [square.quote(lamp).id, *square.basket(1_850)]
    checkout = square.market.checkouts.place(quotes, by=square.shopper, pay=DECLINED)
    square.market.advance(31 * MINUTE)
    assert square.states(checkout.id) == ["lapsed", "lapsed"]
    again = square.market.checkouts.place([square.quote(lamp).id], by=square.shopper, pay=CARD)
    assert square.states(again.id) == ["paid"]


@pytest.mark.invariant(40)
def test_a_deal_that_owes_nothing_waits_for_the_bank_too(square: Square) -> None:
    """A gift beside what the bank refuses is not given; with a yes it goes along."""
    refused = square.market.checkouts.place(
        square.basket(2_400, 0), by=square.shopper, pay=DECLINED
    )
    assert square.states(refused.id) == ["unpaid", "unpaid"]
    paid = square.market.checkouts.place(square.basket(2_400, 0), by=square.shopper, pay=CARD)
    assert square.states(paid.id) == ["paid", "paid"]
    free = square.market.checkouts.place(square.basket(0, 0), by=square.shopper)
    assert square.states(free.id) == ["paid", "paid"]


@pytest.mark.invariant(40)
def test_a_wallets_no_reaches_every_deal_before_the_bank_is_asked(square: Square) -> None:
    """A wallet with too little in it refuses all of it; nobody outside hears of it, and what it
    gave for the first deal is back in it."""
    wallet = Pay("wallet", amount=Money(3_000, "NPR"))
    square.market.payments.top_up(square.shopper.id, Money(1_500, "NPR"), reference="cash")
    checkout = square.market.checkouts.place(
        square.basket(2_000, 4_000), by=square.shopper, pay=[wallet, CARD]
    )
    assert square.states(checkout.id) == ["unpaid", "unpaid"]
    assert _charges(square) == []
    square.market.payments.top_up(square.shopper.id, Money(1_500, "NPR"), reference="more")
    square.market.checkouts.pay(checkout.id, by=square.shopper)
    assert square.states(checkout.id) == ["paid", "paid"]
    assert _charges(square) == [(3_000, 0)]
    _sound(square)


@pytest.mark.invariant(40)
def test_of_two_cards_the_second_ones_no_gives_the_first_back(square: Square) -> None:
    """No deal is paid by the first card while the second is refused: all of it is given back."""
    first = Pay("card", means="tok_ok", amount=Money(1, "NPR"))
    checkout = square.market.checkouts.place(
        square.basket(2_400, 1_850, 3_000), by=square.shopper, pay=[first, DECLINED]
    )
    assert square.states(checkout.id) == ["unpaid", "unpaid", "unpaid"]
    assert _charges(square) == [(1, 1)]
    _sound(square)


@pytest.mark.attack(53)
def test_a_lost_answer_is_asked_for_again_by_the_same_key(database_url: str) -> None:
    """Every deal waits; when the bank is heard again all go on, and it took the sum once."""
    clock_free = Deaf()
    square = open_square(database_url, bank=clock_free)
    clock_free.now = square.clock.now
    checkout = square.market.checkouts.place(
        square.basket(2_400, 1_850), by=square.shopper, pay=CARD
    )
    assert [one.pending is not None for one in square.deals(checkout.id)] == [True, True]
    clock_free.deaf = False
    square.market.advance(5 * MINUTE)
    assert square.states(checkout.id) == ["paid", "paid"]
    assert _charges(square) == [(4_250, 0)]
    _sound(square)
    square.market.close()


class Half(Sandbox):
    """A bank that moves half of what it is asked for."""

    def carry_out(self, order: Order) -> Answer:
        if order.kind.value != "charge":
            return super().carry_out(order)
        half = Money(order.amount.amount // 2, order.amount.currency)
        return super().carry_out(evolve(order, amount=half))


def test_half_of_what_was_asked_is_a_no_and_goes_back(database_url: str) -> None:
    """What the bank moved is split over the deals and given back to the last unit."""
    square = open_square(database_url, bank=Half(now=lambda: OPENS))
    checkout = square.market.checkouts.place(
        square.basket(333, 333, 335), by=square.shopper, pay=CARD
    )
    assert square.states(checkout.id) == ["unpaid", "unpaid", "unpaid"]
    assert _charges(square) == [(500, 500)]
    _sound(square)
    square.market.close()


@pytest.mark.attack(26)
def test_what_a_friend_agreed_to_is_the_most_over_all_deals(square: Square) -> None:
    """A consent is for a request: two quotes on two requests need two, and none is stretched."""
    ben = square.market.parties.join("Ben")
    quotes = square.basket(2_000, 2_000)
    requests = [square.market.quotes.get(one, by=square.shopper).request_id for one in quotes]
    square.market.payments.share(
        requests[0] or "", by=ben, method="card", most=Money(1_000, "NPR"), means="tok_ok"
    )
    his = Pay("card", party_id=ben.id, amount=Money(1_000, "NPR"))
    with pytest.raises(Forbidden) as refused:
        square.market.checkouts.place(quotes, by=square.shopper, pay=[his, CARD])
    assert refused.value.code == "no_consent"
    assert _charges(square) == []


@pytest.mark.attack(39)
def test_a_checkout_has_only_so_many_deals() -> None:
    """A basket of more is refused whole, before anything is reserved."""
    square = open_square(limits=Limits(checkout=2))
    with pytest.raises(LimitExceeded):
        square.market.checkouts.place(square.basket(1, 2, 3), by=square.shopper, pay=CARD)
    assert list(square.market.transactions.list(by=OPERATOR)) == []


def test_bad_baskets_are_told(square: Square) -> None:
    """No quotes, one twice, two currencies, somebody else's, a purse that is none: clear errors."""
    place, (quote,) = square.market.checkouts.place, square.basket(2_400)
    foreign = square.quote(square.shelf(900, currency="EUR")).id
    other = square.market.parties.join("Ben")
    for quotes in ([], [quote, quote], [quote, foreign]):
        with pytest.raises(InvalidInput):
            place(quotes, by=square.shopper, pay=CARD)
    with pytest.raises(InvalidInput):
        place([quote], by=square.shopper, pay=Pay("card", purse="bond"))
    with pytest.raises(NotFound):
        place([quote], by=other, pay=CARD)
    checkout = place([quote], by=square.shopper, pay=CARD)
    for reader in (other, square.sellers[0]):
        with pytest.raises(NotFound):
            square.market.checkouts.get(checkout.id, by=reader)
        with pytest.raises(NotFound):
            square.market.checkouts.withdraw(checkout.id, by=reader)
    assert list(square.market.checkouts.list(by=other)) == []
    assert [one.id for one in square.market.checkouts.list(by=square.shopper)] == [checkout.id]


@pytest.mark.invariant(39)
def test_the_same_key_places_once(square: Square) -> None:
    """A shopper who presses twice has one checkout and one charge."""
    quotes = square.basket(2_400, 1_850)
    placed = [
        square.market.checkouts.place(quotes, by=square.shopper, pay=CARD, key="buy")
        for _ in range(2)
    ]
    assert placed[0] == placed[1]
    assert _charges(square) == [(4_250, 0)]


def test_one_intent_names_what_each_deal_has_in_it(square: Square) -> None:
    """So that a bank's record can be held against our books, question by question."""
    checkout = square.market.checkouts.place(
        square.basket(2_400, 1_850), by=square.shopper, pay=CARD
    )
    with square.market.context.store.begin(write=False) as work:
        (intent,) = work.select(Intent, {"checkout_id": checkout.id})
    assert (intent.amount, intent.transaction_id, intent.payment_id) == (4_250, None, None)
    deals = {one.id for one in square.deals(checkout.id)}
    assert {part.transaction_id for part in intent.parts} == deals
    assert sorted(part.amount for part in intent.parts) == [1_850, 2_400]


@pytest.mark.behaviour("C12")
@pytest.mark.invariant(9)
@pytest.mark.parametrize("won", [True, False])
def test_a_chargeback_of_the_charge_is_shared_out_over_its_deals(square: Square, won: bool) -> None:
    """The bank takes back one charge; every deal has its share by what it keeps of it, the fee as
    well, and all are won or lost at once. Told twice it counts once; more than is kept is none."""
    checkout = square.market.checkouts.place(
        square.basket(2_400, 1_850, 3_000), by=square.shopper, pay=CARD
    )
    (charge,) = square.bank.charges()
    first = square.deals(checkout.id)[0]
    square.market.transactions.take(first.id, "call_off", by=square.shopper)
    kept = {
        deal.id: payment.kept
        for deal in square.deals(checkout.id)
        for payment in square.market.transactions.payments(deal.id, by=OPERATOR)
    }
    whole, told = sum(kept.values()), square.market.chargebacks
    with pytest.raises(InvalidInput):
        told.opened_of(
            charge["reference"], amount=Money(whole + 1, "NPR"), reference="cb", cause="fraud"
        )
    square.bank.take_back(charge["reference"], whole, 101)
    opened = [
        told.opened_of(
            charge["reference"],
            amount=Money(whole, "NPR"),
            reference="cb",
            cause="fraud",
            fee=Money(101, "NPR"),
        )
        for _ in range(2)
    ]
    assert [one.id for one in opened[0]] == [one.id for one in opened[1]]
    assert {one.transaction_id: one.amount for one in opened[0]} == {
        deal: amount for deal, amount in kept.items() if amount
    }
    assert sum(one.fee for one in opened[0]) == 101
    if won:
        square.bank.give_back(charge["reference"], whole)
    ended = told.ended_of("cb", won=won)
    assert {one.state for one in ended} == {"won" if won else "lost"}
    with pytest.raises(NotFound):
        told.ended_of("another", won=won)
    _sound(square)
