"""Inside Airbnb's files: every row of any file is a home, a night, or a rejection."""

import csv
import gzip
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import InvalidInput
from marketplace.plugins.stays.inside_airbnb import (
    CalendarFile,
    Entry,
    ListingFile,
    Nights,
    Rejection,
    hold_out,
)
from tests.support.inn import NEW_YORK, Inn

OLD: dict[str, str] = {
    "id": "3335", "name": "Urban Homestead", "host_id": "h1", "latitude": "47.52",
    "longitude": "-122.27", "property_type": "House", "room_type": "Entire home/apt",
    "accommodates": "4", "bathrooms": "1.5", "bedrooms": "2.0", "beds": "2.0",
    "amenities": '{"Wireless Internet",Kitchen,Dog(s)}', "price": "$120.00",
    "weekly_price": "$550.00", "monthly_price": "$1,600.00", "security_deposit": "$200.00",
    "cleaning_fee": "$75.00", "guests_included": "0", "extra_people": "$10.00",
    "minimum_nights": "2", "maximum_nights": "730", "availability_30": "0",
    "calendar_last_scraped": "2016-01-04", "instant_bookable": "f", "cancellation_policy": "strict",
}  # fmt: skip
NEW: dict[str, str] = {
    "id": "71609", "name": "Villa", "host_id": "h4", "latitude": "1.34", "longitude": "103.95",
    "room_type": "Private room", "accommodates": "3", "bathrooms_text": "Shared half-bath",
    "bedrooms": "", "beds": "3.0", "amenities": '["Wifi", "Children\\u2019s books"]',
    "price": "", "minimum_nights": "1000", "maximum_nights": "100000",
    "availability_30": "28", "calendar_last_scraped": "2023-09-23", "instant_bookable": "t",
}  # fmt: skip


