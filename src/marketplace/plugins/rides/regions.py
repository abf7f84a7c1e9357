"""What the law says where and since when: a class of vehicle forbidden, a fare capped, as data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from marketplace import InvalidInput, Place, Reason
from marketplace.plugins.rides.checks import a_tuple, named, not_negative


@frozen
class Region:
    """A named area of the map, its outline given as points in order."""

    name: str = field(validator=named)
    outline: tuple[Place, ...] = field(default=(), validator=a_tuple)
    """At least three points, closed by itself; none at all means everywhere."""

    def __attrs_post_init__(self) -> None:
        if 0 < len(self.outline) < 3:
            raise InvalidInput(f"region {self.name!r} needs three points or more, or none at all")

    def holds(self, place: Place) -> bool:
        """Whether the place lies inside; the outline must not cross the date line."""
        if not self.outline:
            return True
        inside, before = False, self.outline[-1]
        for here in self.outline:
            if (here.lat > place.lat) != (before.lat > place.lat):
                slope = (before.lon - here.lon) / (before.lat - here.lat)
                if place.lon < here.lon + slope * (place.lat - here.lat):
                    inside = not inside
            before = here
        return inside


@frozen
class Ceiling:
    """The most a ride may cost, tolls and taxes apart: so much, and so much a kilometre."""

    fixed: int = field(default=0, validator=not_negative)
    per_km: int = field(default=0, validator=not_negative)
    because: str = ""
    """The rule that says so, for people; its region's rule where it is empty."""


@frozen
class RegionRule:
    """One rule of one authority: for these classes, in this region, from a day on."""

    region: Region
    because: str = field(validator=named)
    """The act or notice, for people."""
    tiers: tuple[str, ...] = field(default=(), validator=a_tuple)
    """Classes of vehicle; none named means all."""
    since: date | None = None
    """First local day on which it is in force."""
    until: date | None = None
    """Last local day on which it is in force."""
    zone: str = "UTC"
    """Whose days."""
    forbids: bool = False
    ceiling: Ceiling | None = None
    at: str = "pickup"
    """Which end of the ride must lie in the region: ``pickup``, ``dropoff``, ``either``."""

    def __attrs_post_init__(self) -> None:
        if self.forbids == (self.ceiling is not None):
            raise InvalidInput("a region's rule either forbids or has a ceiling, one of the two")
        if self.at not in ("pickup", "dropoff", "either"):
            raise InvalidInput(f"at must be pickup, dropoff or either, not {self.at!r}")
        if self.since and self.until and self.until < self.since:
            raise InvalidInput(f"a rule ends {self.until} before it begins {self.since}")

    def applies(self, tier: str, pickup: Place, dropoff: Place | None, at: datetime) -> bool:
        """Whether it speaks about a ride of this class between these places, started then."""
        today = at.astimezone(ZoneInfo(self.zone)).date()
        if (self.since and today < self.since) or (self.until and today > self.until):
            return False
        if self.tiers and tier not in self.tiers:
            return False
        ends = [pickup] if self.at != "dropoff" else []
        if dropoff is not None and self.at != "pickup":
            ends.append(dropoff)
        return any(self.region.holds(end) for end in ends)


def forbidden(
    rules: Iterable[RegionRule], tier: str, pickup: Place, dropoff: Place | None, at: datetime
) -> list[Reason]:
    """Why a ride may not be had; empty when nothing forbids it."""
    return [
        Reason("ride_forbidden", _params(rule, tier), "rides")
        for rule in rules
        if rule.forbids and rule.applies(tier, pickup, dropoff, at)
    ]


def lowest_ceiling(
    rules: Iterable[RegionRule],
    tier: str,
    pickup: Place,
    dropoff: Place | None,
    at: datetime,
    metres: int,
) -> Ceiling | None:
    """The ceiling that binds a ride of this length most; None when there is none."""
    ceilings = [
        evolve(rule.ceiling, because=rule.ceiling.because or rule.because)
        for rule in rules
        if rule.ceiling is not None and rule.applies(tier, pickup, dropoff, at)
    ]
    return min(ceilings, key=lambda c: c.fixed * 1000 + c.per_km * metres, default=None)


def _params(rule: RegionRule, tier: str) -> dict[str, Any]:
    return {
        "region": rule.region.name,
        "tier": tier,
        "because": rule.because,
        "since": rule.since and rule.since.isoformat(),
    }
