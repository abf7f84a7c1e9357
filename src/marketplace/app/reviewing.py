"""Review windows: who may review whom after a transaction, and what happens when time is up."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from marketplace.app.door import Act
from marketplace.app.indexing import follow_rating
from marketplace.domain.ports import Timer
from marketplace.domain.review import Reputation, Review, ReviewWindow
from marketplace.domain.transaction import Seat, Transaction

WINDOW = "review_window"


def open_windows(act: Act, transaction: Transaction, seats: Sequence[Seat]) -> None:
    """Let every seated pair that the vertical names review each other."""
    plan = act.context.vertical(transaction.vertical).reviewing
    windows = [
        ReviewWindow(
            id=act.context.ids.new("window"),
            transaction_id=transaction.id,
            author_id=author.party_id,
            author_role=author.role,
            subject_id=subject.party_id,
            subject_role=subject.role,
            opens_at=act.at,
            closes_at=act.at + plan.window,
            blind=plan.blind,
        )
        for author_role, subject_role in plan.between
        for author in seats
        if author.role == author_role
        for subject in seats
        if subject.role == subject_role and subject.party_id != author.party_id
    ]
    act.work.add(*windows)
    act.work.timers.arm([Timer(WINDOW, one.id, "close", one.closes_at) for one in windows])


def show(act: Act, review: Review) -> Review:
    """Make a review visible, and count it in its subject's reputation."""
    shown = act.work.save(evolve(review, state="visible", visible_at=act.at))
    _count(act, review.subject_id, review.subject_role, 1, review.rating)
    act.emit(
        "review.visible",
        review.id,
        {"transaction": review.transaction_id, "rating": review.rating},
        [review.author_id, review.subject_id],
    )
    return shown


def uncount(act: Act, review: Review) -> None:
    """Take a removed review out of its subject's reputation."""
    _count(act, review.subject_id, review.subject_role, -1, -review.rating)


def _count(act: Act, party_id: str, role: str, count: int, rating: int) -> None:
    before = act.work.find(Reputation, party_id=party_id, role=role)
    before = before or Reputation(party_id, role, 0, 0)
    act.work.put(evolve(before, count=before.count + count, total=before.total + rating))
    follow_rating(act, party_id, role)


def close_window(act: Act, window: ReviewWindow) -> None:
    """Time is up: nobody writes any more, and what was written blind is shown."""
    if window.state == "open":
        act.work.save(evolve(window, state="closed"))
    written = act.work.select(Review, {"transaction_id": window.transaction_id})
    for review in written:
        if review.state == "written" and review.author_id == window.author_id:
            show(act, review)
    act.work.timers.clear(WINDOW, [window.id])
