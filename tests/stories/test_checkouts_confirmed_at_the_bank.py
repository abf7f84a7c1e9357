"""A basket of several sellers whose buyer says yes at its bank, and nothing here."""

from typing import Any

import pytest

from marketplace import HOUR, MINUTE, Checkout, Money, Purpose
from tests.support.quay import Quay
from tests.support.refusals import rows_of

PRICES = (10_000, 2_500)


def _asked(quay: Quay, *, together: bool, prices: tuple[int, ...] = PRICES) -> Checkout:
    """Crates of two sellers, put into one basket and paid by a card whose bank asks."""
    sellers = (quay.sal, quay.tom)
    quotes = [quay.quote("crates", one, who) for one, who in zip(prices, sellers, strict=True)]
    checkout = quay.market.checkouts.place(
        quotes, by=quay.mia, pay=quay.card("asks"), together=together
    )
    assert _states(quay, checkout) == ["unpaid", "unpaid"]
    return checkout


def _states(quay: Quay, checkout: Checkout) -> list[str]:
    view = quay.market.checkouts.get(checkout.id, by=quay.mia)
    return [one.state for one in view.transactions]


def _challenge(quay: Quay) -> str:
    """What the bank calls what it asked about first."""
    name = quay.intents()[0].receipt
    assert name is not None
    return name


def _said_yes(quay: Quay) -> list[Any]:
    """Mia says yes at her bank; gives what the bank tells of it."""
    quay.bank.confirm(_challenge(quay))
    return list(quay.bank.notices())


@pytest.mark.attack(49)
@pytest.mark.invariant(40, 43)
@pytest.mark.parametrize("together", [True, False], ids=["as one", "each for itself"])
def test_a_basket_goes_on_by_the_banks_word(quay: Quay, together: bool) -> None:
    """Law: what several deals asked together goes on in all of them when the bank tells of the
    buyer's yes, with the charge that he confirmed and no other; told again and in any order it
    changes nothing; and each deal then ends by itself, every cent explained."""
    checkout = _asked(quay, together=together)
    sent = _said_yes(quay)
    assert set(quay.told(*sent)) == {"taken"}
    assert _states(quay, checkout) == ["paid", "paid"]
    assert quay.bank.charges() == [(0, sum(PRICES), 0)]
    assert quay.market.payments.waiting() == []
    before = rows_of(quay.market, without=("command", "notice", "event"))
    assert set(quay.told(*reversed(sent), *sent)) <= {"taken", "known before"}
    assert rows_of(quay.market, without=("command", "notice", "event")) == before
    assert quay.differing() == []
    for deal in quay.market.checkouts.get(checkout.id, by=quay.mia).transactions:
        seller = quay.sal if quay.paid(deal)[1] == PRICES[0] else quay.tom
        quay.take(deal, "ship", seller)
        quay.take(deal, "receive", quay.mia)
    assert quay.lies_with(quay.tom, Purpose.PAYABLE) == PRICES[1] * 9 // 10
    quay.told()
    assert quay.differing() == []


@pytest.mark.invariant(46)
def test_what_costs_nothing_goes_along(quay: Quay) -> None:
    """Law: of a basket that is all or nothing a gift, of which the bank knows nothing, goes on with
    what is paid: no deal of it is left to lapse beside it."""
    checkout = _asked(quay, together=True, prices=(10_000, 0))
    quay.told(*_said_yes(quay))
    assert _states(quay, checkout) == ["paid", "paid"]
    assert quay.bank.charges() == [(0, 10_000, 0)]


@pytest.mark.parametrize("together", [True, False], ids=["as one", "each for itself"])
def test_who_said_so_here_first_is_asked_for_nothing_more(quay: Quay, together: bool) -> None:
    """Law: the buyer confirms at the bank and then pays here, before the notice comes: there is one
    charge, and the notice changes nothing."""
    checkout = _asked(quay, together=together)
    sent = _said_yes(quay)
    quay.market.checkouts.pay(checkout.id, by=quay.mia)
    assert _states(quay, checkout) == ["paid", "paid"]
    before = rows_of(quay.market, without=("command", "notice", "event"))
    assert set(quay.told(*sent)) == {"taken"}
    assert rows_of(quay.market, without=("command", "notice", "event")) == before
    assert quay.bank.charges() == [(0, sum(PRICES), 0)]
    assert quay.differing() == []


@pytest.mark.attack(53)
def test_a_word_that_comes_while_he_pays_here_waits_for_the_answer(quay: Quay) -> None:
    """Law: he pays here, the answer is lost, and the bank's word overtakes it: nothing is asked
    twice, and the answer that is looked for takes the basket on."""
    checkout = _asked(quay, together=True)
    sent = _said_yes(quay)
    quay.bank.lose_answers(1)
    quay.market.checkouts.pay(checkout.id, by=quay.mia)
    assert _states(quay, checkout) == ["unpaid", "unpaid"]
    quay.told(*sent)
    quay.wait(5 * MINUTE)
    assert _states(quay, checkout) == ["paid", "paid"]
    assert quay.bank.charges() == [(0, sum(PRICES), 0)]
    assert quay.differing() == []


