"""Offers: priced, expiring terms by one party to another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import field, frozen

OfferState = Literal[
    "made", "accepted", "declined", "expired", "withdrawn", "lost", "countered", "vacated"
]
"""``vacated``: it was accepted, and the seat that it filled was given up again."""


@frozen
class Offer:
    """Terms from ``maker_id`` to ``taker_id``; accepting fills a seat or agrees the terms."""

    id: str
    maker_id: str
    taker_id: str
    created_at: datetime
    expires_at: datetime
    quote_id: str | None
    state: OfferState = "made"
    request_id: str | None = None
    listing_id: str | None = None
    transaction_id: str | None = None
    """Set when it is made inside a transaction (dispatch: many offers, one transaction)."""
    counters_id: str | None = None
    """The offer this one answers with other terms."""
    seat: str | None = None
    """The role it fills when accepted, if any."""
    ended_at: datetime | None = None
    attributes: Mapping[str, Any] = field(factory=dict)
    version: int = 1
