"""Attacks on the price: quotes of others, old quotes, bad numbers, other currencies, plugins."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from attrs import define, evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace import (
    OPERATOR,
    Conflict,
    InvalidInput,
    Line,
    Money,
    NotFound,
    Pay,
    PricingQuestion,
    Proposal,
    Request,
    hookimpl,
)
from tests.attacks.conftest import Found
from tests.support.hamlet import CARD, Hamlet, rupees
from tests.support.refusals import refused, rows_of


def opening(hamlet: Hamlet, quote: str, request: str, pay: Pay = CARD) -> Callable[[], object]:
    """An attempt of Sita's to begin a deal on a quote."""
    return lambda: hamlet.market.transactions.open(quote, by=hamlet.rider, request=request, pay=pay)


@pytest.mark.attack(17)
def test_an_expired_quote_opens_nothing(hamlet: Hamlet) -> None:
    """A quote is good until its moment and not at it; then it is a conflict that says so."""
    request, quote = hamlet.asked()
    hamlet.clock.set(quote.expires_at)
    refused(
        hamlet.market,
        Conflict,
        opening(hamlet, quote.id, request.id),
        by=hamlet.rider,
        code="quote_expired",
    )


@pytest.mark.attack(18)
def test_a_quote_is_good_for_its_own_request_alone(hamlet: Hamlet) -> None:
    """Another rider's quote, or one's own for another request, is not there."""
    gita = hamlet.town.rider("Gita")
    _, hers = hamlet.asked(gita)
    request, _ = hamlet.asked()
    _, other = hamlet.asked()
    for quote in (hers.id, other.id, quote_like(hers.id)):
        refused(hamlet.market, NotFound, opening(hamlet, quote, request.id), by=hamlet.rider)


def quote_like(known: str) -> str:
    """An id that nobody has."""
    return known[:-4] + "zzzz"


@pytest.mark.attack(19)
def test_what_was_asked_cannot_change_after_it_was_priced(hamlet: Hamlet) -> None:
    """A quote carries a hash of what was asked; a request changed behind it is another asking."""
    request, quote = hamlet.asked()
    with hamlet.market.context.store.begin() as work:
        stored = work.get(Request, request.id)
        assert stored.quantity == 1
        work.save(evolve(stored, quantity=2))
    refused(
        hamlet.market,
        Conflict,
        opening(hamlet, quote.id, request.id),
        by=hamlet.rider,
        code="quote_for_another_asking",
    )


@pytest.mark.attack(16)
def test_no_total_is_taken_from_the_customer(in_memory: Hamlet) -> None:
    """There is no way to say a total: a part smaller than the price leaves a rest, refused."""
    request, quote = in_memory.asked()
    with pytest.raises(TypeError):
        in_memory.market.transactions.open(
            quote.id,
            by=in_memory.rider,
            request=request.id,
            total=1,  # type: ignore[call-arg]
        )
    refused(
        in_memory.market,
        InvalidInput,
        opening(in_memory, quote.id, request.id, Pay("card", amount=rupees(1))),
        by=in_memory.rider,
        code="payments_fall_short",
    )


FULL_WIDTH = "\uff11\uff12"
BAD_NUMBERS: list[Any] = [-1, 0, 2**63, 2**64, "1e3", "1", 1.5, 1.0, True, float("nan"), FULL_WIDTH]
BAD_NUMBERS += [float("inf"), b"1", Decimal("1.0"), [1], {"amount": 1}, 10**400]


def worse_numbers() -> st.SearchStrategy[Any]:
    """Whatever is no whole number above zero that a database can hold."""
    return st.one_of(
        st.sampled_from(BAD_NUMBERS),
        st.integers(max_value=0),
        st.integers(min_value=2**63),
        st.floats(),
        st.booleans(),
        st.text(),
        st.decimals(),
        st.binary(max_size=4),
    )


@pytest.mark.attack(20)
@pytest.mark.parametrize("number", BAD_NUMBERS, ids=repr)
def test_a_bad_quantity_is_refused_whole(in_memory: Hamlet, number: Any) -> None:
    """A quantity that is no whole number within its bounds is refused, with all that means."""
    refused(
        in_memory.market,
        InvalidInput,
        lambda: in_memory.town.ask(in_memory.rider, quantity=number),
        by=in_memory.rider,
    )


@pytest.mark.attack(20)
@pytest.mark.invariant(13)
def test_no_bad_number_is_ever_taken(found: Found) -> None:
    """Generated bad numbers as quantity, seats, amount, rating, page: ``InvalidInput`` each."""
    hamlet = found()
    market, rider, driver = hamlet.market, hamlet.rider, hamlet.driver
    ride = hamlet.settled()

    @settings(max_examples=60)
    @given(number=worse_numbers())
    def holds(number: Any) -> None:
        attempts: list[Callable[[], object]] = [
            lambda: Money(number, "NPR") if type(number) is not int else Money(2**63, "NPR"),
            lambda: hamlet.town.ask(rider, quantity=number),
            lambda: market.listings.draft(
                "rides",
                by=driver,
                title="t",
                currency="NPR",
                attributes={"tier": "ride", "seats": number},
            ),
            lambda: market.reviews.write(ride.id, by=rider, rating=number),
            lambda: market.transactions.list(by=rider, limit=number),
        ]
        for attempt in attempts:
            with pytest.raises(InvalidInput):
                attempt()

    holds()


