"""How old a hold may be when it is captured."""

from datetime import timedelta
from random import Random

import pytest

from marketplace.domain.effect import CAPTURE, HOLD, RAISE, SAVE, SETTLE, VOID, Effect
from marketplace.domain.party import CLOCK, CUSTOMER, PAYMENT_PROVIDER, PROVIDER
from marketplace.domain.process import Process
from marketplace.domain.prover import admitted, mixture, prove
from marketplace.domain.transition import OPENED, After, Ask, At, Transition, When
from tests.support.deals import bare
from tests.support.trade_rows import DAY, HOUR
from tests.support.trades import CARD, CASH, METHODS, TRADES, WALLET
from tests.support.wanderer import Wanderer


def timed(
    working: When, *more: Transition, then: tuple[Effect, ...] = (CAPTURE, SETTLE)
) -> Process:
    """Held within a day, worked on for some time, then captured."""
    return bare(
        Transition("pay", CUSTOMER, "a", "waiting", HOLD, failed="z", needs_customer="z"),
        Transition("accept", PROVIDER, "waiting", "working"),
        Transition("expire", CLOCK, "waiting", "z", VOID, after=DAY),
        Transition("finish", PROVIDER, "working", "z", *then, failed="stuck"),
        Transition("forget", CLOCK, "working", "stuck").changed(when=working),
        Transition("give_up", CLOCK, "stuck", "z", VOID, after=DAY),
        *more,
    )


def test_a_capture_after_the_hold_died_is_named() -> None:
    """A capture that may come after the hold has died is refused with its age, and what to do."""
    proof = prove(timed(After(8 * DAY)), CARD)
    assert [fault.code for fault in proof.faults] == ["hold_dies"]
    assert proof.faults[0].sentence == (
        "'finish' may capture purse 'price' 9 d after its hold, and a hold by card lives 7 d: "
        "save the means of payment and hold later, or say what happens on 'hold_expired' in "
        "'working' (after 'pay' → 'accept')"
    )
    assert prove(timed(After(6 * DAY)), CARD).faults == ()


def test_methods_differ_in_how_long_a_hold_lives() -> None:
    """A wallet's hold and cash in a pocket do not die; a mixture's dies with its weakest part."""
    process = timed(After(8 * DAY))
    assert prove(process, WALLET).faults == ()
    assert prove(process, CASH).faults == ()
    assert prove(process).faults == ()
    mixed = prove(process, mixture([WALLET, CARD]))
    assert [fault.code for fault in mixed.faults] == ["hold_dies"]


def test_a_raise_does_not_make_a_hold_younger() -> None:
    """Raising a hold that may have died is as wrong as capturing it."""
    extra = Transition(
        "extra", CUSTOMER, "working", "working", RAISE, failed="stuck", needs_customer="stuck"
    )
    leave = Transition("leave", CUSTOMER, "stuck", "z", VOID)
    faults = prove(timed(After(2 * DAY), extra, leave), CARD).faults
    assert {fault.where for fault in faults} == {"extra", "finish"}
    assert "any time after its hold" in faults[0].sentence


def test_a_state_that_hears_of_dead_holds_may_capture() -> None:
    """A state that says what happens when the hold dies may last longer than the hold lives."""
    dies = Transition("dies", PAYMENT_PROVIDER, "working", "z", on="hold_expired")
    proof = prove(timed(After(30 * DAY), dies), CARD)
    assert proof.faults == ()
    assert proof.longest_hold == 8 * DAY, "it reaches 'stuck' alive, and is given up a day later"


def test_a_hold_that_died_earlier_is_heard_of_by_nobody() -> None:
    """A row for dead holds does not help in a state that the hold may not live to see."""
    process = bare(
        Transition("pay", CUSTOMER, "a", "working", HOLD, failed="z", needs_customer="z"),
        Transition("forget", CLOCK, "working", "stuck", after=8 * DAY),
        Transition("late", PROVIDER, "stuck", "z", CAPTURE, SETTLE, failed="gone"),
        Transition("dies", PAYMENT_PROVIDER, "stuck", "z", on="hold_expired"),
        Transition("give_up", CLOCK, "stuck", "z", VOID, after=DAY),
        Transition("end", CLOCK, "gone", "z", VOID, after=DAY),
    )
    faults = prove(process, CARD).faults
    assert [(fault.code, fault.where) for fault in faults] == [("hold_dies", "late")]


def at_the_start(begin: timedelta, capture: timedelta, moment: str = "start") -> Process:
    """Saved at once, held so long before the start, captured at some time round a moment."""
    return bare(
        Transition("book", CUSTOMER, "a", "agreed", SAVE, failed="z", needs_customer="z"),
        Transition(
            "secure", CLOCK, "agreed", "held", HOLD, failed="z", needs_customer="z",
            at=At("start", begin),
        ),
        Transition(
            "take", CLOCK, "held", "z", CAPTURE, SETTLE, failed="stuck", at=At(moment, capture)
        ),
        Transition("give_up", CLOCK, "stuck", "z", VOID, after=HOUR),
    )  # fmt: skip


