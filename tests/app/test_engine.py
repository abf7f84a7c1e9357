"""The engine: who may take a row and when, in what order it is carried out, and what is told."""

import pytest
from attrs import evolve

from marketplace import (
    CLOCK,
    CUSTOMER,
    DAY,
    HOLD,
    HOUR,
    OPERATOR,
    PAYMENT_PROVIDER,
    PROVIDER,
    SETTLE,
    VOID,
    Actor,
    Conflict,
    Expired,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    ManualClock,
    Money,
    Pay,
    Reason,
    Refused,
    Transaction,
)
from marketplace import Transition as T
from marketplace.app.door import Act
from marketplace.app.engine import after_money, allowed_row, take
from marketplace.app.move import Move
from marketplace.domain.effect import PAY_OUT, RESERVE, opens, takes
from tests.support.lessons import (
    MONDAY,
    QUARTER,
)
from tests.support.schoolroom import LATER, Class


@pytest.mark.behaviour("C6")
def test_a_row_that_is_not_there_names_those_that_are(room: Class) -> None:
    """Who asks for a row that does not leave the state is told who it is, and what it may."""
    deal = room.booked()
    with pytest.raises(IllegalTransition) as refused:
        room.take(deal, "finish", room.school.ana)
    may = ["reschedule", "withdraw", "propose part"]
    assert str(refused.value) == (f"customer may not finish when booked; may: {', '.join(may)}")
    assert refused.value.params == {
        "row": "finish", "state": "booked", "roles": "customer", "allowed": may,
    }  # fmt: skip
    done = room.take(deal, "withdraw", room.school.ana)
    with pytest.raises(IllegalTransition, match=r"^customer may not book when cancelled; may: not"):
        room.take(done, "book", room.school.ana)


def test_a_row_is_for_its_roles(room: Class) -> None:
    """Who takes somebody else's row is told whose it is, and what it may itself."""
    deal = room.until(room.booked(), LATER - DAY, "secured")
    with pytest.raises(Forbidden) as refused:
        room.take(deal, "nobody_came", room.school.tutor)
    assert str(refused.value) == (
        "nobody_came is for customer or clock; provider may: begin, no_show"
    )
    assert refused.value.code == "not_your_row"
    assert refused.value.params == {
        "row": "nobody_came", "state": "secured", "roles": "provider",
        "allowed": ["begin", "no_show"],
    }  # fmt: skip


def test_roles_are_named_in_order_and_nobody_is_nobody(room: Class) -> None:
    """Several roles are named together; an actor without one is told that nobody may."""
    deal = room.booked()
    with room.market.context.store.begin() as work:
        act = Act(room.market.context, work, Actor(role=OPERATOR), MONDAY)
        move = Move.load(act, work.get(Transaction, deal.id), {})
        with pytest.raises(
            IllegalTransition, match=r"^nobody may not dance when booked; may: noth"
        ):
            allowed_row(move, "dance", set())
        with pytest.raises(IllegalTransition, match=r"^customer and provider may not dance when"):
            allowed_row(move, "dance", {PROVIDER, CUSTOMER})
        assert allowed_row(move, "withdraw", {PROVIDER, CUSTOMER}).name == "withdraw"


def test_what_needs_both_sides_is_proposed(room: Class) -> None:
    """A row that both must want is taken by neither alone, nor by an offer of something else."""
    deal = room.booked()
    with pytest.raises(IllegalTransition) as refused:
        room.take(deal, "part", room.school.ana)
    assert str(refused.value) == (
        "part needs both sides; may: offers.propose it, for the other side to accept"
    )
    assert refused.value.code == "needs_both_sides"
    assert refused.value.params == {"row": "part", "state": "booked"}
    market, school = room.market, room.school
    offer = market.offers.propose(deal.id, "part", by=school.ana)
    market.offers.accept(offer.id, by=school.tutor)
    assert room.now(deal).state == "cancelled"
    assert [asked.offer and asked.offer.id for asked in room.listener.asked[-1:]] == [offer.id]
    assert [asked.offer and asked.offer.id for asked in room.listener.facts_asked[-1:]] == [
        offer.id
    ]


