"""A bazaar that writes invoices, with a commission that is taxed."""

from attrs import define

from marketplace import OPERATOR, Item, Marketplace, Money, Party, Transaction
from marketplace.plugins.commission import Commission, CommissionRule
from marketplace.plugins.coupons import CouponDesk, Coupons
from marketplace.plugins.goods import Goods, GoodsTax
from marketplace.plugins.invoices import Invoice, InvoiceDesk, Invoices
from tests.support.bazaar import CARD, PURSES, Bazaar, open_bazaar

TAXES = {
    "DE": GoodsTax("VAT", 1_900, facilitator=False),
    "US": GoodsTax("Sales tax", 800, facilitator=True),
}
RULES = (CommissionRule(800, "bowls", category="bowls"),)
FEES = Commission(bp=1_500, tax_bp=1_300, rules=RULES, purses=PURSES)


@define
class Billed:
    """A bazaar and its desk of invoices."""

    bazaar: Bazaar
    desk: InvoiceDesk

    @property
    def market(self) -> Marketplace:
        """The marketplace."""
        return self.bazaar.market

    def seller(self, name: str, **attributes: str) -> Party:
        """Another seller."""
        return self.market.parties.join(name, kind="organisation", attributes=attributes)

    def received(self, deal: Transaction, seller: Party | None = None) -> Transaction:
        """The deal, sent and received: its money is given to everybody."""
        by = seller or self.bazaar.seller
        self.bazaar.take(deal, "confirm", by)
        self.bazaar.take(deal, "ship", by, parcel="A1")
        return self.bazaar.take(deal, "receive", self.bazaar.mia)

    def sold(self, *items: Item, country: str = "NP", coupon: str | None = None) -> Transaction:
        """A basket of one seller's, bought and received."""
        where = {"ship_to": {"country": country}}
        request = self.market.requests.open(
            "goods", by=self.bazaar.mia, currency="EUR", items=items, attributes=where
        )
        if coupon is not None:
            CouponDesk(self.market).present(request.id, [coupon], by=self.bazaar.mia)
        (quote,) = self.market.quotes.make_each(request.id, by=self.bazaar.mia)
        return self.received(self.market.transactions.open(quote.id, by=self.bazaar.mia, pay=CARD))

    def claimed(self, deal: Transaction, amount: int) -> None:
        """Some of a deal's money is given back after its end."""
        asks = {"why": "a crack", "refund": Money(amount, "EUR")}
        asked = self.market.transactions.follow_up(deal.id, "claim", by=self.bazaar.mia, asks=asks)
        self.bazaar.take(asked, "give_in", self.bazaar.seller)

    def told(self) -> dict[str, Invoice]:
        """Every invoice by its kind's number."""
        return {one.name: one for one in self.desk.list(by=OPERATOR, limit=500)}


def open_billed(url: str, **settings: bool) -> Billed:
    """Open one on a database, or in memory."""
    plugin = Invoices("Bazaar Ltd.", "1 Market Street\nKathmandu", "NP-600", **settings)
    coupons = Coupons()
    if url != "sqlite://":
        Marketplace.migrate(url, [coupons, plugin])
    bazaar = open_bazaar(url, Goods(taxes=TAXES), fee=FEES, more=[coupons, plugin])
    return Billed(bazaar, InvoiceDesk(bazaar.market))
