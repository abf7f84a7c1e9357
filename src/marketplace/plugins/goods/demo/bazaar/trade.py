"""A simulated season on the real engine: a queue of moments on a manual clock, and what is counted.

Fates are dealt from shuffled decks: each comes in its share of every deck and not only on average,
so that a short season has all of them too.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from attrs import define, field, frozen

from marketplace import (
    DAY,
    OPERATOR,
    InvalidInput,
    Listing,
    ManualClock,
    Marketplace,
    Outcome,
    Party,
    Reason,
    Refused,
    Role,
    Transaction,
)
from marketplace.plugins.goods.demo.bazaar.town import Article, Quarter, Shop

Act = Callable[[], object]


@frozen
class Ware:
    """An article that is held out, and by whom."""

    listing: Listing
    article: Article
    shop: Shop
    seller: Party


@frozen
class Deal:
    """A deal under way: who bought of whom."""

    id: str
    buyer: Party
    quarter: Quarter
    seller: Party
    process: str
    pieces: Mapping[str, int]
    """The number of an item to how many pieces of it were bought."""


@define
class Trade:
    """Acts in the order of their moments; between them everything that falls due."""

    market: Marketplace
    clock: ManualClock
    dice: Random
    wares: list[Ware] = field(factory=list)
    deals: dict[str, Deal] = field(factory=dict)
    """Deals that came to be paid, by id."""
    counts: Counter[str] = field(factory=Counter)
    refused: Counter[str] = field(factory=Counter)
    """What the marketplace refused, by the code of the reason: people try what they may not."""
    noted: dict[str, str] = field(factory=dict)
    """Deals that are worth explaining, by what they show."""
    _queue: list[tuple[datetime, int, Act]] = field(factory=list)
    _number: count[int] = field(factory=count)
    _decks: dict[str, list[str]] = field(factory=dict)

    @property
    def now(self) -> datetime:
        """The simulated moment."""
        return self.clock.now()

    def at(self, moment: datetime, act: Act) -> None:
        """Do this then; at once if that moment is gone."""
        heapq.heappush(self._queue, (moment, next(self._number), act))

    def later(self, least: float, most: float, act: Act, then: Act | None = None) -> None:
        """Do this in so many hours, to the minute; and then, unless it was refused, that."""

        def both() -> None:
            if act() is not False and then is not None:
                then()

        minutes = self.dice.randint(int(least * 60), int(most * 60))
        self.at(self.now + timedelta(minutes=minutes), both)

    def draw(self, name: str, **cards: int) -> str:
        """A card of the deck of this name, made of these cards; shuffled anew when it is empty."""
        deck = self._decks.setdefault(name, [])
        if not deck:
            deck += [card for card, number in cards.items() for _ in range(number)]
            self.dice.shuffle(deck)
        return deck.pop()

    def take(self, deal: Deal, row: str, by: Party | Role, **asks: Any) -> bool:
        """Somebody tries a row; a refusal is counted by its reasons."""
        return self.tries(lambda: self.market.transactions.take(deal.id, row, by=by, **asks))

    def tries(self, act: Act) -> bool:
        """Try what the marketplace may refuse."""
        try:
            act()
        except Outcome as outcome:
            self.refused.update(reason.code for reason in reasons_of(outcome))
            return False
        return True

    def state(self, identity: str) -> Transaction:
        """A deal as it is now."""
        return self.market.transactions.get(identity, by=OPERATOR)

    def run(self, progress: Callable[[], None], after: timedelta = 70 * DAY) -> None:
        """Every act, then time until every clock has run out."""
        while self._queue:
            moment, _, act = heapq.heappop(self._queue)
            if moment > self.now:
                self.market.advance(moment - self.now)
            act()
            progress()
        self.market.advance(after)


def reasons_of(outcome: Outcome) -> list[Reason]:
    """What stands behind a refusal; its own code where it gives no reasons."""
    if isinstance(outcome, Refused) and outcome.reasons:
        return list(outcome.reasons)
    assert isinstance(outcome, Outcome | InvalidInput)
    return [Reason(outcome.code, outcome.params)]
