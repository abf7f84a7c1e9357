"""The suite of nights' prices: every way to price them gives the same sum."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bench import nights
from bench.nights import AS_BOOKED, agreed, main, spans, ways


@pytest.mark.parametrize("home", ["plain", "seasons", "every night"])
@pytest.mark.parametrize("length", [AS_BOOKED, "1", "40"])
def test_all_ways_agree(home: str, length: str) -> None:
    """With the price's lines, by the price list, and night by night: the same, to the cent."""
    found = ways(home, spans(length, 60))
    assert len(found) == 4
    agreed(home, found, 60)


def test_different_sums_are_no_result() -> None:
    """A way that is a cent off ends the run."""
    with pytest.raises(click.ClickException, match=r"stay 1 costs \[1, 2\]"):
        agreed("plain", {"a": lambda number: number, "b": lambda number: 2 * number}, 2)


def test_a_run_prints_its_table_writes_and_draws_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run times each way on each case and writes it as JSON, with a plot beside it."""
    monkeypatch.setattr(nights, "LENGTHS", (2,))
    output = tmp_path / "numbers.json"
    words = ["--stays", "3", "--rounds", "1", "--output", str(output)]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0
    written = json.loads(output.read_text())
    assert [(one["home"], one["length"]) for one in written["cases"]] == [
        (home, length)
        for home in ("plain", "seasons", "every night")
        for length in (AS_BOOKED, "2")
    ]
    assert all(way["nights"] > 0 for one in written["cases"] for way in one["timed"])
    assert output.with_suffix(".svg").read_text().count("<rect") == 24