@pytest.mark.attack(20)
@pytest.mark.parametrize(
    "text", ["1e3", FULL_WIDTH, "1.234", "", "NaN", "-", "0x1", "1_000", " 1", 1.5]
)
def test_a_bad_amount_in_writing_is_refused(text: Any) -> None:
    """Only plain decimals with as many places as the currency has are read as money."""
    with pytest.raises(InvalidInput):
        Money.of(text, "NPR")


@pytest.mark.attack(24)
@pytest.mark.invariant(14)
def test_a_price_is_paid_in_its_own_currency(hamlet: Hamlet) -> None:
    """A hundred yen are no hundred paisa: a payment in another currency is refused."""
    request, quote = hamlet.asked()
    for money in (Money(100, "JPY"), Money(100, "USD")):
        pays = [Pay("card", amount=money), Pay("cash")]
        refused(
            hamlet.market,
            InvalidInput,
            lambda: hamlet.market.transactions.open(
                quote.id,
                by=hamlet.rider,
                request=request.id,
                pay=pays,  # noqa: B023
            ),
            by=hamlet.rider,
            code="currency_mismatch",
        )
    ride = hamlet.started()
    refused(
        hamlet.market,
        InvalidInput,
        lambda: hamlet.take(ride, "finish", by=hamlet.driver, tolls=Money(100, "JPY")),
        by=hamlet.driver,
        code="currency_mismatch",
    )
    refused(
        hamlet.market,
        InvalidInput,
        lambda: hamlet.town.ask(hamlet.rider, currency="JPY"),
        by=hamlet.rider,
        code="currency_mismatch",
    )


@pytest.mark.attack(25)
@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1.234", "KWD", 1234),
        ("-0.001", "KWD", -1),
        ("12.50", "NPR", 1250),
        ("12.5", "NPR", 1250),
        ("100", "JPY", 100),
        ("0.00000001", "BTC", 1),
    ],
)
def test_minor_units_follow_the_currency(text: str, currency: str, minor: int) -> None:
    """Three, two and no decimals go to minor units and back without loss."""
    money = Money.of(text, currency)
    assert money.amount == minor
    assert Money.of(money.decimal(), currency) == money
    assert str(money).startswith(currency)


@pytest.mark.attack(28)
def test_the_quote_wins_over_a_later_price(found: Found) -> None:
    """When the rate rises between quote and deal, the quote is what the customer pays."""
    rate = Rising()
    hamlet = found(plugins=[rate])
    request, quote = hamlet.asked()
    rate.extra = 5_000
    ride = hamlet.market.transactions.open(quote.id, by=hamlet.rider, request=request.id, pay=CARD)
    (terms,) = hamlet.market.transactions.terms(ride.id, by=hamlet.rider)
    assert tuple(terms.lines) == tuple(quote.lines)
    (payment,) = hamlet.market.transactions.payments(ride.id, by=hamlet.rider)
    assert payment.held == quote.payin.amount
    assert hamlet.asked()[1].payin.amount == quote.payin.amount + 5_000


@define
class Rising:
    """A plugin whose rate changes while the marketplace runs."""

    extra: int = 0
    name: str = "rising"

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Sequence[Line]:
        """So much more than the fare."""
        if question.occasion != "quote" or not self.extra:
            return []
        return [line_of(Money(self.extra, question.currency))]


def line_of(amount: Any) -> Line:
    """A line of a stranger's plugin."""
    return Line("extra", amount, "customer", "provider", rule="rising.extra")


@define
class Crooked:
    """A plugin that gives what no price can be."""

    gives: Callable[[PricingQuestion], Any]
    name: str = "crooked"

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Any:
        """Something else than lines of money in the price's currency."""
        return self.gives(question)


CROOKED: dict[str, Callable[[PricingQuestion], Any]] = {
    "a float": lambda question: [line_of(1.5)],
    "a whole number": lambda question: [line_of(100)],
    "a Decimal": lambda question: [line_of(Decimal("1.005"))],
    "a Decimal as minor units": lambda question: [line_of(Money(Decimal(1), "NPR"))],  # type: ignore[arg-type]
    "a float as minor units": lambda question: [line_of(Money(1.5, "NPR"))],  # type: ignore[arg-type]
    "a bool as minor units": lambda question: [line_of(Money(True, "NPR"))],
    "another currency": lambda question: [line_of(Money(100, "JPY"))],
    "a currency nobody knows": lambda question: [line_of(Money(100, "XYZ"))],
    "a negative line": lambda question: [line_of(Money(-1, "NPR"))],
    "a dictionary": lambda question: [{"amount": 1}],
    "lines in a proposal": lambda question: Proposal((line_of(Money(1, "USD")),)),
    "more than a database holds": lambda question: [line_of(Money(2**63, "NPR"))],
}


