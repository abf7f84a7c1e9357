"""A small world of rides under Hypothesis: whatever people, banks and crashes do, laws hold.

A long hunt: ``pytest tests/properties/test_world.py -k law --hypothesis-profile=night``.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from marketplace import Command, MoneyKind, Outcome
from marketplace.app import purses
from marketplace.simulation import days
from marketplace.simulation.laws import broken_laws
from marketplace.simulation.world import World
from marketplace.testing.soundness import faults
from tests.support.profiles import profile
from tests.support.refusals import rows_of
from tests.support.small_world import differences, small_world

chances = st.randoms(use_true_random=False)
WITHIN = {"dev": (8, 25), "ci": (30, 40), "night": (5_000, 80)}
"""Worlds and steps of each profile; a world costs much more than a pure function's example."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Faults are made here on purpose; their log would bury what matters."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


MONEY = (
    days.top_up,
    days.pay_out,
    days.bank_returns,
    days.bank_takes_back,
    days.bank_decides,
    days.complain,
)


class Town(RuleBasedStateMachine):
    """Each rule lets one kind of thing happen, by chances that Hypothesis draws and shrinks."""

    world: World

    @initialize(chance=chances)
    def people_come(self, chance: Random) -> None:
        """A world with its first people."""
        self.world = small_world(chance)
        days.settle_in(self.world)

    def _happen(self, chance: Random, move: Any) -> None:
        world = self.world
        world.chance = chance
        rows, refused = rows_of(world.market), sum(world.refused.values())
        done, crashes, now = sum(world.done.values()), world.crashes, world.clock.now()
        move(world)
        if (sum(world.done.values()), world.crashes) == (done, crashes) and (
            sum(world.refused.values()) > refused and now == world.clock.now()
        ):
            assert rows_of(world.market) == rows, "a refusal wrote something"
        broken = broken_laws(world.market, world.memory)
        assert not broken, "; ".join(broken)

    @rule(chance=chances)
    def order(self, chance: Random) -> None:
        """A rider asks and commits to pay by card, cash, wallet or a mixture."""
        self._happen(chance, World.order)

    @rule(chance=chances)
    def dispatch(self, chance: Random) -> None:
        """Waiting rides are put to drivers."""
        self._happen(chance, World.dispatch)

    @rule(chance=chances)
    def answer(self, chance: Random) -> None:
        """A driver accepts, declines, or answers late."""
        self._happen(chance, World.answer)

    @rule(chance=chances)
    def step(self, chance: Random) -> None:
        """Somebody takes a row: arrive, start, finish, cancel, no-show, call off, confirm."""
        self._happen(chance, World.step)

    @rule(chance=chances)
    def ride_on(self, chance: Random) -> None:
        """Several rows one after the other, as most rides go."""
        self._happen(chance, World.carry_on)

    @rule(chance=chances)
    def follow_up(self, chance: Random) -> None:
        """A tip, an adjustment up or down, a lost item, an incident."""
        self._happen(chance, World.follow_up)

    @rule(chance=chances, move=st.sampled_from([World.join, World.appear, World.suspend]))
    def people(self, chance: Random, move: Any) -> None:
        """People come, show where they are, and are suspended."""
        self._happen(chance, move)

    @rule(chance=chances, move=st.sampled_from(MONEY))
    def money(self, chance: Random, move: Any) -> None:
        """Money comes by other rails, is paid out, and comes back from a bank."""
        self._happen(chance, move)

    @rule(chance=chances, move=st.sampled_from([days.fault, days.crash, days.answered_twice]))
    def trouble(self, chance: Random, move: Any) -> None:
        """A lost answer, a broken one, a duplicate, a crash."""
        self._happen(chance, move)

    @rule(chance=chances, move=st.sampled_from([days.tick, days.pass_time, days.review]))
    def time(self, chance: Random, move: Any) -> None:
        """Time passes, a worker works, somebody writes a review."""
        self._happen(chance, move)

    def teardown(self) -> None:
        """Faults stop, the workers run dry: then the other laws hold too."""
        if hasattr(self, "world"):
            days.come_to_rest(self.world)
            assert (faults(self.world.market), differences(self.world)) == ([], [])
            self.world.market.context.store.engine.dispose()  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.unsound("each world is looked at when it came to rest, and its database is dropped")
