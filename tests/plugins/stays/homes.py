"""Homes and wishes drawn up from nothing but values, for laws that need no marketplace."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from marketplace import DAY, Listing, Reservation
from marketplace.plugins.stays.home import Guests, Home, Wish
from marketplace.plugins.stays.steps import midnight

NEW_YEAR = datetime(2026, 1, 1, 12, tzinfo=UTC)
SAID: dict[str, Any] = {"zone": "Europe/Berlin", "guests": 4, "rates": {"nightly": 10_000}}


def listing(currency: str = "USD", **said: Any) -> Listing:
    """A listing with these attributes over those that every one here has."""
    return Listing(
        "lst_1", "stays", "pty_1", "A home", currency, NEW_YEAR, "published", attributes=SAID | said
    )


def home(currency: str = "USD", grain: timedelta = DAY, **said: Any) -> Home:
    """A home with these attributes."""
    return Home.of(listing(currency, **said), grain)


def wish(home: Home, arrive: date, nights: int, units: int = 1, **said: Any) -> Wish:
    """A stay of so many nights from check-in to check-out."""
    leave = arrive + timedelta(days=nights)
    start, end = home.grid.instant(arrive, home.check_in), home.grid.instant(leave, home.check_out)
    rate = said.pop("rate", "standard")
    return Wish(start, end, units, Guests(**said), rate)


def claim(first: date, nights: int, quantity: int = 1, **fields: Any) -> Reservation:
    """A claim on nights, as the calendar's resource keeps it."""
    defaults: dict[str, Any] = {"cause": "transaction", "state": "confirmed"}
    start = midnight(first)
    return Reservation(
        id=fields.pop("id", "rsv_1"),
        resource_id="rsc_1",
        cause_id="x",
        quantity=quantity,
        created_at=NEW_YEAR,
        start=start,
        end=start + nights * DAY,
        **{**defaults, **fields},
    )
