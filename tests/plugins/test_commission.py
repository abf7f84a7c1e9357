"""Commission: a share of what the provider is paid for, by a rule that can be reckoned again."""

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import MINUTE, OPERATOR, InvalidInput, Line, Money, PricingQuestion, Purpose, Work
from marketplace.plugins.commission import Commission, share
from tests.support.ride_world import OpenTown, make_town

PRICE = 19_700


@given(basis=st.integers(0, 10**15), bp=st.integers(0, 10_000))
def test_a_share_is_the_nearest_unit_and_never_more_than_the_whole(basis: int, bp: int) -> None:
    """The share differs from the exact one by half a unit at most and lies between zero and all."""
    part = share({"basis": basis, "bp": bp})
    assert 0 <= part <= basis
    assert abs(2 * (part * 10_000 - basis * bp)) <= 10_000


@pytest.mark.parametrize("bp", [-1, 10_001, 1.5, True, "15"])
def test_a_share_is_basis_points(bp: object) -> None:
    """Shares are whole basis points from none to all."""
    with pytest.raises(InvalidInput, match="basis points"):
        Commission(bp=bp)  # type: ignore[arg-type]


def _asked(*lines: tuple[str, str, str, int]) -> PricingQuestion:
    found = tuple(
        Line(code, Money(amount, "NPR"), payer, payee, "paper.flat")
        for code, payer, payee, amount in lines
    )
    work, at = cast("Work", None), datetime(2026, 11, 23, tzinfo=UTC)
    return PricingQuestion("quote", "rides", "NPR", work, at, lines=found)


def _basis(*lines: tuple[str, str, str, int]) -> list[int]:
    fees = Commission(bp=1_500).propose_lines(_asked(*lines))
    return [fee.inputs["basis"] for fee in fees]


@pytest.mark.parametrize(
    ("back", "basis"),
    [
        (("rounding", "provider", "customer", 20), 19_700),
        (("weekly_discount", "provider", "customer", 1_720), 18_000),
        (("coupon", "operator", "customer", 1_720), 19_720),
        (("toll", "provider", "customer", 500), 19_720),
        (("cohost", "provider", "cohost", 500), 19_720),
    ],
)
def test_the_fee_is_on_what_the_provider_is_really_paid(
    back: tuple[str, str, str, int], basis: int
) -> None:
    """What the provider gives the customer back bears no fee; the operator's coupon changes
    nothing, an excepted line counts in neither direction, and what the provider then shares with
    others is its own affair."""
    fare, toll = ("fare", "customer", "provider", 19_720), ("toll", "customer", "provider", 700)
    assert _basis(fare, toll, back) == [basis]


def test_where_the_provider_gives_more_than_it_gets_there_is_no_fee() -> None:
    """A basis is never below zero: a discount of everything, and more, bears no commission."""
    fare = ("fare", "customer", "provider", 100)
    assert _basis(fare, ("goodwill", "provider", "customer", 100)) == []
    assert _basis(fare, ("goodwill", "provider", "customer", 101)) == []


@pytest.mark.behaviour("R15", "C2")
@pytest.mark.parametrize("bp", [0, 1_500, 10_000])
def test_what_the_rider_pays_does_not_depend_on_the_commission(
    open_town: OpenTown, bp: int
) -> None:
    """The rider's sum is the same at every rate; what it pays is the driver's part and the fee."""
    town = open_town(commission=Commission(bp=bp))
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    assert town.due(ride) == PRICE
    assert town.house(Purpose.REVENUE) == town.fee(ride)
    earned = town.market.ledger.balance(ram.id, "NPR", by=ram.party).amount
    assert earned + town.fee(ride) == PRICE


@pytest.mark.behaviour("R16")
def test_tips_and_tolls_bear_no_commission(open_town: OpenTown) -> None:
    """At the highest rate a toll still reaches the driver whole."""
    town = open_town(commission=Commission(bp=10_000))
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card", finish={"tolls": town.money(2_000)})
    lines = {one.code: one for one in town.market.transactions.terms(ride.id, by=sita)[-1].lines}
    paid = town.due(ride)
    assert lines["toll"].amount.amount == 2_000
    assert town.market.ledger.balance(ram.id, "NPR", by=ram.party).amount == paid - town.fee(ride)
    assert paid - town.fee(ride) <= 2_000


@pytest.mark.behaviour("C3")
@pytest.mark.attack(28)
def test_a_deal_keeps_the_share_that_it_was_made_with(tmp_path: Path) -> None:
    """A marketplace that asks for more from today on takes of older deals what it asked for then:
    when they are priced anew, and when they are corrected after their end."""
    url = f"sqlite:///{tmp_path / 'town.sqlite'}"
    town = make_town(url, commission=Commission(bp=1_000))
    sita, ram = town.rider(), town.driver()
    settled = town.settled(sita, ram, "card")
    riding = town.started(town.rider("Gita"), ram, "card")
    clock, sandbox = town.clock, town.sandbox
    town.market.close()
    dear = make_town(url, commission=Commission(bp=3_000), clock=clock, sandbox=sandbox, seed=2)
    dear.people = town.people
    clock.advance(20 * MINUTE)
    finished = dear.take(riding, "finish", ram)
    again = dear.market.transactions.follow_up(
        settled.id,
        "adjustment",
        by=OPERATOR,
        entry="correct",
        asks={"reason": "shorter", "metres": 3_000, "seconds": 600},
    )
    for deal in (finished, again):
        terms = dear.market.transactions.terms(deal.id, by=OPERATOR)[-1]
        (share_of_it,) = (line for line in terms.lines if line.code == "commission")
        assert share_of_it.inputs["bp"] == 1_000
    dear.online(ram)
    new = dear.settled(dear.rider("Maya"), ram, "card")
    (line,) = (
        line
        for line in dear.market.transactions.terms(new.id, by=OPERATOR)[-1].lines
        if line.code == "commission"
    )
    assert line.inputs["bp"] == 3_000
    dear.market.close()


@pytest.mark.behaviour("C3")
@pytest.mark.attack(28)
def test_a_deal_keeps_the_purses_that_bore_its_share(tmp_path: Path) -> None:
    """A marketplace that takes nothing of this purse from today on takes it of what was agreed
    before, tax with it, when that is priced anew."""
    url = f"sqlite:///{tmp_path / 'town.sqlite'}"
    town = make_town(url, commission=Commission(bp=1_000, tax_bp=1_300))
    ram = town.driver()
    riding = town.started(town.rider(), ram, "card")
    clock, sandbox = town.clock, town.sandbox
    town.market.close()
    later = Commission(bp=3_000, tax_bp=0, purses=("deposit",))
    after = make_town(url, commission=later, clock=clock, sandbox=sandbox, seed=2)
    after.people = town.people
    clock.advance(20 * MINUTE)
    finished = after.take(riding, "finish", ram)
    terms = after.market.transactions.terms(finished.id, by=OPERATOR)
    assert len(terms) > 1
    shares = {line.code: line.inputs["bp"] for line in terms[-1].lines if "bp" in line.inputs}
    assert shares["commission"] == 1_000
    assert shares["commission_tax"] == 1_300
