"""How far measurements lie apart, and how steady the machine is meanwhile."""

import statistics
import time

import attrs


def machine() -> float:
    """Seconds for a fixed piece of work without a database: how steady the machine is."""
    began = time.perf_counter()
    total = 0
    for number in range(1_000_000):
        total += number & 7
    return time.perf_counter() - began


@attrs.frozen
class Spread:
    """The least, the middle and the most of several measurements."""

    least: float
    middle: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(min(values), statistics.median(values), max(values))

    def shown(self, places: int = 1) -> str:
        return f"{self.middle:,.{places}f} ({self.least:,.{places}f} to {self.most:,.{places}f})"

    @property
    def noise(self) -> float:
        """By how many hundredths of the least the most is more."""
        return (self.most / self.least - 1) * 100
