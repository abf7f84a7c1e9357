"""Real trips through the real engine, a minute at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import define, field, frozen

from marketplace import (
    MINUTE,
    OPERATOR,
    SECOND,
    Listing,
    ManualClock,
    Marketplace,
    Offer,
    Outcome,
    Party,
    Pay,
    Transaction,
    customer_owes,
)
from marketplace.plugins.rides.demo.cabs import CURRENCY, TIER, TripBook
from marketplace.plugins.rides.demo.trip_shelf import TripShelf
from marketplace.plugins.rides.picture import RideMark
from marketplace.plugins.rides.trips import Trip

TICK = timedelta(milliseconds=1)
"""Requests of one second stand in the order of the file."""
TOGETHER = 64
"""Trips that end in one unit of work."""
CARD = frozenset({"1", "credit card", "credit", "cre", "crd"})


@define(eq=False)
class Cab:
    """A driver with a cab; New York's records do not say which one drove which trip."""

    party: Party
    listing: Listing
    until: datetime
    """When it goes away, if nobody is found for it."""
    trip: Trip | None = None
    transaction: str = ""


@frozen
class Asked:
    """A request that waits for the end of its minute."""

    trip: Trip
    rider: Party
    transaction: str
    request: str


@frozen
class Compared:
    """One minute: who was there, and how far cabs went under both ways of dispatch."""

    at: datetime
    riders: int
    cabs: int
    batched: int
    batched_m: int
    greedy: int
    greedy_m: int
    alike_m: int
    """The shortest of the batch's ways, as many as greedy found riders for: like beside like."""


