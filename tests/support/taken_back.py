"""A sale that was refunded after its seller was paid out, and what of that comes back."""

from typing import Any

from marketplace import DAY, OPERATOR, Money, Payout, Purpose
from tests.stories.test_cards_gone_wrong import give_back
from tests.support.quay import Quay
from tests.support.quay_banks import USD

EARNED = 9_000
"""Cents of a crate of 100.00 that the seller earns."""


def paid_out(quay: Quay, *, refunded: int = 10_000) -> Payout:
    """A sale of 100.00 whose seller was paid before so much of it went back to the customer."""
    if not quay.market.parties.payout_accounts(quay.sal.id, by=quay.sal):
        quay.bank.may_be_paid(quay.market, quay.sal)
    deal = quay.sold()
    quay.wait(3 * DAY)
    payout = quay.payout()
    if refunded:
        give_back(quay, deal.id, refunded)
    return now_of(quay, payout)


def two_refunded(quay: Quay) -> tuple[Payout, Payout]:
    """Two such sales, refunded after both were paid out."""
    payouts = paid_out(quay, refunded=0), paid_out(quay, refunded=0)
    for deal in quay.market.transactions.list(by=OPERATOR).items:
        if deal.state == "done":
            give_back(quay, deal.id, 10_000)
    assert owes(quay) == 2 * EARNED
    return payouts


def now_of(quay: Quay, payout: Payout) -> Payout:
    """The payout as it stands."""
    return quay.market.payouts.get(payout.id, by=OPERATOR)


def take_back(quay: Quay, payout: Payout, cents: int | None = None, **more: Any) -> Payout:
    """The operator has so much of it back, or as much as may be; gives it as it then stands."""
    amount = None if cents is None else Money(cents, USD)
    quay.market.payouts.take_back(
        payout.id, by=OPERATOR, amount=amount, reason="the sale was refunded", **more
    )
    return now_of(quay, payout)


def owes(quay: Quay) -> int:
    """What the seller owes, in cents."""
    return quay.lies_with(quay.sal, Purpose.RECEIVABLE)
