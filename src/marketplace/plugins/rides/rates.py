"""Example rates for Kathmandu: three classes of vehicle under one roof.

The numbers are invented for the demo. Their shape is that of what Nepal's ride apps and taxi
meters publish: whole rupees, a base, a rate by the kilometre that falls with distance, a night
supplement, waiting after some free minutes, and a small fee for a late cancellation.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time

from attrs import field, frozen

from marketplace import InvalidInput, Place, Reason
from marketplace.plugins.rides.checks import a_tuple
from marketplace.plugins.rides.fare import (
    Band,
    CancellationRow,
    CancellationTerms,
    ChangeCap,
    Fare,
    NoShow,
    Supplement,
    Waiting,
    Window,
)
from marketplace.plugins.rides.regions import Ceiling, Region, RegionRule, forbidden, lowest_ceiling

RUPEE = 100
KATHMANDU = "Asia/Kathmandu"


@frozen
class Rates:
    """An operator's fares: one for each class of vehicle, and what the law says about them."""

    tiers: Mapping[str, Fare]
    rules: tuple[RegionRule, ...] = field(default=(), validator=a_tuple)

    def __attrs_post_init__(self) -> None:
        currencies = sorted({fare.currency for fare in self.tiers.values()})
        if len(currencies) != 1:
            raise InvalidInput(f"rates need one currency for all tiers, not {currencies}")

    def fare(self, tier: str) -> Fare:
        """The fare of a class of vehicle; refuses a class that is not offered."""
        try:
            return self.tiers[tier]
        except (KeyError, TypeError):
            offered = ", ".join(sorted(self.tiers))
            raise InvalidInput(
                f"vehicle tiers are {offered}, not {tier!r}",
                code="unknown_tier",
                params={"tier": str(tier)},
            ) from None

    def refusals(
        self, tier: str, pickup: Place, dropoff: Place | None, at: datetime
    ) -> list[Reason]:
        """Why the law lets nobody have this ride; empty when it does."""
        return forbidden(self.rules, tier, pickup, dropoff, at)

    def ceiling(
        self, tier: str, pickup: Place, dropoff: Place | None, at: datetime, metres: int
    ) -> Ceiling | None:
        """The most the law lets this ride cost; None when it says nothing."""
        return lowest_ceiling(self.rules, tier, pickup, dropoff, at, metres)


def kathmandu_bike() -> Fare:
    """A seat behind the rider of a motorcycle; invented for the demo."""
    return _kathmandu(base=40, bands=((4, 22), (10, 20), (None, 18)), minute=1, least=70)


def kathmandu_scooter() -> Fare:
    """A seat on an electric scooter; invented for the demo."""
    return _kathmandu(base=35, bands=((4, 20), (10, 18), (None, 16)), minute=1, least=60)


def kathmandu_taxi() -> Fare:
    """A small car with a driver; invented for the demo."""
    return _kathmandu(base=90, bands=((5, 55), (15, 50), (None, 45)), minute=4, least=180)


def kathmandu(rules: tuple[RegionRule, ...] = ()) -> Rates:
    """Bikes, scooters and taxis in Kathmandu; invented for the demo."""
    tiers = {
        "bike": kathmandu_bike(),
        "scooter": kathmandu_scooter(),
        "taxi": kathmandu_taxi(),
    }
    return Rates(tiers, rules)


def red_plates_off_the_road(since: date = date(2019, 1, 14)) -> RegionRule:
    """As the police read the Transport Management Act in January 2019: no private two-wheelers.

    Private (red-plate) vehicles may not carry passengers for hire. The day is an example.
    """
    return RegionRule(
        Region("Nepal"),
        because="Transport Management Act 2049: private vehicles carry no passengers for hire",
        tiers=("bike", "scooter"),
        since=since,
        zone=KATHMANDU,
        forbids=True,
    )


def _kathmandu(
    base: int, bands: tuple[tuple[int | None, int], ...], minute: int, least: int
) -> Fare:
    return Fare(
        "NPR",
        base=base * RUPEE,
        bands=tuple(Band(rate * RUPEE, None if km is None else km * 1000) for km, rate in bands),
        per_minute=minute * RUPEE,
        waiting=Waiting(free_s=180, per_minute=2 * RUPEE),
        per_stop=15 * RUPEE,
        minimum=least * RUPEE,
        supplements=(Supplement("night", bps=2_000, window=Window(time(21), time(5))),),
        zone=KATHMANDU,
        rounding=RUPEE,
        surge_cap_bps=15_000,
        change_cap=ChangeCap(bps=2_500, amount=50 * RUPEE),
        cancellation=_cancellation(base),
        no_show=NoShow(after_s=420, fee=base * RUPEE),
    )


def _cancellation(fee: int) -> CancellationTerms:
    """Free in time; later the rider pays the driver, and a driver who cancels pays the rider."""
    return CancellationTerms(
        grace_s=120,
        late_s=300,
        stalled_s=240,
        rows=(
            CancellationRow(fault="nobody"),
            CancellationRow(by="customer", fault="provider"),
            CancellationRow(by="customer", fault="customer", fixed=fee * RUPEE // 2),
            CancellationRow(
                by="provider",
                fault="provider",
                fixed=10 * RUPEE,
                payer="provider",
                payee="customer",
            ),
        ),
    )
