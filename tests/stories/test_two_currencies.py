"""A seller in yuan, a buyer in euros: each in his own money, and what lies between in fx."""

from contextlib import suppress

import pytest
from attrs import evolve

from marketplace import (
    CHARGE,
    DAY,
    HOUR,
    MARKETPLACE,
    OPERATOR,
    REFUND,
    Account,
    Intent,
    InvalidInput,
    Item,
    Money,
    Pay,
    Purpose,
    Rate,
    Refused,
    Transaction,
    Transfer,
)
from marketplace.plugins.exchange import Exchange
from marketplace.plugins.sandbox import Sandbox
from marketplace.testing.soundness import faults
from tests.support.bazaar import NEW_YEAR, open_bazaar
from tests.support.border import YUAN, Border
from tests.support.lessons import MONDAY, open_school
from tests.support.square import CARD


@pytest.mark.behaviour("G14")
@pytest.mark.invariant(14)
def test_each_side_has_its_own_money(border: Border) -> None:
    """9.21 euros are asked, 70.00 yuan are earned and paid out, and fx holds one against other."""
    market, square = border.square.market, border.square
    deal = border.buy(70_00)
    (payment,) = market.transactions.payments(deal.id, by=square.shopper)
    assert (payment.captured, payment.outside, payment.rate) == (70_00, 9_21, payment.rate)
    assert payment.rate is not None
    assert payment.rate.convert(70_00) == 9_21
    assert square.bank.balance("EUR") == Money(9_21, "EUR")
    seller = square.sellers[0]
    market.transactions.take(deal.id, "ship", by=seller)
    market.transactions.take(deal.id, "receive", by=square.shopper)
    assert border.fx() == {"EUR": 9_21, "CNY": -70_00}
    border.sound()
    earned = market.ledger.balance(seller.id, "CNY", by=seller)
    assert earned == Money(63_00, "CNY")


@pytest.mark.behaviour("G14")
@pytest.mark.invariant(14)
def test_who_gets_all_back_gets_back_what_he_paid(border: Border) -> None:
    """The rate moves between the sale and its undoing, and the buyer does not feel it."""
    market, square = border.square.market, border.square
    deal = border.buy(70_00)
    border.exchange.put(Rate("CNY", "EUR", 1_500, 10_000, market.context.now()))
    market.transactions.take(deal.id, "refuse", by=square.sellers[0])
    assert square.bank.balance("EUR") == Money(0, "EUR")
    assert all(amount == 0 for amount in border.fx().values())
    border.sound()


@pytest.mark.behaviour("G14")
def test_a_quote_keeps_its_rate_and_an_old_rate_is_none(border: Border) -> None:
    """What was shown is what is asked; a rate of the day before yesterday is not quoted."""
    market, square = border.square.market, border.square
    request = market.requests.open(
        "bazaar", by=square.shopper, currency="CNY", listing=border.shelf(70_00).id
    )
    quote = market.quotes.make(request.id, by=square.shopper, currency="EUR")
    assert (quote.payin, quote.shown) == (Money(70_00, "CNY"), Money(9_21, "EUR"))
    border.exchange.put(Rate("EUR", "CNY", 7, 1, market.context.now()))
    deal = market.transactions.open(quote.id, by=square.shopper, pay=CARD)
    (payment,) = market.transactions.payments(deal.id, by=square.shopper)
    assert payment.outside == 9_21
    other = market.requests.open(
        "bazaar", by=square.shopper, currency="CNY", listing=border.shelf(70_00).id
    )
    newer = market.quotes.make(other.id, by=square.shopper, currency="EUR")
    assert newer.shown == Money(10_00, "EUR")
    market.advance(3 * DAY)
    with pytest.raises(Refused) as refused:
        market.quotes.make(other.id, by=square.shopper, currency="EUR")
    assert refused.value.code == "no_rate"
    assert market.quotes.make(other.id, by=square.shopper, currency="CNY").rate is None


@pytest.mark.behaviour("G14")
def test_half_of_what_was_asked_is_a_no_and_goes_back(border: Border) -> None:
    """A bank that gives half of the euros gets just that half back, and the deal is unpaid."""
    deal = border.buy(70_00, means="tok_in_part")
    assert border.square.market.transactions.get(deal.id, by=OPERATOR).state == "unpaid"
    assert border.square.bank.balance("EUR") == Money(0, "EUR")
    border.sound()


