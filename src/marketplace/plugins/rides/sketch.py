"""The map of the day's picture: the city in outline, riders, their drivers, and how to read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import cos, radians

from attrs import frozen

from marketplace import Place
from marketplace.demo.svg import (
    FAINT,
    INK,
    PANEL,
    SOFT,
    Point,
    crosses,
    curve,
    dots,
    rect,
    rule,
    segments,
    squares,
    width_of,
    words,
)
from marketplace.plugins.rides.city import Outline, Spot
from marketplace.plugins.rides.scene import COLOURS, RideMark, Scene

MOST_DRAWN = 3_000
"""More riders than these would be one blot: every second, third … is drawn instead."""
_METRES_A_DEGREE = 111_195.0
_CLOSEST = 6.0
"""Metres to a pixel when all is in one spot: a kilometre still fits."""
_ROAD, _RIVER, _DRIVER, _UNMATCHED = "#c2bcae", "#a9cfe4", "#5b6770", "#111111"


@frozen
class Frame:
    """A rectangle of the picture and the part of the earth that it shows."""

    x: float
    y: float
    width: float
    height: float
    lat: float
    lon: float
    """The middle."""
    metres: float
    """Metres to a pixel."""

    def at(self, place: Place) -> Point:
        """Where a place lies on the picture."""
        north = (place.lat - self.lat) * _METRES_A_DEGREE
        east = (place.lon - self.lon) * _METRES_A_DEGREE * cos(radians(self.lat))
        return (
            self.x + self.width / 2 + east / self.metres,
            self.y + self.height / 2 - north / self.metres,
        )

    def holds(self, point: Point, inset: float = 0) -> bool:
        """Whether a point of the picture lies inside."""
        x, y = point
        return (
            self.x + inset <= x <= self.x + self.width - inset
            and self.y + inset <= y <= self.y + self.height - inset
        )


def framed(scene: Scene, x: float, y: float, width: float, height: float) -> Frame:
    """The frame that shows all but the outermost riders, with some room.

    One in a hundred is left out at each side, three where they are thousands: a crowd shows best
    when it is large, and who lies outside is counted beside the map.
    """
    places = [mark.pickup for mark in scene.marks] + list(scene.drivers)
    places = places or [spot.place for spot in scene.spots] or [Place(0, 0)]
    south, north = _most(place.lat for place in places)
    west, east = _most(place.lon for place in places)
    lat, lon = (south + north) / 2, (west + east) / 2
    high = (north - south) * _METRES_A_DEGREE
    wide = (east - west) * _METRES_A_DEGREE * cos(radians(lat))
    metres = max(high / (height - 70), wide / (width - 70), _CLOSEST)
    return Frame(x, y, width, height, lat, lon, metres)


def _most(values: Iterable[float]) -> tuple[float, float]:
    ranked = sorted(values)
    cut = len(ranked) * (1 if len(ranked) < 2_000 else 3) // 100
    return ranked[cut], ranked[-1 - cut]


def sketch(scene: Scene, frame: Frame) -> list[str]:
    """The map: ground, rivers, roads, drivers, lines, riders, names, scale."""
    step = -(-len(scene.marks) // MOST_DRAWN) or 1
    drawn = [m for m in scene.marks[::step] if frame.holds(frame.at(m.pickup))]
    box = (frame.x, frame.y, frame.width, frame.height)
    return [
        f'<clipPath id="frame">{rect(*box, "none")}</clipPath>',
        rect(*box, PANEL, extra=f'stroke="{FAINT}"'),
        '<g clip-path="url(#frame)">',
        *_outlines(scene.rivers, frame, _RIVER, 6),
        *_outlines(scene.roads, frame, _ROAD, 4),
        squares((frame.at(place) for place in scene.drivers), 7, _DRIVER),
        *_lines(scene, frame, drawn),
        *_riders(scene, frame, drawn),
        *_labels(scene.spots, frame, scene.language),
        "</g>",
        *_scale(scene, frame),
    ]


def _outlines(outlines: Sequence[Outline], frame: Frame, stroke: str, width: float) -> list[str]:
    data = "".join(
        curve([frame.at(Place(*point)) for point in outline.points]) for outline in outlines
    )
    shape = f'fill="none" stroke="{stroke}" stroke-width="{width}" stroke-linejoin="round"'
    return [f'<path d="{data}" {shape} stroke-linecap="round"/>'] if data else []


def _lines(scene: Scene, frame: Frame, drawn: Sequence[RideMark]) -> list[str]:
    result = []
    for shade, colour in enumerate(COLOURS):
        data = segments(
            (frame.at(mark.driver_from), frame.at(mark.pickup))
            for mark in drawn
            if mark.driver_from is not None
            and mark.wait_s is not None
            and scene.shade(mark.wait_s) == shade
        )
        if data:
            shape = f'fill="none" stroke="{colour}" stroke-width="1.1" stroke-opacity="0.38"'
            result.append(f'<path d="{data}" {shape}/>')
    return result


def _riders(scene: Scene, frame: Frame, drawn: Sequence[RideMark]) -> list[str]:
    size = 6 if len(drawn) <= 800 else 4.6 if len(drawn) <= 2_000 else 3.4
    result = []
    for shade, colour in enumerate(COLOURS):
        points = [
            frame.at(mark.pickup)
            for mark in drawn
            if mark.wait_s is not None and scene.shade(mark.wait_s) == shade
        ]
        result.append(dots(points, size, colour, ring=size / 8))
    lost = [frame.at(mark.pickup) for mark in drawn if not mark.matched]
    result.append(crosses(lost, size * 0.68, _UNMATCHED))
    return result


def _labels(spots: Sequence[Spot], frame: Frame, language: str) -> list[str]:
    """The names that find room, the weightier first, none on top of another."""
    taken: list[tuple[float, float, float, float]] = []
    result = []
    for spot in sorted(spots, key=lambda spot: (-spot.weight, spot.name)):
        text = spot.nepali if language == "ne" else spot.name
        size = 15 if spot.weight >= 5 else 13
        x, y = frame.at(spot.place)
        wide = width_of(text, size)
        places = ((7, 4.5), (-7 - wide, 4.5), (-wide / 2, -8), (-wide / 2, size + 6))
        for right, down in places:
            box = (x + right - 3, y + down - size, x + right + wide + 3, y + down + 4)
            corners = ((box[0], box[1]), (box[2], box[3]))
            if all(frame.holds(corner, 4) for corner in corners) and not _meets(box, taken):
                taken.append(box)
                weight = 600 if spot.weight >= 5 else 500
                result.append(words(x + right, y + down, text, size=size, weight=weight, halo=True))
                break
    return result


def _meets(
    box: tuple[float, float, float, float], taken: Sequence[tuple[float, float, float, float]]
) -> bool:
    return any(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
        for other in taken
    )


def _scale(scene: Scene, frame: Frame) -> list[str]:
    """A bar of a round number of kilometres, in the lower left corner."""
    km = next((k for k in (50, 20, 10, 5, 2, 1) if k * 1000 / frame.metres <= 180), 1)
    long = km * 1000 / frame.metres
    x, y = frame.x + 16, frame.y + frame.height - 16
    told = f"{scene.told(km)} {scene.say('km')}"
    ground = rect(x - 8, y - 24, max(long, 40) + 16, 34, "#ffffff", extra='fill-opacity="0.85"')
    return [
        ground,
        rule(x, y, x + long, y, INK, 'stroke-width="2.5"'),
        words(x, y - 8, told, size=12, fill=SOFT),
    ]


def legend(scene: Scene, frame: Frame, x: float, y: float) -> list[str]:
    """How to read the map: every sign that is on it, and what it says."""
    step = -(-len(scene.marks) // MOST_DRAWN) or 1
    outside = sum(not frame.holds(frame.at(mark.pickup)) for mark in scene.marks)
    parts = [words(x, y, scene.say("how_to_read"), size=15, weight=600)]
    y += 26
    parts += [dots([(x + 8, y - 4)], 8, COLOURS[2]), words(x + 26, y, scene.say("pickup"))]
    y += 22
    parts.append(words(x + 26, y, scene.say("wait")))
    for shade, colour in enumerate(COLOURS):
        y += 20
        parts.append(dots([(x + 36, y - 4)], 9, colour))
        parts.append(words(x + 50, y, f"{_class(scene, shade)} {scene.say('minutes')}"))
    signs: list[tuple[str, str]] = []
    if any(mark.driver_from is not None for mark in scene.marks):
        line = rule(0, 8, 17, 0, COLOURS[2], 'stroke-width="1.6"')
        signs.append((line + dots([(17, 0)], 6, COLOURS[2]), "line"))
    if scene.drivers:
        signs.append((squares([(8, 4)], 8, _DRIVER), "driver"))
    if not all(mark.matched for mark in scene.marks):
        signs.append((crosses([(8, 4)], 4.5, _UNMATCHED), "unmatched"))
    if scene.roads:
        signs.append((rule(0, 4, 17, 4, _ROAD, 'stroke-width="4"'), "road"))
    if scene.rivers:
        signs.append((rule(0, 4, 17, 4, _RIVER, 'stroke-width="6"'), "river"))
    for sign, code in signs:
        y += 24
        parts.append(f'<g transform="translate({x:.0f} {y - 9:.0f})">{sign}</g>')
        parts.append(words(x + 26, y, scene.say(code)))
    if step > 1:
        y += 24
        parts.append(words(x, y, scene.say("shown", step=step), size=12, fill=SOFT))
    if outside:
        y += 20
        parts.append(words(x, y, scene.say("outside", count=outside), size=12, fill=SOFT))
    return parts


def _class(scene: Scene, shade: int) -> str:
    breaks = scene.breaks_min
    if shade == 0:
        return scene.say("upto", most=breaks[0])
    if shade == len(breaks):
        return scene.say("over", least=breaks[-1])
    return scene.told(f"{breaks[shade - 1]}–{breaks[shade]}")
