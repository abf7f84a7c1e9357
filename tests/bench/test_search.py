"""The suite of searches: every design is asked for the same homes."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench.__main__ import main as bench
from bench.recording import Record, sqlite_engine
from bench.search import bare, library, main
from bench.search_rivals import RIVALS, asked, build
from bench.search_world import fill, opened, searches

HOMES = 3_000


def test_every_design_finds_the_same_homes(tmp_path: Path) -> None:
    """A rival finds what the library finds: all within the circle, and beyond it only what lies in
    the corners of its box."""
    engine = sqlite_engine(str(tmp_path / "homes.sqlite"), synchronous="OFF")
    market = opened(engine)
    fill(market, engine, HOMES)
    assert market.listings.rebuild_search("homes") == HOMES
    assert market.listings.search_drift() == []
    driver: Any = engine.raw_connection()
    build(driver.driver_connection, "sqlite", HOMES)
    guest = market.parties.join("Guest")
    seen = 0
    for search in searches(150):
        page = market.listings.search(search, by=guest, limit=500)
        assert page.after is None
        ours = {int(one.listing_id.removeprefix("lst_")) for one in page}
        seen += len(ours)
        for rival in RIVALS["sqlite"]:
            text, values = asked(rival, search, "sqlite")
            rows = driver.cursor().execute(text.replace("LIMIT 21", ""), values).fetchall()
            theirs = {row[0] for row in rows}
            assert ours <= theirs, (rival.name, search)
            assert len(theirs) <= 2 * len(ours) + 10
    assert seen > 10
    driver.close()
    market.close()
    engine.dispose()


def test_what_is_said_bare_finds_the_same(tmp_path: Path) -> None:
    """The library's statements, said again, give the rows of which its page is made."""
    record = Record()
    engine = sqlite_engine(str(tmp_path / "homes.sqlite"), record, synchronous="OFF")
    market = opened(engine)
    fill(market, engine, HOMES)
    market.listings.rebuild_search("homes")
    driver: Any = engine.raw_connection()
    asks = searches(150)
    again, ask = bare(market, record, driver.driver_connection, asks), library(market)
    found = [ask(search) for search in asks]
    assert sum(found) > 10
    assert all(one <= again(search) for one, search in zip(found, asks, strict=True))
    assert sum(again(search) for search in asks) <= sum(found) + 5
    driver.close()
    market.close()
    engine.dispose()


def test_a_run_of_searches_prints_its_table_and_writes_it(tmp_path: Path) -> None:
    """One run times every design and writes it as JSON."""
    output = tmp_path / "numbers.json"
    words = ["--listings", "300", "--asks", "3", "--repeats", "1", "--no-postgres"]
    done = CliRunner().invoke(main, [*words, "--output", str(output)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "this library" in done.output
    (result,) = json.loads(output.read_text())
    assert result["designs"][0]["design"] == "this library"
    assert result["designs"][1]["design"] == "its statements, bare"
    assert result["designs"][1]["found"] >= result["designs"][0]["found"]
    assert len(result["designs"]) == 2 + len(RIVALS["sqlite"])
    assert output.with_suffix(".svg").read_text().count("<rect") == 2 * len(result["designs"])
    assert all(one["p99"]["middle"] >= one["p50"]["middle"] > 0 for one in result["designs"])


def test_a_suite_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Another word than a suite's is refused with those there are, and help names them."""
    with pytest.raises(SystemExit, match="there are: lives, search"):
        bench(["searches"])
    bench(["--help"])
    assert "The suites: lives, search" in capsys.readouterr().out
