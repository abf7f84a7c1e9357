"""A refund follows a payout and leaves a debt: the operator has it back out of what was paid out,
by each payment provider, however the answer comes."""

import pytest

from marketplace import (
    DAY,
    HOUR,
    MINUTE,
    OPERATOR,
    PAYMENT_PROVIDER,
    Conflict,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    Money,
    MoneyKind,
    Order,
    PaymentProviderUnavailable,
    Payout,
    PayoutPlan,
    Purpose,
    Refused,
)
from marketplace.plugins.sandbox import EMPTY_ACCOUNT, Sandbox
from marketplace.testing.soundness import faults
from tests.stories.test_cards_gone_wrong import give_back
from tests.support.quay import Quay
from tests.support.quay_banks import USD
from tests.support.ride_world import Driver, OpenTown, Town
from tests.support.taken_back import EARNED, now_of, owes, paid_out, take_back, two_refunded


@pytest.mark.invariant(20, 44)
def test_what_a_refund_left_owing_comes_back(quay: Quay) -> None:
    """90.00 were paid out, and the sale is refunded: taken back, nobody owes anything, and the next
    sale is paid out whole. What the bank tells of it is no surprise."""
    payout = paid_out(quay)
    assert (payout.state, owes(quay)) == ("paid", EARNED)
    payout = take_back(quay, payout)
    assert (payout.state, payout.taken_back, payout.taking_back) == ("paid", EARNED, 0)
    assert [one.code for one in payout.reasons] == ["payout_asked_back", "payout_taken_back"]
    assert owes(quay) == 0
    assert quay.agrees()
    assert set(quay.told()) == {"taken"}
    assert (quay.differing(), now_of(quay, payout)) == ([], payout)
    quay.sold()
    assert quay.lies_with(quay.sal, Purpose.PAYABLE) == EARNED
    quay.wait(3 * DAY)
    assert quay.payout().amount == EARNED


def test_it_comes_back_in_parts_and_each_once(quay: Quay) -> None:
    """By one key it is asked once; two parts are two, each its own call; the rest of the debt is
    netted from the next sale as ever."""
    payout = paid_out(quay)
    for _ in range(2):
        take_back(quay, payout, 4_000, key="first")
    payout = take_back(quay, payout, 2_000)
    assert (payout.taken_back, owes(quay)) == (6_000, 3_000)
    quay.told()
    assert quay.differing() == []
    quay.sold()
    assert (owes(quay), quay.lies_with(quay.sal, Purpose.PAYABLE)) == (0, EARNED - 3_000)
    asked = [one for one in quay.intents() if one.kind is MoneyKind.TAKE_BACK]
    assert len({one.key for one in asked}) == len({one.receipt for one in asked}) == 2
    assert {one.reference for one in asked} == {payout.reference}


@pytest.mark.invariant(20, 40, 41)
def test_an_answer_that_is_lost_takes_back_once_and_nothing_pays_it_twice(quay: Quay) -> None:
    """The money comes back and nobody hears of it. Until it is known that part of the debt waits:
    what is earned meanwhile does not pay it as well, and it is not asked back again. Then it is
    known, by asking again with the same key."""
    payout = paid_out(quay)
    quay.bank.lose_answers(1)
    payout = take_back(quay, payout)
    assert (payout.taking_back, payout.taken_back, owes(quay)) == (EARNED, 0, EARNED)
    quay.sold()
    assert quay.lies_with(quay.sal, Purpose.PAYABLE) == EARNED
    for amount in (None, 1):
        with pytest.raises(Refused) as no:
            take_back(quay, payout, amount)
        assert no.value.code == "nothing_to_take_back"
    with pytest.raises(Conflict):
        quay.market.payouts.returned(payout.id, by=OPERATOR, reason="by post")
    assert faults(quay.market) == []
    compared = quay.market.ledger.reconcile(quay.bank.name)
    assert (compared.waiting, compared.unexplained) == (1, 0)
    assert [one.why for one in compared.differences] == ["under way"]
    quay.wait(HOUR)
    payout = now_of(quay, payout)
    assert (payout.taking_back, payout.taken_back, owes(quay)) == (0, EARNED, 0)
    assert quay.lies_with(quay.sal, Purpose.PAYABLE) == EARNED


