"""Which invoices a deal brings, what they say, and what takes them back."""

from collections.abc import Iterator

import pytest

from marketplace import OPERATOR, Item, Marketplace, Money
from marketplace.plugins.cash import Cash
from marketplace.plugins.coupons import CouponDesk
from marketplace.plugins.invoices import Invoice, InvoiceDesk, Invoices
from tests.support.bazaar import CARD, open_bazaar
from tests.support.billed import FEES, Billed, open_billed
from tests.support.ride_world import OpenTown


@pytest.fixture
def billed(database_url: str) -> Iterator[Billed]:
    """Yield a bazaar that writes invoices, on each database."""
    opened = open_billed(database_url)
    yield opened
    opened.market.close()


def _lines(invoice: Invoice) -> list[tuple[str, int, bool]]:
    return [(one.code, one.amount, one.tax) for one in invoice.lines]


@pytest.mark.behaviour("G15")
def test_a_part_of_an_order_and_its_commission_have_an_invoice_each(billed: Billed) -> None:
    """The seller asks the customer for goods, freight and tax; the marketplace asks the seller for
    its fee by each rule and the tax on it; both at the settlement, and no sooner."""
    bazaar = billed.bazaar
    bowl, mask = bazaar.offer(), bazaar.offer(category="masks", price=20_00, title="A mask")
    deal = bazaar.market.transactions.open(
        bazaar.basket(Item(bowl.id, 2), Item(mask.id), country="DE")[0].id,
        by=bazaar.mia,
        pay=CARD,
    )
    assert billed.told() == {}
    billed.received(deal)
    told = billed.told()
    assert set(told) == {"S-000001", "C-000001"}
    sale, fee = told["S-000001"], told["C-000001"]
    assert (sale.issuer.name, sale.receiver.name) == ("Sita", "Mia")
    assert _lines(sale) == [
        ("goods", 20_00, False),
        ("goods", 20_00, False),
        ("freight", 7_00, False),
        ("tax", 8_93, True),
    ]
    assert (sale.net, sale.tax, sale.total) == tuple(
        Money(one, "EUR") for one in (47_00, 8_93, 55_93)
    )
    assert (fee.issuer.tax_id, fee.receiver.name) == ("NP-600", "Sita")
    assert [one[0] for one in _lines(fee)] == ["commission", "commission", "commission_tax"]
    terms = bazaar.market.transactions.terms(deal.id, by=OPERATOR)[-1]
    fees = [one.amount.amount for one in terms.lines if one.payer == "provider"]
    assert fee.total.amount == sum(fees)
    assert fee.tax.amount == fees[-1]
    assert bazaar.balance(bazaar.seller) == sale.total.amount - fee.total.amount


@pytest.mark.behaviour("G15", "G4")
def test_each_seller_of_a_basket_has_invoices_of_its_own(billed: Billed) -> None:
    """Two sellers paid by one payment number their own invoices; the marketplace's are one series;
    nobody sees another's."""
    bazaar = billed.bazaar
    asa = billed.seller("Asa & Sons", address="Patan", tax_id="NP-7")
    bowl, shawl = bazaar.offer(), bazaar.offer(by=asa, title="A shawl")
    quotes = bazaar.basket(Item(bowl.id), Item(shawl.id))
    checkout = bazaar.market.checkouts.place([one.id for one in quotes], by=bazaar.mia, pay=CARD)
    view = bazaar.market.checkouts.get(checkout.id, by=bazaar.mia)
    for deal in view.transactions:
        seat = next(
            one for one in bazaar.market.transactions.seats(deal.id, by=OPERATOR)
            if one.role == "provider"
        )  # fmt: skip
        billed.received(deal, asa if seat.party_id == asa.id else bazaar.seller)
    names = sorted((one.issuer.name, one.name) for one in billed.desk.list(by=OPERATOR))
    assert names == [
        ("Asa & Sons", "S-000001"),
        ("Bazaar Ltd.", "C-000001"),
        ("Bazaar Ltd.", "C-000002"),
        ("Sita", "S-000001"),
    ]
    assert {one.receiver.name for one in billed.desk.list(by=asa)} == {"Mia", "Asa & Sons"}
    assert {one.kind for one in billed.desk.list(by=bazaar.mia)} == {"sale"}


@pytest.mark.behaviour("G15")
def test_what_is_given_back_has_a_credit_note_that_names_what_it_corrects(billed: Billed) -> None:
    """A claim after the end takes both invoices back whole, each by a note of its own series, and
    what is left is invoiced anew: all of them together are what everybody really got."""
    deal = billed.sold(Item(billed.bazaar.offer().id, 3))
    billed.claimed(deal, 10_00)
    told = billed.told()
    assert set(told) == {
        "S-000001", "C-000001", "SC-000001", "CC-000001", "S-000002", "C-000002",
    }  # fmt: skip
    note = told["SC-000001"]
    assert (note.is_credit_note, note.corrects) == (True, told["S-000001"].id)
    assert note.corrects_name == "S-000001"
    assert note.total == -told["S-000001"].total
    assert told["CC-000001"].corrects_name == "C-000001"
    sales = sum(one.total.amount for one in told.values() if one.kind == "sale")
    fees = sum(one.total.amount for one in told.values() if one.kind == "commission")
    taken, back = billed.bazaar.money(deal)
    assert sales == taken - back
    assert billed.bazaar.balance(billed.bazaar.seller) == sales - fees


