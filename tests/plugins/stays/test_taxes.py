"""Occupancy taxes: per cent or by head, capped, with those exempt who are."""

from typing import Any

import pytest

from marketplace import InvalidInput
from marketplace.plugins.stays.taxes import Tax

FAMILY = {"adults": 2, "children": 1, "infants": 1}


def due(tax: Tax, basis: int = 40_000, steps: int = 4, currency: str = "USD") -> int:
    """What a family owes."""
    line = tax.line(basis, FAMILY, steps, currency, "stays")
    return 0 if line is None else line.amount.amount


@pytest.mark.behaviour("S7")
def test_a_tax_is_per_cent_or_by_head() -> None:
    """Six per cent of the price; or one and a half for each person and night, infants excepted."""
    assert due(Tax("tax", bp=600)) == 2_400
    assert due(Tax("tax", each=150, currency="USD")) == 3 * 4 * 150
    assert due(Tax("tax", each=150, currency="USD", exempt=("children", "infants"))) == 1_200
    assert due(Tax("tax", each=150, currency="USD", exempt=())) == 4 * 4 * 150


@pytest.mark.behaviour("S7")
def test_a_tax_has_its_caps() -> None:
    """A share is capped by person and night, a tax by head by its first nights, and a long stay
    may be free of it; one night less and it is not."""
    assert due(Tax("tax", bp=600, most=100, currency="USD")) == 3 * 4 * 100
    assert due(Tax("tax", bp=600, most=1_000, currency="USD")) == 2_400
    assert due(Tax("tax", each=150, currency="USD", first_steps=2)) == 3 * 2 * 150
    assert due(Tax("tax", bp=600, not_from=4)) == 0
    assert due(Tax("tax", bp=600, not_from=5)) == 2_400


def test_amounts_are_of_their_currency() -> None:
    """A tax of so many dollars is none of a stay in yen; a share is of any."""
    assert due(Tax("tax", each=150, currency="USD"), currency="JPY") == 0
    assert due(Tax("tax", bp=600), currency="JPY") == 2_400


def test_a_share_is_rounded_once() -> None:
    """Halves go away from zero, on the whole stay and not night by night."""
    assert due(Tax("tax", bp=1), basis=5_000) == 1
    assert due(Tax("tax", bp=1), basis=4_999) == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "either by bp or by each"),
        ({"bp": 1, "each": 1, "currency": "USD"}, "either by bp or by each"),
        ({"each": 1}, "name their currency"),
        ({"bp": 5, "most": 1}, "name their currency"),
        ({"bp": 10_001}, "0 to 10000 basis points"),
        ({"each": -1, "currency": "USD"}, "zero or more minor units"),
        ({"each": 1.5, "currency": "USD"}, "zero or more minor units"),
        ({"bp": 1, "first_steps": 0}, "from 1 on"),
        ({"bp": 1, "not_from": True}, "from 1 on"),
        ({"bp": 1, "exempt": ("dogs",)}, "some of adults, children, infants"),
    ],
)
def test_a_tax_that_makes_no_sense_is_refused(fields: dict[str, Any], said: str) -> None:
    """What is wrong is said with what is allowed."""
    with pytest.raises(InvalidInput, match=said):
        Tax("tax", **fields)
