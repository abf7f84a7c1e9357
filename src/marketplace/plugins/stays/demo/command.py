"""``marketplace demo stays``: which demo, on which database, with which seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from marketplace.demo.options import as_document, options


@click.command()
@options("season", database="Keep the marketplace there: an empty database.")
@click.option(
    "--guests",
    type=click.IntRange(1, 20_000),
    default=400,
    show_default=True,
    help="People who look for a home.",
)
@click.option(
    "--homes",
    type=click.IntRange(1, 20_000),
    help="Homes that are held out: 40 of the invented ones; of --listings, all if not told.",
)
@click.option(
    "--listings",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Hold out the homes of a real city instead: Inside Airbnb's listings, .csv or .csv.gz.",
)
@click.option(
    "--calendar",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --listings: its calendar; what is not available there is blocked.",
)
@click.option(
    "--nights",
    type=click.IntRange(7, 365),
    default=60,
    show_default=True,
    help="With --listings: so many nights from the first of its calendar on.",
)
@click.option("--zone", metavar="ZONE", help="With --listings: the city's; else by its place.")
@click.option("--currency", metavar="CODE", help="With --listings: of its prices; else by place.")
@click.option(
    "--bookings",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Live the lives of real hotel bookings instead: a file of them, .csv or .csv.gz.",
)
@click.option(
    "--rows",
    type=click.IntRange(1, 1_000_000),
    help="With --bookings: only the first so many; some thousands take a few minutes.",
)
def stays(
    listings: Path | None,
    calendar: Path | None,
    bookings: Path | None,
    rows: int | None,
    homes: int | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Stays by the night, on the real engine: searches, bookings, calendars, ledger, reviews.

    Without --listings: a season around Pokhara's lake. Guests search, ask, pay, alter, cancel,
    come or do not; hosts accept, decline, are silent, claim damage; one home is let in two places.
    Homes and people are simulated from a seed; everything the marketplace does about it is real.

    With --listings and --calendar: the homes of a real city, on the nights that were really free.
    Its guests are simulated.

    With --bookings: each row of a hotel's real bookings is booked, changed, cancelled, missed or
    slept on its days. Nothing is simulated but how long a day's work takes.

    \b
    marketplace demo stays
    marketplace demo stays --guests 200 --seed 1 --language ne
    marketplace demo stays --listings listings.csv.gz --calendar calendar.csv.gz --homes 300
    marketplace demo stays --bookings hotel_bookings.csv.gz --rows 500
    """
    if (listings is None) != (calendar is None):
        raise click.UsageError("--listings and --calendar are given together, or neither")
    if bookings is not None and listings is not None:
        raise click.UsageError("either --listings, for a city, or --bookings, for hotels")
    if rows is not None and bookings is None:
        raise click.UsageError("--rows goes with --bookings")
    alone = ("nights", "zone", "currency")
    try:
        if bookings is not None:
            from marketplace.plugins.stays.demo.hotels import demonstrate as hotels

            kept = ("seed", "database", "language")
            few = {name: given[name] for name in kept}
            told = hotels(bookings, rows=rows, quiet=as_json, **few)
        elif listings is not None and calendar is not None:
            from marketplace.plugins.stays.demo.city import demonstrate as city

            told = city(listings, calendar, homes=homes, quiet=as_json, **given)
        else:
            from marketplace.plugins.stays.demo.story import demonstrate

            story = {name: value for name, value in given.items() if name not in alone}
            told = demonstrate(homes=homes or 40, quiet=as_json, **story)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("icalendar", "dateutil"):
            raise
        raise click.ClickException(
            f"this demo needs {error.name}: pip install 'marketplace-kit[demo]'"
        ) from None
    if as_json:
        as_document(told)