@pytest.mark.attack(29)
@pytest.mark.invariant(13, 14, 38)
@pytest.mark.parametrize("kind", CROOKED)
def test_a_crooked_price_names_its_plugin(found: Found, kind: str) -> None:
    """A plugin that prices in no money of the deal is named, and nothing is written."""
    hamlet = found(plugins=[Crooked(CROOKED[kind])])
    request = hamlet.town.ask(hamlet.rider)
    error = refused(
        hamlet.market,
        InvalidInput,
        lambda: hamlet.market.quotes.make(request.id, by=hamlet.rider),
        by=hamlet.rider,
    ).error
    assert "'crooked'" in error.message
    assert error.params["plugin"] == "crooked"


@define
class Broken:
    """A plugin that raises whatever it is told to."""

    armed: bool = False
    name: str = "broken"

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Any:
        """An error that nobody expected."""
        if self.armed:
            raise RuntimeError("a plugin's own mistake")
        return []


@pytest.mark.attack(29)
@pytest.mark.invariant(38)
def test_a_plugin_that_raises_undoes_the_whole_command(found: Found) -> None:
    """What a plugin raises undoes all of the command, and no state is left half written."""
    broken = Broken()
    hamlet = found(plugins=[broken])
    ride = hamlet.started()
    broken.armed = True
    rows = rows_of(hamlet.market)
    with pytest.raises(RuntimeError):
        hamlet.take(ride, "finish", by=hamlet.driver)
    assert rows_of(hamlet.market) == rows
    broken.armed = False
    assert hamlet.take(ride, "finish", by=hamlet.driver).state == "completed"


@define
class Coupons:
    """A platform's discount: the operator pays the customer, so the provider loses nothing."""

    off: int
    name: str = "coupons"

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Sequence[Line]:
        """So much off, once for each coupon that is stacked."""
        if question.occasion not in ("quote", "finish"):
            return []
        if question.occasion == "finish" and question.terms is not None:
            return [line for line in question.terms.lines if line.code == "coupon"]
        money = Money(self.off, question.currency)
        return [Line("coupon", money, "operator", "customer", rule="coupons.off")]


@pytest.mark.attack(22)
@pytest.mark.parametrize("stacked", [1, 2, 5])
def test_stacked_discounts_never_become_a_credit(found: Found, stacked: int) -> None:
    """Discounts above the whole price are refused: a price is zero or more, never a credit."""
    coupons = [evolve(Coupons(100_000), name=f"coupons{number}") for number in range(stacked)]
    hamlet = found(plugins=coupons)
    request = hamlet.town.ask(hamlet.rider)
    refused(
        hamlet.market,
        InvalidInput,
        lambda: hamlet.market.quotes.make(request.id, by=hamlet.rider),
        by=hamlet.rider,
        code="negative_price",
    )


@pytest.mark.attack(22)
@pytest.mark.invariant(18)
def test_a_discount_costs_the_platform_alone(found: Found) -> None:
    """What the driver gets does not depend on the platform's coupon; promotion pays for it."""
    earned = {}
    for off in (0, 2_000):
        hamlet = found(plugins=[Coupons(off)] if off else [])
        ride = hamlet.settled()
        earned[off] = hamlet.market.ledger.balance(hamlet.driver.id, "NPR", by=OPERATOR)
        (payment,) = hamlet.market.transactions.payments(ride.id, by=OPERATOR)
        moved = hamlet.town.moves(ride)
        promoted = sum(move[3] for move in moved if move[1] == "promotion expense")
        assert promoted == off
        assert hamlet.sandbox.balance("NPR").amount == payment.captured
    assert earned[0] == earned[2_000]


@pytest.mark.invariant(17)
def test_every_journal_says_what_it_is_and_why(in_memory: Hamlet) -> None:
    """Revenue comes from journals with a kind and a cause alone, each explained by a line."""
    ride = in_memory.settled()
    terms = in_memory.market.transactions.terms(ride.id, by=OPERATOR)[-1]
    fees = [line.amount.amount for line in terms.lines if line.payee == "operator"]
    journals = in_memory.market.ledger.of_transaction(ride.id, by=OPERATOR)
    assert all(journal.kind and journal.cause and journal.key for journal in journals)
    revenue = [
        transfer.amount
        for journal in journals
        for transfer in journal.transfers
        if transfer.credit.purpose.value == "platform revenue"
    ]
    assert revenue == fees
    assert all(one.amount > 0 and one.debit != one.credit for j in journals for one in j.transfers)


@pytest.mark.invariant(12)
def test_every_line_comes_out_again_by_its_rule(in_memory: Hamlet) -> None:
    """Each frozen line, tax and fee included, is what its rule gives on its stored inputs."""
    ride = in_memory.settled()
    again = in_memory.market.quotes.recompute(ride.id)
    assert again
    assert [line.amount.amount for _, line, _ in again] == [amount for _, _, amount in again]
