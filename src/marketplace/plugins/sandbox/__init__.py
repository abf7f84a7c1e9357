"""Sandbox: a payment provider that behaves like a real one, without moving any money.

It remembers what it was asked under each key, gives the same answer again, holds and
captures like a card network, tells by itself what happens later, and does wrong on demand:
declines, asks for the customer, loses answers, breaks down. Its memory may live in a file, so
that a test can kill the process that asked and find one charge all the same.
"""

from marketplace.plugins.sandbox.means import (
    CARD,
    CHALLENGED,
    CLOSED_ACCOUNT,
    DECLINED,
    DIES_EARLY,
    EMPTY_ACCOUNT,
    IN_PART,
    NOT_BACK,
    PASSING,
    unavailable,
)
from marketplace.plugins.sandbox.provider import Sandbox
from marketplace.plugins.sandbox.signing import HEADER, TOLERANCE
from marketplace.plugins.sandbox.words import WORDS

__all__ = [
    "CARD",
    "CHALLENGED",
    "CLOSED_ACCOUNT",
    "DECLINED",
    "DIES_EARLY",
    "EMPTY_ACCOUNT",
    "HEADER",
    "IN_PART",
    "NOT_BACK",
    "PASSING",
    "TOLERANCE",
    "WORDS",
    "Sandbox",
    "unavailable",
]
