"""The suite of vacancies: it says again what the library says, and everyone is asked the same."""

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from bench import vacancies_world
from bench.recording import Record, Said, postgres_engine, sqlite_engine
from bench.vacancies import main, said_again
from bench.vacancies_world import CLAIM, FREE, WHOSE, House, furnished, library, rivals


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A listing with a few bookings."""
    record = Record()
    engine = sqlite_engine(str(tmp_path / "house.sqlite"), record, synchronous="OFF")
    return furnished(engine, record, 40)


def answers(driver: Any, groups: list[list[Said]]) -> list[Any]:
    """What a bare connection is answered to the last of each group, or how many rows it wrote;
    nothing is kept."""
    found: list[Any] = []
    for group in groups:
        for one in group:
            done = driver.execute(one.words, one.params)
            rows = done.fetchall()
        found.append(rows if done.description else done.rowcount)
        driver.rollback()
    return found


def test_everyone_finds_the_same_hours_free(house: House) -> None:
    """Where the library finds room, so do the rivals, and a claim is written; an hour earlier
    the library finds it taken, by one booking, and so does the overlap."""
    hours = house.gaps(30)
    driver: Any = house.engine.raw_connection()
    bare = driver.driver_connection
    said, beside = library(house, hours), rivals(house, hours)
    assert answers(bare, said[FREE]) == [[]] * 30
    assert all(len(rows) == 1 for rows in answers(bare, said[WHOSE]))
    assert answers(bare, said[CLAIM]) == [1] * 30
    assert answers(bare, beside["overlap of spans on an index"]) == [[]] * 30
    before = answers(bare, beside["the one before, on an index"])
    assert all(past <= hour for hour, ((past,),) in zip(hours, before, strict=True))
    earlier = rivals(house, [hour - 1 for hour in hours])
    assert answers(bare, earlier["overlap of spans on an index"]) == [[(1,)]] * 30
    driver.close()


def test_what_answers_with_no_row_is_said_again(postgresql_url: str) -> None:
    """A statement that only writes is timed on PostgreSQL as one that asks, and is undone."""
    engine = postgres_engine(postgresql_url)
    driver: Any = engine.raw_connection()
    bare = driver.driver_connection
    bare.execute("CREATE TABLE kept (number integer)")
    bare.commit()
    group = [Said("INSERT INTO kept VALUES (%s)", (1,)), Said("SELECT number FROM kept")]
    middle, least = said_again(bare, [group], 3)
    assert middle >= least > 0
    assert bare.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    bare.rollback()
    driver.close()
    engine.dispose()


def test_a_request_that_says_more_is_no_result(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question that took more statements than are timed ends the run."""
    monkeypatch.setattr(vacancies_world, "said_while", lambda *_: [Said("SELECT 1")] * 3)
    with pytest.raises(click.ClickException, match="a guest's request says"):
        library(house, house.gaps(2))


def test_a_run_prints_its_table_writes_and_draws_it(tmp_path: Path) -> None:
    """One run times every way at every size and writes it as JSON, with a plot beside it."""
    output = tmp_path / "numbers.json"
    small = ["--sizes", "10", "--sizes", "30", "--asks", "3", "--rounds", "1", "--no-postgres"]
    done = CliRunner().invoke(main, [*small, "--output", str(output)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "30 bookings" in done.output
    (result,) = json.loads(output.read_text())
    assert {one["bookings"] for one in result["timed"]} == {10, 30}
    assert len(result["timed"]) == 12
    assert all(one["middle"] >= one["least"] > 0 for one in result["timed"])
    assert output.with_suffix(".svg").read_text().count("<rect") == 12
