"""Opens again what a run of this demo left behind."""

from __future__ import annotations

from marketplace import Marketplace
from marketplace.demo.left import reopened
from marketplace.plugins.rides.demo.cabs import reopen
from marketplace.plugins.rides.demo.town import open_town

MORNING, TRIPS = "rides", "trips"
"""What the two demos call what they leave."""


def opened(url: str | None = None) -> tuple[Marketplace, str] | None:
    """The marketplace of the newest run, and its time zone; None when that was another demo's."""
    return reopened({MORNING: open_town, TRIPS: reopen}, url)
