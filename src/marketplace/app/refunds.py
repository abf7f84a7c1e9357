"""What becomes of a refund on its way: paid, or the payer's credit. It is owed either way."""

from __future__ import annotations

from marketplace.app import bearing
from marketplace.app.crediting import credited
from marketplace.app.till import Till
from marketplace.domain.ledger import Purpose, Transfer
from marketplace.domain.money import Money
from marketplace.domain.payment import Answer, Payment
from marketplace.domain.reason import Reason


def refund_answered(till: Till, payment: Payment, asked: int, answer: Answer) -> None:
    """Write what the bank said to a refund: what it did not take back becomes credit."""
    done = answer.outcome == "done"
    paid = 0 if not done else asked if answer.amount is None else answer.amount.amount
    if paid:
        on_its_way = till.accounts.of(payment.party_id, Purpose.REFUND)
        there = till.crossing(payment, back=True)
        back = Transfer(on_its_way, till.source(payment), paid)
        till.write("refund paid", payment, [*there, back])
        payment = till.save(payment)
    if asked - paid:
        _credit(till, payment, asked - paid, answer.reason)


def refund_came_back(till: Till, payment: Payment, amount: int, reason: Reason) -> None:
    """Write that a refund that was paid came back days later: it is owed again, and credited."""
    on_its_way = till.accounts.of(payment.party_id, Purpose.REFUND)
    again = Transfer(till.source(payment), on_its_way, amount)
    till.write("refund returned", payment, [*till.crossing(payment), again])
    _credit(till, till.save(payment), amount, reason)


def _bank_was_first(till: Till, payment: Payment, amount: int) -> int:
    """What the payer's bank took back while the refund was on its way is not given twice.

    It lies in escrow again, and bears the loss before anybody who was paid; gives how much.
    """
    twice = min(amount, max(payment.refunded + payment.charged_back - payment.captured, 0))
    if twice:
        on_its_way = till.accounts.of(payment.party_id, Purpose.REFUND)
        undone = [Transfer(on_its_way, till.accounts.escrow, twice)]
        till.write("refund undone", payment, undone)
        till.save(payment, refunded=payment.refunded - twice)
        suspense = bearing.of_till(till)
        bearing.bear_no_more(suspense)
        bearing.cover(suspense, twice)
        bearing.bear(suspense)
    return twice


def _credit(till: Till, payment: Payment, amount: int, reason: Reason | None) -> None:
    """Give a refund as credit, tell the payer, and keep why for whoever asks."""
    amount -= _bank_was_first(till, payment, amount)
    if not amount:
        return
    payment = next(one for one in till.payments if one.id == payment.id)
    money = Money(amount, payment.currency)
    on_its_way = till.accounts.of(payment.party_id, Purpose.REFUND)
    posting = credited(till.act, payment.party_id, money, on_its_way)
    till.write("refund credited", payment, posting.transfers)
    till.save(payment)
    said = Reason(
        "refund_credited",
        {
            "money": {"amount": amount, "currency": payment.currency},
            "method": payment.method,
            "party": payment.party_id,
            "said": "no_reason" if reason is None else reason.code,
        },
        "" if reason is None else reason.plugin,
    )
    till.act.emit(
        "payment.refund_credited",
        payment.id,
        {**said.params, "transaction": payment.transaction_id, "reason": said},
        [payment.party_id],
    )
