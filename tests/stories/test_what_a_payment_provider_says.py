"""What a payment provider says by itself: read back, written once, in whatever order it comes."""

from itertools import permutations

import pytest

from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    WEEK,
    Conflict,
    Event,
    Finding,
    Forbidden,
    Intent,
    InvalidInput,
    NotFound,
    Notice,
    Order,
    Pay,
    PaymentProviderUnavailable,
    PaymentStands,
    PayoutPlan,
    Purpose,
    SetupError,
    Work,
)
from marketplace.plugins.sandbox import Sandbox
from tests.support.refusals import rows_of
from tests.support.ride_world import SECRETS, OpenTown, Town
from tests.support.told import agrees, charge, deliver, inbox, kinds, made_up, payment

PRICE = 19_700
PAID = PayoutPlan(provider="sandbox")


def events(town: Town, kind: str) -> list[dict[str, object]]:
    """What was told of a kind, oldest first."""
    with town.market.context.store.begin(write=False) as work:
        found = work.select(Event, {"kind": kind}, limit=1_000)
    return [dict(one.data) for one in found]


@pytest.mark.invariant(44)
def test_a_hold_that_died_early_is_told_and_given_up(town: Town) -> None:
    """The bank gives a hold up before its time: the ride that counts on it ends, nothing is held
    any more, and the inbox says that it came."""
    sita = town.rider()
    ride = town.order(sita, "card")
    assert payment(town, ride).held == PRICE
    town.sandbox.let_die(charge(town, ride))
    (receipt,) = deliver(town)
    assert receipt.outcome == "taken"
    assert payment(town, ride).held == 0
    assert [one.about for one in inbox(town.market)] == [charge(town, ride)]
    assert len(events(town, "payment.hold_died")) == 1
    town.wait(8 * DAY)
    assert town.now(ride).ended_at is not None
    assert len(events(town, "payment.hold_died")) == 1


@pytest.mark.attack(48, 63)
@pytest.mark.invariant(20, 44)
@pytest.mark.parametrize("times", [2, 10])
def test_a_payout_that_came_back_is_told_ten_times_and_counts_once(
    open_town: OpenTown, times: int
) -> None:
    """However often the same notice is sent, the earnings come back once; every sending is
    answered, and the first of them alone is new."""
    town = open_town(payouts=PAID)
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    town.wait(WEEK)
    (payout,) = town.market.payouts.list(by=ram.party, state="paid")
    assert payout.reference is not None
    town.sandbox.return_payout(payout.reference, "no such account")
    (sent,) = town.sandbox.notices()
    outcomes = [one.outcome for one in deliver(town, *[sent] * times)]
    assert outcomes == ["taken", *["known before"] * (times - 1)]
    assert town.market.payouts.get(payout.id, by=OPERATOR).state == "returned"
    assert town.accounts(ram) == {"provider payable": payout.amount}
    assert kinds(town, "payout returned") == 1
    assert len(inbox(town.market)) == 1
    assert agrees(town)


def corrected(town: Town) -> tuple[str, int]:
    """A ride by card whose way was shorter: the id of its rider, and what was given back."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    shorter = {"reason": "the map was wrong", "metres": 5_000, "seconds": 1_000}
    town.market.transactions.follow_up(
        ride.id, "adjustment", by=OPERATOR, entry="correct", asks=shorter
    )
    return sita.id, payment(town, ride).refunded


@pytest.mark.invariant(19, 46)
def test_a_refund_that_came_back_becomes_credit(town: Town) -> None:
    """A refund that the bank sends back weeks later is the rider's credit, once; it is found by
    the refund's own name, and both books agree before and after."""
    sita, given_back = corrected(town)
    assert given_back == 3_200
    assert agrees(town)
    (refund,) = [one for one in town.sandbox.movements() if one.kind == "refund"]
    town.sandbox.return_refund(refund.about)
    sent = town.sandbox.notices()
    deliver(town, *sent, *sent)
    assert town.accounts(sita) == {"wallet": given_back}
    assert kinds(town, "refund returned") == 1
    assert agrees(town)


