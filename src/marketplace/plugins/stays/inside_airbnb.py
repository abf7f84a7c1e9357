"""Inside Airbnb's files, row by row: a home, the nights of one, or why a row is neither.

Reads the listings and calendars of a city, plain or gzip, a row at a time. Two sets of columns are
known: that of 2016, with cleaning fee, deposit and prices by the week, and that of 2023 and later,
with minimum nights by date. Nothing in a file makes it raise but a header of neither; bad rows
come out as rejections and are counted by reason.

A night that is not available there may be booked or blocked: nobody knows. It is a block here.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from attrs import define, field, frozen

from marketplace import InvalidInput, Listing, Marketplace, Money, Party, Reason, Span
from marketplace.plugins.stays.inside_airbnb_rows import (
    CALENDAR_COLUMNS,
    LISTING_COLUMNS,
    PUBLISHED,
    BadRow,
    Entry,
    Night,
    Nights,
    bad_row,
    entry,
    night,
)
from marketplace.plugins.stays.steps import NIGHTS

__all__ = [
    "PUBLISHED",
    "CalendarFile",
    "Entry",
    "ListingFile",
    "Night",
    "Nights",
    "Rejection",
    "hold_out",
]

_BROKEN = (OSError, EOFError, zlib.error)


@frozen
class Rejection:
    """A row that is none, and why."""

    row: int
    """The line of the file on which it ends."""
    reason: Reason


@define
class _File:
    """The rows of one file; going over it again reads it again, and counts anew."""

    path: Path = field(converter=Path)
    currency: str
    counts: Counter[str] = field(factory=Counter, init=False)
    """``row``, or a rejection's code, to how many came so far."""

    def _rows(
        self, needed: Sequence[str], only: Container[str] | None = None
    ) -> Iterator[tuple[int, dict[str, str] | Reason]]:
        """Each row with the number of its line; a reason in place of one that cannot be read.

        ``only`` are values of the first column that is needed: other rows are passed over.
        """
        self.counts.clear()
        Money.zero(self.currency)
        opener: Any = gzip.open if self.path.suffix == ".gz" else open
        with opener(self.path, "rt", encoding="utf-8-sig", errors="replace", newline="") as file:
            yield from _read(file, needed, self.path.name, only)

    def _counted(self, row: Any) -> Any:
        self.counts[row.reason.code if isinstance(row, Rejection) else "row"] += 1
        return row


@define
class ListingFile(_File):
    """The homes of a city: each row is an ``Entry`` or a ``Rejection``.

    Raises ``InvalidInput`` when the header is of no known set of columns.
    """

    zone: str = "UTC"

    def __iter__(self) -> Iterator[Entry | Rejection]:
        for number, row in self._rows(LISTING_COLUMNS):
            try:
                if isinstance(row, Reason):
                    raise BadRow(row)
                yield self._counted(entry(number, row, self.zone, self.currency))
            except BadRow as error:
                yield self._counted(Rejection(number, error.reason))


@define
class CalendarFile(_File):
    """The nights of a city's homes: all of one home's, or a ``Rejection`` for a row.

    A home's rows follow each other, as the files have them; one that comes later is rejected.
    """

    only: Container[str] | None = None
    """Homes whose rows are read; those of others are passed over. None: all."""

    def __iter__(self) -> Iterator[Nights | Rejection]:
        seen: set[str] = set()
        current, found = "", dict[date, Night]()
        for number, row in self._rows(CALENDAR_COLUMNS, self.only):
            try:
                if isinstance(row, Reason):
                    raise BadRow(row)
                source, new = row["listing_id"], night(row, self.currency)
                if source != current:
                    if source in seen:
                        raise bad_row("stay_row_out_of_order", listing=source)
                    if found:
                        yield self._counted(_nights(current, found))
                    current, found = source, {}
                    seen.add(source)
                if new.day in found:
                    raise bad_row("stay_row_twice", date=new.day.isoformat())
                found[new.day] = new
            except BadRow as error:
                yield self._counted(Rejection(number, error.reason))
        if found:
            yield self._counted(_nights(current, found))


def _nights(source: str, found: Mapping[date, Night]) -> Nights:
    return Nights(source, tuple(found[day] for day in sorted(found)))


def _read(
    file: TextIO, needed: Sequence[str], name: str, only: Container[str] | None
) -> Iterator[tuple[int, dict[str, str] | Reason]]:
    reader = csv.reader(file)
    try:
        header = next(reader, [])
    except (*_BROKEN, csv.Error) as error:
        raise InvalidInput(f"{name} cannot be read: {error}") from None
    missing = [column for column in needed if column not in header]
    if missing:
        raise InvalidInput(
            f"{name} has no column {', '.join(missing)}; it needs {', '.join(needed)}",
            code="stay_unknown_columns",
            params={"missing": missing},
        )
    key = header.index(needed[0])
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield reader.line_num, Reason("stay_row_unreadable", {"error": str(error)}, "stays")
            continue
        except _BROKEN as error:
            yield reader.line_num, Reason("stay_file_broken", {"error": str(error)}, "stays")
            return
        if row is None:
            return
        if row and len(row) != len(header):
            params = {"found": len(row), "expected": len(header)}
            yield reader.line_num, Reason("stay_field_count", params, "stays")
        elif row and (only is None or row[key] in only):
            yield reader.line_num, dict(zip(header, row, strict=True))


def hold_out(
    market: Marketplace,
    entry: Entry,
    nights: Nights | None,
    *,
    by: Party,
    vertical: str,
    currency: str,
) -> Listing:
    """Publish a home for its host, with what its calendar says; unavailable nights are blocks."""
    said = dict(entry.attributes)
    if nights is not None:
        said["plan"] = {**said["plan"], "rules": nights.rules(said)}
    drafted = market.listings.draft(
        vertical, by=by, title=entry.title, currency=currency, place=entry.place, attributes=said
    )
    listing = market.listings.publish(drafted.id, by=by)
    for first, after in [] if nights is None else nights.unavailable():
        span = Span.of_days(first, after, said["zone"])
        market.listings.block_out(listing.id, span, by=by, resource=NIGHTS, label="imported")
    return listing
