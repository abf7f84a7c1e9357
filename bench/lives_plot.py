"""A plot of the suite of lives: of each trade and database the library's rate, and the bare one."""

from collections.abc import Iterable
from typing import Any

from bench import bars
from bench.bars import OTHERS, OURS, Bar

Group = tuple[str, list[Bar]]


def _bar(name: str, spread: dict[str, Any], colour: str = OTHERS) -> Bar:
    return Bar(name, spread["middle"], f"{spread['middle']:,.1f}", colour)


def _groups(result: dict[str, Any]) -> Iterable[Group]:
    for one in result["rates"]:
        clients = "" if one["callers"] == 1 else f", {one['callers']} clients"
        yield (
            f"{one['trade']}, {one['database']}{clients}",
            [_bar("the library", one["library"], OURS), _bar("the same, bare", one["bare"])],
        )
    for one in result["orm"]:
        yield (
            f"ride, {one['database']}, beside the ORM",
            [_bar("the library", one["library"], OURS), _bar("the same rows by ORM", one["orm"])],
        )
    slow = result["slow"] or {"flush": 0, "together": []}
    slower = f", {slow['flush']:.0f} ms a flush"
    for disk, rides in (("", result["together"]), (slower, slow["together"])):
        for one in rides:
            yield (
                f"rides, {one['database']}{disk}, {one['way']}",
                [_bar("together", one["together"], OURS), _bar("one by one", one["alone"])],
            )
    if result["history"] is not None:
        history = result["history"]
        yield (
            "a ride among past deals, by the least time",
            [
                Bar(f"{history[many]:,}", rate, f"{rate:,.1f}", OURS)
                for many in ("few", "many")
                for rate in [1 / history[f"life_{many}"]["least"]]
            ],
        )


def drawn(numbers: dict[str, Any]) -> str:
    """The numbers of a run as an SVG document."""
    return bars.drawn("Deals' lives a second: longer is better", _groups(numbers), "a second")