@pytest.mark.invariant(1, 4, 5)
def test_no_law_is_ever_broken() -> None:
    """Books sum to zero, balances are their transfers, no guarded account falls below zero."""
    examples, steps = WITHIN[profile()]
    run_state_machine_as_test(
        Town, settings=settings(max_examples=examples, stateful_step_count=steps)
    )


@pytest.mark.unsound("the mistake is planted")
def test_a_planted_mistake_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: holds that are given up every second time only break a law soon."""
    kind = MoneyKind.VOID
    real = purses._EFFECTS[kind]
    spared: list[bool] = []

    def forgets(till: Any) -> Any:
        """Every second time nothing is done at all."""
        spared.append(True)
        return real(till) if len(spared) % 2 == 0 else None

    monkeypatch.setitem(purses._EFFECTS, kind, forgets)
    found = 0
    for seed in range(20):
        try:
            assert differences(lived(seed, 70)) == []
        except (AssertionError, Outcome):
            found += 1
            break
    assert found, f"nobody noticed that {kind} is forgotten every second time"


def lived(seed: int, moves: int = 70) -> World:
    """A world that lived by a seed and came to rest, all laws looked at after every move."""
    world = small_world(Random(seed))
    days.settle_in(world)
    days.live(world, moves)
    days.come_to_rest(world)
    return world


@pytest.mark.slow
@pytest.mark.invariant(8, 19, 20)
@pytest.mark.parametrize("seed", range(3))
def test_at_rest_nothing_is_left(seed: int) -> None:
    """At rest every escrow is empty, nothing is in transit, and both balances are the same."""
    world = lived(seed)
    assert differences(world) == []
    assert faults(world.market) == []


@pytest.mark.slow
@pytest.mark.invariant(35, 41, 46)
def test_at_rest_every_deal_has_ended() -> None:
    """At rest no deal waits, no intent is open, and each charge is what our payment says."""
    world = lived(11)
    assert world.all_of(Command)
    assert differences(world) == []


@pytest.mark.slow
@pytest.mark.invariant(2, 3, 6)
def test_history_is_never_rewritten() -> None:
    """Each journal stays as it was, moves something, and a payment is what its journals moved."""
    world = lived(12)
    assert len(world.memory.journals) > 5


@pytest.mark.slow
@pytest.mark.invariant(7, 15, 16)
def test_no_more_is_taken_than_was_held() -> None:
    """What is given back, paid out and kept of a deal is never more than what was captured."""
    world = lived(13)
    assert world.memory.transactions
    with world.market.context.store.begin(write=False) as work:
        journals = work.ledger.journals(limit=100_000)
    pending = {
        one.id: one.amount for j in journals for one in j.transfers if one.phase == "pending"
    }
    resolved: Counter[str] = Counter()
    for journal in journals:
        for one in journal.transfers:
            if one.resolves is not None:
                resolved[one.resolves] += 1
                assert one.amount <= pending[one.resolves]
    assert set(resolved.values()) <= {1}
    assert set(resolved) == set(pending)


@pytest.mark.slow
@pytest.mark.invariant(23, 24, 28)
def test_nobody_is_claimed_twice() -> None:
    """No seat and no driver's attention is claimed beyond what there is, at any moment."""
    world = lived(14)
    with world.market.context.store.begin(write=False) as work:
        assert work.claims.drift() == []


@pytest.mark.slow
@pytest.mark.invariant(45)
def test_every_party_hears_of_everything_in_order() -> None:
    """Each party's copies of events are numbered from one without a gap."""
    world = lived(15)
    parties = [one for one, _ in world.providers] + world.customers
    for party in parties:
        numbers = [one.number for one in world.market.events.feed(by=party, limit=500)]
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.slow
@pytest.mark.invariant(56)
def test_the_same_seed_gives_the_same_run() -> None:
    """Two worlds of one seed have equal event logs and tables, byte for byte; another has not."""
    first, again, other = (logged(lived(seed, 40)) for seed in (5, 5, 6))
    assert first == again
    assert first != other


def logged(world: World) -> dict[str, str]:
    """The hash of every table, the event log's and the audit's among them."""
    tables = rows_of(world.market, without=())
    assert {"event", "command", "journal"} <= set(tables)
    return tables
