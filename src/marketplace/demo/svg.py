"""Pieces of SVG as text: numbers, escaping, words, paths of many dots."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

Point = tuple[float, float]

FONTS = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans Devanagari', sans-serif"
INK, SOFT, FAINT, PAPER, PANEL = "#1f2933", "#52606d", "#c9d1d8", "#ffffff", "#f6f5f1"
"""Text, text of less weight (7 to 1 on paper), hairlines, the ground, the map's ground."""

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def number(value: float) -> str:
    """A coordinate to a tenth of a pixel, as short as it can be written."""
    told = f"{value:.1f}".removesuffix(".0")
    return "0" if told == "-0" else told


def plain(value: str) -> str:
    """Text that cannot be taken for markup; what XML has no place for is left out."""
    return escape(_UNPRINTABLE.sub("", value), quote=True)


def words(
    x: float,
    y: float,
    value: str,
    *,
    size: int = 13,
    fill: str = INK,
    anchor: str = "start",
    weight: int = 400,
    halo: bool = False,
) -> str:
    """A line of text whose left end, middle or right end lies at ``x``, its foot at ``y``."""
    extra = f' text-anchor="{anchor}"' if anchor != "start" else ""
    extra += f' font-weight="{weight}"' if weight != 400 else ""
    if halo:
        extra += ' paint-order="stroke" stroke="#ffffff" stroke-width="3.5"'
        extra += ' stroke-linejoin="round" stroke-opacity="0.9"'
    place = f'x="{number(x)}" y="{number(y)}"'
    return f'<text {place} font-size="{size}" fill="{fill}"{extra}>{plain(value)}</text>'


def width_of(value: str, size: int) -> float:
    """About how wide a line of text is, in pixels: enough to keep labels apart."""
    return sum(0.36 if mark in "ijlft.,:' |" else 0.6 for mark in value) * size


def rect(x: float, y: float, width: float, height: float, fill: str, *, extra: str = "") -> str:
    """A filled rectangle."""
    at = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect {at} fill="{fill}"{" " + extra if extra else ""}/>'


def rule(x1: float, y1: float, x2: float, y2: float, stroke: str = FAINT, extra: str = "") -> str:
    """A hairline."""
    at = f'd="M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"'
    return f'<path {at} stroke="{stroke}" fill="none"{" " + extra if extra else ""}/>'


def polyline(points: Sequence[Point]) -> str:
    """Path data through these points."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points) if points else ""


def curve(points: Sequence[Point]) -> str:
    """Path data of a smooth line near these points, from the first to the last."""
    if len(points) < 3:
        return polyline(points)
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(points)]
    data = polyline([points[0], middles[0]])
    for (x, y), (to_x, to_y) in zip(points[1:-1], middles[1:], strict=True):
        data += f"Q{number(x)} {number(y)} {number(to_x)} {number(to_y)}"
    return data + f"L{number(points[-1][0])} {number(points[-1][1])}"


def segments(pairs: Iterable[tuple[Point, Point]]) -> str:
    """Path data of many separate lines."""
    return "".join(polyline(pair) for pair in pairs)


def dots(points: Iterable[Point], size: float, fill: str, *, ring: float = 0.9) -> str:
    """Many round dots of one colour, each with a thin white ring, as two short paths."""
    data = "".join(f"M{number(x)} {number(y)}h0" for x, y in points)
    if not data:
        return ""
    shape = f'd="{data}" fill="none" stroke-linecap="round"'
    white = f'<path {shape} stroke="#ffffff" stroke-width="{number(size + 2 * ring)}"/>'
    colour = f'<path {shape} stroke="{fill}" stroke-width="{number(size)}"/>'
    return (white if ring else "") + colour


def crosses(points: Iterable[Point], arm: float, stroke: str) -> str:
    """Many crosses, each with a white halo."""
    data = "".join(
        f"M{number(x - arm)} {number(y - arm)}L{number(x + arm)} {number(y + arm)}"
        f"M{number(x - arm)} {number(y + arm)}L{number(x + arm)} {number(y - arm)}"
        for x, y in points
    )
    if not data:
        return ""
    halo = f'<path d="{data}" fill="none" stroke="#ffffff" stroke-width="4.4"/>'
    return halo + f'<path d="{data}" fill="none" stroke="{stroke}" stroke-width="2"/>'


def squares(points: Iterable[Point], side: float, stroke: str) -> str:
    """Many hollow squares, white inside."""
    half = side / 2
    data = "".join(
        f"M{number(x - half)} {number(y - half)}h{number(side)}v{number(side)}h{number(-side)}z"
        for x, y in points
    )
    return f'<path d="{data}" fill="#ffffff" stroke="{stroke}" stroke-width="1.5"/>' if data else ""
