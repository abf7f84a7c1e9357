"""Checkouts: several transactions that one payment pays, and how it is shared out over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import field

from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import frozen
from marketplace.domain.money import Money
from marketplace.domain.payment import Pay
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Transaction


@frozen
class LeftOut:
    """A quote on which a checkout opened nothing, and why."""

    quote_id: str
    reason: Reason


@frozen
class Checkout:
    """Several transactions that one payment pays.

    It has no state: what is true of it is read off its transactions.
    """

    id: str
    customer_id: str
    currency: str
    created_at: datetime
    together: bool = True
    """All of it or nothing; False: each transaction for itself."""
    left_out: Sequence[LeftOut] = ()
    """What could not be opened. Only where each transaction stands for itself."""


@frozen
class CheckoutView:
    """A checkout with its transactions, and how much of its payments belongs to which."""

    checkout: Checkout
    transactions: Sequence[Transaction]
    allocation: Mapping[tuple[str, str], Money] = field(factory=dict)
    """Transaction's id and purse to what was taken or held for it and not given back."""


def allot(pays: Sequence[Pay], dues: Sequence[Mapping[str, int]]) -> list[list[Pay]]:
    """For each transaction, by what is due in its purses, its part of each way to pay.

    A fixed part is split over what is still open, by largest remainder, so that no transaction is
    given more than its due; a payment that takes the rest takes each transaction's rest. A way to
    pay for a purse that a transaction lacks is left out there. What is fixed beyond all that is
    due pays nothing.
    """
    rests = [dict(one) for one in dues]
    allotted: list[list[Pay]] = [[] for _ in dues]
    for pay in pays:
        parts = _parts(pay.amount, [one.get(pay.purse, 0) for one in rests])
        for mine, rest, part in zip(allotted, rests, parts, strict=True):
            if pay.purse in rest:
                rest[pay.purse] -= 0 if part is None else part.amount
                mine.append(pay if part is pay.amount else evolve(pay, amount=part))
    return allotted


def _parts(amount: Money | None, rests: Sequence[int]) -> Sequence[Money | None]:
    if amount is None:
        return [None for _ in rests]
    whole = min(amount.amount, sum(rests))
    if whole <= 0:
        return [evolve(amount, amount=min(whole, 0)) for _ in rests]
    return evolve(amount, amount=whole).split(rests)
