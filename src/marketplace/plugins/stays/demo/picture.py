"""The season's picture: homes by nights, how full each night was, and where the homes lie.

``picture`` is a pure function to text: one SVG with no script and nothing fetched. What a night
is, is told by shape as well as by colour; the colours differ in lightness as well as in hue.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from statistics import mean

from attrs import frozen

from marketplace import Place
from marketplace.demo.svg import (
    FAINT,
    FONTS,
    INK,
    PANEL,
    PAPER,
    SOFT,
    number,
    plain,
    polyline,
    rect,
    rule,
    width_of,
    words,
)
from marketplace.plugins.stays.demo.map import Chart, chart
from marketplace.plugins.stays.demo.nights import ELSEWHERE, FILE, GIVEN_UP, OWN, Cell, Row

WIDTH = 1290
_EDGE, _TOP = 28, 204
_LABELS, _GRID, _SHARES = 236, 640, 56
_ROW = 15
_SIDE = _EDGE + _LABELS + _GRID + _SHARES + 24
_SIDE_WIDTH = WIDTH - _SIDE - _EDGE
_BARS = 62
_MAP = 250
"""How high the map is."""
MOST_ROWS = 60
FREE, SOLD, BLOCKED, OUTSIDE = "#f3f1ea", "#1f5f94", "#c3c7cb", "#e0a02f"
SOLD_IN_PART = ("#a9cbe4", "#6fa6cf", "#4581b3")
"""Of several units: few of them, half, most."""
FEAST = "#efe3cf"


@frozen
class Scene:
    """All that the picture shows."""

    title: str
    subtitle: str
    first: date
    rows: Sequence[Row]
    facts: Sequence[tuple[str, str]] = ()
    """Numbers that a reader wants first, each with what it counts."""
    feasts: Sequence[tuple[str, date, date]] = ()
    lake: Sequence[tuple[float, float]] = ()
    names: Sequence[Place] = ()
    """Places named on the map."""
    source: str = ""

    @property
    def nights(self) -> int:
        """How many nights each row has."""
        return len(self.rows[0].cells) if self.rows else 0


def picture(scene: Scene) -> str:
    """The picture as the text of an SVG file; the same scene, the same text."""
    shown = _shown(scene.rows)
    high = max(_TOP + _ROW * len(shown) + 64, _TOP + 560)
    size = f'width="{WIDTH}" height="{high}" viewBox="0 0 {WIDTH} {high}"'
    side = 116 + 52 * ((len(scene.facts) + 1) // 2)
    told = "; ".join(f"{value} {label}" for value, label in scene.facts)
    role = 'role="img" aria-labelledby="title about"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {role} font-family="{FONTS}">',
        f'<title id="title">{plain(scene.title)}</title>',
        f'<desc id="about">{plain(f"{scene.subtitle}. {told}")}</desc>',
        _PATTERNS,
        rect(0, 0, WIDTH, high, PAPER),
        words(_EDGE, 46, scene.title, size=26, weight=700),
        words(_EDGE, 74, scene.subtitle, size=15, fill=SOFT),
        *(_grid(scene, shown) if scene.nights else _nothing()),
        *_figures(scene),
        *_map(scene, side),
        *_legend(scene, side + (_MAP + 66 if scene.rows else 0)),
        words(_EDGE, high - 16, scene.source, size=12, fill=SOFT) if scene.source else "",
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


_PATTERNS = (
    '<defs><pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="4" height="4" fill="#e4e5e4"/>'
    '<rect width="1.6" height="4" fill="#8b9299"/></pattern>'
    '<pattern id="dotted" width="4" height="4" patternUnits="userSpaceOnUse">'
    f'<rect width="4" height="4" fill="{FREE}"/><circle cx="2" cy="2" r="1" fill="#8a6d3b"/>'
    "</pattern></defs>"
)


def _shown(rows: Sequence[Row]) -> list[Row]:
    """All homes; of very many those that sold most, in the order in which they stood."""
    if len(rows) <= MOST_ROWS:
        return sorted(rows, key=lambda row: -_share(row))
    return sorted(rows, key=lambda row: -row.sold)[:MOST_ROWS]


def _share(row: Row) -> float:
    return row.sold / row.held_out if row.held_out else 0.0


def _nothing() -> list[str]:
    return [words(_EDGE, _TOP + 40, "no homes, so no nights to show", fill=SOFT)]


def _grid(scene: Scene, shown: Sequence[Row]) -> list[str]:
    wide, left = _GRID / scene.nights, _EDGE + _LABELS
    parts = [*_feasts(scene, left, wide, len(shown)), *_bars(scene, left, wide)]
    parts += _dates(scene, left, wide, len(shown))
    for index, row in enumerate(shown):
        y = _TOP + index * _ROW
        name = _short(row.title, 12, _LABELS - 10)
        parts.append(words(left - 8, y + 11, name, size=12, anchor="end"))
        parts += _cells(row, left, y, wide)
        share = f"{100 * _share(row):.0f} %" if row.held_out else "–"
        parts.append(words(left + _GRID + 44, y + 11, share, size=12, fill=SOFT, anchor="end"))
    parts.append(words(left + _GRID + 44, _TOP - 8, "sold", size=12, fill=SOFT, anchor="end"))
    return parts


def _short(text: str, size: int, room: float) -> str:
    """As much of a text as fits."""
    if width_of(text, size) <= room:
        return text
    while text and width_of(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip(" ,") + "…"


def _fill(cell: Cell, units: int) -> str:
    if cell.sold >= units:
        return SOLD
    if cell.sold:
        return SOLD_IN_PART[min(2, cell.sold * 3 // units)]
    if cell.blocked >= units:
        return OUTSIDE if cell.why == ELSEWHERE else "url(#hatch)"
    return "url(#dotted)" if cell.prepares else FREE


def _cells(row: Row, left: float, y: float, wide: float) -> list[str]:
    """Runs of equal nights as one rectangle each, with a gap of paper where a guest arrives."""
    parts: list[str] = []
    gap = 1.4 if wide >= 5 else 0.7
    start = 0
    for index in range(1, len(row.cells) + 1):
        before = row.cells[index - 1]
        ends = index == len(row.cells)
        if not ends:
            here = row.cells[index]
            same = _fill(here, row.units) == _fill(before, row.units)
            if same and not (here.begins and row.units == 1):
                continue
        first, fill = row.cells[start], _fill(before, row.units)
        inset = gap if first.begins and row.units == 1 else 0
        x, long = left + start * wide + inset, (index - start) * wide - inset
        parts.append(rect(x, y + 1, long, _ROW - 2, fill))
        if before.why == GIVEN_UP and not before.sold and before.blocked >= row.units:
            middle = x + long / 2
            parts.append(rule(middle - 4, y + 4, middle + 4, y + 11, INK, 'stroke-width="1.8"'))
            parts.append(rule(middle - 4, y + 11, middle + 4, y + 4, INK, 'stroke-width="1.8"'))
        start = index
    return parts


def _feasts(scene: Scene, left: float, wide: float, count: int) -> list[str]:
    parts = []
    for name, first, last in scene.feasts:
        x = left + (first - scene.first).days * wide
        long = ((last - first).days + 1) * wide
        parts.append(rect(x, _TOP - _BARS - 38, long, _BARS + 38 + count * _ROW, FEAST))
        middle = x + long / 2
        parts.append(words(middle, _TOP - _BARS - 42, name, size=12, fill=SOFT, anchor="middle"))
    return parts


def _bars(scene: Scene, left: float, wide: float) -> list[str]:
    """How much of what was held out each night was sold, over all homes."""
    foot = _TOP - 26
    parts = []
    for share, told in ((0.5, "50 %"), (1.0, "100 %")):
        y = foot - _BARS * share
        parts.append(rule(left, y, left + _GRID, y, FAINT))
        parts.append(words(left - 8, y + 4, told, size=12, fill=SOFT, anchor="end"))
    parts.append(words(_EDGE, foot - 20, "nights sold of", size=12, fill=SOFT))
    parts.append(words(_EDGE, foot - 4, "those held out", size=12, fill=SOFT))
    for index in range(scene.nights):
        cells = [(row.cells[index], row.units) for row in scene.rows]
        out = sum(max(cell.sold, units - cell.blocked) for cell, units in cells)
        share = sum(cell.sold for cell, _ in cells) / out if out else 0
        if share:
            tall = _BARS * min(1, share)
            parts.append(rect(left + index * wide, foot - tall, max(0.8, wide - 1), tall, SOLD))
    return parts


def _dates(scene: Scene, left: float, wide: float, count: int) -> list[str]:
    """Months, and Saturdays where there is room."""
    parts, foot = [], _TOP + count * _ROW
    for index in range(scene.nights):
        day = scene.first + timedelta(days=index)
        x = left + index * wide
        if day.day == 1 or index == 0:
            parts.append(rule(x, _TOP - 26, x, foot, INK, 'stroke-opacity="0.35"'))
            room = scene.nights - index
            if day.day == 1 or (room * wide > 40 and day.day < 24):
                parts.append(words(x + 3, foot + 16, f"{day:%B}", size=12, weight=700))
        if day.weekday() == 5:
            parts.append(words(x + wide / 2, _TOP - 10, str(day.day), size=11, fill=SOFT,
                               anchor="middle"))  # fmt: skip
    return parts


def _figures(scene: Scene) -> list[str]:
    parts = []
    for index, (value, label) in enumerate(scene.facts):
        x = _SIDE + (index % 2) * (_SIDE_WIDTH / 2)
        y = 100 + (index // 2) * 52
        parts.append(words(x, y + 22, value, size=21, weight=700))
        parts.append(words(x, y + 40, label, size=12, fill=SOFT))
    return parts


def _map(scene: Scene, top: float) -> list[str]:
    homes = [(row.place, _share(row)) for row in scene.rows if row.place is not None]
    if not homes:
        return []
    plan: Chart = chart([place for place, _ in homes], _SIDE, top, _SIDE_WIDTH, _MAP, scene.lake)
    parts = [rect(_SIDE, top, _SIDE_WIDTH, _MAP, PANEL)]
    if scene.lake:
        shape = polyline([plan.point(Place(lat, lon)) for lat, lon in scene.lake]) + "z"
        parts.append(f'<path d="{shape}" fill="#cfe3ee" stroke="#9dbdd0"/>')
    size = 4.6 if len(homes) <= 80 else 1.8
    for place, share in sorted(homes, key=lambda one: one[1]):
        x, y = plan.point(place)
        if plan.inside(x, y):
            at = f'cx="{number(x)}" cy="{number(y)}" r="{number(size)}"'
            ring = 'stroke="#ffffff" stroke-width="0.8"' if size > 3 else ""
            parts.append(f'<circle {at} fill="{_shade(share)}" {ring}/>')
    for place in scene.names:
        x, y = plan.point(place)
        if plan.inside(x, y):
            fits = x + 10 + width_of(place.label, 11) < _SIDE + _SIDE_WIDTH
            end, anchor = (x + 10, "start") if fits else (x - 10, "end")
            parts.append(words(end, y + 4, place.label, size=11, anchor=anchor, halo=True))
    told = f"A dot is a home; the darker, the more of its nights were sold (mean {_mean(homes)})."
    return [*parts, *_wrapped(told, _SIDE, top + _MAP + 18)]


def _mean(homes: Sequence[tuple[Place, float]]) -> str:
    return f"{100 * mean(share for _, share in homes):.0f} %"


def _shade(share: float) -> str:
    steps = ("#b9b5a6", *SOLD_IN_PART, SOLD)
    return steps[min(len(steps) - 1, int(share * len(steps) * 1.2))]


def _wrapped(text: str, x: float, y: float) -> list[str]:
    """Lines of small text as wide as the side panel."""
    lines, line = [], ""
    for word in text.split():
        if width_of(f"{line} {word}", 12) > _SIDE_WIDTH and line:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [words(x, y + 16 * n, one, size=12, fill=SOFT) for n, one in enumerate([*lines, line])]


def _legend(scene: Scene, y: float) -> list[str]:
    """What the nights look like; only what there is to see."""
    cells = [(cell, row.units) for row in scene.rows for cell in row.cells]
    several = any(row.units > 1 for row in scene.rows)
    said = {
        OWN: any(cell.why == OWN for cell, _ in cells),
        ELSEWHERE: any(cell.why == ELSEWHERE for cell, _ in cells),
        GIVEN_UP: any(cell.why == GIVEN_UP and cell.blocked >= units for cell, units in cells),
    }
    keys = [(SOLD, "sold (a gap: the next guest)")]
    if several:
        keys.append((SOLD_IN_PART[1], "sold in part (homes of several units)"))
    if said[OWN]:
        keys.append(("url(#hatch)", "kept back by the host"))
    if any(cell.why == FILE for cell, _ in cells):
        keys.append(("url(#hatch)", "not available, says the file"))
    if said[GIVEN_UP]:
        keys.append(("cross", "the host called a guest off"))
    if said[ELSEWHERE]:
        keys.append((OUTSIDE, "sold elsewhere, says its calendar"))
    if any(cell.prepares for cell, _ in cells):
        keys.append(("url(#dotted)", "needed to prepare"))
    keys.append((FREE, "free"))
    parts = [words(_SIDE, y, "How to read the nights", size=13, weight=700)]
    for index, (fill, told) in enumerate(keys):
        foot = y + 22 + index * 21
        shade = "url(#hatch)" if fill == "cross" else fill
        parts.append(rect(_SIDE, foot - 10, 24, 13, shade, extra=f'stroke="{FAINT}"'))
        if fill == "cross":
            for up in (foot - 7, foot):
                parts.append(rule(_SIDE + 8, up, _SIDE + 16, foot - 7 + foot - up, INK,
                                  'stroke-width="1.8"'))  # fmt: skip
        parts.append(words(_SIDE + 32, foot + 1, told, size=12))
    return parts
