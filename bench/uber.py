"""Memory of a month of ride requests: 425,984 real ones of Uber's, New York, April 2014.

The file is read as it is needed, the marketplace is the real one on a database file, and the whole
of it runs in a process of its own, whose resident memory may be 500 MB at most.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bench import bars
from bench.bars import OURS, Bar
from bench.dispatch import near_data

FILE = "bench/rides/uber_pickups_2014-04_ex_21_27.csv.gz"
MOST_MB = 500
EVERYTHING = 10_000_000


def replayed(file: Path, folder: Path, most: int) -> list[dict[str, Any]]:
    """What the process said, stretch by stretch; raises ``CalledProcessError``."""
    words = [sys.executable, "-m", "bench.uber_replay", str(file), str(folder / "town.sqlite")]
    done = subprocess.run([*words, str(most)], check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def told(stretches: list[dict[str, Any]], say: Callable[[str], Any] = click.echo) -> None:
    """Print the table; of a long run ten lines and the last."""
    names = ("requests", "served", "finished", "drivers", "objects", "peak_mb", "seconds", "cpu")
    say("Real requests replayed: opened, priced, matched two minutes at once, driven, paid in cash")
    say("".join(f"{name:>12}" for name in names))
    step = -(-len(stretches) // 10)
    for place, one in enumerate(stretches):
        if place % step == 0 or place == len(stretches) - 1:
            say("".join(f"{one[name]:>12,}" for name in names))


def plotted(stretches: list[dict[str, Any]]) -> str:
    """The memory after each stretch as an SVG document."""
    found = [
        Bar(f"{one['requests']:,} requests", one["peak_mb"], f"{one['peak_mb']:,} MB", OURS)
        for one in stretches
    ]
    return bars.drawn("Memory that a replay takes", [("at most until then", found)], "MB")


@click.command()
@click.option("--requests", default=3_000, show_default=True, help="Requests to replay.")
@click.option("--all", "whole", is_flag=True, help="The whole file; it takes hours and 16 GB.")
@click.option(
    "--file", type=click.Path(path_type=Path), default=None, help=f"Else {FILE} of the real data."
)
@click.option(
    "--most-mb", default=MOST_MB, show_default=True, help="Memory beyond which the run fails."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path(".cache/bench/uber.json"),
    show_default=True,
    help="Where the numbers are written as JSON.",
)
def main(requests: int, whole: bool, file: Path | None, most_mb: int, output: Path) -> None:
    """Replay real requests and look at the memory that it takes."""
    found = file or near_data() / FILE
    if not found.is_file():
        raise click.ClickException(f"no requests at {found}; set MARKETPLACE_DATA or give --file")
    with tempfile.TemporaryDirectory(prefix="marketplace-bench-") as folder:
        stretches = replayed(found, Path(folder), EVERYTHING if whole else requests)
    told(stretches)
    bars.kept(output, stretches, plotted(stretches))
    peak = stretches[-1]["peak_mb"]
    if peak > most_mb:
        raise click.ClickException(f"{peak:,} MB of memory, where {most_mb:,} are the most")
