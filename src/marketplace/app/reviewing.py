"""Review windows: who may review whom after a transaction, and what happens when time is up."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.app.door import Act
from marketplace.app.indexing import follow_rating
from marketplace.domain.books import Timer
from marketplace.domain.evolving import evolve
from marketplace.domain.listing import Listing
from marketplace.domain.party import Party
from marketplace.domain.quote import Line, units_owed
from marketplace.domain.review import Reputation, Review, ReviewWindow, closing, mean_hundredths
from marketplace.domain.transaction import Seat, Transaction
from marketplace.domain.vertical import Reviewing

WINDOW = "review_window"
MOST = 100_000
"""Reviews that two parties may have written about each other."""


def open_windows(act: Act, transaction: Transaction, seats: Sequence[Seat]) -> None:
    """Let every seated pair that the vertical names review each other."""
    plan = act.context.vertical(transaction.vertical).reviewing
    closes_at = closing(act.at, plan.window, _zone(act, plan, transaction))
    windows = [
        ReviewWindow(
            id=act.context.ids.new("window"),
            transaction_id=transaction.id,
            author_id=author.party_id,
            author_role=author.role,
            subject_id=subject.party_id,
            subject_role=subject.role,
            opens_at=act.at,
            closes_at=closes_at,
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


def _zone(act: Act, plan: Reviewing, transaction: Transaction) -> object:
    """The zone in which windows close at the end of a day; None where they close to the second."""
    if plan.zone is None:
        return None
    listing = None
    if transaction.listing_id is not None:
        listing = act.work.find(Listing, id=transaction.listing_id)
    return "UTC" if listing is None else listing.attributes.get(plan.zone, "UTC")


def weighs(plan: Reviewing, transaction: Transaction, lines: Sequence[Line]) -> bool:
    """Whether a deal of these lines cost the customer enough for its reviews to weigh."""
    least = plan.weighs_from.get(transaction.currency)
    if least is None:
        return True
    purses = {line.purse for line in lines}
    paid = sum(units_owed(lines, transaction.currency, purse) for purse in purses)
    return paid >= least


def reviews_between(act: Act, review: Review) -> list[Review]:
    """The reviews by which its author and its subject speak of each other, but for those removed;
    both are locked from here on."""
    _take_turns(act, review)
    both = [review.author_id, review.subject_id]
    where = {"author_id": both, "subject_id": both, "state": ["written", "visible"]}
    return act.work.select(Review, where, limit=MOST)


def show(act: Act, review: Review, between: list[Review] | None = None) -> Review:
    """Make a review visible, count it in its subject's reputation, and look for a ring.

    ``between`` is what ``reviews_between`` gave, and knows from here on that it is shown.
    """
    between = reviews_between(act, review) if between is None else between
    _count(act, review, 1, between)
    shown = act.work.save(evolve(review, state="visible", visible_at=act.at))
    between.append(shown)
    act.emit(
        "review.visible",
        review.id,
        {"transaction": review.transaction_id, "rating": review.rating},
        [review.author_id, review.subject_id],
    )
    _tell_of_a_ring(act, shown, between)
    return shown


def uncount(act: Act, review: Review) -> None:
    """Take a removed review out of its subject's reputation."""
    _count(act, review, -1, reviews_between(act, review))


def count_again(act: Act, review: Review) -> None:
    """Put a review that is brought back into its subject's reputation again."""
    _count(act, review, 1, reviews_between(act, review))


def _take_turns(act: Act, review: Review) -> None:
    """Lock both sides, in one order: a sum that is read and written goes one after the other."""
    both = [review.author_id, review.subject_id]
    act.work.select(Party, {"id": both}, lock=True)


def _count(act: Act, review: Review, count: int, between: Sequence[Review]) -> None:
    role = review.subject_role
    before = act.work.find(Reputation, party_id=review.subject_id, role=role)
    before = before or Reputation(review.subject_id, role, 0, 0)
    more = evolve(before, count=before.count + count, total=before.total + count * review.rating)
    if review.weighs:
        others = _weighing(review, between)
        without, with_it = mean_hundredths(others), mean_hundredths([*others, review.rating])
        change = (with_it or 0) - (without or 0)
        more = evolve(
            more,
            counterparties=before.counterparties + (0 if others else count),
            weighted_total=before.weighted_total + count * change,
        )
    act.work.put(more)
    follow_rating(act, review.subject_id, role)


def _weighing(review: Review, between: Sequence[Review]) -> list[int]:
    """What else its author gave its subject in this role, as far as it is shown and weighs."""
    mine = (review.author_id, review.subject_id, review.subject_role)
    return [
        one.rating
        for one in between
        if one.weighs
        and one.state == "visible"
        and one.id != review.id
        and (one.author_id, one.subject_id, one.subject_role) == mine
    ]


def _tell_of_a_ring(act: Act, review: Review, between: Sequence[Review]) -> None:
    """Say so when two parties review each other again and again; whoever hears it judges."""
    transaction = act.work.find(Transaction, id=review.transaction_id)
    assert transaction is not None
    plan = act.context.vertical(transaction.vertical).reviewing
    since = act.at - plan.ring_within
    late = [one for one in between if one.visible_at and one.visible_at >= since]
    mine = {one.transaction_id for one in late if one.author_id == review.author_id}
    both = mine & {one.transaction_id for one in late if one.subject_id == review.author_id}
    if review.transaction_id not in both or len(both) % plan.ring_deals:
        return
    data = {
        "parties": sorted([review.author_id, review.subject_id]),
        "deals": len(both),
        "within_seconds": int(plan.ring_within.total_seconds()),
    }
    act.emit("reputation.ring", review.subject_id, data)


def close_window(act: Act, window: ReviewWindow) -> None:
    """Time is up: nobody writes any more, and what was written blind is shown."""
    if window.state == "open":
        act.work.save(evolve(window, state="closed"))
    written = act.work.select(Review, {"transaction_id": window.transaction_id})
    for review in written:
        if review.state == "written" and review.author_id == window.author_id:
            show(act, review)
    act.work.timers.clear(WINDOW, [window.id])
