"""What a price looks at: the way, the stops, the tolls, the waiting and the surge of one ride."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import field, frozen

from marketplace import InvalidInput
from marketplace.plugins.rides.checks import (
    a_tuple,
    instant,
    named,
    not_negative,
    positive,
    seconds,
    whole,
)
from marketplace.plugins.rides.route import Route


@frozen
class Toll:
    """What a road or a bridge took."""

    name: str = field(validator=named)
    amount: int = field(validator=not_negative)


@frozen
class Surge:
    """A snapshot of how scarce drivers were in one zone and one stretch of time.

    It is frozen with the quote: what happens to demand later changes no price already given.
    """

    zone: str = field(validator=named)
    starts_at: datetime = field(converter=instant)
    seconds: int = field(validator=positive)
    multiplier_bps: int
    """10,000 is the plain price, 14,000 is 1.4 times it."""
    why: Mapping[str, Any] = field(factory=dict)
    """What it was reckoned from, as plain JSON: riders waiting, drivers free."""

    def __attrs_post_init__(self) -> None:
        if whole(self.multiplier_bps, "multiplier_bps") < 10_000:
            raise InvalidInput(
                f"multiplier_bps must be 10000 or more, not {self.multiplier_bps}: "
                "a price below the plain one is a discount line, not a surge"
            )

    def holds(self, moment: datetime) -> bool:
        """Whether the moment lies in its stretch of time (start inside, end outside)."""
        return self.starts_at <= moment < self.starts_at + timedelta(seconds=self.seconds)


@frozen
class Ride:
    """One ride as it is priced: at first by estimate, in the end by what happened."""

    pickup_at: datetime = field(converter=instant)
    route: Route
    stops: int = field(default=0, validator=not_negative)
    """Stops between start and end."""
    tolls: tuple[Toll, ...] = field(default=(), validator=a_tuple)
    waited_s: int = field(default=0, validator=seconds)
    """Seconds the driver stood at the pick-up, the free ones included."""
    surge: Surge | None = None


@frozen
class Changes:
    """The only things for which a ride may cost another sum than was quoted.

    Whatever else was different, a detour by the driver or a traffic jam, the quote stands.
    """

    tolls: tuple[Toll, ...] | None = None
    """All tolls that were paid, when they are others than the quote reckoned with."""
    waited_s: int | None = field(default=None)
    """Seconds the driver stood waiting, in all."""
    added_stops: int = field(default=0, validator=not_negative)
    route: Route | None = None
    """The whole way as it was driven, when the rider asked for another one."""

    @waited_s.validator
    def _a_time_or_nothing(self, attribute: Any, value: int | None) -> None:
        if value is not None:
            seconds(self, attribute, value)