@pytest.mark.attack(49)
@pytest.mark.invariant(43)
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_chargeback_ends_as_the_bank_says_in_whatever_order_it_is_told(
    open_town: OpenTown, order: tuple[int, ...]
) -> None:
    """Opened, lost, and won after all: three notices in each order, each told twice, end where the
    bank has ended, with the fee that it gave back, and the deal's money is everybody's again."""
    town = open_town(payouts=PAID)
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    earned = town.accounts(ram)
    back = town.sandbox.take_back(charge(town, ride), PRICE, 1_500)
    town.sandbox.keep(back)
    town.sandbox.give_back(charge(town, ride), PRICE, 500)
    sent = town.sandbox.notices()
    deliver(town, *(sent[at] for at in order for _ in range(2)))
    (one,) = town.market.chargebacks.list(by=OPERATOR)
    assert (one.state, one.reference, one.amount) == ("won", back, PRICE)
    assert town.accounts(ram) == earned
    assert town.house(Purpose.PROCESSOR_FEES) == 1_000
    assert agrees(town)


@pytest.mark.attack(62)
@pytest.mark.invariant(7)
def test_a_chargeback_told_step_by_step_stops_refunds_while_it_is_open(town: Town) -> None:
    """Told as it happens: while it is open what was earned cannot be paid out, nothing is given
    back besides, and a lost one is borne; in all no more went out than was taken."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    back = town.sandbox.take_back(charge(town, ride), PRICE)
    assert [one.outcome for one in deliver(town)] == ["taken"]
    assert town.market.payouts.due() == []
    town.sandbox.keep(back)
    deliver(town)
    (one,) = town.market.chargebacks.list(by=OPERATOR)
    assert one.state == "lost"
    assert town.sandbox.balance("NPR").amount == 0
    assert agrees(town)


def test_a_customer_who_confirms_at_the_bank_need_not_say_so_here(town: Town) -> None:
    """The bank asks, the rider says yes there and nothing here: the notice takes the ride on, with
    the hold that the bank made then and no second one."""
    sita = town.rider()
    ride = town.order(sita, Pay("card", means="tok_challenged"))
    assert ride.state == "challenged"
    with town.market.context.store.begin(write=False) as work:
        (asked,) = [one for one in _intents(work) if one.transaction_id == ride.id]
    assert asked.receipt is not None
    town.sandbox.confirm(asked.receipt)
    sent = town.sandbox.notices()
    deliver(town, *sent, *sent, made_up(town.sandbox, asked.receipt))
    assert town.now(ride).state == "searching"
    assert payment(town, ride).reference == asked.receipt
    assert [one["held"] for one in town.sandbox.charges()] == [PRICE]
    assert {one.state for one in inbox(town.market)} == {"taken"}
    assert town.market.payments.waiting() == []
    ram = town.driver()
    town.driven(ride, ram)
    town.wait(2 * HOUR)
    assert town.now(ride).state == "settled"
    assert agrees(town)


def test_a_customer_who_said_so_here_first_is_asked_for_nothing_more(town: Town) -> None:
    """The rider confirms at the bank and then here, before the notice comes: there is one hold,
    and the notice changes nothing."""
    sita = town.rider()
    ride = town.order(sita, Pay("card", means="tok_challenged"))
    with town.market.context.store.begin(write=False) as work:
        (asked,) = _intents(work)
    town.sandbox.confirm(str(asked.receipt))
    assert town.take(ride, "confirm", sita).state == "searching"
    before = rows_of(town.market, without=("command", "notice", "event"))
    (receipt,) = deliver(town)
    assert receipt.outcome == "taken"
    assert rows_of(town.market, without=("command", "notice", "event")) == before
    assert [one["held"] for one in town.sandbox.charges()] == [PRICE]


def test_a_customer_who_confirms_too_late_is_asked_no_more(town: Town) -> None:
    """The clock gave the ride up: what the bank still asked is called off there, once."""
    sita = town.rider()
    ride = town.order(sita, Pay("card", means="tok_challenged"))
    town.wait(HOUR)
    assert town.now(ride).state == "declined"
    assert town.sandbox.asking() == []
    with town.market.context.store.begin(write=False) as work:
        kinds = [(one.kind.value, one.state) for one in _intents(work)]
    assert sorted(kinds) == [("hold", "done"), ("void", "done")]
    assert town.house(Purpose.PROCESSOR_CLEARING) == 0
    assert agrees(town)


def _intents(work: Work) -> list[Intent]:
    return work.select(Intent, limit=1_000)


@pytest.mark.attack(49, 53)
@pytest.mark.invariant(40, 46)
def test_a_lost_answer_comes_with_the_notice(open_town: OpenTown) -> None:
    """The bank holds, and its answer is lost: the notice tells it, the ride goes on, and the worker
    that asks again finds it answered. Told in the wrong order, it ends the same."""
    sandbox = Sandbox(chatty=True, secrets=SECRETS)
    town = open_town(sandbox=sandbox)
    sandbox.now = town.clock.now
    answers: list[str] = []

    def lose(order: Order, answer: object) -> None:
        answers.append(order.kind.value)
        raise PaymentProviderUnavailable("the line broke")

    sandbox.after = lose
    sita, ram = town.rider(), town.driver()
    ride = town.order(sita, "card")
    assert ride.pending is not None
    (receipt,) = deliver(town)
    assert receipt.outcome == "taken"
    assert town.now(ride).state == "searching"
    town.driven(ride, ram)
    assert town.now(ride).pending is not None
    deliver(town, *reversed(sandbox.notices(again=True)))
    assert town.now(ride).pending is None
    town.wait(2 * HOUR)
    assert town.now(ride).state == "settled"
    assert answers == ["hold", "capture"]
    assert [one["captured"] for one in sandbox.charges()] == [PRICE]
    assert agrees(town)


@pytest.mark.invariant(44, 47)
def test_what_cannot_be_read_back_is_not_taken(town: Town) -> None:
    """Without an answer nothing is written, neither inbox nor effect, and the same notice is taken
    when it is sent again; nobody asks while a unit of work is open."""
    sita = town.rider()
    ride = town.order(sita, "card")
    town.sandbox.let_die(charge(town, ride))
    (sent,) = town.sandbox.notices()

    def mute(notice: Notice) -> None:
        assert not town.market.context.store.in_work()
        raise PaymentProviderUnavailable("no line")

    def broken(notice: Notice) -> None:
        raise ValueError("whsec_of_somebody")

    before = rows_of(town.market, without=())
    for fault in (mute, broken):
        town.sandbox.on_read = fault
        with pytest.raises(PaymentProviderUnavailable) as raised:
            deliver(town, sent)
        assert "whsec" not in str(raised.value)
    assert rows_of(town.market, without=()) == before
    town.sandbox.on_read = None
    assert [one.outcome for one in deliver(town, sent)] == ["taken"]
    assert payment(town, ride).held == 0
    with town.market.batch(), pytest.raises(SetupError):
        deliver(town, sent)


@pytest.mark.invariant(43)
def test_what_may_be_just_being_asked_for_is_told_again_later(town: Town) -> None:
    """A notice by a name that is not known yet is not set aside for ever, while an order is on its
    way that it may belong to: it is sent again, and then it is known, or nobody's."""
    town.market.context.eager = False
    ride = town.order(town.rider(), "card")
    with town.market.context.store.begin(write=False) as work:
        (asked,) = _intents(work)
    known: list[Finding] = []
    town.sandbox.read_back = lambda notice: list(known)  # type: ignore[method-assign]
    nothing = town.money(0)
    name = str(town.sandbox.carry_out(asked.order(payment(town, ride).party_id, "card")).reference)
    dead = PaymentStands(name, held=nothing, captured=nothing, refunded=nothing, dead=True)
    other = PaymentStands("ch_other", held=nothing, captured=nothing, refunded=nothing, dead=True)
    for finding in (dead, other):
        known[:] = [finding]
        with pytest.raises(Conflict) as raised:
            deliver(town, made_up(town.sandbox, finding.reference, id=finding.reference))
        assert raised.value.code == "not_yet"
    assert inbox(town.market) == []
    town.market.tick()
    assert payment(town, ride).held == PRICE
    for finding, outcome in ((dead, "taken"), (other, "set aside")):
        known[:] = [finding]
        sent = made_up(town.sandbox, finding.reference, id=finding.reference)
        assert [one.outcome for one in deliver(town, sent)] == [outcome]
    assert payment(town, ride).held == 0