def test_a_row_is_not_taken_before_its_time(room: Class) -> None:
    """A row that is guarded by a time is refused until that instant, and says which."""
    deal = room.until(room.booked(), LATER - DAY, "secured")
    opens_at = LATER - QUARTER
    with pytest.raises(IllegalTransition) as refused:
        room.take(deal, "begin", room.school.tutor)
    assert str(refused.value) == (
        f"begin is not before {opens_at.isoformat()}; may: begin, no_show"
    )
    assert refused.value.code == "too_early"
    assert refused.value.params == {
        "row": "begin", "state": "secured", "roles": "provider", "allowed": ["begin", "no_show"],
        "not_before": opens_at.isoformat(),
    }  # fmt: skip
    room.until(deal, opens_at, "secured")
    assert room.take(deal, "begin", room.school.tutor).state == "teaching"


@pytest.mark.invariant(18)
def test_what_is_due_goes_first(room: Class) -> None:
    """However late the worker is: a party's row is refused while one of the clock's is due; the
    clock takes it, and the payment provider may still say what happened."""
    deal = room.until(room.booked(), LATER, "secured")
    clock = room.market.context.clock
    assert isinstance(clock, ManualClock)
    clock.advance(12 * HOUR)
    with pytest.raises(Expired) as refused:
        room.take(deal, "cancel", room.school.ana)
    assert str(refused.value) == (
        f"cancel comes too late: 'nobody_came' is due since {room.school.now.isoformat()} or before"
    )
    assert refused.value.code == "too_late"
    assert refused.value.params == {"row": "cancel", "due": "nobody_came", "state": "secured"}
    with room.market.context.store.begin() as work:
        act = Act(room.market.context, work, Actor(role=PAYMENT_PROVIDER), room.school.now)
        move = Move.load(act, work.get(Transaction, deal.id), {})
        for impersonal in (CLOCK, PAYMENT_PROVIDER):
            assert allowed_row(move, "cancel", {CUSTOMER, impersonal}).name == "cancel"
        assert allowed_row(move, "nobody_came", {CUSTOMER}).name == "nobody_came"
    room.market.tick()
    assert room.now(deal).state == "cancelled"


def test_plugins_are_asked_with_all_there_is_to_know(room: Class) -> None:
    """Who refuses a row, and who adds facts to it, sees the deal, the row, the actor, the seats
    and what was asked; all reasons are told, and nothing happened."""
    deal = room.booked()
    school = room.school
    times = {"start": LATER + DAY, "end": LATER + DAY + HOUR}
    room.listener.against = [Reason("too_far"), Reason("too_late")]
    with pytest.raises(Refused) as refused:
        room.take(deal, "reschedule", school.ana, **times)
    assert str(refused.value) == "reschedule is refused: too_far, too_late"
    assert [reason.code for reason in refused.value.reasons] == ["too_far", "too_late"]
    assert refused.value.params == {"row": "reschedule", "transaction": deal.id}
    assert room.now(deal) == deal
    asked = room.listener.asked[-1]
    assert (asked.transaction, asked.row.name) == (deal, "reschedule")
    assert asked.actor == Actor(party_id=school.ana.id)
    assert {seat.role: seat.party_id for seat in asked.seats} == {
        "customer": school.ana.id, "provider": school.tutor.id,
    }  # fmt: skip
    assert (asked.asks, asked.at, asked.offer) == (times, school.now, None)
    assert asked.work is not None
    room.listener.against = ()
    moved = room.take(deal, "reschedule", school.ana, **times)
    facts = room.listener.facts_asked[-1]
    assert (facts.transaction, facts.row.name, facts.seats) == (deal, "reschedule", asked.seats)
    assert (facts.asks, facts.at, facts.offer) == (times, school.now, None)
    assert facts.work is not None
    assert 0 <= facts.choose(3) < 3
    assert moved.moments == times


