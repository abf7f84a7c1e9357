"""What a dispute stops and what it does not: nobody is given money, and nobody is frozen."""

import pytest
from attrs import evolve

from marketplace import (
    CUSTOMER,
    DAY,
    HOUR,
    MINUTE,
    OPERATOR,
    PROVIDER,
    SECOND,
    Conflict,
    Dispute,
    Event,
    Expired,
    IllegalTransition,
    Line,
    Purpose,
    Refused,
    Transaction,
)
from marketplace.plugins.rides import (
    CancellationRow,
    CancellationTerms,
    NoShow,
    Rides,
    kathmandu_bike,
)
from tests.support.ride_world import OpenTown, Town

FEE = 4_000
HALF = 2_000


@pytest.fixture
def strict(open_town: OpenTown) -> Town:
    """A town where a no-show costs forty rupees, and a late cancellation twenty."""
    terms = CancellationTerms(
        grace_s=60,
        rows=(
            CancellationRow(fault="nobody"),
            CancellationRow(by="customer", fault="customer", fixed=HALF),
            CancellationRow(
                by="provider", fault="provider", fixed=1_000, payer="provider", payee="customer"
            ),
        ),
    )
    no_show = NoShow(after_s=300, fee=FEE, waiting_too=False)
    return open_town(
        rides=Rides(fare=evolve(kathmandu_bike(), cancellation=terms, no_show=no_show))
    )


def disputed(town: Town, ride: Transaction, by: object) -> Dispute:
    """Somebody says that the deal was not kept."""
    return town.market.disputes.open(ride.id, by=by, cause="not kept")  # type: ignore[arg-type]


def events_of(town: Town, dispute: Dispute, *kinds: str) -> list[Event]:
    """What was told of a dispute, of these kinds."""
    told = town.market.events.about(dispute.id, by=OPERATOR)
    return [one for one in told if one.kind in kinds]


def escrow(town: Town, ride: Transaction) -> int:
    """What lies in escrow for a ride."""
    return town.balance(ride.id, Purpose.ESCROW)


@pytest.mark.behaviour("C15", "C23", "R13")
@pytest.mark.parametrize("end", ["withdraw", "decide"])
def test_a_disputed_no_show_ends_and_its_fee_waits(strict: Town, end: str) -> None:
    """A rider who disputes while the driver waits cannot keep him there: the no-show is taken, the
    driver is free, the fee is captured and lies in escrow; when the dispute has ended the driver
    is credited, and nothing is left in escrow."""
    town, market = strict, strict.market
    sita, ram = town.rider(), town.driver()
    ride = town.arrived(sita, ram, "card")
    dispute = disputed(town, ride, sita)
    town.wait(5 * MINUTE)
    assert town.take(ride, "no_show", ram).state == "no_show"
    town.online(ram)
    assert escrow(town, ride) == FEE
    assert town.accounts(ram) == {}
    town.accepted(town.rider("Gita"), ram)
    town.wait(2 * DAY)
    assert (escrow(town, ride), town.accounts(ram)) == (FEE, {})
    why = [one.text for one in market.why.transaction(ride.id, by=sita)]
    assert "the price lies in escrow until the dispute has ended" in why
    if end == "withdraw":
        market.disputes.withdraw(dispute.id, by=sita)
    else:
        market.disputes.decide(dispute.id, outcome={"for": "the driver"})
    assert escrow(town, ride) == 0
    assert sum(town.accounts(ram).values()) + town.house(Purpose.REVENUE) == FEE
    kinds = [one.kind for one in market.events.about(ride.id, by=OPERATOR)]
    assert kinds[-3:] == [
        "transaction.settlement_waits",
        "transaction.no_show",
        "transaction.settlement_done",
    ]


@pytest.mark.behaviour("C15", "C23", "R14")
def test_a_disputed_ride_is_cancelled_by_either_side(strict: Town) -> None:
    """A driver who disputes cannot keep the rider: the ride is cancelled, and the fee waits. A
    driver who gives the ride up pays his penalty though it is disputed, and another one is
    looked for."""
    town = strict
    sita, gita, ram = town.rider(), town.rider("Gita"), town.driver()
    ride = town.accepted(sita, ram, "card")
    dispute = disputed(town, ride, ram.party)
    town.wait(2 * MINUTE)
    assert town.take(ride, "cancel", sita).state == "cancelled"
    assert (escrow(town, ride), town.accounts(ram)) == (HALF, {})
    town.online(ram, state="offline")
    hari = town.driver("Hari")
    other = town.accepted(gita, hari, "card")
    disputed(town, other, gita)
    assert town.take(other, "driver_cancel", hari).state == "searching"
    assert town.accounts(hari) == {"provider receivable": 1_000}
    town.market.disputes.decide(dispute.id, outcome={})
    assert escrow(town, ride) == 0


