"""Requirements: what a trade asks of whoever sells in it, as data, and what of it is unmet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.party import Document, Party, PayoutAccount
from marketplace.domain.reason import Reason
from marketplace.errors import InvalidInput

Stage = Literal["publish", "deal", "payout"]
STAGES: tuple[Stage, ...] = ("publish", "deal", "payout")


def _stages(given: Iterable[Stage]) -> tuple[Stage, ...]:
    named = {given} if isinstance(given, str) else set(given)
    if not named or not named <= set(STAGES):
        raise InvalidInput(f"a requirement blocks one or more of {', '.join(STAGES)}, not {given}")
    return tuple(one for one in STAGES if one in named)


@frozen
class Requirement:
    """What a party must have shown before it may do something in a trade."""

    name: str
    blocks: tuple[Stage, ...] = field(converter=_stages)
    """What waits for it, and nothing else does: holding a listing out (``publish``), selling
    (``deal``), being paid out (``payout``)."""
    documents: tuple[str, ...] = ()
    """Kinds of documents, each approved and not expired."""
    payout_account: bool = False
    """Whether a verified account to be paid out to is needed, in the currency it is about."""
    kinds: tuple[Literal["person", "organisation"], ...] = ("person", "organisation")
    """Which parties it concerns."""


@frozen
class Missing:
    """A requirement that a party does not meet."""

    requirement: str
    blocks: tuple[Stage, ...]
    reasons: Sequence[Reason]
    """What is missing, each by itself."""


def unmet(
    requirements: Iterable[Requirement],
    party: Party,
    documents: Sequence[Document],
    accounts: Sequence[PayoutAccount],
    at: datetime,
) -> list[Missing]:
    """What of the requirements a party does not meet, and why not; nothing where it meets all.

    Of ``documents`` and ``accounts`` the last of each kind says how it stands.
    """
    found = []
    for one in requirements:
        if party.kind not in one.kinds:
            continue
        reasons = [
            Reason(code, {"requirement": one.name, "document": kind})
            for kind in one.documents
            if (code := _paper([each for each in documents if each.kind == kind], at)) is not None
        ]
        if one.payout_account and (code := _account(accounts)) is not None:
            reasons.append(Reason(code, {"requirement": one.name}))
        if reasons:
            found.append(Missing(one.name, one.blocks, tuple(reasons)))
    return found


def _paper(papers: Sequence[Document], at: datetime) -> str | None:
    if any(one.valid_at(at) for one in papers):
        return None
    if not papers:
        return "document_missing"
    last = max(papers, key=lambda one: (one.created_at, one.id))
    return {"submitted": "document_waits", "rejected": "document_rejected"}.get(
        last.state, "document_expired"
    )


def _account(accounts: Sequence[PayoutAccount]) -> str | None:
    states = {one.state for one in accounts}
    if "verified" in states:
        return None
    return "payout_account_unverified" if "submitted" in states else "payout_account_missing"
