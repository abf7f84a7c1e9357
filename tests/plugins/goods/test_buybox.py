"""The rule that picks one of several sellers, over any of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import InvalidInput, Reason, SetupError, render
from marketplace.plugins.goods import Candidate, Goods, Levels, Picking, rank
from marketplace.plugins.goods.words import WORDS

NO = (Reason("goods_too_few_left", {"left": 0, "wanted": 1}),)


def candidates(most: int = 6) -> st.SearchStrategy[list[Candidate]]:
    """Any sellers of one article."""
    one = st.builds(
        Candidate,
        listing_id=st.uuids().map(str),
        provider_id=st.uuids().map(str),
        owed=st.integers(0, 10_000_000),
        currency=st.just("EUR"),
        days=st.integers(0, 400),
        hundredths=st.none() | st.integers(100, 500),
        against=st.sampled_from([(), (), NO]),
    )
    return st.lists(one, max_size=most, unique_by=lambda made: made.listing_id)


@pytest.mark.behaviour("G11")
@given(candidates(), st.randoms())
def test_one_is_picked_whatever_order_they_come_in(made: list[Candidate], draw: Any) -> None:
    """Of those who have it one is picked, with the least score; each says why or why not."""
    ranked = rank(made, Picking())
    assert [one.chosen for one in ranked] == [
        place == 0 and one.eligible for place, one in enumerate(ranked)
    ]
    scores = [one.score for one in ranked if one.eligible]
    assert scores == sorted(scores)
    assert all(one.reasons for one in ranked)
    draw.shuffle(made)
    assert rank(made, Picking()) == ranked


@pytest.mark.behaviour("G11")
@given(candidates(2), st.integers(1, 1_000_000))
def test_who_gets_cheaper_is_never_further_back(made: list[Candidate], less: int) -> None:
    """A lower price, other things as they were, never costs a seller a place."""
    if not made or made[0].against or made[0].owed < less:
        return
    cheaper = Candidate(
        made[0].listing_id, made[0].provider_id, made[0].owed - less, "EUR", made[0].days,
        made[0].hundredths,
    )  # fmt: skip
    places = [
        [one.listing_id for one in rank([first, *made[1:]], Picking())].index(cheaper.listing_id)
        for first in (made[0], cheaper)
    ]
    assert places[1] <= places[0]


@pytest.mark.behaviour("G11")
def test_a_level_and_late_orders_count_as_they_are_weighed() -> None:
    """With every tenth order late, and without the level, a cheaper seller comes after; each is
    told what it counted, and where the operator weighs nothing the cheaper one is first."""
    late = Candidate("a", "p1", 100_00, "EUR", 0, 500, (), None, {"late": 1_000})
    good = Candidate("b", "p2", 104_00, "EUR", 0, 500, (), "gold", {"late": 0})
    first, second = rank([late, good], Picking(figures_bp={"late": 5_000}, levels_bp={"": 300}))
    assert (first.provider_id, first.score, len(first.reasons)) == ("p2", 104_00, 1)
    assert (second.provider_id, second.score) == ("p1", 100_00 + 5_00 + 3_00)
    assert [render(one, WORDS, "en") for one in second.reasons[1:]] == [
        "10 % of his orders are late: counts EUR 5.00 more",
        "he has no level: counts EUR 3.00 more",
    ]
    assert rank([late, good], Picking())[0].provider_id == "p1"


@pytest.mark.parametrize(
    ("goods", "match"),
    [
        ({"catalogue": Picking(levels_bp={"": 1})}, "measure it"),
        ({"catalogue": Picking(levels_bp={"gold": 1}), "levels": Levels()}, "no 'gold'"),
    ],
)
def test_what_is_weighed_is_measured(goods: Any, match: str) -> None:
    """Levels that nobody has, and figures that nobody counts, are told as the trade is made."""
    with pytest.raises(SetupError, match=match):
        Goods(**goods)
    with pytest.raises(InvalidInput, match="there is no 'speed'"):
        Picking(figures_bp={"speed": 1})


@pytest.mark.parametrize("bp", [-1, 10_001, 1.5, True])
def test_what_a_day_is_worth_is_a_share(bp: Any) -> None:
    """A weight is a whole number of basis points up to the whole price."""
    with pytest.raises(InvalidInput, match="basis points"):
        Picking(day_bp=bp)
    with pytest.raises(InvalidInput, match="basis points"):
        Picking(levels_bp={"gold": bp})
