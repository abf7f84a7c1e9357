"""Sales, refunds, payouts and what is taken back of them, in any order, with answers that are
lost: once all is answered the seller has what she earned, to the cent."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace import (
    HOUR,
    OPERATOR,
    ManualClock,
    Money,
    Outcome,
    Payout,
    Purpose,
    Transaction,
)
from marketplace.testing.soundness import faults
from tests.stories.test_cards_gone_wrong import give_back
from tests.support.quay import Quay, open_quay
from tests.support.quay_banks import OPENS, USD, SandboxBank

STEPS = st.one_of(
    st.tuples(st.just("sell"), st.integers(100, 20_000)),
    st.tuples(st.just("refund"), st.integers(1, 20_000)),
    st.tuples(st.just("pay out"), st.integers(0, 3)),
    st.tuples(st.just("take back"), st.just(0) | st.integers(1, 4_000)),
    st.tuples(st.just("lose"), st.integers(1, 2)),
    st.tuples(st.just("return"), st.integers(0, 3)),
    st.tuples(st.just("wait"), st.just(0)),
)

BEFORE = [("sell", 10_000), ("pay out", 0), ("refund", 3_000)]


def _payouts(quay: Quay) -> list[Payout]:
    return list(quay.market.payouts.list(by=OPERATOR, limit=500).items)


def _price(quay: Quay, deal: Transaction) -> tuple[int, int]:
    """What the customer paid of a deal, and what the marketplace keeps of it."""
    lines = quay.market.transactions.terms(deal.id, by=OPERATOR)[-1].lines
    fees = sum(one.amount.amount for one in lines if one.payer != "customer")
    return sum(one.amount.amount for one in lines if one.payer == "customer"), fees


def _earned(quay: Quay, deal: Transaction, back: int) -> int:
    """What the seller has earned of a deal of which so much went back."""
    price, fees = _price(quay, deal)
    return price - fees - back if back < price else 0


def _later(quay: Quay) -> None:
    """Time for whatever had no answer to be asked again."""
    for _ in range(4):
        quay.clock.advance(HOUR)
        quay.market.tick()


def _step(quay: Quay, sold: list[tuple[Transaction, int]], what: str, number: int) -> None:
    m, payouts = quay.market, _payouts(quay)
    if what == "sell":
        sold.append((quay.sold(number), 0))
    elif what == "refund" and sold:
        deal, before = sold[at := number % len(sold)]
        back = min(before + number, _price(quay, deal)[0])
        give_back(quay, deal.id, back)
        sold[at] = deal, back
    elif what == "pay out":
        quay.payout()
    elif what == "take back" and payouts:
        amount = Money(number, USD) if number else None
        one = payouts[number % len(payouts)]
        m.payouts.take_back(one.id, by=OPERATOR, amount=amount, reason="so")
    elif what == "lose":
        quay.bank.lose_answers(number)
    elif what == "return" and payouts:
        one = payouts[number % len(payouts)]
        if one.state == "paid" and one.left and not one.taking_back:
            quay.bank.return_payout(str(one.reference))
            quay.told()
    elif what == "wait":
        _later(quay)


@given(steps=st.lists(STEPS, min_size=3, max_size=10))
@settings(max_examples=30, deadline=None)
def test_nothing_is_paid_twice_whatever_comes_when(steps: list[tuple[str, int]]) -> None:
    """After each step the marketplace is sound; at rest the bank's books are ours, each payout gave
    back no more than it was, and what the seller has and was paid is what she earned."""
    clock = ManualClock(OPENS)
    quay = open_quay("sqlite://", SandboxBank(clock), clock)
    quay.bank.may_be_paid(quay.market, quay.sal)
    sold: list[tuple[Transaction, int]] = []
    for what, number in [*BEFORE, *steps]:
        with suppress(Outcome):  # A rule said no: nothing happened.
            _step(quay, sold, what, number)
        assert faults(quay.market) == [], (what, number)
    _later(quay)
    _later(quay)
    assert quay.market.payments.waiting() == []
    assert quay.market.ledger.reconcile("sandbox").clean
    for one in _payouts(quay):
        assert one.taking_back == 0
        assert 0 <= one.taken_back <= one.amount
    paid = [one for one in _payouts(quay) if one.state == "paid"]
    has = sum(one.left for one in paid) - quay.lies_with(quay.sal, Purpose.RECEIVABLE)
    has += sum(quay.lies_with(quay.sal, one) for one in (Purpose.PAYABLE, Purpose.WALLET))
    assert has == sum(_earned(quay, deal, back) for deal, back in sold)
    quay.market.close()
