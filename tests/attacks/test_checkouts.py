"""Attacks on what several deals share: one payment of them, and the stock that all want."""

import signal
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from marketplace import OPERATOR, Outcome, Reservation
from marketplace.testing.soundness import faults
from tests.attacks.test_kills import results
from tests.stories.test_races import at_once
from tests.support.square import CARD, open_square


def _killed(folder: Path, way: str) -> list[dict[str, Any]]:
    return results(["-m", "tests.attacks.killed_checkouts", str(folder), way])


def _kept(found: dict[str, Any]) -> int:
    return sum(captured - refunded for _, captured, refunded in found["charges"])


@pytest.mark.slow
@pytest.mark.attack(53, 54)
@pytest.mark.invariant(39, 40, 48)
def test_a_checkout_killed_at_any_step_is_bought_whole_or_not_at_all(tmp_path: Path) -> None:
    """Killed before or after any commit or call, a worker finds three paid deals and one charge of
    their sum, or no deal and no charge: never a part of the basket."""
    unharmed, *killed = _killed(tmp_path, "together")
    assert unharmed["deals"] == ["paid", "paid", "paid"]
    assert _kept(unharmed) == 7_250
    assert len(killed) == unharmed["steps"] == 6
    ends = set()
    for step, found in enumerate(killed, 1):
        assert found["killed"] == signal.SIGKILL, f"step {step} killed nobody"
        ends.add(tuple(found["deals"]))
        bought = bool(found["deals"])
        assert found["deals"] == (["paid"] * 3 if bought else []), f"step {step}"
        assert _kept(found) == (7_250 if bought else 0), f"step {step}"
        assert len(found["charges"]) == int(bought), f"step {step}"
        assert found["theirs"] == found["clearing"], f"step {step}"
        assert set(found["sums"].values()) <= {0}
        assert found["faults"] == [], f"step {step}"
        assert set(found["intents"]) <= {"done"}
    assert len(ends) == 2


@pytest.mark.slow
@pytest.mark.attack(54)
@pytest.mark.invariant(48)
def test_deals_opened_one_after_the_other_are_left_half_bought(tmp_path: Path) -> None:
    """The negative control: without a checkout a kill leaves a part of the basket bought."""
    unharmed, *killed = _killed(tmp_path, "loop")
    assert unharmed["deals"] == ["paid", "paid", "paid"]
    bought = {len(found["deals"]) for found in killed}
    assert bought == {0, 1, 2, 3}
    assert {len(found["charges"]) for found in killed} == {0, 1, 2, 3}


@pytest.mark.attack(39)
@pytest.mark.invariant(40)
@pytest.mark.parametrize("stock", [1, 2, 3])
def test_sixteen_carts_never_buy_more_than_there_is(database_url: str, stock: int) -> None:
    """Sixteen shoppers want carts of one to three of the same things, in any order, at the same
    moment: what is sold is not above the stock, every cart is whole or none, and each is one
    charge."""
    square, chance = open_square(database_url), Random(stock)
    shelves = [square.shelf(1_000 * number, stock) for number in (1, 2, 3)]
    carts: list[Callable[[], Any]] = []
    for number in range(16):
        shopper = square.market.parties.join(f"Shopper {number}")
        wanted = chance.sample(shelves, chance.randint(1, 3))
        quotes = [square.quote(one, by=shopper).id for one in wanted]

        def buy(quotes: list[str] = quotes, shopper: Any = shopper) -> Any:
            return square.market.checkouts.place(quotes, by=shopper, pay=CARD), len(quotes)

        carts.append(buy)
    answers = at_once(*carts)
    bought = [answer for answer in answers if not isinstance(answer, Outcome)]
    assert {answer.code for answer in answers if isinstance(answer, Outcome)} <= {"sold_out"}
    square.market.tick()
    for checkout, size in bought:
        view = square.market.checkouts.get(checkout.id, by=OPERATOR)
        assert [one.state for one in view.transactions] == ["paid"] * size
    with square.market.context.store.begin(write=False) as work:
        claims = work.select(Reservation, limit=1_000)
    for shelf in shelves:
        mine = [
            one
            for one in square.market.transactions.list(by=OPERATOR, limit=500)
            if one.listing_id == shelf.id
        ]
        assert len(mine) <= stock
    assert len([one for one in claims if one.state != "freed"]) == sum(size for _, size in bought)
    assert len(square.bank.charges()) == len(bought) >= 1
    assert faults(square.market) == []
    square.market.close()
