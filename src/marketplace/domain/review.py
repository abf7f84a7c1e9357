"""Reviews: only after a real transaction, once each way, blind until both wrote or time is up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from attrs import field, frozen


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
    version: int = 1


@frozen
class Reputation:
    """The sum of a party's visible reviews in one role."""

    party_id: str
    role: str
    count: int
    total: int

    @property
    def mean_hundredths(self) -> int | None:
        """The mean rating times a hundred, rounded; None without a review."""
        return None if self.count == 0 else round(self.total * 100 / self.count)
