"""Places on the earth, and how far apart they are."""

from __future__ import annotations

from math import asin, cos, floor, isfinite, pi, radians, sin, sqrt

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.errors import InvalidInput

EARTH_RADIUS_M = 6_371_008.8
"""The mean radius of the earth (IUGG), in metres."""


def haversine_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle metres between two points given in degrees."""
    p1, p2 = radians(lat1), radians(lat2)
    half_lat = sin((p2 - p1) / 2)
    half_lon = sin(radians(lon2 - lon1) / 2)
    square = half_lat * half_lat + cos(p1) * cos(p2) * half_lon * half_lon
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(square)))


@frozen
class Place:
    """A point in degrees (WGS 84) with an optional name for people."""

    lat: float = field(converter=float)
    lon: float = field(converter=float)
    label: str = ""

    @lat.validator
    def _lat_is_on_the_globe(self, attribute: object, value: float) -> None:
        if not isfinite(value) or not -90 <= value <= 90:
            raise InvalidInput(f"a latitude must lie between -90 and 90 degrees, not {value}")

    @lon.validator
    def _lon_is_on_the_globe(self, attribute: object, value: float) -> None:
        if not isfinite(value) or not -180 <= value <= 180:
            raise InvalidInput(f"a longitude must lie between -180 and 180 degrees, not {value}")

    def metres_to(self, other: Place) -> int:
        """Whole great-circle metres to another place, halves to even."""
        return round(haversine_m(self.lat, self.lon, other.lat, other.lon))


FINEST_M, COARSEST_M = 10, 1_000_000
"""How far a place can be blurred: below it is exact, above it says nothing."""


def blurred(place: Place, metres: int) -> Place:
    """The middle of the cell, about ``metres`` square, in which the place lies; without its label.

    The grid lies on the earth and not around the place: whoever asks again, asks of the house
    next door, or sees the place moved a little, hears of the same cell, so there is nothing to
    take the mean of. Blurring what is blurred changes nothing.
    """
    if type(metres) is not int or not FINEST_M <= metres <= COARSEST_M:
        raise InvalidInput(f"a place is blurred by {FINEST_M} to {COARSEST_M} m, not {metres!r}")
    rows = max(1, floor(pi * EARTH_RADIUS_M / metres))
    row = min(floor((place.lat + 90) * rows / 180), rows - 1)
    lat = (row + 0.5) * 180 / rows - 90
    columns = max(1, floor(2 * pi * EARTH_RADIUS_M * cos(radians(lat)) / metres))
    column = floor((place.lon + 180) * columns / 360) % columns
    return Place(round(lat, 6), round((column + 0.5) * 360 / columns - 180, 6))
