"""Plots of numbers as SVG: groups of bars, by powers of ten."""

import math
from collections.abc import Iterable
from html import escape

import attrs

LINE, LEFT, WIDTH = 18, 250, 560
OURS = "#3572a5"
OTHERS = "#999999"


@attrs.frozen
class Bar:
    """One number, and what it is of; no number, and the words instead of it."""

    name: str
    value: float | None
    said: str
    colour: str = OTHERS


@attrs.frozen
class Scale:
    """What the left edge stands for, and by how many powers of ten the right one is more."""

    least: float
    decades: int
    unit: str

    def width(self, value: float) -> float:
        """How long a bar is."""
        tenfold = math.log10(max(value, self.least) / self.least)
        return max(1.0, min(tenfold, self.decades) * WIDTH / self.decades)

    def lines(self, height: int) -> list[str]:
        """A line at each power of ten."""
        return [
            f'<line x1="{x}" x2="{x}" y1="4" y2="{height}" stroke="#dddddd"/>'
            f'<text x="{x}" y="{LINE - 4}" text-anchor="middle">'
            f"{self.least * 10**power:g} {self.unit}</text>"
            for power in range(self.decades + 1)
            for x in [LEFT + power * WIDTH // self.decades]
        ]


def drawn(groups: Iterable[tuple[str, Iterable[Bar]]], scale: Scale) -> str:
    """Groups of bars under their names, as an SVG document."""
    parts: list[str] = []
    at = LINE
    for title, bars in groups:
        at += LINE
        parts.append(f'<text x="4" y="{at}" font-weight="bold">{escape(title)}</text>')
        for one in bars:
            at += LINE
            name = escape(one.name)
            parts.append(f'<text x="{LEFT - 6}" y="{at}" text-anchor="end">{name}</text>')
            if one.value is None:
                parts.append(f'<text x="{LEFT + 4}" y="{at}">{escape(one.said)}</text>')
                continue
            wide = scale.width(one.value)
            parts.append(
                f'<rect x="{LEFT}" y="{at - 12}" width="{wide:.1f}" height="14"'
                f' fill="{one.colour}"/>'
                f'<text x="{LEFT + wide + 4:.1f}" y="{at}">{escape(one.said)}</text>'
            )
        at += LINE // 2
    body = "\n".join([*scale.lines(at), *parts])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 120}" height="{at + LINE}"'
        f' font-family="sans-serif" font-size="12">\n{body}\n</svg>\n'
    )