def test_facts_join_what_is_known_of_a_deal(room: Class) -> None:
    """Facts are added to those before; what no vertical can keep is refused with its trade."""
    room.listener.facts = {"room": "4"}
    deal = room.booked()
    room.listener.facts = {"floor": 2}
    withdrawn = room.take(deal, "withdraw", room.school.ana)
    assert room.now(withdrawn).attributes == {"room": "4", "floor": 2}
    room.listener.facts = {}
    other = room.booked(start=LATER + DAY)
    room.listener.facts = {"floor": "second"}
    with pytest.raises(InvalidInput, match=r"^attributes of the transaction: floor: "):
        room.take(other, "withdraw", room.school.ana)
    assert room.now(other).state == "booked"


def test_what_a_row_does_not_ask_is_refused(room: Class) -> None:
    """A field that no row asks for, a row that asks and is told nothing, and money that is not of
    the deal's currency are all refused."""
    deal = room.booked()
    with pytest.raises(InvalidInput, match=r"^withdraw does not ask for why; it asks: no fields$"):
        room.take(deal, "withdraw", room.school.ana, why="ill")
    with pytest.raises(InvalidInput, match=r"^reschedule asks for start"):
        room.take(deal, "reschedule", room.school.ana)
    room.until(deal, LATER - DAY, "secured")
    with pytest.raises(InvalidInput, match="gift must be in EUR, not USD"):
        room.take(deal, "skip", room.school.ana, why="ill", gift=Money(1, "USD"))


def test_who_has_no_seat_yet_takes_a_row_in_the_role_he_is_given(room: Class) -> None:
    """The taker of an offer plays the role whose seat it fills; without one he may do nothing."""
    deal = room.booked()
    with room.market.context.store.begin() as work:
        act = Act(room.market.context, work, Actor(party_id=room.school.bea.id), MONDAY)
        here = work.get(Transaction, deal.id)
        with pytest.raises(Forbidden, match="nobody may: nothing now"):
            take(act, here, "withdraw")
        assert take(act, here, "withdraw", role=CUSTOMER).state == "cancelled"
        assert (act.subject_id, act.before) == (deal.id, here)


@pytest.mark.behaviour("C14")
def test_an_arrival_is_told_to_everybody_who_sits_there(room: Class) -> None:
    """The event says from where to where, by which row and whose, at whose fault and with which
    listing; the deal says when it came there, and when it ended."""
    school = room.school
    deal = room.booked()
    assert (deal.pending, deal.entered_at, deal.ended_at) == (None, MONDAY, None)
    held = room.until(deal, LATER - DAY, "secured")
    assert (held.entered_at, held.ended_at) == (LATER - 2 * DAY, None)
    cancelled = room.take(deal, "cancel", school.ana)
    assert (cancelled.entered_at, cancelled.ended_at) == (LATER - DAY, LATER - DAY)
    one = room.told(deal, "cancel")
    assert one.data == {
        "from": "secured", "to": "cancelled", "outcome": "done", "listing": school.listing.id,
        "by": "customer", "row": "cancel", "fault": "customer", "reason": None,
    }  # fmt: skip
    assert set(one.parties) == {school.ana.id, school.tutor.id}
    by_clock = room.told(deal, "secure")
    assert (by_clock.data["by"], by_clock.data["fault"]) == ("clock", None)


@pytest.mark.behaviour("T7")
def test_a_refused_effect_leads_where_the_row_says(room: Class) -> None:
    """A bank's no is told with its reason under the row's name, and the clock has new timers."""
    deal = room.until(room.booked("wallet"), LATER - 2 * DAY, "unsecured")
    one = room.told(deal, "secure.failed")
    assert (one.data["outcome"], one.data["to"]) == ("failed", "unsecured")
    assert one.data["reason"]["code"] == "payment_refused"
    assert room.due() == {"drop": LATER - 2 * DAY + 12 * HOUR}
    room.until(deal, LATER - DAY, "cancelled")


