"""Lessons by the hour: a trade that nobody had in mind, with a calendar, on the engine as it is."""

from typing import Any

import pytest
import sqlalchemy as sa
from attrs import frozen

from marketplace import (
    DAY,
    HOUR,
    At,
    InvalidInput,
    Line,
    ManualClock,
    Marketplace,
    Money,
    NotFound,
    Pay,
    PluginError,
    PricingQuestion,
    SetupError,
    SoldOut,
    Span,
    hookimpl,
)
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet
from tests.support.lessons import LESSON_ROWS, MONDAY, Lessons, School, lesson, open_school

THURSDAY = MONDAY + 3 * DAY
LATER = MONDAY + 10 * DAY


def euros(text: str) -> Money:
    """An amount."""
    return Money.of(text, "EUR")


@pytest.mark.behaviour("C2", "C6", "C14")
def test_a_lesson_from_the_calendar_to_the_reviews(school: School) -> None:
    """A lesson is booked, held two days before, taught, settled a day after, tipped, reviewed."""
    market = school.market
    one = school.book(school.ana, LATER)
    assert one.state == "booked"
    market.advance(LATER - school.now)
    assert school.state(one) == "secured"
    market.transactions.take(one.id, "begin", by=school.tutor)
    market.advance(HOUR)
    market.transactions.take(one.id, "finish", by=school.tutor)
    assert school.state(one) == "taught"
    market.advance(DAY)
    assert school.state(one) == "completed"
    tip = market.transactions.follow_up(
        one.id, "tip", by=school.ana, amount=euros("5.00"), pay=Pay("card")
    )
    assert tip.state == "tipped"
    market.reviews.write(one.id, by=school.ana, rating=5)
    assert not market.reviews.list(by=school.tutor, transaction=one.id)
    market.advance(15 * DAY)
    assert [seen.rating for seen in market.reviews.list(by=school.tutor, transaction=one.id)] == [5]
    assert market.ledger.profit("EUR") == euros("4.00")
    assert market.ledger.sums() == {"EUR": 0}


@pytest.mark.behaviour("C4")
def test_a_calendar_is_claimed_hour_by_hour(school: School) -> None:
    """Claims of a calendar exclude each other where they touch, and nowhere else."""
    school.book(school.ana, LATER, hours=2)
    with pytest.raises(SoldOut, match="calendar"):
        school.book(school.bea, LATER + HOUR)
    assert school.book(school.bea, LATER + 2 * HOUR).state == "booked"
    assert school.book(school.bea, LATER - HOUR).state == "booked"


def test_a_claim_without_its_span_is_refused() -> None:
    """A calendar is never claimed for ever because somebody left the end out."""
    rows = [
        row.changed(when=At("start", 2 * DAY)) if row.name == "settle" else row
        for row in LESSON_ROWS
    ]
    school = open_school("sqlite://", process=lesson(rows))
    market, ana, listing = school.market, school.ana, school.listing.id
    request = market.requests.open("lessons", by=ana, currency="EUR", listing=listing, start=LATER)
    with pytest.raises(PluginError, match="'lessons' broke in propose_lines"):
        market.quotes.make(request.id, by=ana)
    offer = market.offers.make(request.id, by=school.tutor, listing=listing, price=euros("30"))
    with pytest.raises(InvalidInput, match=r"a claim on calendar .* name end in the request"):
        market.offers.accept(offer.id, by=ana, pay=Pay("card"))
    market.close()


@pytest.mark.behaviour("C9", "C10")
def test_a_late_cancellation_costs_what_the_table_says(school: School) -> None:
    """Ten hours before, half a lesson is taken, the hour is free again, and the reason is kept."""
    market = school.market
    one = school.book(school.ana, MONDAY + 30 * HOUR)
    market.advance(20 * HOUR)
    cancelled = market.transactions.take(one.id, "cancel", by=school.ana)
    assert cancelled.state == "cancelled"
    assert market.transactions.payments(one.id, by=school.ana)[0].kept == 2_000
    said = [because.reason.code for because in market.why.transaction(one.id, by=school.ana)]
    assert "cancelled_before" in said
    assert school.book(school.bea, MONDAY + 30 * HOUR).state == "booked"


