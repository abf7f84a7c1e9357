"""A row's effects are carried out in their order, each once, whatever stands between them."""

from collections.abc import Iterable

import pytest

from marketplace import (
    CAPTURE,
    CHARGE,
    CUSTOMER,
    DAY,
    FREE,
    HOUR,
    MOVE,
    OPERATOR,
    SETTLE,
    TRANSFER,
    VOID,
    Actor,
    Money,
    Pay,
    Process,
    Transaction,
    takes,
)
from marketplace.app.door import Act
from marketplace.app.engine import take
from marketplace.domain.effect import Effect
from tests.app import test_linking as linking
from tests.app.test_linking import LATER, booked, held, opened, pawns
from tests.support import schoolroom
from tests.support.lessons import lesson, open_school


def changed(process: Process, effects: dict[str, Iterable[Effect]]) -> Process:
    """The process of a lesson with other effects of these rows."""
    rows = [
        row.changed(effects=tuple(effects[row.name])) if row.name in effects else row
        for row in process.transitions
    ]
    return lesson(rows)


def test_a_link_between_two_effects_is_taken_once_and_in_its_own_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a row does beside the deal before its money is done once; the journals of each deal
    name the row that wrote them, those after the link as well as those before it."""
    among = (MOVE("calendar"), takes("pawn", "shift"), VOID)
    process = changed(linking.linked_lesson(), {"reschedule": among})
    monkeypatch.setattr(linking, "linked_lesson", lambda: process)
    school = opened()
    market = school.market
    market.payments.top_up(school.ana.id, Money.of("200", "EUR"), reference="rail 1")
    one = booked(school, pay=[Pay("wallet"), Pay("card", means="tok", purse="pawn")])
    market.advance(LATER - HOUR - school.now)
    (pawn,) = pawns(school, one)
    assert (held(school, one), held(school, pawn)) == (4_000, 10_000)
    start = LATER + 20 * DAY
    market.transactions.take(one.id, "reschedule", by=school.ana, start=start, end=start + HOUR)
    assert (held(school, one), held(school, pawn)) == (0, 0)
    market.advance(HOUR)
    told = [event.kind for event in market.events.about(pawn.id, by=OPERATOR)]
    assert told.count("transaction.shift") == 1
    with market.context.store.begin(write=False) as work:
        voids = [each for each in work.ledger.journals() if each.kind == "void"]
    rows = {each.details["transaction"]: each.details["row"] for each in voids}
    assert rows == {one.id: "reschedule", pawn.id: "shift"}
    market.close()


def test_what_stands_behind_money_that_is_put_off_is_done() -> None:
    """While a dispute keeps money back a row does the rest of what it does."""
    late = FREE("calendar")
    effects = {"finish": [CAPTURE], "settle": [SETTLE, late], "owe": [VOID, TRANSFER, late]}
    process = changed(lesson(), {**effects, "pay_late": [VOID, CHARGE, SETTLE, late]})
    school = open_school("sqlite://", process=process)
    market = school.market
    deal = school.book(school.ana, LATER)
    market.advance(LATER - school.now)
    market.transactions.take(deal.id, "begin", by=school.tutor)
    market.transactions.take(deal.id, "finish", by=school.tutor)
    market.disputes.open(deal.id, by=school.ana, cause="not as said")
    market.advance(HOUR + DAY)
    assert school.state(deal) == "completed"
    with market.context.store.begin(write=False) as work:
        assert work.claims.of_cause("transaction", deal.id) == []
    market.close()


def test_who_takes_a_row_without_a_seat_is_named_himself() -> None:
    """The event of a row says by which role it was taken; of somebody who has no seat yet, who he
    is."""
    room = schoolroom.opened()
    deal = room.booked()
    context, bea = room.market.context, room.school.bea
    with context.store.begin() as work:
        act = Act(context, work, Actor(party_id=bea.id), room.school.now)
        take(act, work.get(Transaction, deal.id), "withdraw", role=CUSTOMER)
        (told,) = (event for event in act.events if event.kind == "transaction.withdraw")
    assert told.data["by"] == bea.id
    room.market.close()