def test_a_row_that_came_to_nothing_changes_no_price(room: Class) -> None:
    """New lines of a row whose effect is refused, and that stays where it was, are undone: the
    deal's own lines before are in force again, and it says why."""
    room.school.book(room.school.bea, LATER + 5 * DAY, hours=3)
    deal = room.until(room.booked("wallet"), LATER - 2 * DAY, "unsecured")
    room.take(deal, "secure_longer", room.school.ana)
    assert room.now(deal).state == "unsecured"
    said = room.terms(deal)
    assert [occasion for occasion, *_ in said][-2:] == ["longer", "undone"]
    assert said[-1][2] == [Reason("row_came_to_nothing", {"row": "secure_longer"})]
    every = room.market.transactions.terms(deal.id, by=OPERATOR)
    assert every[-1].lines == every[-3].lines != every[-2].lines
    assert room.now(deal).terms_version == every[-1].version
    # A row that brought no lines has nothing to undo.
    room.take(deal, "secure_again", room.school.ana)
    assert len(room.terms(deal)) == len(every)


def test_who_gives_a_hold_up_owes_nothing(room: Class) -> None:
    """A void takes the purse's lines with it and says so; a row that brings lines of its own, or
    goes on to take the same purse in another way, says itself what is owed."""
    deal = room.booked()
    room.take(deal, "withdraw", room.school.ana)
    assert room.terms(deal)[-1] == (
        "void", [], [Reason("hold_given_up", {"purse": "price"})]
    )  # fmt: skip
    other = room.booked(start=LATER + DAY)
    times = {"start": LATER + 2 * DAY, "end": LATER + 2 * DAY + HOUR}
    room.take(other, "reschedule", room.school.ana, **times)
    assert [occasion for occasion, *_ in room.terms(other)][-1] == "alteration"


def test_only_the_purse_that_is_given_up_is_owed_no_more(room: Class) -> None:
    """Lines of other purses stay; a purse that the row goes on to take stays owed, too; and what
    is paid out is remembered for the end of the row."""
    deal = room.booked()
    with room.market.context.store.begin() as work:
        act = Act(room.market.context, work, Actor(role=OPERATOR), MONDAY)
        move = Move.load(act, work.get(Transaction, deal.id), {})
        first = move.terms
        again = T("again", CUSTOMER, "a", "z", VOID, RESERVE("calendar"), HOLD)
        after_money(move, again, 0)
        after_money(move, T("priced", CUSTOMER, "a", "z", VOID, lines="cancellation"), 0)
        after_money(move, T("other", CUSTOMER, "a", "z", VOID("tip")), 0)
        after_money(move, T("hold", CUSTOMER, "a", "z", HOLD), 0)
        assert move.terms == first
        assert not move.pays_out
        move.terms = evolve(
            first, lines=(*first.lines, evolve(first.lines[0], code="gift", purse="tip"))
        )
        after_money(move, T("both", CUSTOMER, "a", "z", HOLD, VOID, VOID("tip")), 1)
        assert [line.code for line in move.terms.lines] == ["gift"]
        after_money(move, T("pay", CLOCK, "a", "z", SETTLE, PAY_OUT), 1)
        assert move.pays_out


def test_links_stand_before_or_after_the_last_money() -> None:
    """What a row does beside the deal waits for its last money effect, wherever that stands."""
    assert T("a", CUSTOMER, "a", "z").last_money == -1
    assert T("a", CUSTOMER, "a", "z", opens("x"), RESERVE("calendar")).last_money == -1
    assert T("a", CUSTOMER, "a", "z", HOLD, opens("x")).last_money == 0
    assert T("a", CUSTOMER, "a", "z", opens("x"), HOLD, VOID, takes("x", "y")).last_money == 2


