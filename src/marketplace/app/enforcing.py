"""What a decision of moderation does to its subject, and how a reversal undoes it."""

from __future__ import annotations

from typing import cast

from marketplace.app.door import Act
from marketplace.app.indexing import follow
from marketplace.app.reviewing import count_again, uncount
from marketplace.domain.evolving import evolve
from marketplace.domain.listing import Listing, ListingState
from marketplace.domain.message import Message
from marketplace.domain.moderation import TAKEN_DOWN, Case, CaseAction
from marketplace.domain.party import Party
from marketplace.domain.review import Review
from marketplace.errors import IllegalTransition, InvalidInput

MOST = 10_000
"""Cases of one party that are looked at."""


def carry_out(act: Act, case: Case, action: CaseAction) -> Case:
    """Do to the subject what was decided; gives the case with what it was before.

    Raises ``InvalidInput`` for an action that its subject cannot suffer.
    """
    if action != "take down":
        return case
    if case.subject_kind == "listing":
        listing = act.work.get(Listing, case.subject_id)
        _refuse_removed(listing.state)
        follow(act, act.work.save(evolve(listing, state="removed")))
        act.emit("listing.removed", listing.id, {"case": case.id}, [listing.provider_id])
        return evolve(case, was=listing.state)
    if case.subject_kind == "review":
        review = act.work.get(Review, case.subject_id)
        _refuse_removed(review.state)
        if review.state == "visible":
            uncount(act, review)
        act.work.save(evolve(review, state="removed", removed_reason=case.reason))
        act.emit("review.removed", review.id, {"reason": case.reason}, [review.author_id])
        return evolve(case, was=review.state)
    if case.subject_kind == "message":
        message = act.work.get(Message, case.subject_id)
        _refuse_removed(message.state)
        act.work.save(evolve(message, state="removed", removed_reason=case.reason))
        act.emit("message.removed", message.id, {"reason": case.reason}, [message.author_id])
        return evolve(case, was=message.state)
    allowed = " or a ".join(TAKEN_DOWN)
    raise InvalidInput(f"a {allowed} can be taken down; of a {case.subject_kind} warn or suspend")


def _refuse_removed(state: str) -> None:
    if state == "removed":
        raise IllegalTransition("this is taken down already", code="removed_already")


def bring_back(act: Act, case: Case) -> None:
    """Bring back what was taken down, into the state before; what changed since stays changed."""
    if case.was is None:
        return
    if case.subject_kind == "listing":
        listing = act.work.get(Listing, case.subject_id)
        if listing.state == "removed":
            before = cast("ListingState", case.was)
            follow(act, act.work.save(evolve(listing, state=before)))
            act.emit("listing.restored", listing.id, {"case": case.id}, [listing.provider_id])
    elif case.subject_kind == "review":
        review = act.work.get(Review, case.subject_id)
        if review.state == "removed":
            count_again(act, review)
            act.work.save(evolve(review, state="visible", removed_reason=None))
            act.emit("review.restored", review.id, {"case": case.id}, [review.author_id])
    elif case.subject_kind == "message":
        message = act.work.get(Message, case.subject_id)
        if message.state == "removed":
            act.work.save(evolve(message, state="sent", removed_reason=None))
            act.emit("message.restored", message.id, {"case": case.id}, [message.author_id])


def cases_of(act: Act, party_id: str) -> list[Case]:
    """Every case about a party's things."""
    return act.work.select(Case, {"owner_id": party_id}, limit=MOST)


def suspend(act: Act, case: Case) -> Case:
    """Suspend the owner; gives the case with the party's version, which says that it did."""
    owner = act.work.get(Party, case.owner_id)
    if owner.state != "active":
        return case
    act.emit("party.suspended", owner.id, {"reason": case.reason, "case": case.id}, [owner.id])
    return evolve(case, suspended=act.work.save(evolve(owner, state="suspended")).version)


def lift(act: Act, reversed_case: Case) -> None:
    """Let the owner act again if nothing that still stands keeps it suspended.

    Only a suspension by a case is lifted, and only when nobody changed the party since: what the
    operator did by himself is his to undo.
    """
    owner = act.work.get(Party, reversed_case.owner_id)
    cases = [one for one in cases_of(act, owner.id) if one.id != reversed_case.id]
    by_a_case = owner.version in {one.suspended for one in (*cases, reversed_case)}
    standing = [one for one in cases if one.state != "reversed"]
    live = sum(one.live_strikes(act.at) for one in standing)
    kept = any(one.action == "suspend" for one in standing)
    too_many = act.context.moderation.then == "suspend" and live >= act.context.moderation.strikes
    if owner.state != "suspended" or not by_a_case or kept or too_many:
        return
    act.emit("party.active", owner.id, {"case": reversed_case.id}, [owner.id])
    act.work.save(evolve(owner, state="active"))
