"""A plot of the suite of searches: of each database a bar for each design, by powers of ten."""

from typing import Any

from bench import bars
from bench.bars import OTHERS, OURS, Bar


def _bar(design: dict[str, Any], of: str) -> Bar:
    value = design[of]["middle"]
    ours = design["design"] == "this library"
    return Bar(design["design"], value, f"{value:,.2f} ms", OURS if ours else OTHERS)


def drawn(numbers: list[dict[str, Any]]) -> str:
    """The numbers of a run as an SVG document."""
    groups = [
        (
            f"{one['database']}, {one['listings']:,} listings, {of}",
            [_bar(design, of) for design in one["designs"]],
        )
        for one in numbers
        for of in ("p50", "p99")
    ]
    return bars.drawn("Searches: milliseconds, shorter is better", groups, "ms")
