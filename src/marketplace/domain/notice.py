"""What a payment provider says by itself: notices, what stands behind them, and its movements.

A notice is a hint. Of all that it says nothing is believed but the provider's own name for the
thing it is about; how that stands now is read back from the provider, as findings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.money import Money
from marketplace.domain.payment import Answer
from marketplace.domain.reason import Reason
from marketplace.domain.span import MINUTE

CLOCKS_DIFFER = 5 * MINUTE
"""So far a payment provider's clock may be behind ours; many tell whole seconds besides."""


@frozen
class Notice:
    """What a payment provider sent by itself, once it is certain that the provider sent it."""

    id: str
    """The payment provider's; the same notice sent again has the same."""
    kind: str
    """What happened, in the payment provider's words; nobody decides by it."""
    at: datetime
    """When the payment provider says that it happened, aware."""
    about: str
    """The payment provider's own name for the thing: a charge, a refund, a payout, an account."""
    account: str | None = None
    """Whose account with the payment provider it is about; None for the marketplace's own."""
    live: bool = True
    """Whether it is about real money: a notice of its test mode is not."""
    details: Mapping[str, Any] = field(factory=dict)
    """What ``read_back`` needs besides, plain JSON. It is not kept."""


@frozen
class PaymentStands:
    """How a hold or charge stands outside now: it is compared with our books, and corrects none."""

    reference: str
    """As in the answer by which it began."""
    held: Money
    """Set aside and not yet taken; zero when it was taken or given up."""
    captured: Money
    """Taken, refunds not counted."""
    refunded: Money
    """Given back by order of ours, chargebacks not counted; what came back of it not counted."""
    holds_until: datetime | None = None
    dead: bool = False
    """Whether nothing can be taken of its hold any more."""


@frozen
class OrderAnswered:
    """What became of an order: one whose answer was lost, or a customer's word to its bank."""

    answer: Answer
    """Its ``reference`` is the one by which the order is known here, where it is known already."""
    key: str | None = None
    """The order's key; None: the order is found by the answer's reference."""


@frozen
class RefundReturned:
    """A refund that was paid came back, maybe weeks later."""

    reference: str
    """As in the refund's answer."""
    reason: str


@frozen
class PayoutStands:
    """Where a payout is: there, sent back by the bank, or refused by it after all."""

    reference: str
    """As in the payout's answer."""
    state: Literal["arrived", "returned", "refused"]
    reason: str = ""
    taken_back: Money | None = None
    """What was taken back of it there by now, whoever asked for it; None: it cannot say.

    It is compared with what our books say. ``returned`` counts what came back beside that.
    """


@frozen
class ChargebackStands:
    """A charge that the payer's bank took back, and what was decided on it so far."""

    charge: str
    """The charge, as in the answer by which it began."""
    reference: str
    """The payment provider's name for the chargeback."""
    state: Literal["open", "won", "lost"]
    amount: Money
    """What the bank took, above zero, in the payer's currency."""
    cause: str
    fee: Money | None = None
    answer_by: datetime | None = None
    fee_returned: Money | None = None
    """Of a won one; None for nothing."""


@frozen
class PayoutAccountStands:
    """Whether a party's account may be paid."""

    reference: str
    """As the party named it."""
    payable: bool
    reason: str = ""


Finding = (
    PaymentStands
    | OrderAnswered
    | RefundReturned
    | PayoutStands
    | ChargebackStands
    | PayoutAccountStands
)
"""What reading back a notice may tell. Told again, or in another order, it changes nothing more."""

FINDINGS = (
    PaymentStands,
    OrderAnswered,
    RefundReturned,
    PayoutStands,
    ChargebackStands,
    PayoutAccountStands,
)


@frozen
class Movement:
    """One move of the marketplace's balance with a payment provider."""

    id: str
    """The payment provider's, and it never changes."""
    kind: str
    """In the payment provider's words."""
    amount: Money
    """What came in, or below zero went out; the fee is not taken off."""
    fee: Money
    """What the payment provider kept for it, in the same currency; below zero: gave back."""
    about: str
    """What moved: the reference of a charge, refund, payout or chargeback, as in its answer.

    Of what was taken back of a payout: the payout's."""
    at: datetime


NoticeState = Literal["taken", "differs", "set aside"]
"""``differs``: an amount outside is another one than ours, and the deal's money waits for the
operator. ``set aside``: not about this marketplace, or about nothing that it knows."""


@frozen
class ReceivedNotice:
    """A notice in the inbox: that it came, and what became of it. Its body is not kept."""

    id: str
    """The payment provider's name, a colon, and its own id of the notice."""
    provider: str
    kind: str
    about: str
    at: datetime
    received_at: datetime
    state: NoticeState
    body_hash: str
    """SHA-256 of the body, in hexadecimal: to tell what came, if it is ever asked."""
    reasons: Sequence[Reason] = ()


@frozen
class Receipt:
    """What became of a notice that was received just now; to be answered with 200 in any case."""

    outcome: Literal["taken", "known before", "set aside"]
    notice: ReceivedNotice
