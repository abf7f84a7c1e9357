"""Chargebacks: a customer's bank takes a payment back, and somebody bears it if that is right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, get_args

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.money import Money
from marketplace.domain.span import DAY
from marketplace.errors import SetupError

Bearer = Literal["everybody", "provider", "customer", "operator"]
"""Who bears what a bank took back for good: ``everybody`` gives back in the proportion in which
the purse was settled, commission and tax included; the customer comes to owe it."""
FeeBearer = Literal["provider", "customer", "operator"]
ChargebackState = Literal["open", "won", "lost"]


@frozen
class ChargebackTerms:
    """Who bears a lost chargeback and its fee in a trade; frozen when one is opened.

    Raises ``SetupError`` for anybody else.
    """

    amount: Bearer = "everybody"
    fee: FeeBearer = "operator"
    lost_after: timedelta = 180 * DAY
    """A bank that says nothing for so long has won: it has the money already."""

    def __attrs_post_init__(self) -> None:
        for name, kind in (("amount", Bearer), ("fee", FeeBearer)):
            allowed = get_args(kind)
            if getattr(self, name) not in allowed:
                raise SetupError(
                    f"the {name} of a chargeback is borne by {', '.join(allowed)}, "
                    f"not by {getattr(self, name)!r}"
                )
        if not isinstance(self.lost_after, timedelta) or self.lost_after <= timedelta(0):
            raise SetupError(f"lost_after is a timedelta above zero, not {self.lost_after!r}")


@frozen
class Chargeback:
    """A payment that the payer's bank took back: open until the payment provider says won or lost.

    The money is gone from the first moment on. Until it is decided nothing of the deal is given
    to anybody, and what was given already is set aside as far as it is still there.
    """

    id: str
    payment_id: str
    transaction_id: str
    purse: str
    reference: str
    """The payment provider's name for it."""
    dispute_id: str
    """The dispute that stops the deal's money meanwhile, and holds the evidence."""
    amount: int
    """What the bank took, in minor units."""
    fee: int
    """What the payment provider keeps for it, in minor units."""
    currency: str
    cause: str
    """The bank's reason, in the payment provider's words."""
    bearer: Bearer
    fee_bearer: FeeBearer
    created_at: datetime
    state: ChargebackState = "open"
    left: int = 0
    """What nobody bears yet, in minor units: all of it while it is open; after a loss what still
    lies in the deal's escrow, until the deal comes to its end."""
    fee_borne: int = 0
    """What of the fee its bearer was asked for; 0 while the marketplace bears it."""
    set_aside: Mapping[str, str] = field(factory=dict)
    """Party to the pending transfer that keeps its part from being paid out meanwhile."""
    ended_at: datetime | None = None
    outside: int | None = None
    """What the bank took in the payer's currency, where that is another one; and of its fee:"""
    fee_outside: int = 0
    version: int = 1

    @property
    def money(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount, self.currency)
