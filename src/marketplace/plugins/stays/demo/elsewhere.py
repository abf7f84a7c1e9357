"""Calendars of other places, as far as the demo needs some: read from memory, never fetched."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from attrs import field, frozen

from marketplace import InvalidInput, Refused
from marketplace.plugins.ical import Fetcher

PLACE = "https://elsewhere.example/"
Stretch = tuple[date, int]
"""A first night, and how many."""


@frozen
class Elsewhere(Fetcher):
    """A fetcher that finds every address in its pages, and touches no network."""

    pages: dict[str, bytes] = field(factory=dict)

    def check(self, url: str) -> None:
        """Raise ``InvalidInput`` for what is no address of the other place."""
        if not url.startswith(PLACE):
            raise InvalidInput(f"calendars here lie at {PLACE}", code="untrusted_url")

    def fetch(self, url: str) -> bytes:
        """The page behind an address; raises ``Refused`` where there is none."""
        if url not in self.pages:
            raise Refused("there is no such calendar", code="not_given", params={"state": 404})
        return self.pages[url]


def written(stretches: Iterable[Stretch]) -> bytes:
    """A calendar on which these nights are taken."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//elsewhere.example//EN"]
    for first, nights in stretches:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{first:%Y%m%d}@elsewhere.example",
            f"DTSTART;VALUE=DATE:{first:%Y%m%d}",
            f"DTEND;VALUE=DATE:{first + timedelta(days=nights):%Y%m%d}",
            "SUMMARY:Reserved",
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()
