"""Disputes: a party says the deal was not kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from attrs import field

from marketplace.domain.freezing import frozen

DisputeState = Literal["open", "escalated", "withdrawn", "decided", "lapsed"]
"""``lapsed``: the operator did not decide in time, and the money went by the terms."""
DisputeKind = Literal["complaint", "contest", "chargeback", "difference"]
"""A ``complaint`` stops the deal's money; a ``contest`` is a deal's own, decided by its rows; a
``difference`` is the marketplace's, when a payment provider speaks of another amount than ours."""


@frozen
class Evidence:
    """What one side shows: words and files."""

    party_id: str
    text: str
    at: datetime
    files: Sequence[str] = ()


@frozen
class Dispute:
    """Opened in a window, argued with evidence, decided as a split; money waits meanwhile."""

    id: str
    transaction_id: str
    opened_by: str
    cause: str
    created_at: datetime
    answer_by: datetime
    """The other side answers until then; silence goes to the operator."""
    state: DisputeState = "open"
    evidence: Sequence[Evidence] = ()
    outcome: Mapping[str, Any] = field(factory=dict)
    """What was decided: the lines that then hold, and why."""
    decided_at: datetime | None = None
    kind: DisputeKind = "complaint"
    """A chargeback is decided by the payer's bank, as the payment provider reports it, and a
    contest by whichever row leaves the states in which the deal is contested."""
    version: int = 1
