"""What a bank speaks of in the payer's currency, where that is another one than the deal's."""

from __future__ import annotations

from marketplace.app.door import Act
from marketplace.domain.chargeback import Chargeback
from marketplace.domain.ledger import MARKETPLACE, Account, Purpose, Transfer
from marketplace.domain.money import Money, divide
from marketplace.domain.payment import Payment
from marketplace.errors import InvalidInput

_MOST = 10_000
"""The most chargebacks of one payment."""


def inside(payment: Payment, said: Money) -> Money:
    """A sum in the deal's currency: of all that was paid, all that is kept; else at the rate.

    Raises ``InvalidInput`` for another currency than the payer's.
    """
    rate = payment.rate
    if rate is None:
        return said
    if not isinstance(said, Money) or said.currency != rate.target:
        raise InvalidInput(f"this was paid in {rate.target}, and a bank speaks of that, not {said}")
    if said.amount == payment.outside:
        return Money(payment.kept, payment.currency)
    whole = rate.convert(payment.captured)
    mine = divide(said.amount * payment.captured, whole) if whole else 0
    return Money(mine, payment.currency)


def taken_inside(act: Act, payment: Payment, said: Money) -> Money:
    """What a bank takes back, in the deal's currency: all its parts come to all that was taken.

    So each is rounded down, and the last is what is left. Raises ``InvalidInput`` for more than it
    can take.
    """
    mine, rate = inside(payment, said), payment.rate
    if rate is None or said.amount <= 0:
        return mine
    before = _taken_before(act, payment)
    whole = max(rate.convert(payment.captured), payment.outside)
    if said.amount > whole - before:
        raise InvalidInput(
            f"{said} cannot be charged back; {Money(max(whole - before, 0), rate.target)} "
            "is what was taken and no bank took back yet",
            code="charged_back_too_much",
            params={"asked": said.amount, "most": whole - before},
        )
    if said.amount == payment.outside - before:
        return Money(payment.kept - payment.charged_back, payment.currency)
    left = payment.captured - payment.charged_back
    part = min(said.amount * payment.captured // whole, left)
    return Money(max(part, 1), payment.currency)


def _taken_before(act: Act, payment: Payment) -> int:
    """What banks took back of a payment and did not give again, as they said so."""
    if not payment.charged_back:
        return 0
    where = {"payment_id": payment.id, "state": ["open", "lost"]}
    return sum(one.outside or 0 for one in act.work.select(Chargeback, where, limit=_MOST))


def as_said(one: Chargeback, payment: Payment) -> Money:
    """What a bank took, as it said so."""
    if payment.rate is None or one.outside is None:
        return one.money
    return Money(one.outside, payment.rate.target)


def left_outside(act: Act, payment: Payment) -> int:
    """What of a payment no bank took back yet, in the payer's currency."""
    if payment.rate is None:
        return max(payment.kept - payment.charged_back, 0)
    return max(payment.outside - _taken_before(act, payment), 0)


def between(payment: Payment, ours: Account, amount: int, said: int | None) -> list[Transfer]:
    """From what we have at the payment provider into an account of the deal's currency."""
    rate, currency = payment.rate, ours.currency
    if rate is None or said is None:
        clearing = Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, currency)
        return [Transfer(clearing, ours, amount)] if amount else []
    there, here = (Account(MARKETPLACE, Purpose.FX, one) for one in (rate.target, currency))
    clearing = Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, rate.target)
    legs = [Transfer(clearing, there, said)] if said else []
    return [*legs, Transfer(here, ours, amount)] if amount else legs


def back(payment: Payment, ours: Account, amount: int, said: int | None) -> list[Transfer]:
    """The other way: out of the deal's currency to the payment provider."""
    return [
        Transfer(one.credit, one.debit, one.amount) for one in between(payment, ours, amount, said)
    ]
