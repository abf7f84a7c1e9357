"""Answers as the sandbox keeps them, and names as it gives them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from marketplace import Answer, Money, Reason


def reference(prefix: str, key: str) -> str:
    """A name for what was asked under a key: the same for the same key."""
    return f"{prefix}_{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def plain(answer: Answer) -> dict[str, Any]:
    """What is kept of an answer, as JSON."""
    return {
        "outcome": answer.outcome,
        "reference": answer.reference,
        "amount": None if answer.amount is None else [answer.amount.amount, answer.amount.currency],
        "reason": None
        if answer.reason is None
        else [answer.reason.code, dict(answer.reason.params)],
        "until": answer.holds_until,
        "action": answer.action,
        "passed_on": None
        if answer.passed_on is None
        else [answer.passed_on.amount, answer.passed_on.currency],
    }


def answer_from(data: dict[str, Any]) -> Answer:
    """The answer that was kept."""
    return Answer(
        outcome=data["outcome"],
        reference=data["reference"],
        amount=Money(*data["amount"]) if data["amount"] else None,
        reason=Reason(*data["reason"]) if data["reason"] else None,
        holds_until=datetime.fromisoformat(data["until"]) if data["until"] else None,
        action=data["action"],
        passed_on=Money(*data["passed_on"]) if data.get("passed_on") else None,
    )
