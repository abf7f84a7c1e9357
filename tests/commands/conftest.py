"""A town of rides kept in a file, which the commands find by the name of its application."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from attrs import define
from click.testing import CliRunner, Result

from marketplace import HOUR, OPERATOR, ManualClock, Money, Party, PayoutPlan
from marketplace.cli import main
from tests.support.ride_world import MORNING, Driver, Town, make_town

PLAN = PayoutPlan(provider="sandbox", minimum=1_000)


@define
class Kept:
    """A town in a file, and who is in it."""

    url: str
    sita: Party
    ram: Driver
    hari: Driver

    def ask(self, *words: str, said: str | None = None) -> Result:
        """Run a command on it."""
        return CliRunner().invoke(
            main, [*words, "--app", "kept_town:market"], input=said, env={"COLUMNS": "110"}
        )

    def opened(self) -> Town:
        """The town again, as the command finds it."""
        # A day after everything in it happened.
        later = MORNING + 24 * HOUR
        return make_town(self.url, payouts=PLAN, clock=ManualClock(later), seed=None)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    """Ram drove for a card and for cash and is owed something; Hari has less than is paid out, and
    a name that a spreadsheet would take for a formula."""
    url = f"sqlite:///{tmp_path}/town.sqlite"
    town = make_town(url, payouts=PLAN)
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    town.settled(sita, ram, "cash")
    hari = town.driver("=cmd|'/c calc'!A1", None)
    town.market.payments.top_up(hari.id, Money(500, "USD"), reference="slip")
    town.market.close()
    found = Kept(url, sita, ram, hari)
    module = ModuleType("kept_town")
    module.market = lambda: found.opened().market  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "kept_town", module)
    return found


@pytest.fixture
def paid(kept: Kept) -> Kept:
    """The same after a first run of payouts."""
    town = kept.opened()
    town.market.payouts.run(by=OPERATOR)
    town.market.tick()
    town.market.close()
    return kept
