"""What is taken back of a payout at the same moment as something else."""

from typing import Any

import pytest

from marketplace import HOUR, Money, Payout, Purpose, Refused
from marketplace.app import taking_back
from marketplace.testing.soundness import faults
from tests.support.quay import Quay
from tests.support.racing import at_once
from tests.support.taken_back import EARNED, now_of, owes, paid_out, take_back, two_refunded


@pytest.mark.attack(63)
@pytest.mark.invariant(20)
@pytest.mark.parametrize("cents", [6_000, 4_500])
def test_two_take_back_at_once(quay: Quay, cents: int) -> None:
    """Two operators at the same moment: both fit into what was paid out and is owed, or one is told
    what is left."""
    payout = paid_out(quay)
    said = at_once(*[lambda: take_back(quay, payout, cents)] * 2)
    refused = [one for one in said if not isinstance(one, Payout)]
    fits = 2 if 2 * cents <= EARNED else 1
    assert [type(one) for one in refused] == [Refused] * (2 - fits)
    quay.wait(HOUR)
    assert (now_of(quay, payout).taken_back, owes(quay)) == (fits * cents, EARNED - fits * cents)


def test_the_same_race_takes_too_much_where_nobody_looks(
    quay: Quay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: with twice the debt and without a look at what of the payout is left,
    both ask for it, and the soundness of the marketplace is seen to be gone until the bank, which
    looks, has said no to one of them."""
    payout, _ = two_refunded(quay)

    def careless(act: Any, found: Payout, amount: Money) -> int:
        return amount.amount

    monkeypatch.setattr(taking_back, "_wanted", careless)
    quay.bank.lose_answers(2)
    said = at_once(*[lambda: take_back(quay, payout, 6_000)] * 2)
    assert [type(one) for one in said] == [Payout, Payout]
    assert any("gives back more than it was" in one for one in faults(quay.market))
    quay.wait(HOUR)
    assert (now_of(quay, payout).taken_back, faults(quay.market)) == (6_000, [])


@pytest.mark.invariant(20)
def test_it_is_taken_back_while_the_next_sale_pays_it(quay: Quay) -> None:
    """At the same moment the next sale is settled and the debt is asked back: one of them pays it,
    never both."""
    payout = paid_out(quay)
    deal = quay.carried(quay.opened("crates"), "ship")
    settled, taken = at_once(
        lambda: quay.take(deal, "receive", quay.mia), lambda: take_back(quay, payout)
    )
    assert settled.state == "done"
    quay.wait(HOUR)
    back = now_of(quay, payout).taken_back
    assert back == (0 if isinstance(taken, Refused) else EARNED)
    assert (owes(quay), quay.lies_with(quay.sal, Purpose.PAYABLE)) == (0, back)
