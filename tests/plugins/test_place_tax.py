"""Place tax: one plugin taxes any trade by where its deals take place."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketplace import HOUR, OPERATOR, Box, InvalidInput, Line, Place, Purpose
from marketplace.plugins.goods import Goods
from marketplace.plugins.place_tax import Jurisdiction, PercentTax, PlaceTax
from marketplace.plugins.rides.regions import Region
from tests.support.bazaar import PARCELS, Bazaar, open_bazaar
from tests.support.ride_world import FAR, PATAN, THAMEL, OpenTown, Town

PRICE, FEE = 19_700, 2_955
NEPAL = Jurisdiction("Nepal", [PercentTax("VAT", 1_300)], Box(26.3, 80.0, 30.5, 88.3))
KATHMANDU = Jurisdiction(
    "Kathmandu",
    [PercentTax("city tax", 200, verticals=("rides",))],
    Region("ring", (Place(27.69, 85.28), Place(27.76, 85.28), Place(27.76, 85.38))),
)
ABROAD = Jurisdiction(
    "Germany", [PercentTax("VAT", 1_900)], where={"ship_to.country": ["DE", "AT"]}
)


def taxes(lines: Sequence[Line]) -> dict[str, tuple[int, int]]:
    """What each jurisdiction asks: of how much, and how much."""
    return {
        line.inputs["jurisdiction"]: (line.inputs["basis"], line.amount.amount)
        for line in lines
        if line.code == "place_tax"
    }


def town_with(open_town: OpenTown, *jurisdictions: Jurisdiction) -> Town:
    """A town in which rides are taxed."""
    return open_town(plugins=[PlaceTax(jurisdictions)])


def bazaar_with(url: str, *jurisdictions: Jurisdiction) -> Bazaar:
    """A bazaar whose goods have no tax of their own."""
    goods = Goods(freight={"parcels": PARCELS})
    return open_bazaar(url, goods, more=[PlaceTax(jurisdictions)])


@pytest.mark.invariant(12)
def test_a_ride_is_taxed_where_it_begins(open_town: OpenTown) -> None:
    """By the country and by the city in which the rider is picked up, each a line on the fare and
    none on the other; the driver and the commission are as without them, the authority is owed."""
    town = town_with(open_town, NEPAL, KATHMANDU, ABROAD)
    sita, ram = town.rider(), town.driver()
    _, quote = town.quote(sita)
    assert taxes(quote.lines) == {"Nepal": (PRICE, 2_561), "Kathmandu": (PRICE, 394)}
    _, outside = town.quote(sita, place=FAR, to=PATAN)
    assert set(taxes(outside.lines)) == {"Nepal"}
    ride = town.settled(sita, ram, "card")
    assert town.due(ride) == PRICE + 2_561 + 394
    assert town.accounts(ram) == {"provider payable": PRICE - FEE}
    assert town.house(Purpose.TAX) == 2_561 + 394
    made = town.market.ledger.earnings("NPR")
    assert (made.tax.amount, made.profit.amount) == (2_955, FEE)
    why = {one.text for one in town.market.why.transaction(ride.id, by=sita)}
    assert "NPR 25.61: VAT of Nepal, 13 % of NPR 197" in why
    nepali = {one.text for one in town.market.why.transaction(ride.id, by=sita, language="ne")}
    assert any("Nepal को VAT" in one for one in nepali)


@pytest.mark.invariant(12)
def test_what_is_given_back_takes_its_tax_along(open_town: OpenTown) -> None:
    """A fare that is corrected is taxed as the deal agreed, to the paisa, and one that is given
    back whole leaves no tax behind."""
    town = town_with(open_town, NEPAL)
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    follow = town.market.transactions.follow_up
    asks = {"reason": "the map was wrong", "metres": 5_000, "seconds": 1_000}
    done = follow(ride.id, "adjustment", by=OPERATOR, entry="correct", asks=asks)
    fare = 16_500
    assert taxes(town.market.transactions.terms(done.id, by=OPERATOR)[-1].lines) == {
        "Nepal": (fare, 2_145)
    }
    assert town.house(Purpose.TAX) == 2_145
    assert town.due(done) == fare + 2_145
    again = town.settled(sita, ram, "card")
    follow(again.id, "adjustment", by=OPERATOR, entry="lower", lines=[])
    assert town.house(Purpose.TAX) == 2_145
    town.wait(HOUR)


def test_goods_are_taxed_where_they_go(database_url: str) -> None:
    """The same plugin taxes another trade, by the country that a request names: on the goods and
    their freight, in each basket, for the customer alone."""
    bazaar = bazaar_with(database_url, ABROAD, KATHMANDU)
    bowl = bazaar.offer()
    assert taxes(bazaar.price(bowl, 2, country="DE").lines) == {"Germany": (26_00, 4_94)}
    assert taxes(bazaar.price(bowl, 2, country="AT").lines) == {"Germany": (26_00, 4_94)}
    assert taxes(bazaar.price(bowl, 2, country="NP").lines) == {}
    deal = bazaar.buy(bowl, 2, country="DE")
    assert bazaar.money(deal) == (30_94, 0)
    bazaar.take(deal, "confirm", bazaar.seller)
    bazaar.take(deal, "ship", bazaar.seller, parcel="A1")
    bazaar.take(deal, "receive", bazaar.mia)
    assert bazaar.state(deal) == "completed"
    assert bazaar.balance(bazaar.seller) == 26_00 - 2_60
    with bazaar.market.context.store.begin(write=False) as work:
        assert [one.posted for one in work.ledger.balances(purpose=Purpose.TAX)] == [4_94]
    bazaar.market.close()


def test_a_deal_keeps_the_taxes_of_its_price(open_town: OpenTown, database_url: str) -> None:
    """A rate that changes tomorrow, a jurisdiction that comes or goes, is not for deals that were
    made before; nor is a tax for deals from before there was any."""
    before = open_town()
    sita, ram = before.rider(), before.driver()
    old = before.accepted(sita, ram, "card")
    before.market.close()
    changed = open_town(
        plugins=[PlaceTax([NEPAL, KATHMANDU])], clock=before.clock, sandbox=before.sandbox
    )
    for row in ("arrive", "start", "finish"):
        code = {"code": changed.code(old)} if row == "start" else {}
        old = changed.take(old, row, ram, **code)
    assert taxes(changed.market.transactions.terms(old.id, by=sita)[-1].lines) == {}
    changed.online(ram)
    new = changed.accepted(sita, ram, "card")
    changed.market.close()
    later = open_town(
        plugins=[PlaceTax([Jurisdiction("Nepal", [PercentTax("VAT", 9_000)], NEPAL.area)])],
        clock=before.clock,
        sandbox=before.sandbox,
    )
    for row in ("arrive", "start", "finish"):
        code = {"code": later.code(new)} if row == "start" else {}
        new = later.take(new, row, ram, **code)
    assert taxes(later.market.transactions.terms(new.id, by=sita)[-1].lines) == {
        "Nepal": (PRICE, 2_561),
        "Kathmandu": (PRICE, 394),
    }


@given(amount=st.integers(0, 10**9), bp=st.integers(0, 10_000))
def test_a_tax_is_its_share_to_the_nearest_unit(amount: int, bp: int) -> None:
    """Of any basis: within half a unit of the exact share, and computed again from its inputs."""
    rule = PlaceTax().bring().rules["place_tax.share"]
    given_back = rule({"basis": amount, "bp": bp})
    assert abs(given_back * 10_000 - amount * bp) <= 5_000


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: PercentTax("VAT", 10_001), "0 to 10000"),
        (lambda: PercentTax("VAT", True), "basis points, not True"),
        (lambda: PercentTax("VAT", 100, verticals="rides"), "by a tuple"),
        (lambda: Jurisdiction("Nepal", [], NEPAL.area), "PercentTax"),
        (lambda: Jurisdiction("Nepal", [PercentTax("VAT", 1)]), "an area, or a where"),
        (lambda: Jurisdiction("Nepal", [PercentTax("VAT", 1)], area="Nepal"), "holds places"),
        (lambda: PlaceTax([NEPAL, NEPAL]), "named again: Nepal"),
        (lambda: PlaceTax(["Nepal"]), "Jurisdiction"),
    ],
)
def test_what_is_no_tax_is_refused(made: Any, says: str) -> None:
    """A mistake in the settings is refused when they are made, and told what is allowed."""
    with pytest.raises(InvalidInput, match=says):
        made()


def test_a_deal_in_no_known_place_is_in_no_area(open_town: OpenTown) -> None:
    """Who has neither a place nor the attribute asked for is not taxed by it; a place that the
    listing has goes before the request's."""
    assert not NEPAL.has(None, None)
    assert not ABROAD.has(None, None)
    town = town_with(open_town, NEPAL)
    request = town.ask(town.rider())
    assert NEPAL.has(request, None)
    assert request.place == THAMEL
    assert not ABROAD.has(request, None)
    bike = town.market.listings.get(town.driver().listing, by=OPERATOR)
    assert bike.place is None
    assert KATHMANDU.has(request, bike)
    assert not KATHMANDU.has(request, evolve(bike, place=FAR))


def test_what_the_provider_gives_is_no_basis(open_town: OpenTown) -> None:
    """What the provider gives back lowers the basis to nothing, and never below: no authority pays
    a customer. Lines between others, and those that are excepted, are no part of it."""
    town = town_with(open_town)
    request = town.ask(town.rider())

    def line(code: str, amount: int, payer: str, payee: str) -> Line:
        return Line(code, town.money(amount), payer, payee, "rides.fare")

    def taxed(*lines: Line) -> dict[str, tuple[int, int]]:
        asked: Any = SimpleNamespace(
            transaction=None,
            terms=None,
            vertical="rides",
            request=request,
            listing=None,
            lines=lines,
            currency="NPR",
        )
        return taxes(PlaceTax([NEPAL]).propose_lines(asked))

    fare = line("fare", 100, "customer", "provider")
    others = line("commission", 15, "provider", "operator"), line("tip", 9, "customer", "provider")
    assert taxed(fare, *others) == {"Nepal": (100, 13)}
    assert taxed(fare, line("gift", 40, "provider", "customer")) == {"Nepal": (60, 8)}
    for gift in (100, 300):
        assert taxed(fare, line("gift", gift, "provider", "customer")) == {}
