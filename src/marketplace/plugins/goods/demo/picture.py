"""The picture of many sellers' trade: weeks, where goods went, who sold how much, how it ended.

``picture`` is a pure function to text: one SVG with no script and nothing fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import cos, radians, sqrt

from attrs import frozen

from marketplace.demo.svg import (
    FONTS,
    INK,
    PANEL,
    PAPER,
    SOFT,
    Point,
    number,
    plain,
    polyline,
    rect,
    rule,
    width_of,
    words,
)

WIDTH, HEIGHT = 1290, 760
_EDGE, _TOP = 28, 206
_LEFT, _WEEKS = 800, 200
_SIDE = _EDGE + _LEFT + 30
_SIDE_WIDTH = WIDTH - _SIDE - _EDGE
_LOW = _TOP + _WEEKS + 84
_HALF, _TALL = 330, 190
SOLD, PALE, WARM = "#1f5f94", "#a9cbe4", "#d9731a"


@frozen
class Spot:
    """A place, and how much of something there is."""

    lat: float
    lon: float
    much: int


@frozen
class Scene:
    """All that the picture shows."""

    title: str
    subtitle: str
    weeks: Sequence[tuple[date, int]]
    """The first day of a week, or of whatever a bar stands for, to what was sold in it."""
    money: Mapping[int, str]
    """Marks at the side of the bars: an amount to how it is written."""
    sold: Sequence[int]
    """What each seller sold."""
    states: Sequence[tuple[str, int]]
    """How deals stand, and how many."""
    facts: Sequence[tuple[str, str]] = ()
    """Numbers that a reader wants first, each with what it counts."""
    customers: Sequence[Spot] = ()
    sellers: Sequence[Spot] = ()
    names: Sequence[tuple[str, float, float]] = ()
    """Places named on the map: what, latitude, longitude."""
    each: str = "a week"
    """What a bar stands for."""
    source: str = ""


def picture(scene: Scene) -> str:
    """The picture as the text of an SVG file; the same scene, the same text."""
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    told = "; ".join(f"{value} {label}" for value, label in scene.facts)
    role = 'role="img" aria-labelledby="title about"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {role} font-family="{FONTS}">',
        f'<title id="title">{plain(scene.title)}</title>',
        f'<desc id="about">{plain(f"{scene.subtitle}. {told}")}</desc>',
        rect(0, 0, WIDTH, HEIGHT, PAPER),
        words(_EDGE, 46, scene.title, size=26, weight=700),
        words(_EDGE, 74, scene.subtitle, size=15, fill=SOFT),
        *_figures(scene),
        *_bars(scene),
        *_shares(scene),
        *_ends(scene),
        *_map(scene),
        words(_EDGE, HEIGHT - 16, scene.source, size=12, fill=SOFT) if scene.source else "",
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def marks(most: int) -> list[int]:
    """Two or three round amounts up to the highest."""
    if most <= 0:
        return []
    step = 10 ** (len(str(most)) - 1)
    found = [step * n for n in (1, 2, 4, 6, 8) if step * n <= most]
    return found[-3:] if len(found) > 1 else [step // 2, step]


def _figures(scene: Scene) -> list[str]:
    wide = (WIDTH - 2 * _EDGE) / max(1, len(scene.facts))
    parts = []
    for index, (value, label) in enumerate(scene.facts):
        x = _EDGE + index * wide
        parts.append(words(x, 122, value, size=22, weight=700))
        parts.append(words(x, 142, label, size=12, fill=SOFT))
    return parts


def _bars(scene: Scene) -> list[str]:
    most = max((amount for _, amount in scene.weeks), default=0)
    parts = [words(_EDGE, _TOP - 22, f"Sold in {scene.each}", size=14, weight=700)]
    if not most:
        return [*parts, words(_EDGE, _TOP + 40, "nothing was sold", fill=SOFT)]
    left, room = _EDGE + 84, _LEFT - 84
    wide, foot = room / len(scene.weeks), _TOP + _WEEKS
    for amount, told in scene.money.items():
        y = foot - _WEEKS * amount / most
        parts.append(rule(left, y, left + room, y))
        parts.append(words(left - 8, y + 4, told, size=12, fill=SOFT, anchor="end"))
    label, gap = left - 100.0, 1 if wide > 4 else 0.4
    for index, (day, amount) in enumerate(scene.weeks):
        x, tall = left + index * wide, _WEEKS * amount / most
        if amount:
            parts.append(rect(x, foot - tall, max(0.8, wide - gap), tall, SOLD))
        if (index == 0 or day.day <= 7 or len(scene.weeks) < 12) and x - label >= 62:
            written = f"{day:%d %b}" if len(scene.weeks) < 12 else f"{day:%b %Y}"
            parts.append(rule(x, foot, x, foot + 5, SOFT))
            parts.append(words(x, foot + 20, written, size=12, fill=SOFT))
            label = x
    return [*parts, rule(left, foot, left + room, foot, INK)]


def _shares(scene: Scene) -> list[str]:
    """How much of everything the smallest share of sellers sold: the Lorenz curve."""
    x, y = _EDGE + 40, _LOW + 14
    parts = [words(_EDGE, _LOW - 12, "How sales are spread over sellers", size=14, weight=700)]
    parts.append(rect(x, y, _HALF - 40, _TALL, PANEL))
    for share in (0.5, 1.0):
        height = y + _TALL * (1 - share)
        parts.append(rule(x, height, x + _HALF - 40, height))
        parts.append(words(x - 6, height + 4, f"{share:.0%}", size=11, fill=SOFT, anchor="end"))
    sold, total = sorted(scene.sold), sum(scene.sold)
    if not total:
        return parts
    points: list[Point] = [(x, y + _TALL)]
    so_far = 0
    for index, amount in enumerate(sold, 1):
        so_far += amount
        points.append((x + (_HALF - 40) * index / len(sold), y + _TALL * (1 - so_far / total)))
    even = polyline([(x, y + _TALL), (x + _HALF - 40, y)])
    area = polyline([*points, (x + _HALF - 40, y + _TALL)]) + "z"
    parts.append(f'<path d="{area}" fill="{PALE}" fill-opacity="0.6"/>')
    parts.append(f'<path d="{even}" stroke="{SOFT}" stroke-dasharray="4 4" fill="none"/>')
    parts.append(f'<path d="{polyline(points)}" stroke="{SOLD}" stroke-width="2" fill="none"/>')
    first = max(1, len(sold) // 10)
    who = f"{first:,} of {len(sold):,} sellers"
    told = f"{who} sold {sum(sold[-first:]) / total:.0%}"
    return [*parts, words(x, y + _TALL + 18, told, size=12, fill=SOFT)]


def _ends(scene: Scene) -> list[str]:
    """How deals stand: a bar for each state."""
    x, y = _EDGE + _HALF + 50, _LOW + 14
    room = _LEFT - _HALF - 50
    parts = [words(x, _LOW - 12, "How the deals stand", size=14, weight=700)]
    shown = scene.states[:7]
    most = max((count for _, count in shown), default=1)
    for index, (state, count) in enumerate(shown):
        foot = y + index * 27
        wide = max(2.0, (room - 170) * sqrt(count / most))
        parts.append(words(x + 96, foot + 14, state.replace("_", " "), size=12, anchor="end"))
        parts.append(rect(x + 104, foot, wide, 19, SOLD if index == 0 else PALE))
        parts.append(words(x + 110 + wide, foot + 14, f"{count:,}", size=12, fill=SOFT))
    if len(shown) > 1:
        told = "lengths are square roots, so that few are seen too"
        parts.append(words(x, y + _TALL + 18, told, size=12, fill=SOFT))
    return parts


def _map(scene: Scene) -> list[str]:
    spots = [*scene.customers, *scene.sellers]
    if not spots:
        return []
    top, tall = _TOP, HEIGHT - _TOP - 104
    parts = [
        words(_SIDE, top - 22, "Where goods went, and who sent them", size=14, weight=700),
        rect(_SIDE, top, _SIDE_WIDTH, tall, PANEL),
    ]
    point = _chart(spots, top, tall)
    for some, fill, alpha in ((scene.customers, SOLD, 0.35), (scene.sellers, WARM, 0.75)):
        most = max((one.much for one in some), default=1)
        for one in sorted(some, key=lambda one: -one.much):
            x, y = point(one.lat, one.lon)
            if _SIDE < x < _SIDE + _SIDE_WIDTH and top < y < top + tall:
                round_ = 1.3 + 7 * sqrt(one.much / most)
                at = f'cx="{number(x)}" cy="{number(y)}" r="{number(round_)}"'
                parts.append(f'<circle {at} fill="{fill}" fill-opacity="{alpha}"/>')
    for name, lat, lon in scene.names:
        x, y = point(lat, lon)
        room = _SIDE + _SIDE_WIDTH - x
        end, anchor = (x + 6, "start") if width_of(name, 11) + 8 < room else (x - 6, "end")
        parts.append(words(end, y - 6, name, size=11, anchor=anchor, halo=True))
    foot = top + tall + 22
    for x, fill, told in ((_SIDE, SOLD, "customers"), (_SIDE + 110, WARM, "sellers")):
        parts.append(f'<circle cx="{number(x + 6)}" cy="{number(foot - 4)}" r="5" fill="{fill}"/>')
        parts.append(words(x + 18, foot, told, size=12))
    told = "the larger, the more was bought or sold there"
    return [*parts, words(_SIDE, foot + 20, told, size=12, fill=SOFT)]


def _chart(spots: Sequence[Spot], top: float, tall: float) -> Callable[[float, float], Point]:
    """From a latitude and a longitude to the panel; one spot in two hundred may lie outside."""
    aside = len(spots) // 400
    lats = sorted(one.lat for one in spots)[aside : len(spots) - aside]
    lons = sorted(one.lon for one in spots)[aside : len(spots) - aside]
    lat, lon = (lats[0] + lats[-1]) / 2, (lons[0] + lons[-1]) / 2
    shrunk = cos(radians(lat))
    scale = min(
        (tall - 32) / max(lats[-1] - lats[0], 0.002),
        (_SIDE_WIDTH - 32) / max((lons[-1] - lons[0]) * shrunk, 0.002),
    )

    def point(north: float, east: float) -> Point:
        x = _SIDE + _SIDE_WIDTH / 2 + (east - lon) * shrunk * scale
        return x, top + tall / 2 - (north - lat) * scale

    return point
