"""Which of several sellers of one article a buyer is shown first, and why not the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve, field, frozen

from marketplace import InvalidInput, Reason, divide
from marketplace.plugins.goods.figures import COUNTED

UNRATED = 400
"""The stars, in hundredths, that a seller counts as who has no rating yet."""


@frozen
class Picking:
    """What days, stars and how a seller does are worth, in basis points of what the buyer pays."""

    day_bp: int = 100
    """For every day until it can be sent: as if it cost a hundredth more."""
    star_bp: int = 500
    """For every star below five."""
    figures_bp: Mapping[str, int] = field(factory=dict)
    """Figure of a seller (``late``, ``defects`` …) to what it is worth where all his orders have
    it; of a part of them it is that part."""
    levels_bp: Mapping[str, int] = field(factory=dict)
    """Level to what a seller of it counts more; ``""`` is for who has none. One that is not named
    counts nothing."""

    def __attrs_post_init__(self) -> None:
        unknown = sorted(set(self.figures_bp) - set(COUNTED))
        if unknown:
            raise InvalidInput(f"the figures are {', '.join(COUNTED)}; there is no {unknown[0]!r}")
        worth: dict[str, object] = {"day_bp": self.day_bp, "star_bp": self.star_bp}
        worth |= {**self.figures_bp, **self.levels_bp}
        for name, value in worth.items():
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
    level: str | None = None
    """The seller's level, where levels are worth something."""
    shares: Mapping[str, int] = field(factory=dict)
    """His figures as basis points of his orders, where they are worth something."""


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
    told_of_him, worth = _of_the_seller(one, picking)
    score = one.owed + waits + doubts + worth
    parts = {"owed": one.owed, "waits": waits, "doubts": doubts, "score": score}
    reason = Reason("goods_ranked", told | parts)
    return Ranked(one.listing_id, one.provider_id, score, True, (reason, *told_of_him))


def discreet(one: Ranked) -> Ranked:
    """As others than him and the operator see a seller: what his record counts, not what it is."""
    shown = [
        Reason("goods_ranked_record", {key: why.params[key] for key in ("more", "currency")})
        if why.code in _RECORD
        else why
        for why in one.reasons
    ]
    return evolve(one, reasons=tuple(shown))


_RECORD = ("goods_ranked_share", "goods_ranked_level", "goods_ranked_no_level")


def _of_the_seller(one: Candidate, picking: Picking) -> tuple[list[Reason], int]:
    """What his level and his figures count, each with its reason."""
    reasons, worth = list[Reason](), 0
    for figure, bp in picking.figures_bp.items():
        share = one.shares.get(figure, 0)
        more = divide(one.owed * bp * share, 10_000 * 10_000)
        if more:
            told = {"figure": figure, "share": share, "more": more, "currency": one.currency}
            reasons.append(Reason("goods_ranked_share", told))
            worth += more
    level = one.level or ""
    more = divide(one.owed * picking.levels_bp.get(level, 0), 10_000)
    if more:
        code = "goods_ranked_level" if level else "goods_ranked_no_level"
        reasons.append(Reason(code, {"level": level, "more": more, "currency": one.currency}))
        worth += more
    return reasons, worth
