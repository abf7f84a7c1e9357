"""What a process may do when its money was charged back, and what a deal still going on does."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from attrs import define

from marketplace import (
    CHARGE,
    CLOCK,
    CUSTOMER,
    DAY,
    MARKETPLACE,
    OPERATOR,
    PAYMENT_PROVIDER,
    PROVIDER,
    REFUND,
    SETTLE,
    Account,
    Bring,
    ChargebackTerms,
    Line,
    ManualClock,
    Marketplace,
    Money,
    Party,
    Pay,
    Payment,
    PricingQuestion,
    Process,
    Purpose,
    SetupError,
    Transaction,
    Transition,
    Vertical,
    hookimpl,
)
from marketplace.plugins.sandbox import Sandbox

PRICE = 10_000
ROWS = (
    Transition("pay", CUSTOMER, "asked", "paid", CHARGE, failed="over", needs_customer="over"),
    Transition("teach", CLOCK, "paid", "taught", SETTLE, after=30 * DAY),
    Transition(
        "call_off", (CUSTOMER, PROVIDER), "paid", "over", REFUND, SETTLE, lines="cancellation"
    ),
)
ENDS = Transition(
    "no_money",
    PAYMENT_PROVIDER,
    "paid",
    "over",
    REFUND,
    SETTLE,
    lines="cancellation",
    on="chargeback_lost",
)


@define
class Courses:
    """Courses that are paid at once and given a month later."""

    rows: Sequence[Transition] = ROWS
    kept: int = 0
    """What is kept of a course that does not take place."""

    @hookimpl
    def bring(self) -> Bring:
        """The trade."""
        process = Process("course", "asked", {"taught", "over"}, list(self.rows))
        rules = {"courses.price": lambda inputs: int(inputs["amount"])}
        return Bring(verticals=(Vertical("courses", (process,)),), rules=rules)

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Sequence[Line] | None:
        """A hundred, and what is kept of it."""
        amount = PRICE if question.occasion == "quote" else self.kept
        money, inputs = Money(amount, question.currency), {"amount": amount}
        line = Line("course", money, "customer", "provider", "courses.price", inputs=inputs)
        return [line] if amount else []


@define
class School:
    """A marketplace of courses, and one deal in it."""

    market: Marketplace
    sandbox: Sandbox
    pupil: Party
    teacher: Party
    deal: Transaction

    @property
    def payment(self) -> Payment:
        """The deal's only payment."""
        (found,) = self.market.transactions.payments(self.deal.id, by=OPERATOR)
        return found

    @property
    def state(self) -> str:
        """Where the deal stands."""
        return self.market.transactions.get(self.deal.id, by=OPERATOR).state

    def balance(self, owner: str, purpose: Purpose) -> int:
        """What an account holds."""
        with self.market.context.store.begin(write=False) as work:
            return work.ledger.balance(Account(owner, purpose, "EUR")).posted

    def taken_back(self, amount: int = PRICE) -> str:
        """The bank takes of the payment back; the chargeback's id."""
        self.sandbox.take_back(str(self.payment.reference), amount)
        one = self.market.chargebacks.opened(
            self.payment.id, amount=Money(amount, "EUR"), reference="du_1", cause="unknown"
        )
        return one.id

    def agrees(self) -> bool:
        """Whether nothing is left over, and the books agree with the payment provider."""
        clearing = self.balance(MARKETPLACE, Purpose.PROCESSOR_CLEARING)
        left = [self.balance(self.deal.id, what) for what in (Purpose.ESCROW, Purpose.DISPUTE)]
        return (clearing, left) == (self.sandbox.balance("EUR").amount, [0, 0])


def school(url: str, courses: Courses) -> School:
    """A school in which one course was paid."""
    clock = ManualClock(datetime(2026, 11, 2, 9, tzinfo=UTC))
    sandbox = Sandbox(now=clock.now)
    market = Marketplace.open(url, [courses, sandbox], clock=clock, seed=1)
    pupil, teacher = market.parties.join("Pia"), market.parties.join("Tom")
    draft = market.listings.draft("courses", by=teacher, title="Sarangi", currency="EUR")
    listing = market.listings.publish(draft.id, by=teacher)
    request = market.requests.open("courses", by=pupil, currency="EUR", listing=listing.id)
    quote = market.quotes.make(request.id, by=pupil)
    deal = market.transactions.open(quote.id, by=pupil, pay=Pay("card"))
    assert deal.state == "paid"
    return School(market, sandbox, pupil, teacher, deal)