@pytest.mark.attack(52)
@pytest.mark.invariant(36)
def test_an_amount_that_differs_stops_the_deal_and_corrects_nothing(town: Town) -> None:
    """The bank says that it took less than stands in the books: no journal is written, the deal is
    not settled, the operator is told and finds it listed; decided, it goes on for good."""
    sita, ram = town.rider(), town.driver()
    ride = town.finished(sita, ram, "card")
    with town.sandbox._kept.turn() as kept:
        kept.rows("UPDATE charge SET captured = captured - 100")
    before = town.market.ledger.trial()
    deliver(town, made_up(town.sandbox, charge(town, ride)))
    assert town.market.ledger.trial() == before
    (found,) = town.market.payments.notices(by=OPERATOR, state="differs")
    assert "captured NPR 196.00 and not NPR 197.00" in found.reasons[0].params["said"]
    (dispute,) = town.market.disputes.list(by=OPERATOR)
    assert (dispute.kind, dispute.state) == ("difference", "escalated")
    (told,) = events(town, "payment.differs")
    assert told["dispute"] == dispute.id
    town.wait(2 * HOUR)
    assert town.now(ride).state != "settled"
    assert town.accounts(ram) == {}
    for party in (sita, ram.party):
        with pytest.raises(Forbidden):
            town.market.disputes.withdraw(dispute.id, by=party)
    town.market.disputes.decide(dispute.id, outcome={"right": "books"})
    deliver(town, made_up(town.sandbox, charge(town, ride), id="again"))
    town.wait(2 * HOUR)
    assert town.now(ride).state == "settled"
    assert len(events(town, "payment.differs")) == 1


