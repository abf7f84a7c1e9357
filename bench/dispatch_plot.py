"""A plot of the suite of dispatch: of each graph a bar for each solver, by powers of ten."""

import json
from pathlib import Path
from typing import Any

from bench import bars
from bench.bars import OTHERS, Bar, Scale

COLOURS = {"python": "#3572a5", "numba": "#00a3e0"}
SCALE = Scale(0.001, 6, "s")


def _bar(one: dict[str, Any]) -> Bar:
    said = one["said"] if one["cpu"] is None else f"{one['cpu']:.3f} s"
    return Bar(one["solver"], one["cpu"], said, COLOURS.get(one["solver"], OTHERS))


def drawn(numbers: Path) -> str:
    """The JSON of a run as an SVG document."""
    cases = json.loads(numbers.read_text())["cases"]
    groups = [(one["name"], [_bar(each) for each in one["solved"]]) for one in cases]
    return bars.drawn(groups, SCALE)