def written(path: Path, *rows: dict[str, str], head: list[str] | None = None) -> Path:
    """A file of these rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, head or list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def one(tmp_path: Path, row: dict[str, str], currency: str = "USD") -> Entry | Rejection:
    """The only row of a file."""
    (found,) = ListingFile(written(tmp_path / "l.csv", row), currency, NEW_YORK)
    return found


def night(day: str, **fields: str) -> dict[str, str]:
    """A row of a calendar."""
    return {"listing_id": "1", "date": day, "available": "t", "price": "$70.00", **fields}


@pytest.mark.behaviour("S6")
def test_the_columns_of_2016(tmp_path: Path) -> None:
    """Cleaning, deposit, guests included, weekly and monthly prices become rates; amenities are
    read from their old syntax."""
    found = one(tmp_path, OLD)
    assert isinstance(found, Entry)
    assert found.attributes == {
        "zone": NEW_YORK, "guests": 4, "kind": "House", "instant": False, "source": "3335",
        "amenities": ["Wireless Internet", "Kitchen", "Dog(s)"],
        "plan": {"least": 2, "most": 730}, "bedrooms": 2, "beds": 2, "bathrooms": 1.5,
        "cancellation": "strict", "deposit": 20_000,
        "rates": {
            "nightly": 12_000, "cleaning": 7_500, "extra_guest": {"after": 1, "each": 1_000},
            "weekly_bp": 3_452, "monthly_bp": 5_238,
        },
    }  # fmt: skip
    assert (found.scraped, found.published) == (date(2016, 1, 4), {30: 0})


def test_the_columns_of_2023(tmp_path: Path) -> None:
    """No price is none, a limit of a hundred thousand nights is none, a thousand is what it says;
    amenities are a list, half a bath is one."""
    found = one(tmp_path, NEW)
    assert isinstance(found, Entry)
    assert found.attributes == {
        "zone": NEW_YORK, "guests": 3, "kind": "Private room", "instant": True, "source": "71609",
        "amenities": ["Wifi", "Children’s books"], "plan": {"least": 1_000}, "rates": {},
        "beds": 3, "bathrooms": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("currency", "text", "amount"),
    [
        ("USD", "$109,999.00", 10_999_900), ("USD", "70.0", 7_000), ("JPY", "¥12,000.00", 12_000),
        ("KWD", "1.5", 1_500), ("USD", "0.00", 0),
    ],
)  # fmt: skip
def test_prices_as_they_are_written(tmp_path: Path, currency: str, text: str, amount: int) -> None:
    """A sign, commas and decimals that say nothing are read away, in any currency."""
    found = one(tmp_path, {**NEW, "price": text}, currency)
    assert isinstance(found, Entry)
    assert found.attributes["rates"] == {"nightly": amount}


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("price", "$1,60.00", "stay_malformed_field"),
        ("price", "-5", "stay_malformed_field"),
        ("price", "−5", "stay_malformed_field"),
        ("price", "(5)", "stay_malformed_field"),
        ("price", "1e3", "stay_malformed_field"),
        ("price", "1.005", "stay_malformed_field"),
        ("accommodates", "0", "stay_malformed_field"),
        ("accommodates", "many", "stay_malformed_field"),
        ("amenities", "Wifi", "stay_malformed_field"),
        ("amenities", '{"a":1}x', "stay_malformed_field"),
        ("minimum_nights", "20000", "stay_malformed_field"),
        ("minimum_nights", "", "stay_malformed_field"),
        ("calendar_last_scraped", "2023-02-30", "stay_malformed_field"),
        ("latitude", "91", "stay_no_place"),
        ("latitude", "nan", "stay_no_place"),
        ("longitude", "", "stay_no_place"),
        ("beds", "1000.5", "stay_malformed_field"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason(
    tmp_path: Path, field: str, text: str, code: str
) -> None:
    """A cell that cannot be read takes its row out, and is named."""
    found = one(tmp_path, {**NEW, field: text})
    assert isinstance(found, Rejection)
    assert (found.row, found.reason.code) == (2, code)


def test_rejections_are_counted_by_reason(tmp_path: Path) -> None:
    """After a reading the file says how many rows there were of each kind; another reading counts
    anew."""
    file = ListingFile(
        written(tmp_path / "l.csv", NEW, {**NEW, "latitude": ""}, {**NEW, "price": "x"}), "USD"
    )
    for _ in range(2):
        assert len(list(file)) == 3
        assert file.counts == {"row": 1, "stay_no_place": 1, "stay_malformed_field": 1}


def test_a_header_of_no_known_columns_is_refused(tmp_path: Path) -> None:
    """Another file than these is told so, with what is missing."""
    path = written(tmp_path / "l.csv", {"a": "1", "id": "2"})
    with pytest.raises(InvalidInput, match="has no column name"):
        list(ListingFile(path, "USD"))
    with pytest.raises(InvalidInput, match="has no column listing_id"):
        list(CalendarFile(path, "USD"))
    with pytest.raises(InvalidInput, match="is no currency"):
        list(ListingFile(path, "usd"))


def test_nights_of_a_home_come_together(tmp_path: Path) -> None:
    """A home's rows are one calendar, by date; runs of nights that cannot be had are blocks, and
    dates with other prices or lengths are rules."""
    rows = [
        night("2024-11-06", price="$80.00", minimum_nights="2", maximum_nights="1125"),
        night("2024-11-05", available="f", minimum_nights="1", maximum_nights="1125"),
        night("2024-11-07", price="$80.00", minimum_nights="2", maximum_nights="1125"),
        night("2024-11-08", available="f", minimum_nights="1", maximum_nights="5"),
        night("2024-11-09", available="f", minimum_nights="1", maximum_nights="1125"),
    ]
    (found,) = CalendarFile(written(tmp_path / "c.csv", *rows), "USD")
    assert isinstance(found, Nights)
    assert found.unavailable() == [
        (date(2024, 11, 5), date(2024, 11, 6)),
        (date(2024, 11, 8), date(2024, 11, 10)),
    ]
    said = {"plan": {"most": 1_125}, "rates": {"nightly": 7_000}}
    assert found.rules(said) == [
        {"from": "2024-11-06", "to": "2024-11-07", "price": 8_000, "least": 2},
        {"from": "2024-11-08", "to": "2024-11-08", "most": 5},
        {"from": "2024-11-10", "to": "9000-12-31", "open": False},
    ]


def test_what_a_calendar_does_not_say_is_not_held_out(small_inn: Inn, tmp_path: Path) -> None:
    """A date that is missing between others, and all behind the last one, are nobody's to sell."""
    entry = one(tmp_path, {**NEW, "minimum_nights": "1", "price": "$90.00"})
    assert isinstance(entry, Entry)
    rows = [night("2026-04-01"), night("2026-04-02"), night("2026-04-05"), night("2026-04-06")]
    (nights,) = CalendarFile(written(tmp_path / "c.csv", *rows), "USD")
    assert isinstance(nights, Nights)
    assert nights.unavailable() == [(date(2026, 4, 3), date(2026, 4, 5))]
    listing = hold_out(
        small_inn.market, entry, nights, by=small_inn.host, vertical="stays", currency="USD"
    )
    assert small_inn.free(listing, date(2026, 4, 1), 9) == "11..11..."


