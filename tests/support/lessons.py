"""Tutoring by the hour: a trade of its own kind, written from the public face alone.

A tutor's calendar is a single resource whose claims have spans. A lesson is booked at once, the
money is held two days before it starts, and settled a day after. The fixture `school` opens a
marketplace of it on `database_url`, that is once on each database.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import define, field, frozen

from marketplace import (
    CAPTURE,
    CHARGE,
    CLOCK,
    CONFIRM,
    CUSTOMER,
    DAY,
    FREE,
    HOLD,
    HOUR,
    MINUTE,
    MOVE,
    PROVIDER,
    RESERVE,
    SAVE,
    SETTLE,
    TRANSFER,
    VOID,
    Ask,
    At,
    Bring,
    Line,
    Listing,
    ManualClock,
    Marketplace,
    Money,
    Party,
    Pay,
    PayoutPlan,
    PolicyQuestion,
    PricingQuestion,
    Process,
    Proposal,
    Quote,
    Reason,
    RequestQuestion,
    ResourcePlan,
    Transaction,
    Transition,
    Vertical,
    divide,
    hookimpl,
)
from marketplace.plugins.commission import Commission
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
QUARTER = 15 * MINUTE
FEES = [[24 * 60, 0], [2 * 60, 5_000], [0, 10_000]]
"""At least so many minutes before the start, so many basis points of the lesson."""


def or_else(state: str) -> dict[str, Any]:
    """A refusal and a bank's challenge both lead there."""
    return {"failed": state, "needs_customer": state}


NEW_TIME = [Ask("start", "time"), Ask("end", "time")]
LATE = At("start", QUARTER)

LESSON_ROWS = [
    Transition(
        "book",
        CUSTOMER,
        ("asked", "unpaid"),
        "booked",
        RESERVE("calendar"),
        SAVE,
        CONFIRM("calendar"),
        **or_else("unpaid"),
    ),
    Transition(
        "lapse", CLOCK, ("asked", "unpaid"), "lapsed", FREE("calendar"), VOID, after=QUARTER
    ),
    Transition(
        "secure", CLOCK, "booked", "secured", HOLD, at=At("start", -2 * DAY), **or_else("unsecured")
    ),
    Transition("secure_again", CUSTOMER, "unsecured", "secured", HOLD, **or_else("unsecured")),
    Transition(
        "drop",
        (CUSTOMER, CLOCK),
        "unsecured",
        "cancelled",
        FREE("calendar"),
        VOID,
        after=12 * HOUR,
        fault=CUSTOMER,
    ),
    Transition(
        "reschedule",
        CUSTOMER,
        ("booked", "secured", "unsecured"),
        "booked",
        MOVE("calendar"),
        VOID,
        lines="alteration",
        asks=NEW_TIME,
    ),
    Transition("withdraw", CUSTOMER, "booked", "cancelled", FREE("calendar"), VOID),
    Transition(
        "cancel",
        CUSTOMER,
        "secured",
        "cancelled",
        FREE("calendar"),
        CAPTURE,
        SETTLE,
        lines="cancellation",
        fault=CUSTOMER,
        failed="uncollected",
    ),
    Transition("begin", PROVIDER, "secured", "teaching", not_before=At("start", -QUARTER)),
    Transition(
        "no_show",
        PROVIDER,
        "secured",
        "missed",
        FREE("calendar"),
        CAPTURE,
        SETTLE,
        not_before=LATE,
        fault=CUSTOMER,
        failed="uncollected",
    ),
    Transition(
        "nobody_came",
        (CUSTOMER, CLOCK),
        "secured",
        "cancelled",
        FREE("calendar"),
        VOID,
        not_before=LATE,
        at=At("start", 12 * HOUR),
        fault=PROVIDER,
    ),
    Transition(
        "finish",
        (PROVIDER, CLOCK),
        "teaching",
        "taught",
        FREE("calendar"),
        CAPTURE,
        at=At("start", 12 * HOUR),
        failed="uncollected",
    ),
    Transition("settle", CLOCK, "taught", "completed", SETTLE, at=At("end", DAY)),
    Transition(
        "pay_late",
        CUSTOMER,
        "uncollected",
        "completed",
        VOID,
        CHARGE,
        SETTLE,
        **or_else("uncollected"),
    ),
    Transition("owe", CLOCK, "uncollected", "owed", VOID, TRANSFER, after=7 * DAY),
]


def lesson(rows: Sequence[Transition] = LESSON_ROWS) -> Process:
    """The process of a lesson, for card and wallet."""
    return Process(
        "lesson",
        "asked",
        {"completed", "lapsed", "cancelled", "missed", "owed"},
        rows,
        admits=("card", "wallet"),
        paid=("teaching", "taught"),
        review_after=("completed",),
    )


TIP = Process(
    "tip",
    "asked",
    {"tipped", "not_tipped"},
    [
        Transition("give", CUSTOMER, "asked", "tipped", CHARGE, SETTLE, **or_else("not_tipped")),
        Transition("forget", CLOCK, "asked", "not_tipped", after=HOUR),
    ],
    admits=("card", "wallet"),
    follows=("completed",),
    within=30 * DAY,
    opened_by=(CUSTOMER,),
)


def hourly(inputs: Mapping[str, Any]) -> int:
    """So much an hour, to the minute."""
    return divide(inputs["minutes"] * inputs["per_hour"], 60)


def part(inputs: Mapping[str, Any]) -> int:
    """So many basis points of an amount."""
    return divide(inputs["of"] * inputs["bp"], 10_000)


def given(inputs: Mapping[str, Any]) -> int:
    """What somebody named."""
    return int(inputs["amount"])


