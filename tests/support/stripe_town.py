"""A town whose riders pay by Stripe, with the twin in Stripe's place."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from marketplace import ManualClock, Marketplace
from marketplace.plugins.commission import Commission
from marketplace.plugins.rides import Rides, kathmandu_bike
from marketplace.plugins.sandbox import Sandbox
from marketplace.testing.stripe_twin import StripeTwin
from tests.support.ride_world import MORNING, Town
from tests.support.stripe_judges import hold_to_stripe
from tests.support.stripe_platform import KEY, SECRET, connect


@contextmanager
def stripe_in_the_morning() -> Iterator[StripeTwin]:
    """Stripe in the town's morning; all that was said to it is held to Stripe's own rules."""
    with StripeTwin(clock=ManualClock(MORNING), key=KEY, webhook_secret=SECRET) as running:
        yield running
        hold_to_stripe(running)


@contextmanager
def town_by_stripe(url: str, twin: StripeTwin, **settings: Any) -> Iterator[Town]:
    """A town on the twin's clock; at its end the ledger sums to zero in every currency."""
    market = Marketplace.open(
        url,
        [Rides(fare=kathmandu_bike()), Commission(bp=1_500), connect(twin)],
        clock=twin.clock,
        seed=1,
        create="missing",
        **settings,
    )
    yield Town(market, twin.clock, Sandbox())
    assert set(market.ledger.sums().values()) <= {0}
    market.close()
