"""Paid in another currency, by one means after another, and taken back in parts by a bank."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from marketplace import (
    HOUR,
    OPERATOR,
    REFUND,
    Answer,
    InvalidInput,
    Money,
    Order,
    Pay,
    PaymentProviderUnavailable,
    Purpose,
    Rate,
)
from marketplace.plugins.exchange import Exchange
from marketplace.plugins.sandbox import Sandbox
from marketplace.testing.soundness import faults
from tests.support.border import Border
from tests.support.square import OPENS, open_square


@pytest.mark.behaviour("G14", "C10")
@pytest.mark.invariant(14)
def test_what_is_given_back_of_a_card_is_no_affair_of_the_next_means(
    border: Border, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bank gave half of the euros and is slow to take it back; a wallet pays in yuan meanwhile.
    The refund is asked of the card, and its euros leave the books as they came."""
    market, square = border.square.market, border.square
    market.payments.top_up(square.shopper.id, Money(70_00, "CNY"), reference="in cash")
    asked: list[Order] = []
    real = Sandbox.carry_out

    def slow(bank: Sandbox, order: Order) -> Answer:
        if order.kind is REFUND.kind:
            asked.append(order)
            if len(asked) == 1:
                raise PaymentProviderUnavailable("slow")
        return real(bank, order)

    monkeypatch.setattr(Sandbox, "carry_out", slow)
    deal = border.buy(70_00, means="tok_in_part")
    market.payments.change(deal.id, by=square.shopper, means="wallet", method="wallet")
    market.transactions.take(deal.id, "pay", by=square.shopper)
    market.advance(HOUR)
    assert [(one.method, one.means) for one in asked] == [("card", "tok_in_part")] * 2
    first, second = market.transactions.payments(deal.id, by=OPERATOR)
    assert (first.method, first.kept, first.outside) == ("card", 0, 0)
    assert (second.method, second.kept, second.rate) == ("wallet", 70_00, None)
    assert border.clearing("EUR") == square.bank.balance("EUR").amount == 0
    assert faults(market) == []
    market.transactions.take(deal.id, "refuse", by=square.sellers[0])
    wallet = market.ledger.balances(square.shopper.id, by=square.shopper)
    assert [one.posted for one in wallet if one.account.purpose is Purpose.WALLET] == [70_00]


@pytest.mark.behaviour("G14", "C15")
@pytest.mark.invariant(14)
@given(
    price=st.integers(1, 5_000),
    up=st.integers(1, 40),
    down=st.integers(1, 40),
    shares=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    by_charge=st.booleans(),
)
@example(price=3, up=2, down=1, shares=[1, 2, 1], by_charge=False)
@example(price=10_01, up=2, down=1, shares=[1, 1], by_charge=True)
@settings(max_examples=25, deadline=None)
def test_a_bank_takes_all_back_in_as_many_parts_as_it_likes(
    price: int, up: int, down: int, shares: list[int], by_charge: bool
) -> None:
    """However a sum is divided in the payer's currency, each part is written, all parts come to
    what was taken, in both currencies, and not a coin more is taken back."""
    square = open_square(more=[Exchange([Rate("CNY", "EUR", up, down, OPENS)])])
    square.sellers.append(square.market.parties.join("Wei"))
    border, market = Border(square, Exchange()), square.market
    deal = border.buy(price)
    (payment,) = market.transactions.payments(deal.id, by=OPERATOR)
    parts = [one for one in Money(payment.outside, "EUR").split(shares) if one.amount]

    def told(amount: Money, number: int) -> None:
        said: dict[str, Any] = {"amount": amount, "reference": f"cb{number}", "cause": "fraud"}
        if by_charge:
            market.chargebacks.opened_of(str(payment.reference), **said)
        else:
            market.chargebacks.opened(payment.id, **said)

    if any(one.amount * price < payment.outside for one in parts):
        parts = [Money(payment.outside, "EUR")]  # Less than a fen is no part.
    for number, amount in enumerate(parts):
        told(amount, number)
    (after,) = market.transactions.payments(deal.id, by=OPERATOR)
    assert after.charged_back == price
    assert border.clearing("EUR") == 0
    with pytest.raises(InvalidInput):
        told(Money(1, "EUR"), 99)
    assert faults(market) == []
    market.close()


@pytest.mark.behaviour("G14", "C10")
def test_a_card_in_a_wallet_s_place_pays_what_was_shown(border: Border) -> None:
    """A wallet of yuan is empty, so a card pays: the euros of the quote, at the quote's rate."""
    market, square = border.square.market, border.square
    request = market.requests.open(
        "bazaar", by=square.shopper, currency="CNY", listing=border.shelf(70_00).id
    )
    quote = market.quotes.make(request.id, by=square.shopper, currency="EUR")
    deal = market.transactions.open(quote.id, by=square.shopper, pay=Pay("wallet"))
    border.exchange.put(Rate("CNY", "EUR", 1_500, 10_000, market.context.now()))
    market.payments.change(deal.id, by=square.shopper, means="tok_ok", method="card")
    assert market.transactions.take(deal.id, "pay", by=square.shopper).state == "paid"
    (payment,) = market.transactions.payments(deal.id, by=OPERATOR)
    assert (payment.captured, payment.outside, payment.rate) == (70_00, 9_21, quote.rate)
    assert square.bank.balance("EUR") == quote.shown == Money(9_21, "EUR")
    border.sound()


@pytest.mark.behaviour("G14", "C12")
def test_a_banks_fee_is_reckoned_at_the_rate(border: Border) -> None:
    """A bank keeps 1.00 euro for its work: in the deal's yuan that is 7.60, and what it gives of it
    back with a chargeback that was won comes back as it went."""
    market = border.square.market
    deal = border.buy(70_00)
    (payment,) = market.transactions.payments(deal.id, by=OPERATOR)
    fee, whole = Money(1_00, "EUR"), Money(9_21, "EUR")
    one = market.chargebacks.opened(
        payment.id, amount=whole, reference="cb1", cause="fraud", fee=fee
    )
    assert (one.amount, one.fee, one.outside, one.fee_outside) == (70_00, 7_60, 9_21, 1_00)
    assert border.clearing("EUR") == -1_00
    market.chargebacks.won(one.id, fee_returned=fee)
    assert border.clearing("EUR") == 9_21
    assert border.fx() == {"EUR": 9_21, "CNY": -70_00}
    assert faults(market) == []
