"""The simulated season: what happens in it, that it repeats, what it leaves for other commands."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from marketplace import OPERATOR, Event, Marketplace, Transaction
from marketplace.cli import main
from marketplace.plugins.rides.demo import left as rides_left
from marketplace.plugins.stays.demo import left as stays_left
from marketplace.plugins.stays.demo.season import Season
from marketplace.plugins.stays.demo.story import demonstrate, simulate

GUESTS, HOMES = 80, 16


def season(tmp_path: Path, name: str, seed: int = 3) -> Season:
    """A small season in a database of its own."""
    url = f"sqlite:///{tmp_path / name}.sqlite"
    return simulate(url, seed, 8, 8, lambda done, said: None)


def events(market: Marketplace) -> list[Event]:
    """Everything that happened."""
    with market.batch() as work:
        return work.select(Event, (), order="id", limit=100_000)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the demo says of a season, run once, with the folder in which it was left."""
    folder = tmp_path_factory.mktemp("data")
    environment = {"XDG_DATA_HOME": str(folder), "COLUMNS": "100"}
    words = ["demo", "stays", "--guests", str(GUESTS), "--homes", str(HOMES)]
    run = CliRunner().invoke(main, words, env=environment)
    assert run.exit_code == 0, run.output
    return {"printed": run.stdout, "environment": environment, "folder": folder}


@pytest.fixture
def ask(told: dict[str, Any]) -> Callable[..., Result]:
    """Give the command where the season's marketplace is found."""
    return lambda *words: CliRunner().invoke(main, list(words), env=told["environment"])


def opened(told: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Marketplace:
    """The season's marketplace, open again."""
    monkeypatch.setenv("XDG_DATA_HOME", str(told["folder"]))
    found = stays_left.opened()
    assert found is not None
    return found[0]


def money(told: dict[str, Any], label: str) -> int:
    """The amount beside a row of the table, in paisa."""
    found = re.search(rf"^ +{label} +NPR ([\d,]+)(?:\.(\d\d))?$", told["printed"], re.MULTILINE)
    assert found is not None, label
    return int(found[1].replace(",", "")) * 100 + int(found[2] or 0)


@pytest.mark.invariant(56)
def test_the_same_seed_gives_the_same_season(tmp_path: Path) -> None:
    """Two runs from one seed have the same events to the id; another seed has others."""
    first, again = (events(season(tmp_path, name).market) for name in ("first", "again"))
    other = events(season(tmp_path, "other", seed=4).market)
    assert len(first) > 50
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    "said",
    [
        "simulated (seed 7)",
        "searches",
        "asked of the host first",
        "declined by the host",
        "expired without an answer",
        "special offers by hosts",
        "under a flexible schedule",
        "under a moderate schedule",
        "altered, when both agreed",
        "cancelled by the host",
        "no-shows",
        "left early",
        "damage deposits claimed",
        "calendars of other places followed",
        "of which sold one night twice",
        "hosts' shares to co-hosts",
        "average nightly rate",
        "gross booking value",
        "tax collected",
        "paid out to hosts",
        "by guests, ",
        "the price: ",
        "the refusal: ",
        "the refund: ",
        "the conflict: ",
        "demo-stays.svg",
    ],
)
def test_a_season_has_all_that_happens_to_homes(told: dict[str, Any], said: str) -> None:
    """Even a small season has everything, since fates are dealt from decks; all of it is told."""
    assert said in told["printed"]


def test_the_books_of_a_season_balance(
    told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger sums to zero, no balance drifted, no deal is left in the middle, and what the
    marketplace earned is its fees less what it bore: the table's rows, deal by deal, say so."""
    assert re.search(r"the ledger sums to +zero", told["printed"])
    market = opened(told, monkeypatch)
    with market.batch() as work:
        deals = work.select(Transaction, (), limit=10_000)
    ends = {"completed", "cancelled", "declined", "expired", "given_back", "decided", "owed"}
    assert {one.state for one in deals} <= ends
    assert market.ledger.sums() == {"NPR": 0}
    assert market.ledger.drift() == []
    fees = ("guests' fees", "hosts' fees", "hosts' fees for cancelling")
    borne = money(told, "borne by the marketplace, for excuses")
    earned = sum(money(told, row) for row in fees) - borne
    assert earned == money(told, "the marketplace earned") == market.ledger.profit("NPR").amount
    market.close()


def test_every_sentence_about_a_season_is_whole(
    told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever became of a stay, no sentence of why lacks a word, in either language."""
    market = opened(told, monkeypatch)
    with market.batch() as work:
        deals = work.select(Transaction, (), limit=10_000)
    for language in ("en", "ne"):
        said = [
            because.text
            for deal in deals
            for because in market.why.transaction(deal.id, by=OPERATOR, language=language)
        ]
        assert len(said) > len(deals)
        assert [text for text in said if "{" in text] == []
    market.close()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["why"], "the marketplace's fee"),
        (["ledger"], "debits equal credits"),
        (["check"], "everything holds"),
        (["plugins"], "ical"),
        (["process", "stays", "--mermaid"], "asked --> booked"),
        (["timeline"], "times of Asia/Kathmandu"),
    ],
)
def test_other_commands_look_into_a_season(
    ask: Callable[..., Result], words: list[str], says: str
) -> None:
    """What a season leaves is a marketplace like any other."""
    result = ask(*words)
    assert result.exit_code == 0, result.output
    assert says in result.stdout


def test_a_timeline_of_weeks_tells_dates(ask: Callable[..., Result]) -> None:
    """A deal that goes on for weeks is told by date: a weekday alone would not say which."""
    assert re.search(r"^\w{3} \d\d \w{3} \d\d:\d\d ", ask("timeline").stdout, re.MULTILINE)


def test_a_picture_shows_every_home(told: dict[str, Any]) -> None:
    """The picture is one well-formed SVG that names each home and fetches nothing."""
    text = (told["folder"] / "marketplace" / "demo-stays.svg").read_text()
    root = ElementTree.fromstring(text)
    shown = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert sum("Lakeside" in str(one) for one in shown) > 1
    assert shown.count("sold elsewhere, says its calendar") == 1
    assert "href" not in text


def test_a_season_wants_a_database_to_itself(told: dict[str, Any]) -> None:
    """A database that had its season is not given a second one on top."""
    url = f"sqlite:///{told['folder'] / 'marketplace' / 'demo-stays.sqlite'}"
    result = CliRunner().invoke(main, ["demo", "stays", "--database", url], env=told["environment"])
    assert result.exit_code == 2
    assert "name an empty one" in result.stderr


def test_the_newest_demo_is_the_one_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a season the rides' demo finds nothing of its own, and the stays' opens the season;
    what it says as JSON is what the run gave."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    settings: dict[str, Any] = {"homes": 4, "guests": 3, "language": "ne", "quiet": True}
    given = demonstrate(seed=5, database=None, picture_at=None, **settings)
    assert rides_left.opened() is None
    found = stays_left.opened()
    assert found is not None
    market, zone = found
    market.close()
    assert zone == "Asia/Kathmandu"
    words = ["demo", "stays", "--seed", "5", "--homes", "4", "--guests", "3", "--json"]
    said = CliRunner().invoke(main, words, env={"XDG_DATA_HOME": str(tmp_path)})
    assert json.loads(said.stdout) == given