@pytest.mark.invariant(20, 21)
def test_what_is_refunded_meanwhile_is_owed_beside_it(quay: Quay) -> None:
    """50.00 are just being taken back when the other half is refunded too: the deal is settled
    anew, what waits is left alone, and the rest of the debt comes back by an order of its own."""
    payout = paid_out(quay, refunded=5_000)
    quay.bank.lose_answers(1)
    take_back(quay, payout)
    (deal,) = [one for one in quay.market.transactions.list(by=OPERATOR).items if not one.origin_id]
    give_back(quay, deal.id, 10_000)
    quay.wait(HOUR)
    net = owes(quay) - quay.lies_with(quay.sal, Purpose.PAYABLE)
    assert (now_of(quay, payout).taken_back, net) == (5_000, EARNED - 5_000)
    assert take_back(quay, payout).taken_back == EARNED
    assert (owes(quay), quay.lies_with(quay.sal, Purpose.PAYABLE)) == (0, 0)


@pytest.mark.attack(48, 49)
@pytest.mark.invariant(43)
def test_the_bank_s_notice_may_come_before_the_answer(quay: Quay) -> None:
    """The answer was lost, and the bank tells first, twice: what it tells is the answer, or is told
    again once there is one; either way it counts once."""
    payout = paid_out(quay)
    quay.told()
    quay.bank.lose_answers(1)
    take_back(quay, payout)
    sent = quay.bank.notices()
    assert sent
    if quay.bank.name == "stripe":
        # It tells how the transfer stands, not whose order that was.
        with pytest.raises(Conflict) as not_yet:
            quay.told(*sent)
        assert not_yet.value.code == "not_yet"
        quay.wait(MINUTE)
    quay.told(*sent, *sent)
    assert (now_of(quay, payout).taken_back, owes(quay)) == (EARNED, 0)
    assert quay.differing() == []


@pytest.mark.invariant(20)
def test_what_lies_there_no_more_is_owed_as_before(quay: Quay) -> None:
    """The seller moved it on: the bank says no, and why; the debt stands, and the next sale pays
    it, as if nobody had asked."""
    spend = quay.bank.spender(quay.market, quay.sal)
    payout = paid_out(quay)
    spend()
    payout = take_back(quay, payout)
    assert (payout.state, payout.taken_back, payout.taking_back) == ("paid", 0, 0)
    assert payout.reasons[-1].code == "payout_account_short"
    told = quay.market.why.payout(payout.id, by=quay.sal)
    assert any("not so much in the account" in one.text for one in told)
    assert [one.state for one in quay.intents() if one.kind is MoneyKind.TAKE_BACK] == ["failed"]
    assert owes(quay) == EARNED
    quay.sold()
    assert (owes(quay), quay.lies_with(quay.sal, Purpose.PAYABLE)) == (0, 0)


def test_a_no_that_is_heard_late_is_paid_by_what_was_earned_meanwhile(quay: Quay) -> None:
    """The bank's no is lost; a sale is settled before it is heard. Nothing came back, so what was
    earned pays the debt then: nobody has earnings and a debt at once."""
    spend = quay.bank.spender(quay.market, quay.sal)
    payout = paid_out(quay)
    spend()
    quay.bank.lose_answers(1)
    take_back(quay, payout)
    quay.sold()
    assert (owes(quay), quay.lies_with(quay.sal, Purpose.PAYABLE)) == (EARNED, EARNED)
    quay.wait(HOUR)
    assert (owes(quay), quay.lies_with(quay.sal, Purpose.PAYABLE)) == (0, 0)
    assert now_of(quay, payout).reasons[-1].code == "payout_account_short"


@pytest.mark.parametrize("cents", [EARNED + 1, 5_001, 0, -1])
def test_never_more_than_is_owed(quay: Quay, cents: int) -> None:
    """50.00 are owed: a cent more, nothing, and less than nothing are refused with what may be, and
    nobody is asked."""
    payout = paid_out(quay, refunded=5_000)
    with pytest.raises(Refused) as no:
        take_back(quay, payout, cents)
    assert no.value.code == "take_back_out_of_bounds"
    assert dict(no.value.params) == {"asked": cents, "left": EARNED, "owed": 5_000, "most": 5_000}
    assert now_of(quay, payout) == payout
    assert [one for one in quay.intents() if one.kind is MoneyKind.TAKE_BACK] == []
    assert take_back(quay, payout).taken_back == 5_000


