"""Routes: how far it is and how long it takes, guessed without any map service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Protocol

from attrs import field, frozen

from marketplace import Place
from marketplace.plugins.rides.checks import metres, positive, seconds


@frozen
class Route:
    """A way from one place to another: whole metres on the road, whole seconds at the wheel."""

    metres: int = field(validator=metres)
    seconds: int = field(validator=seconds)


class Router(Protocol):
    """Who knows the way: the straight line below, or a map service that a plugin asks."""

    def route(self, places: Sequence[Place], at: datetime) -> Route:
        """The way through these places in their order, started at this moment."""
        ...


@frozen
class StraightLine:
    """The great circle, stretched by what streets wind, driven at one speed."""

    factor_bps: int = field(default=13_000, validator=positive)
    """Road metres for 10,000 straight ones: in cities about 1.3 to 1."""
    metres_per_hour: int = field(default=18_000, validator=positive)

    def route(self, places: Sequence[Place], at: datetime) -> Route:
        """The way through these places; fewer than two are no distance at all."""
        straight = sum(a.metres_to(b) for a, b in pairwise(places))
        far = -(-straight * self.factor_bps // 10_000)
        return Route(far, -(-far * 3600 // self.metres_per_hour))
