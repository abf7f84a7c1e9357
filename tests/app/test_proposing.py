"""Rows that need both sides: proposed by one, taken by the other exactly so."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from marketplace import (
    CUSTOMER,
    DAY,
    HOUR,
    OPERATOR,
    PROVIDER,
    SETTLE,
    Conflict,
    Expired,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    ManualClock,
    Money,
    NotFound,
    Offer,
    Party,
    Process,
    ProcessError,
    SoldOut,
    Transaction,
    Transition,
    prove,
)
from marketplace.plugins.sandbox import CARD
from tests.support.lessons import LESSON_ROWS, MONDAY, School, lesson, open_school

THURSDAY = MONDAY + 3 * DAY
LATER = MONDAY + 10 * DAY
BOTH = (CUSTOMER, PROVIDER)


def agreed_lesson() -> Process:
    """A lesson whose time is moved only when both want it."""
    rows = [
        row.changed(agreed=True, who=BOTH) if row.name == "reschedule" else row
        for row in LESSON_ROWS
    ]
    return lesson(rows)


@pytest.fixture
def school(database_url: str) -> Iterator[School]:
    """Yield a school in which a lesson is moved by agreement, on each database."""
    opened = open_school(database_url, process=agreed_lesson())
    yield opened
    opened.market.close()


def to_later(school: School, one: Transaction, by: Party, **more: Any) -> Offer:
    """Somebody proposes two hours, a week later."""
    times = {"start": LATER, "end": LATER + 2 * HOUR}
    return school.market.offers.propose(one.id, "reschedule", by=by, **{**times, **more})


@pytest.mark.behaviour("S11")
def test_a_row_that_both_want_is_taken_as_it_was_proposed(school: School) -> None:
    """The fields and the price are frozen with the proposal; whoever accepts takes just these, by
    one row, and the terms say who proposed them and who agreed."""
    market = school.market
    one = school.book(school.ana, THURSDAY)
    market.advance(2 * DAY)
    assert school.state(one) == "secured"
    offer = to_later(school, one, school.ana)
    assert offer.quote_id is not None
    assert (offer.maker_id, offer.taker_id) == (school.ana.id, school.tutor.id)
    for side in (school.ana, school.tutor):
        assert market.quotes.get(offer.quote_id, by=side).payin == Money.of("80", "EUR")
    assert market.transactions.get(one.id, by=school.ana).moments["start"] == THURSDAY
    market.listings.change(school.listing.id, by=school.tutor, attributes={"per_hour": 9_000})
    moved = market.offers.accept(offer.id, by=school.tutor)
    assert (moved.state, moved.moments["start"]) == ("booked", LATER)
    assert market.transactions.payments(one.id, by=school.ana)[0].held == 0
    terms = market.transactions.terms(one.id, by=school.ana)[-1]
    lesson_line = next(line for line in terms.lines if line.code == "lesson")
    assert (terms.occasion, lesson_line.amount) == ("alteration", Money.of("80", "EUR"))
    assert market.offers.get(offer.id, by=school.ana).state == "accepted"
    told = market.why.transaction(one.id, by=school.ana)
    (said,) = (because.text for because in told if because.reason.code == "agreed_by_both")
    assert (school.ana.id in said, school.tutor.id in said) == (True, True)
    (event,) = (
        event
        for event in market.events.about(one.id, by=OPERATOR)
        if event.kind == "transaction.reschedule"
    )
    assert event.data["by"] == "provider"
    market.advance(LATER - 2 * DAY - school.now)
    assert market.transactions.payments(one.id, by=school.ana)[0].held == 8_000


def test_nobody_takes_alone_what_both_must_want(school: School) -> None:
    """Taking it is refused and says how; neither side accepts its own proposal, and a stranger
    finds none."""
    market = school.market
    one = school.book(school.ana, THURSDAY)
    times = {"start": LATER, "end": LATER + HOUR}
    for side in (school.ana, school.tutor):
        assert "propose reschedule" in market.transactions.allowed(one.id, by=side)
        with pytest.raises(IllegalTransition, match=r"needs both sides; may: offers\.propose"):
            market.transactions.take(one.id, "reschedule", by=side, **times)
    offer = to_later(school, one, school.tutor)
    with pytest.raises(Forbidden, match="answered by the other side"):
        market.offers.accept(offer.id, by=school.tutor)
    for do in (market.offers.accept, market.offers.decline, market.offers.withdraw):
        with pytest.raises(NotFound):
            do(offer.id, by=school.bea)
    with pytest.raises(NotFound):
        to_later(school, one, school.bea)
    with pytest.raises(IllegalTransition, match=r"withdraw needs nobody else; may: transactions"):
        market.offers.propose(one.id, "withdraw", by=school.ana)
    with pytest.raises(Forbidden, match="reschedule is for customer or provider"):
        market.offers.propose(one.id, "reschedule", by=OPERATOR, **times)
    with pytest.raises(InvalidInput, match="taken as it is"):
        market.offers.accept(offer.id, by=school.ana, start=LATER)
    assert school.state(one) == "booked"


def test_a_proposal_is_checked_when_it_is_made(school: School) -> None:
    """What could never be taken is refused at once, with nothing written."""
    market = school.market
    one = school.book(school.ana, THURSDAY)
    with pytest.raises(InvalidInput, match="asks for end"):
        market.offers.propose(one.id, "reschedule", by=school.ana, start=LATER)
    with pytest.raises(InvalidInput, match="does not ask for price"):
        to_later(school, one, school.ana, price=3)
    with pytest.raises(InvalidInput, match="end after it starts"):
        to_later(school, one, school.ana, end=LATER - HOUR)
    with pytest.raises(InvalidInput, match="longer than no time"):
        to_later(school, one, school.ana, lives=timedelta(0))
    with pytest.raises(InvalidInput, match="name it with to=") as refused:
        to_later(school, one, school.ana, to="cohost")
    assert f"provider {school.tutor.id}" in str(refused.value)
    assert to_later(school, one, school.ana, to=PROVIDER).taker_id == school.tutor.id
    assert to_later(school, one, school.ana, to=school.tutor.id).taker_id == school.tutor.id
    (offer,) = market.offers.list(by=school.tutor, state="made")
    assert offer.proposed is not None
    assert offer.proposed.asks["start"] == LATER.isoformat()


def test_a_proposal_is_declined_expires_or_is_taken_back(school: School) -> None:
    """A no, no answer, or another proposal of the same side: the deal stays as it was."""
    market = school.market
    one = school.book(school.ana, LATER + 5 * DAY)
    declined = to_later(school, one, school.ana)
    assert market.offers.decline(declined.id, by=school.tutor, reason="away").state == "declined"
    replaced = to_later(school, one, school.ana)
    expired = to_later(school, one, school.ana, lives=HOUR)
    assert market.offers.get(replaced.id, by=school.ana).state == "withdrawn"
    market.advance(HOUR)
    assert market.offers.get(expired.id, by=school.ana).state == "expired"
    with pytest.raises(Expired):
        market.offers.accept(expired.id, by=school.tutor)
    taken_back = to_later(school, one, school.ana)
    assert market.offers.withdraw(taken_back.id, by=school.ana).state == "withdrawn"
    assert market.transactions.get(one.id, by=school.ana).moments["start"] == LATER + 5 * DAY
    assert len(market.transactions.terms(one.id, by=school.ana)) == 1
    said = {because.reason.code for because in market.why.transaction(one.id, by=school.ana)}
    assert {"proposal_was_declined", "proposal_was_expired", "proposal_was_withdrawn"} <= said


@pytest.mark.behaviour("C8")
def test_a_proposal_is_countered_with_other_fields(school: School) -> None:
    """The other side answers with a proposal of its own; what it does not name stays as it was."""
    market = school.market
    one = school.book(school.ana, THURSDAY)
    first = to_later(school, one, school.ana)
    second = market.offers.counter(first.id, by=school.tutor, end=LATER + HOUR)
    assert market.offers.get(first.id, by=school.ana).state == "countered"
    assert (second.counters_id, second.taker_id) == (first.id, school.ana.id)
    assert second.quote_id is not None
    assert market.quotes.get(second.quote_id, by=school.ana).payin == Money.of("40", "EUR")
    with pytest.raises(IllegalTransition, match="proposed rows are countered"):
        market.offers.counter(second.id, by=school.ana, price=Money.of("1", "EUR"))
    moved = market.offers.accept(second.id, by=school.ana)
    assert moved.moments == {"start": LATER, "end": LATER + HOUR}


def test_a_proposal_is_over_when_the_deal_is_another_one(school: School) -> None:
    """Whoever waits too long finds that the state or the terms changed, and nothing is taken."""
    market = school.market
    one = school.book(school.ana, THURSDAY)
    mine, yours = to_later(school, one, school.ana), to_later(school, one, school.tutor)
    moved = market.offers.accept(mine.id, by=school.tutor)
    assert market.offers.get(yours.id, by=school.ana).state == "lost"
    with pytest.raises(Conflict, match="this offer is lost"):
        market.offers.accept(yours.id, by=school.ana)
    late = market.offers.propose(
        one.id,
        "reschedule",
        by=school.ana,
        start=LATER + DAY,
        end=LATER + DAY + HOUR,
        lives=30 * DAY,
    )
    market.advance(moved.moments["start"] - 2 * DAY - school.now)
    assert school.state(one) == "secured"
    assert market.offers.get(late.id, by=school.ana).state == "lost"
    said = [because.reason.code for because in market.why.transaction(one.id, by=school.tutor)]
    assert said.count("proposal_was_lost") == 2


def test_what_is_sold_out_meanwhile_stays_proposed(school: School) -> None:
    """Accepting what nobody can have any more changes nothing; it can be accepted once it is free
    again."""
    market = school.market
    one = school.book(school.ana, THURSDAY)
    offer = to_later(school, one, school.ana)
    other = school.book(school.bea, LATER + HOUR)
    with pytest.raises(SoldOut):
        market.offers.accept(offer.id, by=school.tutor)
    assert market.offers.get(offer.id, by=school.ana).state == "made"
    market.transactions.take(other.id, "withdraw", by=school.bea)
    assert market.offers.accept(offer.id, by=school.tutor).moments["start"] == LATER


def test_a_clock_row_that_is_due_goes_before_an_agreement(school: School) -> None:
    """However late the worker is, nothing is agreed past a row of the clock; the same key gives the
    same proposal."""
    market = school.market
    one = school.book(school.ana, THURSDAY)
    offer = to_later(school, one, school.ana, key="k1", lives=9 * DAY)
    assert to_later(school, one, school.ana, key="k1", lives=9 * DAY) == offer
    clock = market.context.clock
    assert isinstance(clock, ManualClock)
    clock.advance(2 * DAY)
    with pytest.raises(Expired, match="comes too late: 'secure' is due"):
        market.offers.accept(offer.id, by=school.tutor)


def test_what_is_agreed_is_no_way_out_of_the_proof() -> None:
    """A process in which only an agreement ends what is held is refused; a hold that an agreed row
    carries to another start is refused, too."""
    rows = [*LESSON_ROWS, Transition("part", BOTH, "taught", "completed", SETTLE, agreed=True)]
    assert prove(lesson(rows)).holds_good
    with pytest.raises(ProcessError) as refused:
        lesson([row for row in rows if row.name != "settle"])
    assert {fault.code for fault in refused.value.faults} >= {"unbounded", "never_ends"}
    carried = [
        row.changed(agreed=True, who=BOTH, to="secured", sources=("secured",), effects=())
        if row.name == "reschedule"
        else row
        for row in LESSON_ROWS
    ]
    proof = prove(lesson(carried), CARD)
    assert {fault.code for fault in proof.faults} == {"hold_dies"}