@pytest.mark.behaviour("C15")
def test_any_split_may_be_decided_of_what_waits(strict: Town) -> None:
    """Lines that the operator decides hold at once, before anybody was paid by the old ones: the
    driver gets what they give him, the rider what they leave; more than was taken is refused with
    the dispute still open, and where nothing waits there is nothing to divide."""
    town, market = strict, strict.market
    sita, ram = town.rider(), town.driver()
    ride = town.arrived(sita, ram, "card")
    dispute = disputed(town, ride, sita)

    def to_driver(amount: int) -> list[Line]:
        return [Line("decided", town.money(amount), "customer", "provider", "operator.decided")]

    with pytest.raises(IllegalTransition, match="nothing of this deal waits"):
        market.disputes.decide(dispute.id, outcome={}, lines=to_driver(1))
    town.wait(5 * MINUTE)
    town.take(ride, "no_show", ram)
    with pytest.raises(Refused, match="more than were taken"):
        market.disputes.decide(dispute.id, outcome={}, lines=to_driver(FEE + 1))
    assert market.disputes.get(dispute.id, by=sita).state == "open"
    market.disputes.decide(dispute.id, outcome={"for": "both"}, lines=to_driver(1_000))
    assert (escrow(town, ride), town.accounts(ram)) == (0, {"provider payable": 1_000})
    (payment,) = market.transactions.payments(ride.id, by=OPERATOR)
    assert (payment.captured, payment.refunded) == (FEE, FEE - 1_000)
    said = [one.text for one in market.why.transaction(ride.id, by=ram.party)]
    assert "the operator decided the dispute about “not kept”: this is what holds now" in said


@pytest.mark.behaviour("C15")
def test_a_settlement_waits_for_the_end_of_a_dispute_and_not_an_hour_longer(town: Town) -> None:
    """A ride that ended is not settled while it is disputed, however often the clock comes, and is
    tried once; when the dispute ends it is settled by the next tick."""
    sita, ram = town.rider(), town.driver()
    ride = town.finished(sita, ram, "card")
    dispute = disputed(town, ride, sita)
    town.clock.advance(3 * DAY)
    first, second = town.market.tick(), town.market.tick()
    assert (first.refused, second.timers, second.refused) == (0, 0, 0)
    assert town.now(ride).state == "completed"
    town.market.disputes.withdraw(dispute.id, by=sita)
    assert town.market.tick().timers == 1
    assert town.now(ride).state == "settled"


