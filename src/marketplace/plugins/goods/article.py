"""Articles: what a catalogue has, and several sellers may hold out."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen


@frozen
class Article:
    """One thing that several sellers may hold out."""

    id: str
    name: str
    category: str
    gtin: str | None
    """Its number in world trade, where it has one, in as few digits as such numbers have."""
    made_by: str
    """Who has put it into the catalogue; empty for the operator."""
    created_at: datetime
