"""A market hall that every measurement of a checkout gets a copy of: ten sellers and a shopper."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import attrs
import sqlalchemy as sa

from bench.databases import Databases
from bench.recording import Record, Said
from marketplace import Item, ManualClock, Marketplace, Pay, PayoutPlan
from marketplace.plugins.commission import Commission
from marketplace.plugins.goods import Goods
from marketplace.plugins.sandbox import Sandbox

MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
CARD = Pay("card", means="tok_ok")
PRICE = 25_00
FREIGHT = 5_00
SIZES = (1, 3, 10)
"""How many sellers a basket is of; it has one article of each."""


@attrs.frozen
class Hall:
    """What stands before the first checkout."""

    shoppers: Sequence[str]
    """One for each caller: nobody keeps from others as much as 16 callers reserve at once."""
    listings: Sequence[str]
    """One article of each seller."""

    @property
    def shopper(self) -> str:
        """Who buys."""
        return self.shoppers[0]

    def of(self, caller: int) -> "Hall":
        """The same hall for another caller."""
        return attrs.evolve(self, shoppers=self.shoppers[caller : caller + 1])


def opened(engine: sa.Engine | str, seed: int) -> Marketplace:
    """The marketplace under measurement, as a shop would run it: goods, a commission, a card."""
    clock = ManualClock(MORNING)
    plugins = [Goods(), Commission(bp=1_000), Sandbox(now=clock.now)]
    plan = PayoutPlan(every=None, provider="sandbox")
    return Marketplace.open(engine, plugins, clock=clock, seed=seed, payouts=plan, create="missing")


def settle_down(databases: Databases, callers: int = 1) -> Hall:
    """Fill the hall."""
    engine = databases.world()
    market = opened(engine, seed=1)
    shoppers = [market.parties.join(f"Maya {number}").id for number in range(callers)]
    listings = []
    for number in range(max(SIZES)):
        seller = market.parties.join(f"Seller {number}")
        drawn = market.listings.draft(
            "goods",
            by=seller,
            title="A bowl",
            currency="EUR",
            attributes={
                "category": "bowls",
                "price": PRICE,
                "freight": {"first": FREIGHT, "more": 1_00},
            },
        )
        market.listings.supply(drawn.id, by=seller, add=1_000_000)
        listings.append(market.listings.publish(drawn.id, by=seller).id)
    market.close()
    engine.dispose()
    return Hall(tuple(shoppers), tuple(listings))


def basket(market: Marketplace, hall: Hall, sellers: int) -> list[str]:
    """The quotes of a basket: what the shop's basket page says."""
    request = market.requests.open(
        "goods",
        by=hall.shopper,
        currency="EUR",
        items=[Item(one) for one in hall.listings[:sellers]],
        attributes={"ship_to": {"country": "NP"}},
    )
    return [one.id for one in market.quotes.make_each(request.id, by=hall.shopper)]


def place(market: Marketplace, hall: Hall, quotes: Sequence[str]) -> Any:
    """Place it and have it paid."""
    return market.checkouts.place(quotes, by=hall.shopper, pay=CARD, key=quotes[0])


@attrs.frozen
class Count:
    """What placing one basket, and writing the bank's answer, says to the database."""

    sellers: int
    statements: int
    rows: int
    """Rows written by them: one that is said for many rows counts each."""
    commits: int


def rows_of(said: Said) -> int:
    """How many rows a statement is said for: for each tuple, or for each that is sent as JSON."""
    if said.many:
        return len(said.params)
    if "json_to_recordset" not in said.words:
        return 1
    sent = [one for one in said.params if isinstance(one, str) and one.startswith("[{")]
    return sum(len(json.loads(one)) for one in sent)


def counted(databases: Databases, hall: Hall, *, warm: int = 2) -> tuple[list[Count], list[Any]]:
    """Each size of basket, when all caches are warm; and the last of the words said."""
    record = Record()
    engine = databases.copy(record)
    market = opened(engine, seed=2)
    counts, said = [], []
    for sellers in SIZES:
        for _ in range(warm):
            place(market, hall, basket(market, hall, sellers))
        quotes = basket(market, hall, sellers)
        record.said.clear()
        record.listens = True
        checkout = place(market, hall, quotes)
        record.listens = False
        states = {
            one.state for one in market.checkouts.get(checkout.id, by=hall.shopper).transactions
        }
        assert states == {"paid"}, states
        mine = [one for one in record.said if not one.words.startswith(("PRAGMA", "BEGIN"))]
        words = [one for one in mine if not one.ends]
        rows = sum(rows_of(one) for one in words)
        # A driver may be told twice to commit the same.
        ends = [one for one, _ in groupby(mine, key=lambda one: one.words) if one == "COMMIT"]
        counts.append(Count(sellers, len(words), rows, len(ends)))
        said.append(mine)
    market.close()
    engine.dispose()
    return counts, said
