"""Timers that a plugin sets: done by the clock, once; what they ask outside comes afterwards."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import define, field

from marketplace import (
    DAY,
    HOUR,
    MINUTE,
    OPERATOR,
    Act,
    Bring,
    Errand,
    Event,
    ManualClock,
    Marketplace,
    SetupError,
    Timer,
    Work,
    hookimpl,
)

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
KIND = "bells.party"


@define
class Bells:
    """A plugin that rings an hour after somebody joined, and tells somebody outside."""

    outside: Callable[[Marketplace, str], None] = lambda market, party: None
    before: Callable[[], None] = lambda: None
    kind: str = KIND
    rung: list[str] = field(factory=list)
    name: str = "bells"

    @hookimpl
    def bring(self) -> Bring:
        """What is done when a bell is due."""
        return Bring(timers={self.kind: self.ring})

    @hookimpl
    def hear_event(self, event: Event, work: Work) -> None:
        """A bell for whoever joins."""
        if event.kind == "party.joined":
            work.timers.arm([Timer(KIND, event.subject_id, "ring", event.at + HOUR)])

    def ring(self, act: Act, timer: Timer) -> Errand:
        """Ring, and call outside."""
        self.before()
        act.about(timer.subject_id)
        act.emit("bells.rung", timer.subject_id, {}, [timer.subject_id])

        def errand(market: Marketplace) -> None:
            self.rung.append(timer.subject_id)
            self.outside(market, timer.subject_id)

        return errand


def opened(url: Any, bells: Bells, **given: Any) -> Marketplace:
    return Marketplace.open(url, [bells], clock=ManualClock(NINE), create="missing", **given)


def rings(market: Marketplace, party: str) -> int:
    events = market.events.about(party, by=OPERATOR)
    return sum(event.kind == "bells.rung" for event in events)


def test_a_plugin_s_timer_is_done_once_at_its_time(empty_database_url: str) -> None:
    """The clock does what a plugin's timer asks for, in its own command, when it is due and not
    before; its errand finds the marketplace with no unit of work open, and may use every verb."""
    seen: list[bool] = []

    def outside(market: Marketplace, party: str) -> None:
        seen.append(market.context.store.in_work())
        assert rings(market, party) == 1, "the errand comes after the commit"
        market.parties.join("Somebody from outside")

    bells = Bells(outside)
    with opened(empty_database_url, bells) as market:
        sita = market.parties.join("Sita")
        market.advance(HOUR - MINUTE)
        assert bells.rung == []
        market.advance(MINUTE)
        market.tick()
        assert (bells.rung, rings(market, sita.id), seen) == ([sita.id], 1, [False])
        with market.batch() as work:
            (done,) = [one for one in work.commands.about(sita.id) if one.name.startswith("clock")]
            assert (done.name, done.actor) == (f"clock.{KIND}.ring", "clock")


def test_what_fails_in_a_timer_is_undone_and_comes_again() -> None:
    """A timer that breaks writes nothing, sends nothing outside, is put off, and is done later."""
    broken = [True]

    def before() -> None:
        if broken:
            raise ZeroDivisionError

    bells = Bells(before=before)
    market = opened("sqlite://", bells)
    sita, ram = market.parties.join("Sita"), market.parties.join("Ram")
    assert market.advance(HOUR).refused == 2
    assert (bells.rung, rings(market, sita.id)) == ([], 0)
    broken.clear()
    market.advance(2 * HOUR)
    assert sorted(bells.rung) == sorted([sita.id, ram.id])


def test_an_errand_that_breaks_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """What an errand raises is logged; the next errand is gone on, and what the timer wrote
    stays."""

    def outside(market: Marketplace, party: str) -> None:
        raise TimeoutError

    bells = Bells(outside)
    market = opened("sqlite://", bells)
    both = [market.parties.join(name).id for name in ("Sita", "Ram")]
    with caplog.at_level(logging.ERROR, "marketplace"):
        market.advance(HOUR)
    assert sorted(bells.rung) == sorted(both)
    assert [rings(market, one) for one in both] == [1, 1]
    assert len([one for one in caplog.records if "errand bells.party" in one.message]) == 2


def test_the_clock_goes_on_between_errands() -> None:
    """While errands are done one after the other, what falls due meanwhile is not kept waiting for
    the last of them."""
    order: list[str] = []

    def outside(market: Marketplace, party: str) -> None:
        order.append(f"errand, {rings(market, late[0])} rings")
        clock = market.context.clock
        assert isinstance(clock, ManualClock)
        clock.advance(30 * MINUTE)

    bells = Bells(outside)
    market = opened("sqlite://", bells)
    for name in ("Sita", "Ram"):
        market.parties.join(name)
    clock = market.context.clock
    assert isinstance(clock, ManualClock)
    clock.advance(30 * MINUTE)
    late = [market.parties.join("Hari").id]
    clock.advance(30 * MINUTE)
    market.tick()
    assert order == ["errand, 0 rings", "errand, 1 rings", "errand, 1 rings"]


def test_two_workers_share_the_timers_of_a_plugin(database_url: str) -> None:
    """Of two that tick at once, each timer is one's: every errand is gone on once."""
    bells = Bells()
    first, second = opened(database_url, bells), opened(database_url, bells)
    ids = [first.parties.join(f"Party {number}").id for number in range(40)]
    barrier = threading.Barrier(2)

    def work(market: Marketplace) -> None:
        clock = market.context.clock
        assert isinstance(clock, ManualClock)
        clock.set(NINE + HOUR)
        barrier.wait(30)
        market.tick()

    threads = [threading.Thread(target=work, args=(one,)) for one in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(bells.rung) == sorted(ids)
    first.close()
    second.close()


def test_in_a_caller_s_transaction_no_errand_is_gone_on(empty_database_url: str) -> None:
    """A marketplace in a caller's connection, whose transaction may still be undone, does what is
    due in its own tables and sends nothing outside, also when the caller has committed."""
    bells = Bells()
    with opened(empty_database_url, bells) as market:
        sita = market.parties.join("Sita")
    engine = sa.create_engine(empty_database_url)
    with engine.connect() as connection:
        joined = Marketplace.open(
            connection, [bells], clock=ManualClock(NINE + HOUR), create="never"
        )
        joined.tick()
        connection.commit()
        joined.tick()
        assert (bells.rung, rings(joined, sita.id)) == ([], 1)
        connection.rollback()
    engine.dispose()


@pytest.mark.parametrize("kind", ["transaction", "party", "other.party", "bells"])
def test_a_timer_bears_its_plugin_s_name(kind: str) -> None:
    """No plugin's timer can be taken for one of the library's or of another plugin's."""
    with pytest.raises(SetupError, match=r"names its timers bells\.NOUN"):
        opened("sqlite://", Bells(kind=kind))


def test_timers_of_a_plugin_that_is_gone_wait(tmp_path: Any) -> None:
    """A marketplace that is opened without the plugin puts its timers off, and stops for nothing
    else; with the plugin they are done."""
    url = f"sqlite:///{tmp_path / 'shop.sqlite'}"
    bells = Bells()
    with opened(url, bells) as market:
        sita = market.parties.join("Sita")
    clock = ManualClock(NINE + HOUR)
    with Marketplace.open(url, clock=clock) as market:
        assert market.tick().refused == 1
    clock.advance(DAY)
    with Marketplace.open(url, [bells], clock=clock) as market:
        market.tick()
    assert bells.rung == [sita.id]