@pytest.mark.behaviour("S11")
def test_another_time_is_one_row(school: School) -> None:
    """A row that asks for the start and the end moves both, the claim with them, and the price.

    A lesson never collides with itself; what was held is given up, and held anew in time."""
    market = school.market
    one = school.book(school.ana, THURSDAY)
    other = school.book(school.bea, THURSDAY + 3 * HOUR)
    market.advance(2 * DAY)
    assert school.state(one) == "secured"
    with pytest.raises(SoldOut):
        market.transactions.take(
            one.id,
            "reschedule",
            by=school.ana,
            start=THURSDAY + 2 * HOUR,
            end=THURSDAY + 4 * HOUR,
        )
    with pytest.raises(InvalidInput, match="end after it starts"):
        market.transactions.take(one.id, "reschedule", by=school.ana, start=LATER, end=LATER - HOUR)
    assert market.transactions.get(one.id, by=school.ana).moments["start"] == THURSDAY
    moved = market.transactions.take(
        one.id, "reschedule", by=school.ana, start=LATER, end=LATER + 2 * HOUR
    )
    assert (moved.state, moved.moments["start"]) == ("booked", LATER)
    assert market.transactions.payments(one.id, by=school.ana)[0].held == 0
    (claim,) = market.listings.taken(
        school.listing.id, Span(LATER, LATER + DAY), by=school.tutor, resource="calendar"
    )
    assert (claim.start, claim.end, claim.cause_id) == (LATER, LATER + 2 * HOUR, one.id)
    market.advance(LATER - school.now)
    assert school.state(one) == "secured"
    assert market.transactions.payments(one.id, by=school.ana)[0].held == 8_000
    assert school.state(other) in ("secured", "cancelled")


def test_a_tutor_keeps_hours_back_and_gives_them_free(school: School) -> None:
    """What is kept back is taken like a lesson; others see when, never what for."""
    market, listing = school.market, school.listing.id
    hour = Span(LATER, LATER + HOUR)
    block = market.listings.block_out(
        listing, hour, by=school.tutor, resource="calendar", label="the dentist"
    )
    with pytest.raises(SoldOut):
        school.book(school.ana, LATER)
    (seen,) = market.listings.taken(listing, hour, by=school.ana, resource="calendar")
    assert (seen.start, seen.label, seen.cause_id) == (LATER, "", "")
    with pytest.raises(NotFound):
        market.listings.unblock(block.id, by=school.ana)
    market.listings.unblock(block.id, by=school.tutor)
    market.listings.unblock(block.id, by=school.tutor)
    assert not market.listings.taken(listing, hour, by=school.ana, resource="calendar")
    booked = school.book(school.ana, LATER)
    (claim,) = market.listings.taken(listing, hour, by=school.tutor, resource="calendar")
    assert claim.cause_id == booked.id
    with pytest.raises(NotFound, match="its own"):
        market.listings.unblock(claim.id, by=school.tutor)


@pytest.mark.behaviour("C23")
def test_a_deal_that_nobody_can_pay_does_not_begin(small_school: School) -> None:
    """Without a way to pay, or with too little, the opening is refused: the clock, which would
    find out later, could tell nobody, and the hour would stay taken."""
    market, ana = small_school.market, small_school.ana
    quote = small_school.quote(ana, LATER)
    with pytest.raises(InvalidInput) as refused:
        market.transactions.open(quote.id, by=ana)
    assert refused.value.code == "no_way_to_pay"
    with pytest.raises(InvalidInput) as refused:
        market.transactions.open(quote.id, by=ana, pay=Pay("card", amount=euros("1")))
    assert refused.value.code == "payments_fall_short"
    assert market.transactions.open(quote.id, by=ana, pay=Pay("card")).state == "booked"


@pytest.mark.behaviour("C23")
def test_what_later_lines_ask_beyond_the_payments_is_a_no(school: School) -> None:
    """Two who named what each pays, and a longer lesson: the hold is refused, nothing freezes."""
    market = school.market
    one = school.book(school.ana, LATER, pay=[Pay("card", amount=euros("40"))])
    moved = market.transactions.take(
        one.id, "reschedule", by=school.ana, start=LATER, end=LATER + 2 * HOUR
    )
    assert moved.state == "booked"
    market.advance(LATER - 2 * DAY - school.now)
    assert school.state(one) == "unsecured"
    market.advance(DAY)
    assert school.state(one) == "cancelled"


@pytest.mark.behaviour("C16")
@pytest.mark.parametrize("ways", ["none", "card", "wallet"])
def test_a_lesson_for_nothing_is_a_lesson(ways: str) -> None:
    """A price of zero needs no way to pay, and goes all the way with or without one."""
    school = open_school("sqlite://", per_hour=0)
    market = school.market
    pays = [] if ways == "none" else [Pay(ways)]
    one = school.book(school.ana, LATER, pay=pays)
    market.advance(LATER - school.now)
    market.transactions.take(one.id, "begin", by=school.tutor)
    market.advance(HOUR)
    market.transactions.take(one.id, "finish", by=school.tutor)
    market.advance(DAY)
    assert school.state(one) == "completed"
    assert market.ledger.sums() in ({}, {"EUR": 0})
    market.close()


@pytest.mark.behaviour("C8")
def test_both_sides_of_an_offer_see_its_price(small_school: School) -> None:
    """Whoever is to say yes sees what he says it to; nobody else does."""
    market, ana, tutor = small_school.market, small_school.ana, small_school.tutor
    quote = small_school.quote(ana, LATER)
    assert quote.request_id is not None
    offer = market.offers.make(
        quote.request_id, by=ana, listing=small_school.listing.id, price=euros("30")
    )
    assert offer.quote_id is not None
    assert market.quotes.get(offer.quote_id, by=tutor).payin == euros("30")
    assert "EUR 30" in market.why.quote(offer.quote_id, by=tutor)[0].text
    for somebody, hidden in ((small_school.bea, offer.quote_id), (tutor, quote.id)):
        with pytest.raises(NotFound):
            market.quotes.get(hidden, by=somebody)


