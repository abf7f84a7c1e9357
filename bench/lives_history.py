"""Whether a ride's life costs more where there is a history: statements, and the time of each.

The same life is lived in two files by turns: in one of a few past deals and in one of very many.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import click
import sqlalchemy as sa

from bench.lives_past import Past, written
from bench.lives_trades import MORNING, RIDE, Deal, lived
from bench.recording import Record, sqlite_engine
from bench.spread import Spread
from marketplace import DAY, ManualClock, Marketplace

FEW = 10
SHOWN = 5


@attrs.frozen
class Grown:
    """A statement that took longer where there was more history: seconds in a life."""

    words: str
    few: float
    many: float


@attrs.frozen
class History:
    """A life among few past deals, and among many."""

    few: int
    many: int
    pairs: int
    size: int
    """Bytes of the file of many."""
    seconds: float
    """What it took to write it."""
    lives: int
    statements_few: float
    statements_many: float
    life_few: Spread
    """Seconds."""
    life_many: Spread
    grown: Sequence[Grown]
    """What grew most, the most first."""

    @property
    def ratio(self) -> float:
        """How many times as long the quickest life takes among many: others' noise only adds."""
        return self.life_many.least / self.life_few.least


@attrs.define
class Side:
    """One of the two files, open."""

    past: Past
    record: Record
    engine: sa.Engine
    market: Marketplace
    clock: ManualClock
    deal: Deal
    seconds: list[float] = attrs.field(factory=list)
    statements: list[int] = attrs.field(factory=list)

    def live(self) -> None:
        """One life, timed and counted."""
        before, began = self.record.statements, time.perf_counter()
        self.record.listens = True
        lived(self.market, self.clock, RIDE, attrs.evolve(self.deal))
        self.record.listens = False
        self.seconds.append(time.perf_counter() - began)
        self.statements.append(self.record.statements - before)

    def of_each(self) -> dict[str, float]:
        """By its words, the least that a statement took in a life."""
        lives = len(self.seconds)
        return {
            words: sorted(taken)[len(taken) // 4] * len(taken) / lives
            for words, taken in self.record.seconds.items()
        }


def _open(past: Past) -> Side:
    record, clock = Record(), ManualClock(MORNING + DAY)
    engine = sqlite_engine(str(past.path), record)
    # Each opening has ids of its own: what was lived here in other runs stays.
    market = RIDE.opened(engine, clock, seed=time.time_ns() % 2**31)
    side = Side(past, record, engine, market, clock, past.deal(market, 1))
    lived(market, clock, RIDE, attrs.evolve(side.deal))
    return side


def measured(folder: Path, many: int, lives: int) -> History:
    """Lives by turns in both files, which are kept in this folder."""
    sides = [_open(written(folder / f"past-{deals}.sqlite", deals)) for deals in (FEW, many)]
    few, more = sides
    for _ in range(lives):
        for side in sides:
            side.live()
    for side in sides:
        side.market.close()
        side.engine.dispose()
    before, after = few.of_each(), more.of_each()
    grown = [Grown(words, before.get(words, 0.0), taken) for words, taken in after.items()]
    grown.sort(key=lambda one: one.few - one.many)
    return History(
        few=FEW,
        many=many,
        pairs=more.past.pairs,
        size=more.past.size,
        seconds=more.past.seconds,
        lives=lives,
        statements_few=sum(few.statements) / lives,
        statements_many=sum(more.statements) / lives,
        life_few=Spread.of(few.seconds),
        life_many=Spread.of(more.seconds),
        grown=tuple(grown[:SHOWN]),
    )


def told(history: History, say: Callable[[str], Any] = click.echo) -> None:
    """Print it."""
    say(
        f"A ride's life among {history.few} past deals and among {history.many:,}"
        f" of {history.pairs:,} riders and as many drivers"
    )
    say(
        f"  (SQLite, a file of {history.size / 1e6:,.0f} MB, written in {history.seconds:,.0f} s;"
        f" {history.lives} lives in each, by turns)"
    )
    say(f"  statements         {history.statements_few:>9.1f}{history.statements_many:>9.1f}")
    say(
        f"  milliseconds, least{1000 * history.life_few.least:>9.1f}"
        f"{1000 * history.life_many.least:>9.1f}   {history.ratio:.2f} times"
    )
    say(
        f"  milliseconds, middle{1000 * history.life_few.middle:>8.1f}"
        f"{1000 * history.life_many.middle:>9.1f}"
    )
    say("  what grew most, microseconds of a life:")
    for one in history.grown:
        words = " ".join(one.words.split())
        shown = words if len(words) <= 60 else words[:57] + "…"
        say(f"    {1e6 * one.few:>8,.0f}{1e6 * one.many:>10,.0f}  {shown}")
    say("")
