"""A month of real ride requests through the real engine, in a process of its own.

`python -m bench.uber_replay FILE DATABASE MOST`: reads Uber's pick-ups in New York as they are
needed, opens each as a request, matches those of two minutes at once, and drives the rides; prints
a line of JSON for each stretch of requests, with the memory that the process has by then.

The records say neither where somebody went nor who drove: a ride goes to where the one before it
began, straight, slowly in town and faster beyond it, and whoever drove it waits there a while.
Where more ask than drivers wait, others come from where somebody set out.
"""

import csv
import gc
import gzip
import heapq
import json
import resource
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby, islice
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs

from marketplace import (
    DAY,
    HOUR,
    MINUTE,
    ManualClock,
    Marketplace,
    Offer,
    Pay,
    Place,
)
from marketplace.plugins.cash import Cash
from marketplace.plugins.commission import Commission
from marketplace.plugins.rides import Rides, kathmandu_bike

NEW_YORK = ZoneInfo("America/New_York")
TOGETHER = 2
"""Minutes whose requests are matched at once."""
WAITS = 15 * MINUTE
"""How long a driver stays where a ride ended."""
TOWN, METRES_A_SECOND, BEYOND = 20_000, 6, 25
"""How fast a car goes for the first metres of a ride, and beyond them: some records begin two
hundred kilometres from the one before."""
LONGEST = 6 * HOUR
"""No ride takes longer: the clock would end it, and its driver could not any more."""
STRETCH = 2_000
"""Requests after which memory is looked at."""


@attrs.frozen
class PickUp:
    """One record: when a ride began, and where."""

    at: datetime
    place: Place


@attrs.frozen(order=True)
class Driving:
    """A ride under way."""

    until: datetime
    ride: str
    driver: str = attrs.field(order=False)
    listing: str = attrs.field(order=False)
    rider: str = attrs.field(order=False)
    to: Place = attrs.field(order=False)


def pick_ups(path: Path) -> Iterator[PickUp]:
    """The records, one after the other."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["pickup_time"]).replace(tzinfo=NEW_YORK)
            yield PickUp(at, Place(float(row["lat"]), float(row["lon"])))


def opened(url: str, clock: ManualClock) -> Marketplace:
    """Cabs for cash, with a commission."""
    plugins = [Rides(fare=kathmandu_bike()), Cash(), Commission(bp=1_500)]
    return Marketplace.open(url, plugins=plugins, clock=clock, seed=1, create="missing")


@attrs.define
class Replay:
    """The marketplace, its drivers, and who is on the road."""

    market: Marketplace
    clock: ManualClock
    last: Place
    """Where the last request began: the next one's destination."""
    drivers: dict[str, str] = attrs.field(factory=dict)
    """Who drives the car of each listing."""
    waiting: dict[str, datetime] = attrs.field(factory=dict)
    """Listings that are online, and until when."""
    away: list[str] = attrs.field(factory=list)
    """Listings of those who went home."""
    riders: list[str] = attrs.field(factory=list)
    """Those who want nothing now."""
    road: list[Driving] = attrs.field(factory=list)
    joined: int = 0
    asked: int = 0
    served: int = 0
    finished: int = 0
    ticked: datetime | None = None

    def _appear(self, listing: str, place: Place) -> None:
        by, until = self.drivers[listing], self.clock.now() + WAITS
        self.market.listings.appear(listing, "online", place, by=by, lives=WAITS)
        self.waiting[listing] = until

    def _enough(self, places: list[Place]) -> None:
        """See that there are drivers for so many, a third more than they are."""
        now = self.clock.now()
        gone = [listing for listing, until in self.waiting.items() if until <= now]
        for listing in gone:
            del self.waiting[listing]
        self.away += gone
        missing = len(places) * 4 // 3 + 1 - len(self.waiting)
        with self.market.batch():
            for number in range(missing):
                listing = self.away.pop() if self.away else self._driver()
                self._appear(listing, places[number % len(places)])

    def _driver(self) -> str:
        market, name = self.market, f"Driver {len(self.drivers) + 1}"
        driver = market.parties.join(name).id
        listing = market.listings.draft("rides", by=driver, title=name, currency="NPR")
        market.listings.publish(listing.id, by=driver)
        self.drivers[listing.id] = driver
        return listing.id

    def together(self, some: list[PickUp]) -> None:
        """Requests of a few minutes: asked, matched at once, and the rides begun."""
        self.until(some[0].at)
        self._enough([self.last, *(one.place for one in some[:-1])])
        asked = self._ask(some)
        offers = self.market.matching.dispatch("rides").offers
        self._begin(offers, asked)

    def until(self, moment: datetime) -> None:
        """Rides end in their time; once an hour the clock settles what is due."""
        ended = []
        while self.road and self.road[0].until <= moment:
            ended.append(heapq.heappop(self.road))
        if ended:
            with self.market.batch():
                for one in ended:
                    self.clock.set(max(one.until, self.clock.now()))
                    self.market.transactions.take(one.ride, "finish", by=one.driver)
                    self._appear(one.listing, one.to)
                    self.riders.append(one.rider)
            self.finished += len(ended)
        self.clock.set(max(moment, self.clock.now()))
        if self.ticked is None or moment - self.ticked >= HOUR:
            self.market.tick()
            self.ticked = moment

    def _ask(self, some: list[PickUp]) -> dict[str, tuple[str, str, Place, int]]:
        """Transaction, rider, destination and seconds of each request."""
        market = self.market
        asked = {}
        with market.batch():
            for one in some:
                rider = self.riders.pop() if self.riders else self._rider()
                to, self.last = self.last, one.place
                request = market.requests.open(
                    "rides", by=rider, currency="NPR", place=one.place, to=to
                )
                quote = market.quotes.make(request.id, by=rider)
                ride = market.transactions.open(
                    quote.id, by=rider, request=request.id, pay=Pay("cash")
                )
                metres = one.place.metres_to(to)
                asked[request.id] = (ride.id, rider, to, seconds_of(round(metres)))
        self.asked += len(asked)
        return asked

    def _rider(self) -> str:
        self.joined += 1
        return self.market.parties.join(f"Rider {self.joined}").id

    def _begin(
        self, offers: tuple[Offer, ...], asked: dict[str, tuple[str, str, Place, int]]
    ) -> None:
        """Each driver says yes and sets off; whom nobody was near asks elsewhere."""
        market = self.market
        with market.batch():
            for offer in offers:
                ride, rider, to, seconds = asked.pop(offer.request_id or "")
                listing = offer.listing_id or ""
                driver = self.drivers[listing]
                del self.waiting[listing]
                market.offers.accept(offer.id, by=driver)
                market.transactions.take(ride, "arrive", by=driver)
                code = market.transactions.get(ride, by=rider).attributes["pickup_code"]
                market.transactions.take(ride, "start", by=driver, code=code)
                until = self.clock.now() + timedelta(seconds=seconds)
                heapq.heappush(self.road, Driving(until, ride, driver, listing, rider, to))
            for ride, rider, _, _ in asked.values():
                market.transactions.take(ride, "cancel", by=rider)
                self.riders.append(rider)
        self.served += len(offers)