def test_a_moment_bounds_a_hold_placed_before_it() -> None:
    """A hold placed two days before a moment is two days old when the moment comes."""
    proof = prove(at_the_start(-2 * DAY, timedelta(0)), CARD)
    assert proof.faults == ()
    assert proof.longest_hold == timedelta(days=2, hours=1)
    late = prove(at_the_start(-2 * DAY, 6 * DAY), CARD)
    assert [fault.code for fault in late.faults] == ["hold_dies"]
    assert "8 d after its hold" in late.faults[0].sentence


def test_another_moment_bounds_nothing() -> None:
    """How long a stay lasts is not known: a hold placed before its start may die before its end."""
    faults = prove(at_the_start(-2 * DAY, timedelta(0), moment="end"), CARD).faults
    assert [fault.code for fault in faults] == ["hold_dies"]
    assert "any time after its hold" in faults[0].sentence


def searching(expire: When) -> Process:
    """A search that begins anew whenever the finder gives up."""
    return bare(
        Transition("pay", CUSTOMER, "a", "searching", HOLD, failed="z", needs_customer="z"),
        Transition("accept", PROVIDER, "searching", "accepted"),
        Transition("expire", CLOCK, "searching", "z", VOID).changed(when=expire),
        Transition("give_back", PROVIDER, "accepted", "searching"),
        Transition("stall", CLOCK, "accepted", "searching", after=HOUR),
        Transition("finish", PROVIDER, "accepted", "z", CAPTURE, SETTLE, failed="searching"),
    )


def test_rounds_that_begin_anew_have_no_bound() -> None:
    """A search that restarts its clock every time may outlast any hold."""
    proof = prove(searching(After(HOUR)), CARD)
    assert [fault.code for fault in proof.faults] == ["hold_dies"]
    assert proof.longest_hold is None
    assert str(prove(searching(After(HOUR)))).endswith("a hold lives as long as its method lets it")


def test_a_moment_bounds_all_rounds_together() -> None:
    """Counted from when the transaction was opened, any number of rounds has one bound."""
    proof = prove(searching(At(OPENED, 5 * HOUR)), CARD)
    assert proof.faults == ()
    assert proof.longest_hold == 6 * HOUR


def test_waiting_makes_moments_nearer() -> None:
    """A row that nobody may take at first places its hold so much later."""
    process = bare(
        Transition("open", CUSTOMER, "a", "b"),
        Transition(
            "pay", CUSTOMER, "b", "c", HOLD, failed="z", needs_customer="z", not_before=After(DAY)
        ),
        Transition("end", CLOCK, "c", "z", VOID, at=At(OPENED, 5 * DAY)),
    )
    assert prove(process).longest_hold == 4 * DAY
    soon = [row.changed(not_before=None) for row in process.transitions]
    assert prove(bare(*soon)).longest_hold == 5 * DAY
    tied = [row.changed(not_before=At(OPENED, 2 * DAY)) for row in soon[1:2]]
    assert prove(bare(soon[0], *tied, soon[2])).longest_hold == 3 * DAY


@pytest.mark.parametrize("name", ["ride", "stay", "escrow"])
def test_no_hold_gets_older_than_was_said(name: str) -> None:
    """No wandering deal ever sees a hold older than the bound, and some come near it."""
    process = TRADES[name]()
    for method in admitted(process, METHODS):
        bound = prove(process, method).longest_hold
        assert bound is not None
        oldest = 0
        for seed in range(600):
            wanderer = Wanderer(process, method, Random(seed))
            wanderer.wander()
            oldest = max(oldest, wanderer.oldest)
        assert bound.total_seconds() / 2 < oldest <= bound.total_seconds()


def test_a_row_that_moves_a_moment_forgets_where_it_was() -> None:
    """Held two days before the start, a deal whose start may be moved has a hold without an age.

    The negative control is the same row without the question: then the age is known."""

    def movable(*asks: Ask) -> Process:
        return bare(
            Transition("save", CUSTOMER, "a", "booked", SAVE, failed="z", needs_customer="z"),
            Transition(
                "hold",
                CLOCK,
                "booked",
                "held",
                HOLD,
                at=At("start", -2 * DAY),
                failed="z",
                needs_customer="z",
            ),
            Transition("move", CUSTOMER, "held", "held", asks=asks),
            Transition("finish", PROVIDER, "held", "z", CAPTURE, SETTLE, failed="stuck"),
            Transition("late", CLOCK, "held", "z", VOID, at=At("start", DAY)),
            Transition("give_up", CLOCK, "stuck", "z", VOID, after=DAY),
        )

    assert [fault.code for fault in prove(movable(Ask("start", "time")), CARD).faults] == [
        "hold_dies"
    ]
    assert not prove(movable(Ask("reason")), CARD).faults
