"""The demo on real hotel bookings: every row is told of, and a wrong file is told in one line."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from marketplace.cli import main


def run(home: Path, *words: str) -> Result:
    """The demo, with these words."""
    environment = {"XDG_DATA_HOME": str(home), "COLUMNS": "100"}
    return CliRunner().invoke(main, ["demo", "stays", *words], env=environment)


def test_real_bookings_are_lived_and_counted(data_dir: Path, tmp_path: Path) -> None:
    """Of so many rows each is done or refused with a reason, the ledger comes to nothing, and the
    table says what the JSON says."""
    file = data_dir / "tiny" / "hotel_bookings_2015-07-01_03.csv"
    result = run(tmp_path, "--bookings", str(file), "--rows", "40", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["rows"] == 40 == told["done"] + sum(told["rejected"].values())
    assert (told["lost"], told["refused"]) == (0, {})
    shown = run(tmp_path, "--bookings", str(file), "--rows", "40")
    assert "rows lost" in shown.stdout
    assert "in memory" in shown.stdout
    assert "100 %" in shown.stderr


def test_a_file_of_no_bookings_is_told_in_a_line(tmp_path: Path) -> None:
    """Another file, or words that do not go together, is one line and exit code 2."""
    file = tmp_path / "notes.csv"
    file.write_text("what\nnothing\n")
    for words, said in (
        (("--bookings", str(file)), "notes.csv has no column booking_id"),
        (("--rows", "5"), "--rows goes with --bookings"),
        (
            ("--bookings", str(file), "--listings", str(file), "--calendar", str(file)),
            "either --listings, for a city, or --bookings, for hotels",
        ),
    ):
        result = run(tmp_path, *words)
        assert result.exit_code == 2
        assert said in result.output
        assert "Traceback" not in result.output
