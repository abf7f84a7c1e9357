"""Reviews: only after a real transaction, once each way, blind until both wrote or time is up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.money import divide
from marketplace.domain.span import DAY


def closing(opens_at: datetime, window: timedelta, zone: object = None) -> datetime:
    """When a window closes: after its length, or at the end of that day in the named zone.

    A name that is no zone stands for UTC: a deal does not fail at its end for it.
    """
    until = opens_at + window
    if zone is None:
        return until
    try:
        place = ZoneInfo(str(zone))
    except (ValueError, OSError, KeyError):
        place = ZoneInfo("UTC")
    next_day = until.astimezone(place).date() + DAY
    return datetime.combine(next_day, time(), place).astimezone(UTC)


def mean_hundredths(ratings: Sequence[int]) -> int | None:
    """The mean of ratings times a hundred, rounded; None of none."""
    return divide(sum(ratings) * 100, len(ratings)) if ratings else None


@frozen
class ReviewWindow:
    """One party may review another about a transaction, until then."""

    id: str
    transaction_id: str
    author_id: str
    author_role: str
    subject_id: str
    subject_role: str
    opens_at: datetime
    closes_at: datetime
    blind: bool
    state: Literal["open", "written", "closed"] = "open"
    version: int = 1


@frozen
class Review:
    """A rating on several axes with a text, and maybe one public reply."""

    id: str
    transaction_id: str
    author_id: str
    author_role: str
    subject_id: str
    subject_role: str
    listing_id: str | None
    rating: int
    """1 to 5."""
    created_at: datetime
    visible_at: datetime | None
    """None while it is blind."""
    axes: Mapping[str, int] = field(factory=dict)
    text: str = ""
    private_text: str = ""
    """For the subject alone."""
    reply: str | None = None
    replied_at: datetime | None = None
    state: Literal["written", "visible", "removed"] = "written"
    removed_reason: str | None = None
    weighs: bool = True
    """Whether its deal cost enough to count in the weighted figure."""
    version: int = 1


@frozen
class Reputation:
    """The sum of a party's visible reviews in one role, plain and weighted.

    The plain figure is the mean of what is shown. In the weighted one every counterparty counts
    once, by the mean of what it gave, and cheap deals do not: two who review each other over and
    over move it no more than one review does.
    """

    party_id: str
    role: str
    count: int
    total: int
    counterparties: int = 0
    """Who wrote at least one review that weighs."""
    weighted_total: int = 0
    """The sum of their means, in hundredths."""

    @property
    def mean_hundredths(self) -> int | None:
        """The mean rating times a hundred, rounded; None without a review."""
        return None if self.count == 0 else round(self.total * 100 / self.count)

    @property
    def weighted_hundredths(self) -> int | None:
        """The weighted mean times a hundred, rounded; None without a review that weighs."""
        if self.counterparties == 0:
            return None
        return divide(self.weighted_total, self.counterparties)
