"""Trips of a file of any order and size, on disk, to be had by the minute."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from marketplace import Place
from marketplace.plugins.rides.trips import Rejection, Trip, TripFile, TripLimits

MINUTE_S = 60
_COLUMNS = 16


class TripShelf:
    """The believable trips of a file, in a database on disk that goes away with this object.

    A trip file is in no order that helps, and a month of it is larger than memory.
    """

    def __init__(self, path: Path, limits: TripLimits, read: Callable[[int], None]) -> None:
        # An empty name is a temporary file of SQLite's own.
        self._database = sqlite3.connect("")
        self._database.execute("PRAGMA journal_mode = OFF")
        columns = ", ".join(f"c{number}" for number in range(_COLUMNS))
        self._database.execute(f"CREATE TABLE trip (picked INTEGER, dropped INTEGER, {columns})")
        self.rejected: Counter[str] = Counter()
        """Rows that are no trips, by the code of the reason."""
        self.examples: dict[str, Rejection] = {}
        """One of each kind."""
        self.trips = 0
        self._fill(TripFile(path, limits), read)
        for moment in ("picked", "dropped"):
            self._database.execute(f"CREATE INDEX {moment}_at ON trip ({moment})")

    def _fill(self, file: TripFile, read: Callable[[int], None]) -> None:
        marks = ", ".join("?" * (_COLUMNS + 2))
        batch: list[tuple[object, ...]] = []
        rows = 0
        for rows, row in enumerate(file, 1):
            if isinstance(row, Rejection):
                self.rejected[row.reason.code] += 1
                self.examples.setdefault(row.reason.code, row)
            else:
                batch.append(_flat(row))
            if len(batch) >= 1_000:
                self._write(marks, batch)
                read(rows)
        self._write(marks, batch)
        read(rows)

    def _write(self, marks: str, batch: list[tuple[object, ...]]) -> None:
        self._database.executemany(f"INSERT INTO trip VALUES ({marks})", batch)
        self.trips += len(batch)
        batch.clear()

    def picked_up(self, start: datetime, end: datetime) -> list[Trip]:
        """Trips picked up from start (inside) to end (outside), in that order."""
        return list(self._between("picked", start, end))

    def dropped_off(self, start: datetime, end: datetime) -> list[Trip]:
        """Trips dropped off from start (inside) to end (outside), in that order."""
        return list(self._between("dropped", start, end))

    def _between(self, moment: str, start: datetime, end: datetime) -> Iterator[Trip]:
        found = self._database.execute(
            f"SELECT * FROM trip WHERE {moment} >= ? AND {moment} < ? ORDER BY {moment}, rowid",
            (int(start.timestamp()), int(end.timestamp())),
        )
        return (_trip(row) for row in found.fetchall())

    def minutes(self) -> list[tuple[datetime, int, int]]:
        """Every minute with a pick-up: when it begins, pick-ups in it, drop-offs in the one before.

        In the order of time.
        """
        found = self._database.execute(
            "SELECT minute, riders, (SELECT count(*) FROM trip"
            " WHERE dropped >= (minute - 1) * 60 AND dropped < minute * 60)"
            " FROM (SELECT picked / 60 AS minute, count(*) AS riders FROM trip GROUP BY 1)"
            " ORDER BY minute"
        )
        return [
            (datetime.fromtimestamp(minute * MINUTE_S, UTC), riders, cabs)
            for minute, riders, cabs in found
        ]


def _flat(trip: Trip) -> tuple[object, ...]:
    ends = (trip.pickup.lat, trip.pickup.lon, trip.dropoff.lat, trip.dropoff.lon)
    sums = (trip.fare, trip.extra, trip.tax, trip.tip, trip.tolls, trip.total)
    facts = (trip.passengers, trip.hundredth_miles, trip.rate_code, trip.payment)
    moments = (int(trip.picked_up_at.timestamp()), int(trip.dropped_off_at.timestamp()))
    return (*moments, trip.row, trip.id, *ends, *facts, *sums)


def _trip(row: Sequence[Any]) -> Trip:
    picked, dropped, number, identity, lat, lon, to_lat, to_lon, *rest = row
    passengers, hundredth_miles, rate_code, payment, fare, extra, tax, tip, tolls, total = rest
    return Trip(
        row=number,
        id=identity,
        picked_up_at=datetime.fromtimestamp(picked, UTC),
        dropped_off_at=datetime.fromtimestamp(dropped, UTC),
        pickup=Place(lat, lon),
        dropoff=Place(to_lat, to_lon),
        passengers=passengers,
        hundredth_miles=hundredth_miles,
        rate_code=rate_code,
        payment=payment,
        fare=fare,
        extra=extra,
        tax=tax,
        tip=tip,
        tolls=tolls,
        total=total,
    )
