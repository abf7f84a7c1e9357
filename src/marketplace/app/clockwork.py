"""What is due now: found by its row, done once, by whoever comes first, however late."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from marketplace.app.chargebacks import CHARGEBACK, Chargebacks
from marketplace.app.context import Context
from marketplace.app.disputes import DISPUTE, Disputes
from marketplace.app.door import Act, By, Door
from marketplace.app.engine import take
from marketplace.app.holding import HOLD_OF_PAYMENT
from marketplace.app.linking import LINK, OPENING, TELLING, call_again, open_again, tell_again
from marketplace.app.matching import Matching
from marketplace.app.move import TRANSACTION
from marketplace.app.payable import PAYOUTS
from marketplace.app.payments import Payments
from marketplace.app.payouts import Payouts
from marketplace.app.putting import expire
from marketplace.app.requests import REQUEST, end_request
from marketplace.app.resuming import hold_died, lock_deals
from marketplace.app.reviewing import WINDOW, close_window
from marketplace.app.seating import OFFER
from marketplace.domain.books import Timer
from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import frozen
from marketplace.domain.ledger import MARKETPLACE
from marketplace.domain.offer import Offer
from marketplace.domain.party import CLOCK, OPERATOR, PAYMENT_PROVIDER
from marketplace.domain.printing import one_line
from marketplace.domain.question import Errand
from marketplace.domain.request import Request
from marketplace.domain.review import ReviewWindow
from marketplace.domain.span import HOUR, MINUTE
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import Conflict, Forbidden, MarketplaceError, NotFound, SetupError

logger = logging.getLogger("marketplace.clockwork")

DISPATCH = "dispatch"
STANDING = (PAYOUTS, DISPATCH)
"""Timers of the marketplace itself, which come again and again."""
WHY_LENGTH = 1_000
"""Characters that are kept of what stood in a timer's way."""