def test_a_difference_that_nobody_decides_is_not_for_ever(town: Town) -> None:
    """The operator is warned before his time is over; then the money goes by the terms, as with
    every dispute: nothing is held for ever."""
    sita, ram = town.rider(), town.driver()
    ride = town.finished(sita, ram, "card")
    with town.sandbox._kept.turn() as kept:
        kept.rows("UPDATE charge SET refunded = 100")
    deliver(town, made_up(town.sandbox, charge(town, ride)))
    town.market.advance(60 * DAY)
    (dispute,) = town.market.disputes.list(by=OPERATOR)
    assert dispute.state == "lapsed"
    assert len(events(town, "dispute.decision_due")) == 1
    assert town.now(ride).state == "settled"


def test_an_account_may_be_paid_when_its_provider_says_so(town: Town) -> None:
    """The payment provider verifies an account, restricts it, and lets it be paid again: payouts
    wait meanwhile, and the party is told."""
    ram = town.driver()
    account = town.market.parties.set_payout_account(
        "NPR", "acc_ram", by=ram.party, provider="sandbox"
    )
    states = []
    for payable in (True, False, False, True):
        town.sandbox.let_be_paid("acc_ram", payable=payable, reason="papers")
        deliver(town)
        (now,) = town.market.parties.payout_accounts(ram.id, by=ram.party)
        states.append(now.state)
    assert states == ["verified", "submitted", "submitted", "verified"]
    assert len(events(town, "party.payout_account_restricted")) == 1
    assert account.id == now.id


def test_only_who_tells_notices_is_asked_for_them_and_the_operator_reads_them(town: Town) -> None:
    """Cash tells nothing by itself; a party reads no inbox, and what is no body is refused."""
    sita = town.rider()
    with pytest.raises(NotFound, match="there are: sandbox"):
        town.market.payments.receive("cash", b"{}", {})
    with pytest.raises(InvalidInput, match="bytes as they came"):
        town.market.payments.receive("sandbox", "{}", {})  # type: ignore[arg-type]
    for read in (town.market.payments.notices, town.market.payments.untrusted):
        with pytest.raises(Forbidden):
            read(by=sita)
