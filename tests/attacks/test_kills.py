"""A process that is killed at every step, and a worker that takes up what it left."""

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.data import REPOSITORY

WITHIN = 900
"""Seconds for a whole story, killed everywhere, on a busy machine."""


def results(program: list[str]) -> list[dict[str, Any]]:
    """What a program printed, line by line."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *program],
        cwd=REPOSITORY,
        env={"PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.attack(53, 54)
@pytest.mark.invariant(39, 46, 48)
@pytest.mark.parametrize("story", ["carried through", "called off"])
def test_a_kill_at_any_step_changes_nothing_in_the_end(tmp_path: Path, story: str) -> None:
    """Killed before or after any commit or call, a worker finds one charge and one posting.

    The payment provider's balance is what our books say of it, the ledger sums to zero, every
    intent is done, and everything moved exactly as it does when nobody is killed.
    """
    unharmed, *killed = results(["-m", "tests.attacks.killed_rides", str(tmp_path), story])
    assert unharmed["killed"] == 0
    assert unharmed["theirs"] == unharmed["clearing"]
    assert len(killed) == unharmed["steps"] > 30
    for step, found in enumerate(killed, 1):
        assert found["killed"] == signal.SIGKILL, f"step {step} killed nobody"
        for what in ("charges", "moved", "clearing", "theirs", "journals", "intents"):
            assert found[what] == unharmed[what], f"step {step}: {what}"
        assert set(found["sums"].values()) <= {0}
        assert found["faults"] == [], f"step {step}"
        assert set(found["intents"]) == {"done"}
    print(f"{story}: killed at {len(killed)} steps, each time once and for all")


NAIVE = """
import os, signal, sys
from pathlib import Path
import sqlite3

folder, fatal = Path(sys.argv[1]), int(sys.argv[2])
count = 0

def step():
    global count
    count += 1
    if count == fatal:
        os.kill(os.getpid(), signal.SIGKILL)

ours = sqlite3.connect(folder / "ours", isolation_level=None)
theirs = sqlite3.connect(folder / "theirs", isolation_level=None)
for database in (ours, theirs):
    database.execute("CREATE TABLE IF NOT EXISTS charge (amount INTEGER)")
if not ours.execute("SELECT 1 FROM charge").fetchall():
    step()
    theirs.execute("INSERT INTO charge VALUES (100)")  # the charge outside
    step()
    ours.execute("INSERT INTO charge VALUES (100)")  # and then the record of it
    step()
"""


@pytest.mark.attack(54)
@pytest.mark.invariant(48)
def test_charge_then_record_doubles(tmp_path: Path) -> None:
    """The negative control: a charge that is recorded after it was made is made twice."""
    sums = []
    for fatal in (1, 2, 3):
        folder = tmp_path / str(fatal)
        folder.mkdir()
        for step in (fatal, 0):
            subprocess.run(
                [sys.executable, "-c", NAIVE, str(folder), str(step)], check=False, timeout=60
            )
        sums.append([_sum(folder / name) for name in ("ours", "theirs")])
    assert sums == [[100, 100], [100, 200], [100, 100]]


def _sum(path: Path) -> int:
    with sqlite3.connect(path) as database:
        (found,) = database.execute("SELECT COALESCE(SUM(amount), 0) FROM charge").fetchone()
    database.close()
    return int(found)
