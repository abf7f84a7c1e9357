"""The suite of real requests: what is replayed happened, and what it takes of memory is told."""

import gzip
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.uber import main
from bench.uber_replay import pick_ups, seconds_of
from marketplace.plugins.rides import RideTimes

ROWS = """pickup_time,lat,lon,base
2014-04-01 00:00:00,40.7188,-73.9863,B02598
2014-04-01 00:00:00,40.7637,-73.96,B02598
2014-04-01 00:03:00,40.7215,-73.9952,B02682
2014-04-01 00:03:00,0.0,0.0,B02617
2014-04-01 02:00:00,40.7355,-73.9966,B02617
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Five requests, one of them in the sea."""
    path = tmp_path / "pickups.csv.gz"
    path.write_bytes(gzip.compress(ROWS.encode()))
    return path


def test_a_replay_ends_with_every_ride_driven(file: Path, tmp_path: Path) -> None:
    """Every request of the file is opened; who is matched is driven to the end, in a process of its
    own whose memory is told."""
    output = tmp_path / "numbers.json"
    words = ["--file", str(file), "--all", "--output", str(output)]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0
    last = json.loads(output.read_text())[-1]
    assert last["requests"] == 5
    assert 0 < last["served"] == last["finished"] < 5
    assert 30 < last["peak_mb"] < 500
    assert "peak_mb" in done.output


def test_no_ride_takes_longer_than_the_clock_lets_it() -> None:
    """Wherever the next record lies, the ride there ends before the clock ends it; in town it goes
    slowly, and beyond it faster."""
    for kilometres in (1, 230, 9_000):
        assert timedelta(seconds=seconds_of(kilometres * 1_000)) < RideTimes().ride
    assert seconds_of(6_000) == 120 + 1_000
    assert seconds_of(20_025) == seconds_of(20_000) + 1


def test_too_much_memory_fails(file: Path, tmp_path: Path) -> None:
    """A run that takes more than it may ends with 1 and says so; so does one without a file."""
    words = ["--requests", "1", "--most-mb", "30", "--output", str(tmp_path / "numbers.json")]
    done = CliRunner().invoke(main, [*words, "--file", str(file)])
    assert done.exit_code == 1
    assert "where 30 are the most" in done.output
    lost = CliRunner().invoke(main, ["--file", str(tmp_path / "nothing")])
    assert (lost.exit_code, "no requests at" in lost.output) == (1, True)


PEAKS = """
import resource
from bench.uber_replay import resident_mb
print(resident_mb(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024 / 1_000_000)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process counts from its start")
def test_memory_is_the_process_s_own() -> None:
    """A process started by a large one is not told as large; what the system counts for it is."""
    ballast = bytes(b"\1" * 400_000_000)
    done = subprocess.run(
        [sys.executable, "-c", PEAKS], check=True, stdout=subprocess.PIPE, text=True
    )
    own, counted = map(float, done.stdout.split())
    assert len(ballast) / 1_000_000 <= counted
    assert 10 < own < 300


def test_records_are_read_as_they_are_needed(file: Path) -> None:
    """The first record is there before the last is read; minutes are New York's."""
    records = pick_ups(file)
    first = next(records)
    assert first.at.isoformat() == "2014-04-01T00:00:00-04:00"
    assert (first.place.lat, first.place.lon) == (40.7188, -73.9863)
    assert len(list(records)) == 4
