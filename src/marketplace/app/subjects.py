"""What can be reported, whose it is, and who may see it."""

from __future__ import annotations

from marketplace.app.door import Act
from marketplace.domain.listing import Listing
from marketplace.domain.message import Message
from marketplace.domain.moderation import SubjectKind
from marketplace.domain.party import Party
from marketplace.domain.ports import Work
from marketplace.domain.review import Review
from marketplace.domain.transaction import Seat
from marketplace.errors import NotFound


def owner_of(act: Act, kind: SubjectKind, subject_id: str) -> str | None:
    """Whose the subject is; None where there is no such thing."""
    if kind == "listing":
        listing = act.work.find(Listing, id=subject_id)
        return None if listing is None else listing.provider_id
    if kind == "review":
        review = act.work.find(Review, id=subject_id)
        return None if review is None else review.author_id
    if kind == "message":
        message = act.work.find(Message, id=subject_id)
        return None if message is None else message.author_id
    party = act.work.find(Party, id=subject_id)
    return None if party is None else party.id


def owner_if_seen(act: Act, kind: SubjectKind, subject_id: str, reader: str) -> str:
    """Whose the subject is; raises ``NotFound`` for what the reader cannot see."""
    owner = owner_of(act, kind, subject_id)
    if owner is None or not (owner == reader or _sees(act, kind, subject_id, reader)):
        raise NotFound(f"no {kind} {subject_id!r}")
    return owner


def _sees(act: Act, kind: SubjectKind, subject_id: str, reader: str) -> bool:
    if kind == "listing":
        return act.work.get(Listing, subject_id).state == "published"
    if kind == "review":
        return act.work.get(Review, subject_id).state == "visible"
    if kind == "message":
        message = act.work.get(Message, subject_id)
        return message.state == "sent" and may_read(act.work, message, reader)
    return True


def may_read(work: Work, message: Message, reader: str) -> bool:
    """Whether a message is for this reader, who did not write it."""
    if message.to_id is not None or message.about_kind != "transaction":
        return message.to_id == reader
    seats = work.select(Seat, {"transaction_id": message.about_id}, order="role")
    return reader in {seat.party_id for seat in seats}
