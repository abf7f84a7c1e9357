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


def blocks_of(work: Work, party_id: str) -> set[str]:
    """Whom a party is not to meet, whichever of the two said so."""
    mine = work.select(Block, {"party_id": party_id}, limit=MOST)
    theirs = work.select(Block, {"blocked_id": party_id}, limit=MOST)
    return {one.blocked_id for one in mine} | {one.party_id for one in theirs}


def blocks_among(work: Work, parties: set[str]) -> dict[str, set[str]]:
    """Who of these is not to meet whom, both ways; each block of two of them is by one of them."""
    result: dict[str, set[str]] = {}
    said = work.select(Block, {"party_id": sorted(parties)}, limit=MOST) if parties else []
    for block in said:
        if block.blocked_id in parties:
            result.setdefault(block.party_id, set()).add(block.blocked_id)
            result.setdefault(block.blocked_id, set()).add(block.party_id)
    return result


def discreet(reason: Reason, request_id: str | None) -> Reason:
    """What a customer hears of a no: what concerns the request, and nothing of the provider's own.

    Its debts, papers and ratings are its own affair, and so is whom it blocked.
    """
    return Reason("not_available") if request_id is None or reason.code == "blocked" else reason
