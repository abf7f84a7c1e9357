"""The processes of goods: proved for every method, and what breaks them."""

from collections.abc import Callable
from functools import partial

import pytest

from marketplace import CLOCK, DAY, Process, ProcessError
from marketplace.plugins.goods import (
    GoodsTimes,
    backorder,
    claim,
    contract,
    digital,
    flash,
    group,
    order,
    sample,
)

SINGLE: dict[str, Callable[[], Process]] = {
    "order": order,
    "sample": sample,
    "digital": digital,
    "backorder": backorder,
    "flash": flash,
    "group": group,
    "claim": claim,
}
PARTS = (1, 2, 3, 4, 6, 12)
EVERY = SINGLE | {f"contract_{parts}": partial(contract, parts) for parts in PARTS}


@pytest.mark.behaviour("C23", "G8")
@pytest.mark.parametrize("name", EVERY)
def test_each_process_is_proved(name: str) -> None:
    """The prover finds no state of any process in which money or goods could lie for ever."""
    assert EVERY[name]().name == name


@pytest.mark.behaviour("C23")
def test_an_order_without_its_clock_is_not_proved() -> None:
    """Without the row that ends a complaint by itself, the order is refused when it is made."""
    proved = order()
    rows = [row for row in proved.transitions if row.name != "no_decision"]
    with pytest.raises(ProcessError, match="escalated"):
        Process(
            proved.name,
            proved.start,
            proved.final,
            rows,
            admits=proved.admits,
            paid=proved.paid,
            moments=proved.moments,
            review_after=proved.review_after,
        )


@pytest.mark.behaviour("G6")
def test_times_are_the_operators() -> None:
    """The clock's rows wait as long as the settings say; no silence pays while goods travel."""
    made = order(GoodsTimes(silence=3 * DAY))
    (silence,) = [row for row in made.transitions if row.name == "keep_silent"]
    assert silence.sources == ("delivered",)
    assert silence.when is not None
    assert silence.when == next(
        row.when for row in order(GoodsTimes(answer=3 * DAY)).transitions if row.name == "no_answer"
    )
    by_clock = [row for row in made.transitions if CLOCK in row.who and "shipped" in row.sources]
    assert [row.name for row in by_clock] == ["lost"]
