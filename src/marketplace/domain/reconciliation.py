"""What comes of comparing a payment provider's movements with our books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from marketplace.domain.freezing import frozen
from marketplace.domain.money import Money

Why = Literal[
    "theirs not ours",
    "ours not theirs",
    "amount differs",
    "fee not booked",
    "under way",
    "comes to nothing",
    "balance differs",
]
"""``under way``: an order without an answer yet explains it, or it came about meanwhile.
``comes to nothing``: their movements of one name, of which we know none, undo each other.
``balance differs``: their movements do not come to what they say lies there."""


@frozen
class Difference:
    """One thing on which both sides differ."""

    why: Why
    about: str
    """The payment provider's name for what moved."""
    currency: str
    theirs: int | None
    """In minor units, signed, fees taken off; None where they know nothing of it."""
    ours: int | None
    kind: str
    """What it was, in the words of whoever knows it: theirs, else ours."""
    at: datetime
    movement: str | None = None
    journal: str | None = None

    @property
    def amount(self) -> int:
        """By how much they have more than we do, in minor units."""
        return (self.theirs or 0) - (self.ours or 0)

    @property
    def explained(self) -> bool:
        """Whether it will go away by itself, or is no money."""
        return self.why in ("under way", "comes to nothing")

    @property
    def money(self) -> Money:
        """The same with its currency."""
        return Money(self.amount, self.currency)


@frozen
class Both:
    """What lies with the payment provider in one currency, by both sides."""

    currency: str
    theirs: int
    """In minor units, as they say."""
    ours: int
    """What the books say lies there."""
    elsewhere: int = 0
    """What the same account of the ledger holds that is not with this payment provider."""
    under_way: int = 0
    """Of what they have more, what orders without an answer explain."""

    @property
    def unexplained(self) -> int:
        """What they have more than we do, and nobody can say why."""
        return self.theirs - self.ours - self.under_way


@frozen
class Reconciliation:
    """Both sides of the money with one payment provider, at one moment."""

    provider: str
    at: datetime
    balances: Sequence[Both]
    differences: Sequence[Difference]
    """The first of them, by currency and name."""
    more: int = 0
    """How many differences there are besides."""
    unexplained: int = 0
    """How many differences nothing explains."""
    movements: int = 0
    """How many of theirs were looked at."""
    journals: int = 0
    """How many of ours."""
    waiting: int = 0
    """Orders that wait for their answer."""
    fees_booked: int = 0
    """Fees that were booked by this run."""

    @property
    def clean(self) -> bool:
        """Whether both sides agree, but for what is under way."""
        return not self.unexplained and not any(one.unexplained for one in self.balances)
