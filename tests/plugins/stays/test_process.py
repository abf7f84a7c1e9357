"""The processes of a stay: proved for every method that they admit, over any calendar."""

from datetime import timedelta

import pytest

from marketplace import (
    CAPTURE,
    CLOCK,
    FREE,
    HOLD,
    HOUR,
    SETTLE,
    VOID,
    At,
    Process,
    ResourcePlan,
    Transition,
    Vertical,
    prove,
    prove_all,
)
from marketplace.plugins.cash import CASH
from marketplace.plugins.sandbox import CARD
from marketplace.plugins.stays.deposit import deposit
from marketplace.plugins.stays.process import at_the_door, every, later, stay
from marketplace.plugins.stays.rows import entry
from marketplace.plugins.stays.times import StayTimes
from marketplace.plugins.wallet import WALLET

METHODS = (CARD, WALLET, CASH)
PROCESSES = {one.name: one for one in (*every(), at_the_door(), deposit())}


@pytest.mark.parametrize("name", PROCESSES)
def test_every_way_to_book_is_proved_for_every_way_to_pay(name: str) -> None:
    """Nothing is held or reserved at an end, nobody's absence freezes it, no hold dies unseen;
    by card, wallet and cash where they are admitted, and by all of them on one purse."""
    process = PROCESSES[name]
    proofs = [prove(process), *prove_all(process, METHODS)]
    assert [str(fault) for proof in proofs for fault in proof.faults] == []
    assert len(proofs) >= 3


@pytest.mark.parametrize("calendar", ["nights", "hours", "slots"])
def test_a_stay_of_any_calendar_is_proved(calendar: str) -> None:
    """The same rows serve nights, hours and slots, and link to their deposit."""
    processes = every(calendar, StayTimes(answer=timedelta(hours=2)))
    counted = (ResourcePlan(calendar),)
    trade = Vertical("stays", processes, follow_ups=(deposit(),), resources=counted)
    assert trade.processes == processes
    for process in processes:
        assert {row.name for row in process.transitions if CLOCK in row.who} >= {"lapse"}


@pytest.mark.behaviour("S10")
def test_a_hold_of_today_for_a_stay_in_april_is_refused() -> None:
    """Held when it is booked and taken at check-in: the prover says that the hold may be dead; the
    same stay held two days before check-in is proved."""
    rows = [
        *entry("nights", HOLD),
        Transition("check_in", CLOCK, "booked", "there", FREE("nights"), CAPTURE, SETTLE,
                   at=At("start"), failed="refused"),
        Transition("leave", CLOCK, "refused", "expired", VOID, after=HOUR),
    ]  # fmt: skip
    process = Process("early", "asked", {"there", "expired"}, rows, admits=("card",))
    follow_up = deposit()
    nights = (ResourcePlan("nights"),)
    early = Vertical("early", (process,), (follow_up,), resources=nights).processes[0]
    proof = prove(early, CARD)
    assert "hold_dies" in {fault.code for fault in proof.faults}
    assert prove(later(), CARD).holds_good


def test_a_host_is_paid_a_day_after_check_in() -> None:
    """The row that pays him is the clock's, 24 hours after the start."""
    row = stay().row("pay_host", "booked")
    assert row is not None
    assert (row.who, str(row.when)) == ((CLOCK,), "1 d after start")
    ask = next(one for one in PROCESSES["stay_on_request"].transitions if one.name == "expire")
    assert str(ask.when) == "1 d later"
