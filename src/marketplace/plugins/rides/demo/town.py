"""The marketplace of the Kathmandu demo: its plugins and settings."""

from __future__ import annotations

from datetime import date

from marketplace import (
    MINUTE,
    SECOND,
    Batched,
    ManualClock,
    Marketplace,
    Money,
    NotificationChannel,
    PayoutPlan,
)
from marketplace.plugins.cash import Cash
from marketplace.plugins.commission import Commission
from marketplace.plugins.rides.plugin import Rides
from marketplace.plugins.rides.process import RideTimes, ride
from marketplace.plugins.rides.rates import Rates, kathmandu_bike
from marketplace.plugins.wallet import Wallet

FIRST_DAY = date(2026, 11, 22)
"""A Sunday, on which Kathmandu goes to work."""
CURRENCY = "NPR"
ZONE = "Asia/Kathmandu"
TIER = "bike"
OFFER_LIVES = 15 * SECOND
SETTLES_AFTER = 10 * MINUTE
DEBT_LIMIT = Money(100_00, CURRENCY)
COMMISSION_BP = 1_500
RADIUS_M = 3_000


def open_town(
    url: str,
    clock: ManualClock,
    seed: int | None = None,
    channel: NotificationChannel | None = None,
) -> Marketplace:
    """Bikes for cash, wallets, a commission, and a limit to what a driver may owe."""
    return Marketplace.open(
        url,
        plugins=[
            Rides(
                fare=Rates({TIER: kathmandu_bike()}),
                process=ride(RideTimes(settle=SETTLES_AFTER)),
                dispatcher=Batched(RADIUS_M),
                offer_lives=OFFER_LIVES,
            ),
            Cash(debt_limit=DEBT_LIMIT),
            Wallet(),
            Commission(bp=COMMISSION_BP),
        ],
        clock=clock,
        seed=seed,
        create="missing",
        channel=channel,
        payouts=PayoutPlan(minimum=50_00),
    )
