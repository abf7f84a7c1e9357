"""The Kathmandu demo from end to end: the database, the run, the table, the picture."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from marketplace import Command, ManualClock
from marketplace.demo import left
from marketplace.demo.progress import bar
from marketplace.demo.screen import say
from marketplace.plugins.rides.city import RIVERS, ROADS, SPOTS
from marketplace.plugins.rides.demand import Morning
from marketplace.plugins.rides.demo.left import MORNING
from marketplace.plugins.rides.demo.morning import Simulated, simulate
from marketplace.plugins.rides.demo.tally import Tally
from marketplace.plugins.rides.demo.telling import summary, tell
from marketplace.plugins.rides.demo.town import FIRST_DAY, ZONE, open_town
from marketplace.plugins.rides.picture import Scene, picture


def demonstrate(
    *,
    seed: int,
    requests: int,
    database: str | None,
    keep: bool,
    picture_at: Path | None,
    language: str,
    quiet: bool,
    **_: Any,
) -> dict[str, Any]:
    """Run it, print it unless ``quiet``, and give what the table says as plain values."""
    url = left.begin(MORNING, database, keep=keep)
    day = FIRST_DAY if database is None and not keep else _day(url)
    if not quiet:
        said = f"{day:%A %d %B %Y}, six to noon. The demand is simulated (seed {seed}); "
        say(f"Kathmandu, {said}the marketplace is real.")
    done = _run(url, day, seed, requests, quiet)
    drawn = picture(_scene(done, day, seed, language))
    file = left.leave(MORNING, url, ZONE, drawn, picture_at)
    told = summary(done) | {"day": day.isoformat(), "seed": seed, "url": url, "picture": str(file)}
    if not quiet:
        tell(done, told, language)
        left.tell(file, url, "rides")
    done.market.close()
    return told


def _day(url: str) -> date:
    """The first day of demos, or the one after the last that this database has seen."""
    market = open_town(url, ManualClock(left.LONG_AGO))
    with market.batch() as work:
        last = work.select(Command, (), order="id", descending=True, limit=1)
    market.close()
    if not last:
        return FIRST_DAY
    return last[0].at.astimezone(ZoneInfo(ZONE)).date() + timedelta(days=1)


def _run(url: str, day: date, seed: int, requests: int, quiet: bool) -> Simulated:
    zone = ZoneInfo(ZONE)
    with bar("the morning", requests, quiet=quiet) as show:

        def progress(now: datetime, tally: Tally) -> None:
            counts = tally.counts
            asked, matched = counts["requests"], counts["matched"]
            show(asked, f"{now.astimezone(zone):%H:%M}  {asked} asked, {matched} matched")

        return simulate(url, day, seed, requests, progress)


def _scene(done: Simulated, day: date, seed: int, language: str) -> Scene:
    made: Morning = done.made
    return Scene(
        title="A morning of bike rides in Kathmandu" if language == "en" else "काठमाडौँको बिहान",
        subtitle=f"{day:%d %B %Y}, simulated from seed {seed}",
        marks=sorted(done.tally.marks, key=lambda mark: mark.asked_at),
        drivers=[shift.start for shift in made.shifts],
        zone=ZONE,
        roads=ROADS,
        rivers=RIVERS,
        spots=SPOTS,
        source="Demand simulated; every match, price and transfer made by the marketplace.",
        language=language,
    )
