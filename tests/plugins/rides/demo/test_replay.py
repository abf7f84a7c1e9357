"""The replay of real trips: the shelf, the minutes, and batched beside greedy dispatch."""

import csv
import gzip
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from marketplace.cli import main
from marketplace.matching.graph import Graph
from marketplace.matching.greedy import greedy
from marketplace.plugins.rides.demo.replay import nearest_first
from marketplace.plugins.rides.demo.taxis import chosen, demonstrate
from marketplace.plugins.rides.demo.trip_shelf import TripShelf
from marketplace.plugins.rides.trips import Trip, TripFile, TripLimits

HEADER = (
    "trip_id,tpep_pickup_datetime,tpep_dropoff_datetime,passenger_count,trip_distance,"
    "pickup_longitude,pickup_latitude,ratecodeid,dropoff_longitude,dropoff_latitude,"
    "payment_type,fare_amount,extra,mta_tax,tip_amount,tolls_amount,total_amount"
)
NOON = datetime(2015, 1, 10, 12, 0, tzinfo=UTC)


def row(
    number: int,
    picked: int,
    dropped: int,
    start: tuple[float, float] = (40.75, -73.99),
    end: tuple[float, float] = (40.751, -73.989),
    rate: int = 1,
    payment: str = "1",
    total: str = "9.30",
) -> str:
    """A yellow cab's trip; times in seconds after noon."""
    moments = [f"{NOON + timedelta(seconds=s):%Y-%m-%d %H:%M:%S}" for s in (picked, dropped)]
    places = f"{start[1]},{start[0]},{rate},{end[1]},{end[0]}"
    return f"{number},{moments[0]},{moments[1]},1,1.2,{places},{payment},8,0.5,0.5,0,0,{total}"


def write(path: Path, rows: Sequence[str]) -> Path:
    """A trip file, packed if its name says so."""
    text = "\n".join([HEADER, *rows]) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def minute_rows() -> list[str]:
    """Four cabs freed before 12:01, then four riders in the minute from 12:01 to 12:02.

    Greedy sends the first rider the cab that only the second one has within the radius.
    """
    cabs = [(40.7500, -73.9900), (40.7520, -73.9900), (40.7600, -73.9700), (40.7605, -73.9700)]
    freed = [row(n, -600, 10 + n, end=place) for n, place in enumerate(cabs, 1)]
    riders = [(40.7512, -73.9900), (40.7580, -73.9900), (40.7601, -73.9700), (40.7606, -73.9700)]
    asked = [
        row(10 + n, 60 + 5 * n, 660 + n, start=place, payment="2" if n % 2 else "Credit card")
        for n, place in enumerate(riders)
    ]
    return freed + asked


def run(path: Path, home: Path, *words: str) -> dict[str, object]:
    """The demo on a file, as JSON."""
    result = CliRunner().invoke(
        main,
        ["demo", "rides", "--trips", str(path), "--json", *words],
        env={"XDG_DATA_HOME": str(home)},
    )
    assert result.exit_code == 0, result.output
    told: dict[str, object] = json.loads(result.stdout)
    return told


@pytest.mark.behaviour("R7")
def test_a_minute_of_trips_goes_through_the_engine(tmp_path: Path) -> None:
    """Riders of a minute get cabs freed before it; batched serves one whom greedy leaves out."""
    told = run(write(tmp_path / "trips.csv.gz", minute_rows()), tmp_path, "--all")
    minutes = told["minutes"]
    assert isinstance(minutes, list)
    (busy,) = [one for one in minutes if one["cabs"]]
    assert (busy["riders"], busy["cabs"]) == (4, 4)
    assert busy["batched"]["pairs"] == 4
    assert busy["greedy"]["pairs"] == 3
    assert busy["batched_alike"]["pairs"] == 3
    assert busy["batched_alike"]["metres"] < busy["batched"]["metres"]
    assert told["finished"] == 4
    assert told["paid_by"] == {"card": 6, "cash": 2}
    assert told["sums"] == {"USD": 0}
    assert told["drift"] == []
    assert Path(str(told["picture"])).read_text().startswith("<svg")
    look = CliRunner().invoke(main, ["why"], env={"XDG_DATA_HOME": str(tmp_path)})
    assert "by the meter" in look.output
    assert "chosen" in look.output or "batched/" in look.output


def test_bad_rows_are_refused_with_a_count_and_a_reason(tmp_path: Path) -> None:
    """Bad coordinates, times, totals and rate codes are counted each by reason, never a crash."""
    bad = [
        row(20, 61, 600, start=(0.0, 0.0)),
        row(21, 62, 600, start=(36.1, -115.1)),
        row(22, 63, 10),
        row(23, 64, 600, total="-3.00"),
        row(24, 65, 600, rate=99),
        "25,nonsense",
    ]
    told = run(write(tmp_path / "trips.csv", minute_rows() + bad), tmp_path, "--all")
    assert told["refused_rows"] == {
        "trip_ends_before_it_starts": 1,
        "trip_field_count": 1,
        "trip_negative_fare": 1,
        "trip_no_place": 1,
        "trip_outside": 1,
    }
    assert sum(dict(told["refused_requests"]).values()) == 1  # type: ignore[call-overload]
    assert told["finished"] == 4