@frozen
class Ticked:
    """What one tick did."""

    timers: int
    intents: int
    refused: int
    """Timers that could not be done now and were put off, each logged with its reason."""
    parked: int = 0
    """Of these: timers that are tried no more until the operator says so."""

    def and_then(self, other: Ticked) -> Ticked:
        """Both together."""
        return Ticked(
            self.timers + other.timers,
            self.intents + other.intents,
            self.refused + other.refused,
            self.parked + other.parked,
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
        chargebacks: Chargebacks,
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
            CHARGEBACK: chargebacks.due,
            LINK: lambda act, timer: call_again(act, timer, take),
            OPENING: lambda act, timer: open_again(act, timer, take),
            TELLING: lambda act, timer: tell_again(act, timer, take),
        }
        self._reporters: dict[str, Callable[[Act, Timer], None]] = {HOLD_OF_PAYMENT: _hold_dies}
        self._errands: deque[tuple[Timer, Errand]] = deque()

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
        timers = refused = parked = 0
        while timers + refused < limit:
            done, put_off, given_up = self._batch(batch)
            timers, refused, parked = timers + done, refused + put_off, parked + given_up
            if not done and not put_off:
                break
        # In the caller's transaction nothing is certain yet: whoever ticks on the engine asks.
        intents = 0 if self._context.store.joined else self._payments.work_off()
        return Ticked(timers, intents, refused, parked)

    def _batch(self, size: int) -> tuple[int, int, int]:
        """A batch in one unit of work; when one of it fails, each in its own."""
        try:
            with self._context.store.begin(alone=True) as work:
                due = work.timers.due(self._context.now(), size)
                deals = [one.subject_id for one in due if one.subject_kind == TRANSACTION]
                if len(deals) > 1:
                    lock_deals(work, deals)
                for timer in due:
                    self._do(timer)
                work.timers.disarm(due)
            return len(due), 0, 0
        except Exception as error:
            logger.info("a timer of a batch failed (%r); each is done alone", error)
            return self._one_by_one(size)

    def _one_by_one(self, size: int) -> tuple[int, int, int]:
        done = put_off = parked = 0
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
                    later = self._later(timer, error)
                    work.timers.put_off([later])
                    self._tell(later, error)
                    put_off, parked = put_off + 1, parked + later.parked
        return done, put_off, parked

    def _later(self, timer: Timer, error: Exception) -> Timer:
        """Twice as late each time, from a minute up to an hour; in the end it is parked."""
        now, tries = self._context.now(), timer.tries + 1
        delay = min(MINUTE * 2 ** min(timer.tries, 10), HOUR)
        # What comes again and again has no deal that waits for it: its next time is its retry.
        most = None if timer.subject_kind in STANDING else self._context.limits.timer_tries
        return evolve(
            timer,
            due_at=now + delay,
            tries=tries,
            since=timer.since or now,
            why=str(error)[:WHY_LENGTH],
            parked=most is not None and tries >= most,
        )

    def _tell(self, timer: Timer, error: Exception) -> None:
        if timer.parked:
            told = (timer.name, timer.subject_id, timer.tries, one_line(str(error)))
            logger.error("timer %s of %s is parked after %s tries: %s", *told)
        elif isinstance(error, MarketplaceError):
            logger.warning("timer %s of %s: %s", timer.name, timer.subject_id, one_line(str(error)))
        else:
            logger.exception("timer %s of %s broke", timer.name, timer.subject_id)

    def parked(self, limit: int = 1_000) -> list[Timer]:
        """Timers that were tried in vain to the limit: nobody tries them until ``retry``."""
        with self._context.store.begin(write=False) as work:
            return work.select(Timer, {"parked": True}, order="subject_id", limit=limit)

    def retry(self, subject_id: str, *, by: By = OPERATOR) -> int:
        """Have the parked timers of one subject tried again, from now on; gives how many.

        For when what stood in their way has gone; their tries begin anew.
        """

        def do(act: Act) -> int:
            if act.actor.role != OPERATOR:
                raise Forbidden("only the operator has a parked timer tried again")
            act.about(subject_id)
            mine = {"parked": True, "subject_id": subject_id}
            found = act.work.select(Timer, mine, order="name")
            if not found:
                raise NotFound(f"no timer of {subject_id!r} is parked")
            kept = [Timer(one.subject_kind, subject_id, one.name, act.at) for one in found]
            act.work.timers.arm(kept)
            return len(kept)

        return self._door.run("clockwork.retry", by, do, body={"subject": subject_id})

    def _do(self, timer: Timer) -> None:
        if timer.subject_kind == PAYOUTS:
            whose = timer.subject_id
            self._payouts.run(by=CLOCK, party=None if whose == MARKETPLACE else whose)
            return
        if timer.subject_kind == DISPUTE:
            self._disputes.due(timer)
            return
        if timer.subject_kind == DISPATCH:
            self._dispatch(timer)
            return
        if "." in timer.subject_kind:
            self._do_for_plugin(timer)
            return
        reporter = self._reporters.get(timer.subject_kind)
        doer = reporter or self._doers[timer.subject_kind]
        self._door.run(
            f"clock.{timer.subject_kind}.{timer.name}",
            PAYMENT_PROVIDER if reporter else CLOCK,
            lambda act: doer(act, timer),
            body={"subject": timer.subject_id, "due": timer.due_at},
        )

    def _do_for_plugin(self, timer: Timer) -> None:
        """What a plugin does when its timer is due; its errand waits for the commit."""
        doer = self._context.timers.get(timer.subject_kind)
        if doer is None:
            raise SetupError(f"no plugin here knows timers of {timer.subject_kind!r}")

        def do(act: Act) -> None:
            errand = doer(act, timer)
            if errand is not None:
                act.work.after_commit(lambda: self._errands.append((timer, errand)))

        self._door.run(
            f"clock.{timer.subject_kind}.{timer.name}",
            CLOCK,
            do,
            body={"subject": timer.subject_id, "due": timer.due_at},
        )

    def next_errand(self) -> tuple[Timer, Errand] | None:
        """What is to be asked outside for a plugin, once; None where nobody may ask now."""
        store = self._context.store
        if not self._errands or store.joined or store.in_work():
            return None
        try:
            return self._errands.popleft()
        except IndexError:
            return None  # Another thread of this marketplace took the last.

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


def _take_row(act: Act, timer: Timer) -> None:
    act.work.gather(Seat, "transaction_id", [timer.subject_id])
    transaction = act.work.get(Transaction, timer.subject_id)
    row = act.context.process(transaction).row(timer.name, transaction.state)
    if row is None or CLOCK not in row.who:
        return
    try:
        take(act, transaction, timer.name)
    except Conflict as refusal:
        # Its end arms the row again: until then there is nothing to try.
        if refusal.code != "disputed":
            raise
        logger.info("timer %s of %s waits: %s", timer.name, timer.subject_id, refusal)


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
