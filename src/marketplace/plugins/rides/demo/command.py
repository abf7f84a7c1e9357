"""``marketplace demo rides``: which demo, on which database, with which seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from marketplace.demo.options import as_document, options


@click.command()
@options("day", database="Keep the marketplace there; nothing is removed.")
@click.option(
    "--requests",
    type=click.IntRange(1, 20_000),
    default=200,
    show_default=True,
    help="Rides that are asked for in the simulated morning.",
)
@click.option(
    "--trips",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Replay real trips of New York's TLC instead: yellow 2015 or green 2013, .csv or .csv.gz.",
)
@click.option(
    "--minutes",
    type=click.IntRange(1, 1_000_000),
    default=3,
    show_default=True,
    help="Of --trips, so many; New York then has some 450 rides a minute.",
)
@click.option("--all", "whole", is_flag=True, help="Of --trips, the whole file.")
@click.option(
    "--radius",
    type=click.IntRange(50, 50_000),
    default=800,
    show_default=True,
    help="With --trips: metres within which a cab is asked.",
)
@click.option(
    "--lookback",
    type=click.IntRange(60, 3_600),
    default=60,
    show_default=True,
    help="With --trips: seconds that a freed cab stays where it is.",
)
@click.option("--keep", is_flag=True, help="Go on with what the last run left, a day later.")
def rides(trips: Path | None, as_json: bool, **given: Any) -> None:
    """Rides on demand, on the real engine: requests, offers, reservations, ledger, reviews.

    Without --trips: a morning of bike rides in Kathmandu, paid in cash, some in part by wallet.
    Riders ask, drivers are offered rides, decline, do not answer, accept; some must be dispatched
    again. The demand is simulated from a seed; everything the marketplace does about it is real.

    With --trips: real New York trips, minute by minute. Each drop-off frees a cab there, each
    pick-up is a request; batched dispatch is compared with sending the nearest cab to each.

    \b
    marketplace demo rides
    marketplace demo rides --requests 400 --seed 1 --language ne
    marketplace demo rides --trips nyc_yellow.csv.gz --minutes 10
    """
    if trips is not None:
        from marketplace.plugins.rides.demo.taxis import demonstrate

        told = demonstrate(trips, quiet=as_json, **given)
    else:
        from marketplace.plugins.rides.demo.bikes import demonstrate as morning

        told = morning(quiet=as_json, **given)
    if as_json:
        as_document(told)
