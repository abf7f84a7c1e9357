"""Rows of Inside Airbnb's files, cell by cell: a home, a night, or why the row is neither."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from attrs import frozen

from marketplace import InvalidInput, Money, Place, Reason, divide
from marketplace.plugins.stays.plan import ONE_DAY
from marketplace.plugins.stays.rates import MONTH, WEEK
from marketplace.plugins.stays.steps import LAST_YEAR

LISTING_COLUMNS = (
    "id", "name", "host_id", "latitude", "longitude", "room_type", "accommodates", "amenities",
    "price", "minimum_nights", "maximum_nights", "calendar_last_scraped",
)  # fmt: skip
CALENDAR_COLUMNS = ("listing_id", "date", "available", "price")
PUBLISHED = (30, 60, 90, 365)
"""The file says how many of the first so many nights are available."""
MOST_NIGHTS = 10_000
"""A limit above it is none: no claim covers more."""

_MONEY = re.compile(
    r"[^\w\s.,+()−-]?((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(?:\.[0-9]{1,4})?)", re.ASCII
)
_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9])?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,10}", re.ASCII)


@frozen
class Entry:
    """One row of a file of listings, as a listing's attributes here."""

    row: int
    source_id: str
    host: str
    title: str
    place: Place
    attributes: Mapping[str, Any]
    scraped: date
    """The first date of its calendar."""
    published: Mapping[int, int]
    """How many of the first 30, 60, 90 and 365 nights the file says are available."""


@frozen
class Night:
    """One row of a calendar."""

    day: date
    available: bool
    price: int | None
    least: int | None
    most: int | None


