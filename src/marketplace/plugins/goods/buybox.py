"""Which of several sellers of one article a buyer is shown first, and why not the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from marketplace import InvalidInput, Reason, divide

UNRATED = 400
"""The stars, in hundredths, that a seller counts as who has no rating yet."""


@frozen
class Picking:
    """What a day and a star are worth, in basis points of what the buyer pays."""

    day_bp: int = 100
    """For every day until it can be sent: as if it cost a hundredth more."""
    star_bp: int = 500
    """For every star below five."""

    def __attrs_post_init__(self) -> None:
        for name in ("day_bp", "star_bp"):
            value: object = getattr(self, name)
            if type(value) is not int or not 0 <= value <= 10_000:
                raise InvalidInput(f"{name} is 0 to 10000 basis points, not {value!r}")


@frozen
class Candidate:
    """A seller's listing of the article, as a buyer would get so many of it."""

    listing_id: str
    provider_id: str
    owed: int
    """All that the buyer pays, freight and taxes with it, in minor units."""
    currency: str
    days: int
    """Until it can be sent."""
    hundredths: int | None
    """The seller's rating."""
    against: Sequence[Reason] = ()
    """Why it cannot be had from him; none: it can."""


@frozen
class Ranked:
    """A candidate in its place; the first that can be had is picked."""

    listing_id: str
    provider_id: str
    score: int
    """What it costs, as if days and stars were money; smaller is better."""
    eligible: bool
    reasons: Sequence[Reason]
    """How the score came about, or why it cannot be had."""
    chosen: bool = False


def rank(candidates: Iterable[Candidate], picking: Picking) -> list[Ranked]:
    """Those that can be had by their score, then the others; ties by the listings' ids."""
    found = sorted(
        (_scored(one, picking) for one in candidates),
        key=lambda one: (not one.eligible, one.score, one.listing_id),
    )
    return [
        Ranked(one.listing_id, one.provider_id, one.score, one.eligible, one.reasons, not place)
        if one.eligible
        else one
        for place, one in enumerate(found)
    ]


def _scored(one: Candidate, picking: Picking) -> Ranked:
    if one.against:
        return Ranked(one.listing_id, one.provider_id, 0, False, tuple(one.against))
    stars = UNRATED if one.hundredths is None else one.hundredths
    waits = divide(one.owed * picking.day_bp * one.days, 10_000)
    doubts = divide(one.owed * picking.star_bp * (500 - stars), 1_000_000)
    told = {"currency": one.currency, "days": one.days, "stars": f"{stars / 100:.2f}"}
    score = one.owed + waits + doubts
    parts = {"owed": one.owed, "waits": waits, "doubts": doubts, "score": score}
    reason = Reason("goods_ranked", told | parts)
    return Ranked(one.listing_id, one.provider_id, score, True, (reason,))
