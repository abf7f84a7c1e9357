"""What somebody may send where a whole number above zero belongs."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

FULL_WIDTH = "\uff11\uff12"
BAD_NUMBERS: list[Any] = [-1, 0, 2**63, 2**64, "1e3", "1", 1.5, 1.0, True, float("nan"), FULL_WIDTH]
BAD_NUMBERS += [float("inf"), b"1", Decimal("1.0"), [1], {"amount": 1}, 10**400]


def bad_numbers() -> st.SearchStrategy[Any]:
    """Whatever is no whole number above zero that a database can hold."""
    return st.one_of(
        st.sampled_from(BAD_NUMBERS),
        st.integers(max_value=0),
        st.integers(min_value=2**63),
        st.floats(),
        st.booleans(),
        st.text(),
        st.decimals(),
        st.binary(max_size=4),
    )
