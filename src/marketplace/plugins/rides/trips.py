"""New York's taxi records, row by row: a trip, or why the row is none.

Reads the Taxi and Limousine Commission's CSV of yellow cabs (2015) and green cabs (2013), plain
or gzip, a line at a time, so that a year takes no more memory than a minute. Nothing in a file
makes it raise but a header that is of no known layout; bad rows come out as rejections and are
counted by reason. Empty lines are no rows: the commission's green files have one.

Times in the files are New York's wall clock. In the hour that comes twice in autumn a pick-up is
taken to be in the first of the two, and a drop-off in the first that is not before its pick-up.
In the hour that spring leaves out, a time is read as if the clock had not yet been put forward.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from marketplace import InvalidInput, Money, Place, Reason
from marketplace.plugins.rides.layouts import LAYOUTS, Layout

NEW_YORK = ZoneInfo("America/New_York")

_LONGEST_LINE = 10_000
"""Bytes; real rows have some 200. What is longer is skipped, not kept."""
_MOST_CENTS = 10**11
"""A thousand million dollars, or miles: beyond it a number is no taxi's."""
_WHEN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,20})?([eE]-?\d{1,2})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


@frozen
class Box:
    """A rectangle of the map, its edges inside."""

    south: float
    north: float
    west: float
    east: float

    def holds(self, place: Place) -> bool:
        """Whether the place lies in it."""
        return self.south <= place.lat <= self.north and self.west <= place.lon <= self.east


NEW_YORK_BOX = Box(40.4, 41.2, -74.5, -73.3)


@frozen
class TripLimits:
    """What a believable trip is. None lets everything pass."""

    box: Box | None = NEW_YORK_BOX
    """Both ends lie in it."""
    zero_is_no_place: bool = True
    """Whether 0, 0 means that the cab did not know where it was."""
    longest: timedelta | None = timedelta(hours=6)
    least_fare: int | None = 0
    """Cents; also the least total."""


EVERYTHING = TripLimits(box=None, zero_is_no_place=False, longest=None, least_fare=None)
"""Rejects only what cannot be read, is off the globe, or ends before it starts."""


@frozen
class Trip:
    """One trip by one cab. Money is in cents, distance in hundredths of a mile, times in UTC."""

    row: int
    """Line of the file, the header being line 1."""
    id: str
    picked_up_at: datetime
    dropped_off_at: datetime
    pickup: Place
    dropoff: Place
    passengers: int
    hundredth_miles: int
    rate_code: int
    payment: str
    """As the file says: a word or a number."""
    fare: int
    extra: int
    tax: int
    tip: int
    tolls: int
    total: int

    @property
    def seconds(self) -> int:
        """How long it took."""
        return (self.dropped_off_at - self.picked_up_at) // timedelta(seconds=1)

    @property
    def metres(self) -> int:
        """How far it went, to the nearest metre."""
        return round(self.hundredth_miles * 16.09344)

    @property
    def pickup_local(self) -> datetime:
        """The pick-up on New York's wall clock, without a zone, as a meter sees it."""
        return self.picked_up_at.astimezone(NEW_YORK).replace(tzinfo=None)


@frozen
class Rejection:
    """A row that is no trip, and why."""

    row: int
    reason: Reason


@define
class TripFile:
    """The rows of one file, in order; going over it again reads it again.

    ``for row in TripFile(path)`` gives a ``Trip`` or a ``Rejection`` for each line after the
    header; ``counts`` then says how many there were of each kind. Raises ``InvalidInput`` when
    the header is of no known layout, and ``OSError`` when there is no such file.
    """

    path: Path = field(converter=Path)
    limits: TripLimits = TripLimits()
    counts: Counter[str] = field(factory=Counter, init=False)
    """``trip``, or a rejection's code, to how many came so far."""

    def __iter__(self) -> Iterator[Trip | Rejection]:
        self.counts.clear()
        opener: Any = gzip.open if self.path.suffix == ".gz" else open
        with opener(self.path, "rb") as file:
            for row in read_trips(file, self.limits, str(self.path.name)):
                self.counts["trip" if isinstance(row, Trip) else row.reason.code] += 1
                yield row


