"""The simulated morning: what happens in it, that it repeats, and that it can go on."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from marketplace import Event, Marketplace, Work
from marketplace.plugins.rides.demo.bikes import demonstrate
from marketplace.plugins.rides.demo.morning import simulate
from marketplace.plugins.rides.demo.town import FIRST_DAY


def events(market: Marketplace) -> list[Event]:
    """Everything that happened."""
    with market.batch() as work:
        found: Work = work
        return found.select(Event, (), order="id", limit=100_000)


def run(tmp_path: Path, name: str, seed: int = 3, requests: int = 6) -> Marketplace:
    """A small morning in a database of its own."""
    url = f"sqlite:///{tmp_path / name}.sqlite"
    return simulate(url, FIRST_DAY, seed, requests, lambda now, tally: None).market


@pytest.mark.invariant(56)
def test_the_same_seed_gives_the_same_morning(tmp_path: Path) -> None:
    """Two runs from one seed have the same events to the id; another seed has others."""
    first, again = events(run(tmp_path, "first")), events(run(tmp_path, "again"))
    other = events(run(tmp_path, "other", seed=4))
    assert len(first) > 50
    assert first == again
    assert first != other


@pytest.mark.behaviour("R9", "T2", "T3")
def test_a_morning_has_all_that_happens_to_bikes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Declines and silence lead to other drivers; debts stop drivers, and top-ups reopen them."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    told = demonstrate(
        seed=7,
        requests=60,
        database=None,
        keep=False,
        picture_at=tmp_path / "day.svg",
        language="ne",
        quiet=True,
    )
    counts = told["counts"]
    assert counts["requests"] == 60
    assert counts["matched"] + counts["not matched"] == 60
    assert counts["re-dispatched"] > 0
    noes = ("declined", "not answered", "driver cancelled")
    late = sum(told["refused"].values())
    assert sum(counts.get(no, 0) for no in noes) + late >= counts["re-dispatched"]
    assert counts["blocked by debt"] > 0
    assert counts["top-ups"] > 0
    assert counts["reviews by riders"] > 0
    assert counts["reviews by drivers"] > 0
    share_of_what_it_says(told)
    assert told["sums"] == {"NPR": 0}
    assert told["drift"] == []
    assert "काठमाडौँ" in (tmp_path / "day.svg").read_text()


def share_of_what_it_says(told: dict[str, Any]) -> None:
    """The commission is 15 % of the fares and fees beside it, each deal's rounded by itself."""
    basis = told["fares"] + told["fees"]
    assert told["commission_earned"] > 0
    assert abs(told["commission_earned"] - basis * 15 / 100) <= told["counts"]["requests"] / 2


def test_a_kept_marketplace_goes_on_a_day_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --keep the next morning follows in the same books; without it the first comes again."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    settings = {
        "seed": 5,
        "requests": 4,
        "database": None,
        "picture_at": None,
        "language": "en",
        "quiet": True,
    }
    first = demonstrate(keep=False, **settings)  # type: ignore[arg-type]
    second = demonstrate(keep=True, **settings)  # type: ignore[arg-type]
    anew = demonstrate(keep=False, **settings)  # type: ignore[arg-type]
    assert date.fromisoformat(first["day"]) == FIRST_DAY
    assert (date.fromisoformat(second["day"]) - FIRST_DAY).days == 1
    share_of_what_it_says(second)
    assert anew["day"] == first["day"]
    assert anew["counts"] == first["counts"]
    assert anew["fares"] == first["fares"]
