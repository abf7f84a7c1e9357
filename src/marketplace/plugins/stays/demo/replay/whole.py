"""A file from beginning to end: read, played, counted."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

from marketplace import InvalidInput, ManualClock, Reason
from marketplace.plugins.stays.demo.replay.bookings import Replay
from marketplace.plugins.stays.demo.replay.hotels import HotelPolicy, open_hotels
from marketplace.plugins.stays.demo.replay.result import Replayed, result
from marketplace.plugins.stays.hotel_bookings import Booking, BookingFile, BookingLimits, peak

Progress = Callable[[int, int, str], None]
"""Called with how many rows are done, how many there are, and the date in the replay."""


def replay_bookings(
    path: Path | str,
    *,
    url: str = "sqlite://",
    seed: int | None = None,
    most: int | None = None,
    policy: HotelPolicy | None = None,
    limits: BookingLimits | None = None,
    progress: Progress = lambda done, of, said: None,
) -> Replayed:
    """Play the first ``most`` rows of a file (all) on a database of their own.

    Raises ``InvalidInput`` for a file that is none of hotel bookings or has no row that is one,
    and ``LedgerError`` should the books not come to nothing after any unit of work.
    """
    policy = policy or HotelPolicy()
    file = BookingFile(path, policy.currency, limits or BookingLimits())
    bookings: list[Booking] = []
    examples: dict[str, Reason] = {}
    for one in islice(file, most):
        if isinstance(one, Booking):
            bookings.append(one)
        else:
            examples.setdefault(one.reason.code, one.reason)
    if not bookings:
        raise InvalidInput(f"{file.path.name} has no row that is a booking")
    rejected = file.counts.copy()
    rows = rejected.total()
    del rejected["row"]
    units = peak(bookings, slept=policy.rooms == "slept")
    clock = ManualClock(policy.instant(min(one.booked for one in bookings), 7))
    market, stays = open_hotels(url, clock, policy, seed)
    with market:
        replay = Replay(market, stays, clock, policy, examples=examples)
        total = len(bookings)
        replay.run(bookings, units, lambda done, said: progress(done, total, said))
        return result(replay, file.path.name, rows, rejected, units)