class Lines(Protocol):
    """What can be read line by line: an open file of bytes, an archive, a stream."""

    def readline(self, size: int, /) -> bytes:
        """The next line, or so much of it; nothing at the end."""
        ...


def read_trips(
    file: Lines, limits: TripLimits = TripLimits(), name: str = "the file"
) -> Iterator[Trip | Rejection]:
    """The rows of an open file of bytes; see ``TripFile``."""
    lines = _lines(file)
    number, header = next(lines, (1, ""))
    if isinstance(header, Reason):
        raise InvalidInput(f"{name} cannot be read: {header.params.get('error', header.code)}")
    layout, places = _layout(header, name)
    for number, text in lines:
        if isinstance(text, Reason):
            yield Rejection(number, text)
        elif text.strip():
            yield _row(number, text, layout, places, limits)


def _lines(file: Lines) -> Iterator[tuple[int, str | Reason]]:
    """Each line with its number; a reason in place of one that is too long or cannot be read."""
    number = 0
    while True:
        number += 1
        try:
            raw = file.readline(_LONGEST_LINE)
            cut = len(raw) == _LONGEST_LINE and not raw.endswith(b"\n")
            while cut and (more := file.readline(_LONGEST_LINE)):
                if more.endswith(b"\n"):
                    break
        except (OSError, EOFError, zlib.error) as error:
            yield number, Reason("trip_file_broken", {"error": str(error)}, "rides")
            return
        if not raw:
            return
        if cut:
            yield number, Reason("trip_line_too_long", {"most_bytes": _LONGEST_LINE}, "rides")
        else:
            yield number, raw.decode("utf-8", errors="replace").rstrip("\r\n")


def _layout(header: str, name: str) -> tuple[Layout, Mapping[str, int]]:
    columns = [column.strip().lower() for column in _cells(header) or []]
    columns[:1] = [column.lstrip("\ufeff") for column in columns[:1]]
    for layout in LAYOUTS:
        if layout.fits(columns):
            return layout, {column: at for at, column in enumerate(columns)}
    known = "; ".join(f"{x.name} ({', '.join(x.columns())})" for x in LAYOUTS)
    nearest = max(LAYOUTS, key=lambda x: len(set(x.columns()) & set(columns)))
    missing = sorted(set(nearest.columns()) - set(columns))
    unknown = sorted({*columns} - {*nearest.columns(), *nearest.optional})
    raise InvalidInput(
        f"{name} has columns of no known layout; nearest is {nearest.name}: "
        f"missing {', '.join(missing) or 'none'}, unknown {', '.join(unknown)[:200] or 'none'}, "
        f"twice {', '.join(sorted({c for c in columns if columns.count(c) > 1})) or 'none'}; "
        f"known are {known}",
        code="unknown_layout",
        params={"known": [layout.name for layout in LAYOUTS], "missing": missing},
    )


def _cells(line: str) -> list[str] | None:
    """The cells of one line; a quote that is not closed ends with the line."""
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return None


class _Bad(Exception):
    """Why a row is no trip, on its way up to where the rejection is made."""

    def __init__(self, code: str, params: Mapping[str, Any]) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def _row(
    number: int, text: str, layout: Layout, at: Mapping[str, int], limits: TripLimits
) -> Trip | Rejection:
    cells = _cells(text)
    try:
        # The commission's own green files end each row with two commas too many.
        if cells is None or len(cells) < len(at) or any(cells[len(at) :]):
            params = {"expected": len(at), "found": len(cells or ())}
            raise _Bad("trip_field_count", params)
        return _believable(_trip(number, cells, layout, at), limits)
    except _Bad as bad:
        return Rejection(number, Reason(bad.code, bad.params, "rides"))


