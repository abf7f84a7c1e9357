"""What a demo leaves: a stranger's demo begins, ends and is opened again by the same functions."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from marketplace import ManualClock, Marketplace, Money, MoneyKind, Order
from marketplace.demo import left
from marketplace.demo.options import as_document, options
from marketplace.plugins.sandbox import Sandbox

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for what is left."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "marketplace"


def opened(url: str, clock: ManualClock) -> Marketplace:
    """A stranger's marketplace."""
    return Marketplace.open(url, clock=clock, seed=1, create="missing")


def ran(url: str) -> None:
    """Somebody joins at noon."""
    with opened(url, ManualClock(NOON)) as market:
        market.parties.join("Sita")


def test_a_run_is_found_again_where_it_ended(home: Path) -> None:
    """The newest run is opened with its clock at its end, for its own kind only; its picture lies
    beside it, and its address is nobody else's to read."""
    assert left.reopened({"goods": opened}) is None
    url = left.begin("goods", None)
    ran(url)
    picture = left.leave("goods", url, "Asia/Kathmandu", "<svg/>", None)
    assert picture.read_text() == "<svg/>"
    assert picture.parent == home
    assert (home / "newest.json").stat().st_mode & 0o077 == 0
    assert left.reopened({"media": opened}) is None
    again = left.reopened({"goods": opened})
    assert again is not None
    market, zone = again
    with market:
        assert market.context.now() == NOON
    assert zone == "Asia/Kathmandu"


def test_a_run_begins_empty_unless_it_is_kept() -> None:
    """A demo's own database is emptied, a kept one and one that was named never are."""
    url = left.begin("goods", None)
    ran(url)
    assert left.begin("goods", "sqlite:///elsewhere") == "sqlite:///elsewhere"
    kept = opened(left.begin("goods", None, keep=True), ManualClock(NOON))
    with pytest.raises(left.Unfit, match="has had its year; name an empty one"):
        left.check_unused(kept, "year")
    with opened(left.begin("goods", None), ManualClock(NOON)) as market:
        left.check_unused(market, "year")


def test_a_demo_s_bank_remembers_as_long_as_its_books(home: Path) -> None:
    """What a sandbox moved is there when the run is opened again, and gone when the next begins, or
    where the books that it belongs to are gone; without a file of books it keeps none."""
    own = left.begin("goods", None)
    named = f"sqlite:///{home}/named.sqlite"
    for url in (own, named):
        ran(url)
        charge(left.bank_beside(url))
        assert Sandbox(left.bank_beside(url)).balance("NPR") == Money(500, "NPR")
    assert left.begin("goods", named) == named
    assert Sandbox(left.bank_beside(named)).balance("NPR") == Money(500, "NPR")
    (home / "named.sqlite").unlink()
    left.begin("goods", named)
    left.begin("goods", None)
    for url in (own, named):
        assert not Path(left.bank_beside(url)).exists()
    for url in ("sqlite://", "sqlite:///:memory:", "postgresql://somebody@somewhere/fair"):
        assert left.bank_beside(url) == ":memory:"


def charge(memory: str | Path) -> None:
    """Somebody pays by card."""
    order = Order("key", MoneyKind.CHARGE, Money(500, "NPR"), "card", "pty_sita", means="tok_ok")
    assert Sandbox(memory).carry_out(order).outcome == "done"


def test_every_demo_takes_the_same_options(tmp_path: Path) -> None:
    """A command with the shared options is given all of them, and helps with its own words."""

    @click.command()
    @options("fair", seed=3)
    def goods(**given: object) -> None:
        as_document({name: str(value) for name, value in given.items()})

    runner = CliRunner()
    told = json.loads(runner.invoke(goods, ["--picture", str(tmp_path / "a.svg"), "--json"]).output)
    assert told == {
        "seed": "3",
        "database": "None",
        "picture_at": str(tmp_path / "a.svg"),
        "language": "en",
        "as_json": "True",
    }
    assert "Another seed, another fair." in runner.invoke(goods, ["--help"]).output
