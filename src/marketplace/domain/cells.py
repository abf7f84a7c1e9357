"""Cells of the globe: numbers whose order keeps neighbours together, and boxes as few ranges.

A cell's number interleaves the bits of its row and column (Z-order), so that every coarser cell
is one range of finer ones. Distances need no trigonometry in a database: a place is also a point
in space, in whole metres, and the chord between two points tells which of them is nearer.
"""

from __future__ import annotations

from math import cos, degrees, radians, sin

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.place import EARTH_RADIUS_M, Place
from marketplace.errors import InvalidInput

BITS = 20
"""Bits of a row and of a column: the finest cell is 19 m high and 38 m wide at the equator."""

NOWHERE = -1
"""The cell of what has no place."""

MOST_CELLS = 6
"""How many rows and columns of cells a box is covered with at most."""

_SIDE = 1 << BITS


@frozen
class Box:
    """A part of a map, in degrees; ``west`` beyond ``east`` crosses the 180th meridian."""

    south: float = field(converter=float)
    west: float = field(converter=float)
    north: float = field(converter=float)
    east: float = field(converter=float)

    def __attrs_post_init__(self) -> None:
        Place(self.south, self.west)
        Place(self.north, self.east)
        if self.north < self.south:
            raise InvalidInput(f"a box has its north above its south, not {self}")

    def holds(self, place: Place) -> bool:
        """Whether a place lies in it, its edges included."""
        if not self.south <= place.lat <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= place.lon <= self.east
        return place.lon >= self.west or place.lon <= self.east


def around(place: Place, metres: int) -> Box:
    """A box that holds everything within so many metres of a place."""
    up = degrees((metres + 2) / EARTH_RADIUS_M)
    south, north = place.lat - up, place.lat + up
    if south <= -90 or north >= 90:
        return Box(max(south, -90), -180, min(north, 90), 180)
    # The parallel nearer to the pole is the shorter one.
    least = cos(radians(max(abs(south), abs(north))))
    aside = up / least
    if aside >= 180:
        return Box(south, -180, north, 180)
    return Box(south, _turned(place.lon - aside), north, _turned(place.lon + aside))


def _turned(lon: float) -> float:
    return lon - 360 if lon > 180 else lon + 360 if lon < -180 else lon


def cell_of(place: Place) -> int:
    """The number of the finest cell in which a place lies."""
    return _interleaved(_row(place.lat)) << 1 | _interleaved(_column(place.lon))


def _row(lat: float) -> int:
    return min(int((lat + 90) / 180 * _SIDE), _SIDE - 1)


def _column(lon: float) -> int:
    return min(int((lon + 180) / 360 * _SIDE), _SIDE - 1)


def _interleaved(number: int) -> int:
    """The bits of a number of 20 bits, each followed by an empty place."""
    number = (number | number << 16) & 0x0000FFFF0000FFFF
    number = (number | number << 8) & 0x00FF00FF00FF00FF
    number = (number | number << 4) & 0x0F0F0F0F0F0F0F0F
    number = (number | number << 2) & 0x3333333333333333
    return (number | number << 1) & 0x5555555555555555


@frozen
class Cover:
    """Cells of one size that hold a box together: their first finest cells, and how many each."""

    firsts: tuple[int, ...]
    size: int

    @property
    def coarse(self) -> bool:
        """Whether its cells are so large that they may hold a good part of all there is."""
        return self.size > 1 << 2 * (BITS - 8)


def cover(box: Box) -> Cover:
    """The smallest cells of which a few rows and columns hold the box."""
    south, north = _row(box.south), _row(box.north)
    strips = [(_column(box.west), _column(box.east))]
    if box.west > box.east:
        strips = [(strips[0][0], _SIDE - 1), (0, strips[0][1])]
    for shift in range(BITS + 1):
        rows = (north >> shift) - (south >> shift) + 1
        columns = sum((last >> shift) - (first >> shift) + 1 for first, last in strips)
        if rows <= MOST_CELLS and columns <= MOST_CELLS:
            break
    wide = {
        column for first, last in strips for column in range(first >> shift, (last >> shift) + 1)
    }
    columns_apart = [_interleaved(column) for column in sorted(wide)]
    firsts = [
        (_interleaved(row) << 1 | column) << 2 * shift
        for row in range(south >> shift, (north >> shift) + 1)
        for column in columns_apart
    ]
    return Cover(tuple(sorted(firsts)), 1 << 2 * shift)


def point_of(place: Place) -> tuple[int, int, int]:
    """A place as a point in space, in whole metres from the earth's centre."""
    lat, lon = radians(place.lat), radians(place.lon)
    flat = EARTH_RADIUS_M * cos(lat)
    return round(flat * cos(lon)), round(flat * sin(lon)), round(EARTH_RADIUS_M * sin(lat))


def chord2(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    """The square of the straight line between two points, in square metres."""
    return sum((a - b) * (a - b) for a, b in zip(one, other, strict=True))


def reach2(metres: int) -> int:
    """The square of a line so long that whatever is within so many metres is nearer by it.

    A chord is never longer than its arc; rounding to whole metres adds less than two.
    """
    return (metres + 2) ** 2