@pytest.mark.behaviour("G14", "G4")
def test_sellers_of_two_currencies_are_paid_by_one_charge(border: Border) -> None:
    """A basket in yuan and one thing in euros: the bank is asked once, each seller has his own."""
    market, square = border.square.market, border.square
    tea, cup = border.shelf(70_00), border.shelf(5_00, "EUR")
    basket = market.requests.open(
        "bazaar", by=square.shopper, currency="CNY", items=[Item(tea.id), Item(tea.id, 2)]
    )
    quotes = [*market.quotes.make_each(basket.id, by=square.shopper, currency="EUR")]
    one = market.requests.open("bazaar", by=square.shopper, currency="EUR", listing=cup.id)
    quotes.append(market.quotes.make(one.id, by=square.shopper, currency="EUR"))
    checkout = market.checkouts.place([each.id for each in quotes], by=square.shopper, pay=CARD)
    assert checkout.currency == "EUR"
    charges = [one for one in square.bank.movements() if one.kind == CHARGE.kind.value]
    assert [one.amount for one in charges] == [Money(27_64 + 5_00, "EUR")]
    deals = market.checkouts.get(checkout.id, by=square.shopper).transactions
    assert [deal.state for deal in deals] == ["paid", "paid"]
    yuan = next(deal for deal in deals if deal.currency == "CNY")
    market.transactions.take(yuan.id, "refuse", by=square.sellers[0])
    assert square.bank.balance("EUR") == Money(5_00, "EUR")
    border.sound()


class Undo(Exception):
    """What was written wrongly on purpose is not kept."""


def beside_each_other(border: Border) -> list[str]:
    """Yuan and euros moved in one journal without fx, and what the books say of it."""
    market = border.square.market
    said: list[str] = []
    with suppress(Undo), market.context.store.begin() as work:
        wrong = [
            Transfer(
                Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, currency),
                Account(MARKETPLACE, Purpose.REVENUE, currency),
                1,
            )
            for currency in ("CNY", "EUR")
        ]
        (known, *_) = work.ledger.journals(limit=1_000)
        work.ledger.post([evolve(known, id="jrn_wrong", key="x", details={}, transfers=wrong)])
        said += market.ledger.drift()
        raise Undo
    return said


@pytest.mark.invariant(14)
def test_what_joins_currencies_without_fx_is_found(border: Border) -> None:
    """A journal that moves yuan and euros side by side is named by the check of the books."""
    border.buy(70_00)
    assert border.square.market.ledger.drift() == []
    (found,) = beside_each_other(border)
    assert "jrn_wrong moves 2 currencies" in found


@pytest.mark.behaviour("G14")
def test_a_hold_in_another_currency_is_captured_in_part(database_url: str) -> None:
    """Forty euros of a lesson are held as dollars; a fee is taken of them, the rest given up."""
    exchange = Exchange([Rate("EUR", "USD", 10_837, 10_000, MONDAY)], margin_bp=200)
    school = open_school(database_url, exchange)
    market, ana = school.market, school.ana
    start = MONDAY + 5 * DAY
    request = market.requests.open(
        "lessons", by=ana, currency="EUR", listing=school.listing.id, start=start, end=start + HOUR
    )
    quote = market.quotes.make(request.id, by=ana, currency="USD")
    assert quote.shown == Money(44_21, "USD")  # 40.00 at 1.0837 and two in a hundred
    deal = market.transactions.open(quote.id, by=ana, pay=Pay("card"))
    market.advance(4 * DAY + 12 * HOUR)
    assert school.state(deal) == "secured"
    bank = market.context.providers["sandbox"]
    assert isinstance(bank, Sandbox)
    assert [(one["held"], one["currency"]) for one in bank.charges()] == [(44_21, "USD")]
    market.transactions.take(deal.id, "cancel", by=ana)
    (payment,) = market.transactions.payments(deal.id, by=ana)
    assert payment.captured > 0
    assert payment.rate is not None
    assert payment.outside == payment.rate.convert(payment.captured)
    assert bank.balance("USD") == Money(payment.outside, "USD")
    assert bank.charges()[0]["held"] == 0
    fx = {one.account.currency: one.posted for one in market.ledger.fx()}
    assert fx == {"USD": payment.outside, "EUR": -payment.captured}
    assert faults(market) == []
    market.close()


@pytest.mark.behaviour("G14")
def test_what_a_bank_does_not_take_back_is_credit_in_the_deals_currency(border: Border) -> None:
    """The buyer's refund is owed to him whatever his bank says; the euros stay with ours."""
    market, square = border.square.market, border.square
    deal = border.buy(70_00, means="tok_refund_fails")
    market.transactions.take(deal.id, "refuse", by=square.sellers[0])
    wallet = Account(square.shopper.id, Purpose.WALLET, "CNY")
    found = market.ledger.balances(square.shopper.id, by=OPERATOR)
    assert [one.posted for one in found if one.account == wallet] == [70_00]
    border.sound()


@pytest.mark.behaviour("G14")
def test_a_refund_that_comes_back_weeks_later_crosses_again(border: Border) -> None:
    """Returned by the bank, it is the buyer's credit, and the euros are ours to change again."""
    market, square = border.square.market, border.square
    deal = border.buy(70_00)
    market.transactions.take(deal.id, "refuse", by=square.sellers[0])
    with market.context.store.begin(write=False) as work:
        intents = [one for one in work.select(Intent, {"transaction_id": deal.id}) if one.inside]
    refund = next(one for one in intents if one.kind is REFUND.kind)
    assert (refund.amount, refund.currency, refund.inside) == (9_21, "EUR", 70_00)
    market.payments.refund_returned(refund.id, reason="account closed")
    assert border.fx() == {"EUR": 9_21, "CNY": -70_00}
    assert border.clearing("EUR") == 9_21
    assert faults(market) == []


