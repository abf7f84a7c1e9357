"""What goods cost and when they cannot be had, through the face."""

from typing import Any

import pytest

from marketplace import InvalidInput, Item, PluginError, Refused, render
from marketplace.app.why import line_reason
from marketplace.plugins.goods.words import WORDS
from tests.support.bazaar import Bazaar, amounts

VARIANTS = [{"key": "red"}, {"key": "gold", "more": 3_00}, {"key": "xl", "price": 25_00}]
CUSTOM = [
    {"name": "engraving", "kind": "text", "max": 5, "price": 2_00},
    {"name": "lid", "kind": "choice", "choices": ["oak", "ash"], "price": 50},
]
TIERS = {"tiers": [{"from": 10, "price": 9_00}, {"from": 50, "price": 7_50}], "moq": 10}


@pytest.mark.behaviour("G2", "C7")
def test_tiers_variants_and_wishes_make_the_price(small_bazaar: Bazaar) -> None:
    """The tier of the quantity, the variant and each wish are in the price, each told by a line."""
    tiered = small_bazaar.offer(without=("price",), **TIERS, multiple=5, stock=500)
    assert amounts(small_bazaar.price(tiered, 45)) == {"goods": 405_00, "freight": 49_00}
    assert amounts(small_bazaar.price(tiered, 50)) == {"goods": 375_00, "freight": 54_00}
    varied = small_bazaar.offer(variants=VARIANTS, custom=CUSTOM)
    quote = small_bazaar.price(varied, 2, variant="gold", custom={"engraving": "Mia", "lid": "oak"})
    told = [(line.code, line.amount.amount) for line in quote.lines if line.code != "commission"]
    assert told == [("goods", 26_00), ("custom", 4_00), ("custom", 1_00), ("freight", 6_00)]
    assert amounts(small_bazaar.price(varied, variant="xl"))["goods"] == 25_00
    sentences = [render(line_reason(line), WORDS, "en") for line in quote.lines[:2]]
    assert sentences == [
        "EUR 26.00: A bowl, 2 pieces at EUR 13.00",
        "EUR 4.00: A bowl, engraving (Mia), 2 pieces at EUR 2.00",
    ]


@pytest.mark.parametrize(
    "said",
    [
        {"group": {"price": 6_00, "least": 5, "closes": "2026-02-31T10:00Z"}},
        {"flash": {"price": 6_00, "from": "2026-02-31T10:00Z", "to": "2026-12-01T10:00Z"}},
    ],
)
def test_a_day_that_there_is_not_is_found_before_anybody_buys(
    small_bazaar: Bazaar, said: dict[str, Any]
) -> None:
    """An article whose price ends on a day that no month has is never held out: it would break on
    its first buyer."""
    with pytest.raises(PluginError, match="day is out of range"):
        small_bazaar.offer(**said)


@pytest.mark.behaviour("G2")
@pytest.mark.parametrize(
    ("said", "quantity", "wish", "why"),
    [
        ({"moq": 5, "multiple": 5}, 4, {}, {"goods_below_least"}),
        ({"moq": 5, "multiple": 5}, 7, {}, {"goods_whole_cartons"}),
        ({"variants": VARIANTS}, 1, {}, {"goods_needs_a_variant"}),
        ({"variants": VARIANTS}, 1, {"variant": "blue"}, {"goods_unknown_variant"}),
        ({"custom": CUSTOM}, 1, {"custom": {"engraving": "Dorothea"}}, {"goods_custom_too_long"}),
        ({"custom": CUSTOM}, 1, {"custom": {"lid": "pine"}}, {"goods_unknown_choice"}),
        ({}, 1, {"custom": {"lid": "oak"}}, {"goods_unknown_custom"}),
        ({}, 1, {"country": None}, {"goods_needs_a_country"}),
        ({"freight": "parcels", "weight_g": 900}, 3, {"country": "US"}, {"goods_too_heavy"}),
        ({}, 1, {"sample": True}, {"goods_no_sample_offered"}),
        (
            {"sample": {"price": 1, "most": 2}, "samples": 5},
            3,
            {"sample": True},
            {"goods_too_many_samples"},
        ),
    ],
)
def test_what_is_not_sold_is_refused_with_its_reason(
    small_bazaar: Bazaar, said: dict[str, Any], quantity: int, wish: dict[str, Any], why: set[str]
) -> None:
    """A least quantity, cartons, variants, wishes and weights each have a reason of their own."""
    assert small_bazaar.why_not(small_bazaar.offer(**said), quantity, **wish) == why


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"tiers": TIERS["tiers"]}, "goods_one_price"),
        ({"moq": 5, "multiple": 4}, "goods_moq_of_cartons"),
        ({"custom": [{"name": "lid", "kind": "text"}] * 2}, "goods_named_twice"),
        ({"custom": [{"name": "lid", "kind": "choice"}]}, "goods_choices_of_a_choice"),
        (
            {"flash": {"price": 1, "from": "2026-01-02T00:00Z", "to": "2026-01-01T00:00Z"}},
            "goods_flash_lasts",
        ),
        ({"freight": "pigeons"}, "goods_unknown_freight"),
        ({"parts": [3_000, 6_000]}, "goods_parts_of_a_whole"),
    ],
)
def test_a_listing_that_contradicts_itself_is_not_held_out(
    small_bazaar: Bazaar, said: dict[str, Any], why: str
) -> None:
    """What no schema can say of an article is refused, with a reason."""
    with pytest.raises(Refused) as refused:
        small_bazaar.offer(**said)
    assert [reason.code for reason in refused.value.reasons] == [why]


