"""The homes of a real city out of its files: held out, blocked where not free, or refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from attrs import define, evolve, field

from marketplace import InvalidInput, Outcome, Party, Reason
from marketplace.demo.names import invented
from marketplace.plugins.stays.demo.season import Let, Season, reasons_of
from marketplace.plugins.stays.inside_airbnb import (
    CalendarFile,
    Entry,
    ListingFile,
    Nights,
    Rejection,
    hold_out,
)

TOGETHER = 100
"""Homes that are held out in one unit of work."""


@define
class Shelf:
    """What two files say of a city, and what in them was of no use."""

    listings: Path
    calendar: Path
    most: int | None
    """So many homes at most; None: all."""
    entries: list[Entry] = field(factory=list)
    nights: dict[str, Nights] = field(factory=dict)
    rows: int = 0
    left_out: int = 0
    """Homes beyond the most that were wanted."""
    rejected: Counter[str] = field(factory=Counter)
    examples: dict[str, tuple[str, Reason]] = field(factory=dict)
    """Of each code one: where it was, and the reason."""

    def read_listings(self, zone: str, currency: str) -> None:
        """Read the homes, the first ones if not all are wanted."""
        self.entries.clear()
        for found in ListingFile(self.listings, currency, zone):
            self.rows += 1
            if isinstance(found, Rejection):
                self.reject(f"{self.listings.name}, line {found.row}", found.reason)
            elif self.most is not None and len(self.entries) >= self.most:
                self.left_out += 1
            else:
                self.entries.append(found)

    def read_calendar(self, currency: str, show: Callable[[int], None]) -> None:
        """Read the nights of those homes."""
        wanted = {entry.source_id for entry in self.entries}
        for found in CalendarFile(self.calendar, currency, wanted):
            if isinstance(found, Rejection):
                self.reject(f"{self.calendar.name}, line {found.row}", found.reason)
            elif found.source_id in wanted:
                self.nights[found.source_id] = found
                show(len(self.nights))

    def reject(self, where: str, reason: Reason) -> None:
        """Count something that is of no use, and keep the first of its kind."""
        self.rejected[reason.code] += 1
        self.examples.setdefault(reason.code, (where, reason))

    @property
    def first(self) -> date | None:
        """The first date of the calendar."""
        days = [one.nights[0].day for one in self.nights.values()]
        return min(days, default=None)

    @property
    def last(self) -> date | None:
        """The last date of the calendar."""
        days = [one.nights[-1].day for one in self.nights.values()]
        return max(days, default=None)


def furnish(season: Season, shelf: Shelf, show: Callable[[int], None]) -> None:
    """Hosts join and hold out what the files say they have."""
    hosts: dict[str, Party] = {}
    for start in range(0, len(shelf.entries), TOGETHER):
        some = shelf.entries[start : start + TOGETHER]
        try:
            _together(season, shelf, some, hosts)
        except Outcome:
            # One of them is refused: each by itself, so that it takes nobody with it.
            for entry in some:
                try:
                    _together(season, shelf, [entry], hosts)
                except Outcome as outcome:
                    for reason in reasons_of(outcome):
                        shelf.reject(f"{shelf.listings.name}, line {entry.row}", reason)
        show(start + len(some))


def _together(
    season: Season, shelf: Shelf, entries: Sequence[Entry], hosts: dict[str, Party]
) -> None:
    """Hold these out in one unit of work: all of them, or none."""
    joined = dict(hosts)
    with season.market.batch():
        made = [_hold_out(season, shelf, entry, joined) for entry in entries]
    hosts.update(joined)
    season.homes.update({let.listing.id: let for let in made})


def _hold_out(season: Season, shelf: Shelf, entry: Entry, hosts: dict[str, Party]) -> Let:
    found = shelf.nights.get(entry.source_id)
    if found is None:
        raise InvalidInput("the calendar has no night of this home", code="stay_no_calendar")
    if entry.host not in hosts:
        hosts[entry.host] = season.market.parties.join(invented(season.dice))
    host = hosts[entry.host]
    shown = [one for one in found.nights if one.day < season.last + timedelta(days=1)]
    listing = hold_out(
        season.market,
        entry,
        evolve(found, nights=tuple(shown)),
        by=host,
        vertical="stays",
        currency=season.currency,
    )
    return Let(listing, host)


def nightly(shelf: Shelf) -> Iterator[int]:
    """What nights cost, home by home: by the listing, else by its calendar."""
    for entry in shelf.entries:
        price = entry.attributes["rates"].get("nightly")
        if price is None and entry.source_id in shelf.nights:
            named = (one.price for one in shelf.nights[entry.source_id].nights)
            price = next((one for one in named if one is not None), None)
        if price:
            yield int(price)


def wanted(shelf: Shelf) -> list[str]:
    """Amenities that some homes have and others have not: what guests may be choosy about."""
    counts = Counter(tag for entry in shelf.entries for tag in entry.attributes["amenities"])
    homes = len(shelf.entries)
    some = [tag for tag, n in sorted(counts.items()) if homes * 3 <= n * 10 <= homes * 9]
    return sorted(some, key=lambda tag: -counts[tag])[:6]