def test_a_file_without_trips_ends_well(tmp_path: Path) -> None:
    """A header alone gives empty tables; a header of no known layout is one line."""
    told = run(write(tmp_path / "empty.csv", []), tmp_path)
    assert told["minutes"] == []
    assert told["finished"] == 0
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    words = ["demo", "rides", "--trips", str(tmp_path / "other.csv")]
    result = CliRunner().invoke(main, words, env={"XDG_DATA_HOME": str(tmp_path)})
    assert result.exit_code == 2
    assert "no known layout" in result.stderr
    assert "Traceback" not in result.output


def test_the_shelf_gives_trips_by_the_minute_in_any_order(tmp_path: Path) -> None:
    """Trips of a shuffled file come back equal, by pick-up and by drop-off, in their order."""
    rows = [row(n, 7 * n % 500, 600 + 13 * n % 400) for n in range(200)]
    random.Random(3).shuffle(rows)
    path = write(tmp_path / "trips.csv", rows)
    trips = [one for one in TripFile(path) if isinstance(one, Trip)]
    shelf = TripShelf(path, TripLimits(), lambda read: None)
    start = datetime(2015, 1, 10, 17, 1, tzinfo=UTC)
    end = start + timedelta(minutes=2)
    by_pickup = sorted(
        (one for one in trips if start <= one.picked_up_at < end),
        key=lambda one: (one.picked_up_at, one.row),
    )
    assert shelf.picked_up(start, end) == by_pickup
    later = [
        shelf.dropped_off(start + timedelta(minutes=m), end + timedelta(minutes=m))
        for m in range(0, 20, 2)
    ]
    assert sorted(one.row for some in later for one in some) == sorted(
        one.row for one in trips if one.dropped_off_at >= start
    )
    assert sum(riders for _, riders, _ in shelf.minutes()) == len(trips) == shelf.trips


def test_the_minutes_begin_where_the_file_is_busy() -> None:
    """The few trips that began long before the others are passed over, unless all are asked for."""
    start = datetime(2015, 1, 10, tzinfo=UTC)
    counts = [(1, 0), (2, 1), (90, 10), (100, 80), (95, 100), (80, 90)]
    minutes = [(start + timedelta(minutes=n), *one) for n, one in enumerate(counts)]
    assert chosen(minutes, 2) == [start + timedelta(minutes=n) for n in (3, 4)]
    assert len(chosen(minutes, None)) == 6
    assert chosen([], 5) == []


@pytest.mark.parametrize("seed", range(20))
def test_nearest_first_is_the_greedy_of_the_matching(seed: int) -> None:
    """What the replay compares with is the matching's own greedy, pair for pair."""
    dice = random.Random(seed)
    edges = sorted({(dice.randrange(12), dice.randrange(9)) for _ in range(40)})
    metres = [dice.randrange(6) for _ in edges]
    graph = Graph(12, 9, [i for i, _ in edges], [j for _, j in edges], metres)
    pairs = greedy(graph)
    cost = dict(zip(edges, metres, strict=True))
    problem = {
        "requests": [None] * 12,
        "edges": {
            "request": [i for i, _ in edges],
            "provider": [j for _, j in edges],
            "metres": metres,
        },
    }
    assert nearest_first(problem) == (len(pairs), sum(cost[pair] for pair in pairs))
    assert nearest_first({}) == (0, 0)


def whole_supply(source: Path, path: Path) -> Path:
    """The records, with the pick-up of cabs that lost it put where they went.

    The oracle counts a cab by its drop-off alone; the replay refuses a row with one bad end.
    """
    with source.open() as file:
        rows = list(csv.DictReader(file))
    for one in rows:
        if float(one["pickup_latitude"]) == 0 and float(one["dropoff_latitude"]) != 0:
            for axis in ("latitude", "longitude"):
                one[f"pickup_{axis}"] = one[f"dropoff_{axis}"]
            one["tpep_pickup_datetime"] = "2015-01-09 23:00:00"
    with path.open("w") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.slow
@pytest.mark.behaviour("R7")
def test_a_real_minute_is_the_proven_optimum(
    tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minute of real trips through the engine gives the oracle's pairs and metres, both ways."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    told = demonstrate(
        whole_supply(data_dir / "tiny" / "nyc_yellow_0009_0011.csv", tmp_path / "trips.csv"),
        seed=1,
        minutes=1,
        whole=False,
        radius=800,
        lookback=60,
        database=None,
        keep=False,
        picture_at=None,
        language="en",
        quiet=True,
        limits=TripLimits(longest=None, least_fare=None),
    )
    (minute,) = told["minutes"]
    with (data_dir / "oracles" / "nyc_yellow_minute_assignment.csv").open() as file:
        local = "2015-01-10 00:10:00"
        (oracle,) = [
            one
            for one in csv.DictReader(file)
            if one["window_start"] == local and one["supply_lookback_s"] == "60"
        ]
    assert minute["at"] == "2015-01-10T05:10:00+00:00"
    assert minute["riders"] == int(oracle["riders"])
    assert minute["cabs"] == int(oracle["drivers"])
    assert minute["batched"]["pairs"] == int(oracle["max_pairs_within_800m"])
    assert minute["batched"]["metres"] == int(oracle["optimum_total_m_within_800m"])
    assert minute["greedy"]["pairs"] == int(oracle["greedy_pairs_within_800m"])
    assert minute["greedy"]["metres"] == int(oracle["greedy_total_m_within_800m"])
    assert told["sums"] == {"USD": 0}