def reference(border: Border, deal: Transaction) -> str:
    """What the bank calls its charge."""
    (payment,) = border.square.market.transactions.payments(deal.id, by=OPERATOR)
    assert payment.reference is not None
    return payment.reference


@pytest.mark.behaviour("G14", "C12")
@pytest.mark.parametrize("won", [True, False])
def test_a_bank_takes_back_in_the_payers_currency(border: Border, won: bool) -> None:
    """It says euros, fee and all; the deal waits in yuan, and the books agree with the bank."""
    square = border.square
    deal = border.buy(70_00)
    charge = reference(border, deal)
    square.bank.take_back(charge, 9_21, fee=15_00)
    told = square.market.chargebacks.opened_of(
        charge, amount=Money(9_21, "EUR"), fee=Money(15_00, "EUR"), reference="du_1", cause="fraud"
    )
    (one,) = told
    assert (one.amount, one.currency, one.outside) == (70_00, "CNY", 9_21)
    border.sound()
    again = square.market.chargebacks.opened_of(
        charge, amount=Money(9_21, "EUR"), fee=Money(15_00, "EUR"), reference="du_1", cause="fraud"
    )
    assert list(again) == [one]
    if won:
        square.bank.give_back(charge, 9_21, fee=5_00)
        square.market.chargebacks.won(one.id, fee_returned=Money(5_00, "EUR"))
        square.market.transactions.take(deal.id, "ship", by=square.sellers[0])
        square.market.transactions.take(deal.id, "receive", by=square.shopper)
        earned = square.market.ledger.balance(square.sellers[0].id, "CNY", by=OPERATOR)
        assert earned == Money(63_00, "CNY")
    else:
        square.market.chargebacks.lost(one.id)
    border.sound()
    assert faults(square.market) == []


@pytest.mark.behaviour("G14", "C12")
def test_a_bank_takes_part_of_a_charge_of_two_deals(border: Border) -> None:
    """What it takes of a joined charge is shared out in euros, and is each deal's own in its own
    currency; another currency than the charge's is refused."""
    market, square = border.square.market, border.square
    quotes = []
    for shelf in (border.shelf(70_00), border.shelf(5_00, "EUR")):
        request = market.requests.open(
            "bazaar", by=square.shopper, currency=shelf.currency, listing=shelf.id
        )
        quotes.append(market.quotes.make(request.id, by=square.shopper, currency="EUR").id)
    checkout = market.checkouts.place(quotes, by=square.shopper, pay=CARD)
    deals = square.deals(checkout.id)
    charge = reference(border, deals[0])
    with pytest.raises(InvalidInput):
        market.chargebacks.opened_of(
            charge, amount=Money(7_00, "CNY"), reference="du_2", cause="fraud"
        )
    square.bank.take_back(charge, 7_00)
    told = market.chargebacks.opened_of(
        charge, amount=Money(7_00, "EUR"), reference="du_2", cause="fraud"
    )
    said = {one.currency: one.amount if one.outside is None else one.outside for one in told}
    assert sum(said.values()) == 7_00
    yuan = next(one for one in told if one.currency == "CNY")
    assert abs(YUAN.convert(yuan.amount) - said["CNY"]) <= 1
    border.sound()


@pytest.mark.behaviour("G14")
def test_a_tax_that_the_marketplace_collects_is_owed_in_the_sellers_currency(
    database_url: str,
) -> None:
    """The line says that the marketplace collects it; the buyer pays it in his own money."""
    dollars = Rate("EUR", "USD", 11, 10, NEW_YEAR)
    bazaar = open_bazaar(database_url, more=[Exchange([dollars])])
    market = bazaar.market
    request = market.requests.open(
        "goods", by=bazaar.mia, currency="EUR", listing=bazaar.offer().id,
        attributes={"ship_to": {"country": "DE"}},
    )  # fmt: skip
    quote = market.quotes.make(request.id, by=bazaar.mia, currency="USD")
    (tax,) = [one for one in quote.lines if one.code == "tax"]
    assert (tax.payee, tax.inputs["facilitator"]) == ("tax", True)
    deal = market.transactions.open(quote.id, by=bazaar.mia, pay=CARD)
    (payment,) = market.transactions.payments(deal.id, by=bazaar.mia)
    assert payment.outside == dollars.convert(10_00 + 5_00 + 2_85)
    bazaar.take(deal, "confirm", bazaar.seller)
    bazaar.take(deal, "ship", bazaar.seller, parcel="A1")
    bazaar.take(deal, "receive", bazaar.mia)
    owed = {(one.purpose, one.currency): one.credits for one in market.ledger.trial()}
    assert owed["tax payable", "EUR"] == 2_85
    assert bazaar.balance(bazaar.seller) == 13_50
    assert faults(market) == []
    market.close()
