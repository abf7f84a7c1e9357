"""Trip records: every row of any file is a trip or a rejection with its reason."""

import csv
import gzip
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace import InvalidInput
from marketplace.plugins.rides.layouts import GREEN_2013, YELLOW_2015
from marketplace.plugins.rides.trips import (
    EVERYTHING,
    NEW_YORK,
    NEW_YORK_BOX,
    Rejection,
    Trip,
    TripFile,
    TripLimits,
    read_trips,
)

GOOD = {
    "pickup_at": "2015-01-10 00:09:15",
    "dropoff_at": "2015-01-10 00:20:15",
    "passengers": "1",
    "miles": "1.35",
    "pickup_lon": "-73.99366",
    "pickup_lat": "40.73418",
    "rate_code": "1",
    "dropoff_lon": "-73.980309",
    "dropoff_lat": "40.744461",
    "payment": "Cash",
    "fare": "6.5",
    "extra": "0.5",
    "tax": "0.5",
    "tip": "1.10",
    "tolls": "0.0",
    "total": "8.9",
}
BELIEVABLE = TripLimits()
HEADER = ",".join(YELLOW_2015.columns()).encode()


def line(**changed: str) -> bytes:
    """A good row with these fields changed, in the order of the yellow header."""
    return ",".join({**GOOD, **changed}.values()).encode()


def read(*lines: bytes, limits: TripLimits = BELIEVABLE) -> list[Trip | Rejection]:
    return list(read_trips(io.BytesIO(b"\n".join([HEADER, *lines])), limits))


def code(row: Trip | Rejection) -> str:
    return "trip" if isinstance(row, Trip) else row.reason.code


def test_a_good_row_is_a_trip() -> None:
    """Money comes out in cents, distance in hundredths of a mile, time in UTC."""
    (trip,) = read(line())
    assert isinstance(trip, Trip)
    assert trip.picked_up_at == datetime(2015, 1, 10, 5, 9, 15, tzinfo=UTC)
    assert (trip.seconds, trip.hundredth_miles, trip.metres) == (660, 135, 2173)
    assert (trip.fare, trip.extra, trip.tax, trip.tip, trip.tolls) == (650, 50, 50, 110, 0)
    assert (trip.total, trip.row, trip.payment) == (890, 2, "Cash")
    assert trip.pickup_local == datetime.fromisoformat("2015-01-10 00:09:15")


@pytest.mark.attack(20)
@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"pickup_lat": "0", "pickup_lon": "0.0"}, "trip_no_place"),
        ({"dropoff_lat": "0.0", "dropoff_lon": "0"}, "trip_no_place"),
        ({"pickup_lat": "39.5", "pickup_lon": "-119.8"}, "trip_outside"),
        ({"pickup_lat": "91"}, "trip_off_the_globe"),
        ({"dropoff_lon": "-181"}, "trip_off_the_globe"),
        ({"pickup_lat": "nan"}, "trip_malformed_field"),
        ({"pickup_lat": "inf"}, "trip_malformed_field"),
        ({"pickup_lat": "1e309"}, "trip_malformed_field"),
        ({"dropoff_at": "2015-01-10 00:09:14"}, "trip_ends_before_it_starts"),
        ({"dropoff_at": "2015-01-10 23:59:59"}, "trip_too_long"),
        ({"fare": "-3.5"}, "trip_negative_fare"),
        ({"total": "-0.01"}, "trip_negative_fare"),
        ({"miles": "-0.1"}, "trip_negative_distance"),
        ({"fare": ""}, "trip_missing_field"),
        ({"pickup_at": " "}, "trip_missing_field"),
        ({"fare": "six"}, "trip_malformed_field"),
        ({"fare": "\uff11\uff12"}, "trip_malformed_field"),
        ({"fare": "1_000"}, "trip_malformed_field"),
        ({"fare": "9e99"}, "trip_malformed_field"),
        ({"passengers": "1.5"}, "trip_malformed_field"),
        ({"passengers": "-1"}, "trip_malformed_field"),
        ({"rate_code": "99999999999999999999"}, "trip_malformed_field"),
        ({"pickup_at": "2015-02-30 00:00:00"}, "trip_malformed_field"),
        ({"pickup_at": "0001-01-01 00:00:00"}, "trip_malformed_field"),
        ({"pickup_at": "10/01/2015 00:09"}, "trip_malformed_field"),
        ({"tip": "1,10"}, "trip_field_count"),
    ],
)
def test_a_bad_row_says_why(changed: dict[str, str], why: str) -> None:
    """A row that is no believable trip is rejected with its reason, and the next one is read."""
    bad, good = read(line(**changed), line())
    assert (code(bad), bad.row) == (why, 2)
    assert (code(good), good.row) == ("trip", 3)


