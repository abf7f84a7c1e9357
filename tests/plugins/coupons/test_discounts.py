"""Discounts, whatever the price and the coupons: never a credit, never from another's pocket."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from marketplace import Line, Money, customer_owes, nets
from marketplace.plugins.coupons.coupon import Coupon
from marketplace.plugins.coupons.discounts import (
    RULE,
    Terms,
    basket,
    discount,
    discounted,
    ordered,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PLAIN = Terms(except_codes=frozenset({"tip", "toll", "dues"}))


def line(amount: int, payer: str = "customer", payee: str = "provider", code: str = "x") -> Line:
    """A line of somebody else's."""
    return Line(code, Money(amount, "NPR"), payer, payee, "test.given", inputs={"amount": amount})


def coupon(number: int, *, provider: bool = False, **more: Any) -> Coupon:
    """The operator's coupon, or a provider's."""
    payer = {"payer": "provider", "provider_id": "pty_1"} if provider else {"payer": "operator"}
    return Coupon(f"coupon_{number}", f"C{number}", created_at=NOW, **payer, **more)


def rupees(amount: int) -> Money:
    """Minor units of rupees."""
    return Money(amount, "NPR")


sides = st.sampled_from(
    [
        ("customer", "provider"),
        ("customer", "provider"),
        ("customer", "tax"),
        ("customer", "operator"),
        ("customer", "dues"),
        ("provider", "customer"),
        ("provider", "operator"),
    ]
)
codes = st.sampled_from(["x", "x", "toll", "tip"])


@st.composite
def prices(draw: st.DrawFn) -> list[Line]:
    """A price of a few lines, of which the customer owes something or nothing."""
    drawn = draw(st.lists(st.tuples(st.integers(0, 10**9), sides, codes), max_size=6))
    lines = [
        line(amount, *side, "dues" if side[1] == "dues" else code) for amount, side, code in drawn
    ]
    assume(customer_owes(lines, "NPR").amount >= 0)
    return lines


@st.composite
def several(draw: st.DrawFn) -> list[Coupon]:
    """Up to five coupons of all kinds."""
    made = []
    for number in range(draw(st.integers(1, 5))):
        provider, share = draw(st.booleans()), draw(st.booleans())
        if share:
            most = draw(st.none() | st.integers(1, 10**9))
            terms = {"bp": draw(st.integers(1, 10_000)), "at_most": most and rupees(most)}
        else:
            terms = {"amount": rupees(draw(st.integers(1, 2 * 10**9)))}
        made.append(coupon(number, provider=provider, **terms))
    return made


@given(prices(), several(), st.integers(0, 10**9), st.sampled_from([1, 100, 500]))
def test_discounts_never_give_a_credit(
    lines: list[Line], coupons: list[Coupon], least: int, coin: int
) -> None:
    """However many coupons come together, the customer owes zero or more, and no less than the
    platform's minimum unless the price itself was below it."""
    terms = Terms(except_codes=PLAIN.except_codes, least={"NPR": least}, coins={"NPR": coin})
    before = customer_owes(lines, "NPR").amount
    done = discounted(lines, coupons, "NPR", terms)
    after = customer_owes([*lines, *done.lines], "NPR").amount
    assert 0 <= after <= before
    assert after >= min(before, least)
    assert before - after == done.total


@given(prices(), several())
def test_what_others_get_does_not_depend_on_the_platform_s_coupon(
    lines: list[Line], coupons: list[Coupon]
) -> None:
    """The operator alone bears its coupons: everybody but the customer gets what it got without
    them. A provider bears its own, with the tax on what it gives; nobody else does."""
    mine = [one for one in coupons if one.payer == "operator"]
    before = nets(lines, "NPR")
    with_mine = nets([*lines, *discounted(lines, mine, "NPR", PLAIN).lines], "NPR")
    for role in ("provider", "tax", "dues"):
        assert with_mine.get(role, rupees(0)) == before.get(role, rupees(0))
    theirs = [one for one in coupons if one.payer == "provider"]
    with_theirs = nets([*lines, *discounted(lines, theirs, "NPR", PLAIN).lines], "NPR")
    for role in ("operator", "dues"):
        assert with_theirs.get(role, rupees(0)) == before.get(role, rupees(0))


