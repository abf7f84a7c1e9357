"""Messages between the parties of a transaction or about a listing, and notifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from attrs import field

from marketplace.domain.freezing import frozen


@frozen
class Message:
    """From one party to others, about a transaction, a request or a listing."""

    id: str
    about_kind: str
    """``transaction``, ``request`` or ``listing``."""
    about_id: str
    author_id: str
    to_id: str | None
    text: str
    """As it may be shown: contact details are masked where the vertical says so."""
    created_at: datetime
    files: Sequence[str] = ()
    masked: bool = False
    """Whether something was hidden from it."""
    state: Literal["sent", "removed"] = "sent"
    """Removed is what was taken down: nobody but its author and the operator reads it any more."""
    removed_reason: str | None = None
    version: int = 1


@frozen
class Notification:
    """What the derived matrix says somebody should hear."""

    party_id: str
    code: str
    params: Mapping[str, Any]
    language: str
    text: str
    """One line: it may become the subject of a letter. ``params`` are as people wrote them."""
    event_id: str
    transaction_id: str | None = None
    attributes: Mapping[str, Any] = field(factory=dict)


@frozen
class StoredFile:
    """A photo, document or piece of evidence, kept by the file storage; this is its card."""

    id: str
    owner_id: str
    name: str
    media_type: str
    size: int
    sha256: str
    created_at: datetime
