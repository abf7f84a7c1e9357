"""Providers sorted into cells of the globe, to look only at those around a point.

The globe is cut into bands of equal height, each band into cells about as wide as they are high, so
cells stay alike from the equator to the poles. A look at the disk around a point takes the cells of
the bands it crosses; where it holds a pole, whole bands; across the antimeridian, cells from both
ends. Cells hold unit vectors: a chord is cheaper than a great circle and orders points the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from math import asin, ceil, cos, degrees, floor, pi, radians, sin, sqrt

from attrs import frozen

from marketplace.matching.sphere import EARTH_RADIUS_M, check_point, rounded

_CROWD = 6
"""How full a cell should be on average, as met by a point: fewer make more cells to look into,
more make more points to measure."""
_MARGIN_M = 2.0
"""Added wherever chords or angles decide: they are exact to far below a metre, also antipodally."""
_LONGEST_CHORD = 4.1  # squared: nothing on the unit sphere is farther


@frozen(slots=True)
class Grid:
    points: tuple[tuple[float, float, float], ...]  # as `sphere.rounded` takes them
    cells: dict[tuple[int, int], list[tuple[float, float, float, int]]]  # x, y, z, provider
    counts: dict[int, int]  # how many cells a band has, for the bands where somebody is
    height: float  # of a band, degrees
    first_reach: int  # metres: a first look that finds the k nearest more often than not

    @classmethod
    def of(cls, providers: Sequence[tuple[float, float]], radius: int, k: int | None) -> Grid:
        """A grid whose cells suit looking for the `k` nearest within `radius` metres."""
        for lat, lon in providers:
            check_point(lat, lon)
        height = min(max(degrees(radius / EARTH_RADIUS_M), 1e-5), 45.0)
        first_reach = radius
        if k is not None:
            height, company = _suited(providers, height, max(k, _CROWD))
            # A disk of this size holds twice k, if people stand everywhere as they do here.
            first_reach = ceil(_metres(height) * sqrt(2 * k / (pi * company)))
        cells: dict[tuple[int, int], list[tuple[float, float, float, int]]] = {}
        points = []
        for j, (lat, lon) in enumerate(providers):
            x, y, z = _vector(lat, lon)
            cells.setdefault(_cell(lat, lon, height), []).append((x, y, z, j))
            points.append((radians(lat), lon, cos(radians(lat))))
        counts = {band: _count(band, height) for band, _ in cells}
        return cls(tuple(points), cells, counts, height, first_reach)

    def nearest(
        self, lat: float, lon: float, radius: int, k: int | None, passed_over: Collection[int]
    ) -> list[tuple[int, int]]:
        """(metres, provider) of the `k` nearest within `radius`, the nearest first."""
        check_point(lat, lon)
        reach = min(radius, self.first_reach)
        while True:
            near = self._within(lat, lon, reach, passed_over)
            if k is None or len(near) >= k or reach == radius:
                found = self._measured(lat, lon, near, k)
                # Those just outside the reach may be missing, so only whole metres inside it count.
                inside = [pair for pair in found if pair[0] <= reach]
                if k is None or len(inside) >= k or reach == radius:
                    return inside[:k]
            reach = min(radius, 2 * reach)

    def _within(
        self, lat: float, lon: float, reach: int, passed_over: Collection[int]
    ) -> list[tuple[float, int]]:
        """(squared chord, provider) of everybody within `reach`, and perhaps a metre beyond."""
        x, y, z = _vector(lat, lon)
        limit = _squared_chord(reach)
        near = []
        for cell in self._around(lat, lon, reach):
            for px, py, pz, j in cell:
                px -= x
                py -= y
                pz -= z
                d = px * px + py * py + pz * pz
                if d <= limit and j not in passed_over:
                    near.append((d, j))
        return near

    def _around(
        self, lat: float, lon: float, reach: int
    ) -> Iterator[list[tuple[float, float, float, int]]]:
        """The cells that the disk of `reach` metres around a point touches."""
        angle = (reach + _MARGIN_M) / EARTH_RADIUS_M
        spread = degrees(angle)
        low, high = lat - spread, lat + spread
        if low <= -90 or high >= 90:
            across = 360.0
        else:
            across = degrees(asin(min(1.0, sin(angle) / cos(radians(lat))))) + 1e-9
        bands = range(_band(max(low, -90.0), self.height), _band(min(high, 90.0), self.height) + 1)
        looks = len(bands) * max(1.0, 2 * across * cos(radians(lat)) / self.height)
        if looks > len(self.cells):
            yield from self.cells.values()
            return
        for band in bands:
            count = self.counts.get(band, 0)
            if not count:
                continue
            first = floor((lon + 180 - across) * count / 360)
            last = floor((lon + 180 + across) * count / 360)
            if last - first >= count - 1:
                first, last = 0, count - 1
            for column in range(first, last + 1):
                cell = self.cells.get((band, column % count))
                if cell:
                    yield cell

    def _measured(
        self, lat: float, lon: float, near: list[tuple[float, int]], k: int | None
    ) -> list[tuple[int, int]]:
        """`near` in metres, the nearest first; at least all that may be among the `k` nearest."""
        phi, c = radians(lat), cos(radians(lat))
        near.sort()
        found = []
        enough = _LONGEST_CHORD
        for n, (chord, j) in enumerate(near, 1):
            if chord > enough:
                break
            d = rounded(phi, lon, c, *self.points[j])
            found.append((d, j))
            if n == k:
                enough = _squared_chord(max(found)[0])
        found.sort()
        return found


def _suited(
    providers: Sequence[tuple[float, float]], height: float, crowd: int
) -> tuple[float, float]:
    """Halve the cells until a point finds `crowd` in its own at most, on average; that average."""
    company = 1.0
    for n in range(16):
        if n:
            height /= 2
        sizes = Counter(_cell(lat, lon, height) for lat, lon in providers).values()
        company = max(1.0, sum(n * n for n in sizes) / max(1, len(providers)))
        if company <= crowd:
            break
    return height, company


def _vector(lat: float, lon: float) -> tuple[float, float, float]:
    phi, lam = radians(lat), radians(lon)
    return cos(phi) * cos(lam), cos(phi) * sin(lam), sin(phi)


def _metres(height: float) -> float:
    return radians(height) * EARTH_RADIUS_M


def _squared_chord(metres: int) -> float:
    """Of two points that far apart, a little more to be on the safe side."""
    angle = (metres + _MARGIN_M) / EARTH_RADIUS_M
    return _LONGEST_CHORD if angle >= pi else 4 * sin(angle / 2) ** 2


def _band(lat: float, height: float) -> int:
    return floor((lat + 90) / height)


def _count(band: int, height: float) -> int:
    """How many cells a band has: as many as fit round its longer edge."""
    low = band * height - 90
    widest = 0.0 if low <= 0 <= low + height else min(abs(low), abs(low + height))
    return max(1, floor(360 * cos(radians(widest)) / height))


def _cell(lat: float, lon: float, height: float) -> tuple[int, int]:
    band = _band(lat, height)
    count = _count(band, height)
    return band, floor((lon + 180) * count / 360) % count
