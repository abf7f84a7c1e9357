"""Listings: the standing thing a provider holds out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.place import Place

ListingState = Literal["draft", "published", "paused", "withdrawn", "removed"]


@frozen
class Listing:
    """What a provider holds out: a driver with a vehicle, a home, a product, a post, an advert."""

    id: str
    vertical: str
    provider_id: str
    title: str
    currency: str
    created_at: datetime
    state: ListingState = "draft"
    place: Place | None = field(default=None, repr=False)
    attributes: Mapping[str, Any] = field(factory=dict, repr=False)
    """The trade's own fields, held against the vertical's JSON schema."""
    version: int = 1


@frozen
class Presence:
    """Where a listing is right now, and what it is doing; a location expires."""

    listing_id: str
    state: str
    """The vertical's word: for rides offline, online, offered, on trip, heading home."""
    place: Place
    seen_at: datetime
    expires_at: datetime
    heading: Place | None = None
    """Where it wants to go (a driver heading home)."""

    def live_at(self, moment: datetime) -> bool:
        """Whether the location is still believed."""
        return moment < self.expires_at
