"""The suite of deals' lives: what it compares is the same work."""

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner

from bench import lives_orm
from bench.databases import SqliteFiles
from bench.lives import main
from bench.lives_history import measured
from bench.lives_past import written
from bench.lives_race import _all_at_once, raced, raced_bare
from bench.lives_rates import counted
from bench.lives_together import in_step, threaded
from bench.lives_trades import MORNING, RIDE, TRADES, Trade, life
from bench.recording import Said, say_again, sqlite_engine
from marketplace import DAY, ManualClock
from tests.support.copies import newest, rows

LIVES = 2
MOST = {"ride": 229, "stay": 208, "goods": 152}
"""Statements of a life on SQLite, when all caches are warm: never more than they were."""


@pytest.mark.parametrize("trade", TRADES, ids=lambda one: one.name)
def test_the_bare_connection_does_the_same_work(files: SqliteFiles, trade: Trade) -> None:
    """What is said again on a bare connection leaves the very rows that the library left, so the
    two timings are of the same work; with one statement less it does not."""
    (deal,) = trade.settle_down(files)
    record, counts = counted(files, trade, deal, LIVES)
    by_library = rows(newest(files.folder))
    assert len(by_library["transaction"]) == LIVES
    assert counts.statements <= MOST[trade.name]
    assert counts.commits <= record.commits / LIVES

    driver = files.bare()
    say_again(driver, record.said)
    driver.close()
    assert rows(newest(files.folder)) == by_library

    last = max(i for i, one in enumerate(record.said) if one.words.startswith("UPDATE"))
    driver = files.bare()
    say_again(driver, [*record.said[:last], Said("SELECT 1"), *record.said[last + 1 :]])
    driver.close()
    assert rows(newest(files.folder)) != by_library


@pytest.mark.parametrize("trade", TRADES, ids=lambda one: one.name)
def test_the_orm_writes_the_same_rows(files: SqliteFiles, trade: Trade) -> None:
    """The session that does what each unit of work did leaves the very rows that the library left;
    without one of the changes it does not."""
    (deal,) = trade.settle_down(files)
    record, _ = counted(files, trade, deal, LIVES)
    by_library = rows(newest(files.folder))
    units = lives_orm.written(files, record)
    assert 0 < len(units) <= record.commits
    assert lives_orm.timed(files, units, LIVES) > 0
    assert rows(newest(files.folder)) == by_library

    saved = [change for one in units for change in one.changes if change.before and change.values]
    less = [
        attrs.evolve(one, changes=[change for change in one.changes if change is not saved[-1]])
        for one in units
    ]
    lives_orm.timed(files, less, LIVES)
    assert rows(newest(files.folder)) != by_library


@pytest.mark.parametrize("trade", TRADES, ids=lambda one: one.name)
def test_many_callers_live_as_many_deals(files: SqliteFiles, trade: Trade) -> None:
    """Each process lives its own deals to the end, and the bare connections that wait for each
    other where those did leave as many rows."""
    deals = trade.settle_down(files, 4)
    rate, said = raced(files, trade, deals, 2, listens=True)
    by_library = rows(newest(files.folder))
    assert rate > 0
    assert [row[4] for row in by_library["transaction"]] == [trade.end] * 4
    assert raced_bare(files, said, len(deals)) > 0
    bare = rows(newest(files.folder))
    assert {name: len(mine) for name, mine in bare.items()} == {
        name: len(mine) for name, mine in by_library.items()
    }


def test_a_caller_that_failed_is_an_error() -> None:
    """A race in which one caller failed has no time, and says why; nobody waits for it in vain."""

    def work(number: int, start: Any) -> Any:
        if number:
            raise ValueError("sold out")
        start.wait(60)

    with pytest.raises(RuntimeError, match="sold out"):
        _all_at_once(work, 2)


