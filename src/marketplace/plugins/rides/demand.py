"""A simulated morning in Kathmandu: who asks for a ride, and which drivers are about.

Everything here is made up by a seeded random number generator: no record of anybody's ride. What
shapes it is common knowledge: people leave homes at the edge of the city for work in its middle,
most of them between eight and ten; drivers come online before that, near where they live. The
same generator in the same state gives the same morning.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from math import cos, radians
from random import Random
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from attrs import frozen

from marketplace import InvalidInput, Place
from marketplace.plugins.rides.city import SPOTS, Spot

KATHMANDU = ZoneInfo("Asia/Kathmandu")
OPENS, CLOSES = time(6), time(12)
"""The morning that is simulated, on Kathmandu's wall clock."""

RIDERS_BY_QUARTER = (
    (2, 2, 3, 4), (5, 6, 8, 10), (14, 18, 22, 26), (28, 26, 22, 17), (12, 9, 8, 7), (6, 6, 5, 5),
)  # fmt: skip
"""How many ask in each quarter of an hour from six on, against each other: the peak at nine."""
DRIVERS_BY_QUARTER = (
    (10, 8, 8, 8), (9, 9, 8, 7), (5, 4, 3, 2), (1, 1, 1, 1), (1, 1, 1, 1), (0, 0, 0, 0),
)  # fmt: skip
"""How many drivers come online in each quarter of an hour, against each other."""

T = TypeVar("T")
Answer = Literal["accept", "decline", "ignore"]


@frozen
class RideWish:
    """Somebody wants to go from here to there, and how long they are willing to wait for it."""

    rider: int
    asked_at: datetime
    pickup: Place
    dropoff: Place
    patience_s: int
    """After so many seconds without a driver the rider gives up."""
    tier: str
    payment: Literal["cash", "wallet"]


@frozen
class DriverShift:
    """A driver from coming online to going home, and how this one behaves."""

    driver: int
    online_at: datetime
    offline_at: datetime
    start: Place
    tier: str
    accepts_bps: int
    """Of 10,000 offers so many are accepted …"""
    ignores_bps: int
    """… and so many not answered at all; the rest is declined."""
    answers_after_s: int
    metres_per_hour: int


@frozen
class Morning:
    """All of it, in the order of time."""

    opens_at: datetime
    closes_at: datetime
    wishes: tuple[RideWish, ...]
    shifts: tuple[DriverShift, ...]


def morning(dice: Random, day: date, riders: int = 600, drivers: int = 120) -> Morning:
    """A morning with so many riders and drivers; times are in UTC, places within the valley."""
    for count, what in ((riders, "riders"), (drivers, "drivers")):
        if type(count) is not int or not 0 <= count <= 1_000_000:
            raise InvalidInput(f"{what} must be 0 to 1000000, not {count!r}")
    opens_at = datetime.combine(day, OPENS, KATHMANDU)
    closes_at = datetime.combine(day, CLOSES, KATHMANDU)
    wishes = [_wish(dice, number, opens_at) for number in range(1, riders + 1)]
    shifts = [_shift(dice, number, opens_at, closes_at) for number in range(1, drivers + 1)]
    return Morning(
        opens_at,
        closes_at,
        tuple(sorted(wishes, key=lambda wish: (wish.asked_at, wish.rider))),
        tuple(sorted(shifts, key=lambda shift: (shift.online_at, shift.driver))),
    )


def answer(dice: Random, shift: DriverShift) -> tuple[Answer, int]:
    """What the driver does with an offer, and after how many seconds; ignoring takes for ever."""
    drawn = int(dice.random() * 10_000)
    after = 1 + int(dice.random() * 2 * shift.answers_after_s)
    if drawn < shift.accepts_bps:
        return "accept", after
    if drawn < shift.accepts_bps + shift.ignores_bps:
        return "ignore", after
    return "decline", after


def _wish(dice: Random, number: int, opens_at: datetime) -> RideWish:
    away = dice.random() < 0.85
    homes = [spot for spot in SPOTS if spot.draw != "work"]
    works = [spot for spot in SPOTS if spot.draw != "home"]
    start, end = (homes, works) if away else (works, homes)
    pickup = _near(dice, _weighted(dice, start, [spot.weight for spot in start]))
    dropoff = pickup
    while pickup.metres_to(dropoff) < 800:
        dropoff = _near(dice, _weighted(dice, end, [spot.weight for spot in end]))
    return RideWish(
        rider=number,
        asked_at=_moment(dice, opens_at, RIDERS_BY_QUARTER),
        pickup=pickup,
        dropoff=dropoff,
        patience_s=_between(dice, 120, 420),
        tier=_weighted(dice, ("bike", "scooter", "taxi"), (6, 2, 2)),
        payment=_weighted(dice, ("cash", "wallet"), (7, 3)),
    )


def _shift(dice: Random, number: int, opens_at: datetime, closes_at: datetime) -> DriverShift:
    online_at = _moment(dice, opens_at, DRIVERS_BY_QUARTER)
    lasts = timedelta(minutes=_between(dice, 120, 330))
    homes = [spot for spot in SPOTS if spot.draw != "work"]
    accepts = _between(dice, 6_500, 9_300)
    tier = _weighted(dice, ("bike", "scooter", "taxi"), (6, 2, 2))
    slow, fast = (12_000, 20_000) if tier == "taxi" else (16_000, 26_000)
    return DriverShift(
        driver=number,
        online_at=online_at,
        offline_at=min(online_at + lasts, closes_at),
        start=_near(dice, _weighted(dice, homes, [spot.weight for spot in homes])),
        tier=tier,
        accepts_bps=accepts,
        ignores_bps=_between(dice, 200, (10_000 - accepts) * 3 // 4),
        answers_after_s=_between(dice, 2, 7),
        metres_per_hour=_between(dice, slow, fast),
    )


def _moment(dice: Random, opens_at: datetime, hours: Sequence[Sequence[int]]) -> datetime:
    """A second of the morning, quarters of an hour drawn by their weights."""
    quarters = [weight for hour in hours for weight in hour]
    quarter = _weighted(dice, range(len(quarters)), quarters)
    seconds = quarter * 900 + int(dice.random() * 900)
    return (opens_at + timedelta(seconds=seconds)).astimezone(ZoneInfo("UTC"))


def _near(dice: Random, spot: Spot) -> Place:
    """A point within a kilometre north or south and east or west, more likely near the middle."""
    north, east = (sum(dice.random() for _ in range(3)) * 667 - 1000 for _ in range(2))
    lat = spot.lat + north / 111_195
    lon = spot.lon + east / (111_195 * cos(radians(spot.lat)))
    return Place(round(lat, 5), round(lon, 5), spot.name)


def _between(dice: Random, least: int, most: int) -> int:
    """A whole number from ``least`` to ``most``, both included."""
    return least + int(dice.random() * (most - least + 1))


def _weighted(dice: Random, values: Sequence[T], weights: Sequence[int]) -> T:
    """One of the values, each as likely as its weight says."""
    left = dice.random() * sum(weights)
    for value, weight in zip(values, weights, strict=True):
        left -= weight
        if left < 0:
            return value
    return values[-1]
