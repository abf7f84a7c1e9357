"""Commission by ordered rules: which share holds for what, and that a deal keeps it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import (
    OPERATOR,
    InvalidInput,
    Item,
    Line,
    Listing,
    Money,
    PricedItem,
    PricingQuestion,
    Purpose,
    Terms,
    Transaction,
    Work,
)
from marketplace.plugins.commission import Commission, CommissionRule, share
from tests.support.bazaar import CARD, Bazaar, open_bazaar
from tests.support.inn import EASTER, open_inn
from tests.support.ride_world import OpenTown

BOWLS = CommissionRule(800, "bowls", category="bowls")
WOOL = CommissionRule(1_200, "wool", category="wool")
SAMPLES = CommissionRule(0, "samples", part="sample")
LARGE = CommissionRule(500, "large orders", above=Money(500_00, "EUR"))
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def _fees(lines: Sequence[Line]) -> dict[str, tuple[int, int]]:
    return {
        str(line.inputs.get("name", line.code)): (line.inputs["basis"], line.amount.amount)
        for line in lines
        if line.code in ("commission", "commission_tax")
    }


def _bazaar(url: str, *rules: CommissionRule, tax_bp: int = 0) -> Bazaar:
    return open_bazaar(url, fee=Commission(bp=1_500, tax_bp=tax_bp, rules=rules))


def _terms(bazaar: Bazaar, deal: str) -> Terms:
    return bazaar.market.transactions.terms(deal, by=OPERATOR)[-1]


@pytest.mark.behaviour("G13")
def test_each_category_bears_its_own_commission(database_url: str) -> None:
    """One line a rule over the items that it fits; freight goes with the goods that are sent, and
    the tax is on all fees together and owed to the authority."""
    bazaar = _bazaar(database_url, SAMPLES, BOWLS, WOOL, tax_bp=1_300)
    bowl, shawl = bazaar.offer(), bazaar.offer(category="wool", price=30_00, title="A shawl")
    mask = bazaar.offer(category="masks", price=20_00, title="A mask")
    (quote,) = bazaar.basket(Item(bowl.id, 3), Item(shawl.id, 1), Item(mask.id, 1))
    lines = {line.code: line.amount.amount for line in quote.lines if line.code == "freight"}
    assert lines == {"freight": 9_00}
    assert _fees(quote.lines) == {
        "bowls": (33_38, 2_67),
        "wool": (33_37, 4_00),
        "commission": (22_25, 3_34),
        "commission_tax": (10_01, 1_30),
    }
    deal = bazaar.market.transactions.open(quote.id, by=bazaar.mia, pay=CARD)
    bazaar.take(deal, "confirm", bazaar.seller)
    bazaar.take(deal, "ship", bazaar.seller, parcel="A1")
    bazaar.take(deal, "receive", bazaar.mia)
    assert bazaar.balance(bazaar.seller) == 89_00 - 10_01 - 1_30
    house = bazaar.market.ledger.balances("marketplace", by=OPERATOR)
    kept = {one.account.purpose: one.posted for one in house}
    assert (kept[Purpose.REVENUE], kept[Purpose.TAX]) == (10_01, 1_30)
    bazaar.market.check().or_raise()
    bazaar.market.close()


@pytest.mark.behaviour("G13", "C3")
@pytest.mark.attack(28)
def test_what_follows_a_sale_is_reckoned_by_the_rules_of_the_sale(database_url: str) -> None:
    """A refund lowers each fee by its own rule, as it was at the sale: neither new rules nor a
    sum that no longer reaches a rule's least one, nor an article moved to another category,
    changes what share it is."""
    bazaar = _bazaar(database_url, LARGE, BOWLS, WOOL)
    bowl = bazaar.offer(stock=100)
    deal = bazaar.sent(bowl, 60)
    assert _fees(_terms(bazaar, deal.id).lines) == {"large orders": (664_00, 33_20)}
    attributes = {**bowl.attributes, "category": "wool"}
    bazaar.market.listings.change(bowl.id, by=bazaar.seller, attributes=attributes)
    bazaar.take(
        deal, "complain", bazaar.mia, why="broken", wants="refund", refund=Money(364_00, "EUR")
    )
    bazaar.take(deal, "give_in", bazaar.seller)
    assert _fees(_terms(bazaar, deal.id).lines) == {"large orders": (300_00, 15_00)}
    bazaar.market.close()


@pytest.mark.behaviour("G13")
def test_the_first_rule_that_fits_holds(small_bazaar: Bazaar) -> None:
    """Rules are asked in their order: a seller's own share stands before that of the category."""
    ours = CommissionRule(100, "house brand", provider="nobody")
    for rules, name in [
        ((ours, BOWLS, LARGE), "bowls"),
        ((LARGE, BOWLS), "bowls"),
        ((), "commission"),
    ]:
        bazaar = _bazaar("sqlite://", *rules)
        assert set(_fees(bazaar.price(bazaar.offer()).lines)) == {name}
        bazaar.market.close()
    told = small_bazaar.seller.id
    theirs = Commission(rules=(CommissionRule(100, "ours", provider=told), BOWLS))
    listing = small_bazaar.offer()
    lines = (_line("goods", 50_00, {}),)
    asked = PricingQuestion(
        "quote", "goods", "EUR", cast("Work", None), NOW, lines=lines, listing=listing
    )
    assert _fees(theirs.propose_lines(asked)) == {"ours": (50_00, 50)}


