"""A plot of the suite of dispatch: of each graph a bar for each solver, by powers of ten."""

import json
import math
from html import escape
from pathlib import Path

LINE, LEFT, WIDTH = 18, 190, 560
LEAST = 0.001
"""Seconds at the left edge."""
DECADES = 6
COLOURS = {"python": "#3572a5", "numba": "#00a3e0"}


def drawn(numbers: Path) -> str:
    """The JSON of a run as an SVG document."""
    parts: list[str] = []
    at = LINE
    for case in json.loads(numbers.read_text())["cases"]:
        at += LINE
        parts.append(f'<text x="4" y="{at}" font-weight="bold">{escape(case["name"])}</text>')
        for one in case["solved"]:
            at += LINE
            name = escape(one["solver"])
            parts.append(f'<text x="{LEFT - 6}" y="{at}" text-anchor="end">{name}</text>')
            if one["cpu"] is None:
                parts.append(f'<text x="{LEFT + 4}" y="{at}">{escape(one["said"])}</text>')
                continue
            wide = max(1.0, math.log10(max(one["cpu"], LEAST) / LEAST) * WIDTH / DECADES)
            colour = COLOURS.get(one["solver"], "#999999")
            parts.append(
                f'<rect x="{LEFT}" y="{at - 12}" width="{wide:.1f}" height="14" fill="{colour}"/>'
                f'<text x="{LEFT + wide + 4:.1f}" y="{at}">{one["cpu"]:.3f} s</text>'
            )
        at += LINE // 2
    lines = [
        f'<line x1="{x}" x2="{x}" y1="4" y2="{at}" stroke="#dddddd"/>'
        f'<text x="{x}" y="{LINE - 4}" text-anchor="middle">{LEAST * 10**power:g} s</text>'
        for power in range(DECADES + 1)
        for x in [LEFT + power * WIDTH // DECADES]
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 90}" height="{at + LINE}"'
        ' font-family="sans-serif" font-size="12">\n' + "\n".join([*lines, *parts]) + "\n</svg>\n"
    )
