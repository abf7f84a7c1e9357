"""How sellers are paid out: least sums, a reserve, terms of their own, debts first."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    PAYMENT_PROVIDER,
    WEEK,
    Forbidden,
    InvalidInput,
    ManualClock,
    Money,
    NotFound,
    PayoutPlan,
    Purpose,
    Refused,
    Transaction,
)
from marketplace.plugins.goods import Goods
from tests.support.bazaar import Bazaar, open_bazaar

CLAIM = {"why": "all of it came broken"}


def _bazaar(url: str, **plan: Any) -> Bazaar:
    return open_bazaar(
        url, Goods(), payouts=PayoutPlan(**{"provider": "sandbox", "every": None, **plan})
    )


def _sold(bazaar: Bazaar, price: int = 100_00) -> Transaction:
    """Something sold for a price, freight in it, and received: a tenth of it is the fee."""
    deal = bazaar.sent(bazaar.offer(price=price, freight={"first": 0, "more": 0}))
    return bazaar.take(deal, "receive", bazaar.mia)


def _refund(bazaar: Bazaar, deal: Transaction, amount: int) -> None:
    asks = {**CLAIM, "refund": Money(amount, "EUR")}
    asked = bazaar.market.transactions.follow_up(deal.id, "claim", by=bazaar.mia, asks=asks)
    bazaar.take(asked, "give_in", bazaar.seller)


def _run(bazaar: Bazaar) -> list[int]:
    return [one.amount for one in bazaar.market.payouts.run(by=OPERATOR)]


def _wait(bazaar: Bazaar, time: timedelta) -> None:
    clock = bazaar.market.context.clock
    assert isinstance(clock, ManualClock)
    clock.advance(time)
    bazaar.market.tick()


def _accounts(bazaar: Bazaar) -> dict[Purpose, int]:
    found = bazaar.market.ledger.balances(bazaar.seller.id, by=OPERATOR)
    return {one.account.purpose: one.posted for one in found if one.posted}


def _paid_out(bazaar: Bazaar) -> Sequence[int]:
    made = bazaar.market.payouts.list(by=bazaar.seller, state="paid")
    return [one.amount for one in made]


@pytest.mark.behaviour("G13", "C11")
@pytest.mark.attack(61)
@pytest.mark.invariant(21)
def test_who_was_paid_and_gives_all_back_is_paid_nothing_for_the_next_sale(
    database_url: str,
) -> None:
    """Earn 90.00 of 100.00, be paid out, give everything back, earn 90.00 again: what was given
    back is paid with it, the next payout is nothing and nothing more is owed; the one after that
    is whole. The marketplace bears none of it."""
    bazaar = _bazaar(database_url)
    deal = _sold(bazaar)
    assert _run(bazaar) == [90_00]
    _refund(bazaar, deal, 100_00)
    assert bazaar.money(deal) == (100_00, 100_00)
    assert _accounts(bazaar) == {Purpose.RECEIVABLE: 90_00}
    assert _run(bazaar) == []
    _sold(bazaar)
    assert _accounts(bazaar) == {}
    assert bazaar.market.payouts.due() == []
    assert _run(bazaar) == []
    _sold(bazaar)
    assert _run(bazaar) == [90_00]
    assert _paid_out(bazaar) == [90_00, 90_00]
    house = {
        one.account.purpose: one.posted
        for one in bazaar.market.ledger.balances("marketplace", by=OPERATOR)
    }
    assert house[Purpose.REVENUE] == 20_00
    assert house[Purpose.PROCESSOR_CLEARING] == 300_00 - 100_00 - 180_00
    assert bazaar.market.ledger.sums() == {"EUR": 0}
    bazaar.market.close()


@pytest.mark.behaviour("G13", "C11")
@pytest.mark.attack(63)
@pytest.mark.invariant(20)
def test_a_payout_shown_paid_and_failed_later_pays_the_debts_made_meanwhile(
    database_url: str,
) -> None:
    """Days after it was shown as paid the bank sends it back: nothing stays on its way, and what
    was given back to a buyer in the meantime is taken of it first. Told twice, it counts once."""
    bazaar = _bazaar(database_url)
    deal = _sold(bazaar)
    (payout,) = bazaar.market.payouts.run(by=OPERATOR)
    assert bazaar.market.payouts.get(payout.id, by=bazaar.seller).state == "paid"
    _refund(bazaar, deal, 40_00)
    assert _accounts(bazaar) == {Purpose.RECEIVABLE: 36_00}
    for _ in range(2):
        bazaar.market.payouts.returned(
            payout.id, by=PAYMENT_PROVIDER, reason="account closed", key="bank-7"
        )
    assert _accounts(bazaar) == {Purpose.PAYABLE: 54_00}
    assert _run(bazaar) == [54_00]
    assert bazaar.market.ledger.sums() == {"EUR": 0}
    bazaar.market.close()


@pytest.mark.behaviour("G13")
def test_a_reserve_is_a_floor_that_goes_down_with_time(database_url: str) -> None:
    """A fifth of what was earned within thirty days stays; the payout says how much. When the
    days are over it goes out, and a payout that came back is not earned a second time."""
    bazaar = _bazaar(database_url, reserve_bp=2_000, reserve_for=30 * DAY)
    _sold(bazaar)
    (first,) = bazaar.market.payouts.run(by=OPERATOR)
    assert first.amount == 72_00
    told = [(one.code, dict(one.params)) for one in first.reasons]
    reserve = {"held": 18_00, "earned": 90_00, "bp": 2_000, "days": 30, "currency": "EUR"}
    assert told == [("payout_reserve", reserve)]
    with pytest.raises(Refused) as refused:
        bazaar.market.payouts.make(by=OPERATOR, party=bazaar.seller.id, currency="EUR")
    assert refused.value.params["reserve"] == 18_00
    bazaar.market.payouts.returned(first.id, by=PAYMENT_PROVIDER, reason="closed")
    assert _accounts(bazaar) == {Purpose.PAYABLE: 90_00}
    _wait(bazaar, 15 * DAY)
    _sold(bazaar, 50_00)
    assert _run(bazaar) == [90_00 + 45_00 - 27_00]
    _wait(bazaar, 15 * DAY)
    assert _run(bazaar) == [18_00]
    _wait(bazaar, 15 * DAY)
    assert _run(bazaar) == [9_00]
    assert _accounts(bazaar) == {}
    bazaar.market.close()


@pytest.mark.behaviour("G13")
@pytest.mark.attack(61)
def test_debts_eat_the_reserve_first(database_url: str) -> None:
    """What a buyer gets back is taken of what stayed as a reserve: nobody owes while it lasts."""
    bazaar = _bazaar(database_url, reserve_bp=5_000, reserve_for=30 * DAY)
    deal = _sold(bazaar)
    assert _run(bazaar) == [45_00]
    _refund(bazaar, deal, 40_00)
    assert _accounts(bazaar) == {Purpose.PAYABLE: 9_00}
    assert _run(bazaar) == []
    _wait(bazaar, 31 * DAY)
    assert _run(bazaar) == [9_00]
    bazaar.market.close()


@pytest.mark.behaviour("G13")
def test_a_currency_has_a_least_payout_and_a_party_may_have_another(database_url: str) -> None:
    """Below it earnings wait, to the cent; the operator gives a seller a lower one."""
    bazaar = _bazaar(database_url, minimum=1_000_00, minimums={"EUR": 90_01, "JPY": 1})
    _sold(bazaar)
    assert _run(bazaar) == []
    bazaar.market.payouts.set_terms(bazaar.seller.id, minimums={"EUR": 90_00})
    assert bazaar.market.payouts.due() == [(bazaar.seller.id, Money(90_00, "EUR"))]
    assert _run(bazaar) == [90_00]
    bazaar.market.payouts.set_terms(bazaar.seller.id)
    _sold(bazaar)
    assert _run(bazaar) == []
    bazaar.market.close()


@pytest.mark.behaviour("G13")
def test_a_new_seller_bears_a_reserve_and_is_paid_by_its_own_schedule(database_url: str) -> None:
    """While all are paid weekly, one is paid every day, with a reserve of its own; the weekly run
    leaves it out, and once it has no terms of its own any more it is paid with the others."""
    bazaar = _bazaar(database_url, every=WEEK)
    bazaar.market.payouts.set_terms(
        bazaar.seller.id, every=DAY, reserve_bp=2_000, reserve_for=30 * DAY
    )
    _sold(bazaar)
    assert _run(bazaar) == []
    _wait(bazaar, DAY)
    assert _paid_out(bazaar) == [72_00]
    _wait(bazaar, DAY)
    _sold(bazaar)
    _wait(bazaar, 23 * HOUR)
    assert _paid_out(bazaar) == [72_00]
    _wait(bazaar, HOUR)
    assert _paid_out(bazaar) == [72_00, 72_00]
    bazaar.market.payouts.set_terms(bazaar.seller.id)
    _wait(bazaar, 2 * DAY)
    assert len(_paid_out(bazaar)) == 2
    _wait(bazaar, WEEK)
    assert _paid_out(bazaar) == [72_00, 72_00, 36_00]
    bazaar.market.close()


def test_terms_are_the_operator_s_to_set_and_one_s_own_to_read(small_bazaar: Bazaar) -> None:
    """Nobody sets his own terms or reads another's, and terms make sense."""
    payouts, seller = small_bazaar.market.payouts, small_bazaar.seller
    with pytest.raises(Forbidden):
        payouts.set_terms(seller.id, by=seller, minimums={"EUR": 1})
    for wrong in (
        {"reserve_bp": 10_001},
        {"reserve_for": -DAY},
        {"every": timedelta(minutes=1)},
        {"minimums": {"EUR": -1}},
        {"minimums": {"ZZZ": 1}},
    ):
        with pytest.raises(InvalidInput):
            payouts.set_terms(seller.id, **wrong)  # type: ignore[arg-type]
    set_ = payouts.set_terms(seller.id, minimums={"EUR": 5})
    assert payouts.terms(seller.id, by=seller) == set_
    with pytest.raises(NotFound):
        payouts.terms(seller.id, by=small_bazaar.mia)
    assert payouts.terms(small_bazaar.mia.id, by=small_bazaar.mia).minimums is None
    with pytest.raises(InvalidInput, match="basis points"):
        PayoutPlan(reserve_bp=10_001)