def _trip(number: int, cells: Sequence[str], layout: Layout, at: Mapping[str, int]) -> Trip:
    def cell(name: str) -> tuple[str, str]:
        column = layout.column(name)
        return column, cells[at[column]].strip()

    start = _local(*cell("pickup_at"))
    end = _local(*cell("dropoff_at"))
    picked_up_at = start.astimezone(UTC)
    dropped_off_at = end.astimezone(UTC)
    if dropped_off_at < picked_up_at:
        dropped_off_at = end.replace(fold=1).astimezone(UTC)
    return Trip(
        row=number,
        id=cells[at["trip_id"]] if "trip_id" in at else str(number),
        picked_up_at=picked_up_at,
        dropped_off_at=dropped_off_at,
        pickup=_place(cell("pickup_lat"), cell("pickup_lon")),
        dropoff=_place(cell("dropoff_lat"), cell("dropoff_lon")),
        passengers=_whole(*cell("passengers")),
        hundredth_miles=_hundredths(*cell("miles")),
        rate_code=_whole(*cell("rate_code")),
        payment=cell("payment")[1],
        fare=_hundredths(*cell("fare")),
        extra=_hundredths(*cell("extra")),
        tax=_hundredths(*cell("tax")),
        tip=_hundredths(*cell("tip")),
        tolls=_hundredths(*cell("tolls")),
        total=_hundredths(*cell("total")),
    )


def _believable(trip: Trip, limits: TripLimits) -> Trip:
    for end, place in (("pickup", trip.pickup), ("dropoff", trip.dropoff)):
        where = {"end": end, "lat": repr(place.lat), "lon": repr(place.lon)}
        if limits.zero_is_no_place and not place.lat and not place.lon:
            raise _Bad("trip_no_place", where)
        if limits.box is not None and not limits.box.holds(place):
            raise _Bad("trip_outside", where)
    if trip.seconds < 0:
        raise _Bad("trip_ends_before_it_starts", {"seconds": trip.seconds})
    if limits.longest is not None and trip.seconds > limits.longest.total_seconds():
        longest = int(limits.longest.total_seconds())
        raise _Bad("trip_too_long", {"seconds": trip.seconds, "most": longest})
    if trip.hundredth_miles < 0:
        raise _Bad("trip_negative_distance", {"hundredth_miles": trip.hundredth_miles})
    if limits.least_fare is not None and min(trip.fare, trip.total) < limits.least_fare:
        sums = {"fare": _dollars(trip.fare), "total": _dollars(trip.total)}
        raise _Bad("trip_negative_fare", sums)
    return trip


def _dollars(cents: int) -> dict[str, Any]:
    money = Money(cents, "USD")
    return {"amount": money.amount, "currency": money.currency}


def _malformed(column: str, text: str) -> _Bad:
    code = "trip_malformed_field" if text else "trip_missing_field"
    return _Bad(code, {"column": column, "text": text[:40]})


def _local(column: str, text: str) -> datetime:
    if not _WHEN.fullmatch(text):
        raise _malformed(column, text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _malformed(column, text) from None
    if not 1900 <= moment.year <= 2200:
        raise _malformed(column, text)
    return moment.replace(tzinfo=NEW_YORK)


def _place(lat: tuple[str, str], lon: tuple[str, str]) -> Place:
    for column, text in (lat, lon):
        if not _NUMBER.fullmatch(text):
            raise _malformed(column, text)
    try:
        return Place(float(lat[1]), float(lon[1]))
    except InvalidInput:
        raise _Bad("trip_off_the_globe", {"lat": lat[1], "lon": lon[1]}) from None


def _whole(column: str, text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise _malformed(column, text)
    return int(text)


def _hundredths(column: str, text: str) -> int:
    """A decimal in hundredths, to the nearest (halves to even)."""
    if not _NUMBER.fullmatch(text):
        raise _malformed(column, text)
    cents = int((Decimal(text) * 100).to_integral_value())
    if abs(cents) > _MOST_CENTS:
        raise _malformed(column, text)
    return cents
