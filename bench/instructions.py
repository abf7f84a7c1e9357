"""Instructions of a ride's whole life and of a search: a guard against slow losses.

Counts them by callgrind and compares with the figures that are kept beside this module, each for
one make of Python and SQLite; `make bench SUITE=instructions ARGS=--renew` writes yours down.
"""

import json
import platform
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import click

from bench.callgrind import NoValgrind, Valgrind, valgrind
from bench.counted import PARTS

FIGURES = Path(__file__).with_suffix(".json")
MOST_MORE = 5
"""Per cent more than is kept is a loss; two runs differ by less than half of one."""


@attrs.frozen
class Compared:
    """One part beside what is kept of it."""

    part: str
    instructions: int
    """Of one of them, on the average of those counted."""
    kept: int | None
    """None where no figure is of this make of Python and SQLite."""

    @property
    def more(self) -> float:
        """The share by which it takes more than is kept; less than nothing where it takes less."""
        return self.instructions / self.kept - 1 if self.kept else 0.0

    @property
    def lost(self) -> bool:
        """Whether it takes more than it may."""
        return self.instructions * 100 > (self.kept or self.instructions) * (100 + MOST_MORE)


def make_of_this() -> str:
    """What decides, beside our own code, how many instructions it takes."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    built = " ".join(platform.python_compiler().split())
    return f"{python}, {built}, SQLite {sqlite3.sqlite_version}, {platform.machine()}"


def counted(tool: Valgrind) -> dict[str, int]:
    """The instructions of one of each part."""
    with tempfile.TemporaryDirectory(prefix="marketplace-bench-") as folder:
        told = tool.counted(["-m", "bench.counted", folder], Path(folder))
    return {part: told[part] // times for part, times in PARTS.items()}


def kept(path: Path = FIGURES) -> dict[str, dict[str, int]]:
    """The figures, by make."""
    found: dict[str, dict[str, int]] = json.loads(path.read_text()) if path.exists() else {}
    return found


def compared(counts: Mapping[str, int], path: Path = FIGURES) -> list[Compared]:
    """Each part beside its figure."""
    figures = kept(path).get(make_of_this(), {})
    return [Compared(part, count, figures.get(part)) for part, count in counts.items()]


def told(parts: list[Compared], say: Callable[[str], Any] = click.echo) -> None:
    """Print the table."""
    say(f"Instructions, in thousands; {make_of_this()}\n")
    for one in parts:
        beside = f"{one.kept / 1_000:>14,.0f} kept{one.more:>+9.1%}" if one.kept else "none kept"
        say(f"{one.part:<24}{one.instructions / 1_000:>14,.0f}{beside}")


@click.command()
@click.option("--renew", is_flag=True, help="Keep what is counted now as the figures of this make.")
@click.option(
    "--figures", type=click.Path(path_type=Path), default=FIGURES, help="Where figures are kept."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path(".cache/bench/instructions.json"),
    show_default=True,
    help="Where the numbers are written as JSON.",
)
def main(renew: bool, figures: Path, output: Path) -> None:
    """Count instructions of a ride's whole life and of a search."""
    try:
        counts = counted(valgrind())
    except NoValgrind as error:
        raise click.ClickException(f"no valgrind: {error}") from None
    parts = compared(counts, figures)
    told(parts)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps([attrs.asdict(one) for one in parts], indent=2) + "\n")
    if renew:
        all_kept = {**kept(figures), make_of_this(): counts}
        figures.write_text(json.dumps(all_kept, indent=2, sort_keys=True) + "\n")
        click.echo(f"kept in {figures}")
    elif any(one.lost for one in parts):
        raise click.ClickException(f"more than {MOST_MORE} % more than is kept")