@pytest.mark.behaviour("C15", "C23")
@pytest.mark.parametrize("by", ["the clock", "a party"])
def test_a_dispute_that_nobody_decides_lapses(
    strict: Town, by: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Brought to the operator by whoever, a dispute is decided within thirty days: three before he
    is warned, once; then it ends, the money goes by the terms, both are told, and nothing of it is
    due any more."""
    town, market = strict, strict.market
    sita, ram = town.rider(), town.driver()
    ride = town.arrived(sita, ram, "card")
    dispute = disputed(town, ride, sita)
    town.wait(5 * MINUTE)
    town.take(ride, "no_show", ram)
    if by == "a party":
        market.disputes.escalate(dispute.id, by=ram.party)
        market.disputes.escalate(dispute.id, by=OPERATOR)
    else:
        market.advance(72 * HOUR - 5 * MINUTE)
    began = market.context.now()
    assert market.disputes.get(dispute.id, by=sita).state == "escalated"
    (told,) = events_of(town, dispute, "dispute.escalated")
    assert told.data["decide_by"] == (began + 30 * DAY).isoformat()
    market.advance(27 * DAY - MINUTE)
    assert events_of(town, dispute, "dispute.decision_due") == []
    market.advance(MINUTE)
    assert len(events_of(town, dispute, "dispute.decision_due")) == 1
    assert f"{dispute.id} of {ride.id} waits for a decision" in caplog.text
    market.advance(3 * DAY - MINUTE)
    assert (escrow(town, ride), town.accounts(ram)) == (FEE, {})
    market.advance(MINUTE)
    assert market.disputes.get(dispute.id, by=sita).state == "lapsed"
    assert escrow(town, ride) == 0
    assert town.accounts(ram) != {}
    (lapsed,) = events_of(town, dispute, "dispute.lapsed")
    for party in (sita, ram.party):
        assert lapsed in [one.event for one in market.events.feed(by=party)]
    with pytest.raises(IllegalTransition, match="this dispute is lapsed"):
        market.disputes.decide(dispute.id, outcome={})
    assert market.tick().refused == 0


@pytest.mark.behaviour("C15")
@pytest.mark.parametrize("end", ["decide", "withdraw"])
def test_a_dispute_that_was_ended_is_neither_warned_of_nor_lapses(town: Town, end: str) -> None:
    """Decided or withdrawn in time it stays so, and nothing more is said of it."""
    sita, ram = town.rider(), town.driver()
    ride = town.finished(sita, ram, "card")
    dispute = disputed(town, ride, sita)
    town.market.disputes.escalate(dispute.id, by=ram.party)
    town.market.advance(20 * DAY)
    if end == "decide":
        town.market.disputes.decide(dispute.id, outcome={"for": "the driver"})
    else:
        town.market.disputes.withdraw(dispute.id, by=sita)
    town.market.advance(20 * DAY)
    assert events_of(town, dispute, "dispute.decision_due", "dispute.lapsed") == []
    ended = town.market.disputes.get(dispute.id, by=sita)
    assert ended.state == {"decide": "decided", "withdraw": "withdrawn"}[end]


@pytest.mark.attack(62)
@pytest.mark.behaviour("C15")
def test_what_lies_in_escrow_is_not_corrected_before_the_decision(strict: Town) -> None:
    """While a dispute is open the operator cannot give the money away by a correction either; once
    it is decided, a correction gives back what was decided and no more than was taken."""
    town, market = strict, strict.market
    sita, ram = town.rider(), town.driver()
    ride = town.arrived(sita, ram, "card")
    dispute = disputed(town, ride, sita)
    town.wait(5 * MINUTE)
    town.take(ride, "no_show", ram)
    correction = {"by": OPERATOR, "entry": "lower", "lines": []}
    with pytest.raises(Conflict, match="disput"):
        market.transactions.follow_up(ride.id, "adjustment", **correction)
    assert escrow(town, ride) == FEE
    market.disputes.decide(dispute.id, outcome={"for": "the rider"})
    market.transactions.follow_up(ride.id, "adjustment", **correction)
    assert town.sandbox.balance(town.currency).amount == 0
    assert (escrow(town, ride), town.accounts(ram)) == (0, {})


def test_a_dispute_during_a_call_outside_stops_what_follows(open_town: OpenTown) -> None:
    """A dispute that is opened while a capture has no answer yet is in time: when the answer comes
    the row goes on to its end, and the money waits."""
    terms = NoShow(after_s=300, fee=FEE, waiting_too=False)
    town = open_town(rides=Rides(fare=evolve(kathmandu_bike(), no_show=terms)), eager=False)
    sita, ram = town.rider(), town.driver()
    order = town.order(sita, "card")
    town.market.tick()
    town.dispatch()
    town.market.offers.accept(town.offer_to(ram), by=ram.party)
    town.take(order, "arrive", ram)
    town.wait(5 * MINUTE)
    assert town.take(order, "no_show", ram).pending is not None
    dispute = disputed(town, order, sita)
    town.market.tick()
    assert town.now(order).state == "no_show"
    assert (escrow(town, order), town.accounts(ram)) == (FEE, {})
    town.market.disputes.decide(dispute.id, outcome={})
    assert escrow(town, order) == 0
    town.wait(HOUR)
    assert {seat.role for seat in town.market.transactions.seats(order.id, by=OPERATOR)} == {
        str(CUSTOMER),
        str(PROVIDER),
    }


@pytest.mark.behaviour("C15")
def test_a_dispute_is_opened_within_its_window(town: Town) -> None:
    """Until so long after its end a deal can be disputed, to the second, and not after that."""
    sita, ram = town.rider(), town.driver()
    ride = town.now(town.settled(sita, ram, "card"))
    assert ride.ended_at is not None
    last = ride.ended_at + town.market.context.vertical("rides").dispute_window
    town.wait(last - town.clock.now())
    market = town.market
    market.disputes.withdraw(disputed(town, ride, sita).id, by=sita)
    town.wait(SECOND)
    with pytest.raises(Expired, match="the time to dispute this is over"):
        disputed(town, ride, sita)
    assert [one.state for one in market.disputes.list(by=sita)] == ["withdrawn"]


@pytest.mark.behaviour("C15")
def test_nothing_that_was_shown_is_lost(town: Town) -> None:
    """What both sides show of a dispute stands there in order, with who showed it, until it ends;
    after that nothing more is shown."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    dispute = town.market.disputes.open(ride.id, by=sita, cause="late", text="an hour")
    for side, text in ((ram.party, "rain"), (sita, "no rain"), (ram.party, "a flood")):
        town.market.disputes.add_evidence(dispute.id, by=side, text=text)
    town.market.disputes.decide(dispute.id, outcome={})
    shown = [(sita.id, "an hour"), (ram.id, "rain"), (sita.id, "no rain"), (ram.id, "a flood")]
    for reader in (sita, ram.party, OPERATOR):
        found = town.market.disputes.get(dispute.id, by=reader)
        assert [(one.party_id, one.text) for one in found.evidence] == shown
    with pytest.raises(IllegalTransition, match="this dispute is decided"):
        town.market.disputes.add_evidence(dispute.id, by=sita, text="too late")
