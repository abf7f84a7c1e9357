"""Approvals: what one person may not do alone, asked by one and given by another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from marketplace.domain.freezing import frozen


@frozen
class Approval:
    """A command that waits for a second person, word for word as it will be carried out."""

    id: str
    command: str
    """The verb: ``transactions.take``."""
    body: Mapping[str, Any]
    """What the verb is given."""
    body_hash: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    reason: str = ""
    state: Literal["asked", "given", "declined"] = "asked"
    answered_by: str = ""
    answered_at: datetime | None = None
    version: int = 1
