"""A bazaar: a marketplace of goods with a seller, two buyers, and whatever a test holds out.

The fixture `bazaar` opens one on `database_url`, that is once on each database; `small_bazaar` in
memory, for laws that no database has a say in.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import define

from marketplace import (
    OPERATOR,
    Item,
    Listing,
    ManualClock,
    Marketplace,
    Party,
    Pay,
    PayoutPlan,
    Purpose,
    Quote,
    Refused,
    Role,
    Transaction,
)
from marketplace.plugins.commission import Commission
from marketplace.plugins.goods import Freight, Goods, GoodsTax
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet

NEW_YEAR = datetime(2026, 1, 1, 12, tzinfo=UTC)
CARD = Pay("card", means="tok_ok")
BOWL: dict[str, Any] = {
    "category": "bowls",
    "price": 10_00,
    "freight": {"first": 5_00, "more": 1_00},
}
PARCELS = Freight({"NP": ((1_000, 2_00), (5_000, 6_00)), "*": ((2_000, 20_00),)}, "EUR")
PURSES = ("price", "part1", "part2", "part3", "part4")


@define
class Bazaar:
    """A marketplace of goods, and who plays in it."""

    market: Marketplace
    seller: Party
    mia: Party
    ben: Party

    def offer(
        self,
        *,
        without: tuple[str, ...] = (),
        by: Party | None = None,
        title: str = "A bowl",
        currency: str = "EUR",
        **said: Any,
    ) -> Listing:
        """An article of the seller's, held out; what is said goes over a bowl's attributes.

        ``stock`` (ten of each variant if it is not said), ``samples``, ``flash_stock`` and
        ``group_stock`` are supplied.
        """
        by, counts = by or self.seller, {"stock": said.pop("stock", 10)}
        counts |= {"samples": said.pop("samples", 0), "flash": said.pop("flash_stock", 0)}
        counts |= {"group": said.pop("group_stock", 0)}
        fields = {key: value for key, value in BOWL.items() if key not in without} | said
        drawn = self.market.listings.draft(
            "goods", by=by, title=title, currency=currency, attributes=fields
        )
        for one in self.market.listings.stock(drawn.id, by=by):
            if counts.get(one.resource):
                self.market.listings.supply(
                    drawn.id, by=by, resource=one.resource, option=one.option,
                    add=counts[one.resource],
                )  # fmt: skip
        return self.market.listings.publish(drawn.id, by=by)

    def price(
        self,
        article: Listing,
        quantity: int = 1,
        *,
        country: str | None = "NP",
        variant: str = "",
        by: Party | None = None,
        **said: Any,
    ) -> Quote:
        """What so many of it cost; with a variant or a wish they are an item of a basket."""
        if not variant and not said:
            where = {} if country is None else {"ship_to": {"country": country}}
            request = self.market.requests.open(
                "goods", by=by or self.mia, currency=article.currency, listing=article.id,
                quantity=quantity, attributes=where,
            )  # fmt: skip
            return self.market.quotes.make(request.id, by=by or self.mia)
        (quote,) = self.basket(Item(article.id, quantity, variant, said), country=country, by=by)
        return quote

    def basket(
        self, *items: Item, country: str | None = "NP", by: Party | None = None
    ) -> Sequence[Quote]:
        """What each seller's part of a basket costs."""
        where = {} if country is None else {"ship_to": {"country": country}}
        request = self.market.requests.open(
            "goods", by=by or self.mia, currency="EUR", items=items, attributes=where
        )
        return self.market.quotes.make_each(request.id, by=by or self.mia)

    def left(self, article: Listing, resource: str = "stock", option: str = "") -> int:
        """How many of it anybody may still buy."""
        stock = self.market.listings.stock(article.id, by=self.seller)
        (one,) = [one for one in stock if (one.resource, one.option) == (resource, option)]
        return one.left

    def buy(
        self,
        article: Listing,
        quantity: int = 1,
        pay: Any = CARD,
        by: Party | None = None,
        **said: Any,
    ) -> Transaction:
        """So many of it, paid; by Mia, or whoever is said."""
        quote = self.price(article, quantity, by=by, **said)
        return self.market.transactions.open(quote.id, by=by or self.mia, pay=pay)

    def take(self, deal: Transaction, row: str, by: Party | Role, **asks: Any) -> Transaction:
        """Somebody takes a row."""
        return self.market.transactions.take(deal.id, row, by=by, **asks)

    def sent(self, article: Listing, quantity: int = 1, **said: Any) -> Transaction:
        """Bought, confirmed and on its way in one parcel."""
        deal = self.buy(article, quantity, **said)
        self.take(deal, "confirm", self.seller)
        return self.take(deal, "ship", self.seller, parcel="A1")

    def state(self, deal: Transaction) -> str:
        """Where it stands."""
        return self.now(deal).state

    def now(self, deal: Transaction) -> Transaction:
        """The deal as the operator sees it."""
        return self.market.transactions.get(deal.id, by=OPERATOR)

    def money(self, deal: Transaction) -> tuple[int, int]:
        """What was taken and what went back, in cents."""
        payments = self.market.transactions.payments(deal.id, by=OPERATOR)
        return sum(one.captured for one in payments), sum(one.refunded for one in payments)

    def balance(self, party: Party, purpose: Purpose = Purpose.PAYABLE) -> int:
        """What stands in an account of a party's."""
        found = self.market.ledger.balances(party.id, by=OPERATOR)
        return sum(one.posted for one in found if one.account.purpose is purpose)

    def why_not(self, article: Listing, quantity: int = 1, **said: Any) -> set[str]:
        """The codes of all reasons why so many cannot be had; none: they can."""
        try:
            self.price(article, quantity, **said)
        except Refused as refused:
            return {reason.code for reason in refused.reasons}
        return set()


def amounts(quote: Quote) -> dict[str, int]:
    """Each line's amount by its code and purse, the commission aside."""
    return {
        line.code if line.purse == "price" else f"{line.code} {line.purse}": line.amount.amount
        for line in quote.lines
        if line.code != "commission"
    }


def open_bazaar(
    url: str,
    goods: Goods | None = None,
    bp: int = 1_000,
    fee: Commission | None = None,
    more: Sequence[Any] = (),
    **given: Any,
) -> Bazaar:
    """A marketplace of goods with a commission of a tenth, unless its fee is said."""
    clock = given.pop("clock", None) or ManualClock(NEW_YEAR)
    sandbox = given.pop("sandbox", None) or Sandbox(now=clock.now)
    taxes = {"DE": GoodsTax("VAT", 1_900)}
    goods = goods or Goods(freight={"parcels": PARCELS}, taxes=taxes)
    market = Marketplace.open(
        url,
        [goods, fee or Commission(bp=bp, purses=PURSES), sandbox, Wallet(), *more],
        clock=clock,
        seed=1,
        **{"payouts": PayoutPlan(provider="sandbox", every=None), **given},
    )
    seller, mia, ben = (market.parties.join(name) for name in ("Sita", "Mia", "Ben"))
    return Bazaar(market, seller, mia, ben)


@pytest.fixture
def bazaar(database_url: str) -> Iterator[Bazaar]:
    """Yield a bazaar on each database."""
    opened = open_bazaar(database_url)
    yield opened
    opened.market.close()


@pytest.fixture
def small_bazaar() -> Iterator[Bazaar]:
    """Yield a bazaar in memory, for laws that no database has a say in."""
    opened = open_bazaar("sqlite://")
    yield opened
    opened.market.close()
