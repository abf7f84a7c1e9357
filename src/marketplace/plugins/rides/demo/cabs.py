"""The marketplace of the New York demo: cabs by the meter, card or cash."""

from __future__ import annotations

from datetime import datetime

from attrs import define, field

from marketplace import DAY, MINUTE, Batched, InvalidInput, ManualClock, Marketplace, Place, Request
from marketplace.plugins.cash import Cash
from marketplace.plugins.commission import Commission
from marketplace.plugins.rides.fare import Fare
from marketplace.plugins.rides.meter import MeteredTrip
from marketplace.plugins.rides.metered import MeteredRides
from marketplace.plugins.rides.process import RideTimes, ride
from marketplace.plugins.rides.rates import Rates
from marketplace.plugins.rides.trips import Trip
from marketplace.plugins.sandbox import Sandbox

CURRENCY = "USD"
ZONE = "America/New_York"
TIER = "cab"
COMMISSION_BP = 1_000
NEGOTIATED = 5
OFFER_LIVES = MINUTE
LONGEST = 2 * DAY
"""The records have cabs whose meter ran for a day."""


@define
class TripBook:
    """Trips that are asked for now, by their two ends: what the meter of each showed."""

    _trips: dict[tuple[Place, Place], Trip] = field(factory=dict)

    def note(self, trip: Trip) -> None:
        """Somebody is about to ask for this one."""
        self._trips[trip.pickup, trip.dropoff] = trip

    def forget(self, trip: Trip) -> None:
        """Its price is made."""
        self._trips.pop((trip.pickup, trip.dropoff), None)

    def estimate(self, request: Request, at: datetime) -> MeteredTrip:
        """The real trip's distance, time, rate and tolls."""
        trip = None
        if request.place is not None and request.to is not None:
            trip = self._trips.get((request.place, request.to))
        if trip is None:
            raise InvalidInput("only trips of the file have a price here", code="not_of_the_file")
        return MeteredTrip(
            hundredth_miles=trip.hundredth_miles,
            seconds=trip.seconds,
            pickup_local=trip.pickup_local,
            rate_code=trip.rate_code,
            tolls=max(0, trip.tolls),
            agreed=trip.fare if trip.rate_code == NEGOTIATED else None,
        )


def open_cabs(
    url: str, clock: ManualClock, book: TripBook, radius_m: int = 800, seed: int | None = None
) -> Marketplace:
    """Cabs by the meter of 2012, dispatched in one batch a minute to the optimum."""
    return Marketplace.open(
        url,
        plugins=[
            MeteredRides(
                fare=Rates({TIER: Fare(CURRENCY, zone=ZONE)}),
                process=ride(RideTimes(settle=5 * MINUTE, ride=LONGEST)),
                dispatcher=Batched(radius_m, k_nearest=None),
                offer_lives=OFFER_LIVES,
                estimate=book.estimate,
            ),
            Cash(),
            Commission(bp=COMMISSION_BP),
            Sandbox(now=clock.now),
        ],
        clock=clock,
        seed=seed,
        create="missing",
    )


def reopen(url: str, clock: ManualClock) -> Marketplace:
    """The marketplace that a replay left behind; it prices no new trips."""
    return open_cabs(url, clock, TripBook())
