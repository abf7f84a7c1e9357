"""The marketplace of a replay: each hotel a host, each of its room types a listing of n units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from attrs import field, frozen

from marketplace import Listing, ManualClock, Marketplace, Party, PayoutPlan
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.stays.deal import Deals
from marketplace.plugins.stays.fees import Fees
from marketplace.plugins.stays.plugin import Stays


@frozen
class Way:
    """How bookings of one kind of deposit are paid, and whether money comes back."""

    pay: Literal["now", "later"]
    rate: Literal["standard", "non_refundable"] = "standard"


def _ways() -> Mapping[str, Way]:
    return {
        "No Deposit": Way("later"),
        "Refundable": Way("now"),
        "Non Refund": Way("now", "non_refundable"),
    }


@frozen
class HotelPolicy:
    """What the records do not say: how the two hotels would sell in a marketplace."""

    ways: Mapping[str, Way] = field(factory=_ways)
    """By the deposit that a row names. Nothing given: the card is kept, and charged at check-in."""
    schedule: str = "flexible"
    """By which bookings at the standard rate are given up."""
    commission_bp: int = 1_500
    """Of the host's price, from the host."""
    rooms: Literal["booked", "slept"] = "booked"
    """Each type has as many rooms as one night had bookings at most; ``slept``: as had guests.

    Hotels sell more rooms than they have, since some guests never come; a marketplace does not.
    With ``slept`` it is sold out where they were overbooked, and says so for each row.
    """
    zone: str = "Europe/Lisbon"
    currency: str = "EUR"
    check_in: time = time(15)
    check_out: time = time(11)

    def instant(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A clock's time at the hotels."""
        local = datetime.combine(day, time(hour, minute), ZoneInfo(self.zone))
        return local.astimezone(UTC)


def open_hotels(
    url: str, clock: ManualClock, policy: HotelPolicy, seed: int | None = None
) -> tuple[Marketplace, Stays]:
    """The marketplace, on a database of its own."""
    stays = Stays(fees=Fees.host_only(policy.commission_bp), deals=Deals(long=None))
    market = Marketplace.open(
        url,
        [stays, Sandbox(now=clock.now)],
        clock=clock,
        seed=seed,
        payouts=PayoutPlan(provider="sandbox"),
        create="missing",
    )
    return market, stays


def hold_out(
    market: Marketplace, host: Party, room: str, units: int, policy: HotelPolicy
) -> Listing:
    """A room type with so many rooms; its rate is set for each booking, as the record has it."""
    drafted = market.listings.draft(
        "stays",
        by=host,
        title=f"{host.name}, room {room}",
        currency=policy.currency,
        attributes={
            "zone": policy.zone,
            "units": units,
            "check_in": f"{policy.check_in:%H:%M}",
            "check_out": f"{policy.check_out:%H:%M}",
            "cancellation": policy.schedule,
            "kind": room,
            "rates": {"nightly": 0, "non_refundable_bp": 0},
        },
    )
    return market.listings.publish(drafted.id, by=host)