def test_rides_together_end_as_rides_alone(files: SqliteFiles) -> None:
    """In batches, one by one and by several threads every ride is lived to its end; a batch
    commits less often."""
    deals = RIDE.settle_down(files, 4)
    assert in_step(files, deals, batched=False) > 0
    alone = rows(newest(files.folder))
    assert in_step(files, deals, batched=True) > 0
    together = rows(newest(files.folder))
    assert threaded(files, deals, 2) > 0
    by_threads = rows(newest(files.folder))
    for found in (alone, together, by_threads):
        assert [row[4] for row in found["transaction"]] == [RIDE.end] * 4
        assert len(found["transfer"]) == len(alone["transfer"])


@pytest.mark.unsound("chains of hashes do not hold in copies")
def test_the_past_is_of_deals_as_they_are_lived(tmp_path: Path) -> None:
    """Each past deal has all the rows that a deal really lived has, of people who all met; books
    and events are in order there, and another deal is lived among them with as many statements."""
    path = tmp_path / "past-9.sqlite"
    past = written(path, 9)
    assert (past.deals, past.pairs) == (9, 3)
    assert written(path, 9) == past
    found = rows(path)
    # Two were really lived by the first pair, and one is copied with each other pair.
    assert len(found["transaction"]) == 2 + past.pairs + past.deals
    added = past.deals * past.rows
    assert sum(len(mine) for mine in found.values()) > added
    met: dict[str, set[object]] = {}
    for row in found["seat"]:
        met.setdefault(str(row[0]), set()).add(row[2])
    # Ids of copies are shorter.
    least = min(map(len, met))
    copied = {frozenset(both) for id, both in met.items() if len(id) == least}
    assert len(copied) == past.deals

    clock = ManualClock(MORNING + DAY)
    engine = sqlite_engine(str(path))
    market = RIDE.opened(engine, clock, seed=5)
    deal = past.deal(market, 2)
    assert [*life(market, clock, RIDE, deal)][-1] == "look at it"
    numbers = [one.number for one in market.events.feed(by=deal.provider, limit=1_000)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert market.ledger.sums() == {"NPR": 0}
    market.close()
    engine.dispose()


@pytest.mark.unsound("chains of hashes do not hold in copies")
def test_history_is_measured_by_turns(tmp_path: Path) -> None:
    """Lives among few and many past deals say the same, and what each statement took is known."""
    found = measured(tmp_path, 40, 2)
    assert found.statements_few == found.statements_many
    assert found.ratio > 0
    assert all(one.many >= 0 for one in found.grown)


@pytest.mark.unsound("chains of hashes do not hold in copies")
def test_a_run_prints_its_tables_writes_and_draws_them(tmp_path: Path) -> None:
    """One run counts by step, times every part, and writes it as JSON and as a plot."""
    output = tmp_path / "numbers.json"
    words = ["--lives", "1", "--repeats", "1", "--together", "2", "--threads", "2"]
    words += ["--history", "20", "--no-postgres", "--output", str(output)]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0
    for said in ("finish, capture", "ship a parcel", "accept, charge", "ORM", "2 in batches"):
        assert said in done.output
    found = json.loads(output.read_text())
    assert [one["trade"] for one in found["rates"]] == ["ride", "stay", "goods"] * 2
    for one in found["rates"]:
        (counts,) = [
            count
            for count in found["counts"]
            if (count["trade"], count["database"]) == (one["trade"], one["database"])
        ]
        assert one["statements"] == sum(step["statements"] for step in counts["steps"])
        assert one["library"]["middle"] > 0 < one["bare"]["middle"]
    slow = found["slow"]
    assert [one["way"] for one in slow["together"]] == (
        [] if slow["why"] else ["2 in batches", "2 threads"]
    )
    assert (slow["why"] or "ms to flush") in done.output
    bars = 2 * (6 + 2 + 2 + len(slow["together"])) + 2
    assert output.with_suffix(".svg").read_text().count("<rect") == bars
