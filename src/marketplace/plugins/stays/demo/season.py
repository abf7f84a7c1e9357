"""A simulated season on the real engine: a queue of moments on a manual clock, and what is counted.

Fates are dealt from shuffled decks: each comes in its share of every deck and not only on average,
so that a short season has all of them too.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from marketplace import (
    DAY,
    HOUR,
    InvalidInput,
    Listing,
    ManualClock,
    Marketplace,
    Outcome,
    Party,
    Reason,
    Refused,
    Transaction,
    render,
)
from marketplace.plugins.stays.demo.valley import trade
from marketplace.plugins.stays.plugin import Stays

Act = Callable[[], object]


class Deck:
    """Cards that are dealt in a shuffled order, and shuffled anew when none is left."""

    def __init__(self, dice: Random, **cards: int) -> None:
        self._dice, self._left = dice, list[str]()
        self._all = [name for name, number in cards.items() for _ in range(number)]

    def draw(self) -> str:
        """The next card."""
        if not self._left:
            self._left = list(self._all)
            self._dice.shuffle(self._left)
        return self._left.pop()


@frozen
class Let:
    """A home that is held out, and by whom."""

    listing: Listing
    host: Party


@frozen
class Stay:
    """A deal that came to be booked."""

    id: str
    guest: Party
    home: Let
    booked_at: datetime


@define
class Season:
    """Acts in the order of their moments; between them everything that falls due."""

    market: Marketplace
    clock: ManualClock
    dice: Random
    zone: ZoneInfo
    currency: str
    first: date
    nights: int
    language: str = "en"
    """Of the sentences that are noted."""
    homes: dict[str, Let] = field(factory=dict)
    """By listing."""
    stays: dict[str, Stay] = field(factory=dict)
    """Deals that came to be booked, by id."""
    counts: Counter[str] = field(factory=Counter)
    refused: Counter[str] = field(factory=Counter)
    """What the marketplace refused, by the code of the reason: people try what they may not."""
    noted: dict[str, str] = field(factory=dict)
    """What is worth explaining: a name to a deal's id, or a sentence."""
    left_at: dict[str, date] = field(factory=dict)
    """Deals whose guests left before the end, and the date."""
    _queue: list[tuple[datetime, int, Act]] = field(factory=list)
    _number: count[int] = field(factory=count)
    _decks: dict[str, Deck] = field(factory=dict)

    @property
    def now(self) -> datetime:
        """The simulated moment."""
        return self.clock.now()

    @property
    def trade(self) -> Stays:
        """The plugin."""
        return trade(self.market)

    @property
    def last(self) -> date:
        """The date after the last night."""
        return self.first + timedelta(days=self.nights)

    def local(self, day: date, hour: float = 0) -> datetime:
        """An hour of a date there."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone) + timedelta(hours=hour)

    def at(self, moment: datetime, act: Act) -> None:
        """Do this then; at once if that moment is gone."""
        heapq.heappush(self._queue, (moment, next(self._number), act))

    def later(self, delay: timedelta, act: Act) -> None:
        """Do this so long from now."""
        self.at(self.now + delay, act)

    def draw(self, name: str, **cards: int) -> str:
        """A card of the deck of this name, made of these cards."""
        if name not in self._decks:
            self._decks[name] = Deck(self.dice, **cards)
        return self._decks[name].draw()

    def hours(self, least: float, most: float) -> timedelta:
        """Between so many hours, to the minute."""
        return timedelta(minutes=self.dice.randint(int(least * 60), int(most * 60)))

    def deal(self, identity: str) -> Transaction:
        """A deal as it is now."""
        with self.market.batch() as work:
            return work.get(Transaction, identity)

    def tries(self, act: Act) -> bool:
        """Try what the marketplace may refuse; a refusal is counted by its reasons."""
        try:
            act()
        except Outcome as outcome:
            self.refused.update(reason.code for reason in reasons_of(outcome))
            return False
        return True

    def told(self, outcome: Outcome) -> str:
        """Why something was refused, as sentences."""
        words = self.market.context.words
        return "; ".join(render(reason, words, self.language) for reason in reasons_of(outcome))

    def run(self, progress: Callable[[], None]) -> None:
        """Every act, then time until the last window for reviews has closed."""
        while self._queue:
            moment, _, act = heapq.heappop(self._queue)
            if moment > self.now:
                self.market.advance(moment - self.now)
            act()
            progress()
        end = max(self.now, self.local(self.last))
        self.market.advance(end + 15 * DAY + HOUR - self.now)


def reasons_of(outcome: Outcome) -> list[Reason]:
    """What stands behind a refusal; its own code where it gives no reasons."""
    if isinstance(outcome, Refused) and outcome.reasons:
        return list(outcome.reasons)
    assert isinstance(outcome, Outcome | InvalidInput)
    return [Reason(outcome.code, outcome.params)]
