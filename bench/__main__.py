"""Runs the suites: `python -m bench` all of them, `python -m bench search --help` one."""

import subprocess
import sys
import time
from importlib import import_module

import click

SUITES = (
    "lives",
    "search",
    "checkout",
    "dispatch",
    "vacancies",
    "nights",
    "instructions",
    "doorstep",
    "uber",
)


def main(words: list[str]) -> None:
    """Run the suite that the first word names with the other words; without any, all in turn."""
    if not words:
        sys.exit(run_all())
    known = ", ".join(SUITES)
    if words[0] in ("--help", "-h"):
        click.echo(f"{__doc__}\n\nThe suites: {known}")
        return
    if words[0] not in SUITES:
        raise SystemExit(f"no suite is called {words[0]!r}; there are: {known}")
    import_module(f"bench.{words[0]}").main(words[1:])


def run_all() -> str | None:
    """Each suite in a process of its own, so that none warms another or stops it; gives what
    failed, if anything did."""
    failed, began = [], time.monotonic()
    for suite in SUITES:
        click.secho(f"== {suite}", bold=True)
        since = time.monotonic()
        ended = subprocess.run([sys.executable, "-m", "bench", suite], check=False)
        if ended.returncode:
            failed.append(suite)
        click.secho(f"== {suite}: {time.monotonic() - since:.0f} s\n", bold=True)
    click.echo(f"all suites: {(time.monotonic() - began) / 60:.1f} min")
    return f"failed: {', '.join(failed)}" if failed else None


if __name__ == "__main__":
    main(sys.argv[1:])
