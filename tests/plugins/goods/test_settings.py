"""An operator's settings: what they refuse."""

from datetime import timedelta
from typing import Any

import pytest

from marketplace import InvalidInput
from marketplace.plugins.goods import Freight, GoodsTax, GoodsTimes


@pytest.mark.parametrize("steps", [(), ((500, 1), (400, 2)), ((500, 1.5),), [(500, 1)]])
def test_freight_has_ascending_steps_of_whole_numbers(steps: Any) -> None:
    """Steps that do not ascend, or hold anything but whole numbers, are refused."""
    with pytest.raises(InvalidInput, match="freight to NP"):
        Freight({"NP": steps}, "EUR")


def test_a_tax_is_a_share_and_a_time_lasts() -> None:
    """A tax above the whole, and a time of nothing, are refused."""
    with pytest.raises(InvalidInput, match="basis points"):
        GoodsTax("VAT", 10_001)
    with pytest.raises(InvalidInput, match="more than nothing"):
        GoodsTimes(answer=timedelta(0))
