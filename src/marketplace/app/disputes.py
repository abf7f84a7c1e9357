"""Disputes: opened in a window, argued with evidence, decided; money waits meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from marketplace.app.contesting import CONTEST, seats_of, tell_dispute
from marketplace.app.context import Context
from marketplace.app.deferring import decide_deferred, live_dispute, settle_deferred
from marketplace.app.door import Act, By, Door
from marketplace.app.files import own_files
from marketplace.app.move import timers_of
from marketplace.app.reading import Page, Reader, page_of_deals
from marketplace.app.texts import checked_text
from marketplace.app.transactions import seen
from marketplace.domain.books import Timer
from marketplace.domain.dispute import Dispute, DisputeState, Evidence
from marketplace.domain.evolving import evolve
from marketplace.domain.party import CLOCK, OPERATOR
from marketplace.domain.quote import Line
from marketplace.domain.transaction import Transaction
from marketplace.errors import Conflict, Expired, Forbidden, IllegalTransition, NotFound

logger = logging.getLogger("marketplace.disputes")

DISPUTE = "dispute"
WARN, LAPSE = "warn", "lapse"
"""Timers of a dispute that came to the operator."""


class Disputes:
    """The verbs of disputes."""

    def __init__(self, context: Context, door: Door, reader: Reader) -> None:
        self._context = context
        self._door = door
        self._reader = reader

    def open(
        self,
        transaction_id: str,
        *,
        by: By,
        cause: str,
        text: str = "",
        files: Sequence[str] = (),
        key: str | None = None,
    ) -> Dispute:
        """Say that a deal was not kept; nothing of it is settled until this is decided.

        The deal itself goes on: it may end, and what was taken waits in escrow meanwhile.
        """

        def do(act: Act) -> Dispute:
            transaction = seen(act, transaction_id)
            vertical = self._context.vertical(transaction.vertical)
            if transaction.ended_at is not None and (
                act.at > transaction.ended_at + vertical.dispute_window
            ):
                raise Expired("the time to dispute this is over", code="dispute_window_over")
            for other in act.work.select(Dispute, {"transaction_id": transaction_id}):
                ours = other.kind not in ("chargeback", "difference")
                if ours and other.state in ("open", "escalated"):
                    raise Conflict(
                        f"dispute {other.id} is open already; may: add evidence to it",
                        code="disputed",
                    )
            author = act.me()
            evidence = Evidence(
                author,
                checked_text(text, "a text", self._context.limits.text),
                act.at,
                own_files(act, files),
            )
            dispute = Dispute(
                id=act.context.ids.new("dispute"),
                transaction_id=transaction_id,
                opened_by=author,
                cause=checked_text(cause, "a cause", 200, least=1),
                created_at=act.at,
                answer_by=act.at + vertical.dispute_answer,
                evidence=(evidence,),
            )
            act.work.add(dispute)
            act.work.timers.arm([Timer(DISPUTE, dispute.id, "escalate", dispute.answer_by)])
            act.about(transaction_id)
            tell_dispute(act, "dispute.opened", dispute)
            return dispute

        body = {"transaction": transaction_id, "cause": cause, "text": text, "files": files}
        return self._door.run("disputes.open", by, do, body=body, key=key)

    def add_evidence(
        self,
        dispute_id: str,
        *,
        by: By,
        text: str,
        files: Sequence[str] = (),
        key: str | None = None,
    ) -> Dispute:
        """Show something: words, files; either side, until it is decided."""

        def do(act: Act) -> Dispute:
            dispute = self._live(act, dispute_id)
            shown = Evidence(
                act.me(),
                checked_text(text, "a text", self._context.limits.text, least=1),
                act.at,
                own_files(act, files),
            )
            tell_dispute(act, "dispute.argued", dispute)
            return act.work.save(evolve(dispute, evidence=(*dispute.evidence, shown)))

        body = {"dispute": dispute_id, "text": text, "files": files}
        return self._door.run("disputes.add_evidence", by, do, body=body, key=key)

    def withdraw(self, dispute_id: str, *, by: By, key: str | None = None) -> Dispute:
        """Whoever opened it takes it back."""

        def do(act: Act) -> Dispute:
            dispute = self._live(act, dispute_id)
            _refuse_others(dispute)
            if act.actor.party_id != dispute.opened_by or dispute.kind == "difference":
                raise Forbidden("a dispute is withdrawn by whoever opened it")
            return end_dispute(self._context, act, dispute, "withdrawn", {})

        return self._door.run("disputes.withdraw", by, do, body={"dispute": dispute_id}, key=key)

    def escalate(self, dispute_id: str, *, by: By) -> Dispute:
        """Bring it to the operator: by either side, or by the clock when nobody answers.

        He decides within the vertical's ``dispute_decides``; else it lapses, and the money goes by
        the terms.
        """

        def do(act: Act) -> Dispute:
            dispute = self._live(act, dispute_id)
            if dispute.kind == CONTEST:
                _refuse_others(dispute)
            if dispute.state == "escalated":
                return dispute
            act.work.timers.clear(DISPUTE, [dispute_id])
            decide_by = arm_decision(act, dispute)
            tell_dispute(act, "dispute.escalated", dispute, decide_by=decide_by.isoformat())
            return act.work.save(evolve(dispute, state="escalated"))

        return self._door.run("disputes.escalate", by, do, body={"dispute": dispute_id})

    def decide(
        self,
        dispute_id: str,
        *,
        outcome: Mapping[str, Any],
        lines: Sequence[Line] | None = None,
        by: By = OPERATOR,
    ) -> Dispute:
        """The operator decides: ``lines`` are what holds now of what waits in escrow, any split.

        What the customer paid beyond them goes back to it. Without lines what waits is settled by
        the terms. Raises ``IllegalTransition`` for lines where nothing waits: while a deal goes on
        its rows move its money, and what was settled already is corrected by its adjustment.
        """

        def do(act: Act) -> Dispute:
            if act.actor.role != OPERATOR:
                raise Forbidden("only the operator decides a dispute")
            dispute = self._live(act, dispute_id)
            _refuse_others(dispute)
            if lines is not None:
                decide_deferred(act, dispute, lines)
            return end_dispute(self._context, act, dispute, "decided", outcome)

        body = {"dispute": dispute_id, "outcome": dict(outcome), "lines": lines}
        return self._door.run("disputes.decide", by, do, body=body)

    def due(self, timer: Timer) -> None:
        """What the clock does with a dispute: the next step that nobody took in time."""
        steps = {"escalate": self.escalate, WARN: self._warn, LAPSE: self._lapse}
        steps[timer.name](timer.subject_id, by=CLOCK)

    def _warn(self, dispute_id: str, *, by: By) -> Dispute:
        """Tell the operator that his time is nearly over."""

        def do(act: Act) -> Dispute:
            dispute = self._live(act, dispute_id)
            told = {"transaction": dispute.transaction_id}
            act.emit("dispute.decision_due", dispute.id, told, [])
            logger.warning("dispute %s of %s waits for a decision", dispute.id, told["transaction"])
            return dispute

        return self._door.run("disputes.warn", by, do, body={"dispute": dispute_id})

    def _lapse(self, dispute_id: str, *, by: By) -> Dispute:
        """Nobody decided: it ends as if it had been withdrawn, and both are told."""

        def do(act: Act) -> Dispute:
            return end_dispute(self._context, act, self._live(act, dispute_id), "lapsed", {})

        return self._door.run("disputes.lapse", by, do, body={"dispute": dispute_id})

    def _live(self, act: Act, dispute_id: str) -> Dispute:
        dispute = act.work.get(Dispute, dispute_id)
        if act.actor.party_id is not None:
            try:
                seen(act, dispute.transaction_id)
            except NotFound:
                raise NotFound(f"no dispute {dispute_id!r}") from None
        act.about(dispute_id, dispute)
        if dispute.state not in ("open", "escalated"):
            raise IllegalTransition(f"this dispute is {dispute.state}")
        return dispute

    def get(self, dispute_id: str, *, by: By) -> Dispute:
        """A dispute about a transaction that the actor sits in."""
        with self._reader.read(by) as view:
            dispute = view.work.find(Dispute, id=dispute_id)
            seats = [] if dispute is None else seats_of(view.work, dispute.transaction_id)
            if dispute is None or not (
                view.operator or view.actor.party_id in {seat.party_id for seat in seats}
            ):
                raise NotFound(f"no dispute {dispute_id!r}")
            return dispute

    def list(
        self,
        *,
        by: By,
        transaction: str | None = None,
        state: DisputeState | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Dispute]:
        """Disputes about transactions that the actor sits in; the operator sees all.

        ``after`` is where the page before said to go on. Those of one deal come together, so
        that a party's page may be a little longer than ``limit``.
        """
        with self._reader.read(by) as view:
            where = {} if state is None else {"state": state}
            return page_of_deals(view, Dispute, where, transaction, after, limit)


def arm_decision(act: Act, dispute: Dispute) -> datetime:
    """Set the operator's time, and the warning before it; gives when it is over."""
    deal = act.work.get(Transaction, dispute.transaction_id)
    vertical = act.context.vertical(deal.vertical)
    decide_by = act.at + vertical.dispute_decides
    warned = max(act.at, decide_by - vertical.dispute_warns)
    named = ((WARN, warned), (LAPSE, decide_by))
    act.work.timers.arm([Timer(DISPUTE, dispute.id, name, due) for name, due in named])
    return decide_by


