"""Items: the things that one request wants of several listings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.listing import Listing


@frozen
class Item:
    """One thing that is wanted of one listing."""

    listing_id: str
    quantity: int = 1
    option: str = ""
    """The key of what the listing holds out several of: ``red-xl``, a rate of a room."""
    attributes: Mapping[str, Any] = field(factory=dict, repr=False)
    """The trade's own fields, held against the vertical's ``item_schema``."""


@frozen
class Numbered:
    """An item of a deal, with its number in the request: the first is 1."""

    number: int
    item: Item


@frozen
class PricedItem:
    """An item of a basket with its listing."""

    number: int
    """Its place in the request: the first is 1. A line about it names it in its inputs."""
    item: Item
    listing: Listing


@frozen
class TransactionItem:
    """Which listing an item of a deal is of, to be asked for by it."""

    transaction_id: str
    number: int
    listing_id: str
    quantity: int
    option: str = ""
