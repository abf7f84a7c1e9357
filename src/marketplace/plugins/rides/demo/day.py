"""A simulated day on the real engine: a queue of moments on a manual clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from random import Random

from attrs import define, field

from marketplace import SECOND, ManualClock, Marketplace, Offer, Outcome
from marketplace.plugins.rides.demo.tally import Tally

EVERY = 20 * SECOND
"""Between two dispatches, and two looks at what is due."""

Act = Callable[[], None]


@define
class Day:
    """Acts in the order of their moments; between them the clockwork and the dispatch."""

    market: Marketplace
    clock: ManualClock
    dice: Random
    tally: Tally = field(factory=Tally)
    waiting: set[str] = field(factory=set)
    """Transactions for which no driver has said yes."""
    offered: Callable[[Offer], None] = lambda offer: None
    """Called with each offer that a dispatch makes."""
    _queue: list[tuple[datetime, int, Act]] = field(factory=list)
    _number: count[int] = field(factory=count)

    @property
    def now(self) -> datetime:
        """The simulated moment."""
        return self.clock.now()

    def at(self, moment: datetime, act: Act) -> None:
        """Do this then; at once if that moment is gone."""
        heapq.heappush(self._queue, (moment, next(self._number), act))

    def later(self, seconds: float, act: Act) -> None:
        """Do this so many seconds from now."""
        self.at(self.now + timedelta(seconds=seconds), act)

    def chance(self, bps: int) -> bool:
        """True in so many of 10,000 cases."""
        return self.dice.randrange(10_000) < bps

    def between(self, least: int, most: int) -> int:
        """A whole number from ``least`` to ``most``."""
        return self.dice.randint(least, most)

    def tries(self, act: Act) -> bool:
        """Try what the marketplace may refuse; a refusal is counted by its code."""
        try:
            act()
        except Outcome as refusal:
            self.tally.refused[refusal.code] += 1
            return False
        return True

    def run(self, opens: datetime, until: datetime, progress: Callable[[datetime], None]) -> None:
        """Everything until then, and whatever is still under way after it."""
        self.at(opens, lambda: self._beat(until))
        while self._queue:
            moment, _, act = heapq.heappop(self._queue)
            if moment > self.now:
                self.clock.set(moment)
            act()
            progress(self.now)

    def _beat(self, until: datetime) -> None:
        """What is due is done, and everybody who waits is dispatched in one batch."""
        due = self.market.clockwork.next_due()
        if due is not None and due <= self.now:
            self.market.tick()
        if self.waiting:
            for offer in self.market.matching.dispatch("rides").offers:
                self.offered(offer)
        # While somebody is under way the clock goes on after the morning.
        if self.now < until or self._queue:
            self.at(self.now + EVERY, lambda: self._beat(until))
