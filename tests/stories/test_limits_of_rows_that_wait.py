"""What one may refund alone is judged when he takes a row, also where the row asks a bank first."""

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import define

from marketplace import (
    CHARGE,
    CLOCK,
    CONFIRM,
    CUSTOMER,
    DAY,
    FREE,
    HOLD,
    MINUTE,
    OPERATOR,
    REFUND,
    RESERVE,
    SETTLE,
    VOID,
    Actor,
    Bring,
    Line,
    ModerationPlan,
    Money,
    Pay,
    PricingQuestion,
    Process,
    Purse,
    Refused,
    Transaction,
    Transition,
    hookimpl,
)
from marketplace.testing.soundness import faults
from tests.support import square as squares
from tests.support.square import CARD, Square, open_square

DEPOSIT = "deposit"
UNPAID: dict[str, Any] = {"failed": "unpaid", "needs_customer": "unpaid"}
KEPT: dict[str, Any] = {"failed": "paid", "needs_customer": "paid"}
BACK = (REFUND, SETTLE)
RAM, SITA = Actor(role=OPERATOR, name="ram"), Actor(role=OPERATOR, name="sita")
SECURED = Process(
    "order",
    start="basket",
    final={"completed", "lapsed", "cancelled"},
    transitions=[
        Transition("pay", CUSTOMER, ("basket", "unpaid"), "paid", RESERVE("stock"), CHARGE,
                   CONFIRM("stock"), **UNPAID),
        Transition("lapse", CLOCK, ("basket", "unpaid"), "lapsed", FREE("stock"),
                   after=30 * MINUTE),
        Transition("secure", CUSTOMER, "paid", "secured", HOLD(DEPOSIT), **KEPT),
        Transition("too_late", CLOCK, "paid", "cancelled", FREE("stock"), *BACK,
                   lines="cancellation", after=3 * DAY),
        Transition("undo", OPERATOR, "secured", "cancelled", FREE("stock"), VOID(DEPOSIT), *BACK,
                   lines="cancellation"),
        Transition("undo_at_once", OPERATOR, "secured", "cancelled", VOID(DEPOSIT), *BACK,
                   FREE("stock"), lines="cancellation"),
        Transition("end", CLOCK, "secured", "completed", FREE("stock"), VOID(DEPOSIT), SETTLE,
                   after=3 * DAY),
    ],
    purses=(Purse(), Purse(DEPOSIT)),
)  # fmt: skip


@define
class Deposits:
    """Asks a deposit of everybody."""

    name: str = "deposits"

    @hookimpl
    def bring(self) -> Bring:
        """The rule of it."""
        return Bring(rules={"deposits.fixed": lambda inputs: int(inputs["amount"])})

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> list[Line]:
        """Fifty, whatever it is."""
        if question.occasion != "quote":
            return []
        amount, inputs = Money(50, question.currency), {"amount": 50}
        line = Line(
            DEPOSIT, amount, "customer", "provider", "deposits.fixed", inputs=inputs, purse=DEPOSIT
        )
        return [line]


def secured(
    monkeypatch: pytest.MonkeyPatch, limits: Mapping[str, Mapping[str, int]]
) -> tuple[Square, Transaction]:
    """A paid order of 100 with a deposit that is held, where people refund so much alone."""
    monkeypatch.setattr(squares, "ORDER", SECURED)
    square = open_square(more=[Deposits()], moderation=ModerationPlan(refund_limits=limits))
    quote = square.quote(square.shelf(100))
    pay = [CARD, Pay("card", means="tok_ok", purse=DEPOSIT)]
    deal = square.market.transactions.open(quote.id, by=square.shopper, pay=pay)
    return square, square.market.transactions.take(deal.id, "secure", by=square.shopper)


def refunded(square: Square, deal: Transaction) -> tuple[str, int]:
    """Where the deal stands, and what went back."""
    market = square.market
    payments = market.transactions.payments(deal.id, by=OPERATOR)
    state = market.transactions.get(deal.id, by=OPERATOR).state
    return state, sum(one.refunded for one in payments)


@pytest.mark.attack(12)
@pytest.mark.behaviour("C19")
@pytest.mark.parametrize("row", ["undo", "undo_at_once"])
def test_a_limit_holds_where_a_bank_is_asked_before_the_refund(
    monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    """A row gives a deposit up, outside, and then the price back, wherever in it that stands: who
    may not give so much back alone is refused before anybody is asked, and a second person's word
    holds to the end."""
    square, deal = secured(monkeypatch, {"ram": {"NPR": 10}, "*": {}})
    market = square.market
    with pytest.raises(Refused) as no:
        market.transactions.take(deal.id, row, by=RAM)
    assert no.value.code == "needs_second_approver"
    assert refunded(square, deal) == ("secured", 0)
    assert [one.held for one in market.transactions.payments(deal.id, by=OPERATOR)] == [0, 50]
    body = {"transaction_id": deal.id, "row": row}
    asked = market.approvals.ask("transactions.take", body, by=RAM)
    market.approvals.give(asked.id, by=SITA)
    assert refunded(square, deal) == ("cancelled", 100)
    assert faults(market) == []
    market.close()


@pytest.mark.behaviour("C19")
def test_who_may_is_not_stopped_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who refunds so much alone does, though the bank's answer comes in nobody's name and nobody
    may refund anything."""
    square, deal = secured(monkeypatch, {"ram": {"NPR": 100}, "*": {}})
    square.market.transactions.take(deal.id, "undo", by=RAM)
    assert refunded(square, deal) == ("cancelled", 100)
    assert square.market.payments.waiting() == []
    square.market.close()