@frozen
class Nights:
    """All rows of one listing's calendar, by date."""

    source_id: str
    nights: Sequence[Night]

    def unavailable(self) -> list[tuple[date, date]]:
        """Runs of dates that cannot be had: the first of each, and the date after its last.

        A date that is missing between others is one that nobody holds out.
        """
        found: list[tuple[date, date]] = []
        free = {night.day for night in self.nights if night.available}
        day, last = self.nights[0].day, self.nights[-1].day
        while day <= last:
            if day not in free:
                joins = bool(found) and found[-1][1] == day
                first = found.pop()[0] if joins else day
                found.append((first, day + ONE_DAY))
            day += ONE_DAY
        return found

    def rules(self, said: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Rules of a plan for the dates on which the calendar says otherwise than the listing.

        The last one closes what lies behind the calendar: of it the file says nothing.
        """
        plan, nightly = said.get("plan", {}), said.get("rates", {}).get("nightly")
        found: list[tuple[date, date, dict[str, Any]]] = []
        for night in self.nights:
            new: dict[str, Any] = {}
            if night.price not in (None, nightly):
                new["price"] = night.price
            if night.least not in (None, plan.get("least", 1)):
                new["least"] = night.least
            if night.most is not None and night.most != plan.get("most"):
                new["most"] = night.most
            if not new:
                continue
            if found and found[-1][1] + ONE_DAY == night.day and found[-1][2] == new:
                found[-1] = found[-1][0], night.day, new
            else:
                found.append((night.day, night.day, new))
        ends = (self.nights[-1].day + ONE_DAY).isoformat()
        return [
            *(
                {"from": first.isoformat(), "to": last.isoformat(), **new}
                for first, last, new in found
            ),
            {"from": ends, "to": f"{LAST_YEAR}-12-31", "open": False},
        ]


class BadRow(Exception):
    """Why a row is none; caught where the file is read."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.code)
        self.reason = reason


def bad_row(code: str, **params: Any) -> BadRow:
    """A reason as an error."""
    return BadRow(Reason(code, params, "stays"))


def entry(number: int, row: Mapping[str, str], zone: str, currency: str) -> Entry:
    """A home out of a row of listings; raises ``BadRow``."""
    title = row["name"].strip() or row["room_type"].strip() or row["id"]
    published = {
        n: _count(row, f"availability_{n}") for n in PUBLISHED if row.get(f"availability_{n}")
    }
    return Entry(
        row=number,
        source_id=row["id"],
        host=row["host_id"],
        title=title[:200],
        place=_place(row),
        attributes=_attributes(row, zone, currency),
        scraped=_date(row, "calendar_last_scraped"),
        published=published,
    )


def _attributes(row: Mapping[str, str], zone: str, currency: str) -> dict[str, Any]:
    guests = _count(row, "accommodates")
    if not 1 <= guests <= 1_000:
        raise bad_row("stay_malformed_field", column="accommodates", text=row["accommodates"])
    found: dict[str, Any] = {
        "zone": zone,
        "guests": guests,
        "kind": (row.get("property_type") or row["room_type"])[:100],
        "amenities": _amenities(row["amenities"]),
        "instant": row.get("instant_bookable") == "t",
        "plan": _plan(row),
        "rates": _rates(row, currency),
        "source": row["id"],
    }
    for name in ("bedrooms", "beds"):
        if row.get(name):
            found[name] = int(_decimal(row, name))
    baths = _bathrooms(row)
    if baths is not None:
        found["bathrooms"] = baths
    if row.get("cancellation_policy"):
        found["cancellation"] = row["cancellation_policy"][:60]
    deposit = _money(row, "security_deposit", currency)
    return found if not deposit else found | {"deposit": deposit}


def _plan(row: Mapping[str, str]) -> dict[str, Any]:
    least, most = max(1, _count(row, "minimum_nights")), _count(row, "maximum_nights")
    if least > MOST_NIGHTS:
        raise bad_row("stay_malformed_field", column="minimum_nights", text=row["minimum_nights"])
    plan: dict[str, Any] = {"least": least}
    # Some hosts name a most below the least; the least is what they live by.
    return plan | {"most": most} if least <= most <= MOST_NIGHTS else plan


def _rates(row: Mapping[str, str], currency: str) -> dict[str, Any]:
    rates: dict[str, Any] = {}
    nightly = _money(row, "price", currency)
    if nightly is not None:
        rates["nightly"] = nightly
    cleaning = _money(row, "cleaning_fee", currency)
    if cleaning:
        rates["cleaning"] = cleaning
    each = _money(row, "extra_people", currency)
    if each:
        rates["extra_guest"] = {"after": max(1, _count(row, "guests_included")), "each": each}
    for name, column, nights in (
        ("weekly_bp", "weekly_price", WEEK),
        ("monthly_bp", "monthly_price", MONTH),
    ):
        whole, asked = nights * (nightly or 0), _money(row, column, currency)
        if asked is not None and asked < whole:
            rates[name] = divide((whole - asked) * 10_000, whole)
    return rates


def night(row: Mapping[str, str], currency: str) -> Night:
    """A night out of a row of a calendar; raises ``BadRow``."""
    if row["available"] not in ("t", "f"):
        raise bad_row("stay_malformed_field", column="available", text=row["available"][:60])
    least = _count(row, "minimum_nights") if row.get("minimum_nights") else None
    most = _count(row, "maximum_nights") if row.get("maximum_nights") else None
    fits = most is not None and (least or 1) <= most <= MOST_NIGHTS
    return Night(
        day=_date(row, "date"),
        available=row["available"] == "t",
        price=_money(row, "price", currency),
        least=None if least is None else min(max(1, least), MOST_NIGHTS),
        most=most if fits else None,
    )


def _place(row: Mapping[str, str]) -> Place:
    try:
        return Place(float(row["latitude"]), float(row["longitude"]))
    except (ValueError, InvalidInput):
        where = f"{row['latitude']}, {row['longitude']}"
        raise bad_row("stay_no_place", where=where[:60]) from None


def _date(row: Mapping[str, str], column: str) -> date:
    try:
        return date.fromisoformat(row[column])
    except ValueError:
        raise bad_row("stay_malformed_field", column=column, text=row[column][:60]) from None


def _count(row: Mapping[str, str], column: str) -> int:
    text = row.get(column, "")
    if not _WHOLE.fullmatch(text):
        raise bad_row("stay_malformed_field", column=column, text=text[:60])
    return int(text)


def _decimal(row: Mapping[str, str], column: str) -> float:
    text = row[column]
    if not _NUMBER.fullmatch(text) or float(text) > 1_000:
        raise bad_row("stay_malformed_field", column=column, text=text[:60])
    return float(text)


def _bathrooms(row: Mapping[str, str]) -> float | None:
    """Out of the number of the older files, or of the words of the newer (``1.5 shared baths``)."""
    if row.get("bathrooms"):
        return _decimal(row, "bathrooms")
    told = row.get("bathrooms_text", "")
    number = _NUMBER.match(told)
    if number is not None:
        return float(number[0])
    return 0.5 if "half" in told.lower() else None


def _money(row: Mapping[str, str], column: str, currency: str) -> int | None:
    """Minor units of ``$1,600.00`` or ``70.0``; None where the cell is empty or missing."""
    text = row.get(column, "").strip()
    if not text:
        return None
    amount = _minor(text, currency)
    if amount is None:
        raise bad_row("stay_malformed_field", column=column, text=text[:60])
    return amount


@lru_cache(maxsize=10_000)
def _minor(text: str, currency: str) -> int | None:
    """A city's prices are few and come back a million times."""
    number = _MONEY.fullmatch(text)
    if number is None:
        return None
    plain = number[1].replace(",", "")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    try:
        return Money.of(plain, currency).amount
    except InvalidInput:
        return None


def _amenities(text: str) -> list[str]:
    """Out of a JSON list, or of the older ``{TV,"Cable TV"}``."""
    text = text.strip()
    try:
        if text.startswith("{") and text.endswith("}"):
            found = next(csv.reader([text[1:-1]]), [])
        else:
            found = json.loads(text or "[]")
            if not isinstance(found, list):
                raise ValueError(f"a list is wanted, not {type(found).__name__}")
    except (ValueError, csv.Error, RecursionError):
        raise bad_row("stay_malformed_field", column="amenities", text=text[:60]) from None
    return [str(one)[:200] for one in found if str(one)][:500]
