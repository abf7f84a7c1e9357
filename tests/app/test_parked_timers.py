"""A timer that is refused for good: bounded tries over a bounded time, then parked aloud."""

import logging
import os
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import define
from click.testing import CliRunner, Result

from marketplace import (
    DAY,
    HOUR,
    MINUTE,
    OPERATOR,
    Forbidden,
    Limits,
    Marketplace,
    NotFound,
    Reason,
    TransitionQuestion,
    hookimpl,
)
from marketplace.cli import main
from tests.support.ride_world import OpenTown, Town, make_town

PRICE = 19_700
TRIES = 6


@define
class Mood:
    """A plugin that refuses a row, or breaks at it, for as long as it is in the mood."""

    row: str = "settle"
    breaks: bool = False
    bad: bool = True
    asked: int = 0
    name: str = "mood"

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> Reason | None:
        """No to its row."""
        if question.row.name != self.row:
            return None
        self.asked += 1
        if self.bad and self.breaks:
            raise ZeroDivisionError
        return Reason("in_a_mood") if self.bad else None


def moody(open_town: OpenTown, mood: Mood, tries: int = TRIES) -> Town:
    """A town with the plugin, where a timer is tried so often."""
    return open_town(plugins=[mood], limits=Limits(timer_tries=tries))


@pytest.mark.behaviour("C6")
@pytest.mark.invariant(35, 41, 49)
@pytest.mark.parametrize("breaks", [False, True])
def test_a_timer_refused_for_good_is_parked_and_tried_again_on_demand(
    open_town: OpenTown, caplog: pytest.LogCaptureFixture, breaks: bool
) -> None:
    """A settlement that a plugin refuses, or breaks at, is tried so many times, later each time;
    then it is parked, told as an error with its reason, and tried no more. When the operator says
    so, it is tried again, and done once nothing stands in its way."""
    mood = Mood(breaks=breaks)
    town = moody(open_town, mood)
    market, sita, ram = town.market, town.rider(), town.driver()
    ride = town.finished(sita, ram, "card")
    with caplog.at_level(logging.ERROR, logger="marketplace.clockwork"):
        done = market.advance(2 * DAY)
    assert (done.refused, done.parked) == (TRIES, 1)
    (parked,) = market.clockwork.parked()
    assert (parked.name, parked.subject_id, parked.tries) == ("settle", ride.id, TRIES)
    assert parked.since is not None
    # After 1, 2, 4, 8 and 16 minutes: the last try was so long after the first.
    assert parked.due_at - parked.since == (1 + 2 + 4 + 8 + 16 + 32) * MINUTE
    assert ("ZeroDivisionError" if breaks else "in_a_mood") in str(parked.why)
    assert any("is parked after" in record.message for record in caplog.records)
    assert market.clockwork.next_due() is None or market.clockwork.lag() is None
    asked = mood.asked
    assert market.advance(30 * DAY).refused == 0
    assert mood.asked == asked
    with pytest.raises(Forbidden):
        market.clockwork.retry(ride.id, by=ram.party)
    assert market.clockwork.retry(ride.id) == 1
    assert market.tick().refused == 1
    assert market.clockwork.parked() == []
    mood.bad = False
    town.wait(HOUR)
    assert town.now(ride).state == "settled"
    with pytest.raises(NotFound):
        market.clockwork.retry(ride.id, by=OPERATOR)


def test_tries_are_never_more_than_an_hour_apart(open_town: OpenTown) -> None:
    """However many tries there may be, all of them lie within so many hours."""
    town = moody(open_town, Mood(), tries=20)
    ride = town.finished(town.rider(), town.driver(), "card")
    town.market.advance(20 * HOUR)
    (parked,) = town.market.clockwork.parked()
    assert parked.since is not None
    assert parked.due_at - parked.since <= timedelta(hours=20)
    assert town.now(ride).state == "completed"


def test_a_parked_timer_goes_with_its_state(open_town: OpenTown) -> None:
    """When a deal leaves the state in which a timer was parked, the timer is forgotten."""
    town = moody(open_town, Mood(row="expire"))
    sita = town.rider()
    ride = town.order(sita, "card")
    town.market.advance(DAY)
    (parked,) = town.market.clockwork.parked()
    assert parked.name == "expire"
    # A row that is due goes first, however late: so it is the operator who has it tried again.
    town.market.clockwork.retry(ride.id)
    town.market.context.hooks.plugins["mood"].bad = False  # type: ignore[attr-defined]
    town.market.tick()
    assert town.now(ride).state == "expired"
    assert town.market.clockwork.parked() == []


def test_one_parked_timer_stops_no_other(open_town: OpenTown) -> None:
    """While one deal's timer is parked, those of others are done in their time."""
    mood = Mood()
    town = moody(open_town, mood)
    sita, ram = town.rider(), town.driver()
    stuck = town.finished(sita, ram, "card")
    town.market.advance(2 * DAY)
    mood.bad = False
    town.online(ram)
    later = town.settled(sita, ram, "card")
    assert (town.now(stuck).state, town.now(later).state) == ("completed", "settled")


FILE = "TEST_PARKED_TIMERS"


def shop() -> Marketplace:
    """The marketplace that the command finds: in a file, and moody."""
    url = f"sqlite:///{os.environ[FILE]}"
    return make_town(url, plugins=[Mood()], limits=Limits(timer_tries=3)).market


def test_the_command_says_what_is_parked_and_sets_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`check` names a parked timer with its reason and ends with 1; `tick` says that there is one;
    `tick --retry all` sets it again."""
    monkeypatch.setenv(FILE, str(tmp_path / "shop.sqlite"))
    url = f"sqlite:///{tmp_path / 'shop.sqlite'}"
    town = make_town(url, plugins=[Mood()], limits=Limits(timer_tries=3))
    town.finished(town.rider(), town.driver(), "card")
    town.market.advance(DAY)
    town.market.close()

    def run(*words: str) -> Result:
        wide = {"COLUMNS": "200"}
        return CliRunner().invoke(main, [*words, "--app", f"{__name__}:shop"], env=wide)

    told = run("check")
    assert told.exit_code == 1, told.output
    assert "1 parked for somebody to look at" in told.output
    assert "PARKED: settle of tx_" in told.output
    assert "1 is parked" in run("tick").output
    again = run("tick", "--retry", "all")
    assert "1 timer was put off" in again.output, again.output
