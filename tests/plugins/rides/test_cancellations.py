"""Cancellations and no-shows: fault by the facts, then who pays whom by the table."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketplace import InvalidInput, Refused
from marketplace.domain.quote import recompute
from marketplace.plugins.rides.cancellations import Cancelled, cancel, fault_of, no_show
from marketplace.plugins.rides.fare import (
    CancellationRow,
    CancellationTerms,
    Fare,
    NoShow,
    Waiting,
)
from marketplace.plugins.rides.fares import quote
from marketplace.plugins.rides.ride import Ride
from marketplace.plugins.rides.route import Route
from marketplace.plugins.rides.rules import RULES

ACCEPTED = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
TERMS = CancellationTerms(
    grace_s=120,
    late_s=300,
    stalled_s=240,
    rows=(
        CancellationRow(fault="nobody"),
        CancellationRow(by="customer", fault="provider"),
        CancellationRow(by="customer", fault="customer", states=("riding",), bps=10_000),
        CancellationRow(by="customer", fault="customer", fixed=2_000, bps=1_000, most=5_000),
        CancellationRow(
            by="provider", fault="provider", fixed=1_050, payer="provider", payee="customer"
        ),
    ),
)
FARE = Fare(
    "NPR",
    base=20_000,
    rounding=100,
    waiting=Waiting(free_s=180, per_minute=200),
    cancellation=TERMS,
    no_show=NoShow(after_s=420, fee=4_000),
)
QUOTED = quote(FARE, Ride(ACCEPTED, Route(0, 0)))


def after(seconds: int, **facts: Any) -> Cancelled:
    """The rider cancels so long after the acceptance; the driver was promised in five minutes."""
    at = ACCEPTED + timedelta(seconds=seconds)
    facts = {
        "by": "customer",
        "state": "accepted",
        "accepted_at": ACCEPTED,
        "promised_at": ACCEPTED + timedelta(seconds=300),
        "nearer_at": at - timedelta(seconds=10),
        **facts,
    }
    return Cancelled(at=at, **facts)


@pytest.mark.behaviour("R14")
@pytest.mark.parametrize(
    ("facts", "fault", "why"),
    [
        (after(120), "nobody", "ride_within_grace"),
        (after(121), "customer", "ride_after_grace"),
        (after(600), "customer", "ride_after_grace"),
        (after(601), "provider", "ride_driver_late"),
        (after(601, arrived=True), "customer", "ride_after_grace"),
        (after(400, nearer_at=ACCEPTED + timedelta(seconds=160)), "customer", "ride_after_grace"),
        (
            after(401, nearer_at=ACCEPTED + timedelta(seconds=160)),
            "provider",
            "ride_driver_stalled",
        ),
        (after(300, nearer_at=ACCEPTED - timedelta(hours=1)), "provider", "ride_driver_stalled"),
        (after(300, nearer_at=None), "customer", "ride_after_grace"),
        (after(300, accepted_at=None), "nobody", "ride_no_driver_yet"),
        (after(300, by="provider"), "provider", "ride_driver_cancelled"),
        (after(300, by="clock"), "nobody", "ride_ended_by_others"),
        (after(300, fault="provider"), "provider", "ride_fault_decided"),
    ],
)
def test_the_facts_find_the_fault(facts: Cancelled, fault: str, why: str) -> None:
    """A rider is at fault after the grace time, but not when the driver is late or stands still."""
    found, reason = fault_of(FARE, facts)
    assert (found, reason.code) == (fault, why)


@pytest.mark.behaviour("R14", "C9")
@pytest.mark.parametrize(
    ("facts", "fee", "payer"),
    [
        (after(60), 0, ""),
        (after(601), 0, ""),
        (after(300), 4_000, "customer"),
        (after(300, state="riding"), 20_000, "customer"),
        (after(300, by="provider"), 1_100, "provider"),
        (after(300, by="operator"), 0, ""),
    ],
)
def test_the_table_says_who_pays(facts: Cancelled, fee: int, payer: str) -> None:
    """The first row that fits names the fee and its bearer; the fee is whole coins."""
    ended = cancel(FARE, facts, QUOTED)
    assert sum(line.amount.amount for line in ended.lines) == fee
    assert [line.payer for line in ended.lines] == ([payer] if fee else [])
    assert len(ended.reasons) == 2


@pytest.mark.behaviour("C9")
def test_a_fee_names_its_row_and_gives_itself_again() -> None:
    """A fee carries who, when, whose fault and which row, and its rule gives it again."""
    (fee,) = cancel(FARE, after(300), QUOTED).lines
    assert {"by": "customer", "fault": "customer", "state": "accepted", "row": 4}.items() <= (
        dict(fee.inputs).items()
    )
    assert recompute([fee], RULES) == [(fee, fee.amount.amount)]


@given(st.integers(0, 10_000), st.sampled_from(["customer", "provider", "operator", "clock"]))
def test_a_fee_never_passes_its_most(seconds: int, by: str) -> None:
    """Whatever the facts, a fee is whole coins, not negative, and at most what its row allows."""
    for line in cancel(FARE, after(seconds, by=by), QUOTED).lines:
        assert line.amount.amount % 100 == 0
        assert 0 < line.amount.amount <= 5_000


def test_without_a_row_it_is_free() -> None:
    """A table with no row that fits charges nothing, and says so."""
    ended = cancel(Fare("NPR"), after(3_000), QUOTED)
    assert ended.lines == ()
    assert [why.code for why in ended.reasons][1] == "ride_cancelled_free"


@pytest.mark.behaviour("R13")
@pytest.mark.parametrize(("waited", "waiting"), [(420, 800), (480, 1_000), (495, 1_100)])
def test_a_no_show_pays_the_driver(waited: int, waiting: int) -> None:
    """After the waiting time the driver gets the fee and the waiting beyond the free minutes."""
    lines = no_show(FARE, waited).lines
    assert {line.payee for line in lines if line.code != "rounding"} == {"provider"}
    owed = sum(x.amount.amount * (1 if x.payer == "customer" else -1) for x in lines)
    assert owed == 4_000 + waiting
    assert all(amount == line.amount.amount for line, amount in recompute(lines, RULES))
    fee_alone = evolve(FARE, no_show=NoShow(after_s=420, fee=4_000, waiting_too=False))
    assert [line.code for line in no_show(fee_alone, waited).lines] == ["no_show_fee"]


@pytest.mark.behaviour("R13")
def test_a_driver_may_not_leave_early() -> None:
    """A no-show before its time is refused and says how long is to be waited."""
    with pytest.raises(Refused, match="may leave after waiting 420 s") as caught:
        no_show(FARE, 419)
    assert [why.code for why in caught.value.reasons] == ["no_show_too_early"]
    with pytest.raises(InvalidInput):
        no_show(FARE, -1)
