"""One's own calendar for others: which days are taken, and nothing about whom they are for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from icalendar import Calendar as ICalendar
from icalendar import Event as CalendarEvent

from marketplace import Reservation, Resource, digest
from marketplace.plugins.ical.stretches import Stretch, full, of

_PRODUCT = "-//marketplace-kit//ical//EN"


def written_calendar(resource: Resource, claims: Collection[Reservation], domain: str) -> bytes:
    """Live claims as a calendar.

    Of one home each claim is an event: a deal is ``Reserved``, a block is ``Not available``, with
    its nights of preparation. Of several units of a type, which others take for one, an event
    says when none is left.
    """
    calendar = ICalendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    one_only = resource.kind == "single" or resource.capacity == 1
    rows = _each(claims, resource) if one_only else _when_full(claims, resource)
    for named, stretch, summary, stamp in rows:
        event = CalendarEvent()
        event.add("uid", f"{digest(named)[:32]}@{domain}")
        event.add("dtstamp", stamp)
        days = resource.zone is not None
        event.add("dtstart", stretch.start.date() if days else stretch.start)
        event.add("dtend", stretch.end.date() if days else stretch.end)
        event.add("summary", summary)
        event.add("transp", "OPAQUE")
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


_Row = tuple[list[str], Stretch, str, datetime]


def _each(claims: Collection[Reservation], resource: Resource) -> Iterator[_Row]:
    """One event a claim. Its name follows the deal, also when the deal moves to other days."""
    seen: dict[str, int] = {}
    for one in sorted(claims, key=lambda one: (of(one, resource), one.id)):
        number = seen[one.cause_id] = seen.get(one.cause_id, 0) + 1
        summary = "Reserved" if one.cause == "transaction" else "Not available"
        named = [resource.id, one.cause_id, str(number)]
        yield named, of(one, resource), summary, one.created_at


def _when_full(claims: Collection[Reservation], resource: Resource) -> Iterator[_Row]:
    """One event a stretch in which nothing is left; neighbours are one."""
    found: list[tuple[Stretch, datetime]] = []
    for stretch, here in full(sorted(claims, key=lambda one: one.id), resource):
        stamp = max(one.created_at for one in here)
        if found and found[-1][0].end == stretch.start:
            before, earlier = found.pop()
            stretch, stamp = Stretch(before.start, stretch.end), max(stamp, earlier)
        found.append((stretch, stamp))
    for stretch, stamp in found:
        yield [resource.id, stretch.start.isoformat()], stretch, "Not available", stamp