@pytest.fixture
def ending(database_url: str) -> Iterator[School]:
    """Yield a school whose courses end when their price is lost, on each database."""
    opened = school(database_url, Courses((*ROWS, ENDS)))
    yield opened
    opened.market.close()


@pytest.mark.behaviour("C12")
def test_a_process_may_end_when_its_price_is_lost(ending: School) -> None:
    """The payment provider's row on a lost chargeback is taken; nobody gets or owes anything."""
    ending.market.chargebacks.lost(ending.taken_back())
    assert (ending.state, ending.agrees()) == ("over", True)
    assert ending.market.ledger.balances(ending.pupil.id, by=OPERATOR) == []
    assert ending.market.ledger.balances(ending.teacher.id, by=OPERATOR) == []


@pytest.mark.behaviour("C12", "C15")
def test_a_row_on_a_loss_waits_for_a_complaint(database_url: str) -> None:
    """A row that only settles cannot be taken while somebody complains beside the bank: the loss
    is booked all the same, and the row is taken by the clock once the complaint is over."""
    settles = ENDS.changed(effects=(SETTLE,), lines=None, to="taught")
    found = school(database_url, Courses((*ROWS, settles)))
    one = found.taken_back()
    dispute = found.market.disputes.open(found.deal.id, by=found.teacher, cause="she came")
    assert found.market.chargebacks.lost(one).state == "lost"
    assert found.state == "paid"
    found.market.disputes.withdraw(dispute.id, by=found.teacher)
    found.market.advance(DAY)
    assert (found.state, found.agrees()) == ("taught", True)
    found.market.close()


@pytest.mark.behaviour("C9", "C12")
@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_deal_that_ends_while_the_bank_decides_keeps_what_it_must(
    database_url: str, outcome: str
) -> None:
    """A pupil who calls off when 40 of 100 are to be kept, and whose bank had taken 70 back, is
    refunded nothing meanwhile. Won, she gets her 60. Lost, she has 70 already: the teacher gets
    his 40 and bears the 10 that are missing."""
    found = school(database_url, Courses(kept=4_000))
    one = found.taken_back(7_000)
    found.market.transactions.take(found.deal.id, "call_off", by=found.pupil)
    assert found.balance(found.deal.id, Purpose.ESCROW) == PRICE
    if outcome == "won":
        found.sandbox.give_back(str(found.payment.reference), 7_000)
        found.market.chargebacks.won(one)
    else:
        found.market.chargebacks.lost(one)
    assert found.payment.refunded == (6_000 if outcome == "won" else 0)
    kept = 4_000 if outcome == "won" else 3_000
    assert found.balance(found.teacher.id, Purpose.PAYABLE) == kept
    assert (found.state, found.agrees()) == ("over", True)
    found.market.close()


@pytest.mark.behaviour("C12")
def test_a_course_goes_on_though_its_price_was_lost(database_url: str) -> None:
    """Where no row says otherwise a deal goes on to its end, and who would have been paid bears
    the loss there; until then it lies in escrow, and nobody owes it."""
    found = school(database_url, Courses())
    found.market.chargebacks.lost(found.taken_back())
    assert found.market.ledger.balances(found.teacher.id, by=OPERATOR) == []
    assert found.balance(found.deal.id, Purpose.DISPUTE) == PRICE
    found.market.advance(30 * DAY)
    assert (found.state, found.agrees()) == ("taught", True)
    assert found.balance(found.teacher.id, Purpose.RECEIVABLE) == 0
    assert found.balance(found.teacher.id, Purpose.PAYABLE) == 0
    found.market.close()


def test_terms_name_people_whom_there_are() -> None:
    """Nobody else than whom the terms allow bears a loss, and a bank has some time at least."""
    with pytest.raises(SetupError, match="everybody, provider, customer, operator"):
        ChargebackTerms(amount="host")  # type: ignore[arg-type]
    with pytest.raises(SetupError, match="provider, customer, operator, not by 'everybody'"):
        ChargebackTerms(fee="everybody")  # type: ignore[arg-type]
    with pytest.raises(SetupError, match="above zero"):
        ChargebackTerms(lost_after=0 * DAY)
