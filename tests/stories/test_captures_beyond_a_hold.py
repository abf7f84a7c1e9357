"""More is due at the end than was held: what the hold lacks is owed once the rest was taken."""

from collections.abc import Sequence

import pytest
from attrs import frozen

from marketplace import (
    CAPTURE,
    CLOCK,
    DAY,
    HOUR,
    OPERATOR,
    PAYMENT_PROVIDER,
    PROVIDER,
    VOID,
    Answer,
    Line,
    Money,
    MoneyKind,
    Order,
    Pay,
    PricingQuestion,
    Purpose,
    Transaction,
    Transition,
    hookimpl,
)
from marketplace.plugins.sandbox import DIES_EARLY, Sandbox
from marketplace.testing.soundness import faults
from tests.support.lessons import LESSON_ROWS, MONDAY, School, lesson, open_school

LATER = MONDAY + 10 * DAY
HELD, DUE = 40_00, 60_00
LONGER = [one.changed(lines="overtime") if one.name == "finish" else one for one in LESSON_ROWS]
WAYS = {
    # What was not collected is given up, and nothing else is done about it.
    "given up": [
        *(one for one in LONGER if one.name not in ("owe", "pay_late")),
        Transition("give_up", CLOCK, "uncollected", "owed", VOID, after=DAY),
    ],
    "owed": LONGER,
    "paid late": LONGER,
    "taken at the second try": [
        *(one for one in LONGER if one.name != "pay_late"),
        Transition("again", PROVIDER, "uncollected", "taught", CAPTURE, failed="uncollected"),
        Transition("hold_died", PAYMENT_PROVIDER, "uncollected", "owed", on="hold_expired"),
    ],
}


@frozen
class Overtime:
    """A lesson that took half as long again is priced when it is over."""

    name: str = "overtime"

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Sequence[Line]:
        """The longer lesson."""
        if question.occasion != "overtime":
            return []
        said = {"of": DUE, "bp": 10_000}
        return [Line("lesson", Money(DUE, "EUR"), "customer", "provider", "lessons.part", said)]


def _taught(url: str, rows: Sequence[Transition], means: str) -> tuple[School, Transaction]:
    school = open_school(url, Overtime(), process=lesson(rows))
    deal = school.book(school.ana, LATER, pay=[Pay("card", means=means)])
    school.market.advance(LATER - school.now)
    for row in ("begin", "finish"):
        school.market.transactions.take(deal.id, row, by=school.tutor)
    return school, deal


def _escrow(school: School, deal: Transaction) -> int:
    found = school.market.ledger.balances(deal.id, by=OPERATOR)
    return sum(one.posted for one in found if one.account.purpose is Purpose.ESCROW)


def _owes(school: School) -> list[int]:
    return [one.left for one in school.market.payments.dues(by=school.ana)]


@pytest.mark.invariant(6, 8)
@pytest.mark.parametrize("way", WAYS)
def test_what_a_refused_capture_lacked_is_not_owed_beside_the_whole(
    database_url: str, way: str
) -> None:
    """Law: the bank refuses to capture a hold that is less than what is due. Nobody owes a part of
    it then, and nothing lies in escrow: the process says what becomes of the whole. Given up, it is
    nobody's debt; owed, it is owed once; paid late, it is paid whole; and where the capture goes
    well at the second try, what the hold lacked is owed once."""
    school, deal = _taught(database_url, WAYS[way], DIES_EARLY)
    market = school.market
    assert school.state(deal) == "uncollected"
    assert (_escrow(school, deal), _owes(school)) == (0, [])
    if way == "paid late":
        market.transactions.take(deal.id, "pay_late", by=school.ana)
    if way == "taken at the second try":
        _be_well(market.context.providers["sandbox"])
        market.transactions.take(deal.id, "again", by=school.tutor)
    market.advance(9 * DAY)
    owed = {"owed": [DUE], "taken at the second try": [DUE - HELD]}
    assert _owes(school) == owed.get(way, [])
    assert market.ledger.profit("EUR") == Money(0 if way == "given up" else DUE // 10, "EUR")
    assert _escrow(school, deal) == 0
    assert market.transactions.get(deal.id, by=OPERATOR).ended_at is not None
    assert faults(market) == []
    market.close()


def _be_well(sandbox: object) -> None:
    assert isinstance(sandbox, Sandbox)
    with sandbox._kept.turn() as kept:
        kept.rows("UPDATE charge SET means = 'tok_ok'")


def test_what_a_hold_lacked_is_owed_as_the_rest_is_taken(database_url: str) -> None:
    """Law: where the bank captures the hold, the customer owes what it lacked, everybody has his
    lines, and the debt is told once; it is told after the bank's yes, and not before it."""
    school = open_school(database_url, Overtime(), process=lesson(LONGER))
    market = school.market
    asked: list[list[int]] = []

    def after(order: Order, answer: Answer) -> None:
        if order.kind is MoneyKind.CAPTURE:
            asked.append(_owes(school))

    sandbox = market.context.providers["sandbox"]
    assert isinstance(sandbox, Sandbox)
    sandbox.after = after
    deal = school.book(school.ana, LATER)
    market.advance(LATER - school.now)
    for row in ("begin", "finish"):
        market.transactions.take(deal.id, row, by=school.tutor)
    market.advance(HOUR)
    assert school.state(deal) == "taught"
    assert (asked, _owes(school)) == ([[]], [DUE - HELD])
    assert _escrow(school, deal) == DUE
    market.advance(3 * DAY)
    assert school.state(deal) == "completed"
    earned = market.ledger.balance(school.tutor.id, "EUR", by=OPERATOR)
    assert earned == Money(DUE - DUE // 10, "EUR")
    assert _owes(school) == [DUE - HELD]
    assert faults(market) == []
    market.close()
