"""A plain map: places of a few kilometres on a flat panel."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians

from attrs import frozen

from marketplace import Place

_MARGIN = 16
_ASIDE = 100
"""Of so many homes, one on each side may lie outside, so that it does not shrink the others."""


@frozen
class Chart:
    """Where a place lies on the panel: north is up, a metre is as long in both directions."""

    x: float
    y: float
    width: float
    height: float
    lat: float
    lon: float
    """The middle."""
    scale: float
    """Pixels for a degree of latitude."""

    def point(self, place: Place) -> tuple[float, float]:
        """Its place on the panel."""
        shrunk = self.scale * cos(radians(self.lat))
        x = self.x + self.width / 2 + (place.lon - self.lon) * shrunk
        return x, self.y + self.height / 2 - (place.lat - self.lat) * self.scale

    def inside(self, x: float, y: float) -> bool:
        """Whether a point lies on the panel."""
        return (
            self.x + 3 <= x <= self.x + self.width - 3
            and self.y + 3 <= y <= self.y + self.height - 3
        )


def chart(
    places: Sequence[Place],
    x: float,
    y: float,
    width: float,
    height: float,
    outline: Sequence[tuple[float, float]] = (),
) -> Chart:
    """The panel on which these places fit, with an outline that is to be seen whole."""
    aside = len(places) // _ASIDE
    lats = sorted(place.lat for place in places)
    lons = sorted(place.lon for place in places)
    north = [*lats[aside : len(lats) - aside], *(one for one, _ in outline)]
    east = [*lons[aside : len(lons) - aside], *(one for _, one in outline)]
    low, high, west, far = min(north), max(north), min(east), max(east)
    lat, lon = (low + high) / 2, (west + far) / 2
    tall = (height - 2 * _MARGIN) / max(high - low, 0.002)
    wide = (width - 2 * _MARGIN) / max((far - west) * cos(radians(lat)), 0.002)
    return Chart(x, y, width, height, lat, lon, min(tall, wide))
