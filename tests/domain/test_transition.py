"""Rows as values: variants of them, and the moments they wait for."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.app.move import moment_of
from marketplace.domain.effect import CAPTURE, HOLD, RESERVE, VOID, opens, seat, unseat
from marketplace.domain.party import CLOCK, CUSTOMER, PROVIDER
from marketplace.domain.transaction import Transaction
from marketplace.domain.transition import OPENED, After, Ask, At, Transition, spell
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


@pytest.mark.parametrize(
    ("delay", "said"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=1), "1 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(seconds=90), "1 min 30 s"),
        (HOUR, "1 h"),
        (timedelta(minutes=90), "1 h 30 min"),
        (timedelta(hours=23), "23 h"),
        (DAY, "1 d"),
        (timedelta(hours=36), "36 h"),
        (14 * DAY, "14 d"),
        (timedelta(hours=25, seconds=2), "25 h 2 s"),
    ],
    ids=str,
)
def test_a_time_is_said_in_its_largest_whole_units(delay: timedelta, said: str) -> None:
    """Whole days are days, everything else hours, minutes and seconds that add up."""
    assert spell(delay) == said


def test_a_time_says_what_it_counts_from() -> None:
    """A time says how long, and whether before or after which moment."""
    assert str(After(90 * HOUR)) == "90 h later"
    assert str(At("start")) == "at start"
    assert str(At("start", -DAY)) == "1 d before start"
    assert str(At("end", 2 * HOUR)) == "2 h after end"


def test_a_row_says_what_it_was_told() -> None:
    """A row keeps what it is made of: who, whence, effects in their order, fault, event, form."""
    asks = [Ask("start", "time"), Ask("why"), Ask("end", "time")]
    row = Transition(
        "move",
        [CUSTOMER, PROVIDER],
        ["a", "b"],
        "z",
        HOLD,
        RESERVE("room"),
        opens("deposit"),
        CAPTURE,
        asks=iter(asks),
        lines="finish",
        fault=PROVIDER,
        on="chargeback",
        not_before=After(HOUR),
        agreed=True,
    )
    assert (row.name, row.who, row.sources) == ("move", (CUSTOMER, PROVIDER), ("a", "b"))
    assert row.money_effects() == [HOLD, CAPTURE]
    assert row.links == (opens("deposit"),)
    assert row.asks == tuple(asks)
    assert row.moments == ("start", "end")
    assert (row.lines, row.fault, row.on) == ("finish", "provider", "chargeback")
    assert (row.not_before, row.agreed) == (After(HOUR), True)
    plain = go()
    assert (plain.who, plain.sources) == ((CUSTOMER,), ("a",))
    assert (plain.lines, plain.fault, plain.on, plain.agreed) == (None, None, None, False)
    assert (plain.failed, plain.needs_customer, plain.when) == (None, None, None)
    assert (plain.links, plain.asks, plain.moments) == ((), (), ())


def test_a_row_of_the_clock_waits() -> None:
    """The clock takes a row so long after its state was entered, or at a moment; nobody else."""
    assert Transition("tick", CLOCK, "a", "z", after=HOUR).when == After(HOUR)
    assert Transition("tick", CLOCK, "a", "z", after=timedelta(0)).when == After(timedelta(0))
    assert Transition("tick", CLOCK, "a", "z", at=At("start")).when == At("start")
    assert Transition("tick", (CUSTOMER, CLOCK), "a", "z", after=HOUR).is_timer
    assert not go().is_timer


def test_a_row_fills_the_seat_it_names() -> None:
    """An accepted offer fills the first seat that a row fills; one that it empties is no seat."""
    assert go(VOID, unseat(CUSTOMER), seat(PROVIDER), seat(CUSTOMER)).fills == "provider"
    assert go(unseat(PROVIDER)).fills is None
    assert go(HOLD).fills is None
