"""What of Stripe's conduct is agreed or set rather than coded: fees, and how long things take."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from attrs import field, frozen

API_VERSION = "2026-10-28.endive"
"""The version the twin speaks, which is that of `stripe` 16.1."""


@frozen
class Rules:
    """Fees in basis points and minor units, spans of the twin's clock."""

    fee_basis_points: int = 290
    fee_fixed: int = 30
    dispute_fee: int = 1500
    dispute_fee_comes_back: bool = False
    """Whether a dispute that is won gives its fee back as well."""
    settles_after: timedelta = timedelta(days=2)
    """From a capture until its money is available."""
    hold_lives: timedelta = timedelta(days=7)
    extended_hold_lives: timedelta = timedelta(days=30)
    refund_turns_after: timedelta = timedelta(days=1)
    """When a refund that is pending arrives, and one that fails later fails."""
    payout_takes: timedelta = timedelta(days=2)
    payout_fails_after: timedelta = timedelta(days=4)
    """From its making until a payout that read `paid` turns `failed`."""
    dispute_answer_due: timedelta = timedelta(days=7)
    keys_live: timedelta = timedelta(hours=24)
    """How long an idempotency key of v1 is remembered."""
    keys_of_v2_live: timedelta = timedelta(days=30)
    least: Mapping[str, int] = field(
        factory=lambda: MappingProxyType({"usd": 50, "eur": 50, "gbp": 30})
    )
    """The least amount to charge, by currency; one minor unit where nothing is said."""
    most: int = 99_999_999

    def fee(self, amount: int) -> int:
        """What Stripe keeps of a capture of so many minor units, rounded half up."""
        return (amount * self.fee_basis_points + 5_000) // 10_000 + self.fee_fixed