@pytest.mark.invariant(8, 19)
@pytest.mark.parametrize("together", [True, False], ids=["as one", "each for itself"])
def test_a_basket_that_lapsed_is_asked_for_no_more(quay: Quay, together: bool) -> None:
    """Law: the clock gave the basket up, and the bank hears of it in time: it asks its customer no
    more. Where it does not, and he says yes, each deal books what was taken for it and gives it
    back; none comes back, and no seller earns of it."""
    checkout = _asked(quay, together=together)
    quay.clock.advance(29 * MINUTE)
    quay.bank.down(lasting=3 * MINUTE)
    quay.clock.advance(2 * MINUTE)
    quay.market.tick()
    assert _states(quay, checkout) == ["lapsed", "lapsed"]
    quay.bank.confirm(_challenge(quay))
    quay.clock.advance(MINUTE)
    sent = quay.bank.notices()
    quay.told(*sent, *sent)
    quay.wait(60 * MINUTE)
    quay.told()
    assert _states(quay, checkout) == ["lapsed", "lapsed"]
    assert (quay.bank.charges(), quay.differing()) == ([(0, sum(PRICES), sum(PRICES))], [])
    assert quay.house(Purpose.PROCESSOR_CLEARING) == quay.bank.lies()
    assert len(quay.events("payment.goes_back")) == 1
    assert quay.market.payments.waiting() == []


def test_a_basket_that_lapsed_is_called_off_once(quay: Quay) -> None:
    """Law: two deals wait for one yes: only when neither does any more is it called off, once."""
    checkout = _asked(quay, together=False)
    first, _ = quay.market.checkouts.get(checkout.id, by=quay.mia).transactions
    quay.market.payments.change(first.id, by=quay.mia, means=quay.bank.cards["fine"])
    quay.market.tick()
    assert quay.bank.asking() == [_challenge(quay)]
    quay.wait(40 * MINUTE)
    assert _states(quay, checkout) == ["lapsed", "lapsed"]
    assert quay.bank.asking() == []
    assert [one.kind.value for one in quay.intents()] == ["charge", "void"]


def test_a_basket_of_which_one_was_paid_otherwise_does_not_go_on(quay: Quay) -> None:
    """Law: the charge that he confirmed is for both deals, and one was paid in another way since:
    the other does not take money that was asked for both. All of it goes back, and the other is
    paid anew."""
    checkout = _asked(quay, together=False)
    first, second = quay.market.checkouts.get(checkout.id, by=quay.mia).transactions
    quay.market.payments.change(first.id, by=quay.mia, means=quay.bank.cards["fine"])
    quay.take(first, "pay", quay.mia)
    assert _states(quay, checkout) == ["paid", "unpaid"]
    quay.told(*_said_yes(quay))
    quay.wait(5 * MINUTE)
    quay.told()
    assert _states(quay, checkout) == ["paid", "unpaid"]
    both = (0, sum(PRICES), sum(PRICES))
    assert (len(quay.bank.charges()), both in quay.bank.charges()) == (2, True)
    quay.market.payments.change(second.id, by=quay.mia, means=quay.bank.cards["fine"])
    quay.take(second, "pay", quay.mia)
    quay.told()
    assert _states(quay, checkout) == ["paid", "paid"]
    assert quay.bank.charges() == [(0, 2_500, 0), (0, 10_000, 0), both]
    assert quay.differing() == []


@pytest.mark.invariant(40)
@pytest.mark.parametrize("last", [0, 1])
def test_two_cards_of_one_basket_wait_for_each_other(stripe_quay: Quay, last: int) -> None:
    """Law: a basket is paid half with each of two cards, and the bank asks about both: the first
    yes takes nothing up and gives nothing back, he is told that another is missing, and with the
    second one all goes on, by what he said yes to and nothing else."""
    quay = stripe_quay  # The sandbox's bank asks one customer about one basket once.
    half = Money(sum(PRICES) // 2, "USD")
    pays = [quay.card("asks", amount=half), quay.card("asks")]
    sellers = (quay.sal, quay.tom)
    quotes = [quay.quote("crates", one, who) for one, who in zip(PRICES, sellers, strict=True)]
    checkout = quay.market.checkouts.place(quotes, by=quay.mia, pay=pays)
    asked = quay.bank.asking()
    assert len(asked) == 2
    asked.sort(reverse=bool(last))
    for number, one in enumerate(asked):
        assert _states(quay, checkout) == ["unpaid", "unpaid"]
        assert len(quay.events("payment.confirmed_at_bank")) == number
        quay.bank.confirm(one)
        quay.told()
    quay.told()
    assert _states(quay, checkout) == ["paid", "paid"]
    assert [one[1:] for one in quay.bank.charges()] == [(half.amount, 0)] * 2
    assert quay.differing() == []


def test_a_card_that_was_confirmed_too_late_moved_nothing(stripe_quay: Quay) -> None:
    """Law: a card was to be kept for a deal that is over when its bank has the customer's yes:
    no money moved, none goes back, and the notice is taken."""
    quay = stripe_quay
    pays = (quay.card("asks"), quay.card("asks", purse="deposit"))
    deal = quay.opened("berths", *pays)
    assert deal.state == "challenged"
    quay.wait(2 * HOUR)
    assert quay.now(deal).state == "refused"
    quay.bank.confirm(quay.reference(deal))
    assert set(quay.told()) == {"taken"}
    assert (quay.differing(), quay.events("payment.goes_back")) == ([], [])