@given(prices(), several(), st.randoms())
def test_every_line_is_reckoned_again_from_its_inputs(
    lines: list[Line], coupons: list[Coupon], chance: Any
) -> None:
    """Each discount's amount is its rule's answer to its frozen inputs, whoever bears it; and in
    whatever order the coupons came, the price is the same."""
    done = discounted(lines, coupons, "NPR", PLAIN)
    for one in done.lines:
        assert (one.rule, discount(one.inputs)) == (RULE, one.amount.amount)
        assert one.amount.amount > 0
    shuffled = list(coupons)
    chance.shuffle(shuffled)
    assert discounted(lines, shuffled, "NPR", PLAIN) == done


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(1, 2 * 10**9))
def test_a_provider_s_coupon_is_prorated_by_largest_remainder(
    price: int, tax: int, amount: int
) -> None:
    """Over what the provider gets and the tax on it: the parts sum to the whole, none is a unit
    away from its exact share, and none is more than there is."""
    lines = [line(price), line(tax, payee="tax")]
    off = coupon(1, provider=True, amount=rupees(amount))
    done = discounted(lines, [off], "NPR", PLAIN)
    by = {one.payer: one.amount.amount for one in done.lines}
    given = min(amount, price + tax)
    assert sum(by.values()) == given
    for payer, part in (("provider", price), ("tax", tax)):
        assert by.get(payer, 0) <= part
        assert abs(by.get(payer, 0) * (price + tax) - given * part) < price + tax


@pytest.mark.parametrize(
    ("coupons", "given"),
    [
        # a provider's before the operator's, amounts before shares: 1000 - 100 - 90 - 50 - 76
        (
            [
                coupon(1, bp=1000),
                coupon(2, amount=Money(5_000, "NPR")),
                coupon(3, provider=True, bp=1000),
                coupon(4, provider=True, amount=Money(10_000, "NPR")),
            ],
            [("C4", 10_000), ("C3", 9_000), ("C2", 5_000), ("C1", 7_600)],
        ),
        # one after the other, until nothing is left
        (
            [coupon(1, bp=10_000), coupon(2, amount=Money(150_000, "NPR")), coupon(3, bp=5_000)],
            [("C2", 100_000)],
        ),
        # a share has its limit
        ([coupon(1, bp=5_000, at_most=Money(999, "NPR"))], [("C1", 999)]),
    ],
)
def test_the_order_in_which_coupons_are_taken(
    coupons: list[Coupon], given: list[tuple[str, int]]
) -> None:
    """A provider's before the operator's, amounts before shares, each from what is left."""
    done = discounted([line(100_000)], coupons, "NPR", PLAIN)
    assert [(one.inputs["coupon"], one.amount.amount) for one in done.lines] == given
    assert len(ordered(coupons)) == len(coupons)


def test_each_that_gives_less_says_so() -> None:
    """A coupon that is cut tells what it would have given, one for which nothing is left too."""
    coupons = [coupon(1, amount=rupees(700)), coupon(2, amount=rupees(600)), coupon(3, bp=1)]
    done = discounted([line(1_000)], coupons, "NPR", PLAIN)
    told = [(one.code, one.params["coupon"], one.params["given"]) for one in done.reasons]
    assert told == [("coupon_cut", "C2", 300), ("coupon_nothing_left", "C3", 0)]


def test_a_share_is_rounded_down_to_the_coin() -> None:
    """Where small coins are not used a share gives whole coins, and never more than was said."""
    terms = Terms(coins={"NPR": 100})
    done = discounted([line(19_780)], [coupon(1, bp=2_000)], "NPR", terms)
    assert done.total == 3_900


def test_what_only_passes_through_is_not_discounted() -> None:
    """Tolls, tips, dues and other purses are paid whole."""
    lines = [line(1_000), line(500, code="toll"), line(70, payee="dues", code="dues")]
    lines.append(Line("deposit", rupees(9_000), "customer", "provider", "r", purse="deposit"))
    assert basket(lines, PLAIN) == {"provider": 1_000}
    assert discounted(lines, [coupon(1, bp=10_000)], "NPR", PLAIN).total == 1_000
