"""Plots of numbers as SVG: groups of bars, by powers of ten."""

import json
import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import attrs
import click

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

    @classmethod
    def of(cls, values: Sequence[float], unit: str) -> "Scale":
        """The powers of ten between which they lie."""
        first = math.floor(math.log10(min(values, default=1)))
        last = math.ceil(math.log10(max(values, default=10)))
        return cls(10.0**first, max(last - first, 1), unit)

    def width(self, value: float) -> float:
        """How long a bar is."""
        tenfold = math.log10(max(value, self.least) / self.least)
        return max(1.0, min(tenfold, self.decades) * WIDTH / self.decades)

    def lines(self, top: int, height: int) -> list[str]:
        """A line at each power of ten."""
        return [
            f'<line x1="{x}" x2="{x}" y1="{top + 4}" y2="{height}" stroke="#dddddd"/>'
            f'<text x="{x}" y="{top}" text-anchor="middle">'
            f"{_shown(self.least * 10**power)} {self.unit}</text>"
            for power in range(self.decades + 1)
            for x in [LEFT + power * WIDTH // self.decades]
        ]


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def drawn(title: str, groups: Iterable[tuple[str, Sequence[Bar]]], unit: str) -> str:
    """Groups of bars under their names, as an SVG document with a title of its own."""
    groups = list(groups)
    scale = Scale.of([one.value for _, bars in groups for one in bars if one.value], unit)
    parts = [f'<text x="4" y="{LINE}" font-weight="bold" font-size="14">{escape(title)}</text>']
    at = top = LINE * 2 + LINE // 2
    for name, bars in groups:
        at += LINE
        parts.append(f'<text x="4" y="{at}" font-weight="bold">{escape(name)}</text>')
        for one in bars:
            at += LINE
            whose = escape(one.name)
            parts.append(f'<text x="{LEFT - 6}" y="{at}" text-anchor="end">{whose}</text>')
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
    body = "\n".join([*scale.lines(top, at), *parts])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 120}" height="{at + LINE}"'
        f' font-family="sans-serif" font-size="12">\n'
        f'<path d="M0 0h{LEFT + WIDTH + 120}v{at + LINE}H0z" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def kept(output: Path, numbers: object, plot: str) -> None:
    """Keep the numbers as JSON and the plot as SVG beside them, and say where."""
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(numbers, indent=2) + "\n")
    output.with_suffix(".svg").write_text(plot)
    click.echo(f"written to {output}, drawn in {output.with_suffix('.svg')}")
