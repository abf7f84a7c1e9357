"""Answers of payment providers that come soon behind each other: written together, or alone."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from attrs import define, field

from marketplace import MINUTE, OPERATOR, Answer, Event, Marketplace, Order, hookimpl
from marketplace.app.carrying_out import SOON
from marketplace.plugins.sandbox import Sandbox
from tests.support.square import CARD, Square, open_square


@define
class Heard:
    """A plugin that notes how many deals were paid when it heard that one is, after the commit;
    and that breaks inside the command that pays a deal which it is to break on."""

    market: Marketplace | None = None
    paid: list[int] = field(factory=list)
    breaks_on: str = ""

    @hookimpl
    def hear_event(self, event: Event, work: Any) -> None:
        """Break, inside the command."""
        if event.kind == "transaction.pay" and event.subject_id == self.breaks_on:
            raise ZeroDivisionError

    @hookimpl
    def hear_committed(self, event: Event) -> None:
        """Count those that are paid."""
        if event.kind == "transaction.pay" and self.market is not None:
            found = self.market.transactions.list(by=OPERATOR, state="paid").items
            self.paid.append(len(found))


class Thinking(Sandbox):
    """A bank that takes its time over each order, by the marketplace's clock."""

    thinks = timedelta(0)
    clock: Any = None
    asked: list[str]

    def carry_out(self, order: Order) -> Answer:
        """Think, note what is asked, answer."""
        self.clock.advance(self.thinks)
        self.asked.append(order.key)
        return super().carry_out(order)


def opened(database_url: str, thinks: timedelta = timedelta(0)) -> tuple[Square, Heard]:
    """A bazaar with that bank, and who hears."""
    heard, bank = Heard(), Thinking()
    bank.thinks, bank.asked = thinks, []
    square = open_square(database_url, bank=bank, more=[heard])
    heard.market, bank.clock = square.market, square.clock
    return square, heard


def ordered(square: Square, many: int) -> Sequence[str]:
    """So many orders of one seller each, placed in a batch; their deals."""
    baskets = [square.basket(2_400 + number) for number in range(many)]
    with square.market.batch():
        placed = [
            square.market.checkouts.place(one, by=square.shopper, pay=CARD) for one in baskets
        ]
    return [deal.id for one in placed for deal in square.deals(one.id)]


@pytest.mark.parametrize("eager", [True, False], ids=["at once", "by the tick"])
def test_answers_that_come_at_once_are_written_together(database_url: str, eager: bool) -> None:
    """What a batch asked is asked once it is committed, each once; and who hears of the first
    that is paid finds all of them paid: one commit for all."""
    heard, bank = Heard(), Thinking()
    bank.asked = []
    square = open_square(database_url, bank=bank, more=[heard], eager=eager)
    heard.market, bank.clock = square.market, square.clock
    deals = ordered(square, 3)
    if not eager:
        assert bank.asked == []
        square.market.tick()
    assert heard.paid == [3, 3, 3]
    assert len(bank.asked) == len(set(bank.asked)) == 3
    states = [square.market.transactions.get(one, by=square.shopper).state for one in deals]
    assert states == ["paid"] * 3
    assert square.market.payments.waiting() == []
    square.market.close()


def test_a_slow_bank_has_each_answer_written_as_it_comes(database_url: str) -> None:
    """Nobody's deal waits for what the bank thinks of the next: then each has its own commit."""
    square, heard = opened(database_url, thinks=SOON)
    ordered(square, 3)
    assert heard.paid == [1, 2, 3]
    square.market.close()


def test_one_answer_that_cannot_be_written_keeps_no_other(database_url: str) -> None:
    """Where a plugin breaks on one of several, the others are written each by itself, nothing of
    the one is, and it is tried again."""
    square, heard = opened(database_url)
    baskets = [square.basket(2_400 + number) for number in range(3)]
    with square.market.batch():
        placed = [
            square.market.checkouts.place(one, by=square.shopper, pay=CARD) for one in baskets
        ]
        heard.breaks_on = square.deals(placed[1].id)[0].id
    assert [square.states(one.id) for one in placed] == [["paid"], ["basket"], ["paid"]]
    assert heard.paid == [1, 2]
    (waits,) = square.market.payments.waiting()
    assert (waits.tries, waits.checkout_id) == (1, placed[1].id)
    assert not any(square.market.ledger.sums().values())
    heard.breaks_on = ""
    square.clock.advance(5 * MINUTE)
    square.market.tick()
    assert square.states(placed[1].id) == ["paid"]
    square.market.close()


def test_what_a_block_undid_is_not_asked(database_url: str) -> None:
    """In a batch that goes on after a part of it was undone, only what is kept is asked outside."""
    square, heard = opened(database_url)
    kept, undone = square.basket(2_400), square.basket(1_850)
    with square.market.batch():
        square.market.checkouts.place(kept, by=square.shopper, pay=CARD)
        with pytest.raises(KeyError), square.market.batch():  # noqa: PT012
            square.market.checkouts.place(undone, by=square.shopper, pay=CARD)
            raise KeyError
    bank: Any = square.bank
    assert len(bank.asked) == 1
    assert heard.paid == [1]
    square.market.close()