@pytest.mark.invariant(20)
def test_a_deal_waits_for_its_bank(slow: Class) -> None:
    """While the bank is asked the deal stands where it was, says which row at which effect for
    which answer waits, and nobody else takes a row; the answer goes on from there."""
    school = slow.school
    quote = school.quote(school.ana, LATER)
    deal = school.market.transactions.open(quote.id, by=school.ana, pay=[Pay("card")])
    assert (deal.state, deal.ended_at) == ("asked", None)
    pending = deal.pending
    assert pending is not None
    assert (pending.row, pending.step, pending.asks) == ("book", 1, {})
    assert (pending.actor, len(pending.intents)) == (school.ana.id, 1)
    assert pending.terms_before == 1
    waits = slow.told(deal, "waits")
    assert waits.data == {"row": "book", "for": "save"}
    assert set(waits.parties) == {school.ana.id, school.tutor.id}
    with pytest.raises(Conflict) as refused:
        slow.take(deal, "book", school.ana)
    assert str(refused.value) == ("'book' still waits for an answer from outside; try again soon")
    assert refused.value.code == "pending"
    assert refused.value.params == {
        "row": "book", "state": "asked", "roles": "customer", "allowed": ["book"],
        "pending": "book",
    }  # fmt: skip
    school.market.payments.work_off()
    done = slow.now(deal)
    assert (done.state, done.pending) == ("booked", None)
    assert slow.told(deal, "book").data["outcome"] == "done"


def test_what_a_row_was_told_waits_with_it(slow: Class) -> None:
    """Answers to what the row asked are kept while it waits, and are there when it goes on."""
    school, market = slow.school, slow.market
    deal = slow.booked()
    market.payments.work_off()
    market.advance(LATER - HOUR - school.now)
    market.payments.work_off()
    waiting = slow.take(deal, "skip", school.ana, why="exam")
    assert waiting.pending is not None
    assert (waiting.state, waiting.pending.row, waiting.pending.step) == ("secured", "skip", 1)
    assert waiting.pending.asks == {"why": "exam"}
    assert waiting.pending.terms_before == waiting.terms_version - 1
    market.payments.work_off()
    assert slow.now(deal).state == "cancelled"
    assert slow.listener.asked[-1].asks == {"why": "exam"}


@pytest.mark.behaviour("C17")
def test_timers_are_those_of_the_state(room: Class) -> None:
    """Coming into a state clears the timers of the one before, and arms its own."""
    deal = room.booked()
    assert room.due() == {"secure": LATER - 2 * DAY}
    room.until(deal, LATER - DAY, "secured")
    assert room.due() == {"nobody_came": LATER + 12 * HOUR}
    room.take(deal, "cancel", room.school.ana)
    assert room.due() == {}


@pytest.mark.behaviour("C14")
def test_a_review_is_asked_for_at_the_end_that_opens_it(room: Class) -> None:
    """A final state that opens reviews does, for who sat in the deal; another one does not."""
    school, market = room.school, room.market
    deal = room.until(room.booked(), LATER, "secured")
    room.take(deal, "begin", school.tutor)
    room.take(deal, "finish", school.tutor)
    with pytest.raises(Exception, match="review"):
        market.reviews.write(deal.id, by=school.ana, rating=5)
    room.until(deal, LATER + HOUR + DAY, "completed")
    assert market.reviews.write(deal.id, by=school.ana, rating=5).rating == 5
    other = room.booked(start=LATER + 9 * DAY)
    room.take(other, "withdraw", school.ana)
    with pytest.raises(Exception, match="review"):
        market.reviews.write(other.id, by=school.ana, rating=5)


def test_the_subject_of_a_command_is_the_deal(room: Class) -> None:
    """The audit of a row says which deal it was about, and how that stood before and after."""
    deal = room.booked()
    room.take(deal, "withdraw", room.school.ana)
    with room.market.context.store.begin(write=False) as work:
        *_, taken = work.commands.about(deal.id)
    assert taken.name == "transactions.take"
    assert taken.before_hash not in ("", taken.after_hash)
