"""A hold that is being given up is no hold: nobody counts on what a bank is about to give back."""

import pytest

from marketplace import (
    CAPTURE,
    CLOCK,
    CONFIRM,
    CUSTOMER,
    DAY,
    FREE,
    HOLD,
    HOUR,
    MINUTE,
    OPERATOR,
    PROVIDER,
    RESERVE,
    SETTLE,
    VOID,
    Answer,
    Conflict,
    Money,
    Order,
    Pay,
    PaymentProviderUnavailable,
    Process,
    Transition,
)
from marketplace.plugins.sandbox import Sandbox
from marketplace.testing.soundness import faults
from tests.support import square as squares
from tests.support.square import open_square

HELD = Process(
    "order",
    start="basket",
    final={"completed", "lapsed", "cancelled"},
    transitions=[
        Transition("pay", CUSTOMER, ("basket", "unpaid"), "held", RESERVE("stock"), HOLD,
                   CONFIRM("stock"), failed="unpaid", needs_customer="unpaid"),
        Transition("lapse", CLOCK, ("basket", "unpaid"), "lapsed", FREE("stock"), VOID, after=DAY),
        Transition("ship", PROVIDER, "held", "completed", FREE("stock"), CAPTURE, SETTLE,
                   failed="lost"),
        Transition("late", CLOCK, "held", "cancelled", FREE("stock"), VOID, after=3 * DAY),
        Transition("forget", CLOCK, "lost", "cancelled", VOID, after=DAY),
    ],
)  # fmt: skip


@pytest.mark.behaviour("C10")
@pytest.mark.invariant(6)
def test_a_hold_that_is_being_given_up_is_not_counted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Maya's card says no, so what Ben's card holds of the price is given up, and that bank is
    slow. Whoever pays again meanwhile waits, and then both hold their part."""
    monkeypatch.setattr(squares, "ORDER", HELD)
    square = open_square()
    market, maya = square.market, square.shopper
    ben, listing = market.parties.join("Ben"), square.shelf(100)
    request = market.requests.open("bazaar", by=maya, currency="NPR", listing=listing.id)
    part = Money(40, "NPR")
    market.payments.share(request.id, by=ben, method="card", most=part, means="tok_ok")
    quote = market.quotes.make(request.id, by=maya)
    slow, real = [True], Sandbox.carry_out

    def sometimes(bank: Sandbox, order: Order) -> Answer:
        if order.kind is VOID.kind and slow:
            raise PaymentProviderUnavailable("slow")
        return real(bank, order)

    monkeypatch.setattr(Sandbox, "carry_out", sometimes)
    pay = [Pay("card", means="tok_declined"), Pay("card", party_id=ben.id, amount=part)]
    deal = market.transactions.open(quote.id, by=maya, pay=pay)
    assert deal.state == "unpaid"
    market.payments.change(deal.id, by=maya, means="tok_ok")
    with pytest.raises(Conflict, match="still being given up"):
        market.transactions.take(deal.id, "pay", by=maya)
    slow.clear()
    market.advance(10 * MINUTE)
    market.transactions.take(deal.id, "pay", by=maya)
    market.advance(HOUR)
    payments = market.transactions.payments(deal.id, by=OPERATOR)
    assert sorted(one.held for one in payments) == [40, 60]
    market.transactions.take(deal.id, "ship", by=listing.provider_id)
    assert market.payments.dues(by=OPERATOR) == []
    assert square.bank.balance("NPR") == Money(100, "NPR")
    assert faults(market) == []
    market.close()
