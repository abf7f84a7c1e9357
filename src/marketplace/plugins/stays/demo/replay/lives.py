"""A booking's life as moments: when it is made, changed, and given up or left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import IntEnum

from attrs import define

from marketplace import Listing, Party
from marketplace.plugins.stays.demo.replay.hotels import HotelPolicy
from marketplace.plugins.stays.hotel_bookings import Booking, Ended


class Act(IntEnum):
    """What happens, in the order in which it does on one day."""

    BOOK = 0
    CHANGE = 1
    CANCEL = 2
    LEAVE = 3
    NO_SHOW = 4


@define(eq=False)
class Life:
    """A booking under way."""

    booking: Booking
    listing: Listing
    host: Party
    guest: Party | None = None
    deal: str = ""
    """The transaction; empty until it is booked, and for ever when it is refused."""
    longer: bool = False
    """Whether it is for one night more than the record says."""
    changes: int = 0
    """How many are done."""

    @property
    def ends_longer(self) -> bool:
        """Whether the next change asks for a night more; the last one ends as the record says."""
        return (self.booking.changes - self.changes) % 2 == 0


def moments(booking: Booking, policy: HotelPolicy) -> Iterator[tuple[datetime, Act]]:
    """When a booking is made, changed and ended, at the hour of the day that each has here.

    The record says on which day; when in between it was changed, it does not: evenly, then.
    """
    yield policy.instant(booking.booked, 8), Act.BOOK
    until = booking.ended_on if booking.ended is Ended.CANCELLED else booking.arrive
    days = (until - booking.booked).days
    last, minute = booking.booked, 0
    for number in range(1, booking.changes + 1):
        day = booking.booked + timedelta(days=days * number // (booking.changes + 1))
        minute = minute + 1 if day == last else 0
        last = day
        yield policy.instant(day, 9 + minute // 60, minute % 60), Act.CHANGE
    if booking.ended is Ended.CANCELLED:
        yield policy.instant(booking.ended_on, 12), Act.CANCEL
    elif booking.ended is Ended.NO_SHOW:
        yield policy.instant(booking.arrive, 22), Act.NO_SHOW
    elif booking.left_early:
        hour = 20 if booking.ended_on == booking.arrive else 10
        yield policy.instant(booking.ended_on, hour), Act.LEAVE
