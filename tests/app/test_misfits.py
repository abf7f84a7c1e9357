"""Answers of a payment provider that say nothing certain, or break whoever writes them."""

from typing import Any

import pytest
from attrs import define, field

from marketplace import (
    DAY,
    HOUR,
    Answer,
    Bring,
    InvalidInput,
    Listing,
    ManualClock,
    Marketplace,
    Money,
    MoneyKind,
    Order,
    Party,
    PaymentMethod,
    Reason,
    Way,
    hookimpl,
)
from tests.support.lessons import MONDAY, Lessons, School, open_school

KINDS = (MoneyKind.SAVE, MoneyKind.HOLD, MoneyKind.CHARGE, MoneyKind.CAPTURE, MoneyKind.VOID)
METHOD = PaymentMethod("card", dict.fromkeys(KINDS, Way.CALL), hold_lives=5 * DAY)


@define(eq=False)
class Bank:
    """Answers every hold with what it was given."""

    answer: Any
    breaks_of: str = ""
    asked: list[str] = field(factory=list)
    name: str = "bank"
    methods: tuple[PaymentMethod, ...] = (METHOD,)

    @hookimpl
    def bring(self) -> Bring:
        """The method ``card``."""
        return Bring(payment_providers=(self,))

    def carry_out(self, order: Order) -> Any:
        """Nothing is wrong but the answer to a hold."""
        self.asked.append(order.key)
        if order.transaction_id == self.breaks_of:
            return Answer("done", reference="r", details=Odd(a=1))
        return self.answer if order.kind is MoneyKind.HOLD else Answer("done", reference="r")

    def look_up(self, order: Order) -> Answer | None:
        """Nobody asks within the hour."""
        return None


WRONG = [
    None,
    "done",
    True,
    Answer("ok"),  # type: ignore[arg-type]
    Answer("failed", reason="no"),  # type: ignore[arg-type]
    Answer("done", reference=7),  # type: ignore[arg-type]
    Answer("done", reference="r", amount=4_000),  # type: ignore[arg-type]
    Answer("done", reference="r", fee=1.5),  # type: ignore[arg-type]
    Answer("done", reference="r", fee=Money(-1, "EUR")),
    Answer("done", reference="r", holds_until="friday"),  # type: ignore[arg-type]
    Answer("done", reference="r", holds_until=MONDAY.replace(tzinfo=None) + 2 * DAY),
    Answer("needs customer", reference="r", action=b"https://bank"),  # type: ignore[arg-type]
    Answer("done", reference="r", passed_on=4_000),  # type: ignore[arg-type]
    Answer("done", reference="r", details="all well"),  # type: ignore[arg-type]
    Answer("done", reference="r", amount=Money(4_000, "USD")),
    Answer("done", reference="r", amount=Money(4_001, "EUR")),
    Answer("done", reference=""),
    Answer("done", reference="r" * 201),
    Answer("done", reference="r\0"),
    Answer("done", reference="r", details=None),  # type: ignore[arg-type]
    Answer("failed", reason=Reason(5)),  # type: ignore[arg-type]
    Answer("failed", reason=Reason("no", ["r"])),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("answer", WRONG, ids=repr)
def test_an_uncertain_answer_is_neither_yes_nor_no(
    answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    """No answer, one of another kind, with a field of another kind, in another currency or above
    what was asked: the same key asks again, and until then the deal waits."""
    clock, bank = ManualClock(MONDAY), Bank(answer)
    market = Marketplace.open(plugins=[Lessons(), bank], clock=clock)
    tutor, ana = market.parties.join("Tom"), market.parties.join("Ana")
    school = School(market, tutor, ana, ana, publish_lesson(market, tutor))
    one = school.book(ana, MONDAY + DAY)
    market.tick()
    assert school.state(one) == "booked"
    assert "payment provider 'bank'" in caplog.text
    assert market.transactions.payments(one.id, by=ana)[0].held == 0
    bank.answer = Answer("done", reference="r")
    market.advance(DAY / 24)
    assert school.state(one) == "secured"
    assert len(set(bank.asked)) == 2
    market.close()


class Odd(dict[str, Any]):
    """A mapping on which whoever reads it breaks."""

    def items(self) -> Any:
        """What nobody could foresee."""
        raise ZeroDivisionError


def test_an_answer_on_which_something_breaks_keeps_no_other_waiting() -> None:
    """Whatever breaks while an answer is written, the others are asked and written in the same
    tick, and its own is tried again, later each time."""
    clock, bank = ManualClock(MONDAY), Bank(Answer("done", reference="r"))
    market = Marketplace.open(plugins=[Lessons(), bank], clock=clock)
    tutor, ana, eva = [market.parties.join(name) for name in ("Tom", "Ana", "Eva")]
    school = School(market, tutor, ana, ana, publish_lesson(market, tutor))
    one, two = school.book(ana, MONDAY + DAY), school.book(eva, MONDAY + DAY + HOUR)
    bank.breaks_of = one.id
    market.advance(2 * HOUR)
    assert (school.state(one), school.state(two)) == ("booked", "secured")
    (waits,) = market.payments.waiting()
    assert (waits.transaction_id, waits.state) == (one.id, "waiting")
    assert waits.tries > 1
    bank.breaks_of = ""
    market.advance(2 * HOUR)
    assert school.state(one) == "secured"
    market.close()


def publish_lesson(market: Marketplace, tutor: Party) -> Listing:
    """A lesson in mathematics that can be booked."""
    listing = market.listings.draft(
        "lessons", by=tutor, title="Maths", currency="EUR", attributes={"per_hour": 4_000}
    )
    return market.listings.publish(listing.id, by=tutor)


def test_an_amount_is_money() -> None:
    """A bare number has no currency: it is refused, never guessed at."""
    school = open_school("sqlite://")
    number: Any = 30.0
    with pytest.raises(InvalidInput, match=r"Money, not 30\.0"):
        school.market.payments.top_up(school.ana.id, number, reference="r")
    school.market.close()