def test_never_more_than_that_payout_was(quay: Quay) -> None:
    """Two payouts, both sales refunded: of the first comes back what it was and no more, though
    twice as much is owed; the rest comes back of the second."""
    first, second = two_refunded(quay)
    with pytest.raises(Refused) as no:
        take_back(quay, first, EARNED + 1)
    assert no.value.params["most"] == EARNED
    assert (take_back(quay, first).taken_back, owes(quay)) == (EARNED, EARNED)
    with pytest.raises(Refused, match=r"0\.00 of the payout is left"):
        take_back(quay, first, 1)
    with pytest.raises(IllegalTransition, match="taken back"):
        quay.market.payouts.returned(first.id, by=OPERATOR, reason="by post")
    assert (take_back(quay, second).taken_back, owes(quay)) == (EARNED, 0)


def test_only_the_operator_takes_back_and_says_why(quay: Quay) -> None:
    """The payee, anybody else and the payment provider may not; without a reason, in another
    currency, or as a bare number it is not understood."""
    payout = paid_out(quay)
    take = quay.market.payouts.take_back
    for who in (quay.sal, quay.tom, PAYMENT_PROVIDER):
        with pytest.raises(Forbidden):
            take(payout.id, by=who, reason="mine")
    with pytest.raises(InvalidInput):
        take(payout.id, by=OPERATOR, reason=" ")
    with pytest.raises(InvalidInput, match="in USD"):
        take(payout.id, by=OPERATOR, reason="so", amount=Money(1, "NPR"))
    with pytest.raises(InvalidInput, match="Money"):
        take(payout.id, by=OPERATOR, reason="so", amount=100)  # type: ignore[arg-type]
    assert owes(quay) == EARNED


@pytest.mark.attack(63)
@pytest.mark.invariant(20, 44)
def test_what_was_not_taken_back_may_still_come_back_by_itself(quay: Quay) -> None:
    """40.00 of 90.00 are taken back, then the bank sends back what is left: 50.00 are earned again,
    the rest of the debt paid first, and nothing comes back twice."""
    payout = paid_out(quay, refunded=5_000)
    payout = take_back(quay, payout, 4_000)
    quay.told()
    quay.wait(2 * DAY)
    quay.bank.return_payout(str(payout.reference))
    sent = quay.bank.notices()
    quay.told(*sent, *sent)
    payout = now_of(quay, payout)
    assert (payout.state, payout.taken_back) == ("returned", 4_000)
    assert (owes(quay), quay.lies_with(quay.sal, Purpose.PAYABLE)) == (0, 4_000)
    assert quay.agrees()
    with pytest.raises(IllegalTransition, match="only a paid payout"):
        take_back(quay, payout)


@pytest.mark.attack(52)
@pytest.mark.invariant(41)
def test_what_somebody_takes_back_by_hand_is_told_as_a_difference(stripe_quay: Quay) -> None:
    """In Stripe's dashboard a person reverses 10.00 of a transfer: nothing is corrected here, the
    operator finds it listed; what is taken back by our own order beside it is known as ours."""
    quay = stripe_quay
    payout = paid_out(quay, refunded=5_000)
    quay.told()
    quay.bank.by_hand(
        "a reversal",
        lambda stripe: stripe.v1.transfers.reversals.create(
            str(payout.reference), params={"amount": 1_000}
        ),
    )
    quay.told()
    (one,) = quay.differing()
    assert one.reasons[0].code == "payout_differs"
    assert (now_of(quay, payout), owes(quay)) == (payout, 5_000)
    (found,) = quay.market.ledger.reconcile("stripe").differences
    assert (found.why, found.theirs, found.about) == ("theirs not ours", 1_000, payout.reference)
    assert take_back(quay, payout).taken_back == 5_000
    quay.told()
    assert len(quay.differing()) == 2
    assert len(quay.market.ledger.reconcile("stripe").differences) == 1
    quay.by_hand = True


def test_the_statement_says_what_was_taken_back(quay: Quay) -> None:
    """The seller reads it with its words, in both languages, beside the refund that it pays; what
    was asked and came to nothing is no entry."""
    payout = take_back(quay, paid_out(quay))
    statement = quay.market.ledger.statement(quay.sal.id, USD, by=quay.sal)
    (entry,) = [one for one in statement.entries if one.kind == "payout taken back"]
    assert (entry.amount.amount, entry.cause) == (EARNED, payout.id)
    assert entry.text == "taken back of what was paid out: a debt is paid"
    assert statement.closing == Money(0, USD)
    nepali = quay.market.ledger.statement(quay.sal.id, USD, by=quay.sal, language="ne")
    assert "दिइसकेको रकमबाट फिर्ता लिइयो: ऋण तिरियो" in [one.text for one in nepali.entries]


