"""The demo on files of a real city: what it holds out, leaves out, refuses, and says."""

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from marketplace import Listing, Place, Transaction
from marketplace.cli import main
from marketplace.plugins.stays.demo import left as stays_left
from marketplace.plugins.stays.demo.cities import CITIES, city_of
from marketplace.plugins.stays.steps import zone_of


def run(home: Path, listings: Path, calendar: Path, *words: str) -> Result:
    """The demo on two files."""
    files = ["--listings", str(listings), "--calendar", str(calendar)]
    given = ["demo", "stays", *files, "--guests", "12", "--nights", "30", *words]
    return CliRunner().invoke(main, given, env={"XDG_DATA_HOME": str(home), "COLUMNS": "100"})


def as_json(result: Result) -> dict[str, Any]:
    """What it says as JSON."""
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def booked() -> set[tuple[str, str]]:
    """The nights of all deals that the newest run booked, each with the file's name of its home."""
    found = stays_left.opened()
    assert found is not None
    market, zone = found
    with market.batch() as work:
        deals = work.select(Transaction, {"origin_id": None}, limit=1_000)
        homes = {one.id: one for one in work.select(Listing, (), limit=1_000)}
    nights = set()
    for deal in deals:
        moments = (deal.moments[name].astimezone(ZoneInfo(zone)) for name in ("start", "end"))
        day, after = (moment.date() for moment in moments)
        while day < after:
            nights.add((homes[str(deal.listing_id)].attributes["source"], day.isoformat()))
            day += timedelta(days=1)
    market.close()
    assert nights
    return nights


def taken(calendar: Path) -> set[tuple[str, str]]:
    """The nights that the file says are not available."""
    with calendar.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return {(row["listing_id"], row["date"]) for row in rows if row["available"] == "f"}


def with_rows(path: Path, source: Path, *changes: dict[str, str]) -> Path:
    """The file again, and its first row once more for each of these changes."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows([*rows, *({**rows[0], **change} for change in changes)])
    return path


def test_real_homes_are_held_out_and_booked(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Albany's homes are searched and booked on the nights that were free, and on no other; the
    books balance, and the picture says that only the guests are simulated."""
    tiny = data_dir / "tiny"
    files = tiny / "albany_listings.csv", tiny / "albany_calendar.csv"
    told = as_json(run(tmp_path, *files, "--json"))
    assert (told["city"], told["currency"], told["simulated"]) == ("Albany", "USD", "guests")
    assert told["homes"] + sum(told["refused_rows"].values()) >= told["rows"]
    assert told["bookings"] > 0
    assert told["nights_sold"] > 0
    assert told["nights_blocked"] > 0
    assert told["sums"] == {"USD": 0}
    assert told["drift"] == []
    text = Path(told["picture"]).read_text()
    ElementTree.fromstring(text)
    assert "Guests are simulated" in text
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert not booked() & taken(files[1])
    look = CliRunner().invoke(main, ["check"], env={"XDG_DATA_HOME": str(tmp_path)})
    assert "everything holds" in look.output


def test_what_is_left_out_and_refused_is_counted(data_dir: Path, tmp_path: Path) -> None:
    """Bad rows and homes without a calendar are counted by reason with an example of each; what
    --homes leaves out is said."""
    tiny = data_dir / "tiny"
    bad = with_rows(
        tmp_path / "bad.csv",
        tiny / "albany_listings.csv",
        {"id": "1", "latitude": "north"},
        {"id": "2", "accommodates": "many"},
        {"id": "3"},
    )
    whole = run(tmp_path, bad, tiny / "albany_calendar.csv")
    assert whole.exit_code == 0, whole.output
    assert "stay_no_place: bad.csv, line" in whole.stdout
    assert "stay_malformed_field: bad.csv, line" in whole.stdout
    assert "stay_no_calendar: bad.csv, line" in whole.stdout
    some = run(tmp_path, bad, tiny / "albany_calendar.csv", "--homes", "3", "--json")
    told = as_json(some)
    assert told["homes"] <= 3
    assert told["left_out"] > 0


@pytest.mark.parametrize(
    ("listings", "calendar", "words", "says"),
    [
        ("albany_calendar.csv", "albany_calendar.csv", [], "has no column id"),
        ("albany_listings.csv", "albany_listings.csv", [], "has no column listing_id"),
        ("albany_listings.csv", "albany_calendar.csv", ["--zone", "Mars/Base"], "is no time zone"),
        ("albany_listings.csv", "albany_calendar.csv", ["--currency", "XXQ"], "XXQ"),
    ],
)
def test_wrong_files_are_refused_in_one_line(
    data_dir: Path, tmp_path: Path, listings: str, calendar: str, words: list[str], says: str
) -> None:
    """A file of another kind, or a zone or currency that is none, is told in one line."""
    tiny = data_dir / "tiny"
    result = run(tmp_path, tiny / listings, tiny / calendar, *words)
    assert result.exit_code == 2, result.output
    assert says in result.stderr
    assert "Traceback" not in result.output
    assert not (tmp_path / "marketplace" / "demo-homes.sqlite").exists()


def test_one_file_alone_is_not_enough(tmp_path: Path) -> None:
    """Listings and their calendar are given together."""
    alone = tmp_path / "l.csv"
    alone.write_text("id\n")
    result = CliRunner().invoke(main, ["demo", "stays", "--listings", str(alone)])
    assert result.exit_code == 2
    assert "together" in result.stderr


def test_a_city_is_known_by_where_it_lies() -> None:
    """Every city has a zone that exists and is found again; the sea is none."""
    for city in CITIES:
        assert zone_of(city.zone) is not None
        assert city_of(city.place) == city
    assert city_of(Place(0.0, -30.0)) is None
