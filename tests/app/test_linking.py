"""Deals beside a deal: opened and moved by its rows, in the same unit of work."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from marketplace import (
    CAPTURE,
    CLOCK,
    CUSTOMER,
    DAY,
    HOLD,
    HOUR,
    OPERATOR,
    ORIGIN,
    PAYMENT_PROVIDER,
    PROVIDER,
    SAVE,
    SETTLE,
    VOID,
    Actor,
    Ask,
    At,
    Bring,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    Line,
    ManualClock,
    Marketplace,
    Money,
    NotFound,
    Pay,
    PayoutPlan,
    PricingQuestion,
    Process,
    Proposal,
    Purse,
    Reason,
    ResourcePlan,
    Transaction,
    TransitionQuestion,
    Vertical,
    hookimpl,
    opens,
    takes,
)
from marketplace import Transition as T
from marketplace.app.door import Act
from marketplace.app.engine import take
from marketplace.app.linking import carry_out
from marketplace.app.move import Move
from marketplace.domain.drawing import mermaid
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet
from tests.support.lessons import (
    LESSON_ROWS,
    MONDAY,
    RULES,
    TIP,
    Lessons,
    School,
    lesson,
    or_else,
)

LATER = MONDAY + 10 * DAY
PAWN = Process(
    "pawn",
    "asked",
    {"given_back", "kept"},
    [
        T("promise", (CUSTOMER, ORIGIN), "asked", "promised", SAVE("pawn"), **or_else("asked")),
        T("hold", CLOCK, "promised", "held", HOLD("pawn"), at=At("start", -DAY),
          **or_else("lapsed")),
        T("hold_died", PAYMENT_PROVIDER, "held", "lapsed", on="hold_expired"),
        T("secure", CUSTOMER, "lapsed", "held", VOID("pawn"), HOLD("pawn"), **or_else("lapsed")),
        T("keep", PROVIDER, "held", "kept", CAPTURE("pawn"), SETTLE("pawn"), failed="lapsed"),
        T("shift", ORIGIN, ("promised", "held", "lapsed"), "promised", VOID("pawn"),
          lines="pawn", asks=[Ask("start", "time"), Ask("end", "time")]),
        T("call_off", ORIGIN, ("asked", "promised", "held", "lapsed"), "given_back", VOID("pawn")),
        T("give_back", (PROVIDER, CLOCK), ("asked", "promised", "held", "lapsed"), "given_back",
          VOID("pawn"), at=At("end", 14 * DAY)),
    ],
    purses=[Purse("pawn")],
    admits=["card", "wallet"],
)  # fmt: skip
"""A pawn for the instrument lent with a lesson: promised with it, held a day before."""
ENDS = ("drop", "withdraw", "cancel")


def linked_lesson() -> Process:
    """A lesson that opens a pawn, moves it with itself, and calls it off."""
    more = {"book": opens("pawn"), "reschedule": takes("pawn", "shift")}
    more |= dict.fromkeys(ENDS, takes("pawn", "call_off"))
    rows = [
        row.changed(effects=(*row.effects, more[row.name])) if row.name in more else row
        for row in LESSON_ROWS
    ]
    return lesson(rows)


class Lent(Lessons):
    """Lessons with an instrument: a pawn of a hundred, where the listing says so."""

    @hookimpl
    def bring(self) -> Bring:
        """The vertical with the pawn."""
        vertical = Vertical(
            "lessons",
            (linked_lesson(),),
            follow_ups=(TIP, PAWN),
            resources=(ResourcePlan("calendar", grain=15 * HOUR / 60),),
        )
        return Bring(verticals=(vertical,), rules=RULES)

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Proposal | Sequence[Line] | None:
        """The pawn on its occasion, where the tutor asks for one."""
        if question.occasion != "pawn":
            return Lessons.propose_lines(self, question)
        assert question.request is not None
        asked = question.request.attributes.get("pawn", 10_000)
        if not asked:
            return []
        amount, inputs = Money(asked, question.currency), {"amount": asked}
        return [
            Line("pawn", amount, "customer", "provider", "lessons.given", inputs=inputs,
                 purse="pawn")
        ]  # fmt: skip


def opened(url: str = "sqlite://", *more: object, **settings: Any) -> School:
    """A school that lends instruments."""
    clock = ManualClock(MONDAY)
    plugins = [Lent(), Sandbox(now=clock.now), Wallet(), *more]
    market = Marketplace.open(
        url, plugins, clock=clock, seed=1, payouts=PayoutPlan(provider="sandbox"), **settings
    )
    tutor, ana, bea = (market.parties.join(name) for name in ("Tom", "Ana", "Bea"))
    listing = market.listings.draft(
        "lessons", by=tutor, title="Cello", currency="EUR", attributes={"per_hour": 4_000}
    )
    return School(market, tutor, ana, bea, market.listings.publish(listing.id, by=tutor))


def booked(
    school: School, start: datetime = LATER, pay: Sequence[Pay] = (Pay("card"),), pawn: int = 10_000
) -> Transaction:
    """Ana books an hour, with a pawn of so much."""
    market = school.market
    request = market.requests.open(
        "lessons", by=school.ana, currency="EUR", listing=school.listing.id,
        start=start, end=start + HOUR, attributes={"pawn": pawn},
    )  # fmt: skip
    quote = market.quotes.make(request.id, by=school.ana)
    return market.transactions.open(quote.id, by=school.ana, pay=pay)


def pawns(school: School, one: Transaction) -> list[Transaction]:
    """The pawns beside a lesson."""
    every = school.market.transactions.list(by=OPERATOR)
    return [deal for deal in every if deal.origin_id == one.id and deal.link == "pawn"]


def held(school: School, one: Transaction) -> int:
    """What is held of it, in cents."""
    payments = school.market.transactions.payments(one.id, by=OPERATOR)
    return sum(payment.held for payment in payments)


@pytest.mark.behaviour("C17")
def test_a_deal_opens_another_beside_it_and_calls_it_off(database_url: str) -> None:
    """The pawn is promised with the lesson, held in its own time, and given back when the lesson
    is cancelled: two deals, one row, one commit."""
    school = opened(database_url)
    market = school.market
    one = booked(school)
    (pawn,) = pawns(school, one)
    assert (pawn.state, pawn.moments, pawn.link) == ("promised", one.moments, "pawn")
    (payment,) = market.transactions.payments(pawn.id, by=school.ana)
    assert (payment.purse, payment.method, payment.party_id) == ("pawn", "card", school.ana.id)
    market.advance(LATER - HOUR - school.now)
    assert (held(school, one), held(school, pawn)) == (4_000, 10_000)
    cancelled = market.transactions.take(one.id, "cancel", by=school.ana)
    assert cancelled.state == "cancelled"
    (pawn,) = pawns(school, one)
    assert (pawn.state, held(school, pawn)) == ("given_back", 0)
    (event,) = (
        event
        for event in market.events.about(pawn.id, by=OPERATOR)
        if event.kind == "transaction.call_off"
    )
    assert event.actor == "origin"
    assert market.ledger.sums() == {"EUR": 0}
    market.close()


def test_what_has_no_price_is_not_opened(database_url: str) -> None:
    """Where the plugins give no lines nothing stands beside the deal, and its rows go on alone."""
    school = opened(database_url)
    one = booked(school, pawn=0)
    assert pawns(school, one) == []
    assert school.market.transactions.take(one.id, "withdraw", by=school.ana).state == "cancelled"
    school.market.close()


@pytest.mark.behaviour("S11")
def test_what_stands_beside_a_deal_moves_with_it(database_url: str) -> None:
    """A row of the origin hands its moments over: what was held for the old start is given up and
    held again for the new one."""
    school = opened(database_url)
    market = school.market
    one = booked(school)
    market.advance(LATER - HOUR - school.now)
    start = LATER + 20 * DAY
    moved = market.transactions.take(
        one.id, "reschedule", by=school.ana, start=start, end=start + HOUR
    )
    (pawn,) = pawns(school, one)
    assert pawn.state == "promised"
    assert (pawn.moments, held(school, pawn)) == (moved.moments, 0)
    market.advance(start - HOUR - school.now)
    assert held(school, pawn) == 10_000
    market.close()


def test_it_is_paid_as_was_said_for_it(database_url: str) -> None:
    """A payment named for the other deal's purse pays that one; what cannot be paid is refused
    before anything begins."""
    school = opened(database_url)
    market = school.market
    market.payments.top_up(school.ana.id, Money.of("200", "EUR"), reference="rail 1")
    one = booked(school, pay=[Pay("card", means="tok"), Pay("wallet", purse="pawn")])
    (pawn,) = pawns(school, one)
    (payment,) = market.transactions.payments(pawn.id, by=school.ana)
    assert payment.method == "wallet"
    market.advance(LATER - HOUR - school.now)
    assert held(school, pawn) == 10_000
    other = LATER + 3 * DAY
    with pytest.raises(InvalidInput, match="has purses price, pawn, none called 'tip'"):
        booked(school, other, pay=[Pay("card"), Pay("card", purse="tip")])
    part = Pay("card", purse="pawn", amount=Money.of("10", "EUR"))
    with pytest.raises(InvalidInput, match="payments leave 9000 minor units"):
        booked(school, other, pay=[Pay("card"), part])
    assert len(market.transactions.list(by=OPERATOR)) == 2
    market.close()


def test_what_is_refused_opens_nothing_and_what_is_taken_again_opens_once(
    database_url: str,
) -> None:
    """A row that came to nothing did nothing beside the deal; one deal of a kind stands there."""
    school = opened(database_url)
    market = school.market
    one = booked(school, pay=[Pay("card", means="tok_declined"), Pay("wallet", purse="pawn")])
    assert (one.state, pawns(school, one)) == ("unpaid", [])
    market.advance(HOUR)
    assert (school.state(one), pawns(school, one)) == ("lapsed", [])
    two = booked(school, LATER + DAY)
    again = linked_lesson().row("book", "unpaid")
    assert again is not None
    with market.context.store.begin() as work:
        act = Act(market.context, work, Actor(role=CLOCK), school.now)
        carry_out(Move.load(act, work.get(Transaction, two.id), {}), again.links, take)
    assert len(pawns(school, two)) == 1
    market.close()


def test_what_waits_for_a_bank_is_called_off_after_it(database_url: str) -> None:
    """While an answer is awaited beside the deal its own row is taken all the same, and the other
    follows within a minute."""
    school = opened(database_url, eager=False)
    market = school.market
    one = booked(school)
    market.payments.work_off(limit=1)
    (pawn,) = pawns(school, one)
    assert pawn.pending is not None
    market.transactions.take(one.id, "withdraw", by=school.ana)
    assert [deal.state for deal in pawns(school, one)] == ["asked"]
    market.payments.work_off()
    assert [deal.state for deal in pawns(school, one)] == ["promised"]
    market.advance(2 * HOUR / 60)
    assert [deal.state for deal in pawns(school, one)] == ["given_back"]
    market.close()


class Stubborn:
    """A plugin that lets no pawn be called off, until it is asked nicely."""

    name = "stubborn"
    gives_in = False

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> Reason | None:
        """No."""
        refuses = question.row.name == "call_off" and not self.gives_in
        return Reason("not_yet") if refuses else None


def test_a_link_that_is_refused_holds_up_no_deal(database_url: str) -> None:
    """What is refused beside the deal is undone alone; the clock tries again until it is done."""
    stubborn = Stubborn()
    school = opened(database_url, stubborn)
    market = school.market
    one = booked(school)
    assert market.transactions.take(one.id, "withdraw", by=school.ana).state == "cancelled"
    assert [deal.state for deal in pawns(school, one)] == ["promised"]
    market.advance(HOUR)
    assert [deal.state for deal in pawns(school, one)] == ["promised"]
    stubborn.gives_in = True
    market.advance(2 * HOUR)
    assert [deal.state for deal in pawns(school, one)] == ["given_back"]
    market.close()


def test_nobody_speaks_for_a_deal() -> None:
    """The origin's rows are taken by rows of the origin, never by whoever says that he is it."""
    school = opened()
    market = school.market
    (pawn,) = pawns(school, booked(school))
    for who in (school.ana, school.tutor, OPERATOR):
        with pytest.raises(Forbidden, match="call_off is for origin"):
            market.transactions.take(pawn.id, "call_off", by=who)
    with pytest.raises(Forbidden, match="nobody speaks for it"):
        market.transactions.take(pawn.id, "call_off", by=ORIGIN)
    with pytest.raises(Forbidden, match="nobody speaks for it"):
        market.transactions.get(pawn.id, by=ORIGIN)
    with pytest.raises((IllegalTransition, NotFound)):
        market.transactions.follow_up(pawn.origin_id or "", "pawn", by=school.ana)
    market.close()


def test_links_are_drawn() -> None:
    """A drawing says which row opens what, and which row of it another one takes."""
    drawn = mermaid(linked_lesson())
    assert "reserve calendar, save, confirm calendar, open pawn" in drawn
    assert "call_off of pawn" in drawn
    assert "asked --> given_back : call_off (origin) / void pawn" in mermaid(PAWN)


def test_a_linked_process_is_read_back_as_it_was_stored() -> None:
    """Links are part of a process's data and of its version."""
    process = linked_lesson()
    assert Process.from_data(process.as_data()) == process
    assert process.version != lesson().version