def test_tiers_begin_with_the_least_quantity_and_a_price_is_said(small_bazaar: Bazaar) -> None:
    """Tiers that begin elsewhere, and goods without a price, are refused."""
    for said, without, why in (
        (TIERS | {"moq": 5}, ("price",), "goods_tiers_ascend"),
        ({}, ("price",), "goods_one_price"),
    ):
        with pytest.raises(Refused, match=why):
            small_bazaar.offer(without=without, **said)  # type: ignore[arg-type]


@pytest.mark.attack(20)
@pytest.mark.parametrize("quantity", [0, -1, 2**63, 1.5, True, "1e3", "\uff11\uff12"])
def test_a_quantity_is_a_whole_number_of_pieces(small_bazaar: Bazaar, quantity: Any) -> None:
    """Nothing but a whole number above zero is bought."""
    article = small_bazaar.offer()
    with pytest.raises(InvalidInput):
        small_bazaar.price(article, quantity)


def test_freight_by_weight_and_tax_by_country(small_bazaar: Bazaar) -> None:
    """A parcel costs what its weight and country say; a country's tax is owed to its authority."""
    heavy = small_bazaar.offer(freight="parcels", weight_g=400)
    assert amounts(small_bazaar.price(heavy, 2)) == {"goods": 20_00, "freight": 2_00}
    assert amounts(small_bazaar.price(heavy, 3)) == {"goods": 30_00, "freight": 6_00}
    german = small_bazaar.price(heavy, 2, country="DE")
    assert amounts(german) == {"goods": 20_00, "freight": 20_00, "tax": 7_60}
    assert {line.payee for line in german.lines if line.code == "tax"} == {"tax"}
    free = small_bazaar.offer(freight={"first": 5_00, "more": 0, "free_from": 20_00})
    assert amounts(small_bazaar.price(free, 1)) == {"goods": 10_00, "freight": 5_00}
    assert amounts(small_bazaar.price(free, 2)) == {"goods": 20_00}


@pytest.mark.behaviour("G4")
def test_one_parcel_of_several_articles_costs_the_dearest_first_piece(
    small_bazaar: Bazaar,
) -> None:
    """Two bowls and a drum go for the drum's first piece and the bowls' further ones; of two first
    pieces that cost the same, the one counts whose further pieces are cheaper."""
    bowl = small_bazaar.offer(freight={"first": 5_00, "more": 1_00})
    drum = small_bazaar.offer(freight={"first": 9_00, "more": 3_00})
    gong = small_bazaar.offer(freight={"first": 5_00, "more": 3_00})
    (quote,) = small_bazaar.basket(Item(bowl.id, 2), Item(drum.id))
    assert amounts(quote)["freight"] == 9_00 + 2 * 1_00
    for order in ((bowl, gong), (gong, bowl)):
        (quote,) = small_bazaar.basket(*(Item(one.id) for one in order))
        assert amounts(quote)["freight"] == 5_00 + 3_00


@pytest.mark.behaviour("G4")
def test_what_goes_by_one_table_is_weighed_together(small_bazaar: Bazaar) -> None:
    """Two articles of 600 grams are one parcel of 1,200, and too heavy for the first step."""
    both = [small_bazaar.offer(freight="parcels", weight_g=600) for _ in range(2)]
    (one,) = small_bazaar.basket(Item(both[0].id))
    (two,) = small_bazaar.basket(*(Item(each.id) for each in both))
    freights = [sum(x.amount.amount for x in q.lines if x.code == "freight") for q in (one, two)]
    assert freights == [2_00, 6_00]
