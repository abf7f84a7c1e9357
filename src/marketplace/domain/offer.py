"""Offers: priced, expiring terms by one party to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.reason import Reason

OfferState = Literal[
    "made", "accepted", "declined", "expired", "withdrawn", "lost", "countered", "vacated"
]
"""``vacated``: it was accepted, and the seat that it filled was given up again."""


@frozen
class Proposed:
    """A row of a deal that one side wants and the other is asked to want, exactly as it is here.

    Its price is the offer's quote.
    """

    row: str
    basis: str
    """The hash of the deal's state, moments and terms: another deal needs another proposal."""
    asks: Mapping[str, Any] = field(factory=dict)
    """What the row asks for, as whoever proposed it filled it in."""
    reasons: Sequence[Reason] = ()
    """Why the price is what it is: kept with the terms when the row is taken."""


@frozen
class Offer:
    """Terms from ``maker_id`` to ``taker_id``; accepting fills a seat, agrees the terms, or takes
    the row that was proposed."""

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
    proposed: Proposed | None = None
    """The row that accepting it takes, where that needs both sides."""
    ended_at: datetime | None = None
    attributes: Mapping[str, Any] = field(factory=dict)
    version: int = 1
