"""Values: a calendar that is followed, what became of it, and where one's own is handed out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from attrs import field, frozen

FeedState = Literal["new", "fine", "doubtful", "failing", "stopped"]


@frozen
class Feed:
    """A calendar of another place whose days are kept back here."""

    id: str
    listing_id: str
    resource: str
    name: str
    """What its host calls it; the label of its blocks."""
    url: str
    """Whoever knows it can read it: shown to the listing's provider and the operator alone."""
    unit: str
    """Feeds of one unit say the same days once; those of two units take one unit each."""
    state: FeedState
    """``new``: not fetched yet. ``doubtful``: suddenly empty or less than half, nothing is freed.
    ``failing``: could not be fetched or read. ``stopped``: its listing was withdrawn."""
    since: datetime
    """Since when it is in this state."""
    added_at: datetime
    fetched_at: datetime | None = None
    """When it was last read well."""
    code: str | None = None
    """Why it is doubtful or failing."""
    tries: int = 0
    """How often in a row it could not be fetched or read."""
    turn: int = 0
    """Counts refreshes, so that of two that overlap only one is written."""
    own: int = 0
    """Events of our own making that came back in it, and were dropped."""
    left_out: Mapping[str, int] = field(factory=dict)
    """Events that could not be read: why, and how many."""


@frozen
class Conflict:
    """Days on which another place has a guest, and so have we: somebody must call one off."""

    start: datetime
    """As reservations say it: a local day where the listing counts days."""
    end: datetime
    same_days: bool
    """Whether the deal here has the very same days: then it may be our own calendar, come back."""


@frozen
class Report:
    """What a calendar says now, and what that came to here."""

    feed: Feed
    taken: int
    """Events ahead."""
    blocks: int
    """Blocks that are kept for them; days that were taken anyway need none."""
    conflicts: tuple[Conflict, ...] = ()
    blocked: int = 0
    """Blocks made by this refresh."""
    freed: int = 0
    """Blocks given back by this refresh."""
    kept: int = 0
    """Events that are gone there and not believed to be: doubtful, or not to be read."""


@frozen
class FeedAddress:
    """Where one's own calendar is handed out: who has the token may read it."""

    id: str
    listing_id: str
    resource: str
    token: str
    since: datetime
    imported: bool = False
    """Whether it also shows the days that other calendars took."""
