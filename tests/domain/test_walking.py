"""The walk through all configurations, held against deals that wander at random."""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.effect import (
    OF_PAYOUTS,
    ClaimEffect,
    ClaimKind,
    MoneyEffect,
    MoneyKind,
    SeatEffect,
)
from marketplace.domain.method import ANY_METHOD, PaymentMethod
from marketplace.domain.party import CLOCK, CUSTOMER, OPERATOR, PAYMENT_PROVIDER, PROVIDER
from marketplace.domain.proof import PROMISES
from marketplace.domain.prover import admitted, prove
from marketplace.domain.transition import After, At, Purse, Transition
from marketplace.domain.walking import Position, moved, walk
from marketplace.errors import ProcessError
from tests.support.mutants import mutant
from tests.support.trades import METHODS, TRADES, ride
from tests.support.wanderer import Unproved, Wanderer


@pytest.mark.parametrize("name", TRADES)
def test_a_proved_process_never_goes_wrong(name: str) -> None:
    """No deal that wanders through a proved process is stuck, or ends with something held."""
    process, steps = TRADES[name](), 0
    for method in admitted(process, METHODS):
        for seed in range(400):
            wanderer = Wanderer(process, method, Random(seed))
            assert wanderer.wander() == set(), wanderer.story
            steps += wanderer.steps
    assert steps > 800


def test_what_goes_wrong_was_foretold() -> None:
    """Whatever mistake a wandering deal runs into, the prover had named it; and it finds many."""
    caught: Counter[str] = Counter()
    for seed in range(250):
        random = Random(seed)
        process = mutant(TRADES[random.choice(list(TRADES))](), random)
        method = random.choice(METHODS)
        if not admitted(process, [method]):
            continue
        foretold = {f.code for p in (prove(process), prove(process, method)) for f in p.faults}
        for way in range(30):
            wanderer = Wanderer(process, method, Random(1_000 * seed + way))
            for found in wanderer.wander():
                assert foretold & set(found.split("|")), (seed, found, wanderer.story)
                caught[found] += 1
    assert len(caught) >= 10
    assert sum(caught.values()) > 500


OF_PURSES = [kind for kind in MoneyKind if kind not in OF_PAYOUTS]
_STATES = st.sampled_from(["a", "b", "c", "d", "z"])
_TIMES = st.one_of(
    st.integers(0, 10).map(lambda days: After(timedelta(days=days))),
    st.builds(
        At,
        st.sampled_from(["start", "end", "opened"]),
        st.integers(-5, 5).map(lambda days: timedelta(days=days)),
    ),
)
_EFFECTS = st.one_of(
    st.builds(MoneyEffect, st.sampled_from(OF_PURSES), st.sampled_from(["price", "tip"])),
    st.builds(ClaimEffect, st.sampled_from(ClaimKind), st.sampled_from(["capacity", "seats"])),
    st.builds(SeatEffect, st.just("provider"), st.booleans()),
)


@st.composite
def _rows(draw: st.DrawFn) -> Transition:
    roles = [CUSTOMER, PROVIDER, OPERATOR, CLOCK, PAYMENT_PROVIDER]
    who = draw(st.lists(st.sampled_from(roles), min_size=1, max_size=2, unique=True))
    row = Transition(
        draw(st.sampled_from("nopqrstu")),
        who,
        draw(st.lists(_STATES, min_size=1, max_size=2, unique=True)),
        draw(_STATES),
        *draw(st.lists(_EFFECTS, max_size=4)),
        failed=draw(st.none() | _STATES),
        needs_customer=draw(st.none() | _STATES),
        not_before=draw(st.none() | _TIMES),
        on=draw(st.sampled_from(["hold_expired", "chargeback"]))
        if PAYMENT_PROVIDER in who
        else None,
    )
    return row.changed(when=draw(_TIMES) if CLOCK in who else None)


@given(
    rows=st.lists(_rows(), max_size=9),
    method=st.sampled_from([ANY_METHOD, *METHODS]),
    series=st.booleans(),
    seed=st.integers(0, 9),
)
def test_any_rows_can_be_walked(
    rows: list[Transition], method: PaymentMethod, series: bool, seed: int
) -> None:
    """The prover comes to an end with whatever rows, and what it finds good is good."""
    process = Unproved(
        "wild",
        start="a",
        final={"z"},
        transitions=rows,
        purses=[Purse(series=series), Purse("tip")],
    )
    proof = prove(process, method)
    assert str(proof).count("\n") == len(proof.faults)
    assert {fault.code for fault in proof.faults} <= set(PROMISES)
    if not prove(process).faults and not proof.faults:
        assert Wanderer(process, method, Random(seed)).wander() == set()


def test_paths_told_are_shortest() -> None:
    """The way that a fault tells is a shortest one from the start, in rows."""
    walked = walk(ride(), ANY_METHOD)
    depth = {0: 0}
    frontier = [0]
    while frontier:
        reached = []
        for number in frontier:
            for step in walked.leaving[number]:
                if step.target not in depth:
                    depth[step.target] = depth[number] + 1
                    reached.append(step.target)
        frontier = reached
    for number in range(len(walked.configurations)):
        told = walked.path(number)
        assert told.count("→") + bool(told) == depth[number]


def test_only_a_series_begins_again() -> None:
    """What was settled is taken again only from a purse that is a series."""
    once, series = Purse(), Purse(series=True)
    for kind in (MoneyKind.CHARGE, MoneyKind.HOLD, MoneyKind.RECORD):
        assert moved(kind, Position.SETTLED, once) is None
        assert moved(kind, Position.SETTLED, series) in (Position.CAPTURED, Position.HELD)
    assert moved(MoneyKind.SETTLE, Position.SETTLED, series) is None
    assert moved(MoneyKind.CAPTURE, Position.SETTLED, series) is None


@pytest.mark.parametrize("kind", OF_PURSES)
def test_every_effect_fits_somewhere_and_not_everywhere(kind: MoneyKind) -> None:
    """Every money effect has positions it fits, and at least one that it does not."""
    fits = [position for position in Position if moved(kind, position, Purse()) is not None]
    assert 0 < len(fits) < len(Position)


@pytest.mark.parametrize("kind", OF_PAYOUTS)
def test_what_is_of_payouts_is_no_effect_of_a_row(kind: MoneyKind) -> None:
    """What is asked of a payout stands in no row of a process, and the refusal says whose it is."""
    with pytest.raises(ProcessError, match="the operator's"):
        MoneyEffect(kind)
