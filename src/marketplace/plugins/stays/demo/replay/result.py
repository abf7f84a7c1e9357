"""What came of a replay: counts, money, occupancy; every row of the file is accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from attrs import asdict, frozen

from marketplace import Money, Reason, money_text, render
from marketplace.plugins.stays.demo.replay.bookings import Replay
from marketplace.plugins.stays.hotel_bookings import Ended
from marketplace.plugins.stays.words import WORDS

ENDS = ("stayed", "left_early", "cancelled", "no_show")
"""A booking ends in one of these ways."""


@frozen
class Slept:
    """One hotel's rooms and nights."""

    hotel: str
    rooms: int
    nights: int
    """Slept from the first arrival of the file to the last."""
    of: int
    """Nights that there were: rooms times days."""


@frozen
class Replayed:
    """A whole replay; sums in minor units of ``currency``."""

    file: str
    currency: str
    rows: int
    rejected: Mapping[str, int]
    """Rows that are no booking, by reason."""
    refused: Mapping[str, int]
    """Bookings that the marketplace refused, by reason."""
    counts: Mapping[str, int]
    """``booked``, ``changed`` and how bookings ended."""
    unchanged: Mapping[str, int]
    """Changes that the marketplace refused, by reason."""
    states: Mapping[str, int]
    """Where transactions stand at the end."""
    gross: int
    kept: int
    commission: int
    paid_out: int
    slept: Sequence[Slept]
    examples: Mapping[str, Reason]
    """One reason of each code."""
    balanced: int
    """After so many units of work the ledger was summed, and came to nothing."""

    @property
    def done(self) -> int:
        """Rows whose life was lived to its end."""
        return sum(self.counts.get(name, 0) for name in ENDS)

    @property
    def lost(self) -> int:
        """Rows of which nobody knows what became: none, or something is broken."""
        return self.rows - self.done - sum(self.rejected.values()) - sum(self.refused.values())

    def as_data(self) -> dict[str, Any]:
        """As plain JSON."""
        return {**asdict(self), "done": self.done, "lost": self.lost}

    def table(self, language: str = "en") -> list[tuple[str, str]]:
        """What, and how much, as a person reads it; an empty row is a line between."""

        def money(amount: int) -> str:
            return money_text(Money(amount, self.currency), language)

        def told(found: Mapping[str, int]) -> list[tuple[str, str]]:
            ordered = sorted(found.items(), key=lambda one: (-one[1], one[0]))
            return [
                (f"  {code}: {render(self.examples[code], WORDS, language)}", f"{count:,}")
                for code, count in ordered
            ]

        counts = self.counts
        return [
            ("rows", f"{self.rows:,}"),
            ("no bookings", f"{sum(self.rejected.values()):,}"),
            *told(self.rejected),
            ("refused by the marketplace", f"{sum(self.refused.values()):,}"),
            *told(self.refused),
            ("booked", f"{counts.get('booked', 0):,}"),
            ("stayed", f"{counts.get('stayed', 0):,}"),
            ("left early", f"{counts.get('left_early', 0):,}"),
            ("cancelled", f"{counts.get('cancelled', 0):,}"),
            ("did not come", f"{counts.get('no_show', 0):,}"),
            ("changes", f"{counts.get('changed', 0):,}"),
            ("changes refused", f"{sum(self.unchanged.values()):,}"),
            *told(self.unchanged),
            ("", ""),
            ("value of what was booked", money(self.gross)),
            ("kept of what was given up", money(self.kept)),
            ("commission earned", money(self.commission)),
            ("paid out to the hotels", money(self.paid_out)),
            ("", ""),
            *(
                (
                    f"{one.hotel}: nights slept in {one.rooms:,} rooms",
                    f"{one.nights:,} of {one.of:,}, {one.nights * 100 // max(one.of, 1)} %",
                )
                for one in self.slept
            ),
            ("units of work after which the ledger summed to zero", f"{self.balanced:,}"),
            ("rows lost", f"{self.lost:,}"),
        ]


def result(
    replay: Replay,
    file: str,
    rows: int,
    rejected: Mapping[str, int],
    units: Mapping[tuple[str, str], int],
) -> Replayed:
    """Count what a replay left behind."""
    return Replayed(
        file=file,
        currency=replay.policy.currency,
        rows=rows,
        rejected=dict(rejected),
        refused=dict(replay.refused),
        counts=dict(replay.counts),
        unchanged=dict(replay.unchanged),
        states=dict(Counter(state for _, state in replay.states())),
        gross=replay.gross,
        kept=replay.kept,
        commission=replay.market.ledger.profit(replay.policy.currency).amount,
        paid_out=replay.paid_out(),
        slept=_slept(replay, units),
        examples=dict(replay.examples),
        balanced=replay.balanced,
    )


def _slept(replay: Replay, units: Mapping[tuple[str, str], int]) -> list[Slept]:
    """Nights slept between the first arrival of the file and the last, by hotel."""
    arrivals = [life.booking.arrive for life in replay.lives]
    first, after = min(arrivals), max(arrivals) + timedelta(days=1)
    nights: Counter[str] = Counter()
    for life in replay.lives:
        one = life.booking
        if life.deal and one.ended is Ended.STAYED:
            gone = min(one.leave, one.ended_on, after)
            nights[one.hotel] += max(0, (gone - max(one.arrive, first)).days)
    found = []
    for hotel in sorted({hotel for hotel, _ in units}):
        rooms = sum(count for (name, _), count in units.items() if name == hotel)
        found.append(Slept(hotel, rooms, nights[hotel], rooms * (after - first).days))
    return found