def seconds_of(metres: int) -> int:
    """How long a ride takes."""
    seconds = 120 + min(metres, TOWN) // METRES_A_SECOND + max(metres - TOWN, 0) // BEYOND
    return min(seconds, LONGEST // timedelta(seconds=1))


def resident_mb() -> float:
    """The most memory that this process has had, in millions of bytes.

    Linux tells it of the program that runs now; what ``getrusage`` tells there goes on from whoever
    started this process, however large he was.
    """
    if sys.platform == "linux":
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        peak = next(line for line in lines if line.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1_024 / 1_000_000
    unit = 1 if sys.platform == "darwin" else 1_024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1_000_000


def say(replay: Replay, began: float) -> None:
    """One line of JSON about what happened so far; ``objects`` are those that Python holds."""
    gc.collect()
    told = {
        "requests": replay.asked,
        "served": replay.served,
        "finished": replay.finished,
        "drivers": len(replay.drivers),
        "objects": len(gc.get_objects()),
        "peak_mb": round(resident_mb(), 1),
        "seconds": round(time.perf_counter() - began, 1),
        "cpu": round(time.process_time(), 1),
    }
    print(json.dumps(told), flush=True)


def main(path: Path, database: Path, most: int) -> None:
    """Replay so many requests, the whole file where it has fewer."""
    began = time.perf_counter()
    first = next(pick_ups(path))
    clock = ManualClock(first.at - MINUTE)
    market = opened(f"sqlite:///{database}", clock)
    replay = Replay(market, clock, first.place)
    stretch = STRETCH
    records = islice(pick_ups(path), most)
    for _, some in groupby(records, lambda one: int(one.at.timestamp()) // (60 * TOGETHER)):
        replay.together(list(some))
        if replay.asked >= stretch:
            say(replay, began)
            stretch += STRETCH
    replay.until(clock.now() + DAY)
    if market.ledger.drift() or any(market.ledger.sums().values()):
        raise SystemExit("the books do not add up")
    say(replay, began)
    market.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
