"""A home's calendar as people read it: each with the eyes it has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from marketplace import Actor, InvalidInput, Listing, Marketplace, Party, Role
from marketplace.plugins.stays import availability
from marketplace.plugins.stays.availability import CalendarStep
from marketplace.plugins.stays.home import Home
from marketplace.plugins.stays.steps import check_year, midnight

MOST_SHOWN = 1_100
"""How many days of a calendar one reading shows: three years."""


def check_shown(days: object) -> None:
    """Raise ``InvalidInput`` for more days than one reading shows, or none."""
    if type(days) is not int or not 1 <= days <= MOST_SHOWN:
        raise InvalidInput(f"a calendar shows 1 to {MOST_SHOWN} days, not {days!r}")


def shown(
    market: Marketplace,
    listing: Listing,
    home: Home,
    resource: str,
    by: Party | Role | Actor | str,
    start: date | None,
    days: int,
) -> Sequence[CalendarStep]:
    """The steps of so many local dates from one on (today), as the reader may see them."""
    now = market.context.now()
    begins = start or home.grid.local(now).date()
    check_year(begins)
    first, count = _dates(home, begins, days)
    around = home.grid.between(*availability.reach(home, first, count))
    claims = market.listings.taken(listing.id, around, by=by, resource=resource)
    mine = _party(by) in (None, listing.provider_id)
    return availability.calendar(home, claims, first, count, now, mine=mine)


def _party(by: Party | Role | Actor | str) -> str | None:
    """Whose eyes these are; None for the impersonal, who see everything."""
    if isinstance(by, Actor):
        return by.party_id
    return by if isinstance(by, str) else getattr(by, "id", None)


def _dates(home: Home, start: date, days: int) -> tuple[datetime, int]:
    """The first step of so many local dates, as claims write it, and how many there are."""
    if home.grid.daily:
        return midnight(start), days
    whole = (start, start + timedelta(days=days))
    begins, ends = (home.grid.instant(day, datetime.min.time()) for day in whole)
    return begins, (ends - begins) // home.grid.grain
