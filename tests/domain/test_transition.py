"""Rows as values: variants of them, and the moments they wait for."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.app.move import moment_of
from marketplace.domain.effect import HOLD, VOID
from marketplace.domain.party import CLOCK, CUSTOMER
from marketplace.domain.transaction import Transaction
from marketplace.domain.transition import OPENED, After, At, Transition
from tests.support.deals import bare, go
from tests.support.trade_rows import DAY, HOUR
from tests.support.trades import escrow, goods, stay

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_row_is_changed_without_touching_the_first() -> None:
    """A variant of a row differs only in the fields named, and the row itself stays as it was."""
    row = Transition("go", CUSTOMER, "a", "z", HOLD, failed="b", needs_customer="c")
    other = row.changed(to="y", effects=(VOID,))
    assert (other.to, other.effects) == ("y", (VOID,))
    assert (row.to, row.effects) == ("z", (HOLD,))
    assert other.changed(to="z", effects=(HOLD,)) == row
    with pytest.raises(TypeError):
        row.changed(destination="y")


def test_a_row_leads_to_each_of_its_states_once() -> None:
    """Every state that a row may lead to is named once, the good one first."""
    row = Transition("go", CUSTOMER, "a", "z", HOLD, failed="b", needs_customer="b")
    assert row.targets == ("z", "b")
    assert go().targets == ("z",)


def test_a_process_says_which_moments_it_needs() -> None:
    """A transaction must carry every moment that a row waits for, but its opening it always has."""
    assert stay().needs_moments == {"start", "end"}
    assert goods().needs_moments == frozenset()
    assert escrow().needs_moments == frozenset(), "it waits for its opening only"
    guarded = bare(go(not_before=At("end", -HOUR)))
    assert guarded.needs_moments == {"end"}


def test_times_count_from_what_they_say() -> None:
    """A time counts from the state's entry, from a named moment, or from the opening."""
    deal = Transaction(
        id="t",
        vertical="v",
        process="p",
        process_version="1",
        state="a",
        currency="NPR",
        created_at=NOON,
        entered_at=NOON + HOUR,
        moments={"start": NOON + DAY},
    )
    assert moment_of(After(HOUR), deal) == NOON + 2 * HOUR
    assert moment_of(At("start", -HOUR), deal) == NOON + timedelta(hours=23)
    assert moment_of(At(OPENED, 5 * HOUR), deal) == NOON + 5 * HOUR
    assert moment_of(At("end"), deal) is None


def test_one_name_is_as_good_as_a_list_of_one() -> None:
    """Names given alone are not taken for a list of letters."""
    process = bare(go(), Transition("tick", CLOCK, "a", "z", after=HOUR), final="z", admits="card")
    assert process.final == {"z"}
    assert process.admits == ("card",)