def test_samples_and_other_parts_may_go_free(small_bazaar: Bazaar) -> None:
    """A rule names what keeps a deal apart from others of the same seller."""
    bazaar = _bazaar("sqlite://", SAMPLES, BOWLS)
    bowl = bazaar.offer(sample={"price": 4_00, "most": 2}, samples=5)
    assert _fees(bazaar.price(bowl, sample=True).lines) == {"samples": (9_00, 0)}
    assert set(_fees(bazaar.price(bowl).lines)) == {"bowls"}
    bazaar.market.close()


@pytest.mark.behaviour("G13")
def test_rides_and_stays_have_rules_too(open_town: OpenTown) -> None:
    """A rule looks at a listing's attributes, whatever the trade; and a trade can be a rule."""
    rules = (CommissionRule(2_500, "rides", vertical="rides"), BOWLS)
    town = open_town(commission=Commission(bp=1_000, rules=rules))
    ride = town.settled(town.rider(), town.driver(), "card")
    (fee,) = [
        line
        for line in town.market.transactions.terms(ride.id, by=OPERATOR)[-1].lines
        if line.code == "commission"
    ]
    assert fee.inputs["bp"] == 2_500
    villas = CommissionRule(700, "dear homes", where={"rates.nightly": [10_000, 20_000]})
    inn = open_inn("sqlite://", Commission(bp=1_000, rules=(villas,)))
    dear, cheap = ({"nightly": nightly} for nightly in (10_000, 5_000))
    found = [set(_fees(inn.price(inn.home(rates=one), EASTER, 7).lines)) for one in (dear, cheap)]
    assert found == [{"dear homes"}, {"commission"}]
    inn.market.close()


def test_a_deal_opened_beside_another_keeps_the_shares_of_its_own() -> None:
    """What is linked to a deal with people of its own is reckoned by its own frozen rules, and
    nothing is asked of the deal that opened it."""
    fees = Commission(bp=1_500, rules=(BOWLS,))
    frozen = {"bp": 1_500, "tax_bp": 0, "except_codes": [], "purses": ["price"]}
    policies = {"commission": {**frozen, "fits": {"1": {"bp": 300, "name": "then"}}}}
    terms = Terms("tx_2", 1, "agreed", (), policies, "supply", "v", NOW, "")
    deal = Transaction(
        id="tx_2", vertical="goods", process="supply", process_version="v", state="placed",
        currency="EUR", created_at=NOW, entered_at=NOW, origin_id="tx_1",
    )  # fmt: skip
    asked = PricingQuestion(
        "short", "goods", "EUR", cast("Work", None), NOW, terms=terms, transaction=deal,
        lines=(_line("goods", 50_00, {"item": 1}),),
    )  # fmt: skip
    assert _fees(fees.propose_lines(asked)) == {"then": (50_00, 1_50)}


def test_a_rule_is_data() -> None:
    """Rules may come from a settings file, and a share is checked as the marketplace's own."""
    assert Commission(rules=[{"bp": 800, "name": "bowls", "category": "bowls"}]).rules == (BOWLS,)
    with pytest.raises(InvalidInput, match="basis points"):
        CommissionRule(10_001)
    for wrong in ("bowls", {"bp": 800, "categry": "bowls"}, {"category": "bowls"}):
        with pytest.raises(InvalidInput, match="mappings with bp and maybe name, vertical"):
            Commission(rules=[wrong])  # type: ignore[list-item]


def _line(code: str, amount: int, inputs: dict[str, Any], back: bool = False) -> Line:
    ends = ("provider", "customer") if back else ("customer", "provider")
    return Line(code, Money(amount, "EUR"), *ends, "paper.flat", inputs=inputs)


def _listing(category: str) -> Listing:
    return Listing(
        id=category, vertical="goods", provider_id="p", title=category, currency="EUR",
        created_at=NOW, attributes={"category": category},
    )  # fmt: skip


@given(
    goods=st.lists(st.tuples(st.sampled_from(["bowls", "wool", "masks"]), st.integers(0, 10**9)),
                   min_size=1, max_size=6),
    freight=st.integers(0, 10**6),
    discount=st.integers(0, 10**9),
    tax_bp=st.integers(0, 3_000),
)  # fmt: skip
def test_the_bases_of_all_rules_are_all_that_the_provider_gets(
    goods: list[tuple[str, int]], freight: int, discount: int, tax_bp: int
) -> None:
    """Nothing is counted twice or left out, however goods, freight and discounts are mixed, and
    each fee follows from its inputs again."""
    items = tuple(
        PricedItem(number, Item(category), _listing(category))
        for number, (category, _) in enumerate(goods, 1)
    )
    lines = [_line("goods", sum_, {"item": number}) for number, (_, sum_) in enumerate(goods, 1)]
    lines += [_line("freight", freight, {}), _line("discount", discount, {}, back=True)]
    asked = PricingQuestion(
        "quote", "goods", "EUR", cast("Work", None), NOW, lines=tuple(lines), items=items
    )
    found = Commission(bp=1_500, tax_bp=tax_bp, rules=(BOWLS, WOOL)).propose_lines(asked)
    net = sum(sum_ for _, sum_ in goods) + freight - discount
    assert sum(
        basis for name, (basis, _) in _fees(found).items() if name != "commission_tax"
    ) == max(net, 0)
    assert all(share(line.inputs) == line.amount.amount for line in found)
