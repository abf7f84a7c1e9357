"""Gates that every trade has: nobody meets who may not deal, or does not want to."""

from __future__ import annotations

from collections.abc import Mapping

from marketplace.domain.party import Block, Party
from marketplace.domain.ports import Work
from marketplace.domain.question import Gate
from marketplace.domain.reason import Reason

MOST = 100_000
"""The most parties and blocks that are looked at."""


def inactive(work: Work, owners: Mapping[str, str]) -> list[Gate]:
    """Nobody is asked who may not answer; ``owners`` are listings and their providers."""
    where = {"id": sorted(set(owners.values())), "state": ["suspended", "erased"]}
    states = {one.id: one.state for one in work.select(Party, where, limit=MOST)} if owners else {}
    return [
        Gate(listing_id, Reason(f"party_{states[owner]}"))
        for listing_id, owner in owners.items()
        if owner in states
    ]


def blocks(work: Work, parties: set[str]) -> dict[str, set[str]]:
    """Who is not to meet whom, both ways."""
    result: dict[str, set[str]] = {}
    people = sorted(parties)
    if not people:
        return result
    for field in ("party_id", "blocked_id"):
        for block in work.select(Block, {field: people}, limit=MOST):
            result.setdefault(block.party_id, set()).add(block.blocked_id)
            result.setdefault(block.blocked_id, set()).add(block.party_id)
    return result


def discreet(reason: Reason, request_id: str | None) -> Reason:
    """What a customer hears of a no: what concerns the request, and nothing of the provider's own.

    Its debts, papers and ratings are its own affair, and so is whom it blocked.
    """
    return Reason("not_available") if request_id is None or reason.code == "blocked" else reason
