"""Verticals: a trade that contradicts itself is refused when it is made."""

from typing import Any

import pytest

from marketplace import ResourcePlan, SetupError
from tests.support.cottages import cottages


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"reveals": {"zone": ("booked",)}}, "reveals 'zone', which is not private"),
        ({"reveals": {"address": ("moved_in",)}}, "moved_in; its processes have the states"),
        ({"agreed_in": ("bokked",)}, "agrees in bokked"),
        ({"blurs_m": 3}, "allowed are 10 to 1000000"),
        ({"blurs_m": None}, "reveals 'place', which is not private"),
        ({"links": {"cleaning": print}}, "links cleaning, no process of it"),
        ({"resources": ()}, r"row '\w+' of '\w+' says reserve nights; its resources are: none"),
        ({"resources": (ResourcePlan("beds"),)}, "its resources are: beds"),
    ],
)
def test_a_trade_that_contradicts_itself_is_refused(wrong: dict[str, Any], says: str) -> None:
    """What is revealed was private, in states that there are, and has a place in the deal; rows
    claim what the trade has, and it is told before the first deal, with the row's name."""
    cottages()
    with pytest.raises(SetupError, match=says):
        cottages(**wrong)
