"""Whose an intent is: carried out by whoever asked, and by another when that one is gone."""

from collections.abc import Iterator
from typing import Any

import pytest

from marketplace import MINUTE, OPERATOR, SECOND, Answer, Marketplace, Order, Outcome
from marketplace.plugins.commission import Commission
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet
from tests.support.square import CARD, OPENS, Bazaar, Square, open_square


class Watched(Sandbox):
    """A bank that lets somebody do something while it is asked, and counts how often it was."""

    calls = 0
    meanwhile: Any = None

    def carry_out(self, order: Order) -> Answer:
        """Count, let somebody act, answer."""
        self.calls += 1
        if self.meanwhile is not None:
            self.meanwhile()
        return super().carry_out(order)


@pytest.fixture
def square(database_url: str) -> Iterator[Square]:
    """The bazaar with a watched bank, once on each database."""
    opened = open_square(database_url, bank=Watched())
    yield opened
    opened.market.close()


def beside(square: Square, database_url: str) -> Marketplace:
    """The same marketplace in another process, as it were: with a store of its own."""
    plugins = [Bazaar(), Wallet(), Commission(bp=1_000), square.bank]
    return Marketplace.open(database_url, plugins, clock=square.clock, seed=8)


def test_what_is_asked_is_leased_from_the_start(square: Square, database_url: str) -> None:
    """While the process that asked carries an intent out, no worker beside it takes it as well."""
    bank: Any = square.bank
    with beside(square, database_url) as other:
        found: list[int] = []
        bank.meanwhile = lambda: found.append(other.payments.work_off())
        checkout = square.market.checkouts.place(
            square.basket(2_400, 1_850), by=square.shopper, pay=CARD
        )
    assert found == [0]
    assert bank.calls == 1
    assert square.states(checkout.id) == ["paid", "paid"]


def test_another_takes_over_when_the_lease_runs_out(square: Square, database_url: str) -> None:
    """What a process asked and could not carry out any more waits for the end of its lease, and
    not for that process; before, nobody takes it."""
    market: Any = square.market
    market.payments.carry_out = lambda asked: True  # It dies between the commit and the call.
    checkout = market.checkouts.place(square.basket(2_400), by=square.shopper, pay=CARD)
    with beside(square, database_url) as other:
        square.clock.advance(59 * SECOND)
        assert other.payments.work_off() == 0
        square.clock.advance(2 * SECOND)
        assert other.payments.work_off() == 1
    assert square.states(checkout.id) == ["paid"]


def test_a_lease_that_ran_out_before_the_commit_is_left_to_all(square: Square) -> None:
    """In a batch that takes longer than a lease lasts, an intent is leased anew before its call."""
    with square.market.batch():
        checkout = square.market.checkouts.place(
            square.basket(2_400, 1_850), by=square.shopper, pay=CARD
        )
        square.clock.advance(5 * MINUTE)
    assert square.states(checkout.id) == ["paid", "paid"]
    bank: Any = square.bank
    assert bank.calls == 1
    assert square.market.payments.waiting() == []


def test_who_comes_after_his_lease_leaves_it_to_who_took_over(
    square: Square, database_url: str
) -> None:
    """A process that slept through its lease asks nothing any more: another one did it meanwhile,
    and the bank is asked once."""
    market: Any = square.market
    real = market.payments.carry_out
    with beside(square, database_url) as other:

        def late(asked: Any) -> bool:
            square.clock.advance(2 * MINUTE)
            assert other.payments.work_off() == 1
            return bool(real(asked))

        market.payments.carry_out = late
        checkout = market.checkouts.place(square.basket(2_400), by=square.shopper, pay=CARD)
    bank: Any = square.bank
    assert bank.calls == 1
    assert square.states(checkout.id) == ["paid"]


def test_what_is_undone_is_never_asked(square: Square) -> None:
    """An intent of a batch that came to nothing is not carried out, leased as it was."""
    bank: Any = square.bank
    with pytest.raises(KeyError), square.market.batch():  # noqa: PT012
        square.market.checkouts.place(square.basket(2_400), by=square.shopper, pay=CARD)
        raise KeyError
    assert bank.calls == 0
    assert square.market.payments.waiting() == []


def test_who_does_not_carry_out_leases_nothing(database_url: str) -> None:
    """Where the tick carries effects out, what is asked is anybody's from the commit on."""
    square = open_square(database_url, bank=Watched(), eager=False)
    checkout = square.market.checkouts.place(square.basket(2_400), by=square.shopper, pay=CARD)
    (waits,) = square.market.payments.waiting()
    assert waits.leased_by is None
    with beside(square, database_url) as other:
        assert other.payments.work_off() == 1
    assert square.states(checkout.id) == ["paid"]
    assert square.clock.now() == OPENS
    with pytest.raises(Outcome):
        square.market.payments.retry(waits.id, by=OPERATOR)
    square.market.close()
