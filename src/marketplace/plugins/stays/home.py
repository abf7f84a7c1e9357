"""A home as its listing describes it, and what a guest wishes of it: both ready to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from attrs import frozen

from marketplace import DAY, InvalidInput, Listing, Reason, Request, Span
from marketplace.plugins.stays import plan as plans
from marketplace.plugins.stays.plan import Plan
from marketplace.plugins.stays.price_list import PriceList
from marketplace.plugins.stays.rates import Rates, not_whole
from marketplace.plugins.stays.steps import Grid, check_year, zone_of

CHECK_IN, CHECK_OUT = "15:00", "11:00"


@frozen
class Guests:
    """Who comes."""

    adults: int = 1
    children: int = 0
    infants: int = 0
    pets: int = 0

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Guests:
        """Out of a request's attributes; raises ``InvalidInput`` for half a guest."""
        for name, value in said.items():
            least = 1 if name == "adults" else 0
            if type(value) is not int or value < least:
                raise InvalidInput(f"{name} is a whole number from {least} on, not {value!r}")
        return cls(**said)

    @property
    def counted(self) -> int:
        """How many of them need room: infants do not."""
        return self.adults + self.children

    def by_age(self) -> dict[str, int]:
        """The people among them, for a tax by head."""
        return {"adults": self.adults, "children": self.children, "infants": self.infants}


@frozen
class Wish:
    """What a guest asks for: when, how much of it, for whom, at which rate."""

    start: datetime
    end: datetime
    units: int
    guests: Guests
    rate: str = "standard"

    @classmethod
    def of(cls, request: Request) -> Wish | None:
        """Out of a request; None when it names no dates. Raises ``InvalidInput`` for odd ones."""
        if request.start is None or request.end is None:
            return None
        check_year(request.start)
        check_year(request.end)
        asked = request.attributes
        return cls(
            request.start,
            request.end,
            request.quantity,
            Guests.of(asked.get("guests", {})),
            str(asked.get("rate", "standard")),
        )


@frozen
class Home:
    """What can be stayed in: a home, n rooms of a kind, a tutor's hours, the courts of a club."""

    grid: Grid
    currency: str
    units: int
    guests: int | None
    """The most in one unit; None: nobody counts."""
    pets: int
    """The most in one stay."""
    check_in: time
    check_out: time
    before: timedelta
    after: timedelta
    """Blocked around each stay, to prepare and to clean up."""
    plan: Plan
    rates: Rates
    jurisdiction: str | None
    cohosts_bp: int
    """What the co-hosts together have of the host's part."""

    @classmethod
    def of(cls, listing: Listing, grain: timedelta, *, counted: bool = True) -> Home:
        """Out of a listing; raises ``InvalidInput`` for one that could not be published."""
        said = listing.attributes
        zone = zone_of(said["zone"])
        if zone is None:
            raise InvalidInput(
                f"a time zone has a name like 'Asia/Kathmandu', not {said['zone']!r}"
            )
        try:
            plan = Plan.of(said.get("plan", {}))
        except ValueError as error:
            raise InvalidInput(f"the plan of listing {listing.id}: {error}") from None
        return cls(
            grid=Grid(grain, zone),
            currency=listing.currency,
            units=said.get("units", 1) if counted else 1,
            guests=said.get("guests"),
            pets=said.get("pets", 0),
            check_in=plans.clock(said.get("check_in", CHECK_IN)),
            check_out=plans.clock(said.get("check_out", CHECK_OUT)),
            before=said.get("before", 0) * grain,
            after=said.get("after", 0) * grain,
            plan=plan,
            rates=Rates(said.get("rates", {})),
            jurisdiction=said.get("jurisdiction"),
            cohosts_bp=_shared(said),
        )

    @cached_property
    def prices(self) -> PriceList:
        """What each night costs, summed when a price is first asked for."""
        return PriceList.of(self.plan, self.rates, self.currency)

    def claims(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """What a stay from one instant to another takes of the calendar, as claims write it."""
        first, after = self.grid.covers(start, end)
        return first - self.before, after + self.after

    def span(self, arrive: date, leave: date) -> Span:
        """From the check-in of one local date to the check-out of another, as instants."""
        check_year(arrive)
        check_year(leave)
        if leave <= arrive:
            raise InvalidInput(
                f"a stay has one night or more: {arrive} to {leave}",
                code="stay_no_night",
                params={"first": arrive.isoformat(), "last": leave.isoformat()},
            )
        begins = self.grid.instant(arrive, self.check_in)
        return Span(begins, self.grid.instant(leave, self.check_out))


def _shared(said: Mapping[str, Any]) -> int:
    return sum(int(one["share_bp"]) for one in said.get("cohosts", ()))


def faults(listing: Listing, grain: timedelta, counted: bool) -> Sequence[Reason]:
    """Why a listing cannot be held out: what no schema can say of its attributes."""
    said = listing.attributes
    zone = zone_of(said["zone"])
    whole = {key: value for key, value in said.items() if key != "bathrooms"}
    found = [*not_whole(whole), *plans.faults(said.get("plan", {}))]
    if _shared(said) > 10_000:
        found.append(Reason("stay_shares_above_all", {"bp": _shared(said)}))
    if zone is None:
        found.append(Reason("stay_unknown_zone", {"zone": said["zone"]}))
    elif counted and grain != DAY:
        # Whole grains are counted from midnight UTC: there, its clock must show a whole one too.
        offset = listing.created_at.astimezone(zone).utcoffset() or timedelta(0)
        if offset % grain:
            params = {"zone": said["zone"], "grain_s": grain // timedelta(seconds=1)}
            found.append(Reason("stay_zone_off_the_grid", params))
    return found
