"""Real hotel bookings as rows: what each says, and why some are none."""

import gzip
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import InvalidInput
from marketplace.plugins.stays.files import Rejection
from marketplace.plugins.stays.hotel_bookings import (
    COLUMNS,
    Booking,
    BookingFile,
    BookingLimits,
    Ended,
    peak,
)

ROW = {
    "booking_id": "7", "arrival_date": "2015-07-01", "hotel": "City Hotel", "lead_time": "10",
    "stays_in_weekend_nights": "1", "stays_in_week_nights": "2", "adults": "2", "children": "1",
    "babies": "0", "reserved_room_type": "A", "booking_changes": "1",
    "deposit_type": "No Deposit", "adr": "75.50", "reservation_status": "Check-Out",
    "reservation_status_date": "2015-07-04",
}  # fmt: skip


def read(path: Path, *rows: dict[str, str], limits: BookingLimits | None = None) -> list[object]:
    """What a file of these rows gives, each laid over a good one."""
    lines = [",".join(COLUMNS)]
    lines += [",".join({**ROW, **row}[column] for column in COLUMNS) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return list(BookingFile(path, limits=limits or BookingLimits()))


def test_a_row_is_a_life(tmp_path: Path) -> None:
    """A row says when it was booked, for which nights and whom, at which rate, and how it ended."""
    (one,) = read(tmp_path / "one.csv", {})
    assert one == Booking(
        row=2, source_id="7", hotel="City Hotel", room="A", booked=date(2015, 6, 21),
        arrive=date(2015, 7, 1), nights=3, adults=2, children=1, babies=0, rate=75_50,
        deposit="No Deposit", changes=1, ended=Ended.STAYED, ended_on=date(2015, 7, 4),
    )  # fmt: skip
    assert isinstance(one, Booking)
    assert (one.leave, one.left_early) == (date(2015, 7, 4), False)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"stays_in_weekend_nights": "0", "stays_in_week_nights": "0"}, "stay_booked_for_no_night"),
        ({"stays_in_week_nights": "365"}, "stay_nights_beyond"),
        ({"adr": "-6.38"}, "stay_negative_rate"),
        ({"adr": "5400.0"}, "stay_rate_beyond"),
        ({"adr": "1e9"}, "stay_malformed_field"),
        ({"adr": "75.505"}, "stay_malformed_field"),
        ({"lead_time": "1096"}, "stay_lead_beyond"),
        ({"lead_time": "-1"}, "stay_malformed_field"),
        ({"lead_time": "9999999"}, "stay_malformed_field"),
        ({"children": "NA"}, "stay_malformed_field"),
        ({"children": ""}, "stay_malformed_field"),
        ({"adults": "0"}, "stay_no_adult"),
        ({"adults": "101"}, "stay_too_many_guests"),
        ({"booking_changes": "101"}, "stay_changes_beyond"),
        ({"arrival_date": "2015-02-30"}, "stay_malformed_field"),
        ({"arrival_date": "0001-01-01"}, "stay_malformed_field"),
        ({"reservation_status": "Gone"}, "stay_malformed_field"),
        ({"hotel": " "}, "stay_malformed_field"),
        ({"reservation_status_date": "2015-07-05"}, "stay_ends_out_of_order"),
        ({"reservation_status_date": "2015-06-30"}, "stay_ends_out_of_order"),
        ({"reservation_status": "Canceled"}, "stay_ends_out_of_order"),
        ({"reservation_status": "No-Show", "reservation_status_date": "2015-06-30"},
         "stay_ends_out_of_order"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_told(tmp_path: Path, row: dict[str, str], code: str) -> None:
    """A row that no booking can be made of is rejected with its reason; the next one is read."""
    bad, good = read(tmp_path / "bad.csv", row, {})
    assert isinstance(bad, Rejection)
    assert (bad.row, bad.reason.code) == (2, code)
    assert isinstance(good, Booking)


def test_limits_are_the_reader_s(tmp_path: Path) -> None:
    """What is absurd is data: with other limits the same row is a booking."""
    wide = BookingLimits(lead_days=4_000, rate=1_000_000)
    (one,) = read(tmp_path / "a.csv", {"adr": "5400.0", "lead_time": "3000"}, limits=wide)
    assert isinstance(one, Booking)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """A header without the columns is a clear refusal; a torn file ends with one rejection."""
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(InvalidInput, match="has no column booking_id"):
        list(BookingFile(other))
    whole = tmp_path / "whole.csv"
    read(whole, *[{"booking_id": str(number)} for number in range(2_000)])
    torn = tmp_path / "torn.csv.gz"
    torn.write_bytes(gzip.compress(whole.read_bytes())[:-400])
    found = list(BookingFile(torn))
    assert isinstance(found[-1], Rejection)
    assert found[-1].reason.code == "stay_file_broken"


@given(
    row=st.dictionaries(
        st.sampled_from(COLUMNS),
        st.text(st.characters(codec="utf-8", exclude_characters='\r\n",\x00'), max_size=12),
    )
)
def test_no_cell_makes_the_reading_raise(
    tmp_path_factory: pytest.TempPathFactory, row: dict[str, str]
) -> None:
    """Whatever stands in the cells, a row is a booking or a rejection, and is counted once."""
    path = tmp_path_factory.mktemp("rows") / "any.csv"
    found = read(path, row, {})
    assert all(isinstance(one, Booking | Rejection) for one in found)
    assert len(found) == 2


def test_the_rooms_are_the_most_of_one_night(tmp_path: Path) -> None:
    """A type has as many rooms as one night had bookings, or only as had guests in bed."""
    # The third night is in all three of them, but one was given up.
    late = {"arrival_date": "2015-07-03", "reservation_status_date": "2015-07-06"}
    gone = {"reservation_status": "Canceled", "reservation_status_date": "2015-06-30"}
    found = read(tmp_path / "rooms.csv", {}, late, gone, {"reserved_room_type": "B"})
    bookings = [one for one in found if isinstance(one, Booking)]
    assert len(bookings) == 4
    assert peak(bookings) == {("City Hotel", "A"): 3, ("City Hotel", "B"): 1}
    assert peak(bookings, slept=True) == {("City Hotel", "A"): 2, ("City Hotel", "B"): 1}
    assert peak([bookings[0], bookings[2]])["City Hotel", "A"] == 2
    assert peak([bookings[0], bookings[2]], slept=True)["City Hotel", "A"] == 1


def test_the_real_file_is_read_to_its_end(data_dir: Path) -> None:
    """Of 21,996 real rows 21,801 are bookings; each of the others has its reason."""
    path = data_dir / "stays" / "hotel_bookings_arrivals_2015-07_2015-12.csv.gz"
    file = BookingFile(path)
    found = [one for one in file if isinstance(one, Booking)]
    assert dict(file.counts) == {
        "row": 21_801,
        "stay_booked_for_no_night": 154,
        "stay_no_adult": 37,
        "stay_malformed_field": 4,
    }
    assert file.counts.total() == 21_996
    assert sum(one.left_early for one in found) == 9
    assert peak(found)["City Hotel", "C"] == 2
