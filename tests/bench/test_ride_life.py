"""The suite of a ride's whole life: what it compares is the same work."""

import json
import sqlite3
from pathlib import Path

from click.testing import CliRunner

from bench.databases import SqliteFiles
from bench.recording import Said, say_again
from bench.ride_life import main, recorded, settle_down

LIVES = 2


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the count of openings: a bare connection opens nothing."""
    with sqlite3.connect(path) as connection:
        names = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name != "setting"
        ]
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names
        }


def newest(folder: Path) -> Path:
    return max(folder.glob("copy-*.sqlite"), key=lambda path: int(path.stem.split("-")[-1]))


def test_the_bare_connection_does_the_same_work(tmp_path: Path) -> None:
    """What is said again on a bare connection leaves the very rows that the library left, so the
    two timings are of the same work; with one statement less it does not."""
    databases = SqliteFiles(tmp_path)
    world = settle_down(databases)
    record, steps = recorded(databases, world, LIVES)
    by_library = rows(newest(tmp_path))
    assert len(by_library["transaction"]) == LIVES
    assert sum(step.commits for step in steps) <= record.commits / LIVES

    driver = databases.bare()
    say_again(driver, record.said)
    driver.close()
    assert rows(newest(tmp_path)) == by_library

    last = max(i for i, one in enumerate(record.said) if one.words.startswith("UPDATE"))
    driver = databases.bare()
    say_again(driver, [*record.said[:last], Said("SELECT 1"), *record.said[last + 1 :]])
    driver.close()
    assert rows(newest(tmp_path)) != by_library


def test_a_run_prints_its_tables_and_writes_them(tmp_path: Path) -> None:
    """One run counts statements and commits by step, times both sides, and writes it as JSON."""
    output = tmp_path / "numbers.json"
    words = ["--lives", "1", "--repeats", "1", "--no-postgres", "--output", str(output)]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0
    assert "finish, capture" in done.output
    (full, off) = json.loads(output.read_text())
    assert full["statements"] == sum(step["statements"] for step in full["steps"])
    assert full["statements"] == off["statements"]
    assert full["library"]["middle"] > 0
    assert full["bare"]["middle"] > 0
