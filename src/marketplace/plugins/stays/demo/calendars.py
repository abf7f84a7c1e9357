"""Homes that are let in two places: a calendar of elsewhere is followed, and collides once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from attrs import define, field

from marketplace import DAY, HOUR, counted
from marketplace.plugins.ical import Feed, ICal
from marketplace.plugins.stays.demo.elsewhere import PLACE, Elsewhere, Stretch, written
from marketplace.plugins.stays.demo.season import Let, Season

AGAIN = 7 * DAY
"""How long a host waits who has no guest yet."""
MOST = 2
"""Homes that are let in two places."""
TAKEN_THERE = 3
"""Stays that the other place has, besides the one that collides."""


@define(eq=False)
class TwoPlaces:
    """Hosts who let their homes elsewhere too."""

    season: Season
    elsewhere: Elsewhere
    ical: ICal
    _followed: set[str] = field(factory=set)

    def look(self) -> None:
        """Follow the calendar of a home whose guest of this marketplace is booked elsewhere too."""
        season = self.season
        found = self._with_guest()
        if found is None:
            if season.now + AGAIN < season.local(season.last):
                season.later(AGAIN, self.look)
            return
        let, collides = found
        self._followed.add(let.listing.id)
        free = self._free(let)
        url = f"{PLACE}{let.listing.id}.ics"
        self.elsewhere.pages[url] = written([collides, *free])
        feeds = self.ical.feeds(season.market)
        feed = feeds.add(let.listing.id, url, "elsewhere.example", by=let.host)
        season.counts["calendars followed"] += 1
        season.later(20 * HOUR, lambda: self._mend(let, feed, free))
        if len(self._followed) < MOST:
            season.later(DAY, self.look)

    def _with_guest(self) -> tuple[Let, Stretch] | None:
        """A home of one unit with a stay ahead, and the nights of it that collide."""
        season = self.season
        for stay in season.stays.values():
            deal, let = season.deal(stay.id), stay.home
            if deal.state != "booked" or let.listing.id in self._followed:
                continue
            first = deal.moments["start"].astimezone(season.zone).date()
            last = deal.moments["end"].astimezone(season.zone).date()
            alone = let.listing.attributes.get("units", 1) == 1
            if alone and deal.moments["start"] > season.now + 3 * DAY and (last - first).days > 1:
                return let, (first + timedelta(days=1), (last - first).days)
        return None

    def _free(self, let: Let) -> Sequence[Stretch]:
        """Stretches of free nights, which guests of the other place have taken."""
        season = self.season
        start = max(season.now.date(), season.first)
        days = max(1, (season.last - start).days)
        shown = season.trade.calendar(
            season.market, let.listing.id, by=let.host, start=start, days=days
        )
        free = [step.day for step in shown if step.bookable]
        found: list[Stretch] = []
        for day in season.dice.sample(free, min(len(free), TAKEN_THERE)):
            nights = season.dice.randint(2, 4)
            whole = all(day + timedelta(days=n) in free for n in range(nights))
            if whole and not any(_touch((day, nights), other) for other in found):
                found.append((day, nights))
        return sorted(found)

    def _mend(self, let: Let, feed: Feed, free: Sequence[Stretch]) -> None:
        """The host reads what collides, and calls off the guest of the other place."""
        feeds = self.ical.feeds(self.season.market)
        report = feeds.report(feed.id, by=let.host)
        self.season.counts["nights taken elsewhere"] += sum(nights for _, nights in free)
        if report.conflicts:
            self.season.counts["calendars in conflict"] += 1
            first: date = report.conflicts[0].start.date()
            nights = (report.conflicts[0].end - report.conflicts[0].start).days
            self.season.noted.setdefault(
                "conflict",
                f"{let.listing.title}: {counted(nights, 'night')} from {first} sold twice; "
                "the guest of this marketplace stays, the host calls the other off",
            )
            self.elsewhere.pages[feed.url] = written(free)


def _touch(one: Stretch, other: Stretch) -> bool:
    ends = [first + timedelta(days=nights + 1) for first, nights in (one, other)]
    return one[0] <= ends[1] and other[0] <= ends[0]
