"""Attacks through plugins: crooked lines, errors, rates that move, discounts that pile up."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from attrs import define, evolve

from marketplace import (
    OPERATOR,
    Bring,
    InvalidInput,
    Line,
    Money,
    PluginError,
    PricingQuestion,
    Proposal,
    hookimpl,
)
from tests.attacks.conftest import Found
from tests.support.hamlet import CARD, Hamlet
from tests.support.refusals import refused, rows_of


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
    def bring(self) -> Bring:
        """The rule of its line."""
        return Bring(rules={"rising.extra": lambda inputs: int(inputs["amount"])})

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Sequence[Line]:
        """So much more than the fare."""
        if question.occasion != "quote" or not self.extra:
            return []
        return [line_of(Money(self.extra, question.currency))]


def line_of(amount: Any) -> Line:
    """A line of a stranger's plugin."""
    inputs = {"amount": amount.amount} if isinstance(amount, Money) else {}
    return Line("extra", amount, "customer", "provider", rule="rising.extra", inputs=inputs)


def money(amount: Any) -> Money:
    """Money of whatever somebody takes for a number."""
    return Money(amount, "NPR")


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
    "a Decimal as minor units": lambda question: [line_of(money(Decimal(1)))],
    "a float as minor units": lambda question: [line_of(money(1.5))],
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
    """What a plugin raises undoes all of the command, is told with its name, and leaves nothing."""
    broken = Broken()
    hamlet = found(plugins=[broken])
    ride = hamlet.started()
    broken.armed = True
    rows = rows_of(hamlet.market)
    with pytest.raises(PluginError, match="plugin 'broken' broke in propose_lines"):
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
    def bring(self) -> Bring:
        """The rule of its line."""
        return Bring(rules={f"{self.name}.off": lambda inputs: int(inputs["amount"])})

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Sequence[Line]:
        """So much off, once for each coupon that is stacked."""
        if question.occasion not in ("quote", "finish"):
            return []
        if question.occasion == "finish" and question.terms is not None:
            return [line for line in question.terms.lines if line.code == "coupon"]
        money = Money(self.off, question.currency)
        rule, inputs = f"{self.name}.off", {"amount": self.off}
        return [Line("coupon", money, "operator", "customer", rule=rule, inputs=inputs)]


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
