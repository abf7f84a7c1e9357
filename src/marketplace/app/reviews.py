"""Reviews: written in a window, blind until both sides wrote or time is up, one reply each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door, looked_at
from marketplace.app.move import current_terms
from marketplace.app.reading import Page, Reader
from marketplace.app.reviewing import WINDOW, close_window, reviews_between, show, uncount, weighs
from marketplace.app.texts import checked_text
from marketplace.domain.evolving import evolve
from marketplace.domain.money import whole
from marketplace.domain.party import OPERATOR
from marketplace.domain.question import ReviewQuestion
from marketplace.domain.review import Review, ReviewWindow
from marketplace.domain.transaction import Transaction
from marketplace.domain.vertical import Reviewing
from marketplace.errors import (
    Conflict,
    Expired,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    NotFound,
    Refused,
)


class Reviews:
    """The verbs of reviews."""

    def __init__(self, context: Context, door: Door, reader: Reader) -> None:
        self._context = context
        self._door = door
        self._reader = reader

    def write(
        self,
        transaction_id: str,
        *,
        by: By,
        rating: int,
        about: str | None = None,
        text: str = "",
        private_text: str = "",
        axes: Mapping[str, int] | None = None,
        key: str | None = None,
    ) -> Review:
        """Review another party of a transaction that ended: ``rating`` is 1 to 5.

        ``about`` names the party when there are several. Raises ``NotFound`` without a
        window, ``Expired`` after it closed, ``Conflict`` for a second review.
        """
        given = _ratings(rating, axes)

        def do(act: Act) -> Review:
            transaction = _reviewed(act, transaction_id)
            window, others = self._window(act, transaction_id, about)
            plan = self._context.vertical(transaction.vertical).reviewing
            _refuse_other_axes(plan, axes)
            review = Review(
                id=act.context.ids.new("review"),
                transaction_id=transaction_id,
                author_id=window.author_id,
                author_role=window.author_role,
                subject_id=window.subject_id,
                subject_role=window.subject_role,
                listing_id=transaction.listing_id,
                rating=rating,
                created_at=act.at,
                visible_at=None,
                axes=dict(axes or {}),
                text=checked_text(text, "a review", self._context.limits.text),
                private_text=checked_text(private_text, "a note", self._context.limits.text),
                weighs=weighs(plan, transaction, current_terms(act, transaction).lines),
            )
            self._refuse(act, review, transaction)
            # The window first and then the parties, as the clock does when it closes one.
            act.work.save(evolve(window, state="written"))
            between = None
            if not window.blind or all(one.state != "open" for one in others):
                # Read before there is more to write: then it is written once, as it is shown.
                between = reviews_between(act, review)
            act.work.add(review)
            act.about(transaction_id)
            act.emit("review.written", review.id, {"transaction": transaction_id}, [act.me()])
            return self._maybe_show(act, review, window, others, between)

        body = {"transaction": transaction_id, "about": about, "given": given, "text": text}
        body["private_text"] = private_text
        first = [looked_at(Transaction, transaction_id)]
        return self._door.run("reviews.write", by, do, body=body, key=key, first=first)

    def revise(
        self,
        review_id: str,
        *,
        by: By,
        rating: int,
        text: str = "",
        private_text: str = "",
        axes: Mapping[str, int] | None = None,
        key: str | None = None,
    ) -> Review:
        """Write one's review anew while it is still blind; once it is shown it stays as it is.

        Raises ``NotFound`` for somebody else's, ``IllegalTransition`` when it was shown.
        """
        given = _ratings(rating, axes)

        def do(act: Act) -> Review:
            review = act.work.find(Review, id=review_id)
            if review is None or review.author_id != act.me():
                raise NotFound(f"no review {review_id!r}")
            # Who shows it holds the transaction's windows: read again once they are ours.
            windows = act.work.select(
                ReviewWindow, {"transaction_id": review.transaction_id}, lock=True
            )
            review = act.work.get(Review, review_id)
            mine = [one for one in windows if one.author_id == act.me()]
            over = any(one.closes_at <= act.at for one in mine)
            if review.state != "written" or over:
                raise IllegalTransition(
                    f"a review is revised until it is shown; this one is {review.state}",
                    code="review_shown",
                )
            transaction = act.work.get(Transaction, review.transaction_id)
            _refuse_other_axes(self._context.vertical(transaction.vertical).reviewing, axes)
            act.about(review.transaction_id)
            most = self._context.limits.text
            revised = evolve(
                review,
                rating=rating,
                axes=dict(axes or {}),
                text=checked_text(text, "a review", most),
                private_text=checked_text(private_text, "a note", most),
            )
            self._refuse(act, revised, transaction)
            act.emit("review.revised", review_id, {"transaction": transaction.id}, [act.me()])
            return act.work.save(revised)

        body = {"review": review_id, "given": given, "text": text, "private_text": private_text}
        return self._door.run("reviews.revise", by, do, body=body, key=key)

    def _window(
        self, act: Act, transaction_id: str, about: str | None
    ) -> tuple[ReviewWindow, list[ReviewWindow]]:
        windows = act.work.select(ReviewWindow, {"transaction_id": transaction_id})
        mine = [one for one in windows if one.author_id == act.me()]
        mine = [one for one in mine if about is None or one.subject_id == about]
        if not mine:
            raise _nothing_there(transaction_id)
        if len(mine) > 1:
            raise InvalidInput("several parties can be reviewed here; name one with about")
        window = mine[0]
        if window.state == "written":
            raise Conflict("you reviewed this already", code="reviewed_already")
        if window.state == "closed" or window.closes_at <= act.at:
            raise Expired(f"reviews were open until {window.closes_at.isoformat()}")
        other = [
            one
            for one in windows
            if one.author_id == window.subject_id and one.subject_id == window.author_id
        ]
        return window, other

    def _refuse(self, act: Act, review: Review, transaction: Transaction) -> None:
        question = ReviewQuestion(review, transaction, act.work, act.at)
        reasons = act.context.hooks.refuse_review(question)
        if reasons:
            raise Refused(
                f"this review is refused: {', '.join(reason.code for reason in reasons)}",
                reasons=tuple(reasons),
            )

    def _maybe_show(
        self,
        act: Act,
        review: Review,
        window: ReviewWindow,
        others: list[ReviewWindow],
        between: list[Review] | None,
    ) -> Review:
        """At once where reviews are not blind; both when the second side wrote.

        Then the clock has nothing to do for these windows any more.
        """
        if between is None:
            return review
        if not window.blind:
            act.work.timers.clear(WINDOW, [window.id])
            return show(act, review, between)
        act.work.timers.clear(WINDOW, [window.id, *(one.id for one in others)])
        of_this_deal = [one for one in between if one.transaction_id == review.transaction_id]
        for other in of_this_deal:
            if other.state == "written" and other.author_id == review.subject_id:
                show(act, other, between)
        return show(act, review, between)

    def close(self, window_id: str, *, by: By) -> None:
        """Time is up for a window; taken by the clock."""

        def do(act: Act) -> None:
            window = act.work.get(ReviewWindow, window_id)
            if window.closes_at <= act.at:
                close_window(act, window)

        self._door.run("reviews.close", by, do, body={"window": window_id})

    def reply(self, review_id: str, *, by: By, text: str, key: str | None = None) -> Review:
        """One public answer by the party that was reviewed."""

        def do(act: Act) -> Review:
            review = act.work.get(Review, review_id)
            if review.subject_id != act.me() or review.state != "visible":
                raise NotFound(f"no review {review_id!r}")
            if review.reply is not None:
                raise Conflict("a review has one reply", code="replied_already")
            act.about(review_id, review)
            reply = checked_text(text, "a reply", self._context.limits.text, least=1)
            act.emit("review.replied", review_id, {}, [review.author_id, review.subject_id])
            return act.work.save(evolve(review, reply=reply, replied_at=act.at))

        body = {"review": review_id, "text": text}
        return self._door.run("reviews.reply", by, do, body=body, key=key)

    def remove(self, review_id: str, *, by: By = OPERATOR, reason: str) -> Review:
        """The operator takes a review down; the row and its reason stay, the mean follows."""

        def do(act: Act) -> Review:
            if act.actor.role != OPERATOR:
                raise Forbidden("only the operator removes a review")
            review = act.work.get(Review, review_id)
            if review.state == "removed":
                raise IllegalTransition("this review is removed already")
            act.about(review_id, review)
            if review.state == "visible":
                uncount(act, review)
            act.emit("review.removed", review_id, {"reason": reason}, [review.author_id])
            return act.work.save(evolve(review, state="removed", removed_reason=reason))

        body = {"review": review_id, "reason": reason}
        return self._door.run("reviews.remove", by, do, body=body)

    def list(
        self,
        *,
        by: By,
        subject: str | None = None,
        transaction: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Review]:
        """Visible reviews, and one's own; private notes only for whom they are meant."""
        with self._reader.read(by) as view:
            where: dict[str, Any] = {}
            if subject is not None:
                where["subject_id"] = subject
            if transaction is not None:
                where["transaction_id"] = transaction
            if not view.operator and transaction is None:
                where["state"] = "visible"
            page = view.page(Review, where, after=after, limit=limit)
            reader = view.actor.party_id
            shown = tuple(
                one if view.operator or reader == one.subject_id else evolve(one, private_text="")
                for one in page
                if view.operator or one.state == "visible" or reader == one.author_id
            )
            return Page(shown, page.after)

    def windows(self, *, by: By, after: str | None = None) -> Page[ReviewWindow]:
        """What the actor may still review."""
        with self._reader.read(by) as view:
            where = {"author_id": view.party_id, "state": "open"}
            return view.page(ReviewWindow, where, after=after)


def _reviewed(act: Act, transaction_id: str) -> Transaction:
    """The deal, locked before its windows are read: who writes second finds what the first wrote.

    Anybody else gets the same ``NotFound`` as for an id that does not exist.
    """
    try:
        return act.work.get(Transaction, transaction_id)
    except NotFound:
        raise _nothing_there(transaction_id) from None


def _nothing_there(transaction_id: str) -> NotFound:
    return NotFound(f"nothing to review in transaction {transaction_id!r}")


def _ratings(rating: int, axes: Mapping[str, int] | None) -> dict[str, int]:
    """Every rating by its name; raises ``InvalidInput`` for what is none."""
    given = {"rating": rating, **(axes or {})}
    for name, value in given.items():
        if not 1 <= whole(value, f"rating {name}") <= 5:
            raise InvalidInput(f"a rating lies between 1 and 5, {name} is {value}")
    return given


def _refuse_other_axes(plan: Reviewing, axes: Mapping[str, int] | None) -> None:
    unknown = sorted(set(axes or {}) - set(plan.axes))
    if unknown:
        known = ", ".join(plan.axes) or "none"
        raise InvalidInput(f"the axes are {known}; there is no {', '.join(unknown)}")
