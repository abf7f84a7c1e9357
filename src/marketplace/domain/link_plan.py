"""With whom, and about what, a row opens a deal beside its own: asked of the trade, a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.item import Item
from marketplace.domain.listing import Listing
from marketplace.domain.ports import Work
from marketplace.domain.quote import Line
from marketplace.domain.request import Request
from marketplace.domain.transaction import Seat, Transaction


@frozen
class LinkQuestion:
    """Who sits in what this deal's row opens, and what do they deal in?"""

    transaction: Transaction
    """The deal whose row opens another."""
    seats: Sequence[Seat]
    request: Request | None
    listing: Listing | None
    work: Work
    at: datetime


@frozen
class LinkPlan:
    """A deal beside another one, with people of its own: a seller and his supplier."""

    seats: Mapping[str, str]
    """Role to the party that sits there; with a customer and a provider, who are two."""
    items: Sequence[Item] = ()
    """What they deal in: items of one provider's listings."""
    attributes: Mapping[str, Any] = field(factory=dict)
    """Of the request that the customer of it makes thereby; its provider reads them."""
    lines: Sequence[Line] | None = None
    """What it costs; None: what the plugins say on the occasion of the process's name, as for a
    sale of its own."""
