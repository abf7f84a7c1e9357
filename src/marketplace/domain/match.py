"""Matches: possible pairings with score and reasons; they bind nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from marketplace.domain.freezing import frozen
from marketplace.domain.reason import Reason


@frozen
class Match:
    """A possible pairing of a request with a listing, with why and why not."""

    request_id: str
    listing_id: str
    score: int
    """Smaller is better; whole metres in rides, minor units elsewhere: the vertical says."""
    eligible: bool
    reasons: Sequence[Reason] = ()
    """Every gate's answer: all that refused, or how the score came about."""
    chosen: bool = False


@frozen
class MatchingRound:
    """One run of a solver over many requests at once, kept whole so that ``why`` can answer."""

    id: str
    vertical: str
    at: datetime
    solver: str
    problem: Mapping[str, Any]
    """What went in: requests, providers, edges, limits, and who was left out by which gate."""
    solution: Mapping[str, Any]
    """What came out: pairs in order, totals, the certificate."""
    number: int = 1