def _driver_in_debt(town: Town, account: str = "acc_ram") -> tuple[Driver, Payout]:
    """A driver who was paid out what he earned by card, and then drove for cash: he owes the
    commission."""
    ram = town.driver()
    named = town.market.parties.set_payout_account("NPR", account, by=ram.party, provider="sandbox")
    town.market.parties.judge_payout_account(named.id, approve=True)
    town.settled(town.rider(), ram, "card")
    made = town.market.payouts.make(by=OPERATOR, party=ram.id, currency="NPR")
    town.online(ram)
    town.settled(town.rider("Gita"), ram, "cash")
    assert town.balance(ram, Purpose.RECEIVABLE) > 1_000
    return ram, town.market.payouts.get(made.id, by=OPERATOR)


def test_who_takes_nothing_back_says_so(open_town: OpenTown) -> None:
    """A payout by a payment provider that takes nothing back is refused, with who does: nobody
    here; and the debt stands."""
    never = Sandbox(takes_back=False)
    town = open_town(sandbox=never, payouts=PayoutPlan(every=None, minimum=1))
    ram, payout = _driver_in_debt(town)
    owed = town.balance(ram, Purpose.RECEIVABLE)
    with pytest.raises(Refused, match="payouts are by: none") as no:
        town.market.payouts.take_back(payout.id, by=OPERATOR, reason="so")
    assert (no.value.code, no.value.params["able"]) == ("cannot_take_back", [])
    assert town.balance(ram, Purpose.RECEIVABLE) == owed


def test_what_was_handed_over_is_not_taken_back_from_here(open_town: OpenTown) -> None:
    """A payout by hand that was not handed over yet is no paid one; once it was, it is refused with
    who can: the payee gives it back by hand."""
    town = open_town(payouts=PayoutPlan(every=None, minimum=1))
    ram = town.driver()
    town.settled(town.rider(), ram, "card")
    by_hand = town.market.payouts.make(by=OPERATOR, party=ram.id, currency="NPR")
    with pytest.raises(IllegalTransition, match="made"):
        town.market.payouts.take_back(by_hand.id, by=OPERATOR, reason="so")
    town.market.payouts.confirm(by_hand.id, by=OPERATOR, reference="receipt 1")
    with pytest.raises(Refused, match=r"a payout by hand is not .* payouts are by: sandbox"):
        town.market.payouts.take_back(by_hand.id, by=OPERATOR, reason="so")


@pytest.mark.invariant(20)
@pytest.mark.parametrize("account", ["acc_ram", EMPTY_ACCOUNT])
def test_credit_does_not_pay_what_is_just_being_taken_back(
    open_town: OpenTown, account: str
) -> None:
    """A driver tops up while his debt is being taken back: all of it is his credit. If nothing can
    be taken back, his credit pays the debt, once that is known."""
    answers = [1]
    town = open_town(
        sandbox=Sandbox(after=lambda order, answer: _lost(order, answers)),
        payouts=PayoutPlan(provider="sandbox", every=None, minimum=1),
    )
    ram, payout = _driver_in_debt(town, account)
    owed = town.balance(ram, Purpose.RECEIVABLE)
    town.market.payouts.take_back(payout.id, by=OPERATOR, reason="so")
    town.top_up(ram, 5_000, "slip")
    assert town.accounts(ram) == {"provider receivable": owed, "wallet": 5_000}
    with pytest.raises(InvalidInput, match=r"0\.00 is owed"):
        town.market.payments.write_off(ram.id, town.money(1), reason="so")
    town.wait(HOUR)
    came = account != EMPTY_ACCOUNT
    assert town.accounts(ram) == {"wallet": 5_000 if came else 5_000 - owed}
    assert town.market.payouts.get(payout.id, by=OPERATOR).taken_back == (owed if came else 0)
    assert faults(town.market) == []


def _lost(order: Order, answers: list[int]) -> None:
    """The first answer to a take-back is lost."""
    if order.kind is MoneyKind.TAKE_BACK and answers:
        answers.clear()
        raise PaymentProviderUnavailable("the answer was lost")