@define
class Replay:
    """The marketplace of one replay, and where its cabs are."""

    market: Marketplace
    clock: ManualClock
    shelf: TripShelf
    book: TripBook
    lookback: timedelta
    minutes: list[Compared] = field(factory=list)
    refused: Counter[str] = field(factory=Counter)
    marks: list[RideMark] = field(factory=list)
    methods: Counter[str] = field(factory=Counter)
    metered: int = 0
    """What finished rides cost by the meter, in cents."""
    recorded: int = 0
    """What their records say they cost, tips left out."""
    finished: int = 0
    story: str | None = None
    """A transaction worth explaining."""
    _driving: dict[str, Cab] = field(factory=dict)
    """Cabs on a trip, by the trip's id."""
    _standing: list[Cab] = field(factory=list)
    _away: list[Cab] = field(factory=list)
    _riders: list[Party] = field(factory=list)
    _people: int = 0
    _until: datetime | None = None
    """Drop-offs before this have been seen to."""

    def minute(self, start: datetime) -> None:
        """Requests of the minute that starts now, matched at its end with cabs freed before it."""
        end = start + MINUTE
        self._catch_up(start)
        picked = self.shelf.picked_up(start, end)
        asked = self._ask(picked, start)
        self._to(end)
        self._go_home(end)
        cabs = len(self._standing)
        self.market.payments.work_off(100_000)
        done = self.market.matching.dispatch("rides")
        pairs = self._accepted(done.offers, asked)
        problem: Mapping[str, Any] = done.rounds[0].problem if done.rounds else {}
        greedy, greedy_m = nearest_first(problem)
        metres = sum(one.solution["total_metres"] for one in done.rounds)
        ways = sorted(way for one in done.rounds for way in ways_of(one.problem, one.solution))
        alike = sum(ways[:greedy])
        self.minutes.append(
            Compared(start, len(asked), cabs, pairs, metres, greedy, greedy_m, alike)
        )
        self._drop_off(start, end)

    def finish(self, progress: Callable[[int], None]) -> None:
        """Let every trip under way end at its own time, and be settled."""
        rides = sorted(self._driving.values(), key=_end)
        for start in range(0, len(rides), TOGETHER):
            with self.market.batch():
                for cab in rides[start : start + TOGETHER]:
                    self._to(_end(cab))
                    assert cab.trip is not None
                    self._ends(cab, cab.trip)
            progress(start + len(rides[start : start + TOGETHER]))
        self.market.payments.work_off(1_000_000)
        self._to(self.clock.now() + 6 * MINUTE)
        self.market.tick()
        self.market.payments.work_off(1_000_000)

    # -- the minute, piece by piece ---------------------------------------------------------

    def _to(self, moment: datetime) -> None:
        if moment > self.clock.now():
            self.clock.set(moment)

    def _ask(self, picked: Sequence[Trip], start: datetime) -> dict[str, Asked]:
        """Every pick-up is a request, priced and committed to; what is refused is counted."""
        asked: dict[str, Asked] = {}
        with self.market.batch():
            for trip in picked:
                self._to(max(trip.picked_up_at, self.clock.now() + TICK))
                self.book.note(trip)
                rider = self._rider()
                try:
                    one = self._ask_one(trip, rider)
                    asked[one.request] = one
                except Outcome as refusal:
                    self.refused[refusal.code] += 1
                    self._riders.append(rider)
                self.book.forget(trip)
        return asked

    def _ask_one(self, trip: Trip, rider: Party) -> Asked:
        market = self.market
        # All of it or nothing: a price that cannot be made leaves no request behind.
        with market.batch():
            request = market.requests.open(
                "rides", by=rider, currency=CURRENCY, place=trip.pickup, to=trip.dropoff
            )
            quote = market.quotes.make(request.id, by=rider)
            method = "card" if trip.payment.lower() in CARD else "cash"
            means = "tok_ok" if method == "card" else None
            opened = market.transactions.open(
                quote.id, by=rider, request=request.id, pay=Pay(method, means=means)
            )
        self.methods[method] += 1
        return Asked(trip, rider, opened.id, request.id)

    def _rider(self) -> Party:
        if self._riders:
            return self._riders.pop()
        self._people += 1
        return self.market.parties.join(f"Rider {self._people}")

    def _accepted(self, offers: Sequence[Offer], asked: Mapping[str, Asked]) -> int:
        """Every cab says yes and the trip begins; who got none hails another at the kerb."""
        market, standing = self.market, {cab.listing.id: cab for cab in self._standing}
        served: set[str] = set()
        with market.batch():
            for offer in offers:
                one = asked[offer.request_id or ""]
                cab = standing[offer.listing_id or ""]
                market.offers.accept(offer.id, by=cab.party)
                self._begin(one, cab)
                served.add(one.request)
            for one in asked.values():
                if one.request not in served:
                    self._riders.append(one.rider)
                    self._mark(one.trip, None)
                    market.transactions.take(one.transaction, "cancel", by=one.rider)
        self._standing = [cab for cab in self._standing if cab.trip is None]
        market.payments.work_off(100_000)
        return len(served)

    def _begin(self, one: Asked, cab: Cab) -> None:
        take = self.market.transactions.take
        take(one.transaction, "arrive", by=cab.party)
        seen = self.market.transactions.get(one.transaction, by=one.rider)
        code = seen.attributes["pickup_code"]
        take(one.transaction, "start", by=cab.party, code=code)
        self._mark(one.trip, cab)
        cab.trip, cab.transaction = one.trip, one.transaction
        self._driving[one.trip.id] = cab
        self._riders.append(one.rider)
        self.story = one.transaction

    def _mark(self, trip: Trip, cab: Cab | None) -> None:
        asked = trip.picked_up_at
        if cab is None or cab.trip is not None:
            self.marks.append(RideMark(asked, trip.pickup))
            return
        presence = self.market.listings.presence(cab.listing.id, by=cab.party)
        came = presence.place if presence is not None else trip.pickup
        wait = int((self.clock.now() - asked).total_seconds())
        # At 18 km/h on the way; the record does not say how long it was.
        self.marks.append(
            RideMark(asked, trip.pickup, came, wait + came.metres_to(trip.pickup) // 5)
        )

    def _drop_off(self, start: datetime, end: datetime) -> None:
        """Every drop-off from start to end frees a cab where it happened."""
        with self.market.batch():
            for trip in self.shelf.dropped_off(start, end):
                cab = self._driving.pop(trip.id, None)
                until = trip.dropped_off_at.replace(second=0) + MINUTE + self.lookback + SECOND
                if cab is None and until <= end:
                    continue
                self._to(trip.dropped_off_at)
                if cab is None:
                    cab = self._away.pop() if self._away else self._cab()
                else:
                    self._ends(cab, trip)
                self._stand(cab, trip, until)
        self.market.payments.work_off(100_000)
        self._until = end

    def _stand(self, cab: Cab, trip: Trip, until: datetime) -> None:
        """The cab waits where the trip ended."""
        cab.until = until
        lives = max(until - self.clock.now(), SECOND)
        self.market.listings.appear(
            cab.listing.id, "online", trip.dropoff, by=cab.party, lives=lives
        )
        self._standing.append(cab)

    def _catch_up(self, start: datetime) -> None:
        """What ended since the last minute; at first, ends so late that their cabs still stand."""
        since = self._until or start - self.lookback
        if since < start:
            self._drop_off(since, start)

    def _go_home(self, now: datetime) -> None:
        """Cabs that stood as long as they may drive away; another drop-off brings them back."""
        gone = [cab for cab in self._standing if cab.until <= now]
        self._standing = [cab for cab in self._standing if cab.until > now]
        self._away += gone

    def _cab(self) -> Cab:
        self._people += 1
        party = self.market.parties.join(f"Driver {self._people}")
        listing = self.market.listings.draft(
            "rides",
            by=party,
            title=f"Cab {self._people}",
            currency=CURRENCY,
            attributes={"tier": TIER, "seats": 4},
        )
        return Cab(party, self.market.listings.publish(listing.id, by=party), self.clock.now())

    def _ends(self, cab: Cab, trip: Trip) -> None:
        """The meter is read: the real distance, the real time."""
        ended: Transaction = self.market.transactions.take(
            cab.transaction,
            "finish",
            by=cab.party,
            metres=trip.metres,
            seconds=trip.seconds,
        )
        lines = self.market.transactions.terms(ended.id, by=OPERATOR)[-1].lines
        self.metered += customer_owes(lines, CURRENCY, "price").amount
        self.recorded += trip.total - trip.tip
        self.finished += 1
        cab.trip = None


def _end(cab: Cab) -> datetime:
    assert cab.trip is not None
    return cab.trip.dropped_off_at


def ways_of(problem: Mapping[str, Any], solution: Mapping[str, Any]) -> list[int]:
    """Metres of each pair that was chosen."""
    edges = problem["edges"]
    riders = [spot[0] for spot in problem["requests"]]
    cabs = [spot[0] for spot in problem["providers"]]
    chosen = {(rider, cab) for rider, some in solution["pairs"] for cab in some}
    return [
        metres
        for rider, cab, metres in zip(
            edges["request"], edges["provider"], edges["metres"], strict=True
        )
        if (riders[rider], cabs[cab]) in chosen
    ]


def nearest_first(problem: Mapping[str, Any]) -> tuple[int, int]:
    """Pairs and metres if each request, in turn, took the nearest cab still free.

    Of equally near ones the first; who finds nobody within the radius is left out.
    """
    if not problem:
        return 0, 0
    edges = problem["edges"]
    rows: dict[int, list[tuple[int, int]]] = {}
    for rider, cab, metres in zip(
        edges["request"], edges["provider"], edges["metres"], strict=True
    ):
        rows.setdefault(rider, []).append((metres, cab))
    taken: set[int] = set()
    total = 0
    for rider in range(len(problem["requests"])):
        free = [(metres, cab) for metres, cab in rows.get(rider, ()) if cab not in taken]
        if free:
            metres, cab = min(free)
            taken.add(cab)
            total += metres
    return len(taken), total
