"""The suite of checkouts: what it counts and compares is the same work, and it says both sides."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner

from bench import checkout_rivals, environments
from bench.checkout import WARM, Result, Size, by_hand, judged, last_of, main, recorded, told
from bench.checkout_rivals import OscarCount, Shop, shop_beside
from bench.checkout_world import Count, counted, settle_down
from bench.databases import SqliteFiles
from bench.recording import COMMIT, ROLLBACK, Said, say_again
from bench.spread import Spread
from tests.support.copies import newest, rows

MOST = {1: 37, 3: 37, 10: 37}
"""Statements of a basket of so many sellers, placed and paid: never more than they were."""


def test_a_checkout_says_no_more_than_it_did(files: SqliteFiles) -> None:
    """Placing a basket and writing the bank's answer takes two commits, however many sellers are
    in it, and no more statements than it did; a further seller costs none."""
    counts, _ = counted(files, settle_down(files))
    assert {one.sellers: one.commits for one in counts} == {1: 2, 3: 2, 10: 2}
    said = {one.sellers: one.statements for one in counts}
    assert all(said[sellers] <= most for sellers, most in MOST.items()), said
    assert said[10] == said[3]


def test_rows_written_by_hand_are_the_same_rows(files: SqliteFiles) -> None:
    """What is timed as written by hand leaves the rows that the library left, and asks nothing."""
    hall = settle_down(files)
    before, said = recorded(files, hall, sellers=3, checkouts=2)
    theirs = rows(newest(files.folder))
    written = by_hand(said)
    assert {one.words.split()[0] for one in written} <= {"INSERT", "UPDATE", "DELETE", COMMIT}
    assert sum(one.words == COMMIT for one in written) == 4
    driver = files.bare()
    say_again(driver, before)
    driver.commit()
    say_again(driver, written)
    driver.close()
    assert rows(newest(files.folder)) == theirs
    assert len(theirs["transaction"]) == 3 * (WARM + 2)


def test_by_hand_nothing_is_read_and_no_empty_commit_kept() -> None:
    """Reads, savepoints and the ends of units of work that wrote nothing are left out."""
    words = [
        "SELECT 1",
        COMMIT,
        "SAVEPOINT a",
        "INSERT b",
        COMMIT,
        "SELECT 2",
        ROLLBACK,
        "UPDATE c",
    ]
    kept = [one.words for one in by_hand([Said(one) for one in words])]
    assert kept == ["INSERT b", COMMIT, "UPDATE c"]


def spread(rate: float) -> Spread:
    """A rate that did not vary."""
    return Spread(rate, rate, rate)


def result(oscar: str, *sizes: Size) -> Result:
    """A run of these sizes."""
    return Result("SQLite", 8, 1, 16, 2, sizes, Spread(1.0, 1.0, 1.2), oscar)


def size(sellers: int, library: float, oscar: float | None, race: float = 10.0) -> Size:
    """One size of basket, with a rival or without."""
    count = Count(sellers, 50, 80, 2)
    bare = Size(sellers, count, spread(library), spread(90), spread(100), spread(race))
    if oscar is None:
        return bare
    return attrs.evolve(
        bare, oscar_count=OscarCount(40, 2), oscar=spread(oscar), oscar_race=spread(20)
    )


def test_the_best_and_the_worst_are_both_said() -> None:
    """The largest ratio and the smallest are named with what they are of, as are statements by
    either count, and how far the library is from rows written by hand."""
    said = "\n".join(judged(result("4.2", size(1, 30.0, 10.0), size(10, 5.0, 4.0))))
    assert "up to 20.0 times what writing the same rows by hand takes (10 sellers)" in said
    assert "at best  3.00 times as many (1 seller, one caller)" in said
    assert "at worst 0.50 times as many (1 seller, 16 callers)" in said
    assert "1 seller: 1.25 or 2.00 times as many" in said


def test_an_absent_rival_is_said_aloud() -> None:
    """Where django-oscar was not measured the run says so, and why, and compares nothing."""
    lines: list[str] = []
    told(result("it could not be installed (no space)", size(1, 30.0, None)), lines.append)
    whole = "\n".join(lines)
    assert "django-oscar is not beside it: it could not be installed (no space)" in whole
    assert "django-oscar, one caller" not in whole
    assert "varied by 20 % meanwhile" in whole


def test_what_cannot_be_installed_gives_its_reason(
    files: SqliteFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure to make the rival's environment is no failure of the run: its words are kept."""

    def full(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(checkout_rivals, "PLACE", tmp_path / "oscar")
    monkeypatch.setattr(environments.venv, "create", full)
    with shop_beside(files, tmp_path, wanted=True) as shop:
        assert shop == "it could not be installed (no space left)"
    with shop_beside(files, tmp_path, wanted=False) as shop:
        assert shop == "it was not asked for"


ECHO = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if asked["do"] == "die":
        break
    print(json.dumps({"statements": 40, "savepoints": 2} if asked["do"] == "count" else 2.0))
    sys.stdout.flush()
"""


def test_a_shop_is_asked_and_answers() -> None:
    """Rates are orders by seconds, of all callers together; a shop that died is an error."""
    pipe = subprocess.PIPE
    words = [sys.executable, "-c", ECHO]
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as process:
        shop = Shop(process, "0")
        assert shop.counted(1) == OscarCount(40, 2)
        assert shop.timed(1, 30) == 15.0
        assert shop.raced(1, 2, 16) == 16.0
        with pytest.raises(RuntimeError, match="died"):
            shop.asked(do="die")


def test_a_caller_that_failed_is_an_error() -> None:
    """The time of a race is that of its last caller, and a race in which one failed has none."""
    assert last_of([3.0, 5.0, 4.0], 2.0) == 3.0
    with pytest.raises(RuntimeError, match="sold out"):
        last_of([3.0, "sold out"], 2.0)


def test_the_suite_runs(tmp_path: Path) -> None:
    """A small run counts, times one caller and several, prints it and keeps the numbers."""
    output = tmp_path / "numbers.json"
    small = ["--checkouts", "2", "--repeats", "1", "--callers", "2"]
    small += ["--each", "2", "--no-postgres", "--no-oscar"]
    done = CliRunner().invoke(main, [*small, "--output", str(output)])
    assert done.exit_code == 0, done.output
    assert "django-oscar is not beside it: it was not asked for" in done.output
    (found,) = json.loads(output.read_text())
    assert [one["sellers"] for one in found["sizes"]] == [1, 3, 10]
    assert all(one["library"]["middle"] > 0 < one["race"]["middle"] for one in found["sizes"])
