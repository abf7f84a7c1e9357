"""Whether an answer is made of what it is to be made of: its author may err.

Nobody but the type checker of its author has looked at it before, and what it breaks on here would
break whoever carries out intents, for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from marketplace.domain.money import Money
from marketplace.domain.payment import Answer
from marketplace.domain.reason import Reason

MOST_NAME = 200
"""Characters of a payment provider's name for something: a notice about it has no more."""


def malformed(answer: Answer) -> str | None:
    """Which of its fields is none, in words that say what is allowed; None where all are."""
    for what in ("amount", "fee", "passed_on"):
        value: object = getattr(answer, what)
        if value is not None and not isinstance(value, Money):
            return f"gives Money or None as {what}, not {value!r}"
    if answer.fee is not None and answer.fee.amount < 0:
        return f"keeps a fee of zero or more, and says {answer.fee}"
    name: object = answer.reference
    if name is not None and not _is_name(name):
        return f"calls what it did by 1 to {MOST_NAME} characters, or None, not {name!r:.80}"
    until: object = answer.holds_until
    if until is not None and not (isinstance(until, datetime) and until.tzinfo is not None):
        return f"holds until a datetime with its time zone, or None, not {until!r:.80}"
    action: object = answer.action
    if action is not None and not isinstance(action, str):
        return f"sends the customer to an address or None, not {action!r:.80}"
    details: object = answer.details
    if not isinstance(details, (dict, Mapping)):
        return f"gives a mapping as details, not {details!r:.80}"
    return _malformed_reason(answer.reason)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= MOST_NAME and value.isprintable()


def _malformed_reason(reason: object) -> str | None:
    if reason is None:
        return None
    if not isinstance(reason, Reason):
        return f"gives a Reason or None, not {reason!r}"
    code: object = reason.code
    params: object = reason.params
    if not isinstance(code, str) or not code or not isinstance(params, Mapping):
        return f"gives a Reason of a code and parameters, not {reason!r:.80}"
    return None
