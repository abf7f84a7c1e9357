"""What an operator decides about calendars of other places."""

from __future__ import annotations

from datetime import timedelta

from attrs import field, frozen

from marketplace import DAY, HOUR, MINUTE, SetupError
from marketplace.plugins.ical.fetching import Fetcher
from marketplace.plugins.ical.reading import ReadingLimits


@frozen
class Settings:
    """How calendars are named, fetched, read and believed.

    ``domain`` is a name of the operator's own (``stays.example.com``), in which the events of
    this marketplace are named: so they are known when they come back.
    """

    domain: str = field()
    every: timedelta = HOUR
    """How often a calendar is fetched."""
    most_wait: timedelta = DAY
    """Each time it cannot be fetched the wait is doubled, up to this."""
    lease: timedelta = 10 * MINUTE
    """When another worker may take over from one that died while fetching; longer than a fetch."""
    horizon: timedelta = 730 * DAY
    """What lies beyond is neither taken in nor handed out."""
    doubtful_below_bp: int = 5_000
    """A calendar with less than this share of the events it had is not believed."""
    tell_after: int = 3
    """After so many failures in a row the host is told."""
    most_feeds: int = 20
    """Calendars of one listing."""
    zone: str = "zone"
    """The listing attribute with the time zone, for resources that do not count days."""
    fetcher: Fetcher = field(factory=Fetcher)
    reading: ReadingLimits = field(factory=ReadingLimits)

    @domain.validator
    def _is_a_name(self, attribute: object, value: str) -> None:
        if not value or "@" in value or not value.isascii() or "." not in value.strip("."):
            raise SetupError(
                f"domain is a name of your own like 'stays.example.com', not {value!r}"
            )

    def __attrs_post_init__(self) -> None:
        longest = timedelta(seconds=self.fetcher.seconds + self.reading.seconds)
        if self.every <= timedelta() or self.lease <= longest:
            raise SetupError(
                f"a calendar is fetched every so often, and leased for more than {longest}, "
                f"not every {self.every} for {self.lease}"
            )