def test_limits_are_the_callers() -> None:
    """Without limits only what cannot be, is rejected."""
    odd = [
        line(pickup_lat="0", pickup_lon="0"),
        line(dropoff_at="2015-01-12 23:59:59"),
        line(fare="-3.5"),
    ]
    assert [code(row) for row in read(*odd, limits=EVERYTHING)] == ["trip"] * 3
    assert "trip" not in [code(row) for row in read(*odd)]


def test_short_long_and_empty_lines() -> None:
    """A line with too few or too many cells is rejected; empty ones are no rows."""
    rows = read(b"1,2,3", b"", line() + b",,", line() + b",x", b" ", b'"' + line())
    assert [code(row) for row in rows] == [
        "trip_field_count",
        "trip",
        "trip_field_count",
        "trip_field_count",
    ]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (b"", "no known layout"),
        (b"a,b,c", "unknown a, b, c"),
        (HEADER + b",surprise", "unknown surprise"),
        (HEADER.replace(b",extra", b""), "missing extra"),
        (HEADER + b",extra", "twice extra"),
        (b"\xff\xfe\x00", "no known layout"),
    ],
)
def test_an_unknown_layout_names_the_known(header: bytes, says: str) -> None:
    """A header of no known layout is refused, with what is wrong and which layouts are known."""
    with pytest.raises(InvalidInput, match=says) as caught:
        list(read_trips(io.BytesIO(header)))
    for layout in (YELLOW_2015, GREEN_2013):
        assert layout.name in str(caught.value)


def test_headers_are_read_as_people_write_them() -> None:
    """Capitals, blanks, a byte order mark and the optional columns do no harm."""
    header = b"\xef\xbb\xbf" + HEADER.upper().replace(b",", b" , ") + b",Trip_ID\r\n"
    (trip,) = read_trips(io.BytesIO(header + line() + b",77\r\n"))
    assert isinstance(trip, Trip)
    assert trip.id == "77"


@given(st.binary(max_size=400), st.booleans())
@example(b'"', True)
@example(b"\x00\r\n\x00", True)
@example(b"," * 15, True)
def test_no_bytes_make_it_crash(junk: bytes, with_header: bool) -> None:
    """Any bytes at all give rows, or say that the header is of no known layout."""
    try:
        rows = list(read_trips(io.BytesIO((HEADER + b"\n" if with_header else b"") + junk)))
    except InvalidInput:
        assert not with_header
    else:
        assert all(isinstance(row, Rejection) for row in rows)


cells = st.sampled_from([*GOOD.values(), "", "0", "-1", "1e5", "9" * 30, "\x00", '"', "é", "nan"])


@given(st.lists(st.lists(cells, min_size=16, max_size=16), max_size=5))
def test_no_cells_make_it_crash(table: list[list[str]]) -> None:
    """Any cells in the right number give a trip or a rejection each; trips are believable."""
    rows = read(*(",".join(cells).encode() for cells in table))
    assert len(rows) == len(table)
    for row in rows:
        if isinstance(row, Trip):
            assert 0 <= row.seconds <= 6 * 3600
            assert NEW_YORK_BOX.holds(row.pickup)
            assert min(row.fare, row.total, row.hundredth_miles) >= 0


@given(st.integers(0, 2_000), st.integers(0, 255))
def test_a_broken_archive_ends_in_a_rejection(at: int, byte: int) -> None:
    """A gzip that is cut or damaged gives what could be read, then says that it is broken."""
    packed = bytearray(gzip.compress(b"\n".join([HEADER, *[line()] * 200]), mtime=0))
    position = at % len(packed)
    cut = bytes(packed[:position])
    packed[position] = byte
    for data in (cut, bytes(packed)):
        try:
            rows = list(read_trips(gzip.GzipFile(fileobj=io.BytesIO(data))))
        except InvalidInput:
            continue
        for row in rows[:-1]:
            assert code(row) in ("trip", *KNOWN)
        assert [row.row for row in rows] == sorted({row.row for row in rows})


KNOWN = (
    "trip_field_count",
    "trip_malformed_field",
    "trip_missing_field",
    "trip_outside",
    "trip_off_the_globe",
    "trip_ends_before_it_starts",
    "trip_too_long",
    "trip_line_too_long",
    "trip_no_place",
    "trip_negative_fare",
    "trip_negative_distance",
)