def test_rows_out_of_place_are_rejected(tmp_path: Path) -> None:
    """A night told twice, a home that comes back, and a word that is neither yes nor no."""
    rows = [
        night("2024-11-05"), night("2024-11-05"), night("2024-11-06", available="maybe"),
        night("2024-11-05", listing_id="2"), night("2024-11-07"),
        night("2024-11-06", listing_id="3"),
    ]  # fmt: skip
    file = CalendarFile(written(tmp_path / "c.csv", *rows), "USD")
    found = list(file)
    assert [one.source_id for one in found if isinstance(one, Nights)] == ["1", "2", "3"]
    assert file.counts == {
        "row": 3, "stay_row_twice": 1, "stay_malformed_field": 1, "stay_row_out_of_order": 1,
    }  # fmt: skip
    few = CalendarFile(tmp_path / "c.csv", "USD", only={"3"})
    assert [one.source_id for one in few if isinstance(one, Nights)] == ["3"]


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    """Under a good header anything may follow: rows, rejections, and an end."""
    path = tmp_path_factory.mktemp("noise") / "l.csv"
    path.write_bytes(",".join(NEW).encode() + b"\n" + noise)
    assert all(isinstance(one, Entry | Rejection) for one in ListingFile(path, "USD"))
    path.write_bytes(b"listing_id,date,available,price\n" + noise)
    assert all(isinstance(one, Nights | Rejection) for one in CalendarFile(path, "USD"))


def test_a_file_cut_off_ends_with_its_reason(tmp_path: Path) -> None:
    """What was read before the break counts; the break is a rejection."""
    whole = gzip.compress(
        b"listing_id,date,available,price\n"
        + b"".join(
            b"1,20%02d-01-%02d,t,$%d.00\n" % (y, d, y * d) for y in range(99) for d in (1, 9)
        )
    )
    path = tmp_path / "c.csv.gz"
    path.write_bytes(whole[:-40])
    *rows, last = CalendarFile(path, "USD")
    kinds = [type(one) for one in (*rows, last)]
    assert kinds.count(Rejection) == 1
    assert [one.reason.code for one in rows if isinstance(one, Rejection)] == ["stay_file_broken"]
    path.write_bytes(b"not gzip")
    with pytest.raises(InvalidInput, match="cannot be read"):
        list(CalendarFile(path, "USD"))


def test_a_home_is_held_out_with_its_calendar(small_inn: Inn, tmp_path: Path) -> None:
    """What the files say of a home is what its listing says here."""
    entry = one(tmp_path, {**NEW, "minimum_nights": "1"})
    assert isinstance(entry, Entry)
    rows: list[dict[str, Any]] = [
        night(f"2026-04-{day:02}", available="tf"[day in (3, 4, 7)]) for day in range(1, 9)
    ]
    (nights,) = CalendarFile(written(tmp_path / "c.csv", *rows), "USD")
    assert isinstance(nights, Nights)
    listing = hold_out(
        small_inn.market, entry, nights, by=small_inn.host, vertical="stays", currency="USD"
    )
    assert small_inn.free(listing, date(2026, 4, 1), 9) == "11..11.1."
    (shown, *_) = small_inn.calendar(listing, date(2026, 4, 1), 1)
    assert shown.price is not None
    assert shown.price.amount == 7_000
