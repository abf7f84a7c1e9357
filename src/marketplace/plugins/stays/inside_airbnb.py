"""Inside Airbnb's files, row by row: a home, the nights of one, or why a row is neither.

Reads the listings and calendars of a city, plain or gzip, a row at a time. Two sets of columns are
known: that of 2016, with cleaning fee, deposit and prices by the week, and that of 2023 and later,
with minimum nights by date. Nothing in a file makes it raise but a header of neither; bad rows
come out as rejections and are counted by reason.

A night that is not available there may be booked or blocked: nobody knows. It is a block here.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from datetime import date

from attrs import define

from marketplace import Listing, Marketplace, Party, Reason, Span
from marketplace.plugins.stays.files import BadRow, Rejection, RowFile, bad_row
from marketplace.plugins.stays.inside_airbnb_rows import (
    CALENDAR_COLUMNS,
    LISTING_COLUMNS,
    PUBLISHED,
    Entry,
    Night,
    Nights,
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


@define
class ListingFile(RowFile):
    """The homes of a city: each row is an ``Entry`` or a ``Rejection``.

    Raises ``InvalidInput`` when the header is of no known set of columns.
    """

    zone: str = "UTC"

    def __iter__(self) -> Iterator[Entry | Rejection]:
        for number, row in self.rows(LISTING_COLUMNS):
            try:
                if isinstance(row, Reason):
                    raise BadRow(row)
                yield self.counted(entry(number, row, self.zone, self.currency))
            except BadRow as error:
                yield self.counted(Rejection(number, error.reason))


@define
class CalendarFile(RowFile):
    """The nights of a city's homes: all of one home's, or a ``Rejection`` for a row.

    A home's rows follow each other, as the files have them; one that comes later is rejected.
    """

    only: Container[str] | None = None
    """Homes whose rows are read; those of others are passed over. None: all."""

    def __iter__(self) -> Iterator[Nights | Rejection]:
        seen: set[str] = set()
        current, found = "", dict[date, Night]()
        for number, row in self.rows(CALENDAR_COLUMNS, self.only):
            try:
                if isinstance(row, Reason):
                    raise BadRow(row)
                source, new = row["listing_id"], night(row, self.currency)
                if source != current:
                    if source in seen:
                        raise bad_row("stay_row_out_of_order", listing=source)
                    if found:
                        yield self.counted(_nights(current, found))
                    current, found = source, {}
                    seen.add(source)
                if new.day in found:
                    raise bad_row("stay_row_twice", date=new.day.isoformat())
                found[new.day] = new
            except BadRow as error:
                yield self.counted(Rejection(number, error.reason))
        if found:
            yield self.counted(_nights(current, found))


def _nights(source: str, found: Mapping[date, Night]) -> Nights:
    return Nights(source, tuple(found[day] for day in sorted(found)))


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