def _refuse_others(dispute: Dispute) -> None:
    """Raise for a dispute that somebody else decides."""
    if dispute.kind == CONTEST:
        raise IllegalTransition(
            "the deal's own rows decide this dispute; may: take one of them "
            "(transactions.allowed), or add evidence",
            code="decided_by_rows",
        )
    if dispute.kind == "chargeback":
        raise IllegalTransition(
            "the payer's bank decides a chargeback; report it with chargebacks.won or .lost"
        )


def end_dispute(
    context: Context,
    act: Act,
    dispute: Dispute,
    state: Literal["withdrawn", "decided", "lapsed"],
    outcome: Mapping[str, Any],
) -> Dispute:
    """End a dispute; with the last one about a deal its money goes on."""
    act.work.timers.clear(DISPUTE, [dispute.id])
    tell_dispute(act, f"dispute.{state}", dispute)
    transaction = act.work.get(Transaction, dispute.transaction_id)
    ended = act.work.save(evolve(dispute, state=state, outcome=dict(outcome), decided_at=act.at))
    if live_dispute(act, transaction.id) is None:
        settle_deferred(act, transaction, context.process(transaction))
        _arm_again(context, act, transaction)
    return ended


def _arm_again(context: Context, act: Act, transaction: Transaction) -> None:
    """Rows of the clock that the dispute stopped are due again, also of what follows it."""
    follow_ups = act.work.select(Transaction, {"origin_id": transaction.id}, limit=1_000)
    for one in (transaction, *follow_ups):
        if one.pending is None:
            act.work.timers.arm_missing(timers_of(context.process(one), one))
