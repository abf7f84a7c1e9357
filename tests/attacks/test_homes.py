"""Attacks on homes: contacts in every text of a listing, and guests that nobody has seen."""

import pytest

from marketplace import DAY, InvalidInput
from tests.support.inn import Inn

CALL = "call +977 98-1234-5678 or a@b.example"


@pytest.mark.behaviour("C18")
@pytest.mark.attack(80)
def test_no_text_of_a_home_tells_how_to_reach_its_host(inn: Inn) -> None:
    """A number or an address of mail in any text of a listing is masked for others, the labels of
    its rules and its calendar included; dates and times stay, and the host reads what it wrote."""
    rule = {"from": "2026-04-03", "to": "2026-04-05", "price": 120_00, "label": CALL}
    home = inn.home(
        description=CALL, kind=CALL, amenities=["wifi", CALL], source=CALL,
        plan={"rules": [rule]},
    )  # fmt: skip
    seen = inn.market.listings.get(home.id, by=inn.ben)
    assert "1234" not in str(seen.attributes)
    assert "b.example" not in str(seen.attributes)
    assert "source" not in seen.attributes
    assert seen.attributes["plan"]["rules"][0]["from"] == "2026-04-03"
    steps = inn.calendar(home, inn.market.context.now().date(), 60)
    assert not any("1234" in step.label for step in steps)
    assert inn.market.listings.get(home.id, by=inn.host).attributes["description"] == CALL


@pytest.mark.attack(20)
@pytest.mark.parametrize(
    "guests", [{"adults": -6, "children": 7}, {"adults": 0}, {"children": -1}, {"pets": -2}]
)
def test_guests_are_counted_from_one(inn: Inn, guests: dict[str, int]) -> None:
    """An alteration to guests below nothing, or to none, is refused when it is proposed: nobody
    fits six too many in by subtracting others, and no fee goes back."""
    home = inn.home(guests=4)
    day = inn.market.context.now().date() + 30 * DAY
    deal = inn.book(home, day, 2, guests={"adults": 2})
    with pytest.raises(InvalidInput, match=r"is a whole number from \d on"):
        inn.market.offers.propose(deal.id, "alter", by=inn.gita, **guests)
    assert not inn.market.offers.list(by=inn.gita, maker=inn.gita.id, transaction=deal.id).items
