"""What the day's picture shows, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from attrs import field, frozen

from marketplace import InvalidInput, Place, digits
from marketplace.plugins.rides.captions import CAPTIONS
from marketplace.plugins.rides.checks import instant
from marketplace.plugins.rides.city import Outline, Spot

COLOURS = ("#3f9a76", "#2a7f9e", "#3a5aa8", "#6a2f92", "#7d0f45")
"""Short waits to long ones: each darker than the one before, all at least 3 to 1 on the map."""


@frozen
class RideMark:
    """One rider on the picture: when and where asked, and what came of it."""

    asked_at: datetime = field(converter=instant)
    pickup: Place
    driver_from: Place | None = None
    """Where the driver was when the two were matched; None when there was none."""
    wait_s: int | None = field(default=None)
    """Seconds from asking to pick-up; None when no driver was found."""

    @wait_s.validator
    def _not_negative(self, attribute: Any, value: int | None) -> None:
        if value is not None and (type(value) is not int or value < 0):
            raise InvalidInput(f"wait_s must be whole seconds from zero, or None, not {value!r}")

    @property
    def matched(self) -> bool:
        """Whether a driver was found."""
        return self.wait_s is not None


@frozen
class Scene:
    """All that a picture shows."""

    title: str
    subtitle: str
    marks: Sequence[RideMark]
    drivers: Sequence[Place] = ()
    """Where drivers started."""
    zone: str = "UTC"
    """The IANA time zone of the clock on the charts."""
    roads: Sequence[Outline] = ()
    rivers: Sequence[Outline] = ()
    spots: Sequence[Spot] = ()
    breaks_min: tuple[int, ...] = (3, 6, 9, 12)
    """Minutes from which a wait has the next darker colour: four, rising."""
    source: str = ""
    """Where the data come from, said at the foot."""
    language: str = "en"

    def __attrs_post_init__(self) -> None:
        breaks = self.breaks_min
        if len(breaks) != 4 or list(breaks) != sorted({*breaks}) or breaks[0] <= 0:
            raise InvalidInput(f"breaks_min are four rising numbers of minutes, not {breaks}")

    def say(self, code: str, **params: object) -> str:
        """A caption in the picture's language and its digits; English for other languages."""
        known = CAPTIONS.get(self.language, CAPTIONS["en"])
        return digits(known[code].format(**params), self.language)

    def told(self, value: object) -> str:
        """A number in the language's digits, whole ones with commas."""
        text = f"{value:,}" if type(value) is int else str(value)
        return digits(text, self.language)

    def local(self, moment: datetime) -> datetime:
        """A moment on the picture's clock."""
        return moment.astimezone(ZoneInfo(self.zone))

    def shade(self, wait_s: int) -> int:
        """Which of the five colours a wait has."""
        return sum(wait_s >= minutes * 60 for minutes in self.breaks_min)
