"""Answers that are lost, banks that are down, storms: told with each payment provider."""

from datetime import timedelta

import pytest

from marketplace import DAY, HOUR, MINUTE, OPERATOR, SECOND, Purpose
from tests.support.quay import Quay


def _told_to_the_end(quay: Quay) -> None:
    """A crossing and a crate, whose answers come when the bank pleases, carried to their ends."""
    crossing, crate = quay.opened("crossings"), quay.opened("crates", price=5_000)
    for deal, rows in ((crossing, ("take_on", "load_more", "land")), (crate, ("ship", "receive"))):
        for row in rows:
            _rests(quay, deal.id)
            quay.carried(deal, row)
        _rests(quay, deal.id)
    quay.wait(HOUR + MINUTE)
    assert (quay.now(crossing).state, quay.now(crate).state) == ("done", "done")
    assert quay.bank.charges() == [(0, 5_000, 0), (0, 12_000, 0)]
    assert quay.lies_with(quay.sal, Purpose.PAYABLE) == 10_800 + 4_500
    assert {one.state for one in quay.intents()} == {"done"}


def _rests(quay: Quay, deal: str) -> None:
    """Wait until a deal waits for no answer."""
    for _ in range(400):
        if quay.market.transactions.get(deal, by=OPERATOR).pending is None:
            return
        quay.wait(MINUTE)
    raise AssertionError(f"{deal} waits for ever")


@pytest.mark.attack(53)
@pytest.mark.invariant(40, 46)
def test_every_first_answer_is_lost_after_success(quay: Quay) -> None:
    """Whatever is asked is carried out and its first three answers are lost: each payment is made
    once, and both sides agree."""
    for _ in range(1):
        quay.bank.lose_answers(3)
    _told_to_the_end(quay)


@pytest.mark.invariant(41, 49)
def test_a_bank_that_is_down_for_an_hour_is_asked_ever_less_often(quay: Quay) -> None:
    """Nobody answers for an hour: the deals wait, each question is asked again after twice as long,
    and all goes on when the bank is back."""
    quay.bank.down(HOUR)
    deal = quay.opened("crates")
    quay.wait(HOUR)
    assert quay.now(deal).pending is not None
    assert all(one.tries <= 12 for one in quay.intents("waiting"))
    quay.wait(HOUR)
    assert (quay.now(deal).state, quay.paid(deal)) == ("paid", (0, 10_000, 0))


@pytest.mark.attack(56)
@pytest.mark.invariant(41)
@pytest.mark.parametrize("arrived", [True, False])
def test_what_is_older_than_a_day_is_looked_up_and_never_sent_again(
    quay: Quay, arrived: bool
) -> None:
    """The answer is lost (or nothing ever arrived), and for more than a day nobody can ask: then it
    is looked up. What was charged is found and the deal paid; what never arrived is a no. Nothing
    is charged after that day."""
    if arrived:
        quay.bank.lose_answers(1)
    else:
        quay.bank.down(MINUTE)
    deal = quay.opened("crates")
    assert quay.now(deal).pending is not None
    quay.clock.advance(DAY + SECOND)
    quay.market.tick()
    found = quay.now(deal)
    assert found.pending is None
    assert quay.bank.charges() == ([(0, 10_000, 0)] if arrived else [])
    assert quay.paid(deal) == ((0, 10_000, 0) if arrived else (0, 0, 0))
    quay.wait(timedelta(hours=3))
    assert len(quay.bank.charges()) == int(arrived)