@pytest.mark.behaviour("G15")
def test_what_comes_to_nothing_has_no_invoice(billed: Billed) -> None:
    """An order that is called off before it is sent leaves no number behind, and no gap."""
    bowl = billed.bazaar.offer()
    gone = billed.bazaar.buy(bowl)
    billed.bazaar.take(gone, "refuse", billed.bazaar.seller)
    assert billed.told() == {}
    billed.sold(Item(bowl.id))
    assert set(billed.told()) == {"S-000001", "C-000001"}


@pytest.mark.behaviour("G15", "G14")
def test_a_tax_that_the_marketplace_collects_is_told_apart(billed: Billed) -> None:
    """It stands in the sale as tax that is not the seller's, and no seller is paid it."""
    deal = billed.sold(Item(billed.bazaar.offer().id), country="US")
    sale = billed.told()["S-000001"]
    (tax,) = [one for one in sale.lines if one.tax]
    assert (tax.amount, tax.by_marketplace) == (1_20, True)
    assert sale.total.amount == billed.bazaar.money(deal)[0]


@pytest.mark.behaviour("G15")
def test_a_coupon_of_the_marketplace_s_lowers_no_invoice_of_the_seller_s(billed: Billed) -> None:
    """The seller is paid the whole price, and its invoice says so; what the marketplace pays of it
    in the customer's stead is told beneath the total. The seller's own coupon lowers the total."""
    desk = CouponDesk(billed.market)
    desk.issue("OURS", by=OPERATOR, amount=Money(4_00, "EUR"))
    desk.issue("HERS", by=billed.bazaar.seller, amount=Money(3_00, "EUR"))
    bowl = billed.bazaar.offer()
    billed.sold(Item(bowl.id), coupon="OURS")
    billed.sold(Item(bowl.id), coupon="HERS")
    told = billed.told()
    assert (told["S-000001"].total.amount, told["S-000001"].contributed) == (15_00, 4_00)
    assert (told["S-000002"].total.amount, told["S-000002"].contributed) == (12_00, 0)


@pytest.mark.behaviour("G15", "G9")
def test_a_supplier_bills_whom_it_supplies_and_not_the_customer(billed: Billed) -> None:
    """Of goods that are sent by somebody else the customer has the seller's invoice, the seller the
    supplier's, and each of the two its own commission, by the rule that holds for its own deal."""
    bazaar, market = billed.bazaar, billed.market
    sol, lamp = billed.seller("Sol"), {"category": "bowls", "freight": {"first": 0, "more": 0}}
    wholesale = bazaar.offer(by=sol, **{**lamp, "price": 40_00})
    retail = bazaar.offer(
        **{**lamp, "category": "lamps", "price": 60_00, "supplier": {"listing": wholesale.id}}
    )
    where = {"country": "NP", "name": "Mia", "street": "Lazimpat 4", "city": "Kathmandu"}
    request = market.requests.open(
        "goods", by=bazaar.mia, currency="EUR", listing=retail.id, attributes={"ship_to": where}
    )
    quote = market.quotes.make(request.id, by=bazaar.mia)
    order = market.transactions.open(quote.id, by=bazaar.mia, pay=CARD)
    supply = market.transactions.list(by=sol).items[-1]
    bazaar.take(supply, "accept", sol)
    bazaar.take(supply, "ship", sol, parcel="SOL-1")
    bazaar.take(order, "receive", bazaar.mia)
    told = sorted(
        (one.kind, one.issuer.name, one.receiver.name, one.net.amount)
        for one in billed.desk.list(by=OPERATOR)
    )
    assert told == [
        ("commission", "Bazaar Ltd.", "Sita", 9_00),
        ("commission", "Bazaar Ltd.", "Sol", 3_20),
        ("sale", "Sita", "Mia", 60_00),
        ("sale", "Sol", "Sita", 40_00),
    ]


def test_deals_settled_before_the_plugin_was_there_are_invoiced_when_asked(
    database_url: str,
) -> None:
    """The operator has the missing ones written; asked again, nothing is written."""
    bazaar = open_bazaar(database_url, fee=FEES)
    deal = bazaar.sent(bazaar.offer())
    bazaar.take(deal, "receive", bazaar.mia)
    bazaar.market.close()
    Marketplace.migrate(database_url, [Invoices()])
    later = open_bazaar(database_url, fee=FEES, more=[Invoices()])
    desk = InvoiceDesk(later.market)
    assert len(desk.issue(deal.id, by=OPERATOR)) == 2
    assert len(desk.issue(deal.id, by=OPERATOR)) == 0
    assert len(desk.list(by=OPERATOR)) == 2
    later.market.close()


@pytest.mark.behaviour("G15")
def test_each_year_may_begin_a_series_of_its_own(database_url: str) -> None:
    """With ``yearly`` the series bears the year in which the invoice was issued."""
    opened = open_billed(database_url, yearly=True)
    opened.sold(Item(opened.bazaar.offer().id))
    assert set(opened.told()) == {"S2026-000001", "C2026-000001"}
    opened.market.close()


def test_a_ride_has_invoices_too(database_url: str, open_town: OpenTown) -> None:
    """The plugin knows no trade: a ride that is paid in cash brings its two."""
    Marketplace.migrate(database_url, [Invoices()])
    town = open_town(plugins=[Invoices()], cash=Cash())
    ride = town.settled(town.rider(), town.driver(), "cash")
    desk = InvoiceDesk(town.market)
    kinds = {one.kind: one.total.amount for one in desk.list(by=OPERATOR, transaction=ride.id)}
    assert kinds == {"sale": town.due(ride), "commission": town.fee(ride)}
