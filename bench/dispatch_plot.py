"""A plot of the suite of dispatch: of each graph a bar for each solver, by powers of ten."""

from typing import Any

from bench import bars
from bench.bars import OTHERS, Bar

COLOURS = {"python": "#3572a5", "numba": "#00a3e0"}


def _bar(one: dict[str, Any]) -> Bar:
    said = one["said"] if one["cpu"] is None else f"{one['cpu']:.3f} s"
    return Bar(one["solver"], one["cpu"], said, COLOURS.get(one["solver"], OTHERS))


def drawn(numbers: dict[str, Any]) -> str:
    """The numbers of a run as an SVG document."""
    groups = [(one["name"], [_bar(each) for each in one["solved"]]) for one in numbers["cases"]]
    return bars.drawn("Dispatch: seconds of the processor, shorter is better", groups, "s")
