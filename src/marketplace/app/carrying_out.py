"""The worker of intents: leases, asks outside, writes the answers and what follows from them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from marketplace.app.answering import misfit, payment_of, write_answer_to
from marketplace.app.context import Context
from marketplace.app.door import Act, Door
from marketplace.app.payable import destination
from marketplace.app.resuming import lock_deals
from marketplace.app.resuming_together import gather_of_checkout
from marketplace.domain.effect import MoneyKind
from marketplace.domain.evolving import evolve
from marketplace.domain.party import PAYMENT_PROVIDER
from marketplace.domain.payment import EMBEDDED, LEASE, Answer, Intent, Order, Payout, back_off
from marketplace.domain.ports import KeepsPayers, Work
from marketplace.domain.printing import one_line
from marketplace.domain.reason import Reason
from marketplace.errors import MarketplaceError, PaymentProviderUnavailable, SetupError

logger = logging.getLogger("marketplace.payments")

TOGETHER = 64
"""How many answers are written in one unit of work at most."""
SOON = timedelta(milliseconds=100)
"""How long an answer waits for those that come behind it: a bank that thinks about each order for
longer has each written by itself."""

Answered = tuple[Intent, Answer]


class CarryingOut:
    """Asks outside what commands asked for, once they are committed."""

    _context: Context
    _door: Door

    def work_off(self, limit: int = TOGETHER, worker: str = EMBEDDED) -> int:
        """Carry out intents that are due, until none is left or ``limit`` were; gives how many.

        Never inside a unit of work: nothing is asked outside while one is open.
        """
        if self._context.store.in_work():
            raise SetupError("no call outside inside a unit of work; leave it first")
        if self._context.store.joined:
            raise SetupError(
                "no call outside inside the caller's transaction; once it is committed, "
                "a marketplace on the engine makes it"
            )
        done = 0
        while done < limit:
            with self._context.store.begin() as work:
                leased = work.intents.lease(
                    self._context.now(), worker, LEASE, min(16, limit - done)
                )
            if not leased:
                return done
            self._carry_out((intent, None) for intent in leased)
            done += len(leased)
        return done

    def carry_out(self, asked: Sequence[tuple[Intent, Order]]) -> bool:
        """Carry out what was just asked and is leased by this process; whether all of it was.

        What waited longer for its commit than its lease lasts is left to whoever leases it.
        """
        left: list[Intent] = []

        def in_time() -> Iterable[tuple[Intent, Order]]:
            for intent, order in asked:
                assert intent.leased_until is not None
                if self._context.now() < intent.leased_until:
                    yield intent, order
                else:
                    left.append(intent)

        self._carry_out(in_time())
        return not left

    def _carry_out(self, asked: Iterable[tuple[Intent, Order | None]]) -> None:
        """Ask one after the other; answers that come soon behind each other are written together.

        Whoever is killed in between has asked in vain: what he asked is leased again when its
        lease runs out, and asked with the same key.
        """
        answered: list[Answered] = []
        since = self._context.now()
        for intent, order in asked:
            answer = self._answer(intent, order)
            if answer is not None:
                answered.append((intent, answer))
            if len(answered) >= TOGETHER or self._context.now() - since >= SOON:
                self._write(answered)
                answered, since = [], self._context.now()
        self._write(answered)

    def _answer(self, intent: Intent, order: Order | None) -> Answer | None:
        """What the payment provider says; None where it says nothing certain: it is asked later."""
        provider = self._context.providers.get(intent.provider)
        if provider is None:
            self._park(intent, f"no payment provider is called {intent.provider!r}")
            return None
        order = self._order(intent) if order is None else order
        too_late = self._context.now() - intent.created_at > self._context.limits.resolve_within
        saves = order.kind is MoneyKind.SAVE
        keeper = provider if saves and isinstance(provider, KeepsPayers) else None
        try:
            if keeper is not None:
                with self._context.store.begin(write=False) as work:
                    order = keeper.recall(work, order)
            # A key that is older than the provider remembers is looked up, never sent again.
            answer = provider.look_up(order) if too_late else provider.carry_out(order)
            if keeper is not None:
                with self._context.store.begin() as work:
                    keeper.keep(work, order)
        except PaymentProviderUnavailable as error:
            self._try_later(intent, str(error))
            return None
        except Exception as error:
            logger.exception("payment provider %s broke on intent %s", intent.provider, intent.id)
            self._try_later(intent, f"{type(error).__name__}")
            return None
        wrong = misfit(intent, answer, looked_up=too_late)
        if wrong is not None:
            self._try_later(intent, f"payment provider {intent.provider!r} {wrong}")
            return None
        if answer is None:
            # The provider never heard of it: nothing happened, and it is too late to ask anew.
            answer = Answer("failed", reason=Reason("never_arrived"))
        return answer

    def _write(self, answered: Sequence[Answered]) -> None:
        """Write answers in one unit of work; when one of them fails, each in its own."""
        if len(answered) > 1:
            try:
                with self._context.store.begin(alone=True) as work:
                    _gather(work, [intent for intent, _ in answered])
                    for intent, answer in answered:
                        self.answered(intent.id, answer)
                return
            except Exception as error:
                logger.info("an answer of several failed (%r); each is written alone", error)
        for intent, answer in answered:
            self._write_alone(intent, answer)

    def _write_alone(self, intent: Intent, answer: Answer) -> None:
        try:
            self._answered(intent.id, answer, [lambda work: _gather_one(work, intent)])
        except Exception as error:
            # One answer whose consequences are refused, or break on something, must not keep the
            # others waiting.
            logger.exception("the answer to intent %s cannot be written", intent.id)
            said = error if isinstance(error, MarketplaceError) else type(error).__name__
            self._try_later(intent, f"its answer cannot be written: {said}")

    def _order(self, intent: Intent) -> Order:
        with self._context.store.begin(write=False) as work:
            if intent.payout_id is not None:
                payout = work.get(Payout, intent.payout_id)
                return intent.order(payout.party_id, means=destination(work, payout))
            payment = payment_of(work, intent)  # every part has the same payer and means
            return intent.order(payment.party_id, payment.method, payment.means)

    def answered(self, intent_id: str, answer: Answer) -> None:
        """Write an answer and everything that follows from it; a second answer changes nothing."""
        self._answered(intent_id, answer)

    def _answered(
        self, intent_id: str, answer: Answer, first: Sequence[Callable[[Work], None]] = ()
    ) -> None:
        def do(act: Act) -> None:
            write_answer_to(act, act.work.get(Intent, intent_id), answer)

        body = {"intent": intent_id, "answer": answer}
        self._door.run("payments.answered", PAYMENT_PROVIDER, do, body=body, first=first)

    def _change(self, intent: Intent, **fields: Any) -> None:
        with self._context.store.begin() as work:
            fresh = work.get(Intent, intent.id)
            if fresh.state == "waiting":
                work.save(evolve(fresh, leased_by=None, leased_until=None, **fields))

    def _try_later(self, intent: Intent, why: str) -> None:
        """Wait longer each time; after the limit somebody must look at it."""
        tries = intent.tries + 1
        if tries >= self._context.limits.tries:
            self._park(intent, why)
            return
        delay = back_off(intent.id, tries)
        seconds = delay // timedelta(seconds=1)
        logger.warning(
            "intent %s got no answer (%s), again in %s s", intent.id, one_line(why), seconds
        )
        self._change(intent, tries=tries, due_at=self._context.now() + delay)

    def _park(self, intent: Intent, why: str) -> None:
        logger.error("intent %s is parked: %s", intent.id, one_line(why))
        self._change(intent, state="parked", answer={"parked": why})


def _gather(work: Work, intents: Sequence[Intent]) -> None:
    """Read what the answers are about at once; deals are locked in the order of their ids."""
    work.gather(Intent, "id", [one.id for one in intents], lock=True)
    deals = {part.transaction_id for one in intents for part in one.parts}
    deals |= {one.transaction_id for one in intents if one.transaction_id is not None}
    if deals:
        lock_deals(work, sorted(deals))


def _gather_one(work: Work, intent: Intent) -> None:
    """The same for one answer, with all deals of its checkout."""
    work.gather(Intent, "id", [intent.id], lock=True)
    if intent.checkout_id is not None:
        gather_of_checkout(work, intent)
    elif intent.transaction_id is not None:
        lock_deals(work, [intent.transaction_id])
