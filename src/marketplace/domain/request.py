"""Requests: what a customer asks for, with or without a listing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.item import Item
from marketplace.domain.place import Place

RequestState = Literal["open", "agreed", "withdrawn", "expired"]


@frozen
class Request:
    """A need: from here to there, these nights for two, five hundred mugs."""

    id: str
    vertical: str
    customer_id: str
    currency: str
    created_at: datetime
    state: RequestState = "open"
    listing_id: str | None = None
    """Set when the customer asks one listing; None when anybody may answer."""
    place: Place | None = field(default=None, repr=False)
    to: Place | None = field(default=None, repr=False)
    start: datetime | None = None
    end: datetime | None = None
    quantity: int = 1
    """How much capacity it wants: seats, rooms, units."""
    expires_at: datetime | None = None
    attributes: Mapping[str, Any] = field(factory=dict, repr=False)
    """The trade's own fields, held against the vertical's JSON schema."""
    items: Sequence[Item] = ()
    """A basket: things of several listings, maybe of several sellers. Then it names no listing."""
    version: int = 1
