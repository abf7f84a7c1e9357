"""Real hotel bookings, row by row: when each was made, how often changed, and how it ended.

Reads the records of two hotels in Portugal that Antonio, de Almeida and Nunes published (2019),
plain or gzip, a row at a time. A row that no booking can be made of is a rejection with its reason:
nights, rates and lead times that cannot be, dates that contradict each other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from enum import Enum

from attrs import define, field, frozen

from marketplace import InvalidInput, Money, Reason
from marketplace.plugins.stays.files import BadRow, Rejection, RowFile, bad_row

__all__ = ["Booking", "BookingFile", "BookingLimits", "Ended"]

COLUMNS = (
    "booking_id", "arrival_date", "hotel", "lead_time", "stays_in_weekend_nights",
    "stays_in_week_nights", "adults", "children", "babies", "reserved_room_type",
    "booking_changes", "deposit_type", "adr", "reservation_status", "reservation_status_date",
)  # fmt: skip
FIRST_YEAR, LAST_YEAR = 1_990, 2_100
_WHOLE = re.compile(r"[0-9]{1,6}", re.ASCII)
_RATE = re.compile(r"(-?)([0-9]{1,7}(?:\.[0-9]{1,2})?)0*", re.ASCII)


class Ended(Enum):
    """How a booking ended, in the file's words."""

    STAYED = "Check-Out"
    CANCELLED = "Canceled"
    NO_SHOW = "No-Show"


@frozen
class BookingLimits:
    """Above these a row is a slip of the pen, not a booking."""

    lead_days: int = 1_095
    nights: int = 365
    rate: int = 100_000
    """A night, in minor units."""
    guests: int = 100
    changes: int = 100


@frozen
class Booking:
    """One row: a booking's whole life."""

    row: int
    source_id: str
    hotel: str
    room: str
    """The type that was reserved."""
    booked: date
    arrive: date
    nights: int
    adults: int
    children: int
    babies: int
    rate: int
    """The average of its nights, in minor units."""
    deposit: str
    """``No Deposit``, ``Refundable`` or ``Non Refund``."""
    changes: int
    """How often it was changed; the file does not say when, nor in what."""
    ended: Ended
    ended_on: date

    @property
    def leave(self) -> date:
        """The date of departure that was booked."""
        return self.arrive + timedelta(days=self.nights)

    @property
    def left_early(self) -> bool:
        """Whether the guest was gone before that."""
        return self.ended is Ended.STAYED and self.ended_on < self.leave


@define
class BookingFile(RowFile):
    """The bookings of a file: each row is a ``Booking`` or a ``Rejection``.

    Raises ``InvalidInput`` when a column that is needed is not there.
    """

    currency: str = "EUR"
    limits: BookingLimits = field(factory=BookingLimits)

    def __iter__(self) -> Iterator[Booking | Rejection]:
        for number, row in self.rows(COLUMNS):
            try:
                if isinstance(row, Reason):
                    raise BadRow(row)
                yield self.counted(booking(number, row, self.currency, self.limits))
            except BadRow as error:
                yield self.counted(Rejection(number, error.reason))


def booking(number: int, row: Mapping[str, str], currency: str, limits: BookingLimits) -> Booking:
    """A booking out of a row; raises ``BadRow``."""
    lead = _count(row, "lead_time")
    if lead > limits.lead_days:
        raise bad_row("stay_lead_beyond", days=lead, most=limits.lead_days)
    nights = _count(row, "stays_in_weekend_nights") + _count(row, "stays_in_week_nights")
    if not nights:
        raise bad_row("stay_booked_for_no_night", booking=row["booking_id"][:60])
    if nights > limits.nights:
        raise bad_row("stay_nights_beyond", nights=nights, most=limits.nights)
    arrive = _date(row, "arrival_date")
    found = Booking(
        row=number,
        source_id=row["booking_id"],
        hotel=_name(row, "hotel"),
        room=_name(row, "reserved_room_type"),
        booked=arrive - timedelta(days=lead),
        arrive=arrive,
        nights=nights,
        adults=_count(row, "adults"),
        children=_count(row, "children"),
        babies=_count(row, "babies"),
        rate=_rate(row, currency, limits),
        deposit=_name(row, "deposit_type"),
        changes=_count(row, "booking_changes"),
        ended=_ended(row),
        ended_on=_date(row, "reservation_status_date"),
    )
    if not found.adults:
        raise bad_row("stay_no_adult", children=found.children + found.babies)
    guests = found.adults + found.children + found.babies
    if guests > limits.guests:
        raise bad_row("stay_too_many_guests", guests=guests, most=limits.guests)
    if found.changes > limits.changes:
        raise bad_row("stay_changes_beyond", changes=found.changes, most=limits.changes)
    _in_order(found)
    return found


def _in_order(found: Booking) -> None:
    """It ends when such an end can come: cancelled until it arrives, left until it leaves."""
    first, last = {
        Ended.STAYED: (found.arrive, found.leave),
        Ended.CANCELLED: (found.booked, found.arrive),
        Ended.NO_SHOW: (found.arrive, found.leave),
    }[found.ended]
    if not first <= found.ended_on <= last:
        raise bad_row(
            "stay_ends_out_of_order",
            ended=found.ended.value,
            on=found.ended_on.isoformat(),
            first=first.isoformat(),
            last=last.isoformat(),
        )


def _malformed(row: Mapping[str, str], column: str) -> BadRow:
    return bad_row("stay_malformed_field", column=column, text=row[column][:60])


def _name(row: Mapping[str, str], column: str) -> str:
    text = row[column].strip()
    if not text or len(text) > 60:
        raise _malformed(row, column)
    return text


def _count(row: Mapping[str, str], column: str) -> int:
    # Some copies of the file write counts as 2.0.
    text = row[column].strip().removesuffix(".0")
    if not _WHOLE.fullmatch(text):
        raise _malformed(row, column)
    return int(text)


def _date(row: Mapping[str, str], column: str) -> date:
    try:
        found = date.fromisoformat(row[column].strip())
    except ValueError:
        raise _malformed(row, column) from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise _malformed(row, column)
    return found


def _rate(row: Mapping[str, str], currency: str, limits: BookingLimits) -> int:
    number = _RATE.fullmatch(row["adr"].strip())
    if number is None:
        raise _malformed(row, "adr")
    try:
        amount = Money.of(number[2], currency)
    except InvalidInput:
        raise _malformed(row, "adr") from None
    if number[1] and amount:
        raise bad_row("stay_negative_rate", rate=(-amount).decimal())
    if amount.amount > limits.rate:
        most = Money(limits.rate, currency).decimal()
        raise bad_row("stay_rate_beyond", rate=amount.decimal(), most=most)
    return amount.amount


def _ended(row: Mapping[str, str]) -> Ended:
    try:
        return Ended(row["reservation_status"].strip())
    except ValueError:
        raise _malformed(row, "reservation_status") from None


def peak(bookings: Iterable[Booking], *, slept: bool = False) -> dict[tuple[str, str], int]:
    """The most rooms of each hotel and type that one night had bookings for.

    ``slept``: only bookings that were not given up; the others are counted from the file's own
    point of view, all of them at once, though some were cancelled before others were made.
    """
    nights: dict[tuple[str, str], Counter[date]] = {}
    for one in bookings:
        found = nights.setdefault((one.hotel, one.room), Counter())
        if slept and one.ended is not Ended.STAYED:
            continue
        last = one.ended_on if slept else one.leave
        for number in range((last - one.arrive).days):
            found[one.arrive + timedelta(days=number)] += 1
    return {key: max(found.values(), default=1) for key, found in nights.items()}
