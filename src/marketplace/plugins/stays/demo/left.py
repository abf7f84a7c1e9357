"""Opens again what a run of this demo left behind."""

from __future__ import annotations

from marketplace import Marketplace
from marketplace.demo.left import reopened
from marketplace.plugins.stays.demo.valley import open_stays

SEASON, CITY = "stays", "homes"
"""What the two demos call what they leave."""


def opened(url: str | None = None) -> tuple[Marketplace, str] | None:
    """The marketplace of the newest run, and its time zone; None when that was another demo's."""
    return reopened({SEASON: open_stays, CITY: open_stays}, url)
