"""Quotes: lines for somebody, whose sum over all roles is nothing."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import InvalidInput, Line, Money, Quote, Rate, customer_owes, nets
from marketplace.domain.money import MAX_AMOUNT
from marketplace.domain.quote import of_purse, recompute, units_owed

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

ROLES = ("customer", "provider", "operator", "tax")


@st.composite
def lines(draw: st.DrawFn) -> list[Line]:
    """A price of some lines between any two roles."""
    result = []
    for index in range(draw(st.integers(0, 8))):
        payer, payee = draw(st.permutations(ROLES))[:2]
        amount = draw(st.integers(0, 10**9))
        inputs = {"amount": amount}
        result.append(Line(f"line{index}", Money(amount, "NPR"), payer, payee, "fixed", "", inputs))
    return result


@pytest.mark.behaviour("C2")
@given(lines())
def test_what_everybody_gets_and_pays_sums_to_nothing(price: list[Line]) -> None:
    """Law: lines move money between roles and make none; totals are their sum."""
    result = nets(price, "NPR")
    assert sum(money.amount for money in result.values()) == 0
    assert customer_owes(price, "NPR") == -result.get("customer", Money(0, "NPR"))


@pytest.mark.behaviour("C3")
@given(lines())
def test_a_line_is_computed_again_from_its_own_inputs(price: list[Line]) -> None:
    """Law: rule and inputs give the amount again; a rule that is gone is said to be gone."""
    again = recompute(price, {"fixed": lambda inputs: int(inputs["amount"])})
    assert [amount for _, amount in again] == [line.amount.amount for line in price]
    assert [amount for _, amount in recompute(price, {})] == [None] * len(price)


def test_a_line_is_never_negative_and_never_pays_its_own_payer() -> None:
    """Law: a discount swaps payer and payee; nobody pays itself."""
    with pytest.raises(InvalidInput, match="swap payer and payee"):
        Line("off", Money(-1, "NPR"), "customer", "provider", "r", "p")
    with pytest.raises(InvalidInput, match="pay itself"):
        Line("odd", Money(1, "NPR"), "operator", "operator", "r", "p")
    with pytest.raises(InvalidInput, match="must be Money"):
        Line("odd", 1.5, "customer", "operator", "r", "p")  # type: ignore[arg-type]
    assert not Line("free", Money(0, "NPR"), "customer", "operator", "r", "p").amount


PRICE = [
    Line("fare", Money(1000, "NPR"), "customer", "provider", "r"),
    Line("gift", Money(300, "NPR"), "provider", "customer", "r"),
    Line("deposit", Money(500, "NPR"), "customer", "provider", "r", purse="deposit"),
    Line("commission", Money(200, "NPR"), "provider", "operator", "r"),
]


def test_what_a_role_owes_is_told_by_purse() -> None:
    """Law: a role owes what it pays less what it is given, in one purse or over all of them."""
    assert of_purse(PRICE, "deposit") == [PRICE[2]]
    assert customer_owes(PRICE, "NPR") == Money(1200, "NPR")
    assert customer_owes(PRICE, "NPR", "price") == Money(700, "NPR")
    assert customer_owes(PRICE, "NPR", "deposit") == Money(500, "NPR")
    assert customer_owes(PRICE, "NPR", "price", "provider") == Money(-500, "NPR")
    assert customer_owes(PRICE[1:2], "NPR") == Money(-300, "NPR")
    assert units_owed(PRICE, "NPR", "price") == 700
    with pytest.raises(InvalidInput, match="do not mix"):
        units_owed(PRICE, "USD", "deposit")
    most = Line("all", Money(MAX_AMOUNT, "NPR"), "customer", "provider", "r")
    with pytest.raises(InvalidInput, match="must lie within"):
        units_owed([most, PRICE[0]], "NPR")


def test_a_quote_shows_what_its_customer_pays() -> None:
    """Law: a quote asks what its lines say the customer owes, shown in the currency he pays in."""
    rate = Rate("NPR", "USD", 1, 130, NOON)
    quote = Quote("qu_1", None, None, "NPR", PRICE, NOON, NOON, "0")
    abroad = Quote("qu_2", None, None, "NPR", PRICE, NOON, NOON, "0", rate=rate)
    assert quote.payin == quote.shown == Money(1200, "NPR")
    assert (quote.paid_in, abroad.paid_in) == ("NPR", "USD")
    assert (abroad.payin, abroad.shown) == (Money(1200, "NPR"), Money(9, "USD"))
