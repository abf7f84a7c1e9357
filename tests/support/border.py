"""A border: a square at which a seller has yuan, a buyer euros, and the rate between is known.

The fixture `border` opens one on `database_url`, that is once on each database.
"""

from collections.abc import Iterator

import pytest
from attrs import define

from marketplace import (
    MARKETPLACE,
    OPERATOR,
    Listing,
    Pay,
    Purpose,
    Rate,
    Transaction,
)
from marketplace.plugins.exchange import Exchange
from marketplace.testing.soundness import faults
from tests.support.square import OPENS, Square, open_square

YUAN = Rate("CNY", "EUR", 1_316, 10_000, OPENS, "bank")
"""A yuan is 0.1316 euros: 70.00 are 9.21."""


@define
class Border:
    """A square at which euros are changed."""

    square: Square
    exchange: Exchange

    def buy(self, price: int, quantity: int = 1, means: str = "tok_ok") -> Transaction:
        """So many of something at so many fen, paid in euros."""
        market, shopper = self.square.market, self.square.shopper
        request = market.requests.open(
            "bazaar", by=shopper, currency="CNY", listing=self.shelf(price).id, quantity=quantity
        )
        quote = market.quotes.make(request.id, by=shopper, currency="EUR")
        pay = Pay("card", means=means)
        return market.transactions.open(quote.id, by=shopper, pay=pay)

    def shelf(self, price: int, currency: str = "CNY") -> Listing:
        """Something at so many fen, held out by the first seller."""
        seller = self.square.sellers[0]
        return self.square.shelf(price, 10_000, currency=currency, by=seller)

    def clearing(self, currency: str) -> int:
        """What the books say lies at the bank."""
        balances = self.square.market.ledger.balances(MARKETPLACE, by=OPERATOR)
        there = (Purpose.PROCESSOR_CLEARING, currency)
        found = [one for one in balances if (one.account.purpose, one.account.currency) == there]
        return sum(one.posted for one in found)

    def fx(self) -> dict[str, int]:
        """The position between currencies."""
        return {one.account.currency: one.posted for one in self.square.market.ledger.fx()}

    def sound(self) -> None:
        """The books agree with themselves and with the bank, in each currency."""
        assert faults(self.square.market) == []
        for currency in ("EUR", "CNY"):
            assert self.clearing(currency) == self.square.bank.balance(currency).amount


@pytest.fixture
def border(database_url: str) -> Iterator[Border]:
    """Yield a border on each database."""
    exchange = Exchange([YUAN])
    square = open_square(database_url, more=[exchange])
    square.sellers.append(square.market.parties.join("Wei"))
    yield Border(square, exchange)
    square.market.close()
