"""What is counted while a demo runs, and the median of waits."""

from __future__ import annotations

from collections import Counter
from statistics import median

from attrs import define, field

from marketplace.plugins.rides.picture import RideMark


@define
class Tally:
    """Counts of what happened, waits in seconds, and the marks for the picture."""

    counts: Counter[str] = field(factory=Counter)
    waits_s: list[int] = field(factory=list)
    """From asking to sitting on the bike."""
    fares: int = 0
    """Minor units that riders were asked for, of rides that were finished."""
    fees: int = 0
    """The same of rides that riders cancelled or did not come to."""
    marks: list[RideMark] = field(factory=list)
    refused: Counter[str] = field(factory=Counter)
    """Commands that the marketplace refused, by code: people try what they may not."""
    priced: str | None = None
    """A settled transaction whose price is worth explaining."""
    searched: str | None = None
    """One that several drivers were asked for."""

    def add(self, what: str, by: int = 1) -> None:
        """One more of these."""
        self.counts[what] += by

    @property
    def median_wait(self) -> str:
        """Minutes and seconds."""
        if not self.waits_s:
            return "–"
        seconds = int(median(self.waits_s))
        return f"{seconds // 60} min {seconds % 60:02d} s"
