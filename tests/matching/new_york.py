"""A night of New York's yellow taxis as matching problems: freed cars and waiting riders."""

import csv
import gzip
from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from attrs import frozen

Point = tuple[float, float]

# Inside this box a position is believed; the records hold zeros and points in Nevada.
LATITUDES = 40.4, 41.2
LONGITUDES = -74.5, -73.3


@frozen
class Trip:
    number: int
    picked_up: datetime
    dropped_off: datetime
    start: Point
    end: Point


@frozen
class Night:
    """Trips by when they begin and by when they end, each side inside the box."""

    by_start: list[Trip]
    by_end: list[Trip]

    def riders(self, since: datetime, seconds: int) -> list[Trip]:
        """Trips picked up in [since, since + seconds), by time, then number."""
        return _between(
            self.by_start, lambda t: t.picked_up, since, since + timedelta(seconds=seconds)
        )

    def drivers(self, before: datetime, seconds: int) -> list[Trip]:
        """Trips dropped off in [before - seconds, before), by time, then number."""
        return _between(
            self.by_end, lambda t: t.dropped_off, before - timedelta(seconds=seconds), before
        )


def load(data_dir: Path) -> Night:
    """Read the night; trips that end before they begin are left out, as the oracle does."""
    path = data_dir / "rides" / "nyc_yellow_2015-01-10_pickups_before_0040.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        trips = [trip for trip in _trips(file) if trip.dropped_off >= trip.picked_up]
    return Night(
        sorted((t for t in trips if _inside(t.start)), key=lambda t: (t.picked_up, t.number)),
        sorted((t for t in trips if _inside(t.end)), key=lambda t: (t.dropped_off, t.number)),
    )


def _trips(file: Iterator[str]) -> Iterator[Trip]:
    for row in csv.DictReader(file):
        yield Trip(
            int(row["trip_id"]),
            datetime.fromisoformat(row["tpep_pickup_datetime"]),
            datetime.fromisoformat(row["tpep_dropoff_datetime"]),
            (float(row["pickup_latitude"]), float(row["pickup_longitude"])),
            (float(row["dropoff_latitude"]), float(row["dropoff_longitude"])),
        )


def _inside(point: Point) -> bool:
    (south, north), (west, east) = LATITUDES, LONGITUDES
    return south <= point[0] <= north and west <= point[1] <= east


def _between(
    trips: list[Trip], moment: Callable[[Trip], datetime], since: datetime, until: datetime
) -> list[Trip]:
    return trips[bisect_left(trips, since, key=moment) : bisect_left(trips, until, key=moment)]
