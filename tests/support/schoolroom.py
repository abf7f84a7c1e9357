"""A school in memory with a few more rows, and a plugin that listens to what the engine asks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from attrs import define, evolve, field

from marketplace import (
    CAPTURE,
    CUSTOMER,
    DAY,
    FREE,
    HOLD,
    OPERATOR,
    PROVIDER,
    SETTLE,
    VOID,
    Ask,
    Bring,
    Event,
    Line,
    ManualClock,
    Marketplace,
    Money,
    PayoutPlan,
    PricingQuestion,
    Reason,
    Transaction,
    TransitionQuestion,
    hookimpl,
)
from marketplace import Transition as T
from marketplace.domain.question import FactsQuestion
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet
from tests.support.lessons import (
    LESSON_ROWS,
    MONDAY,
    Lessons,
    School,
    lesson,
    or_else,
)

LATER = MONDAY + 10 * DAY
MORE = [
    T("part", (CUSTOMER, PROVIDER), "booked", "cancelled", FREE("calendar"), VOID, agreed=True),
    T("secure_longer", CUSTOMER, "unsecured", "secured", HOLD, lines="longer",
      **or_else("unsecured")),
    T("skip", CUSTOMER, "secured", "cancelled", FREE("calendar"), CAPTURE, SETTLE,
      lines="cancellation", failed="uncollected",
      asks=[Ask("why"), Ask("gift", "money", required=False)]),
]  # fmt: skip


@define
class Listener:
    """A plugin that remembers what it is asked, and answers as the test says."""

    name: str = "listener"
    asked: list[TransitionQuestion] = field(factory=list)
    facts_asked: list[FactsQuestion] = field(factory=list)
    against: Sequence[Reason] = ()
    facts: Mapping[str, Any] = {}

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> Sequence[Reason]:
        """What the test has against it."""
        self.asked.append(question)
        return self.against

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Sequence[Line]:
        """A longer lesson costs twice as much."""
        if question.occasion != "longer":
            return []
        inputs, price = {"amount": 8_000}, Money(8_000, "EUR")
        return [Line("longer", price, "customer", "provider", "lessons.given", inputs=inputs)]

    @hookimpl
    def propose_facts(self, question: FactsQuestion) -> Mapping[str, Any]:
        """What the test knows about it."""
        self.facts_asked.append(question)
        return self.facts


class Strict(Lessons):
    """Lessons in a room and on a floor."""

    @hookimpl
    def bring(self) -> Bring:
        """The vertical, with more rows and with a schema of what is known of a deal."""
        brought = Lessons.bring(self)
        schema = {"type": "object", "properties": {"floor": {"type": "integer"}}}
        return evolve(brought, verticals=[evolve(brought.verticals[0], transaction_schema=schema)])


@define
class Class:
    """A school in memory, and what its listener heard."""

    school: School
    listener: Listener

    @property
    def market(self) -> Marketplace:
        """The marketplace."""
        return self.school.market

    def booked(self, pay: str = "card", start: Any = LATER) -> Transaction:
        """Ana books an hour, by card or from an empty wallet, which declines the hold."""
        return self.school.book(self.school.ana, start, pay=pay)

    def until(self, deal: Transaction, moment: Any, state: str) -> Transaction:
        """The deal at a later moment, when it stands there."""
        self.market.advance(moment - self.school.now)
        now = self.now(deal)
        assert now.state == state
        return now

    def now(self, deal: Transaction) -> Transaction:
        """The deal as the operator sees it."""
        return self.market.transactions.get(deal.id, by=OPERATOR)

    def take(self, deal: Transaction, row: str, by: Any, **asks: Any) -> Transaction:
        """Somebody takes a row."""
        return self.market.transactions.take(deal.id, row, by=by, **asks)

    def due(self) -> dict[str, Any]:
        """When which row of the clock is due."""
        with self.market.context.store.begin() as work:
            timers = work.timers.due(LATER + 100 * DAY, 100)
        return {one.name: one.due_at for one in timers if one.subject_kind == "transaction"}

    def told(self, deal: Transaction, kind: str) -> Event:
        """The one event of this kind about the deal."""
        about = self.market.events.about(deal.id, by=OPERATOR)
        (one,) = (event for event in about if event.kind == f"transaction.{kind}")
        return one

    def terms(self, deal: Transaction) -> list[tuple[str, list[str], list[Reason]]]:
        """Occasion, lines and reasons of each version of the terms."""
        every = self.market.transactions.terms(deal.id, by=OPERATOR)
        return [(one.occasion, [x.code for x in one.lines], list(one.reasons)) for one in every]


def opened(**settings: Any) -> Class:
    """A school with a few more rows, and a listener."""
    clock, listener = ManualClock(MONDAY), Listener()
    plugins = [Strict(lesson([*LESSON_ROWS, *MORE])), listener, Sandbox(now=clock.now), Wallet()]
    market = Marketplace.open(
        "sqlite://", plugins, clock=clock, seed=1,
        payouts=PayoutPlan(provider="sandbox"), **settings,
    )  # fmt: skip
    tutor, ana, bea = (market.parties.join(name) for name in ("Tom", "Ana", "Bea"))
    listing = market.listings.draft(
        "lessons", by=tutor, title="Maths", currency="EUR", attributes={"per_hour": 4_000}
    )
    published = market.listings.publish(listing.id, by=tutor)
    return Class(School(market, tutor, ana, bea, published), listener)


@pytest.fixture
def room() -> Iterator[Class]:
    """A school whose bank answers at once."""
    one = opened()
    yield one
    one.market.close()


@pytest.fixture
def slow() -> Iterator[Class]:
    """A school whose bank answers when a worker asks it."""
    one = opened(eager=False)
    yield one
    one.market.close()