RULES = {"lessons.hourly": hourly, "lessons.part": part, "lessons.given": given}


@frozen
class Lessons:
    """The plugin of the trade: its prices, its fees, and no lesson without a time to come."""

    process: Process = field(factory=lesson)
    name: str = "lessons"

    @hookimpl
    def bring(self) -> Bring:
        """The vertical, its calendar and its rules."""
        vertical = Vertical(
            "lessons",
            (self.process,),
            follow_ups=(TIP,),
            resources=(ResourcePlan("calendar", grain=QUARTER),),
            words={"en": {"line.lesson": "{money}: {minutes} minutes"}},
        )
        return Bring(verticals=(vertical,), rules=RULES)

    @hookimpl
    def refuse_request(self, question: RequestQuestion) -> Reason | None:
        """A lesson is asked for a time to come."""
        asked = question.request
        if asked.vertical == "lessons" and (asked.start is None or asked.start <= question.at):
            return Reason("no_time_to_come")
        return None

    @hookimpl
    def propose_policies(self, question: PolicyQuestion) -> Mapping[str, Any] | None:
        """What a cancellation costs is frozen with the price."""
        return {"lesson_fees": FEES} if question.vertical == "lessons" else None

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Proposal | Sequence[Line] | None:
        """A price for each occasion, and none where somebody else named one."""
        if question.vertical != "lessons":
            return None
        occasions: dict[str, Callable[[PricingQuestion], Proposal | Sequence[Line]]] = {
            "quote": _quote,
            "alteration": _quote,
            "cancellation": _cancellation,
            "tip": _tip,
        }
        answer = occasions.get(question.occasion)
        return None if answer is None else answer(question)


def _line(code: str, rule: str, inputs: Mapping[str, Any], currency: str) -> Line:
    amount = Money(RULES[rule](inputs), currency)
    return Line(code, amount, "customer", "provider", rule, inputs=inputs)


def _quote(question: PricingQuestion) -> Sequence[Line]:
    assert question.request is not None
    assert question.listing is not None
    asked = question.request
    times = {"start": asked.start, "end": asked.end}
    if question.transaction is not None:
        times |= question.transaction.moments
    minutes = (times["end"] - times["start"]) // MINUTE  # type: ignore[operator]
    inputs = {"minutes": minutes, "per_hour": question.listing.attributes["per_hour"]}
    return [_line("lesson", "lessons.hourly", inputs, question.currency)]


def _cancellation(question: PricingQuestion) -> Proposal:
    assert question.transaction is not None
    assert question.terms is not None
    price = sum(one.amount.amount for one in question.terms.lines if one.payee == "provider")
    minutes = (question.transaction.moments["start"] - question.at) // MINUTE
    fees = question.terms.policies["lesson_fees"]
    bp = next(bp for least, bp in fees if minutes >= least)
    fee = _line("fee", "lessons.part", {"of": price, "bp": bp}, question.currency)
    return Proposal([fee], [Reason("cancelled_before", {"minutes": minutes})])


def _tip(question: PricingQuestion) -> Sequence[Line]:
    inputs = {"amount": question.asks["amount"].amount}
    return [_line("tip", "lessons.given", inputs, question.currency)]


@define
class School:
    """A marketplace of lessons with a tutor at forty euros an hour, and two who want to learn."""

    market: Marketplace
    tutor: Party
    ana: Party
    bea: Party
    listing: Listing

    @property
    def now(self) -> datetime:
        """This instant."""
        return self.market.context.now()

    def quote(self, who: Party, start: datetime, hours: int = 1) -> Quote:
        """Somebody asks for a lesson, and is told the price."""
        request = self.market.requests.open(
            "lessons",
            by=who,
            currency="EUR",
            listing=self.listing.id,
            start=start,
            end=start + hours * HOUR,
        )
        return self.market.quotes.make(request.id, by=who)

    def book(
        self, who: Party, start: datetime, hours: int = 1, pay: Sequence[Pay] | str = "card"
    ) -> Transaction:
        """Somebody books a lesson."""
        quote = self.quote(who, start, hours)
        ways = Pay(pay) if isinstance(pay, str) else pay
        return self.market.transactions.open(quote.id, by=who, pay=ways)

    def state(self, transaction: Transaction) -> str:
        """Where a lesson is now, as the tutor sees it."""
        return self.market.transactions.get(transaction.id, by=self.tutor).state


def open_school(
    url: str, *plugins: object, per_hour: int = 4_000, process: Process | None = None
) -> School:
    """A marketplace of lessons, with more plugins before the commission."""
    clock = ManualClock(MONDAY)
    market = Marketplace.open(
        url,
        [
            Lessons(process or lesson()),
            *plugins,
            Commission(bp=1_000),
            Sandbox(now=clock.now),
            Wallet(),
        ],
        clock=clock,
        seed=1,
        payouts=PayoutPlan(provider="sandbox"),
    )
    tutor, ana, bea = (market.parties.join(name) for name in ("Tom", "Ana", "Bea"))
    listing = market.listings.draft(
        "lessons", by=tutor, title="Maths", currency="EUR", attributes={"per_hour": per_hour}
    )
    return School(market, tutor, ana, bea, market.listings.publish(listing.id, by=tutor))


@pytest.fixture
def school(database_url: str) -> Iterator[School]:
    """Yield a school on each database."""
    opened = open_school(database_url)
    yield opened
    opened.market.close()


@pytest.fixture
def small_school() -> Iterator[School]:
    """Yield a school in memory, for laws that no database has a say in."""
    opened = open_school("sqlite://")
    yield opened
    opened.market.close()
