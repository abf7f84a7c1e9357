"""Distances on the globe: great-circle metres, whole, the same by whichever way they are asked."""

from __future__ import annotations

from math import asin, cos, isfinite, pi, radians, sin, sqrt

from marketplace.errors import InvalidInput

EARTH_RADIUS_M = 6_371_008.8
"""The mean radius of the earth (IUGG), in metres."""

FARTHEST_M = round(pi * EARTH_RADIUS_M)
"""Half way round: no two points are farther apart."""


def metres(lat1: float, lon1: float, lat2: float, lon2: float) -> int:
    """Great-circle distance of two points in degrees (haversine), whole metres, half to even."""
    p1, p2 = radians(lat1), radians(lat2)
    return rounded(p1, lon1, cos(p1), p2, lon2, cos(p2))


def rounded(lat1: float, lon1: float, cos1: float, lat2: float, lon2: float, cos2: float) -> int:
    """`metres` for latitudes in radians whose cosines are at hand, and longitudes in degrees."""
    a = sin((lat2 - lat1) / 2)
    b = sin(radians(lon2 - lon1) / 2)
    h = a * a + cos1 * cos2 * b * b
    return round(2 * EARTH_RADIUS_M * asin(sqrt(h if h < 1.0 else 1.0)))


def check_point(lat: float, lon: float) -> None:
    """Raise InvalidInput unless -90 <= lat <= 90 and -180 <= lon <= 180."""
    if not (isfinite(lat) and isfinite(lon) and -90 <= lat <= 90 and -180 <= lon <= 180):
        raise InvalidInput(
            f"a point has lat -90 to 90 and lon -180 to 180 in degrees, not ({lat}, {lon})"
        )
