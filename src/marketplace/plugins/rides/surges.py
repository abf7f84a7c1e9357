"""How scarce drivers are, zone by zone and stretch by stretch of time, as a multiplier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import floor

from attrs import field, frozen

from marketplace import InvalidInput, Place
from marketplace.plugins.rides.checks import a_tuple, instant, not_negative, positive, whole
from marketplace.plugins.rides.ride import Surge

PLAIN = 10_000
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@frozen
class SurgePlan:
    """When prices rise and how far: steps from riders per free driver to a multiplier.

    Zones are squares of a grid in degrees; stretches of time follow each other without a gap.
    """

    steps: tuple[tuple[int, int], ...] = field(
        default=((10_000, 11_000), (15_000, 13_000), (25_000, 15_000)), validator=a_tuple
    )
    """From so many riders per 10,000 drivers on, this multiplier; both in rising order."""
    cap_bps: int = 15_000
    seconds: int = field(default=300, validator=positive)
    """How long one stretch lasts."""
    millidegrees: int = field(default=20, validator=positive)
    """The side of a zone: 20 is about 2 km."""
    fewest_riders: int = field(default=5, validator=not_negative)
    """With fewer riders waiting there is no surge: two people are no crowd."""

    def __attrs_post_init__(self) -> None:
        for low, high in pairwise(self.steps):
            if not (low[0] < high[0] and low[1] <= high[1]):
                raise InvalidInput(f"surge steps must rise, not go from {low} to {high}")
        if any(whole(m, "a multiplier") < PLAIN for _, m in self.steps) or self.cap_bps < PLAIN:
            raise InvalidInput("a surge multiplier must be 10000 or more, and so must its cap")

    def zone(self, place: Place) -> str:
        """The name of the square a place lies in."""
        north = floor(place.lat * 1000 / self.millidegrees)
        east = floor(place.lon * 1000 / self.millidegrees)
        return f"{north}/{east}"

    def starts(self, now: datetime) -> datetime:
        """When the stretch of time began that holds this moment."""
        stretch = timedelta(seconds=self.seconds)
        return _EPOCH + (instant(now) - _EPOCH) // stretch * stretch

    def snapshot(self, zone: str, now: datetime, riders: int, drivers: int) -> Surge:
        """The surge of this zone and stretch, with what it was reckoned from.

        ``riders`` wait for a driver, ``drivers`` are free. No driver at all counts as one, so
        that the last step is reached by many riders and not by the first.
        """
        if whole(riders, "riders") < 0 or whole(drivers, "drivers") < 0:
            raise InvalidInput(f"riders and drivers are counted from zero: {riders}, {drivers}")
        multiplier = PLAIN
        if riders >= self.fewest_riders:
            ratio = riders * 10_000 // max(1, drivers)
            for least, step in self.steps:
                multiplier = step if ratio >= least else multiplier
        why = {"riders": riders, "drivers": drivers, "cap_bps": self.cap_bps}
        starts = self.starts(now)
        return Surge(zone, starts, self.seconds, min(multiplier, self.cap_bps), why)
