"""Deferrals: what was to be settled while a dispute was open, and waits for its end."""

from __future__ import annotations

from datetime import datetime

from marketplace.domain.effect import MoneyKind
from marketplace.domain.freezing import frozen


@frozen
class Deferral:
    """A purse whose money lies in escrow until a dispute ends; the deal itself went on.

    Of a series of payments each round that is due meanwhile waits by itself, by its own terms.
    """

    transaction_id: str
    purse: str
    kind: MoneyKind
    """The effect that is carried out then: settle, pay out, transfer or refund."""
    terms_version: int
    """The version of the terms by which it is carried out."""
    dispute_id: str
    created_at: datetime
    refunds: bool = False
    """Whether what lies there beyond the price is refunded first: a refund of what a bank took
    back waits until the bank has decided."""
