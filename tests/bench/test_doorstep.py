"""The suite of the doorstep: fresh processes, and plugins asked beside pluggy's own call."""

import json
from pathlib import Path

from click.testing import CliRunner

from bench.doorstep import asked, main


def test_a_run_starts_every_process_and_asks_everybody(tmp_path: Path) -> None:
    """One run tells each process and each question, and writes them as JSON."""
    output = tmp_path / "numbers.json"
    words = ["--rounds", "1", "--output", str(output)]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0
    written = json.loads(output.read_text())
    names = [one["name"] for one in written["started"]]
    assert names[:2] == ["nothing", "import marketplace"]
    assert "marketplace why --help" in names
    assert all(one["cpu"]["least"] > 0 for one in written["started"])
    assert {one["plugins"] for one in written["asked"]} == {0, 1, 5, 20}
    assert all(one["library"] > 0 < one["pluggy"] for one in written["asked"])


def test_times_are_of_the_library() -> None:
    """The ratio says how many times as long pluggy's own call takes."""
    found = asked(1, "one says no", 1)
    assert found.times == found.pluggy / found.library