def test_a_customers_offer_is_paid_as_it_said(school: School) -> None:
    """The customer says with the offer how it is paid; the provider who accepts never learns it."""
    market = school.market
    quote = school.quote(school.ana, LATER)
    assert quote.request_id is not None
    first = market.offers.make(
        quote.request_id, by=school.tutor, listing=school.listing.id, price=euros("35")
    )
    with pytest.raises(InvalidInput, match="Money"):
        market.offers.counter(first.id, by=school.ana, price=30.0)  # type: ignore[arg-type]
    second = market.offers.counter(
        first.id, by=school.ana, price=euros("30"), pay=Pay("card", means="tok_ana")
    )
    assert "tok_ana" not in str(market.offers.get(second.id, by=school.tutor))
    agreed = market.offers.accept(second.id, by=school.tutor)
    assert agreed.state == "booked"
    (payment,) = market.transactions.payments(agreed.id, by=school.ana)
    assert (payment.party_id, payment.means) == (school.ana.id, "tok_ana")
    market.advance(LATER - 2 * DAY - school.now)
    assert market.transactions.payments(agreed.id, by=school.ana)[0].held == 3_000


def test_a_listing_is_priced_in_its_own_currency(small_school: School) -> None:
    """Forty euros an hour are not forty dollars: a request in another currency is refused."""
    market, ana = small_school.market, small_school.ana
    with pytest.raises(InvalidInput, match="priced in EUR, not in USD"):
        market.requests.open("lessons", by=ana, currency="USD", listing=small_school.listing.id)
    open_to_all = market.requests.open(
        "lessons", by=ana, currency="USD", start=LATER, end=LATER + HOUR
    )
    with pytest.raises(InvalidInput, match="priced in EUR, not in USD"):
        market.quotes.make(open_to_all.id, by=ana, listing=small_school.listing.id)


@frozen
class Faulty:
    """Breaks whenever a cancellation by the clock or anybody is priced."""

    name: str = "faulty"

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> list[Line]:
        """A bug."""
        if question.occasion == "cancellation":
            raise KeyError("a bug")
        return []

    @hookimpl
    def propose_facts(self, question: Any) -> dict[str, Any]:
        """Another, when one lesson is secured by the clock."""
        if question.row.name == "secure" and question.transaction.moments["start"] == THURSDAY:
            raise KeyError("a bug")
        return {}


@pytest.mark.behaviour("C6", "C23")
def test_a_bug_in_a_plugin_holds_up_one_deal_alone(database_url: str) -> None:
    """What a plugin breaks at is put off and tried again; every other timer is on time."""
    school = open_school(database_url, Faulty())
    market = school.market
    broken = school.book(school.ana, THURSDAY)
    sound = school.book(school.bea, THURSDAY + HOUR)
    done = market.advance(DAY + 2 * HOUR)
    assert done.refused > 0
    assert (school.state(broken), school.state(sound)) == ("booked", "secured")
    with pytest.raises(PluginError, match="'faulty' broke in propose_lines"):
        market.transactions.take(sound.id, "cancel", by=school.bea)
    assert school.state(sound) == "secured"
    market.close()


def test_nobody_outside_is_asked_before_the_caller_commits(database_url: str) -> None:
    """Inside the caller's transaction a tick does what is due in the books and calls nobody: what
    was charged could be undone here and not there. After the commit a worker does it, once."""
    engine = sa.create_engine(database_url)
    asked: list[str] = []
    clock = ManualClock(MONDAY)
    card = Sandbox(now=clock.now, before=lambda order: asked.append(order.kind.value))
    plugins = [Lessons(), card, Wallet()]
    worker = Marketplace.open(engine, plugins, clock=clock, create="missing")
    with engine.begin() as connection:
        inside = Marketplace.open(connection, plugins, clock=clock)
        tutor, ana = inside.parties.join("Tom"), inside.parties.join("Ana")
        listing = inside.listings.draft(
            "lessons", by=tutor, title="Maths", currency="EUR", attributes={"per_hour": 4_000}
        )
        inside.listings.publish(listing.id, by=tutor)
        school = School(inside, tutor, ana, ana, listing)
        one = school.book(ana, LATER)
        inside.tick()
        assert (school.state(one), asked) == ("asked", [])
        with pytest.raises(SetupError, match="once it is committed"):
            inside.payments.work_off()
    assert asked == []
    worker.tick()
    assert asked == ["save"]
    assert worker.transactions.get(one.id, by=ana).state == "booked"
    worker.close()
    engine.dispose()
