"""What became of each night of each home: sold, kept back, needed to prepare, or free."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from attrs import define, field, frozen

from marketplace import OPERATOR, Place, Transaction
from marketplace.plugins.stays.demo.season import Let, Season
from marketplace.plugins.stays.steps import NIGHTS

SOLD = ("booked", "paid", "staying", "hosted", "completed", "secured", "unsecured", "short")
"""States in which the nights are, or were, a guest's; a month of a long stay is one more."""
OWN, ELSEWHERE, GIVEN_UP, FILE = "own", "elsewhere", "given up", "file"
_AFTER = {"imported": FILE, "elsewhere.example": ELSEWHERE, "cancelled by the host": GIVEN_UP}


@define
class Cell:
    """One night of one home."""

    sold: int = 0
    """Units that guests have."""
    begins: bool = False
    """Whether a guest arrives."""
    blocked: int = 0
    why: str = ""
    """Why it is blocked: the host's own, sold elsewhere, given up by the host."""
    prepares: bool = False


@frozen
class Row:
    """A home over the season."""

    title: str
    units: int
    place: Place | None
    cells: Sequence[Cell]

    @property
    def sold(self) -> int:
        """Nights that guests had, unit by unit."""
        return sum(cell.sold for cell in self.cells)

    @property
    def held_out(self) -> int:
        """Nights that guests could have had."""
        return sum(max(cell.sold, self.units - cell.blocked) for cell in self.cells)


@define
class Ledger:
    """Rows by listing, and what is written into them."""

    season: Season
    rows: dict[str, Row] = field(factory=dict)

    def cells(self, listing: str, first: date, after: date) -> list[Cell]:
        """The cells from one date until before another, as far as the season has them."""
        begins = max(0, (first - self.season.first).days)
        ends = max(0, (after - self.season.first).days)
        return list(self.rows[listing].cells[begins:ends])


def rows(season: Season) -> list[Row]:
    """Every home's nights, in the order in which homes were held out."""
    book = Ledger(season)
    for let in season.homes.values():
        said = let.listing.attributes
        cells = [Cell() for _ in range(season.nights)]
        units = int(said.get("units", 1))
        row = Row(let.listing.title, units, let.listing.place, cells)
        book.rows[let.listing.id] = row
        _blocks(book, let)
    for stay in season.stays.values():
        _stay(book, season.deal(stay.id), stay.home)
    return list(book.rows.values())


def _blocks(book: Ledger, let: Let) -> None:
    season = book.season
    span = season.trade.span(let.listing, season.first, season.last)
    for claim in season.market.listings.taken(let.listing.id, span, by=OPERATOR, resource=NIGHTS):
        if claim.cause != "block" or claim.start is None or claim.end is None:
            continue
        for cell in book.cells(let.listing.id, claim.start.date(), claim.end.date()):
            cell.blocked += claim.quantity
            cell.why = _AFTER.get(claim.label, OWN)


def _stay(book: Ledger, deal: Transaction, home: Let) -> None:
    if deal.state not in SOLD and not deal.state.startswith("month_"):
        return
    zone, listing = book.season.zone, home.listing
    first = deal.moments["start"].astimezone(zone).date()
    after = deal.moments["end"].astimezone(zone).date()
    after = min(after, book.season.left_at.get(deal.id, after))
    for cell in book.cells(listing.id, first, after):
        cell.sold += 1
    for cell in book.cells(listing.id, first, first + timedelta(days=1)):
        cell.begins = True
    wide = timedelta(days=int(listing.attributes.get("after", 0)))
    for cell in book.cells(listing.id, after, after + wide):
        cell.prepares = True