def test_the_rows_before_a_break_are_kept(tmp_path: Path) -> None:
    """A truncated archive yields its whole rows and one last rejection, all of them counted."""
    path = tmp_path / "cut.csv.gz"
    varied = [line(tip=f"{n % 90}.{n % 97:02}") for n in range(3_000)]
    packed = gzip.compress(b"\n".join([HEADER, *varied]))
    path.write_bytes(packed[: len(packed) // 2])
    file = TripFile(path)
    rows = list(file)
    assert code(rows[-1]) == "trip_file_broken"
    assert file.counts["trip"] > 100
    assert file.counts.total() == len(rows)


class Endless:
    """A file that goes on for ever, and is never wholly in memory."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.parts = parts

    def readline(self, size: int, /) -> bytes:
        return next(self.parts, b"")


def lines_of(count: int) -> Iterator[bytes]:
    yield HEADER + b"\n"
    for _ in range(count):
        yield line() + b"\n"


def peak(count: int) -> int:
    file = Endless(lines_of(count))
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_trips(file)) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file() -> None:
    """Twenty times the rows take no more memory; holding the rows would."""
    peak(100)
    assert peak(4_000) < peak(200) + 20_000
    tracemalloc.start()
    kept = list(read_trips(Endless(lines_of(4_000))))
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(kept) == 4_000
    assert held > peak(200) + 500_000


def test_an_endless_line_is_skipped() -> None:
    """A line of a megabyte is one rejection, and the row after it is read."""
    long, good = read(b"9" * 1_000_000, line())
    assert (code(long), code(good)) == ("trip_line_too_long", "trip")
    assert good.row == 3


def test_the_hour_that_comes_twice() -> None:
    """In autumn a pick-up lies in the first of the two hours, and no trip ends before it starts."""
    night = "2015-11-01 "
    plain, across = read(
        line(pickup_at=night + "01:10:00", dropoff_at=night + "01:20:00"),
        line(pickup_at=night + "01:50:00", dropoff_at=night + "01:05:00"),
    )
    assert isinstance(plain, Trip)
    assert isinstance(across, Trip)
    assert plain.picked_up_at == datetime(2015, 11, 1, 5, 10, tzinfo=UTC)
    assert (plain.seconds, across.seconds) == (600, 900)


def test_the_hour_that_is_left_out() -> None:
    """In spring a time that no clock showed is read as if the clock had not been put forward."""
    spring = "2015-03-08 "
    (trip,) = read(line(pickup_at=spring + "02:30:00", dropoff_at=spring + "03:40:00"))
    assert isinstance(trip, Trip)
    assert trip.picked_up_at == datetime(2015, 3, 8, 7, 30, tzinfo=UTC)
    assert trip.seconds == 600


@pytest.mark.parametrize(
    ("name", "rows", "trips"),
    [
        ("rides/nyc_yellow_2015-01-10_pickups_before_0040.csv.gz", 24_201, 23_574),
        ("rides/nyc_green_2013-08-01_24.csv.gz", 3_553, 3_106),
        ("tiny/nyc_yellow_0009_0011.csv", 1_863, 1_835),
    ],
)
def test_every_row_of_the_real_files_is_counted(
    data_dir: Path, name: str, rows: int, trips: int
) -> None:
    """Every row of the real files comes out, as a trip or with its reason; none is lost."""
    file = TripFile(data_dir / name)
    assert sum(1 for _ in file) == rows == file.counts.total()
    assert file.counts["trip"] == trips
    assert set(file.counts) <= {"trip", *KNOWN}


def test_pickups_and_dropoffs_by_the_minute_are_the_oracles(data_dir: Path) -> None:
    """Riders and freed cabs of each window are as many as the oracle counted that night."""
    path = data_dir / "rides/nyc_yellow_2015-01-10_pickups_before_0040.csv.gz"
    trips = [row for row in TripFile(path, EVERYTHING) if isinstance(row, Trip)]
    ups = sorted(t.picked_up_at for t in trips if NEW_YORK_BOX.holds(t.pickup))
    downs = sorted(t.dropped_off_at for t in trips if NEW_YORK_BOX.holds(t.dropoff))
    with (data_dir / "oracles/nyc_yellow_minute_assignment.csv").open() as file:
        windows = list(csv.DictReader(file))
    assert len(windows) == 70
    for window in windows:
        start = datetime.fromisoformat(window["window_start"]).replace(tzinfo=NEW_YORK)
        at = start.astimezone(UTC)
        back = timedelta(seconds=int(window["supply_lookback_s"]))
        assert sum(at <= t < at + timedelta(seconds=60) for t in ups) == int(window["riders"])
        assert sum(at - back <= t < at for t in downs) == int(window["drivers"])
