"""How sellers do over a window of days, and which level they have by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from attrs import field, frozen

from marketplace import DAY, InvalidInput, Reason, Work, divide
from marketplace.plugins.goods.figures import COUNTED, summed


@frozen
class SellerMetrics:
    """What became of a seller's orders in a window; each deal counts once in each figure."""

    party_id: str
    orders: int = 0
    """Paid."""
    handled: int = 0
    """Sent, handed over or shown."""
    handled_seconds: int = 0
    """From the order to that, all together."""
    late: int = 0
    """Ended by the clock, because the seller said nothing in time."""
    cancelled: int = 0
    """Called off by the seller."""
    lost: int = 0
    """Never arrived."""
    complaints: int = 0
    defects: int = 0
    """Complaints that were right, orders that were short, parcels that were lost."""

    def share_bp(self, figure: str) -> int:
        """A figure as a share of the orders, in basis points; 0 without an order."""
        if figure not in COUNTED:
            raise InvalidInput(f"the figures are {', '.join(COUNTED)}; there is no {figure!r}")
        count: int = getattr(self, figure)
        return divide(count * 10_000, self.orders) if self.orders else 0

    @property
    def handled_mean(self) -> timedelta | None:
        """How long it takes from the order until it is sent; None without one that was."""
        return timedelta(seconds=self.handled_seconds // self.handled) if self.handled else None


def measured(work: Work, party_id: str, window: timedelta, last: date) -> SellerMetrics:
    """A seller's figures over a window of whole days, of which this is the last."""
    found = summed(work, party_id, last - window + DAY, last)
    counts = {figure: count for figure, (count, _) in found.items()}
    seconds = found.get("handled", (0, 0))[1]
    return SellerMetrics(party_id, handled_seconds=seconds, **counts)


@frozen
class Level:
    """What a seller must reach for a level."""

    name: str
    orders: int = 0
    """At least so many."""
    at_most: Mapping[str, int] = field(factory=dict)
    """Figure to basis points of the orders: no more than that."""

    def __attrs_post_init__(self) -> None:
        unknown = sorted(set(self.at_most) - set(COUNTED))
        if unknown:
            raise InvalidInput(f"the figures are {', '.join(COUNTED)}; there is no {unknown[0]!r}")

    def against(self, metrics: SellerMetrics) -> list[Reason]:
        """Why a seller does not have it; none: he has."""
        missing = []
        if metrics.orders < self.orders:
            told = {"level": self.name, "orders": metrics.orders, "least": self.orders}
            missing.append(Reason("goods_level_orders", told))
        for figure, most in self.at_most.items():
            share = metrics.share_bp(figure)
            if share > most:
                told = {"level": self.name, "figure": figure, "share": share, "most": most}
                missing.append(Reason("goods_level_share", told))
        return missing


@frozen
class Levels:
    """The levels, the best first, and over how long a seller's figures are looked at."""

    window: timedelta = 30 * DAY
    each: Sequence[Level] = ()

    def __attrs_post_init__(self) -> None:
        if self.window < DAY or self.window % DAY:
            raise InvalidInput("a window is whole days, one at least")

    def of(self, metrics: SellerMetrics) -> tuple[str | None, list[Reason]]:
        """The best level that a seller reaches (None: none), and what keeps him from a better."""
        missing: list[Reason] = []
        for level in self.each:
            against = level.against(metrics)
            if not against:
                return level.name, missing
            missing += against
        return None, missing
