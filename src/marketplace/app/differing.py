"""What stands outside compared with what we asked for; where they differ the deal's money stops.

Nothing is corrected: which of both is right, somebody has to find out.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from marketplace.app.contesting import tell_dispute
from marketplace.app.disputes import arm_decision
from marketplace.app.door import Act
from marketplace.domain.dispute import Dispute, DisputeKind
from marketplace.domain.effect import MoneyKind
from marketplace.domain.freezing import frozen
from marketplace.domain.money import Money
from marketplace.domain.notice import PaymentStands
from marketplace.domain.payment import Answer, Intent, Payment
from marketplace.domain.reason import Reason

logger = logging.getLogger("marketplace.payments")

DIFFERENCE: DisputeKind = "difference"
_MOST = 1_000
_TAKES = (MoneyKind.CHARGE, MoneyKind.COLLECT, MoneyKind.CAPTURE)
_HOLDS = (MoneyKind.HOLD, MoneyKind.RAISE)
_ENDS_HOLD = (MoneyKind.CAPTURE, MoneyKind.VOID)


@frozen
class Asked:
    """What one hold or charge comes to by all that was asked of it and answered with yes."""

    held: int
    captured: int
    refunded: int

    @classmethod
    def of(cls, intents: Sequence[Intent]) -> Asked:
        """By the intents about it, each in the payer's currency."""
        sums = dict.fromkeys(MoneyKind, 0)
        for one in intents:
            sums[one.kind] += moved(one)
        ended = any(one.kind in _ENDS_HOLD and _went_well(one) for one in intents)
        return cls(
            held=0 if ended else sum(sums[kind] for kind in _HOLDS),
            captured=sum(sums[kind] for kind in _TAKES),
            refunded=sums[MoneyKind.REFUND],
        )


def moved(intent: Intent) -> int:
    """What an intent moved outside, in its own currency's minor units, as it was answered.

    Nothing of a refund that came back.
    """
    answer = intent.answer or {}
    said = answer.get("amount")
    amount = intent.amount if said is None else int(said["amount"])
    if _went_well(intent):
        return amount
    in_part = (answer.get("reason") or {}).get("code") == "only_in_part"
    return amount if in_part and intent.state == "failed" else 0


def contradicts(intent: Intent, answer: Answer, name: str) -> str | None:
    """How another answer to an order says otherwise than the one that was written; None if not."""
    before = str((intent.answer or {}).get("outcome"))
    told = "done" if intent.kind is MoneyKind.REFUND and before == "done" else before
    amount = intent.amount if answer.amount is None else answer.amount.amount
    if answer.outcome == "done" and (told != "done" or amount != moved(intent)):
        if told == "done" and intent.state == "failed":
            return None  # A refund that was paid, and came back since.
        if amount == moved(intent):
            return None  # It was done in part, and we know it.
        return f"{name} moved {answer.amount or amount}, and {moved(intent)} stands here"
    if answer.outcome == "failed" and moved(intent):
        return f"{name} came to nothing, and {moved(intent)} stands here"
    return None


def _went_well(intent: Intent) -> bool:
    return intent.state == "done" and (intent.answer or {}).get("outcome") == "done"


def differences(found: PaymentStands, asked: Asked, currency: str) -> list[str]:
    """In which sums both sides differ, in words; nothing where they agree."""
    pairs = {
        "captured": (found.captured, asked.captured),
        "refunded": (found.refunded, asked.refunded),
    }
    if found.held and asked.held:
        # A hold that is gone on one side dies on the other as well, and is no money yet.
        pairs["held"] = (found.held, asked.held)
    return [
        f"{name} {theirs} and not {Money(ours, currency)}"
        for name, (theirs, ours) in pairs.items()
        if theirs != Money(ours, currency)
    ]


def payments_in(act: Act, intents: Sequence[Intent]) -> list[Payment]:
    """Every payment that these are about."""
    ids = {one.payment_id for one in intents if one.payment_id is not None}
    ids |= {part.payment_id for one in intents for part in one.parts}
    return act.work.select(Payment, {"id": sorted(ids)}, limit=_MOST) if ids else []


def stop(act: Act, payments: Sequence[Payment], reason: Reason) -> None:
    """Let nothing more of these deals' money go to anybody before the operator has decided.

    The same difference told again stops nothing anew, also when it was decided on.
    """
    said = f"{reason.code}: {reason.params.get('said', '')}"[:200]
    told: set[str] = set()
    for payment in payments:
        logger.error("payment %s differs outside: %s", payment.id, said)
        deal = payment.transaction_id
        where = {"transaction_id": deal, "kind": DIFFERENCE, "cause": said}
        if deal in told or act.work.select(Dispute, where, limit=1):
            continue
        told.add(deal)
        dispute = Dispute(
            id=act.context.ids.new("dispute"),
            transaction_id=deal,
            opened_by=payment.party_id,
            cause=said,
            created_at=act.at,
            answer_by=act.at,
            state="escalated",
            kind=DIFFERENCE,
        )
        act.work.add(dispute)
        decide_by = arm_decision(act, dispute)
        tell_dispute(act, "dispute.opened", dispute, decide_by=decide_by.isoformat())
        told_of = {"transaction": deal, "dispute": dispute.id, "reason": reason}
        act.emit("payment.differs", payment.id, told_of)


def tell_payout(act: Act, payout_id: str, reason: Reason) -> None:
    """A payout is elsewhere than here: nothing of it waits any more, so the operator is told."""
    logger.error("payout %s differs outside: %s", payout_id, reason.params.get("said", ""))
    act.emit("payout.differs", payout_id, {"reason": reason})
