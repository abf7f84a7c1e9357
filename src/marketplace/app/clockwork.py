"""What is due now: found by its row, done once, by whoever comes first, however late."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from attrs import frozen

from marketplace.app.context import Context
from marketplace.app.disputes import DISPUTE, Disputes
from marketplace.app.door import Act, Door
from marketplace.app.engine import take
from marketplace.app.linking import LINK, OPENING, call_again, open_again
from marketplace.app.matching import Matching
from marketplace.app.move import TRANSACTION
from marketplace.app.payments import Payments
from marketplace.app.payouts import Payouts
from marketplace.app.putting import expire
from marketplace.app.requests import REQUEST, end_request
from marketplace.app.resuming import HOLD_OF_PAYMENT, hold_died
from marketplace.app.reviewing import WINDOW, close_window
from marketplace.app.seating import OFFER
from marketplace.domain.ledger import MARKETPLACE
from marketplace.domain.offer import Offer
from marketplace.domain.party import CLOCK, PAYMENT_PROVIDER
from marketplace.domain.ports import Timer
from marketplace.domain.request import Request
from marketplace.domain.review import ReviewWindow
from marketplace.domain.span import HOUR, MINUTE
from marketplace.domain.transaction import Transaction
from marketplace.errors import MarketplaceError

logger = logging.getLogger("marketplace.clockwork")

PAYOUTS = "payouts"
DISPATCH = "dispatch"


@frozen
class Ticked:
    """What one tick did."""

    timers: int
    intents: int
    refused: int
    """Timers that could not be done now and were put off, each logged with its reason."""

    def and_then(self, other: Ticked) -> Ticked:
        """Both together."""
        return Ticked(
            self.timers + other.timers, self.intents + other.intents, self.refused + other.refused
        )


class Clockwork:
    """Does what is due. Any number of workers may tick at once; each timer is done once."""

    def __init__(
        self,
        context: Context,
        door: Door,
        payments: Payments,
        payouts: Payouts,
        disputes: Disputes,
        matching: Matching,
    ) -> None:
        self._context = context
        self._door = door
        self._payments = payments
        self._payouts = payouts
        self._disputes = disputes
        self._matching = matching
        self._doers: dict[str, Callable[[Act, Timer], None]] = {
            TRANSACTION: _take_row,
            OFFER: _expire_offer,
            REQUEST: _expire_request,
            WINDOW: _close_window,
            LINK: lambda act, timer: call_again(act, timer, take),
            OPENING: lambda act, timer: open_again(act, timer, take),
        }
        self._reporters: dict[str, Callable[[Act, Timer], None]] = {HOLD_OF_PAYMENT: _hold_dies}

    def arm(self) -> None:
        """Set the timers that the marketplace itself needs, if they are not set."""
        context = self._context
        wanted = []
        if context.payouts.every is not None:
            due = context.now() + context.payouts.every
            wanted.append(Timer(PAYOUTS, MARKETPLACE, "run", due))
        for vertical in context.verticals.values():
            if vertical.dispatch_every is not None:
                due = context.now() + vertical.dispatch_every
                wanted.append(Timer(DISPATCH, vertical.name, "run", due))
        if wanted:
            with context.store.begin() as work:
                work.timers.arm_missing(wanted)

    def tick(self, *, batch: int = 64, limit: int = 100_000) -> Ticked:
        """Do everything that is due, in batches of one unit of work each; then the intents."""
        timers = refused = 0
        while timers + refused < limit:
            done, put_off = self._batch(batch)
            timers, refused = timers + done, refused + put_off
            if not done and not put_off:
                break
        # In the caller's transaction nothing is certain yet: whoever ticks on the engine asks.
        intents = 0 if self._context.store.joined else self._payments.work_off()
        return Ticked(timers, intents, refused)

    def _batch(self, size: int) -> tuple[int, int]:
        """A batch in one unit of work; when one of it fails, each in its own."""
        try:
            with self._context.store.begin() as work:
                due = work.timers.due(self._context.now(), size)
                for timer in due:
                    self._do(timer)
                work.timers.disarm(due)
            return len(due), 0
        except Exception as error:
            logger.info("a timer of a batch failed (%r); each is done alone", error)
            return self._one_by_one(size)

    def _one_by_one(self, size: int) -> tuple[int, int]:
        done = put_off = 0
        for _ in range(size):
            with self._context.store.begin() as work:
                due = work.timers.due(self._context.now(), 1)
                if not due:
                    break
                timer = due[0]
                try:
                    self._do(timer)
                    work.timers.disarm([timer])
                    done += 1
                except Exception as error:
                    # A plugin that breaks on one deal must not stop the clock for all others.
                    self._tell(timer, error)
                    later = _later(timer, self._context.now())
                    work.timers.disarm([timer])
                    work.timers.arm([later])
                    put_off += 1
        return done, put_off

    def _tell(self, timer: Timer, error: Exception) -> None:
        if isinstance(error, MarketplaceError):
            logger.warning("timer %s of %s: %s", timer.name, timer.subject_id, error)
        else:
            logger.exception("timer %s of %s broke", timer.name, timer.subject_id)

    def _do(self, timer: Timer) -> None:
        if timer.subject_kind == PAYOUTS:
            self._payouts.run(by=CLOCK)
            return
        if timer.subject_kind == DISPUTE:
            self._disputes.escalate(timer.subject_id, by=CLOCK)
            return
        if timer.subject_kind == DISPATCH:
            self._dispatch(timer)
            return
        reporter = self._reporters.get(timer.subject_kind)
        doer = reporter or self._doers[timer.subject_kind]
        self._door.run(
            f"clock.{timer.subject_kind}.{timer.name}",
            PAYMENT_PROVIDER if reporter else CLOCK,
            lambda act: doer(act, timer),
            body={"subject": timer.subject_id, "due": timer.due_at},
        )

    def _dispatch(self, timer: Timer) -> None:
        every = self._context.vertical(timer.subject_id).dispatch_every
        self._matching.dispatch(timer.subject_id, by=CLOCK)
        if every is not None:
            with self._context.store.begin() as work:
                due = self._context.now() + every
                work.timers.arm([Timer(DISPATCH, timer.subject_id, "run", due)])

    def next_due(self) -> datetime | None:
        """When the next timer is due."""
        with self._context.store.begin(write=False) as work:
            return work.timers.next_due()

    def lag(self) -> timedelta | None:
        """How late the oldest timer is; None when nothing is late."""
        due = self.next_due()
        now = self._context.now()
        return None if due is None or due > now else now - due


def _later(timer: Timer, now: datetime) -> Timer:
    """Put off by as long as it is late already, within a minute and an hour."""
    delay = min(max(now - timer.due_at, MINUTE), HOUR)
    return Timer(timer.subject_kind, timer.subject_id, timer.name, now + delay)


def _take_row(act: Act, timer: Timer) -> None:
    transaction = act.work.get(Transaction, timer.subject_id)
    row = act.context.process(transaction).row(timer.name, transaction.state)
    if row is None or CLOCK not in row.who:
        return
    take(act, transaction, timer.name)


def _hold_dies(act: Act, timer: Timer) -> None:
    hold_died(act, timer.subject_id)


def _expire_offer(act: Act, timer: Timer) -> None:
    expire(act, act.work.get(Offer, timer.subject_id), act.at)


def _expire_request(act: Act, timer: Timer) -> None:
    request = act.work.get(Request, timer.subject_id)
    if request.state == "open":
        end_request(act, request, "expired")


def _close_window(act: Act, timer: Timer) -> None:
    close_window(act, act.work.get(ReviewWindow, timer.subject_id))
